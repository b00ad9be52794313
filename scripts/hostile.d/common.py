"""Shared by the programs of this folder: the binaries, a run and its options, faults by kind, the random numbers."""

import hashlib
import os
import pathlib
import random
import shutil
import stat
import subprocess
import sys
import tempfile
import time

BINARIES = pathlib.Path(os.environ["BINARIES"])
TRACE = os.environ.get("HOSTILE_TRACE", "")
# Multiplier of the number of cases: 1 in .ci/run, more by hand.
ROUNDS = float(os.environ.get("HOSTILE_ROUNDS", 1))
SEED = int(os.environ.get("HOSTILE_SEED", 0)) or random.SystemRandom().randrange(1, 1 << 32)
RANDOM = random.Random(SEED)
# A process that takes longer than this hangs.
PATIENCE = 60
IDS = ["-v", "0xFFF1", "-p", "0x8000"]
TOP = "fff1_8000"


def rounds(number):
    """This number times the requested rounds, at least one."""
    return max(1, round(number * ROUNDS))


def folder():
    """A new folder that is removed when this program ends, unless HOSTILE_KEEP is set."""
    global _folder
    if _folder is None:
        _folder = pathlib.Path(tempfile.mkdtemp(prefix="hostile."))
        if not os.environ.get("HOSTILE_KEEP"):
            import atexit

            atexit.register(shutil.rmtree, _folder, ignore_errors=True)
    return _folder


_folder = None


def fresh(name):
    """An empty folder of that name."""
    path = folder() / name
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    path.mkdir(parents=True)
    return path


class Result:
    """A finished process; `code` is None when it hung, negative or 128 and the signal when it was killed."""

    def __init__(self, code, out, err, seconds):
        self.code, self.out, self.err, self.seconds = code, out, err, seconds

    def panicked(self):
        return self.code == 101 or b"panicked at" in self.err

    def said(self):
        return self.err.decode(errors="replace").strip().splitlines()[-1:] or [""]


def tool(name, *arguments):
    return [str(BINARIES / name), *map(str, arguments)]


def call(command, patience=PATIENCE, **options):
    start = time.monotonic()
    options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    environment = {**os.environ, "RUST_BACKTRACE": "0", **options.pop("env", {})}
    process = subprocess.Popen([os.fspath(word) for word in command], env=environment, **options)
    try:
        out, err = process.communicate(timeout=patience)
        code = process.returncode
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        code = None
    return Result(code, out or b"", err or b"", time.monotonic() - start)


def must(command, **options):
    """Runs a command that must succeed before a test can begin."""
    result = call(command, **options)
    if result.code != 0:
        sys.exit(f"{' '.join(map(str, command))}: exit code {result.code}: {result.err.decode(errors='replace')}")
    return result


def test_pki():
    """A PAA, a PAI, their keys and a declaration, as input files of a run."""
    path = folder() / "pki"
    if not path.exists():
        made = fresh("pki-run")
        must(tool("matter-mfg", "--test-pki", *IDS, "--iteration-count", 1000, "--quiet", "--outdir", made / "out"))
        shutil.copytree(made / "out/test-pki", path)
        shutil.rmtree(made)
    return path


def supplied(pki=None):
    """The options of a run that only makes devices."""
    pki = pki or test_pki()
    return [*IDS, "--iteration-count", "1000", "--quiet", "--pai", "-k", f"{pki}/PAI_key.pem", "-c", f"{pki}/PAI_cert.pem",
            "-cd", f"{pki}/CD.der"]  # fmt: skip


def stopped_midway(command, count, top, again, ledger=None):
    """Stops that run, on a folder that `again` empties, with some of its devices committed, but not all.

    The system call depends on how the ledger writes: it is searched for from the middle of a whole run. Returns the
    options of trace that stopped it.
    """
    from produced import committed

    calls, counted = ["--call", "fdatasync,fsync", "--threads", "main"], folder() / "counts"
    again()
    must(traced([*calls, "--count", counted], command))
    total = sum(int(line.split()[2]) for line in counted.read_text().splitlines() if line.split()[1] == "main")
    for k in sorted(range(1, total + 1), key=lambda k: abs(k - total // 2)):
        options = [*calls, "--when", k, "--error", "EIO"]
        again()
        code = call(traced(options, command)).code
        if code == 3 and 0 < committed(ledger or top.parent / "ledger.sqlite") < count and list(top.glob(".run-*")):
            return options
    sys.exit("no system call was found that stops a run midway")


def traced(options, command):
    return [TRACE, *map(str, options), "--", *command]


class Faults:
    """Faults by kind; a kind is printed once, with its number, the affected commands, and the first case."""

    def __init__(self, name):
        self.name, self.kinds, self.notes, self.tried, self.start = name, {}, [], 0, time.monotonic()
        print(f"{name}: HOSTILE_SEED={SEED}", flush=True)

    def add(self, kind, example, subject=""):
        count, first, subjects = self.kinds.get(kind, (0, example, set()))
        self.kinds[kind] = (count + 1, first, subjects | {subject} - {""})

    def note(self, text):
        self.notes.append(text)

    def end(self):
        for text in self.notes:
            print(f"{self.name}: {text}")
        for kind, (count, first, subjects) in sorted(self.kinds.items()):
            of = f" [{', '.join(sorted(subjects))}]" if subjects else ""
            print(f"{self.name}: FAULT {kind}: {count} times{of}, first: {first}")
        seconds = time.monotonic() - self.start
        print(f"{self.name}: {self.tried} tried, {len(self.kinds)} kinds of faults, {seconds:.0f} s", flush=True)
        sys.exit(1 if self.kinds else 0)


def digest(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def state(top, without=()):
    """Content of a folder, by relative name: kind, mode, and content or target; links are not followed."""
    found = {}
    for here, folders, files in os.walk(os.fsencode(top)):
        for name in [*folders, *files]:
            path = os.path.join(here, name)
            relative = os.fsdecode(os.path.relpath(path, os.fsencode(top)))
            if any(relative == skip or relative.startswith(skip + "/") for skip in without):
                continue
            about = os.lstat(path)
            value = [oct(about.st_mode), about.st_uid]
            if stat.S_ISLNK(about.st_mode):
                value.append(os.readlink(path))
            elif stat.S_ISREG(about.st_mode):
                with open(path, "rb") as file:
                    value.append(hashlib.sha256(file.read()).hexdigest())
            found[relative] = tuple(value)
    return found


def changes(before, after):
    """The names that differ, with what happened to each."""
    found = [f"{name} removed" for name in before.keys() - after.keys()]
    found += [f"{name} made" for name in after.keys() - before.keys()]
    found += [f"{name} changed" for name in before.keys() & after.keys() if before[name] != after[name]]
    return sorted(found)
