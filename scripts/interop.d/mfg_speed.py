"""Runs matter-mfg and the vendor's tool on the same job and prints times and memory: mfg_speed.py OURS THEIRS FOLDER."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

OURS, THEIRS, FOLDER = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
COUNT, ROUNDS = int(os.environ.get("COUNT", 500)), int(os.environ.get("ROUNDS", 2))
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
STAMP = re.compile(r"\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d(-\d{6})?")
# Only in ours: the ledger, and the declaration beside the partition.csv that names it. Only in theirs: files
# of intermediate steps.
OWN = {
    "fff2_8001/UUID/internal/CD.der",
    "fff2_8001/manifest.json",
    "ledger.sqlite",
    "ledger.sqlite.key",
    "fff2_8001/staging/config_tmp.csv",
    "fff2_8001/staging/master_tmp.csv",
}


def job(count, *extra):
    pki = FOLDER / "inputs/test-pki"
    return [
        "-v", "0xFFF2", "-p", "0x8001", "-n", str(count), "--pai", "-c", f"{pki}/PAI_cert.pem", "-k",
        f"{pki}/PAI_key.pem", "-cd", f"{pki}/CD.der", "--vendor-name", "Vendor", "--product-name", "Product", "--hw-ver",
        "1", "--hw-ver-str", "v1.0", "--mfg-date", "2026-11-21", "--enable-rotating-device-id", *extra,
    ]  # fmt: skip


def run(command, environment=None):
    """Elapsed seconds, processor seconds, KiB of memory, names of the files without the parts that depend on the time."""
    # Not in the folder of another run: ext4 searches longer for an inode if many were freed a short time ago.
    out = pathlib.Path(tempfile.mkdtemp(dir=FOLDER)) / "out"
    # Pending writes of earlier runs are not counted for this one.
    os.sync()
    start = time.monotonic()
    process = subprocess.Popen(
        [*command, "--outdir", str(out)],
        cwd=FOLDER,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    clock = time.monotonic() - start
    if status != 0:
        sys.exit(f"{command[0]} failed: {status}")
    names = {}
    for path in out.rglob("*"):
        if path.is_file():
            name = STAMP.sub("TIME", UUID.sub("UUID", str(path.relative_to(out))))
            names[name] = names.get(name, 0) + 1
    return clock, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, names, usage.ru_utime


def compare(title, ours, theirs):
    best = {}
    for _ in range(ROUNDS):
        for name, command, environment in [*theirs, *ours]:
            measured = run(command, environment)
            old = best.get(name)
            best[name] = (
                measured if old is None else (*map(min, old[:3], measured[:3]), measured[3], min(old[4], measured[4]))
            )
    print(f"\n{title}, {COUNT} devices, fastest of {ROUNDS}:")
    for name, (clock, cpu, memory, _, user) in best.items():
        each = f"{cpu * 1000 / COUNT:7.2f} ms processor time a device (user {user * 1000 / COUNT:.2f})"
        print(f"  {name:32} {clock:7.2f} s, {each}, {memory // 1024} MiB")
    for name, _, _ in ours:
        for peer, _, _ in theirs:
            cpu, clock = best[peer][1] / best[name][1], best[peer][0] / best[name][0]
            print(f"  {name} against {peer}: {cpu:.1f} times less processor time, {clock:.1f} times less time")
    mine, other = best[ours[0][0]][3], best[theirs[0][0]][3]
    differing = {name for name in mine.keys() | other.keys() if mine.get(name) != other.get(name)} - OWN
    print(f"  files: {sum(mine.values())} and {sum(other.values())}, different names: {sorted(differing) or 'none'}")


pki = [OURS, "--test-pki", "-v", "0xFFF2", "-p", "0x8001", "--quiet", "--outdir", str(FOLDER / "inputs")]
subprocess.run(pki, check=True, stdout=subprocess.DEVNULL)
flags = pathlib.Path("/proc/cpuinfo").read_text() if pathlib.Path("/proc/cpuinfo").exists() else ""
for iterations in os.environ.get("ITERATIONS", "10000 1000").split():
    options = job(COUNT, *(["--iteration-count", iterations] if iterations != "10000" else []))
    ours = [("ours", [OURS, *options], None), ("ours, --internal none", [OURS, *options, "--internal", "none"], None)]
    if " avx512f" in flags:
        ours.append(("ours, AVX2", [OURS, *options, "--instructions", "avx2"], None))
    theirs = [("theirs", [THEIRS, *options], None)]
    if " sha_ni" in flags:
        # The peer's OpenSSL on a processor without them.
        theirs.append(("theirs, SHA extensions off", [THEIRS, *options], {"OPENSSL_ia32cap": ":~0x20000000"}))
    compare(f"{iterations} iterations", ours, theirs)
if os.environ.get("LARGE") == "0":
    sys.exit()
clock, cpu, memory, names, _ = run([OURS, *job(10_000)])
devices = names["fff2_8001/UUID/UUID-partition.bin"]
print(f"\n{devices} devices: {clock:.1f} s, {cpu:.1f} s of processor time, at most {memory / 1024:.1f} MiB of memory")
