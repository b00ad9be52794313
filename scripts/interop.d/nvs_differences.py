"""Kinds of cases where our image is correct and the generator's is wrong or missing."""

import struct

from nvs_kinds import kind, reopened
from nvs_random import Row

# Quirks where our image is correct.


def right(make, weight=2):
    def run(case):
        case.some_rows()
        make(case)

    run.__name__ = make.__name__
    kind(weight, "right")(run)


def binary_not_ascii(case):
    text = "\u00e9" + case.text(case.rng.randint(0, 99))
    case.insert(Row(case.new_key(), "data", "binary", text, ("blob", text.encode().hex())))


def hash_in_quotes(case):
    text = f"line\n#{case.text(9)}\nend"
    case.insert(Row(case.new_key(), "data", "string", text, ("string", text)))


def key_not_ascii(case):
    row = case.small_row()
    row.key = "\u00e9" * case.rng.randint(1, 7)
    case.insert(row)


def reopened_namespaces_by_name(case):
    reopened(case)


for make in [binary_not_ascii, hash_in_quotes, key_not_ascii, reopened_namespaces_by_name]:
    right(make)


# Cases that only ours writes.


def beyond(make, weight=3):
    def run(case):
        case.some_rows()
        make(case)

    run.__name__ = make.__name__
    kind(weight, "beyond")(run)


def floats(case):
    for encoding, form, integer in [("float", "<f", "<I"), ("double", "<d", "<Q")]:
        bits = case.rng.randrange(2 ** (8 * struct.calcsize(form)))
        (number,) = struct.unpack(form, struct.pack(integer, bits))
        number = case.rng.choice([number, 0.0, -0.0, 0.1, float("inf")])
        if number != number:
            number = 1.5
        # Python holds every float as a double, whose shortest digits are those of the float, too.
        stored = struct.pack(form, number)
        (number,) = struct.unpack(form, stored)
        case.insert(Row(case.new_key(), "data", encoding, repr(number), (encoding, stored.hex())))


def strings_of_3968_and_more(case):
    case.insert(case.string_row(case.rng.randint(3968, 3999), "abc ,"))


def strings_of_1984_and_more_beside_version_1(case):
    case.version = 1
    case.insert(case.string_row(case.rng.randint(1984, 3967), "abc ,"))


def byte_order_mark(case):
    case.before = "\ufeff"


def blank_line_in_front(case):
    case.before = "\n"


def other_delimiters(case):
    case.delimiter = case.rng.choice([";", "\t"])


def blanks_in_the_header(case):
    case.columns = ["key", "type", "encoding", "value"]
    case.header = [case.rng.choice(["", " ", "\t"]) + column + case.rng.choice(["", " "]) for column in case.columns]
    case.header[1] = " type"


def cells_of_131073_and_more(case):
    case.version = 2
    case.insert(case.blob_row(case.rng.randint(65537, 66000), "hex2bin"))


def file_to_fill(case):
    case.files["short"] = data = case.rng.randbytes(case.rng.randint(1, 9))
    case.insert(Row(case.new_key(), "file", "blob_fill(9;0x00)", "short", ("blob", data.ljust(9, b"\0").hex())))


for make in [
    floats,
    strings_of_3968_and_more,
    strings_of_1984_and_more_beside_version_1,
    blank_line_in_front,
    byte_order_mark,
    file_to_fill,
    other_delimiters,
    blanks_in_the_header,
]:
    beyond(make)
beyond(cells_of_131073_and_more, 1)
