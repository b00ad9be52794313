"""Production runs of several sizes and their audits: devices.py BINARIES FOLDER [--write]."""

import os
import re
import shutil
import sys

from growth import BINARIES, FOLDER, WRITE, compare, finish, measure, rounds, sizes
import plot

ALL_FILES = int(os.environ.get("ALL_FILES", 30_000))


def once(devices, internal):
    out = FOLDER / f"{devices}-{internal}"
    run = measure([
        BINARIES / "matter-mfg", "--test-pki", "-v", "0xFFF1", "-p", "0x8000", "-n", devices, "--iteration-count",
        "1000", "--internal", internal, "--quiet", "--outdir", out,
    ])  # fmt: skip
    top = out / "fff1_8000"
    made = sum(1 for entry in os.scandir(top) if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", entry.name))
    if made != devices:
        sys.exit(f"{made} devices instead of {devices}")
    sizes = [(top / "manifest.json").stat().st_size, (out / "ledger.sqlite").stat().st_size]
    audit = measure([
        BINARIES / "audit-device", out, "--test", "--paa", out / "test-pki/PAA_cert.pem", "--recompute", "none",
        "--ledger", out / "ledger.sqlite",
    ])  # fmt: skip
    shutil.rmtree(out)
    return run, audit, sizes


def best(devices, internal, times):
    measured = [once(devices, internal) for _ in range(times)]
    run, audit = ([min(column) for column in zip(*(row[part] for row in measured))] for part in (0, 1))
    sizes = measured[-1][2]
    print(f"\n{devices:,} devices, --internal {internal}:")
    for what, (cpu, system, clock, memory) in (("run", run), ("audit", audit)):
        print(f"  {what:6}{cpu * 1e6 / devices:8.0f} us processor time a device (system {system * 1e6 / devices:.0f}), "
              f"{clock:8.1f} s, {memory:7.1f} MiB")  # fmt: skip
    print(f"  manifest {sizes[0] / devices:.0f} bytes a device, ledger {sizes[1] / devices:.0f} bytes a device", flush=True)
    return {"devices": devices, "run": run, "audit": audit, "sizes": sizes}


def main():
    numbers = sizes("1000 10000 100000")
    rows = [best(size, "none", rounds(2) if size < 100_000 else 1) for size in numbers]
    if ALL_FILES:
        best(ALL_FILES, "all", 1)
    print()
    series = {name: [row[name][0] * 1e6 / row["devices"] for row in rows] for name in ("run", "audit")}
    # An audit looks for values that occur twice, among all devices.
    failed = compare("run", series["run"], 1.10, each_other=True)
    compare("audit", series["audit"])
    if WRITE:
        plot.draw("devices", "devices", "microseconds of processor time for a device", numbers, series)
    finish(failed)


main()
