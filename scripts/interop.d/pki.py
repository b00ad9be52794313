"""Random chains by dac-pki, checked by openssl, Python's cryptography and dac-pki's own strict profile.

usage: pki.py BINARY FOLDER CHAINS MUTATIONS SEED
"""

import argparse
import calendar
import csv
import random
import sys
import time
from pathlib import Path

from cryptography import x509

import pki_bundles
import pki_checks
import pki_crls
import pki_mutations
import pki_requests
from pki_checks import NO_EXPIRY, NOW, expect
from pki_declarations import Declaration, own_signer, test_signer
from pki_tool import Tool, dates, point

# The default version number of `cd make`.
VERSION_NUMBER = 1


def later(rng, first, last):
    """A time between two others."""
    low, high = (calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ")) for text in (first, last))
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(rng.randint(low, high)))


def validity(rng, above):
    """A start not before that above and before NOW, and an end not after that above and after NOW, or none."""
    first = later(rng, above[0], "2026-05-31T00:00:00Z")
    limit = above[1] or "9999-12-31T23:59:58Z"
    choices = [later(rng, NOW, min(limit, "2049-12-31T23:59:59Z")), later(rng, NOW, limit)]
    if limit > "2051":
        choices += ["2049-12-31T23:59:59Z", "2050-01-01T00:00:00Z"]
    if above[1] is None:
        choices += [None] * 3
    return first, rng.choice(choices)


# Kinds that must occur among the chains.
FEATURES = {
    "PAA of one vendor", "PAA of all vendors", "PAI of one product", "PAI of all products", "paa ids in the name",
    "pai ids in the name", "dac ids in the name", "paa without end", "pai without end", "dac without end",
    "paa with end", "pai with end", "dac with end", "DACs by count", "DACs by table", "DACs by request", "openssl",
    "python", "CD of type 0", "CD of type 1", "CD of type 2", "CD of 1 product", "CD of 100 products",
    "bundles", "CD with origin", "CD with authorized PAAs", "CD of 10 authorized PAAs", "UTCTime", "GeneralizedTime",
}


class Chain:
    """One PAA, one PAI, some DACs and a declaration, made of random choices."""

    def __init__(self, tool, folder, rng, serials, counts):
        self.tool, self.folder, self.rng, self.serials, self.counts = tool, folder, rng, serials, counts
        self.vid, self.pid = rng.randint(0xFFF1, 0xFFF4), rng.choice([1, 0xFFFF, rng.randint(1, 0xFFFF)])
        self.paa_vid, self.pai_pid = rng.choice([None, self.vid]), rng.choice([None, self.pid])

    def text(self, longest):
        size = self.rng.randint(1, longest)
        return "".join(self.rng.choices("abcXYZ019-_.()'+=?/", k=size - 1)) + self.rng.choice("abcXYZ019")

    def authority(self, what, above, vid, pid, issuer):
        in_cn = self.rng.random() < 0.3
        first, last = validity(self.rng, above)
        asked = {"what": what, "cn": self.text(24), "vid": vid, "pid": pid, "in_cn": in_cn, "first": first, "last": last}
        options = self.options(asked)
        if issuer:
            options += ["--issuer", issuer.path, "--issuer-key", issuer.key_path]
        (made,) = self.tool.make(what, self.folder / what, *options, f"--cn={asked['cn']}")
        pki_checks.certificate(made, asked, issuer or made, self.serials)
        self.count(what)
        self.features(asked)
        return made, (first, last)

    def count(self, what, number=1):
        self.counts[what] = self.counts.get(what, 0) + number

    def features(self, asked):
        what = asked["what"]
        if asked["in_cn"] and asked["vid"] is not None:
            self.count(f"{what} ids in the name")
        self.count(f"{what} with{'' if asked['last'] else 'out'} end")
        for text in (asked["first"], asked["last"] or NO_EXPIRY):
            self.count("UTCTime" if text < "2050" else "GeneralizedTime")

    @staticmethod
    def options(asked):
        options = dates(asked["first"], asked["last"])
        for option in ("vid", "pid"):
            if asked[option] is not None:
                options += [f"--{option}", f"0x{asked[option]:04X}"]
        return options + (["--vid-pid-in-cn"] if asked["in_cn"] else [])

    def run(self):
        rng = self.rng
        self.paa, above = self.authority("paa", ("2015-01-01T00:00:00Z", None), self.paa_vid, None, None)
        self.pai, above = self.authority("pai", above, self.vid, self.pai_pid, self.paa)
        first, last = validity(rng, above)
        asked = {"what": "dac", "vid": self.vid, "pid": self.pid, "in_cn": rng.random() < 0.3, "first": first,
                 "last": rng.choice([last, None]), "cn": None}
        options = [*self.options(asked), "--issuer", self.pai.path, "--issuer-key", self.pai.key_path]
        # Without --to a DAC ends with its PAI.
        asked["last"] = asked["last"] or above[1]
        dacs = rng.choice([self.by_request, self.by_request, self.by_count, self.by_table])(options, asked)
        self.dac = dacs[0]
        for dac in dacs:
            pki_checks.openssl_chain(self.paa, self.pai, dac, NOW)
        self.features(asked)
        self.count("dac", len(dacs))
        self.count(f"PAA of {'all vendors' if self.paa_vid is None else 'one vendor'}")
        self.count(f"PAI of {'all products' if self.pai_pid is None else 'one product'}")
        self.count("bundles", pki_bundles.check(self.tool, self.folder, self.paa, self.pai, self.dac))
        self.declare(dacs)

    def by_count(self, options, asked):
        count, name = self.rng.randint(1, 3), self.text(12)
        dacs = self.tool.make("dac", self.folder / "dac", *options, f"--cn={name}", "--count", count)
        expect(len(dacs) == count and all(dac.key for dac in dacs), f"{len(dacs)} DACs and not {count}")
        expect(len({point(dac.key.public_key()) for dac in dacs}) == count, "DACs share a key")
        for number, dac in enumerate(dacs, 1):
            pki_checks.certificate(dac, {**asked, "cn": f"{name} {number:04}"}, self.pai, self.serials)
        self.count("DACs by count")
        return dacs

    def by_table(self, options, asked):
        names = [f"{self.text(20)} {number}" for number in range(self.rng.randint(1, 3))]
        table = self.folder / "devices.csv"
        with table.open("w", newline="") as file:
            csv.writer(file).writerows([["note", "cn"], *(["a device", name] for name in names)])
        dacs = self.tool.make("dac", self.folder / "dac", *options, "--csv", table)
        expect(len(dacs) == len(names) and all(dac.key for dac in dacs), f"{len(dacs)} DACs and not {len(names)}")
        for name, dac in zip(names, dacs):
            pki_checks.certificate(dac, {**asked, "cn": name}, self.pai, self.serials)
        self.count("DACs by table")
        return dacs

    def by_request(self, options, asked):
        requests, name = self.folder / "requests", self.text(12)
        requests.mkdir()
        points = {}
        for number in range(self.rng.randint(1, 3)):
            by = self.rng.choice(["openssl", "python"])
            make = pki_requests.openssl if by == "openssl" else pki_requests.python
            points[make(self.rng, requests / f"r{number}.csr")] = f"{name} r{number}"
            self.count(by)
        dacs = self.tool.make("dac", self.folder / "dac", *options, f"--cn={name}", "--csr", requests)
        expect(not any(dac.key for dac in dacs), "a key for a request")
        expect({point(dac.certificate.public_key()) for dac in dacs} == set(points), "not the requests' keys")
        for dac in dacs:
            asked_of = {**asked, "cn": points[point(dac.certificate.public_key())]}
            pki_checks.certificate(dac, asked_of, self.pai, self.serials)
        self.count("DACs by request")
        return dacs

    def declare(self, dacs):
        rng, folder = self.rng, self.folder
        own = self.paa.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
        declaration = Declaration(rng, self.vid, self.pid, own, rng.choice([0, 1, 2]))
        path = folder / "cd.der"
        if declaration.kind == 2:
            key, signer = own_signer(folder, rng)
            signing = ["--key", key, "--cert", signer]
        else:
            signer, signing = test_signer(folder / "cd-cert.pem"), ["--test-key"]
        self.tool.call("cd", "make", *declaration.options(), *signing, "--out", path)
        pki_checks.openssl_declaration(path, signer, declaration.content(VERSION_NUMBER))
        self.count("cd")
        self.count(f"CD of type {declaration.kind}")
        for what, holds in declaration.features().items():
            self.count(what, int(holds))
        for dac in dacs:
            self.verify(dac, path, declaration)

    def verify(self, dac, path, declaration):
        """Our own strict check accepts the device; for a declaration with our own signer it reports only the signer."""
        options = ["--paa", self.paa.path, "--pai", self.pai.path, "--dac", dac.path, "--at", NOW, "--profile", "strict"]
        if dac.key_path:
            options += ["--dac-key", dac.key_path]
        self.findings(set(), *options)
        options += ["--cd", path, "--allow-test-cd", "--vid", hex(declaration.vendor), "--pid", hex(declaration.product)]
        self.findings({"cd-signer-unknown"} if declaration.kind == 2 else set(), *options)

    def findings(self, expected, *options):
        findings = self.tool.json("verify", *options, code=1 if expected else 0)
        errors = {finding["id"] for finding in findings if finding["severity"] == "error"}
        expect(errors == expected, f"findings {findings}")
        self.count("verified")


def refused_requests(tool, folder, rng, chain):
    """Nothing is issued for a folder that contains an invalid request."""
    refused = 0
    for number, (why, der) in enumerate(pki_requests.wrong(rng).items()):
        requests, out = folder / f"wrong-{number}", folder / f"wrong-{number}-out"
        requests.mkdir()
        (requests / "r.csr").write_bytes(der)
        pki_requests.python(rng, requests / "right.csr")
        options = ["--vid", hex(chain.vid), "--pid", hex(chain.pid), "--csr", requests, "--from", NOW, "--out", out]
        tool.call("dac", *options, "--issuer", chain.pai.path, "--issuer-key", chain.pai.key_path, code=2)
        expect(not out.exists(), f"files for a request with {why}")
        refused += 1
    return refused


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary", type=Path)
    parser.add_argument("folder", type=Path)
    for name in ("chains", "mutations", "seed"):
        parser.add_argument(name, type=int)
    arguments = parser.parse_args()
    tool, counts, serials, chains, wrong = Tool(arguments.binary), {}, set(), [], 0

    def attempt(what, work):
        nonlocal wrong
        try:
            return work()
        except Exception as error:  # noqa: BLE001
            wrong += 1
            print(f"{what}: {type(error).__name__}: {error}")

    for number in range(arguments.chains):
        folder = arguments.folder / f"chain-{number}"
        folder.mkdir(parents=True)
        chain = Chain(tool, folder, random.Random(arguments.seed * 1_000_000 + number), serials, counts)
        attempt(f"chain {number}", chain.run)
        chains.append(chain)
    chains = [chain for chain in chains if hasattr(chain, "dac")]
    rng = random.Random(arguments.seed)
    refused = attempt("requests", lambda: refused_requests(tool, arguments.folder, rng, chains[0]))
    mutated = attempt("mutations", lambda: pki_mutations.check(tool, arguments.folder, rng, chains, arguments.mutations))
    crls = attempt("lists", lambda: pki_crls.check(tool, arguments.folder, rng, chains))
    missing = {feature for feature in FEATURES if not counts.get(feature)}
    if missing:
        wrong += 1
        print(f"in none of the chains: {', '.join(sorted(missing))}")
    print(
        f"pki: {len(chains)} chains with {counts.get('paa')} PAAs, {counts.get('pai')} PAIs, {counts.get('dac')} DACs,"
        f" {counts.get('openssl', 0)} requests by openssl and {counts.get('python', 0)} by cryptography, {refused} refused,"
        f" {counts.get('cd')} declarations; {counts.get('verified')} strict verdicts;"
        f" {counts.get('bundles')} files of openssl in PKCS#7 and PKCS#12; {mutated}; {crls};"
        f" {wrong} mismatches"
    )
    sys.exit(wrong != 0)


if __name__ == "__main__":
    main()
