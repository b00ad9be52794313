"""Random partitions: rows of the reference generator's CSV files, and their meaning."""

import base64
import csv
import dataclasses
import io

INTEGERS = {f"{sign}{bits}": (sign, bits) for sign in "ui" for bits in (8, 16, 32, 64)}
BLOBS = ["hex2bin", "base64", "binary"]
# Strings that the generator can write, by version: in version 1 the limit of blobs applies to them.
LONGEST_STRING = {1: 1983, 2: 3967}
LONGEST_BLOB = {1: 1984, 2: 14000}


@dataclasses.dataclass
class Row:
    key: str
    type: str
    encoding: str = ""
    value: str = ""
    # The type and value that the firmware must read: numbers and texts unchanged, blobs as hexadecimal digits.
    means: tuple | None = None
    # The row that a refusal must name.
    wrong: bool = False
    # Cells after the value, or the number of cells.
    more: tuple = ()
    cells: int | None = None


class Case:
    """A partition: CSV files, the files that they name, and the expected result."""

    def __init__(self, rng, kind):
        self.rng, self.kind = rng, kind
        self.version = 1 if rng.random() < 0.25 else 2
        self.size = hex(0x1000 * 64)
        self.inputs = [[]]
        self.files = {}
        self.columns = ["key", "type", "encoding", "value"]
        self.plain_style = True
        self.delimiter = ","
        # The spelled names of the columns, if they differ.
        self.header = None
        # Text before every input, and at the end of the last one.
        self.before, self.behind = "", ""
        self.want, self.reason = "same", None
        self.compat = False
        self.key, self.hmac_key = None, None
        self.keys = 0

    # Values.

    def number(self, encoding):
        sign, bits = INTEGERS[encoding]
        low, high = (0, 2**bits - 1) if sign == "u" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        return self.rng.choice([low, high, 0, self.rng.randint(low, high)])

    def length(self, longest):
        """Lengths near the limits of a slot, a page and several pages."""
        kind = self.rng.random()
        if kind < 0.5:
            return self.rng.randint(0, min(100, longest))
        if kind < 0.75:
            pages = self.rng.choice([1, 2, 3]) * self.rng.choice([32, 3968, 4000, 4032])
            return min(longest, max(0, pages + self.rng.randint(-33, 33)))
        return self.rng.randint(0, longest)

    def text(self, size, alphabet="abc XYZ019,;\"'#-_=\u00e9\u4e2d"):
        text = "".join(self.rng.choices(alphabet, k=size)).encode()[:size].decode(errors="ignore")
        # The generator drops lines that begin with a hash, also within quotes.
        return text.replace("\n#", "\n_").lstrip("#")

    def new_key(self):
        self.keys += 1
        return str(self.keys).rjust(self.rng.randint(1, 15), self.rng.choice("k .-"))

    # Rows.

    def integer_row(self, encoding=None):
        encoding = encoding or self.rng.choice(list(INTEGERS))
        number = self.number(encoding)
        return Row(self.new_key(), "data", encoding, str(number), (encoding, number))

    def string_row(self, size=None, alphabet="abc XYZ019,;\"'#-_=\u00e9\u4e2d"):
        size = self.length(LONGEST_STRING[self.version]) if size is None else size
        text = self.text(size, alphabet)
        return Row(self.new_key(), "data", "string", text, ("string", text))

    def blob_row(self, size=None, encoding=None):
        encoding = encoding or self.rng.choice(BLOBS)
        size = self.length(LONGEST_BLOB[self.version]) if size is None else size
        data = self.rng.randbytes(size)
        if encoding == "binary":
            # A text of which only ASCII is written correctly.
            data = data.hex()[:size].encode()
        text = {"hex2bin": data.hex(), "base64": base64.b64encode(data).decode(), "binary": data.decode("latin-1")}
        return Row(self.new_key(), "data", encoding, text[encoding], ("blob", data.hex()))

    def any_row(self):
        return self.rng.choice([self.integer_row, self.integer_row, self.string_row, self.blob_row])()

    def small_row(self):
        kind = self.rng.random()
        if kind < 0.5:
            return self.integer_row()
        return (self.string_row if kind < 0.7 else self.blob_row)(self.rng.randint(0, 200))

    def fill(self, row, spaces, most):
        """Puts rows under new namespaces into the last input."""
        for space in range(spaces):
            self.inputs[-1].append(Row(f"space {space}"[: self.rng.randint(7, 15)], "namespace"))
            self.inputs[-1].extend(row() for _ in range(self.rng.randint(0, most)))

    def some_rows(self):
        """A few rows that fit into every partition of three pages and more."""
        self.fill(self.small_row, self.rng.randint(1, 3), 6)

    def insert(self, *rows):
        """Inserts rows at a random place after the first namespace, all together."""
        rows_there = self.inputs[-1]
        at = self.rng.randint(1, len(rows_there))
        rows_there[at:at] = rows

    # The files' texts.

    def render(self):
        """Returns the texts, and the number of the input and the line of the wrong row."""
        texts, place = [], None
        for number, rows in enumerate(self.inputs):
            lines = io.StringIO()
            style = csv.QUOTE_ALL if not self.plain_style and self.rng.random() < 0.2 else csv.QUOTE_MINIMAL
            writer = csv.writer(lines, delimiter=self.delimiter, lineterminator="\n", quoting=style)
            columns = list(self.columns)
            if not self.plain_style:
                columns += self.rng.sample(["note", "other"], self.rng.randint(0, 2))
                self.rng.shuffle(columns)
            if not self.plain_style and self.rng.random() < 0.1:
                lines.write("# a comment\n")
            writer.writerow(self.header or columns)
            for row in rows:
                self.noise(lines)
                if row.wrong:
                    place = (number, lines.getvalue().count("\n") + 1)
                cells = [getattr(row, column, self.text(5, "abc ,\"#")) for column in columns]
                writer.writerow([*cells, *row.more][: row.cells])
            text = lines.getvalue()
            if not self.plain_style and self.rng.random() < 0.3:
                text = text.replace("\n", "\r\n")
            if not self.plain_style and self.rng.random() < 0.3:
                text = text.removesuffix("\n").removesuffix("\r")
            texts.append(self.before + text)
        if self.behind:
            texts[-1] = texts[-1].removesuffix("\n") + self.behind
        return texts, place

    def noise(self, lines):
        if not self.plain_style and self.rng.random() < 0.1:
            lines.write(self.rng.choice(["\n", "# a comment\n", "#key,data,u8,1\n", "\n\n", "#\"\n"]))

    def entries(self):
        """The entries that the firmware must read, in order."""
        space, entries = None, []
        for row in (row for rows in self.inputs for row in rows):
            if row.type == "namespace":
                space = row.key
            elif row.means:
                entries.append([space, row.key, *map(str, row.means)])
        return entries
