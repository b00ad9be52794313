"""Finds in a record of a process's system calls the written files that a power cut right after its end would remove.

The rule: content is synced before a file gets its final name, and the folder after that; a whole file system may be synced
instead. Reads the output of strace (-f -y), of which only calls on files count.
"""

import os
import pathlib
import re

CALLS = ("open", "openat", "creat", "write", "pwrite64", "writev", "pwritev", "ftruncate", "truncate", "fallocate",
         "copy_file_range", "sendfile", "rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat", "unlink",
         "unlinkat", "rmdir", "mkdir", "mkdirat", "fsync", "fdatasync", "syncfs", "sync", "exit_group")  # fmt: skip
LINE = re.compile(r"(\d+) +(\w+)\((.*)\) += (-?\d+)(.*)")
UNFINISHED = re.compile(r"(\d+) +(\w+)\((.*?),? *<unfinished \.\.\.>$")
RESUMED = re.compile(r"(\d+) +<\.\.\. (\w+) resumed>(.*)")
DESCRIPTOR = re.compile(r"^(?:AT_FDCWD|-?\d+)<(.*)>(?:\(deleted\))?$")
STRING = re.compile(r'^"((?:[^"\\]|\\.)*)"(\.\.\.)?$')


def strace(log, command):
    return ["strace", "-f", "-y", "-qq", "-s", "8", "-e", "trace=" + ",".join(CALLS), "-o", str(log), *command]


def arguments(text):
    """Splits at commas that are in no string, descriptor or bracket."""
    found, depth, quoted, start = [], 0, False, 0
    for at, letter in enumerate(text):
        if quoted:
            quoted = letter != '"' or text[at - 1] == "\\"
        elif letter == '"':
            quoted = True
        elif letter in "<([{":
            depth += 1
        elif letter in ">)]}":
            depth -= 1
        elif letter == "," and depth == 0:
            found.append(text[start:at].strip())
            start = at + 1
    return [*found, text[start:].strip()]


def records(log):
    """Every successful call in the order of its end: name, arguments, and the text after the result."""
    waiting = {}
    for line in log.read_text(errors="replace").splitlines():
        if match := UNFINISHED.match(line):
            waiting[match[1], match[2]] = match[3]
            continue
        if match := RESUMED.match(line):
            begun = waiting.pop((match[1], match[2]), "")
            line = f"{match[1]} {match[2]}({begun}{', ' if begun and not match[3].startswith(')') else ''}{match[3].lstrip(', ')}"
        match = LINE.match(line)
        if match and int(match[4]) >= 0:
            yield match[2], arguments(match[3]), match[5]


class Files:
    """The durable state, and the changes that are not durable yet."""

    def __init__(self, current):
        self.current = current
        # Files by their present names; for each, whether its content is synced.
        self.content = {}
        # Names that may be missing from their folder after a power cut.
        self.unsynced_names = set()
        self.early = []

    def path(self, words, at):
        """The name in the arguments, relative to the folder before it, if any."""
        match = STRING.match(words[at])
        name = match[1] if match else words[at]
        base = DESCRIPTOR.match(words[at - 1]) if at else None
        return os.path.normpath(os.path.join(base[1] if base else self.current, name))

    def descriptor(self, word):
        match = DESCRIPTOR.match(word)
        return match[1].removesuffix(" (deleted)") if match else None

    def move(self, old, new):
        for name in [name for name in self.content if name == old or name.startswith(old + "/")]:
            self.content[new + name[len(old):]] = self.content.pop(name)
        for name in [name for name in self.unsynced_names if name == old or name.startswith(old + "/")]:
            self.unsynced_names.discard(name)
            self.unsynced_names.add(new + name[len(old):])
        self.unsynced_names.add(new)
        if self.content.get(new) is False:
            self.early.append(new)

    def take(self, call, words, result):
        if call in ("open", "openat", "creat"):
            path = self.path(words, 1 if call == "openat" else 0)
            if "O_TMPFILE" in " ".join(words):
                self.content[self.descriptor(f"3{result.strip()}") or path] = False
            elif "O_CREAT" in " ".join(words) or call == "creat":
                if path not in self.content:
                    self.content[path] = False
                    self.unsynced_names.add(path)
                elif "O_TRUNC" in " ".join(words):
                    self.content[path] = False
            elif "O_TRUNC" in " ".join(words):
                self.content[path] = False
        elif call in ("write", "pwrite64", "writev", "pwritev", "ftruncate", "fallocate", "sendfile"):
            if path := self.descriptor(words[0]):
                self.content[path] = False
        elif call == "copy_file_range":
            self.content[self.descriptor(words[2])] = False
        elif call in ("fsync", "fdatasync"):
            path = self.descriptor(words[0])
            if path in self.content:
                self.content[path] = True
            self.unsynced_names -= {name for name in self.unsynced_names if os.path.dirname(name) == path}
        elif call in ("syncfs", "sync"):
            self.content = dict.fromkeys(self.content, True)
            self.unsynced_names.clear()
        elif call in ("rename", "renameat", "renameat2"):
            old, new = (0, 1) if call == "rename" else (1, 3)
            self.move(self.path(words, old), self.path(words, new))
        elif call in ("link", "linkat"):
            old, new = (0, 1) if call == "link" else (1, 3)
            source = self.path(words, old)
            if call == "linkat" and ("/proc/self/fd/" in words[1] or words[1] == '""'):
                # A file without a name gets one: it is identified by the descriptor, or it is the only one that waits.
                source = self.descriptor(words[0]) if words[1] == '""' else next((n for n in self.content if "/#" in n), None)
            path = self.path(words, new)
            self.content[path] = self.content.get(source, True)
            self.unsynced_names.add(path)
            if self.content[path] is False:
                self.early.append(path)
        elif call in ("mkdir", "mkdirat"):
            self.unsynced_names.add(self.path(words, 0 if call == "mkdir" else 1))
        elif call in ("symlink", "symlinkat"):
            self.unsynced_names.add(self.path(words, 1 if call == "symlink" else 2))
        elif call in ("unlink", "rmdir", "unlinkat"):
            path = self.path(words, 1 if call == "unlinkat" else 0)
            self.content.pop(path, None)
            self.unsynced_names.discard(path)


def lost(log, below, current="/"):
    """Missing or incomplete files below a folder: sentences. `current` is the process's working folder."""
    files = Files(str(current))
    for call, words, result in records(log):
        if call == "exit_group":
            break
        files.take(call, words, result)
    below, found = str(below), []
    relative = lambda name: os.path.relpath(name, below)
    for name, synced in sorted(files.content.items()):
        if name.startswith(below + "/") and pathlib.Path(name).is_file() and not synced:
            found.append(f"content not synced: {relative(name)}")
    for name in sorted(files.unsynced_names):
        if name.startswith(below + "/") and os.path.lexists(name):
            found.append(f"name not synced: {relative(name)}")
    for name in sorted(set(files.early)):
        if name.startswith(below + "/") and pathlib.Path(name).exists():
            found.append(f"named before its content is synced: {relative(name)}")
    return found
