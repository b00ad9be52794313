"""Signing keys, made when the drivers run, and signature blocks in bytes (ESP-IDF, "Secure Boot v2")."""

import dataclasses
import hashlib
import subprocess
import zlib
from pathlib import Path

from flash_tools import espsecure

SECTOR, BLOCK, CONTENT, MOST_BLOCKS = 0x1000, 1216, 1196, 3
SCHEMES = {"rsa3072": "rsa3072", "p256": "ecdsa256", "p384": "ecdsa384", "p192": "ecdsa192"}
OPENSSL = {
    "rsa3072": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"],
    "p256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "p384": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
}
# Places of the public key and the signature in a block.
KEY_AT = {"rsa3072": (36, 812), "p192": (36, 101), "p256": (36, 101), "p384": (52, 149)}
SIGNATURE_AT = {"rsa3072": (812, 1196), "p192": (101, 165), "p256": (101, 165), "p384": (149, 245)}


@dataclasses.dataclass
class Key:
    scheme: str
    private: Path
    public: Path


def openssl(*arguments):
    subprocess.run(["openssl", *(str(argument) for argument in arguments)], check=True, capture_output=True)


def make_key(folder, scheme, name, by_openssl):
    """PKCS#8 of openssl, or the older form that espsecure writes."""
    private, public = folder / f"{name}.pem", folder / f"{name}.pub.pem"
    if by_openssl:
        openssl("genpkey", *OPENSSL[scheme], "-out", private)
    else:
        made = espsecure("generate-signing-key", "--version", 2, "--scheme", SCHEMES[scheme], private)
        assert made.done, made
    openssl("pkey", "-in", private, "-pubout", "-out", public)
    return Key(scheme, private, public)


def make_keys(folder, schemes, count):
    """`count` keys of each scheme."""
    folder.mkdir(parents=True)
    return {
        scheme: [
            make_key(folder, scheme, f"{scheme}-{number}", scheme in OPENSSL and number % 2) for number in range(count)
        ]
        for scheme in schemes
    }


def blocks(signed):
    """The blocks of a signed file that are not erased."""
    sector = signed[-SECTOR:]
    found = [sector[at : at + BLOCK] for at in range(0, MOST_BLOCKS * BLOCK, BLOCK)]
    return [block for block in found if block[0] != 0xFF]


def with_blocks(signed, new):
    """The file with other blocks in its signature sector."""
    return signed[:-SECTOR] + b"".join(new).ljust(SECTOR, b"\xff")


def patched(block, at, data):
    """A block with other bytes, and a matching CRC if they are in its content."""
    block = bytearray(block)
    block[at : at + len(data)] = data
    block[CONTENT : CONTENT + 4] = zlib.crc32(block[:CONTENT]).to_bytes(4, "little")
    return bytes(block)


def without_signature(block, scheme):
    """The common parts of two signatures of one image by one key."""
    start, end = SIGNATURE_AT[scheme]
    return block[:start], block[end:CONTENT], block[CONTENT + 4 :]


def key_digest(block, scheme):
    start, end = KEY_AT[scheme]
    return hashlib.sha256(block[start:end]).hexdigest()
