"""Random Certification Declarations: their options, and their content encoded independently."""

import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

# The point of the public key for test declarations, from connectedhomeip's
# credentials/test/certification-declaration/Chip-Test-CD-Signing-Cert.pem, and its key identifier.
TEST_POINT = bytes.fromhex(
    "043c398922452b55caf389c25bd1bca4656952ccb90e8869249ad8474653014cbf"
    "95d687965e036b521c51037e6b8cedefca1eb44046694fa08882eed6519decba"
)
TEST_KEY_ID = bytes.fromhex("62fa823359acfaa9963e1cfa140addf504f37160")


def number(tag, value):
    """An unsigned number with a context tag, in as few bytes as it needs."""
    size = 0 if value < 1 << 8 else 1 if value < 1 << 16 else 2
    return bytes([0x24 + size, tag]) + value.to_bytes(1 << size, "little")


def element(value):
    return bytes([4, value]) if value < 256 else bytes([5]) + value.to_bytes(2, "little")


class Declaration:
    """A declaration for a chain's device, random where the chain leaves a choice."""

    def __init__(self, rng, vendor, product, paa_key_id, kind):
        self.kind = kind
        self.vendor, self.origin = vendor, None
        count = rng.choice([1, 2, rng.randint(3, 99), 100])
        self.products = rng.sample([id for id in range(1, 0x10000) if id != product], count)
        if rng.random() < 0.3:
            # The device has another maker than the declaration's.
            self.vendor, self.origin = rng.randint(0xFFF1, 0xFFF4), (vendor, product)
        else:
            self.products[rng.randrange(count)] = product
        self.product = rng.choice(self.products) if self.origin else product
        self.device_type = rng.choice([0, 255, 256, 65535, 65536, rng.randrange(0x7FFFFFFF), 0x7FFFFFFE])
        self.certificate_id = "".join(rng.choices("ABCXYZ0189-", k=19))
        self.paas = []
        if rng.random() < 0.4:
            # A declaration with all optional members does not fit an answer.
            others = rng.choice([0, 1, 9]) if count < 50 else 0
            self.paas = [rng.randbytes(20) for _ in range(others)]
            self.paas.insert(rng.randint(0, others), paa_key_id)

    def options(self):
        options = ["--vid", hex(self.vendor), "--device-type", hex(self.device_type), "--type", self.kind,
                   f"--certificate-id={self.certificate_id}"]
        for product in self.products:
            options += ["--pid", hex(product)]
        if self.origin:
            options += ["--origin-vid", hex(self.origin[0]), "--origin-pid", hex(self.origin[1])]
        for paa in self.paas:
            options += ["--paa-ski", paa.hex().upper()]
        return options

    def features(self):
        return {
            "CD of 1 product": len(self.products) == 1,
            "CD of 100 products": len(self.products) == 100,
            "CD with origin": self.origin is not None,
            "CD with authorized PAAs": bool(self.paas),
            "CD of 10 authorized PAAs": len(self.paas) == 10,
        }

    def content(self, version_number):
        parts = [number(0, 1), number(1, self.vendor), b"\x36\x02", *map(element, self.products), b"\x18",
                 number(3, self.device_type), b"\x2c\x04\x13", self.certificate_id.encode(), number(5, 0),
                 number(6, 0), number(7, version_number), number(8, self.kind)]
        if self.origin:
            parts += [number(9, self.origin[0]), number(10, self.origin[1])]
        if self.paas:
            parts += [b"\x36\x0b", *(b"\x10\x14" + paa for paa in self.paas), b"\x18"]
        return b"\x15" + b"".join(parts) + b"\x18"


def signer_certificate(path, public_key, key_id):
    """A certificate that supplies key and identifier; its issuer is not checked."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "signer of declarations")])
    first = datetime.datetime(2020, 1, 1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public_key)
        .serial_number(1)
        .not_valid_before(first)
        .not_valid_after(first.replace(year=2060))
        .add_extension(x509.SubjectKeyIdentifier(key_id), critical=False)
        .add_extension(x509.BasicConstraints(True, None), critical=True)
    )
    other = ec.derive_private_key(9, ec.SECP256R1())
    path.write_bytes(made.sign(other, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    return path


def test_signer(path):
    return signer_certificate(path, ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), TEST_POINT), TEST_KEY_ID)


def own_signer(folder, rng):
    """A key and its certificate."""
    key = ec.derive_private_key(rng.randrange(1, 1 << 255), ec.SECP256R1())
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "cd-key.pem"
    path.write_bytes(text)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key()).digest
    return path, signer_certificate(folder / "cd-cert.pem", key.public_key(), identifier)
