"""The kinds of cases: their content and expected result.

`want` of a case is one of
  same    the generator writes it and so does ours, or both report that it does not fit
  agree   random text: ours gives the generator's result; `reason` is our error if the generator refuses
  both    both refuse, ours with `reason`
  quirk   the generator writes an image that the firmware cannot read or reads differently; ours refuses with `reason`
  right   the generator writes it wrong; our image has the entries that the rows describe
  beyond  the generator cannot write it; our image has the entries that the rows describe
"""

import base64
import binascii
import csv
import re

from nvs_random import INTEGERS, LONGEST_BLOB, Row

KINDS = []


def kind(weight, want, reason=None):
    def add(make):
        KINDS.append((weight, want, reason, make))
        return make

    return add


# Cases that the generator handles correctly.


@kind(60, "same")
def entries(case):
    case.size = hex(0x1000 * case.rng.choice([1, 2, 3, 6, 16, 64, 64, 64]))
    for space in range(case.rng.randint(1, 6)):
        case.inputs[-1].append(Row(f"space {space}", "namespace"))
        # Sometimes many small entries, so that every slot of a page becomes a boundary.
        count = case.rng.choice([0, 1, 5, 20, 130])
        case.inputs[-1].extend(case.any_row() if n < 20 else case.integer_row() for n in range(count))


@kind(30, "same")
def dialect(case):
    """Columns in any order and more of them, comments, blank lines, CRLF, quotes, texts of several lines, spellings."""
    case.plain_style = False
    case.fill(case.small_row, case.rng.randint(1, 4), 10)
    for row in case.inputs[-1]:
        number = row.means and row.means[1]
        if row.encoding in INTEGERS and number >= 0:
            row.value = case.rng.choice(["", " ", "+", "00", "0_", "\t"]) + row.value + case.rng.choice(["", " ", "\n"])
        if row.encoding in [*INTEGERS, "binary"]:
            row.encoding = case.rng.choice([row.encoding, row.encoding.upper()])
    case.insert(case.string_row(case.rng.randint(0, 300), "ab\n\n,\"\u00e9 "))


@kind(12, "same")
def file_rows(case):
    """Values in files."""
    case.some_rows()
    for number in range(case.rng.randint(1, 5)):
        name = f"value {number}"
        row = case.any_row()
        row.type, data = "file", row.value.encode()
        if row.encoding == "binary":
            data = case.rng.randbytes(case.length(LONGEST_BLOB[case.version]))
            row.means = ("blob", data.hex())
        row.value, case.files[name] = name, data
        case.insert(row)


@kind(12, "same")
def several_inputs(case):
    """Namespaces continue from one file to the next."""
    case.plain_style = False
    for number in range(case.rng.randint(2, 4)):
        if number:
            case.inputs.append([case.small_row() for _ in range(case.rng.randint(0, 4))])
        for space in range(case.rng.randint(0 if number else 1, 3)):
            case.inputs[-1].append(Row(f"space {number}.{space}", "namespace"))
            case.inputs[-1].extend(case.small_row() for _ in range(case.rng.randint(0, 6)))


@kind(12, "same")
def filled_blobs(case):
    case.some_rows()
    for _ in range(case.rng.randint(1, 4)):
        text = case.text(case.rng.randint(0, 60))
        length = len(text.encode()) + case.rng.choice([0, 1, 31, 1500])
        name = case.rng.choice(["blob_fill", "blob_sz_fill"])
        case.insert(Row(case.new_key(), "data", f"{name}({length};0x{case.rng.randrange(256):02x})", text))


@kind(8, "agree", "NotBase64")
def base64_texts(case):
    case.some_rows()
    text = case.text(case.rng.randint(0, 24), case.rng.choice(["AQz9+/=", "AQz9+/==- \n\u00e9*"]))
    if loses(text):
        case.want = "quirk"
    case.insert(Row(case.new_key(), "data", "base64", text, wrong=True))


def loses(text):
    """Whether the generator reads a base64 text and drops some of it."""
    try:
        data = binascii.a2b_base64(text)
    except ValueError:
        return False
    return base64.b64encode(data).decode().rstrip("=") != re.sub("[ \t\r\n]", "", text).rstrip("=")


@kind(8, "agree", "NotHexadecimal")
def hexadecimal_texts(case):
    case.some_rows()
    text = case.text(case.rng.randint(0, 6), case.rng.choice(["09afAF", "09afAFgx \n\u00e9"]))
    case.insert(Row(case.new_key(), "data", "hex2bin", text, wrong=True))


@kind(8, "agree", "NotAnInteger")
def integer_texts(case):
    case.some_rows()
    encoding = case.rng.choice(list(INTEGERS))
    text = case.text(case.rng.randint(0, 5), case.rng.choice(["0123456789", "019_+- \t\n", "0x1f.e", "1\u00e9\u00b2"]))
    case.insert(Row(case.new_key(), "data", encoding, text, wrong=True))


@kind(6, "same")
def quoting(case):
    """Misplaced and missing quotes."""
    case.some_rows()
    case.inputs.append([case.string_row(0)])
    case.behind = case.text(case.rng.randint(0, 12), 'ab", ')
    row, *behind = csv.reader([f"key,data,string,{case.behind}\n", "behind\n"])
    if not behind:
        case.want, case.reason = "quirk", "UnclosedQuote"
    elif any(cell.strip() for cell in row[4:]):
        case.want, case.reason = "quirk", "CellWithoutColumn"


# Encryption, with keys that both are given.


@kind(16, "same")
def encrypted(case):
    case.key = case.rng.randbytes(64)
    case.size = hex(0x1000 * case.rng.choice([1, 3, 16]))
    case.fill(case.any_row, case.rng.randint(1, 3), 6)


@kind(8, "same")
def encrypted_with_hmac(case):
    case.hmac_key = case.rng.randbytes(32)
    case.some_rows()


# Quirks of the generator that `CsvCompat` reproduces.


@kind(8, "same")
def wifi_rows(case):
    case.compat = True
    case.some_rows()
    station = [
        # The type of these is ignored.
        Row("sta.ssid", case.rng.choice(["data", "file"]), "string", case.text(9)),
        Row("sta.pswd", "data", "string", case.text(9)),
    ]
    point = [
        Row("ap.ssid", "data", "string", case.text(case.rng.choice([0, 1, 32]))),
        Row("ap.passwd", "data", "string", case.text(case.rng.choice([0, 8, 63]))),
        Row("ap.authmode", "data", "u8", case.rng.choice("0134")),
    ]
    for row in case.rng.sample(station + point, case.rng.randint(1, 5)):
        case.insert(row)


@kind(8, "same")
def reopened_namespaces(case):
    case.compat = True
    reopened(case)


def reopened(case):
    case.some_rows()
    case.inputs[-1].append(Row("one", "namespace"))
    case.inputs[-1].append(case.small_row())
    case.inputs[-1].append(Row("two", "namespace"))
    case.inputs[-1].extend([Row("one", "namespace"), case.small_row(), Row("two", "namespace"), case.small_row()])
