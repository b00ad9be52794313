"""Chains with name constraints, policies, critical extensions, large and oddly named PAAs: the strict path validation of
openssl, and that of the Matter SDK built with BoringSSL, against dac-pki's.

usage: pki_paths.py BINARY FOLDER CHAINS SEED LIBRARY
"""

import calendar
import datetime
import ipaddress
import json
import random
import re
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.name import _ASN1Type as StringType
from cryptography.x509.oid import NameOID, ObjectIdentifier

from pki_checks import NOW, PRODUCT_ID, VENDOR_ID
from pki_der import Node
from pki_sdk import Sdk
from pki_tool import run

ALLOWED = (StringType.UTF8String, StringType.PrintableString)
FIRST, LAST = datetime.datetime(2026, 1, 1), datetime.datetime(2046, 1, 1)
POLICIES = [bytes([0x2A, 3, 8]), bytes([0x2A, 3, 9])]
ANY_POLICY = bytes([0x55, 0x1D, 0x20, 0])
COMMON_NAMES = [
    "Lamp", "Lamp 1", "lamp.example.com", "example.org", "a-.example.com", "-a.example.com", "a..example.com", "example.com.",
    "*.example.com", "a:b", "a_b.example.com",
]
OIDS = {"policies": "2.5.29.32", "mappings": "2.5.29.33", "constraints": "2.5.29.36", "inhibit any": "2.5.29.54"}

# Chains that the strict profile refuses and openssl accepts, by rule and object.
EXPLAINED = {
    "basic-constraints-missing paa": "Matter requires basic constraints in a PAA, openssl does not in a trust anchor",
    "certificate-too-long paa": "Matter allows 600 bytes",
    "crl-distribution-points-critical paa": "no extension of Matter's is critical but two",
    "crl-distribution-points-critical pai": "BoringSSL refuses what openssl reads",
    "crl-distribution-points-critical dac": "BoringSSL refuses what openssl reads",
    "issuer-name-encoding pai": "Matter compares names byte by byte",
    "issuer-name-encoding dac": "Matter compares names byte by byte",
    "name-constraint dac": "BoringSSL compares no IP address, and takes no common name like a DNS name",
    "name-string pai": "Matter allows UTF8String and PrintableString",
    "name-string dac": "Matter allows UTF8String and PrintableString",
    "policies-malformed paa": "a trust anchor's policies have no effect",
    "policies-malformed pai": "openssl reads mappings only beside policies",
}
# Findings that must accompany openssl's numbers (openssl-verification-options) if both refuse.
CAUSES = {
    "34": {"extension-unknown-critical"},
    "42": {"policies-malformed", "policy-missing"},
    "43": {"policies-malformed", "policy-missing"},
    "47": {"name-constraint"},
    "48": {"name-constraint"},
    "51": {"name-constraint"},
    "52": {"name-constraint"},
    "53": {"name-constraint"},
}


def sequence(*children):
    return Node(0x30, children=list(children))


def oid(content):
    return Node(6, content)


def raw(name, node, critical):
    return x509.UnrecognizedExtension(ObjectIdentifier(OIDS[name]), node.encode()), critical


class Maker:
    """Makes the chains of one seed, with one key for each role."""

    def __init__(self, rng):
        self.rng = rng
        self.keys = {role: ec.generate_private_key(ec.SECP256R1()) for role in ("paa", "pai", "dac")}

    def some(self, choices, most=2):
        return self.rng.sample(choices, self.rng.randint(0, min(most, len(choices))))

    def text(self, value, strings=(*ALLOWED, StringType.BMPString)):
        # Upper case and another string type are the same name for openssl.
        return (value.upper() if self.rng.random() < 0.2 else value), self.rng.choice(strings)

    def organization(self, strings=(*ALLOWED, StringType.BMPString)):
        value, kind = self.text(self.rng.choice(["Acme", "Acme", "Other"]), strings)
        return x509.NameAttribute(NameOID.ORGANIZATION_NAME, value, _type=kind)

    def names(self):
        """Names for an alternative name."""
        rng, domain = self.rng, self.rng.choice(["example.com", "a.example.com", "badexample.com", "example.org"])
        return self.some([
            x509.DNSName(domain), x509.RFC822Name(f"u@{domain}"),
            x509.UniformResourceIdentifier(rng.choice([f"http://{domain}/x", f"https://{domain}:8443", f"ftp://{domain}", "urn:x", f"http://{domain}/a:b"])),
            x509.IPAddress(ipaddress.ip_address(rng.choice(["10.1.2.3", "11.1.2.3", "2001:db8::1", "2001:db9::1"]))),
            x509.DirectoryName(x509.Name([self.organization()])),
        ], 3)

    def base(self):
        rng = self.rng
        domain = rng.choice(["example.com", ".example.com", "a.example.com", "org", "EXAMPLE.com", ""])
        return rng.choice([
            lambda: x509.DNSName(domain),
            lambda: x509.RFC822Name(rng.choice([domain or ".com", "u@example.com", "U@example.com"])),
            lambda: x509.UniformResourceIdentifier(domain),
            lambda: x509.IPAddress(ipaddress.ip_network(rng.choice(["10.0.0.0/8", "11.1.0.0/16", "2001:db8::/32"]))),
            lambda: x509.DirectoryName(x509.Name([self.organization()])),
        ])()

    def name_constraints(self):
        permitted, excluded = ([self.base() for _ in range(self.rng.randint(0, 2))] for _ in range(2))
        if not permitted and not excluded:
            permitted = [self.base()]
        return x509.NameConstraints(permitted or None, excluded or None), self.rng.random() < 0.8

    def policies(self, is_leaf):
        """Extensions about policies; some of them malformed."""
        rng, found = self.rng, []
        critical = rng.random() < 0.5
        chosen = self.some([*POLICIES, ANY_POLICY], 3)
        if chosen:
            if rng.random() < 0.08:
                chosen.append(chosen[0])
            found.append(raw("policies", sequence(*(sequence(oid(policy)) for policy in chosen)), critical))
        numbers = [(tag, rng.choice([0, 0, 1, 2])) for tag in (0x80, 0x81) if rng.random() < 0.5]
        if numbers or rng.random() < 0.03:
            numbers = [Node(tag, bytes([number])) for tag, number in numbers]
            found.append(raw("constraints", sequence(*numbers), critical))
        if not is_leaf and rng.random() < 0.3:
            pair = rng.choice([POLICIES, POLICIES[::-1], [POLICIES[0]] * 2])
            if rng.random() < 0.1:
                pair = [ANY_POLICY, POLICIES[0]]
            found.append(raw("mappings", sequence(sequence(*map(oid, pair))), critical))
        if not is_leaf and rng.random() < 0.3:
            found.append(raw("inhibit any", Node(2, bytes([rng.choice([0, 1, 2])])), critical))
        return found

    def chain(self, kind):
        """PAA, PAI and DAC, valid except for the fault of the kind."""
        rng = self.rng
        extensions = {role: [] for role in self.keys}
        subjects = {role: [self.organization(ALLOWED)] for role in self.keys}
        common_names = {"paa": "PAA", "pai": "PAI", "dac": rng.choice(COMMON_NAMES)}
        for role, name in common_names.items():
            subjects[role].append(x509.NameAttribute(NameOID.COMMON_NAME, name))
        issuers, drop = {}, set()
        if kind == "name constraints":
            for role in rng.choice([["paa"], ["pai"], ["paa", "pai"]]):
                extensions[role].append(self.name_constraints())
            alternative = self.names()
            if alternative:
                extensions["dac"].append((x509.SubjectAlternativeName(alternative), False))
        elif kind == "policies":
            for role in rng.choice([["pai"], ["dac"], ["pai", "dac"], ["pai", "dac"], ["paa", "pai", "dac"]]):
                extensions[role] += self.policies(role == "dac")
        elif kind == "critical":
            point = x509.DistributionPoint([x509.UniformResourceIdentifier("http://c.example.com/c.crl")], None, None, None)
            extensions[rng.choice(list(self.keys))].append(rng.choice([
                lambda: (x509.CRLDistributionPoints([point]), rng.random() < 0.6),
                lambda: (x509.UnrecognizedExtension(ObjectIdentifier("1.2.3.4"), b"\5\0"), rng.random() < 0.6),
            ])())
        elif kind == "trust anchor":
            drop = set(self.some(["basic constraints", "key identifier"], 1))
            extensions["paa"] += [(x509.UnrecognizedExtension(ObjectIdentifier("1.2.3.4"), b"\5\0"), True)] * (rng.random() < 0.3)
        elif kind == "large PAA":
            size = rng.choice([20, 60, 100, 140, 300])
            extensions["paa"].append((x509.UnrecognizedExtension(ObjectIdentifier("1.2.3.4"), b"\4\0" + bytes(size)), False))
        elif kind == "issuer's name":
            issued = rng.choice(["pai", "dac"])
            above = subjects["paa" if issued == "pai" else "pai"]
            issuers[issued] = [x509.NameAttribute(one.oid, *self.text(one.value)) for one in above]
        for role, pid in (("pai", False), ("dac", True)):
            subjects[role].append(x509.NameAttribute(VENDOR_ID, "FFF1"))
            if pid:
                subjects[role].append(x509.NameAttribute(PRODUCT_ID, "8000"))
        if issuers.get("dac"):
            issuers["dac"].append(x509.NameAttribute(VENDOR_ID, "FFF1"))
        made = {}
        for role in ("paa", "pai", "dac"):
            above = {"paa": "paa", "pai": "paa", "dac": "pai"}[role]
            issuer = x509.Name(issuers.get(role, subjects[above]))
            made[role] = self.certificate(role, above, x509.Name(subjects[role]), issuer, extensions[role],
                                          drop if role == "paa" else set())
        return made

    def certificate(self, role, above, subject, issuer, extensions, drop):
        builder = x509.CertificateBuilder(issuer, subject, self.keys[role].public_key(), self.rng.getrandbits(64) + 1,
                                          FIRST, LAST)
        authority = role != "dac"
        usage = dict.fromkeys(("digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
                               "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"), False)
        usage |= {"key_cert_sign": True, "crl_sign": True} if authority else {"digital_signature": True}
        if "basic constraints" not in drop:
            length = {"paa": 1, "pai": 0, "dac": None}[role]
            builder = builder.add_extension(x509.BasicConstraints(authority, length), True)
        builder = builder.add_extension(x509.KeyUsage(**usage), True)
        if "key identifier" not in drop:
            identifier = x509.SubjectKeyIdentifier.from_public_key(self.keys[role].public_key())
            builder = builder.add_extension(identifier, False)
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.keys[above].public_key())
        builder = builder.add_extension(identifier, False)
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(self.keys[above], hashes.SHA256())


KINDS = ["name constraints"] * 4 + ["policies"] * 4 + ["critical", "trust anchor", "large PAA", "issuer's name"]


# The SDK's result where openssl refuses a chain.
CHAIN = 301


def openssl(folder, *options):
    """The number of openssl's error, or none if it accepts."""
    at = calendar.timegm(time.strptime(NOW, "%Y-%m-%dT%H:%M:%SZ"))
    done = run("openssl", "verify", "-x509_strict", *options, "-attime", at, "-no-CApath", "-no-CAstore", "-CAfile",
               folder / "paa.pem", "-untrusted", folder / "pai.pem", folder / "dac.pem")
    number = re.search(r"error (\d+) at", done.stdout + done.stderr)
    return number.group(1) if number else None if done.returncode == 0 else "unknown"


def has_policies(path):
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    return any(extension.oid.dotted_string == OIDS["policies"] for extension in certificate.extensions)


def judge(binary, folder, kind, boringssl):
    """Results of openssl and dac-pki: openssl's error, our errors, and wrong SDK results among them."""
    number = openssl(folder, "-policy_check", "-policy", "2.5.29.32.0")
    # The SDK's own flags, without policies.
    by_sdk = openssl(folder) if kind == "policies" else number
    ours = run(binary, "verify", "--paa", folder / "paa.pem", "--pai", folder / "pai.pem", "--dac", folder / "dac.pem",
               "--at", NOW, "--profile", "strict", "--json")
    findings = json.loads(ours.stdout)
    errors = {f"{one['id']} {one['object']}" for one in findings if one["severity"] == "error"}
    codes = {one["sdk_code"] for one in findings if "sdk_code" in one}
    of_boringssl = {one.get("boringssl_code", one.get("sdk_code", 0)) for one in findings} - {0}
    wrong = None
    if ours.returncode != bool(errors):
        wrong = f"exit code {ours.returncode} {ours.stderr}"
    # Formats and lengths are the SDK's own rules, which come first.
    elif codes <= {CHAIN} and (CHAIN in codes) != bool(by_sdk):
        wrong = f"the SDK's results are {codes}, and openssl's is {by_sdk or 'accepted'}"
    elif of_boringssl <= {CHAIN} and (CHAIN in of_boringssl) != (boringssl == CHAIN):
        wrong = f"BoringSSL's results are {of_boringssl}, and that of the SDK built with it is {boringssl}"
    if not number and "policies-malformed pai" in errors and has_policies(folder / "pai.pem"):
        wrong = "openssl accepts malformed policies of the PAI"
    return folder, kind, number, errors, wrong


def main():
    binary, folder, count, seed = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    rng, jobs, sdk = random.Random(seed), [], Sdk(sys.argv[5])
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        place = folder / f"path-{number}"
        place.mkdir(parents=True)
        chain = Maker(rng).chain(kind)
        for role, certificate in chain.items():
            (place / f"{role}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        der = [certificate.public_bytes(serialization.Encoding.DER) for certificate in chain.values()]
        jobs.append((binary, place, kind, sdk.result_or_crash(*der)))
    accepted, refused, explained, times, unexplained = Counter(), Counter(), 0, Counter(), []
    with ThreadPoolExecutor(2) as pool:
        for place, kind, number, errors, wrong in pool.map(lambda job: judge(*job), jobs):
            rules = {error.split()[0] for error in errors}
            if wrong:
                unexplained.append(f"{place.name} ({kind}): {wrong}; {sorted(errors)}")
            elif not number and not errors:
                accepted[kind] += 1
            elif number and errors and CAUSES.get(number, rules) & rules:
                refused[kind] += 1
            elif not number and errors <= set(EXPLAINED):
                explained += 1
                times.update(errors)
            else:
                unexplained.append(f"{place.name} ({kind}): openssl {number or 'accepts'}, dac-pki {sorted(errors) or 'accepts'}")
    for line in unexplained:
        print(line)
    for error, found in sorted(times.items()):
        print(f"pki paths: {found} refused by dac-pki alone for {error}: {EXPLAINED[error]}")
    results = Counter(boringssl for *_, boringssl in jobs)
    both = ", ".join(f"{kind} {accepted[kind]}/{refused[kind]}" for kind in dict.fromkeys(KINDS))
    print(
        f"pki paths: {count} chains, {accepted.total()} accepted and {refused.total()} refused by openssl and dac-pki"
        f" ({both}), {explained} differences explained; the SDK built with BoringSSL says {results.get(0, 0)} times yes and"
        f" {results.get(CHAIN, 0)} times no; {len(unexplained)} unexplained"
    )
    sys.exit(bool(unexplained))


if __name__ == "__main__":
    main()
