"""Shared by the drivers of flash images, encryption and secure boot: the programs and the count of agreeing cases.

espsecure and esptool run in this process through their command lines, since starting them takes a third of a second;
flash-image runs as a process.
"""

import collections
import contextlib
import io
import shutil
import subprocess

import espsecure as espsecure_tool
import esptool as esptool_tool

# Number of mismatches that are printed; all are counted.
SHOWN = 20


class Answer:
    """A program's answer; `code` is 0 on success."""

    def __init__(self, code, out, said=""):
        self.code, self.out, self.said = code, out, said

    @property
    def done(self):
        return self.code == 0

    @property
    def crashed(self):
        """An unintended exception of the tool, or an exit code that flash-image does not have."""
        return self.code not in (0, 1, 2, 3, "refused")

    def __repr__(self):
        return f"{self.code}: {' '.join((self.said or self.out).split())[-300:]}"


def run_tool(main, arguments):
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            main([str(argument) for argument in arguments])
        return Answer(0, said.getvalue())
    except SystemExit as end:
        return Answer(0 if end.code in (None, 0) else "refused", said.getvalue())
    except esptool_tool.FatalError as error:
        return Answer("refused", said.getvalue(), str(error))
    # Unintended errors of the tools: assertions, struct.error, unbound names.
    except Exception as error:  # noqa: BLE001
        return Answer(type(error).__name__, said.getvalue(), f"{type(error).__name__}: {error}")


def espsecure(*arguments):
    return run_tool(espsecure_tool.main, arguments)


def esptool(*arguments):
    return run_tool(esptool_tool.main, arguments)


class FlashImage:
    """The binary under test."""

    def __init__(self, program):
        self.program = program

    def __call__(self, *arguments):
        command = [str(part) for part in (self.program, *arguments)]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=120)
        return Answer(done.returncode, done.stdout, done.stderr)


class Tally:
    """Counts agreeing cases, and prints the others."""

    def __init__(self, part):
        self.part, self.counts, self.mismatches = part, collections.Counter(), 0

    def agree(self, what):
        self.counts[what] += 1

    def check(self, holds, what, case):
        """Counts `what` if it holds, otherwise a mismatch described by `case`."""
        if holds:
            self.agree(what)
        else:
            self.mismatches += 1
            if self.mismatches <= SHOWN:
                print(f"{self.part}: mismatch: {what}: {case}")
        return holds

    def line(self):
        counts = ", ".join(f"{count} {what}" for what, count in self.counts.items())
        return f"{self.part}: {counts or 'nothing compared'}, {self.mismatches} mismatches"


@contextlib.contextmanager
def case_folder(folder, name, tally):
    """A folder for the files of one case, which is kept only after a mismatch."""
    path, before = folder / str(name), tally.mismatches
    path.mkdir(parents=True)
    yield path
    if tally.mismatches == before:
        shutil.rmtree(path)


def write(path, data):
    path.write_bytes(data)
    return path


def read(path):
    """The bytes of a file, or None when there is none."""
    return path.read_bytes() if path.exists() else None
