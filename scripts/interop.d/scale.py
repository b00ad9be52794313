"""Runs of several sizes and their audits: scale.py BINARIES FOLDER [--write]."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

BINARIES, FOLDER, WRITE = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3:] == ["--write"]
SIZES = [int(size) for size in os.environ.get("SIZES", "1000 10000 100000").split()]
ALL_FILES, ROUNDS = int(os.environ.get("ALL_FILES", 30_000)), int(os.environ.get("ROUNDS", 2))
PLOT = pathlib.Path("docs/pictures/scale.svg")
LIMIT = 1.10


def measure(command):
    """Processor seconds (total, system), elapsed seconds, MiB at most."""
    os.sync()
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    # Lines of an audit would fill the pipe; only the last ones are needed.
    last = ""
    for line in process.stdout:
        last = (last + line)[-2000:]
    _, status, usage = os.wait4(process.pid, 0)
    clock = time.monotonic() - start
    if status != 0:
        sys.exit(f"{command[0]} failed with {status}: {last}")
    return usage.ru_utime + usage.ru_stime, usage.ru_stime, clock, usage.ru_maxrss / 1024


def once(devices, internal):
    out = FOLDER / f"{devices}-{internal}"
    run = measure([
        str(BINARIES / "matter-mfg"), "--test-pki", "-v", "0xFFF1", "-p", "0x8000", "-n", str(devices), "--iteration-count",
        "1000", "--internal", internal, "--quiet", "--outdir", str(out),
    ])  # fmt: skip
    top = out / "fff1_8000"
    made = sum(1 for entry in os.scandir(top) if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", entry.name))
    if made != devices:
        sys.exit(f"{made} devices instead of {devices}")
    sizes = [(top / "manifest.json").stat().st_size, (out / "ledger.sqlite").stat().st_size]
    audit = measure([
        str(BINARIES / "audit-device"), str(out), "--test", "--paa", str(out / "test-pki/PAA_cert.pem"), "--recompute", "none",
        "--ledger", str(out / "ledger.sqlite"),
    ])  # fmt: skip
    shutil.rmtree(out)
    return run, audit, sizes


def best(devices, internal, rounds):
    measured = [once(devices, internal) for _ in range(rounds)]
    run, audit = ([min(column) for column in zip(*(row[part] for row in measured))] for part in (0, 1))
    sizes = measured[-1][2]
    print(f"\n{devices:,} devices, --internal {internal}:")
    for what, (cpu, system, clock, memory) in (("run", run), ("audit", audit)):
        print(f"  {what:6}{cpu * 1e6 / devices:8.0f} us processor time a device (system {system * 1e6 / devices:.0f}), "
              f"{clock:8.1f} s, {memory:7.1f} MiB")  # fmt: skip
    print(f"  manifest {sizes[0] / devices:.0f} bytes a device, ledger {sizes[1] / devices:.0f} bytes a device", flush=True)
    return {"devices": devices, "run": run, "audit": audit, "sizes": sizes}


def plot(rows):
    """Processor time for a device over the number of devices, on a logarithmic axis."""
    import math

    width, height, left, bottom, top, right = 640, 360, 64, 56, 24, 120
    series = [("run", "#0b6e99"), ("audit", "#b5510f")]
    most = max(row[name][0] * 1e6 / row["devices"] for row in rows for name, _ in series)
    step = 10 ** math.floor(math.log10(most))
    ceiling = math.ceil(most * 1.1 / step) * step
    low, high = (math.log10(row["devices"]) for row in (rows[0], rows[-1]))

    def place(devices, value):
        x = left + (math.log10(devices) - low) / ((high - low) or 1) * (width - left - right)
        return x, height - bottom - value / ceiling * (height - bottom - top)

    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="13">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        "<title>Processor time for a device over the number of devices</title>",
    ]
    for number in range(0, round(ceiling / step) + 1):
        value = number * step
        _, y = place(rows[0]["devices"], value)
        lines.append(f'<line x1="{left}" y1="{y:.1f}" x2="{width - right}" y2="{y:.1f}" stroke="#dddddd"/>')
        lines.append(f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{value:,.0f}</text>')
    for row in rows:
        x, y = place(row["devices"], 0)
        lines.append(f'<text x="{x:.1f}" y="{y + 20:.1f}" text-anchor="middle">{row["devices"]:,}</text>')
    for name, colour in series:
        points = [place(row["devices"], row[name][0] * 1e6 / row["devices"]) for row in rows]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        lines.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        lines += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>' for x, y in points]
        x, y = points[-1]
        lines.append(f'<text x="{x + 10:.1f}" y="{y + 4:.1f}" fill="{colour}">{name}</text>')
    lines.append(f'<text x="{(left + width - right) / 2}" y="{height - 12}" text-anchor="middle">devices</text>')
    lines.append(f'<text x="{left}" y="16" text-anchor="start">microseconds of processor time for a device</text>')
    PLOT.write_text("\n".join([*lines, "</svg>"]) + "\n")
    print(f"\nwritten: {PLOT}")


def main():
    rows = [best(size, "none", ROUNDS if size < 100_000 else 1) for size in SIZES]
    if ALL_FILES:
        best(ALL_FILES, "all", 1)
    print()
    failed = False
    for name in ("run", "audit"):
        each = [row[name][0] / row["devices"] for row in rows]
        spread = max(each) / min(each)
        failed |= name == "run" and spread > LIMIT
        allowed = f" (at most {LIMIT})" if name == "run" else ""
        print(f"{name}: the most expensive device takes {spread:.3f} times the processor time of the cheapest{allowed}")
    if WRITE:
        plot(rows)
    if failed:
        print("scale: a device takes more time among many", file=sys.stderr)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
