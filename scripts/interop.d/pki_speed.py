"""Prints the microseconds that the reference tool's build_certificate takes for a DAC, in process: unchanged, and
without writing its two files.

usage: pki_speed.py FOLDER, which has pai.pem and pai-key.pem
"""

import importlib.util
import os
import sys
import time

RUNS = 60


def fastest(work):
    best = None
    for _ in range(RUNS):
        start = time.perf_counter()
        work()
        took = time.perf_counter() - start
        best = took if best is None else min(best, took)
    return best * 1e6


def main():
    folder = sys.argv[1]
    # The tool's modules import each other as if their folder were the current one.
    sys.path.insert(0, list(importlib.util.find_spec("sources").submodule_search_locations)[0])
    import cert_utils

    def issue():
        cert_utils.build_certificate(
            "0xFFF1",
            "0x8000",
            os.path.join(folder, "pai.pem"),
            os.path.join(folder, "pai-key.pem"),
            os.path.join(folder, "dac.pem"),
            os.path.join(folder, "dac-key.pem"),
            False,
            "Bench DAC 0001",
            "2026-01-01T00:00:00",
            36500,
        )

    as_it_is = fastest(issue)
    cert_utils.save_to_file = lambda name, data: None
    print(f"{as_it_is:.1f} {fastest(issue):.1f}")


if __name__ == "__main__":
    main()
