"""Prints the microseconds that the reference generator takes, in process, for the given CSV file: plain, then encrypted.

usage: nvs_speed.py FILE.csv SIZE
"""

import contextlib
import csv
import io
import sys
import time

from esp_idf_nvs_partition_gen import nvs_partition_gen as generator

RUNS = 40


def encode(rows, size, key):
    out = io.BytesIO()
    with generator.nvs_open(out, size, generator.Page.VERSION2, is_encrypt=key is not None, key=key) as image:
        for row in rows:
            generator.write_entry(image, row["key"], row["type"], row["encoding"], row["value"])
    return len(out.getvalue())


def fastest(rows, size, key, runs):
    best = None
    for _ in range(runs):
        start = time.perf_counter()
        encode(rows, size, key)
        took = time.perf_counter() - start
        best = took if best is None else min(best, took)
    return best * 1e6


def main():
    with open(sys.argv[1], newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    size = int(sys.argv[2], 0) - 0x1000
    key = bytes(range(64)).hex()
    with contextlib.redirect_stdout(io.StringIO()):
        plain, encrypted = fastest(rows, size, None, RUNS), fastest(rows, size, key, 5)
    print(f"{plain:.1f} {encrypted:.1f}")


if __name__ == "__main__":
    main()
