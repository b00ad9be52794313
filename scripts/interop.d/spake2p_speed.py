"""Prints the microseconds that OpenSSL's PBKDF2 (hashlib) and the vendor's script take for one device, one line each.

usage: spake2p_speed.py [SUFFIX OF THE NAMES]
"""

import hashlib
import sys
import time

from deps.spake2p import generate_verifier

SALT = bytes([7]) * 32
PASSCODE = 20202021


def fastest(work, runs):
    best = None
    for _ in range(runs):
        start = time.perf_counter()
        work()
        took = time.perf_counter() - start
        best = took if best is None else min(best, took)
    return best * 1e6


def main():
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    for iterations in (1000, 10000):
        password = PASSCODE.to_bytes(4, "little")
        plain = fastest(lambda: hashlib.pbkdf2_hmac("sha256", password, SALT, iterations, 80), 25)
        print(f"OpenSSL (hashlib), 80 bytes{name} {iterations} {plain:.1f}")
        whole = fastest(lambda: generate_verifier(PASSCODE, SALT, iterations), 25)
        print(f"vendor's generate_verifier{name} {iterations} {whole:.1f}")


if __name__ == "__main__":
    main()
