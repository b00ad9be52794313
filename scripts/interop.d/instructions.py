"""Counts the instructions of a run for each device by phase: instructions.py MATTER-MFG [--write].

valgrind has neither SHA extensions nor AVX-512, so the verifiers use the AVX2 lanes on any processor that has them.
"""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

BINARY, WRITE = sys.argv[1], sys.argv[2:] == ["--write"]
RECORD = pathlib.Path(__file__).with_name("instructions.json")
FEW, MANY, ITERATIONS = 16, 48, 1000
GROWTH = 1.05
# A phase and the functions by which it is counted, including their calls. "named" has one for each phase that a run reports.
PHASES = {
    "derivation": r"matter_mfg::timing::named::derivation$",
    "certificates": r"matter_mfg::timing::named::certificates$",
    "nvs": r"matter_mfg::timing::named::nvs$",
    "qr": r"matter_mfg::timing::named::qr$",
    "files": r"matter_mfg::timing::named::files$",
    "audit": r"matter_mfg::timing::named::audit$",
    "tables": r"matter_mfg::outputs::Outputs::(add|sync)$",
    "ledger": r"matter_ledger::\S*::(commit|reserve)$",
}


def job(folder, count, *more):
    pki = folder / "inputs/test-pki"
    return [
        BINARY, "-v", "0xFFF2", "-p", "0x8001", "-n", str(count), "--pai", "-c", f"{pki}/PAI_cert.pem", "-k",
        f"{pki}/PAI_key.pem", "-cd", f"{pki}/CD.der", "--vendor-name", "Vendor", "--product-name", "Product", "--hw-ver",
        "1", "--hw-ver-str", "v1.0", "--mfg-date", "2026-11-21", "--enable-rotating-device-id", "--iteration-count",
        str(ITERATIONS), "--quiet", *more,
    ]  # fmt: skip


def run(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{command[0]} ended with {done.returncode}: {done.stderr[-400:]}")
    return done


def count(folder, devices):
    """Instructions of a whole run on one thread from a seed, by phase."""
    out, counts = folder / "out", folder / "counts"
    shutil.rmtree(out, ignore_errors=True)
    command = job(folder, devices, "--seed", "00", "--jobs", "1", "--instructions", "avx2", "--audit", "full", "--outdir", str(out))
    # Separate threads would each have a file.
    run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={counts}", *command])
    listed = run(["callgrind_annotate", "--inclusive=yes", "--threshold=100", "--show-percs=no", str(counts)]).stdout
    found = dict.fromkeys(PHASES, 0)
    for line in listed.splitlines():
        row = re.match(r" *([\d,]+)(?: +\([ \d.]+%\))? +(\S.*?)(?: \[[^]]*\])?$", line)
        if not row:
            continue
        cost, name = int(row[1].replace(",", "")), row[2].split(":", 1)[-1]
        name = re.sub(r"'\d+$", "", name)
        if name == "PROGRAM TOTALS":
            found["all"] = cost
        for phase, functions in PHASES.items():
            if re.search(functions, name):
                found[phase] += cost
    return found


def main():
    rustc = run(["rustc", "--version"]).stdout.strip()
    with tempfile.TemporaryDirectory(prefix="instructions.") as name:
        folder = pathlib.Path(name)
        run([BINARY, "--test-pki", "-v", "0xFFF2", "-p", "0x8001", "--quiet", "--valid-from", "2025-01-01", "--outdir",
             str(folder / "inputs")])  # fmt: skip
        few, many = count(folder, FEW), count(folder, MANY)
    # The difference of two runs excludes the constant part of a run.
    each = {phase: round((many[phase] - few[phase]) / (MANY - FEW)) for phase in [*PHASES, "all"]}
    each["rest"] = each["all"] - sum(each[phase] for phase in PHASES)
    missing = [phase for phase in PHASES if each[phase] <= 0]
    if missing:
        sys.exit(f"instructions: nothing was counted for {', '.join(missing)}")
    record = json.loads(RECORD.read_text()) if RECORD.exists() else {"rustc": None, "each": {}}
    comparable = record["rustc"] == rustc
    grown = []
    print(f"instructions for a device, {ITERATIONS} iterations, AVX2 lanes, {rustc}:")
    for phase, cost in each.items():
        before = record["each"].get(phase)
        ratio = cost / before if before else None
        print(f"  {phase:14}{cost:12,}" + (f"   recorded {before:12,}   ratio {ratio:.3f}" if ratio else ""))
        # The rest is the difference of large numbers.
        if phase != "rest" and (ratio is None or ratio > GROWTH):
            grown.append(phase)
    if WRITE:
        RECORD.write_text(json.dumps({"rustc": rustc, "each": each}, indent=2) + "\n")
        print(f"instructions: recorded in {RECORD.name}")
    elif not comparable:
        print(f"instructions: not compared, recorded with {record['rustc']}; scripts/instructions --write records these")
    elif grown:
        print(f"instructions: more than {GROWTH - 1:.0%} above the record: {', '.join(grown)}", file=sys.stderr)
        return 1
    else:
        print(f"instructions: every phase within {GROWTH - 1:.0%} of the record")
    return 0


if __name__ == "__main__":
    sys.exit(main())
