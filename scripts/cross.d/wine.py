"""The Windows binaries under Wine: wine.py FOLDER-OF-WINDOWS-BINARIES FOLDER-OF-LINUX-BINARIES [--short]."""

import filecmp
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

WINDOWS, LINUX = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
RUNS = KILLS = 3 if "--short" in sys.argv[3:] else 20
COUNT, THREADS = 300, 8
WINE = os.environ["WINE"]
SEED = int(os.environ.get("CROSS_SEED", 0)) or random.SystemRandom().randrange(1, 1 << 32)
RANDOM = random.Random(SEED)
STAMP = re.compile(r"\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
faults = []


def windows(name, *arguments):
    return [WINE, str(WINDOWS / f"{name}.exe"), *map(str, arguments)]


def linux(name, *arguments):
    return [str(LINUX / name), *map(str, arguments)]


def call(command, patience=300):
    """Windows programs may end lines with CRLF, which becomes LF. A code of None is a process that hangs."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=patience)
    except subprocess.TimeoutExpired:
        return None, b"", b"hangs"
    return done.returncode, done.stdout.replace(b"\r\n", b"\n"), done.stderr.replace(b"\r\n", b"\n")


def fault(text):
    faults.append(text)
    print(f"cross: FAULT {text}", flush=True)


def said(err):
    return (err.decode(errors="replace").strip().splitlines() or [""])[-1][:200]


def as_owners(top):
    """Wine shows the system's permissions, which include everything, as those of the group."""
    for path in [top, *top.rglob("*")]:
        path.chmod(path.stat().st_mode & ~0o077)


def every_tool_once():
    """Runs each command on both systems: equal answers unless values are drawn, and each reads the other's output."""
    pathlib.Path("values.csv").write_text("key,type,encoding,value\nn,namespace,,\nk,data,u8,1\ntext,data,string,word\n")
    pathlib.Path("batch.csv").write_text(
        "index,passcode,iterations,salt\n0,20202021,1000,U1BBS0UyUCBLZXkgU2FsdA==\n1,34567890,2000,U1BBS0UyUCBLZXkgU2FsdQ==\n"
    )
    pathlib.Path("spec.json").write_text(json.dumps([{"type": 201, "subtype": 0, "data": "000F"}, {"type": 9}]))
    pathlib.Path("more.json").write_text(json.dumps([{"type": 51, "subtype": 0, "data": "00"}]))
    pairs = ["--vid", "0xFFF1", "--pid", "0x8000"]
    authority = ["--issuer", "ca/PAI_cert.pem", "--issuer-key", "ca/PAI_key.pem"]
    declaration = ["--device-type", 22, "--certificate-id", "CSA00000SWC00000-00", "--type", 0, "--test-key"]
    commands = [
        ("nvs-image", "generate values.csv image.bin 0x3000", ["image.bin"]),
        ("nvs-image", "dump image.bin --format json", []),
        ("nvs-image", "check image.bin", []),
        ("nvs-image", "stat image.bin", []),
        ("nvs-image", "set image.bin n other u16 513", ["image.bin"]),
        ("nvs-image", "remove image.bin n text", ["image.bin"]),
        ("nvs-image", "keygen keys.bin", None),
        ("nvs-image", "encrypt image.bin secret.bin --keys keys.bin", None),
        ("nvs-image", "decrypt secret.bin plain.bin --keys keys.bin", None),
        ("setup-code", "encode --passcode 20202021 --discriminator 3840 --svg code.svg --png code.png --label label.svg",
         ["code.svg", "code.png", "label.svg"]),
        ("setup-code", "parse MT:Y.K9042C00KA0648G00", []),
        ("setup-code", "ndef MT:Y.K9042C00KA0648G00 tag.bin", ["tag.bin"]),
        ("spake2p", "gen-verifier -p 20202021 -s U1BBS0UyUCBLZXkgU2FsdA== -i 1000", []),
        ("spake2p", "batch batch.csv verifiers.csv", ["verifiers.csv"]),
        ("dac-pki", ["paa", "--cn", "PAA", "--out", "ca"], None),
        ("dac-pki", ["pai", "--cn", "PAI", "--vid", "0xFFF1", "--issuer", "ca/PAA_cert.pem", "--issuer-key", "ca/PAA_key.pem",
                     "--out", "ca"], None),
        ("dac-pki", ["dac", "--cn", "DAC", *pairs, *authority, "--out", "ca"], None),
        ("dac-pki", ["cd", "make", *pairs, *declaration, "--out", "ca/CD.der"], ["ca/CD.der"]),
        ("dac-pki", "verify --paa ca/PAA_cert.pem --pai ca/PAI_cert.pem --dac ca/DAC_cert.pem --dac-key ca/DAC_key.pem", None),
        ("ota-image", "create -v 0xFFF1 -p 0x8000 -vn 2 -vs 1.0 values.csv image.ota", ["image.ota"]),
        ("ota-image", "change-header -vn 3 -da sha512 image.ota other.ota", ["other.ota"]),
        ("ota-image", "verify other.ota --json", []),
        ("ota-image", "extract other.ota payload.bin", ["payload.bin"]),
        ("secure-cert", "build spec.json records.bin", ["records.bin"]),
        ("secure-cert", "append records.bin more.json longer.bin", ["longer.bin"]),
        ("secure-cert", "dump records.bin --json", []),
        ("audit-device", "--help", None),
        ("matter-mfg", "--test-pki -v 0xFFF1 -p 0x8000 -n 10 --iteration-count 1000 --valid-from 2026-01-01 --quiet", None),
        ("audit-device", "out --ledger out/ledger.sqlite --manifest out/fff1_8000/manifest.json --paa out/test-pki/PAA_cert.pem",
         None),
    ]  # fmt: skip
    places = {}
    for system in (windows, linux):
        places[system] = pathlib.Path(system.__name__)
        places[system].mkdir()
        for name in ("values.csv", "batch.csv", "spec.json", "more.json"):
            shutil.copy(name, places[system])
    top = pathlib.Path.cwd()
    for name, arguments, written in commands:
        words = arguments.split() if isinstance(arguments, str) else arguments
        answers = []
        for system, place in places.items():
            os.chdir(place)
            answers.append(call(system(name, *words)))
            os.chdir(top)
        (code, out, err), other = answers
        if code != 0 or other[0] != 0:
            fault(f"{name} {words[0]}: exit code {code}, on Linux {other[0]}: {said(err)}")
        elif written is not None and out != other[1]:
            fault(f"{name} {words[0]} prints something else than on Linux")
        for file in written or []:
            if not all((place / file).is_file() for place in places.values()):
                fault(f"{name} {words[0]}: {file} is not there")
            elif not filecmp.cmp(places[windows] / file, places[linux] / file, shallow=False):
                fault(f"{name} {words[0]}: {file} has other bytes than on Linux")
    # The same chain and keys on the other system.
    as_owners(places[windows])
    for command in (
        linux("nvs-image", "decrypt", "windows/secret.bin", "crossed.bin", "--keys", "windows/keys.bin"),
        linux("dac-pki", "verify", "--paa", "windows/ca/PAA_cert.pem", "--pai", "windows/ca/PAI_cert.pem", "--dac",
              "windows/ca/DAC_cert.pem", "--dac-key", "windows/ca/DAC_key.pem"),
    ):  # fmt: skip
        code, _, err = call(command)
        if code != 0:
            fault(f"output of {command[1]} on Windows is refused on Linux: {said(err)}")
    print(f"cross: {len(commands)} commands of the tools on both systems", flush=True)


def job(out, *more):
    pki = "linux/out/test-pki"
    return ["-v", "0xFFF1", "-p", "0x8000", "--iteration-count", 1000, "--quiet", "--pai", "-k", f"{pki}/PAI_key.pem", "-c",
            f"{pki}/PAI_cert.pem", "-cd", f"{pki}/CD.der", "--outdir", out, *more]  # fmt: skip


def contents(top):
    """Every file by its name without times; the ledger contains times."""
    found = {}
    for path in top.rglob("*"):
        if path.is_file() and not path.name.startswith("ledger.sqlite"):
            name = STAMP.sub("TIME", path.relative_to(top).as_posix())
            found[name] = STAMP.sub("TIME", path.read_bytes().decode("latin-1"))
    return found


def same_bytes():
    for system in (windows, linux):
        more = ["-n", 20, "--seed", "0badc0de", "--labels", "svg", "--qr-zip", "--enable-rotating-device-id", "--valid-from",
                "2026-02-01"]  # fmt: skip
        code, _, err = call(system("matter-mfg", *job(f"seeded-{system.__name__}", *more)))
        if code != 0:
            fault(f"a seeded run on {system.__name__}: exit code {code}: {said(err)}")
            return
    ours, theirs = contents(pathlib.Path("seeded-windows")), contents(pathlib.Path("seeded-linux"))
    differing = sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))
    print(f"cross: a seeded run: {len(ours)} files, {len(differing)} with other bytes than on Linux", flush=True)
    if differing:
        fault(f"a seeded run: {', '.join(differing[:3])}")


def produced(out, what):
    """The run is complete, its output is all that remains, and the audit of the whole folder has no error."""
    top = out / "fff1_8000"
    names = [path.name for path in top.iterdir()] if top.is_dir() else []
    devices = sum(bool(UUID.fullmatch(name)) for name in names)
    if devices != COUNT:
        fault(f"{what}: {devices} devices instead of {COUNT}")
    if hidden := [name for name in names if name.startswith(".")]:
        fault(f"{what}: left {hidden[0]}")
    if (top / "manifest.json").is_file():
        as_owners(out)
        audit = linux("audit-device", out, "--ledger", out / "ledger.sqlite", "--manifest", top / "manifest.json", "--paa",
                      "linux/out/test-pki/PAA_cert.pem", "--test", "--json", "--recompute", "sample")  # fmt: skip
        code, answer, err = call(audit, patience=600)
        summary = json.loads(answer)["summary"] if answer else {"errors": said(err)}
        if code != 0 or summary["errors"] != 0:
            fault(f"{what}: the audit ends with {code}, errors: {summary['errors']}")
    else:
        fault(f"{what}: no manifest")
    shutil.rmtree(out, ignore_errors=True)


def whole_runs():
    start, good = time.monotonic(), 0
    for number in range(RUNS):
        out = pathlib.Path(f"whole-{number}")
        code, _, err = call(windows("matter-mfg", *job(out, "-n", COUNT, "--jobs", THREADS)))
        good += code == 0
        if code != 0:
            fault(f"run {number}: exit code {code}: {said(err)}")
        produced(out, f"run {number}")
    print(f"cross: {good} of {RUNS} runs of {COUNT} devices on {THREADS} threads succeed, {time.monotonic() - start:.0f} s")


def killed_runs():
    """Kills each run up to five times, at random moments, then resumes it to its end, until there were enough kills."""
    start = time.monotonic()
    first = windows("matter-mfg", *job("timed", "-n", COUNT, "--jobs", THREADS))
    call(first)
    whole = time.monotonic() - start
    kills = runs = 0
    while kills < KILLS and runs < 3 * KILLS:
        out = pathlib.Path(f"killed-{runs}")
        runs += 1
        command = windows("matter-mfg", *job(out, "-n", COUNT, "--jobs", THREADS, "--resume"))
        for _ in range(5):
            if kills == KILLS:
                break
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(RANDOM.uniform(0.2, 0.9) * whole)
            process.kill()
            kills += process.wait() == -9
        code, _, err = call(command)
        if code != 0:
            fault(f"resuming after {kills} kills: exit code {code}: {said(err)}")
        produced(out, f"after {kills} kills")
    print(f"cross: {kills} kills in {runs} runs, each resumed to its end, {time.monotonic() - start:.0f} s", flush=True)


if __name__ == "__main__":
    # Wine creates files with the permissions of the process.
    os.umask(0o077)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="cross."))
    WINDOWS, LINUX = WINDOWS.resolve(), LINUX.resolve()
    os.chdir(folder)
    print(f"cross: CROSS_SEED={SEED}", flush=True)
    try:
        every_tool_once()
        same_bytes()
        whole_runs()
        killed_runs()
    finally:
        os.chdir("/")
        shutil.rmtree(folder, ignore_errors=True)
        call([WINE, "wineboot", "--kill"])
    print(f"cross: {len(faults)} faults under Wine")
    sys.exit(1 if faults else 0)
