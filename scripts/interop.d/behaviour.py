"""Runs two builds of the binaries on the same inputs: behaviour.py BASE NEW WORK FOLDER_OF_INPUTS…

Every command runs in a folder of its own with relative paths, once with each build. Exit codes, standard output, and names,
modes and contents of the resulting files must be the same; standard error, which has the wording of messages,
is compared separately. Runs have a seed; ledgers, which have a random key, and measured times are excluded.
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

BASE, NEW, WORK = (pathlib.Path(argument).resolve() for argument in sys.argv[1:4])
INPUTS = [pathlib.Path(argument).resolve() for argument in sys.argv[4:]]
MAX_SIZE = 1 << 20
PATIENCE = 120
SHOWN = 20
# Parts of the line with a run's duration, and of its JSON.
TIMED = re.compile(rb"(?<=devices in )[0-9.]+ s; .*|(?<=\"milliseconds_per_device\":){[^}]*}|(?<=\"seconds\":)[0-9.]+")
AT = ["--at", "2026-06-01"]
SEED = ["--seed", "000102030405060708090a0b0c0d0e0f"]
IDS = ["-v", "0xFFF1", "-p", "0x8000"]

# Inputs of every kind of file.
OF_FILE = [
    "nvs-image dump {} --format json",
    "nvs-image dump {} --format csv",
    "nvs-image dump {} --format table",
    "nvs-image check {} --json",
    "nvs-image check {}",
    "nvs-image stat {}",
    "nvs-image set {} storage key u16 513",
    "nvs-image set {} storage text string abc",
    "nvs-image remove {} chip-factory discriminator",
    "nvs-image generate {} out.bin 0x6000",
    "nvs-image decrypt {} out.bin --keys {}",
    "secure-cert dump {} --json",
    "secure-cert dump {} --json --show-keys",
    "secure-cert check {}",
    "secure-cert build {} out.bin",
    "dac-pki lint {} --json",
    "dac-pki lint {} --profile sdk",
    "dac-pki csr check {}",
    "dac-pki cd print {} --json",
    "dac-pki vector {}",
    "dac-pki verify --paa {} --pai {} --dac {} --at 2026-06-01 --json",
    "dac-pki revoke-set check {}",
    "audit-device {} --json --at 2026-06-01",
    "audit-device {} --at 2026-06-01",
    "setup-code parse @",
    "setup-code parse --lenient @",
    "setup-code lint @",
    "spake2p batch {} out.csv",
    "matter-mfg --job {} --seed 00",
    "matter-mfg -v 0xFFF1 -p 0x8000 --seed 00 --csv {} --mcsv {}",
]

# Option sets of runs with a seed.
RUNS = [
    "",
    "-n 20 --test-pki",
    "-n 3 --test-pki -e",
    "-n 2 --no-bin --test-pki",
    "--passcode 20202021 --discriminator 3840 --serial-num SN123456789",
    "-n 2 --vendor-name Vendor --product-name Bulb --hw-ver 0x10 --hw-ver-str v1.0 --mfg-date 2024-01-15 --part-number P-1",
    "-n 2 --product-label Label --product-url https://example.com/?a=b,c --product-finish matte --product-color red",
    "-n 2 --calendar-types Indian Buddhist --locales en-US fr-FR --fixed-labels 0/orientation/up 1/orientation/down",
    "-n 2 --supported-modes 0/RapidCool/1/7\\0,8\\0x8000 1/RapidFreeze/1/7\\fff1",
    "-n 2 --enable-rotating-device-id",
    "--enable-rotating-device-id --rd-id-uid d2f351f57bb9387445a5f92a601d1c14",
    "-n 3 -cf 1 -dm 6",
    "-n 3 -cf 2 -dm 34",
    "-n 2 -s 0x4000 --test-pki",
    "-n 2 --commissionable-data-in-secure-cert --test-pki",
    "-n 2 --dac-in-secure-cert --test-pki",
    "-n 2 --dac-in-secure-cert --commissionable-data-in-secure-cert --test-pki -e",
    "-n 2 --ds-peripheral --test-pki",
    "-n 2 --labels svg --test-pki",
    "-n 5 --labels pdf --qr-zip --test-pki",
    "-n 2 --mqtt-host mqtt.example.com",
    "-n 4 --audit full --test-pki",
    "-n 4 --audit none --test-pki",
    "-n 4 --no-passcode-in-manifest --test-pki",
    "-n 2 --json --test-pki",
    "-n 2 --log-level debug",
    "-n 2 --quiet",
    "-n 9 --csv columns.csv --mcsv rows.csv",
    "--csv columns.csv --mcsv rows.csv --test-pki -e",
    "--passcodes list.txt -n 3",
    "--serials serials.csv -n 2",
    "--job job.json",
    "--job job.json --part-number Q",
]
FILES = {
    "columns.csv": "key,type,encoding\nchip-factory,namespace,\npart-number,data,string\nuser,namespace,\nn,data,u32\ntext,data,string\n",
    "rows.csv": "part-number,n,text\nA,1,one\nB,0x20,\"two, and \"\"more\"\"\"\nC,3,\"a\nb\"\n",
    "list.txt": "20202021\n34567890\n12349876\n",
    "serials.csv": "x;serial-num\n1;AB1\n2;AB2\n",
    "job.json": json.dumps({"vendor-id": 0xFFF1, "product-id": "0x8000", "count": 2, "part-number": "P", "test-pki": True}),
}
# Values that every option gets in turn; the last is a missing file.
VALUES = ["", "x", "-1", "0", "1", "99999999999999999999", "0xFFF1", "a" * 300, "2026-01-01", "no/such/file"]


def options_of(binary, *command):
    """The options of a command, by its help."""
    text = subprocess.run([BASE / binary, *command, "--help"], capture_output=True, text=True).stdout
    found = []
    for line in text.splitlines():
        words = line.strip().split()
        if words and words[0].startswith("-"):
            found.append((next(word for word in reversed([w.rstrip(",") for w in words if w.startswith("-")])), "<" in line))
    return [option for option in found if option[0] not in ("--help", "--version")]


def inputs():
    seen = set()
    for folder in INPUTS:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.stat().st_size <= MAX_SIZE:
                bytes_ = path.read_bytes()
                digest = hashlib.sha256(bytes_).hexdigest()
                if digest not in seen:
                    seen.add(digest)
                    yield path, bytes_


def cases():
    """Name, initial files, command line."""
    for path, bytes_ in inputs():
        suffix = path.suffix if path.suffix in (".csv", ".json", ".bin", ".pem", ".der", ".txt", ".png") else ".bin"
        name = f"input{suffix}"
        try:
            text = bytes_.decode().strip()
        except UnicodeDecodeError:
            text = None
        for command in OF_FILE:
            if "@" in command:
                if not text or len(text) > 2000 or "\0" in text or "\n" in text:
                    continue
                yield path.name, {}, [*command.split()[:-1], "--", text]
            else:
                words = [word.replace("{}", name) for word in command.split()]
                yield path.name, {name: bytes_}, words
    for options in RUNS:
        yield "run", FILES, ["matter-mfg", *(IDS if "--job" not in options else []), *SEED, *options.split()]
    for binary, command, needed in [
        ("matter-mfg", [], [*IDS, *SEED]),
        ("nvs-image", ["generate"], ["rows.csv", "out.bin", "0x3000"]),
        ("setup-code", ["encode"], ["--passcode", "20202021", "--discriminator", "3840"]),
        ("audit-device", [], ["rows.csv", *AT]),
        ("secure-cert", ["dump"], ["rows.csv"]),
        ("spake2p", ["gen-verifier"], ["-p", "20202021", "-s", "U1BBS0UyUCBLZXkgU2FsdA==", "-i", "1000"]),
        ("dac-pki", ["verify"], ["--paa", "rows.csv", "--pai", "rows.csv", "--dac", "rows.csv", *AT]),
        ("dac-pki", ["lint"], ["rows.csv"]),
    ]:
        for option, takes in options_of(binary, *command):
            if option == "--seed":
                continue
            # A number of devices that takes long.
            values = [value for value in VALUES if (option, value) != ("--count", "0xFFF1")]
            for value in values if takes else [None]:
                given = [option] if value is None else [option, value]
                yield "option", FILES, [binary, *command, *needed, *given]
    yield from audits()


def audits():
    """A run's output, complete and with one byte of each file changed."""
    made = WORK / "made"
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir(parents=True)
    command = [BASE / "matter-mfg", *IDS, *SEED, "-n", "2", "--test-pki", "--dac-in-secure-cert", "--labels", "none"]
    subprocess.run(command, cwd=made, check=True, capture_output=True)
    tree = {str(path.relative_to(made)): path.read_bytes() for path in sorted(made.rglob("*")) if path.is_file()}
    for arguments in (["out/fff1_8000"], ["out"], ["out", "--test"], ["out", "--paa", "out/test-pki"]):
        for style in ([], ["--json"]):
            yield "audit", tree, ["audit-device", *arguments, *AT, "--recompute", "none", *style]
    device = min(name.split("/")[2] for name in tree if name.count("/") > 2)
    for name, bytes_ in tree.items():
        if device in name and bytes_:
            for place in (0, len(bytes_) // 3, len(bytes_) // 2, len(bytes_) - 1):
                changed = bytearray(bytes_)
                changed[place] ^= 1 << place % 8
                given = {other: kept for other, kept in tree.items()} | {name: bytes(changed)}
                yield f"audit {name} {place}", given, ["audit-device", "out/fff1_8000", *AT, "--json", "--test"]


def execute(folder, binaries, files, command):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, contents in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(contents.encode() if isinstance(contents, str) else contents)
        path.chmod(0o600)
    for path in folder.rglob("*"):
        if path.is_dir():
            path.chmod(0o700)
    try:
        done = subprocess.run(
            [binaries / command[0], *command[1:]], cwd=folder, capture_output=True, stdin=subprocess.DEVNULL, timeout=PATIENCE
        )
        said = done.returncode, done.stdout, done.stderr
    except subprocess.TimeoutExpired:
        said = None, b"", b"hangs"
    files = {}
    for path in sorted(folder.rglob("*")):
        kept = path.read_bytes() if path.is_file() else b""
        if kept.startswith(b"SQLite format") or (path.suffix == ".key" and path.with_suffix("").is_file()):
            kept = b"ledger"
        files[str(path.relative_to(folder))] = oct(path.lstat().st_mode), hashlib.sha256(kept).hexdigest()
    shutil.rmtree(folder, ignore_errors=True)
    return said, files


def compare(numbered):
    number, (name, files, command) = numbered
    (code, *said), tree = execute(WORK / f"{number}/x", BASE, files, command)
    (code2, *said2), tree2 = execute(WORK / f"{number}/x", NEW, files, command)
    (out, err), (out2, err2) = ([TIMED.sub(b"TIME", stream) for stream in both] for both in (said, said2))
    os.rmdir(WORK / f"{number}")
    differs = []
    if code != code2:
        differs.append(f"exit code {code} -> {code2}: {err.decode(errors='replace')[:300]} -> {err2.decode(errors='replace')[:300]}")
    if out != out2:
        differs.append(f"output {first(out, out2)}")
    for path in sorted(tree.keys() | tree2.keys()):
        if tree.get(path) != tree2.get(path):
            differs.append(f"file {path} {tree.get(path)} -> {tree2.get(path)}")
    texts = [] if err == err2 else [first(err, err2)]
    return name, command, differs, texts, code


def first(old, new):
    """The first line that differs."""
    pairs = zip(old.splitlines() + [b""], new.splitlines() + [b""])
    one, other = next(((a, b) for a, b in pairs if a != b), (b"", b""))
    return f"{one.decode(errors='replace')[:200]!r} -> {other.decode(errors='replace')[:200]!r}"


def kind(text):
    """A difference without numbers, names and places."""
    return re.sub(r"\d+", "N", re.sub(r"'[^' ]*'|[\w-]+\.\w+|0x[0-9a-f]+", "_", text))[:120]


def main():
    WORK.mkdir(parents=True, exist_ok=True)
    count, behaviour, texts, codes, kinds = 0, [], [], {}, {}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, command, differs, said, code in pool.map(compare, enumerate(cases())):
            count += 1
            codes[code] = codes.get(code, 0) + 1
            line = " ".join(command)[:160]
            for title, found in (("text", said), ("BEHAVIOUR", differs)):
                for text in found:
                    key = title, " ".join(word for word in command[:2] if "." not in word), kind(text)
                    kinds[key] = kinds.get(key, 0) + 1
            behaviour += [f"{name}: {line}: {text}" for text in differs[:3]]
            texts += [f"{name}: {line}: {text}" for text in said]
    for (title, command, kind), many in sorted(kinds.items()):
        print(f"compare behaviour: {title}: {many} times {command}: {kind}")
    for title, found in (("text", texts), ("BEHAVIOUR", behaviour)):
        for text in found[:SHOWN]:
            print(f"compare behaviour: {title}: {text}")
        if len(found) > SHOWN:
            print(f"compare behaviour: {title}: and {len(found) - SHOWN} more")
    print(
        f"compare behaviour: {count} commands (exit codes {dict(sorted(codes.items(), key=str))}), "
        f"{len(behaviour)} differences of behaviour, {len(texts)} of texts on standard error"
    )
    sys.exit(1 if behaviour else 0)


main()
