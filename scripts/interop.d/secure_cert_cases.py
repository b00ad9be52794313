"""Writes random sets of entries and esp-secure-cert-tool's images of them into a folder.

usage: secure_cert_cases.py FOLDER COUNT SEED

A case is NUMBER.json and NUMBER.bin. The JSON is {"entries": [{"type", "subtype", "form": "der|pem|data", "hex"}],
"integrity"}, the entries in the order of the image. The .bin is missing if the entries do not fit into the tool's
8 KiB; cases are made until COUNT of them fit.
"""

import argparse
import base64
import contextlib
import csv
import datetime
import io
import itertools
import json
import os
import random
import sys
import tempfile
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from esp_secure_cert.tlv_format_construct import EspSecureCert

CA_CERT, DEV_CERT, PRIV_KEY = range(3)
NAMES = {
    CA_CERT: "ESP_SECURE_CERT_CA_CERT_TLV",
    DEV_CERT: "ESP_SECURE_CERT_DEV_CERT_TLV",
    PRIV_KEY: "ESP_SECURE_CERT_PRIV_KEY_TLV",
    **{50 + n: f"ESP_SECURE_CERT_USER_DATA_{n}_TLV" for n in range(1, 6)},
}
COLUMNS = "tlv_type,tlv_subtype,data_value,data_type,priv_key_type,algorithm,key_size,efuse_id,efuse_key".split(",")


def private_key(rng):
    return ec.derive_private_key(rng.randrange(2, 2**255), ec.SECP256R1())


def certificate(rng):
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x" * rng.randint(1, 64))])
    key = private_key(rng)
    start = datetime.datetime(2022, 10, 25)
    builder = x509.CertificateBuilder(name, name, key.public_key(), rng.randint(1, 2**100), start, start.replace(2042))
    return builder.sign(key, hashes.SHA256())


def credential(rng, kind):
    """Returns the form of a certificate or a key, and its bytes."""
    form, encoding = rng.choice([("der", Encoding.DER), ("pem", Encoding.PEM)])
    if kind == PRIV_KEY:
        data = private_key(rng).private_bytes(encoding, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    else:
        data = certificate(rng).public_bytes(encoding)
    return form, data


def length(rng):
    """Lengths near multiples of 16."""
    return max(1, rng.choice([0, 16, 32, 64, 512, 4000]) + rng.randint(-2, 17))


def row(rng, kind, subtype, form, data, folder):
    """Returns the tool's CSV row for an entry, in one of its encodings."""
    name = NAMES.get(kind, str(kind))
    key = ["plaintext", "ECDSA", "256", "", ""] if kind == PRIV_KEY else [""] * 5
    encodings = ["file", "hex", "base64"] if form == "data" else ["file"]
    encoding = rng.choice(encodings)
    if encoding == "file":
        value = folder / f"{kind}-{subtype}"
        value.write_bytes(data)
        return [name, subtype, value, "file", *key]
    return [name, subtype, data.hex() if encoding == "hex" else base64.b64encode(data).decode(), encoding, *key]


def entries(rng):
    kinds = [CA_CERT, DEV_CERT, PRIV_KEY, *range(51, 56), 201, 202, rng.randint(60, 200), rng.randint(203, 253)]
    taken = set()
    for _ in range(rng.randint(1, 12)):
        kind, subtype = rng.choice(kinds), rng.choice([0, 0, 1, 2, rng.randint(0, 253)])
        if (kind, subtype) in taken:
            continue
        taken.add((kind, subtype))
        if kind in (CA_CERT, DEV_CERT, PRIV_KEY):
            yield kind, subtype, *credential(rng, kind)
        else:
            yield kind, subtype, "data", rng.randbytes(length(rng))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("count", type=int)
    parser.add_argument("seed", type=int)
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    full = 0
    for case in itertools.count():
        if case - full == arguments.count:
            break
        rng = random.Random(arguments.seed * 1_000_000 + case)
        drawn = list(entries(rng))
        integrity = rng.random() < 0.5
        names = ("type", "subtype", "form", "hex")
        listed = [dict(zip(names, (*entry[:3], entry[3].hex()))) for entry in drawn]
        (folder / f"{case:05}.json").write_text(json.dumps({"entries": listed, "integrity": integrity}, indent=1))
        said = io.StringIO()
        # The tool writes into the working directory.
        with tempfile.TemporaryDirectory() as work:
            os.chdir(work)
            with open("in.csv", "w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows([COLUMNS, *(row(rng, *entry, Path(work)) for entry in drawn)])
            try:
                with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
                    tool = EspSecureCert()
                    tool.parse_esp_secure_cert_csv("in.csv")
                    image = Path(tool.generate_esp_secure_cert("esp32c3", None, integrity)).read_bytes()
            except SystemExit:
                if "Partition size exceeded" not in said.getvalue():
                    sys.exit(f"case {case}: the tool refuses it: {said.getvalue()}")
                full += 1
                continue
            finally:
                os.chdir(folder)
        (folder / f"{case:05}.bin").write_bytes(image)
    print(f"{arguments.count} sets of entries that fit and {full} that do not", file=sys.stderr)


if __name__ == "__main__":
    main()
