"""Derives random verifiers with `spake2p batch` and again with hashlib and PyPI ecdsa; they must be the same.

usage: spake2p.py FOLDER COUNT SEED
"""

import argparse
import base64
import csv
import hashlib
import random
import subprocess
import sys
from pathlib import Path

import ecdsa

CURVE = ecdsa.NIST256p
# Few counts, so that many devices share one, and one that only a few have.
ITERATIONS = [1000, 1000, 1000, 1001, 1999, 2048]
TRIVIAL = {int(str(digit) * 8) for digit in range(10)} | {12345678, 87654321}
COLUMNS = ["index", "passcode", "iterations", "salt"]


def devices(rng, count):
    ends = [1, 99999998]
    while len(ends) < count:
        passcode = rng.randint(1, 99999998)
        if passcode not in TRIVIAL:
            ends.append(passcode)
    for index, passcode in enumerate(ends):
        salt = rng.randbytes(rng.choice([16, 32, rng.randint(16, 32)]))
        iterations = 10000 if index % 100 == 0 else rng.choice(ITERATIONS)
        yield [str(index), str(passcode), str(iterations), base64.b64encode(salt).decode()]


def verifier(passcode, iterations, salt):
    ws = hashlib.pbkdf2_hmac("sha256", passcode.to_bytes(4, "little"), salt, iterations, 80)
    w0, w1 = (int.from_bytes(half, "big") % CURVE.order for half in (ws[:40], ws[40:]))
    point = (CURVE.generator * w1).to_bytes("uncompressed")
    return base64.b64encode(w0.to_bytes(32, "big") + point).decode()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("count", type=int)
    parser.add_argument("seed", type=int)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    given, made = arguments.folder / "in.csv", arguments.folder / "out.csv"
    rows = list(devices(random.Random(arguments.seed), arguments.count))
    with given.open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    binary = ["cargo", "run", "--quiet", "--release", "--bin", "spake2p", "--"]
    subprocess.run([*binary, "batch", str(given), str(made), "--force"], check=True)
    with made.open(newline="") as file:
        header, *written = csv.reader(file)
    wrong = 0
    if header != [*COLUMNS, "verifier"] or [row[:4] for row in written] != rows:
        sys.exit("spake2p: the output is not the table with one more column")
    for index, passcode, iterations, salt, got in written:
        if got != verifier(int(passcode), int(iterations), base64.b64decode(salt)):
            wrong += 1
            print(f"verifier of row {index} differs")
    # A few one by one, as the vendor's script is called.
    for index, passcode, iterations, salt, got in written[:3]:
        one = subprocess.run([*binary, "gen-verifier", "-p", passcode, "-s", salt, "-i", iterations], check=True,
                             capture_output=True, text=True)
        wrong += one.stdout != got + "\n"
    print(f"spake2p verifiers: {len(written)} compared with hashlib and ecdsa, {wrong} mismatches")
    sys.exit(wrong != 0 or len(written) != arguments.count)


if __name__ == "__main__":
    main()
