"""Writes random CSV files and the reference generator's images of them into a folder.

usage: nvs_cases.py FOLDER COUNT SEED

A case is NUMBER-SIZE-VERSION.csv and NUMBER-SIZE-VERSION.bin; the .bin is missing when the generator says that the
entries do not fit. Cases are made until COUNT of them fit.
"""

import argparse
import base64
import contextlib
import csv
import io
import itertools
import random
import sys
from pathlib import Path

from esp_idf_nvs_partition_gen import nvs_partition_gen as generator

INTEGERS = {f"{sign}{bits}": (sign, bits) for sign in "ui" for bits in (8, 16, 32, 64)}


def number(rng, encoding):
    sign, bits = INTEGERS[encoding]
    low, high = (0, 2**bits - 1) if sign == "u" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    return str(rng.choice([low, high, 0, rng.randint(low, high)]))


def length(rng, longest):
    """Lengths that gather around what fits a slot, a page and several pages."""
    kind = rng.random()
    if kind < 0.5:
        return rng.randint(0, min(100, longest))
    if kind < 0.75:
        return min(longest, max(0, rng.choice([1, 2, 3]) * rng.choice([32, 3968, 4000, 4032]) + rng.randint(-33, 33)))
    return rng.randint(0, longest)


def text(rng, size):
    alphabet = "abc XYZ019,;\"'#-_=\u00e9\u4e2d"
    out = ""
    while len(out.encode()) < size:
        out += rng.choice(alphabet)
    while len(out.encode()) > size:
        out = out[:-1]
    # The generator drops lines that begin with a hash, and our cells have no line breaks.
    return out


def value(rng, encoding, version):
    if encoding in INTEGERS:
        return number(rng, encoding)
    if encoding == "string":
        # The generator holds version 1 strings to the limit of version 1 blobs.
        return text(rng, length(rng, 1983 if version == 1 else 3967))
    data = rng.randbytes(length(rng, 1984 if version == 1 else 14000))
    if encoding == "hex2bin":
        return data.hex()
    if encoding == "base64":
        return base64.b64encode(data).decode()
    return data.hex()[: len(data)]


def rows(rng, version):
    encodings = [*INTEGERS, "string", "hex2bin", "base64", "binary"]
    for space in range(rng.randint(1, 6)):
        yield [f"space {space}"[: rng.randint(7, 15)], "namespace", "", ""]
        # Sometimes many small entries, so that every slot of a page becomes a boundary.
        for key in range(rng.choice([0, 1, 5, 20, 130])):
            encoding = rng.choice(encodings if key < 20 else list(INTEGERS))
            yield [f"key-{key}", "data", encoding, value(rng, encoding, version)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("count", type=int)
    parser.add_argument("seed", type=int)
    arguments = parser.parse_args()
    arguments.folder = arguments.folder.resolve()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    full = 0
    for case in itertools.count():
        if case - full == arguments.count:
            break
        rng = random.Random(arguments.seed * 1_000_000 + case)
        version = 1 if rng.random() < 0.25 else 2
        size = 0x1000 * rng.choice([1, 2, 3, 6, 16, 64, 64, 64])
        name = arguments.folder / f"{case:05}-{size:#x}-{version}"
        with open(f"{name}.csv", "w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows([["key", "type", "encoding", "value"], *rows(rng, version)])
        request = argparse.Namespace(
            input=[f"{name}.csv"], output=f"{name}.bin", size=hex(size), version=version, outdir=str(arguments.folder)
        )
        said = io.StringIO()
        try:
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
                generator.generate(request)
        except (generator.InsufficientSizeError, generator.PageFullError):
            Path(f"{name}.bin").unlink(missing_ok=True)
            full += 1
        except SystemExit:
            sys.exit(f"{name}: the generator refuses it: {said.getvalue()}")
    print(f"{arguments.count} cases that fit and {full} that do not", file=sys.stderr)


if __name__ == "__main__":
    main()
