"""The binary dac-pki, and its output files, detected by their content."""

import json
import subprocess
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

POINT = (serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def run(*command):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=120)


def point(key):
    return key.public_bytes(*POINT)


def dates(first, last):
    """The options for a validity; no end means no expiry."""
    return ["--from", first, *(["--to", last] if last else [])]


class Pair:
    """A certificate and its key, which a device with a request keeps to itself."""

    def __init__(self, certificate, key=None):
        self.path, self.key_path = certificate, key
        self.certificate = read_certificate(certificate)
        self.key = serialization.load_pem_private_key(key.read_bytes(), None) if key else None


def read_certificate(path):
    data = path.read_bytes()
    return (x509.load_pem_x509_certificate if data.startswith(b"-") else x509.load_der_x509_certificate)(data)


def pairs(folder):
    """The certificates in a folder, each with its key in PEM."""
    certificates, keys = [], {}
    for path in sorted(folder.rglob("*.pem")):
        data = path.read_bytes()
        if b"BEGIN CERTIFICATE-" in data:
            certificates.append(path)
        elif b"PRIVATE KEY-" in data:
            key = serialization.load_pem_private_key(data, None)
            keys[point(key.public_key())] = path
    return [Pair(path, keys.get(point(read_certificate(path).public_key()))) for path in certificates]


class Tool:
    def __init__(self, binary):
        self.binary = binary

    def call(self, *options, code=0):
        done = run(self.binary, *options)
        if done.returncode != code:
            command = " ".join(str(option) for option in options)
            raise AssertionError(f"dac-pki {command}: exit code {done.returncode}, not {code}: {done.stderr.strip()}")
        return done.stdout

    def make(self, what, folder, *options):
        self.call(what, *options, "--out", folder)
        return pairs(Path(folder))

    def json(self, *options, code=0):
        return json.loads(self.call(*options, "--json", code=code))
