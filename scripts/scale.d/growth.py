"""What the kinds of growth share: arguments, measured processes, and the comparison of small and large work."""

import os
import pathlib
import subprocess
import sys
import time

BINARIES, FOLDER, WRITE = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]), sys.argv[3:] == ["--write"]
if sys.argv[3:] not in ([], ["--write"]):
    sys.exit(f"scale: unknown option {sys.argv[3]}")


def sizes(default):
    return [int(size) for size in os.environ.get("SIZES", default).split()]


def rounds(default):
    return int(os.environ.get("ROUNDS", default))


def measure(command, output=None):
    """Processor seconds (total, system), elapsed seconds, MiB at most. The output goes to a file."""
    os.sync()
    output = output or FOLDER / "output"
    with open(output, "w") as file:
        start = time.monotonic()
        process = subprocess.Popen(list(map(str, command)), stdout=file, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        clock = time.monotonic() - start
    if status != 0:
        sys.exit(f"{command[0]} failed with {status}: {output.read_text()[-2000:]}")
    return usage.ru_utime + usage.ru_stime, usage.ru_stime, clock, usage.ru_maxrss / 1024


def compare(name, values, limit=None, each_other=False):
    """Prints how much more processor time a unit takes in large work than in smaller, and returns whether it is too much.

    With `each_other`, a unit must not take more in smaller work either.
    """
    pairs = [(one, other) for at, one in enumerate(values) for other in (values if each_other else values[at:])]
    growth = max(other / one for one, other in pairs)
    allowed = f" (at most {limit})" if limit else ""
    of = "work of another size" if each_other else "smaller work"
    print(f"{name}: a unit takes up to {growth:.3f} times the processor time of one of {of}{allowed}")
    return bool(limit) and growth > limit


def finish(failed):
    if failed:
        print("scale: a unit takes more time in large work", file=sys.stderr)
    sys.exit(int(failed))
