"""Certificate revocation lists by Python's cryptography, and the result of `dac-pki revoke-set`."""

import base64
import datetime
import json

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pki_checks import NOW, expect

URL = "https://example.com/list.crl"
FIRST, LAST = datetime.datetime(2026, 5, 31, 12), datetime.datetime(2026, 7, 1)
DAY = datetime.timedelta(days=1)


def key_id(certificate):
    return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value


def pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


class List:
    """A planned list: its authority, its signer, its serial numbers, and its special features."""

    def __init__(self, authority, signer, signer_key, serials):
        self.authority, self.signer, self.signer_key, self.serials = authority, signer, signer_key, serials
        self.delegator = None
        self.first, self.last = FIRST, LAST
        self.hash = hashes.SHA256()
        self.extensions = [
            (x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(key_id(signer)), False),
            (x509.CRLNumber(1), False),
        ]
        # Entries about other authorities, by their names.
        self.others = []

    def der(self):
        made = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.signer.subject)
            .last_update(self.first)
            .next_update(self.last)
        )
        for extension, critical in self.extensions:
            made = made.add_extension(extension, critical=critical)
        for serial in self.serials:
            made = made.add_revoked_certificate(self.entry(serial).build())
        for serial, name in self.others:
            issuer = x509.CertificateIssuer([x509.DirectoryName(name)])
            made = made.add_revoked_certificate(self.entry(serial).add_extension(issuer, critical=True).build())
        return made.sign(self.signer_key, self.hash).public_bytes(serialization.Encoding.DER)

    def entry(self, serial):
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(FIRST - DAY)
        if serial % 3 == 0:
            entry = entry.add_extension(x509.CRLReason(x509.ReasonFlags.key_compromise), critical=False)
        return entry

    def indirect(self):
        point = x509.IssuingDistributionPoint(None, None, False, False, None, True, False)
        self.extensions.append((point, True))

    def point(self, vendor, product, is_paa):
        """The DCL's object with the address of the list."""
        return {
            "vid": vendor,
            "pid": product or 0,
            "isPAA": is_paa,
            "label": "list",
            "crlSignerCertificate": pem(self.signer),
            "crlSignerDelegator": pem(self.delegator) if self.delegator else "",
            "issuerSubjectKeyID": key_id(self.authority).digest.hex().upper(),
            "dataURL": URL,
            "revocationType": 1,
            "schemaVersion": 0,
        }


def delegate(pair, usage="crl_sign"):
    """A key and a certificate that an authority issues to a signer of its lists."""
    key = ec.generate_private_key(ec.SECP256R1())
    names = "digital_signature content_commitment key_encipherment data_encipherment key_agreement key_cert_sign crl_sign"
    usages = {name: name == usage for name in [*names.split(), "encipher_only", "decipher_only"]}
    issuer = pair.certificate
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "delegate")]))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(issuer.not_valid_before_utc)
        .not_valid_after(issuer.not_valid_after_utc)
        .add_extension(x509.BasicConstraints(False, None), critical=True)
        .add_extension(x509.KeyUsage(**usages), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(key_id(issuer)), critical=False)
    )
    return made.sign(pair.key, hashes.SHA256()), key


def serials(rng, *real):
    return [*real, *(rng.randrange(1, 1 << rng.choice([7, 8, 64, 127, 128, 159])) for _ in range(rng.randint(0, 5)))]


def good(rng, chain):
    """Lists that must be accepted, each with whether it is the PAA's and the serial numbers to be read."""
    paa, pai, dac = chain.paa, chain.pai, chain.dac
    own = List(pai.certificate, pai.certificate, pai.key, serials(rng, dac.certificate.serial_number))
    yield "good", False, own, own.serials
    empty = List(pai.certificate, pai.certificate, pai.key, [])
    yield "empty", False, empty, []
    root = List(paa.certificate, paa.certificate, paa.key, serials(rng, pai.certificate.serial_number))
    yield "paa", True, root, root.serials
    for pair, is_paa in ((pai, False), (paa, True)):
        signer, key = delegate(pair)
        delegated = List(pair.certificate, signer, key, serials(rng))
        delegated.delegator = pair.certificate
        yield "delegated", is_paa, delegated, delegated.serials
    signer, key = delegate(pai)
    indirect = List(pai.certificate, signer, key, [])
    indirect.delegator = pai.certificate
    indirect.indirect()
    about_own, about_other = rng.randrange(1, 1 << 64), rng.randrange(1, 1 << 64)
    indirect.others = [(about_other, paa.certificate.issuer), (about_own, pai.certificate.subject)]
    yield "indirect", False, indirect, [about_own]


def wrong(rng, chain):
    """Lists that must not be accepted."""
    paa, pai = chain.paa, chain.pai

    def one(what, change):
        made = List(pai.certificate, pai.certificate, pai.key, serials(rng))
        change(made)
        return what, False, made, None

    def stranger(made):
        made.signer_key = ec.generate_private_key(ec.SECP256R1())

    def without_usage(made):
        made.signer, made.signer_key = delegate(pai, "digital_signature")
        made.delegator = pai.certificate
        made.extensions[0] = List(made.authority, made.signer, made.signer_key, []).extensions[0]

    yield one("expired", lambda made: vars(made).update(first=FIRST - 9 * DAY, last=FIRST))
    yield one("not-yet", lambda made: vars(made).update(first=FIRST + 2 * DAY))
    yield one("wrong-key", lambda made: vars(made).update(signer_key=paa.key))
    yield one("stranger", stranger)
    yield one("without-usage", without_usage)
    yield one("sha384", lambda made: vars(made).update(hash=hashes.SHA384()))
    yield one("delta", lambda made: made.extensions.append((x509.DeltaCRLIndicator(1), True)))
    yield one("no-key-id", lambda made: made.extensions.pop(0))
    yield one("direct", lambda made: made.others.append((7, pai.certificate.subject)))


def build(tool, folder, chain, what, is_paa, made, code):
    """Runs `revoke-set build` over a list and its point, and returns the entries that it writes."""
    folder.mkdir(parents=True)
    points, crl, out = folder / "points.json", folder / f"{what}.crl", folder / "set.json"
    pid = chain.pai_pid if not is_paa else None
    points.write_text(json.dumps({"PkiRevocationDistributionPoint": [made.point(chain.vid, pid, is_paa)]}))
    crl.write_bytes(made.der())
    options = ["--points", points, "--crl", crl, "--paa", chain.paa.path, "--at", NOW, "--out", out]
    tool.call("revoke-set", "build", *options, code=code)
    expect(out.exists() == (code == 0), f"{folder}: a set, or none")
    return json.loads(out.read_text()) if code == 0 else None


def believed(tool, folder, chain, what, is_paa, made, wanted):
    (entry,) = build(tool, folder, chain, what, is_paa, made, 0)
    texts = entry["revoked_serial_numbers"]
    expect(all(len(text) % 2 == 0 and text == text.upper() for text in texts), f"{folder}: {texts}")
    expect(sorted(int(text, 16) for text in texts) == sorted(set(wanted)), f"{folder}: {texts}, not {wanted}")
    expect(entry["issuer_subject_key_id"] == key_id(made.authority).digest.hex().upper(), f"{folder}: {entry}")
    expect(base64.b64decode(entry["issuer_name"]) == made.authority.subject.public_bytes(), f"{folder}: {entry}")
    # The verdict on the device follows from the list.
    revoked = {("dac" if pair is chain.dac else "pai") + "-revoked" for pair, listed in
               ((chain.dac, not is_paa), (chain.pai, is_paa)) if listed and pair.certificate.serial_number in wanted}
    files = ["--paa", chain.paa.path, "--pai", chain.pai.path, "--dac", chain.dac.path]
    options = [*files, "--at", NOW, "--revocation-set", folder / "set.json"]
    errors = {finding["id"] for finding in tool.json("verify", *options, code=1 if revoked else 0)
              if finding["severity"] == "error"}
    expect(errors == revoked, f"{folder}: {errors}, not {revoked}")


def check(tool, folder, rng, chains):
    accepted, refused = 0, 0
    for number, chain in enumerate(chains[:8]):
        for at, (what, is_paa, made, wanted) in enumerate([*good(rng, chain), *wrong(rng, chain)]):
            place = folder / "lists" / f"{number}-{at}-{what}"
            if wanted is None:
                build(tool, place, chain, what, is_paa, made, 2)
                refused += 1
            else:
                believed(tool, place, chain, what, is_paa, made, wanted)
                accepted += 1
    expect(accepted and refused, "no lists")
    return f"{accepted} lists believed and {refused} not"
