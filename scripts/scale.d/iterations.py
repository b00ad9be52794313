"""Verifiers of several numbers of iterations: iterations.py BINARIES FOLDER [--write]."""

import base64
import random

from growth import BINARIES, FOLDER, WRITE, compare, finish, measure, rounds, sizes
import plot

DEVICES = 256


def main():
    numbers = sizes("1000 3000 10000 30000 100000")
    values = []
    for iterations in numbers:
        table = FOLDER / f"{iterations}.csv"
        salts = [base64.b64encode(random.randbytes(32)).decode() for _ in range(DEVICES)]
        rows = [f"{device},{20_000_000 + 37 * device},{iterations},{salt}\n" for device, salt in enumerate(salts)]
        table.write_text("index,passcode,iterations,salt\n" + "".join(rows))
        command = [BINARIES / "spake2p", "batch", "--force", table, FOLDER / "verifiers.csv"]
        cpu, _, clock, memory = (min(column) for column in zip(*(measure(command) for _ in range(rounds(3)))))
        values.append(cpu * 1e6 / DEVICES / (iterations / 1000))
        print(f"{iterations:8,} iterations: {cpu * 1e6 / DEVICES:9.0f} us processor time a verifier, {values[-1]:6.1f} for 1,000 "
              f"iterations, {clock:6.2f} s, {memory:6.1f} MiB")  # fmt: skip
    print()
    failed = compare("verifier", values, 1.10)
    if WRITE:
        plot.draw("iterations", "iterations", "microseconds of processor time for 1,000 iterations", numbers, {"verifier": values})
    finish(failed)


main()
