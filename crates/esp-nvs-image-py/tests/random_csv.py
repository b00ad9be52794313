"""Random CSV files that the reference generator handles correctly, of its documented columns, types and encodings."""

import base64
import csv
import io
from dataclasses import dataclass, field

INTEGERS = {f"{sign}{bits}": (sign == "i", bits) for sign in "ui" for bits in (8, 16, 32, 64)}
BLOBS = ["hex2bin", "base64", "binary"]
LETTERS = "abc XYZ019,;\"'-_=\u00e9\u4e2d"
# The longest string that the generator writes; in version 1 strings have the limit of blobs.
LONGEST_STRING = {1: 1983, 2: 3967}
LONGEST_BLOB = {1: 1984, 2: 14000}


@dataclass
class Case:
    """The inputs of a command line: CSV texts, the files in their rows, the partition."""

    size: int
    version: int
    texts: list = field(default_factory=list)
    files: dict = field(default_factory=dict)


def random_case(rng):
    """Creates a case that fits its partition."""
    case = Case(size=0x1000 * rng.choice([40, 48, 64]), version=rng.choice([1, 2, 2, 2]))
    keys = (f"{rng.choice('kqz')}{number}".ljust(rng.randint(4, 15), ".") for number in range(10**6))
    for number in range(rng.choice([1, 1, 1, 2])):
        rows = []
        for space in range(rng.randint(1, 4)):
            rows.append((f"space {number} {space}", "namespace", "", ""))
            rows.extend(random_row(rng, case, next(keys)) for _ in range(rng.randint(0, 14)))
        case.texts.append(render(rng, rows))
    return case


def random_row(rng, case, key):
    kind = rng.random()
    if kind < 0.45:
        encoding = rng.choice(list(INTEGERS))
        signed, bits = INTEGERS[encoding]
        low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
        return key, "data", encoding, str(rng.choice([low, high, 0, rng.randint(low, high)]))
    if kind < 0.7:
        value = "".join(rng.choices(LETTERS, k=length(rng, LONGEST_STRING[case.version]))).encode()
        value = value[: LONGEST_STRING[case.version]].decode(errors="ignore")
        return in_file(rng, case, key, "string", value) or (key, "data", "string", value)
    encoding = rng.choice(BLOBS)
    data = rng.randbytes(length(rng, LONGEST_BLOB[case.version]))
    if encoding == "binary":
        # In a cell it is text, which is correct only for ASCII.
        data = data.hex()[: len(data)].encode()
    text = {"hex2bin": data.hex(), "base64": base64.b64encode(data).decode(), "binary": data.decode("latin-1")}
    return in_file(rng, case, key, encoding, text[encoding]) or (key, "data", encoding, text[encoding])


def in_file(rng, case, key, encoding, text):
    """Sometimes moves a value to a file."""
    if rng.random() > 0.15:
        return None
    name = f"value {len(case.files)}.txt"
    case.files[name] = text.encode()
    return key, "file", encoding, name


def length(rng, longest):
    """Lengths near the limits of a slot, a page and several pages."""
    kind = rng.random()
    if kind < 0.6:
        return rng.randint(0, min(100, longest))
    if kind < 0.8:
        return min(longest, max(0, rng.choice([1, 2, 3]) * rng.choice([32, 3968, 4000]) + rng.randint(-33, 33)))
    return rng.randint(0, longest)


def render(rng, rows):
    """Writes rows with columns in any order, quotes, comments, empty lines and CRLF."""
    columns = ["key", "type", "encoding", "value"]
    order = rng.sample(range(4), 4) if rng.random() < 0.2 else range(4)
    lines = io.StringIO()
    quoting = csv.QUOTE_ALL if rng.random() < 0.2 else csv.QUOTE_MINIMAL
    writer = csv.writer(lines, lineterminator="\n", quoting=quoting)
    writer.writerow([columns[i] for i in order])
    for row in rows:
        if rng.random() < 0.05:
            lines.write(rng.choice(["\n", "# a comment\n"]))
        writer.writerow([row[i] for i in order])
    text = lines.getvalue()
    return text.replace("\n", "\r\n") if rng.random() < 0.2 else text
