"""Prints the microseconds that PyPI pyqrcode with pypng takes, in process, to draw a text as a PNG.

usage: payload_speed.py TEXT SCALE
"""

import io
import sys
import time

import pyqrcode

RUNS = 40


def draw(text, scale):
    out = io.BytesIO()
    pyqrcode.create(text, version=2, error="M").png(out, scale=scale)
    return out.getvalue()


def main():
    text, scale = sys.argv[1], int(sys.argv[2])
    best = None
    for _ in range(RUNS):
        start = time.perf_counter()
        draw(text, scale)
        took = time.perf_counter() - start
        best = took if best is None else min(best, took)
    print(f"{best * 1e6:.1f}")


if __name__ == "__main__":
    main()
