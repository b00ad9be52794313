"""Certificate signing requests by openssl and by Python's cryptography, valid ones and some to refuse."""

import ipaddress

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from pki_tool import point, run


def openssl(rng, path):
    """Writes a request and returns the point of its key."""
    key = path.parent.parent / f"{path.stem}.key"
    form = rng.choice(["der", "pem"])
    subject = rng.choice(["/", "/O=CSR", "/CN=Mvid:FFF2 Mpid:0001/O=Somebody", "/CN=a device/serialNumber=1"])
    options = rng.choice([[], ["-addext", "keyUsage=critical,keyCertSign"], ["-addext", "basicConstraints=CA:TRUE"]])
    done = run("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
               key, "-sha256", "-subj", subject, *options, "-outform", form, "-out", path)
    assert done.returncode == 0, done.stderr
    return point(serialization.load_pem_private_key(key.read_bytes(), None).public_key())


def builder(rng):
    names = [
        x509.NameAttribute(NameOID.COMMON_NAME, rng.choice(["device", "Mvid:FFF1", "\u00e9\u4e2d", "x" * 64])),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "somebody"),
    ]
    made = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(names[: rng.randint(0, 2)]))
    if rng.random() < 0.5:
        made = made.add_extension(x509.BasicConstraints(True, None), critical=True)
    if rng.random() < 0.5:
        address = x509.IPAddress(ipaddress.ip_address("192.0.2.1"))
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("a.example"), address]), critical=False)
    if rng.random() < 0.3:
        made = made.add_attribute(x509.ObjectIdentifier("1.2.840.113549.1.9.7"), b"challenge")
    return made


def python(rng, path):
    key = ec.derive_private_key(rng.randrange(1, 1 << 255), ec.SECP256R1())
    form = rng.choice([serialization.Encoding.DER, serialization.Encoding.PEM])
    path.write_bytes(builder(rng).sign(key, hashes.SHA256()).public_bytes(form))
    return point(key.public_key())


def wrong(rng):
    """Requests in DER that must be refused, by reason."""
    p256, p384 = (ec.derive_private_key(rng.randrange(1, 1 << 250), curve()) for curve in (ec.SECP256R1, ec.SECP384R1))
    rsa_key = rsa.generate_private_key(65537, 2048)
    der = {
        "P-384": builder(rng).sign(p384, hashes.SHA256()),
        "RSA": builder(rng).sign(rsa_key, hashes.SHA256()),
        "SHA-384": builder(rng).sign(p256, hashes.SHA384()),
    }
    der = {why: made.public_bytes(serialization.Encoding.DER) for why, made in der.items()}
    right = builder(rng).sign(p256, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    der["another signature"] = right[:-1] + bytes([right[-1] ^ 1])
    der["a trailing byte"] = right + b"\0"
    return der
