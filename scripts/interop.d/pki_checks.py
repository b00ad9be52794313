"""Checks of a chain by openssl and Python's cryptography against the requested values."""

import calendar
import hashlib
import re
import time

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtensionOID, NameOID, SignatureAlgorithmOID

from pki_der import parse
from pki_tool import point, run

VENDOR_ID = x509.ObjectIdentifier("1.3.6.1.4.1.37244.2.1")
PRODUCT_ID = x509.ObjectIdentifier("1.3.6.1.4.1.37244.2.2")
# A time in the validity of every chain.
NOW = "2026-06-01T12:00:00Z"
NO_EXPIRY = "9999-12-31T23:59:59Z"
EXTENSIONS = {
    ExtensionOID.BASIC_CONSTRAINTS,
    ExtensionOID.KEY_USAGE,
    ExtensionOID.SUBJECT_KEY_IDENTIFIER,
    ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
}
USAGES = (
    "digital_signature content_commitment key_encipherment data_encipherment key_agreement key_cert_sign crl_sign"
).split()


def expect(holds, what):
    if not holds:
        raise AssertionError(what)


def ids(name):
    """The ids in a name as (vendor, product, whether in the common name), and the rest of the common name."""
    common = "".join(attribute.value for attribute in name.get_attributes_for_oid(NameOID.COMMON_NAME))
    found, as_text = [], []
    for oid, prefix in ((VENDOR_ID, "Mvid:"), (PRODUCT_ID, "Mpid:")):
        values = [attribute.value for attribute in name.get_attributes_for_oid(oid)]
        texts = re.findall(prefix + "([0-9A-F]{4})", common)
        expect(common.count(prefix) == len(texts) and len(values + texts) <= 1, f"ids of {name}")
        expect(all(re.fullmatch("[0-9A-F]{4}", value) for value in values), f"ids of {name}")
        found.append(int((values + texts)[0], 16) if values + texts else None)
        as_text += texts
        common = re.sub(prefix + "[0-9A-F]{4}", "", common)
    return *found, bool(as_text), common.strip()


def moment(date):
    return date.strftime("%Y-%m-%dT%H:%M:%SZ")


def times(der):
    """The two times of a certificate as (tag, text), from their bytes."""
    (root,) = parse(der)
    _version, _serial, _algorithm, _issuer, validity, *_ = root.children[0].children
    return [(time.tag, time.content.decode()) for time in validity.children]


def encoded(text):
    """A time in RFC 5280's encoding: with two digits of the year until 2049."""
    digits = re.sub("[^0-9]", "", text) + "Z"
    return (0x17, digits[2:]) if digits[:4] < "2050" else (0x18, digits)


def certificate(pair, asked, issuer, serials):
    """Checks one certificate. `asked` has what, cn, vid, pid, in_cn, first and last."""
    made, der = pair.certificate, pair.certificate.public_bytes(serialization.Encoding.DER)
    what = f"{asked['what']} {pair.path}"
    expect(made.version == x509.Version.v3, f"{what}: version")
    expect(made.signature_algorithm_oid == SignatureAlgorithmOID.ECDSA_WITH_SHA256, f"{what}: algorithm")
    expect(isinstance(made.public_key().curve, ec.SECP256R1), f"{what}: curve")
    expect(len(der) <= 600, f"{what}: {len(der)} bytes")
    expect(0 < made.serial_number < 1 << 159 and made.serial_number not in serials, f"{what}: serial number")
    serials.add(made.serial_number)

    vid, pid, in_cn, common = ids(made.subject)
    expect((vid, pid) == (asked["vid"], asked["pid"]), f"{what}: ids {vid}, {pid}")
    expect(in_cn == (asked["in_cn"] and vid is not None), f"{what}: place of the ids")
    if asked["cn"] is not None:
        expect(common == asked["cn"], f"{what}: common name {common!r}")
    expect(made.issuer.public_bytes() == issuer.certificate.subject.public_bytes(), f"{what}: issuer")

    last = asked["last"] or NO_EXPIRY
    expect(moment(made.not_valid_before_utc) == asked["first"], f"{what}: starts {made.not_valid_before_utc}")
    expect(moment(made.not_valid_after_utc) == last, f"{what}: ends {made.not_valid_after_utc}")
    expect(times(der) == [encoded(asked["first"]), encoded(last)], f"{what}: times {times(der)}")

    extensions(made, asked["what"], issuer.certificate, what)
    made.verify_directly_issued_by(issuer.certificate)
    if pair.key is not None:
        expect(point(pair.key.public_key()) == point(made.public_key()), f"{what}: key")


def extensions(made, role, issuer, what):
    there = {extension.oid: extension for extension in made.extensions}
    expect(set(there) == EXTENSIONS, f"{what}: extensions {sorted(oid.dotted_string for oid in there)}")
    critical = {oid for oid in there if there[oid].critical}
    expect(critical == {ExtensionOID.BASIC_CONSTRAINTS, ExtensionOID.KEY_USAGE}, f"{what}: critical extensions")
    basic = there[ExtensionOID.BASIC_CONSTRAINTS].value
    limits = {"paa": (True, 1), "pai": (True, 0), "dac": (False, None)}[role]
    expect((basic.ca, basic.path_length) == limits, f"{what}: basic constraints {basic}")
    usage = there[ExtensionOID.KEY_USAGE].value
    wanted = {"digital_signature"} if role == "dac" else {"key_cert_sign", "crl_sign"}
    expect({name for name in USAGES if getattr(usage, name)} == wanted, f"{what}: key usage {usage}")
    own = there[ExtensionOID.SUBJECT_KEY_IDENTIFIER].value.digest
    expect(own == hashlib.sha1(point(made.public_key())).digest(), f"{what}: subject key identifier")
    authority = there[ExtensionOID.AUTHORITY_KEY_IDENTIFIER].value
    above = issuer.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_KEY_IDENTIFIER).value.digest
    expect(authority.key_identifier == above, f"{what}: authority key identifier")
    expect(authority.authority_cert_issuer is None and authority.authority_cert_serial_number is None, f"{what}: form")


def openssl_chain(paa, pai, dac, at):
    seconds = calendar.timegm(time.strptime(at, "%Y-%m-%dT%H:%M:%SZ"))
    done = run("openssl", "verify", "-x509_strict", "-attime", seconds, "-no-CApath", "-no-CAstore", "-CAfile",
               paa.path, "-untrusted", pai.path, dac.path)
    expect(done.returncode == 0, f"openssl verify {dac.path}: {done.stdout} {done.stderr}")


def openssl_declaration(declaration, signer, content):
    done = run("openssl", "cms", "-verify", "-binary", "-inform", "der", "-in", declaration, "-certfile", signer,
               "-noverify", "-out", f"{declaration}.content")
    expect(done.returncode == 0, f"openssl cms {declaration}: {done.stderr}")
    with open(f"{declaration}.content", "rb") as file:
        found = file.read()
    expect(found == content, f"content of {declaration}: {found.hex()}, not {content.hex()}")
