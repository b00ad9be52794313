"""Kinds of cases that ours refuses, with the generator or without it."""

from nvs_kinds import kind
from nvs_random import INTEGERS, Row

# Cases that both refuse.


@kind(3, "both", "NotAnInteger")
def out_of_range(case):
    case.some_rows()
    row = case.integer_row()
    sign, bits = INTEGERS[row.encoding]
    low, high = (-1, 2**bits) if sign == "u" else (-(2 ** (bits - 1)) - 1, 2 ** (bits - 1))
    row.value = str(case.rng.choice([low, high, low * 10, high * 10]))
    bad(case, row)


def bad(case, row):
    row.wrong = True
    case.insert(row)


def both(reason, make, weight=2):
    def run(case):
        case.some_rows()
        bad(case, make(case))

    run.__name__ = make.__name__
    kind(weight, "both", reason)(run)


def odd_hexadecimal(case):
    return Row(case.new_key(), "data", "hex2bin", "abcde"[: case.rng.choice([1, 3, 5])])


def padding_short(case):
    return Row(case.new_key(), "data", "base64", case.rng.choice(["A", "AA", "AA=", "AAA", "AAAAA"]))


def key_too_long(case):
    return Row("x" * case.rng.randint(16, 40), "data", "u8", "1")


def namespace_too_long(case):
    return Row("x" * case.rng.randint(16, 40), "namespace")


def encoding_unknown(case):
    return Row(case.new_key(), "data", case.rng.choice(["u9", "", "blob", "int32", "hex"]), "1")


def fill_form(case):
    encoding = case.rng.choice(["blob_fill", "blob_fill(5)", "blob_fill(5;5)", "blob_sz_fill(x;0x00)"])
    return Row(case.new_key(), "data", encoding, "a")


def fill_too_long(case):
    name = case.rng.choice(["blob_fill", "blob_sz_fill"])
    return Row(case.new_key(), "data", f"{name}({case.rng.randint(0, 3)};0x00)", "abcd")


def file_missing(case):
    return Row(case.new_key(), "file", case.rng.choice(["binary", "string", "u8"]), "nowhere")


def file_not_text(case):
    case.files["bytes"] = b"\xff\xfe" + case.rng.randbytes(5)
    return Row(case.new_key(), "file", "string", "bytes")


def value_missing(case):
    return Row(case.new_key(), "data", case.rng.choice(["u8", "hex2bin", "string"]), cells=3)


def type_upper_case(case):
    return Row("space", case.rng.choice(["Namespace", "NAMESPACE"]))


def string_too_long(case):
    case.version = 2
    return case.string_row(case.rng.randint(4000, 5000), "abc")


def blob_too_long(case):
    case.version = 1
    return case.blob_row(case.rng.randint(1985, 3000))


for reason, make in [
    ("NotHexadecimal", odd_hexadecimal),
    ("NotBase64", padding_short),
    ("KeyTooLong", key_too_long),
    ("NamespaceTooLong", namespace_too_long),
    ("UnknownEncoding", encoding_unknown),
    ("Fill", fill_form),
    ("Fill", fill_too_long),
    ("File", file_missing),
    ("FileNotUtf8", file_not_text),
    ("CellMissing", value_missing),
    ("UnknownType", type_upper_case),
    ("StringTooLong", string_too_long),
    ("BlobTooLong", blob_too_long),
]:
    both(reason, make)


@kind(2, "both", "PartitionSize")
def size_unaligned(case):
    case.some_rows()
    case.size = case.rng.choice(["0x3001", "12287", "0x800", "0", "0x0fff"])


@kind(2, "both", "PartitionSizeText")
def size_unreadable(case):
    case.some_rows()
    case.size = case.rng.choice(["abc", "", "0x", "1.5"])


@kind(2, "both", "ColumnMissing")
def column_missing(case):
    case.some_rows()
    case.insert(case.small_row())
    case.columns.remove(case.rng.choice(case.columns))


@kind(2, "both", "TooManyNamespaces")
def namespaces_256(case):
    case.inputs[-1] = [Row(f"space {n}", "namespace", wrong=n == 254) for n in range(256 + case.rng.randint(0, 9))]


@kind(3, "both", "PartitionTooSmall")
def partition_too_small(case):
    pages = case.rng.choice([1, 2, 3])
    case.size = hex(0x1000 * pages)
    case.fill(case.integer_row, 1, 9)
    case.inputs[-1].extend(case.blob_row(1900) for _ in range(pages * 3))


# Quirks that ours refuses.


def quirk(reason, make, weight=3):
    def run(case):
        case.some_rows()
        make(case)

    run.__name__ = make.__name__
    kind(weight, "quirk", reason)(run)


def before_namespace(case):
    row = case.integer_row(case.rng.choice(["u8", "u16", "i64"]))
    row.wrong = True
    case.inputs[-1].insert(0, row)


def duplicate(case):
    first, second = case.small_row(), case.small_row()
    second.key, second.wrong = first.key, True
    case.insert(first, *[case.small_row() for _ in range(case.rng.randint(0, 3))], second)


def duplicate_blob(case):
    first, second = case.blob_row(), case.blob_row()
    second.key, second.wrong = first.key, True
    case.insert(first, second)


def upper_case_encoding(case):
    row = Row(case.new_key(), "data", case.rng.choice(["STRING", "String", "BASE64", "HEX2BIN"]), "abcd")
    bad(case, row)


def namespaces_255(case):
    case.inputs[-1] = [Row(f"space {n}", "namespace", wrong=n == 254) for n in range(255)]


def blob_over_508000(case):
    case.version = 2
    case.size = hex(0x1000 * 160)
    case.files["large"] = case.rng.randbytes(508000 + case.rng.randint(1, 3000))
    bad(case, Row(case.new_key(), "file", "binary", "large"))


def blob_of_128_chunks(case):
    case.version = 2
    case.size = hex(0x1000 * 160)
    case.files["large"] = case.rng.randbytes(508000)
    case.insert(case.integer_row(), Row(case.new_key(), "file", "binary", "large", wrong=True))


def key_of_16_bytes(case):
    bad(case, Row("\u00e9" + "x" * 14, "data", "u8", "1"))


def key_empty(case):
    bad(case, Row("", "data", "u8", "1"))


def namespace_empty(case):
    bad(case, Row("", "namespace"))


def type_unknown(case):
    row = case.small_row()
    row.type = case.rng.choice(["dat", "", "DATA", "u8"])
    bad(case, row)


def nul_in_string(case):
    case.files["nul"] = b"a\0b"
    bad(case, Row(case.new_key(), "file", "string", "nul"))


def digits_of_other_scripts(case):
    digits = case.rng.choice(["\u0663", "1\u0967", "\uff11"])
    bad(case, Row(case.new_key(), "data", case.rng.choice(list(INTEGERS)), digits))


def fill_with_more_behind(case):
    bad(case, Row(case.new_key(), "data", "blob_fill(4;0x00)" + case.rng.choice(["x", ")", " "]), "a"))


def surplus_cell(case):
    row = case.small_row()
    row.more = case.rng.choice([("x",), ("", " x "), ("", "", "x", "")])
    bad(case, row)


def column_twice(case):
    case.columns.append(case.rng.choice(case.columns))


def unclosed_quote(case):
    case.inputs[-1].append(Row("behind", "namespace"))
    case.behind = case.rng.choice(['\nk,data,string,"x\nl,data,u8,1\n', '\nk,data,string,"x""\n', '\nk,data,binary,"'])


for reason, make in [
    ("CellWithoutColumn", surplus_cell),
    ("ColumnTwice", column_twice),
    ("UnclosedQuote", unclosed_quote),
    ("NamespaceMissing", before_namespace),
    ("Duplicate", duplicate),
    ("Duplicate", duplicate_blob),
    ("UnknownEncoding", upper_case_encoding),
    ("TooManyNamespaces", namespaces_255),
    ("KeyTooLong", key_of_16_bytes),
    ("KeyEmpty", key_empty),
    ("NamespaceEmpty", namespace_empty),
    ("UnknownType", type_unknown),
    ("StringHasNul", nul_in_string),
    ("NotAnInteger", digits_of_other_scripts),
    ("Fill", fill_with_more_behind),
]:
    quirk(reason, make)
quirk("BlobTooLong", blob_over_508000, 1)
quirk("BlobTooManyChunks", blob_of_128_chunks, 1)
