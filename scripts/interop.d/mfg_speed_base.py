"""Two builds of matter-mfg, the same jobs: mfg_speed_base.py BASE NEW. Exit code 1 if the new one exceeds a limit."""

import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time

BASE, NEW = sys.argv[1], sys.argv[2]
FEW, MANY, ITERATIONS = 16, 64, 10_000
COUNT, ROUNDS = int(os.environ.get("COUNT", 500)), int(os.environ.get("ROUNDS", 10))
INSTRUCTIONS, CLOCK = 1.03, 1.08


def job(binary, folder, count, *more):
    pki = folder / "inputs/test-pki"
    return [
        binary, "-v", "0xFFF2", "-p", "0x8001", "-n", str(count), "--pai", "-c", f"{pki}/PAI_cert.pem", "-k",
        f"{pki}/PAI_key.pem", "-cd", f"{pki}/CD.der", "--vendor-name", "Vendor", "--product-name", "Product", "--hw-ver",
        "1", "--hw-ver-str", "v1.0", "--mfg-date", "2026-11-21", "--enable-rotating-device-id", "--iteration-count",
        str(ITERATIONS), "--quiet", *more,
    ]  # fmt: skip


def run(command):
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{command[0]} ends with {done.returncode}: {done.stderr[-400:]}")
    return done.stderr


def instructions(binary, folder, count):
    """Instructions of a whole run on one thread from a seed; valgrind has no SHA extensions and no AVX-512, for either build."""
    out = folder / "callgrind"
    shutil.rmtree(out, ignore_errors=True)
    command = job(binary, folder, count, "--seed", "00", "--jobs", "1", "--outdir", str(out))
    said = run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/counts", *command])
    return int(re.search(r"Collected : (\d+)", said)[1])


def clock(binary, folder):
    out = pathlib.Path(tempfile.mkdtemp(dir=folder)) / "out"
    command = job(binary, folder, COUNT, "--outdir", str(out))
    os.sync()
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    run(command)
    taken, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    # Written files stay until the end: on a file system that discards, removing them slows the runs that follow.
    return taken, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    with tempfile.TemporaryDirectory(prefix="compare-speed.") as name:
        folder = pathlib.Path(name)
        # A run from a seed has a fixed date, and issuers must be older than that.
        run([BASE, "--test-pki", "-v", "0xFFF2", "-p", "0x8001", "--quiet", "--valid-from", "2025-01-01", "--outdir",
             str(folder / "inputs")])  # fmt: skip
        each = {}
        for binary in (BASE, NEW):
            # The difference of two runs excludes the constant part of a run.
            few, many = (instructions(binary, folder, count) for count in (FEW, MANY))
            each[binary, "each"] = (many - few) / (MANY - FEW)
            each[binary, "whole"] = many
        runs = {"base": [], "new": []}
        for number in range(ROUNDS):
            # The first one finds the disk as the other one left it, so they take turns.
            for name, binary in sorted({"base": BASE, "new": NEW}.items(), reverse=number % 2 == 1):
                runs[name].append(clock(binary, folder))
    count_ratio = each[NEW, "each"] / each[BASE, "each"]
    fastest = {name: [min(column) for column in zip(*rows)] for name, rows in runs.items()}
    clock_ratio, processor_ratio = (new / old for new, old in zip(fastest["new"], fastest["base"]))
    print(f"instructions for a device: base {each[BASE, 'each']:,.0f}, new {each[NEW, 'each']:,.0f}, ratio {count_ratio:.4f} "
          f"(at most {INSTRUCTIONS}); the whole of {MANY} devices: {each[NEW, 'whole'] / each[BASE, 'whole']:.4f}")  # fmt: skip
    print(f"{COUNT} devices, fastest of {ROUNDS}: base {fastest['base'][0]:.2f} s, new {fastest['new'][0]:.2f} s, ratio "
          f"{clock_ratio:.3f} (at most {CLOCK}); of processor time {processor_ratio:.3f}; load {os.getloadavg()[0]:.1f}")  # fmt: skip
    if count_ratio > INSTRUCTIONS or clock_ratio > CLOCK:
        print("compare mfg: slower than allowed", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
