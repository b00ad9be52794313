"""Partition tables: ESP-IDF's generator (a library in PyPI esp-idf-defs) and flash-image."""

import io
import re

from esp_idf_defs import PartitionTable
from flash_table_cases import SIZES, STRICTER, STRICTER_TEXT, Table, change, draw
from flash_tools import case_folder, read, write


def generate(text, table):
    """The generator's table and its messages, None if it refuses."""
    try:
        made, _ = PartitionTable.from_file(io.BytesIO(text.encode()), table.offset, table.bootloader, table.recovery)
        made.verify(table.offset, table.secure_boot and table.secure_boot[:2])
        if table.flash_size:
            made.verify_size_fits(SIZES[table.flash_size])
        return made.to_binary(table.has_md5), ""
    # Numbers that do not fit end in a struct.error.
    except Exception as error:  # noqa: BLE001
        return None, f"{type(error).__name__}: {error}"


def decode(data, has_md5=True):
    try:
        return PartitionTable.from_binary(data, has_md5), ""
    except Exception as error:  # noqa: BLE001
        return None, f"{type(error).__name__}: {error}"


def compare(table, text, reasons, folder, ours, tally):
    """Returns the table's bytes if both made the same; `reasons` are the expected ones of a refusal by ours alone."""
    source, out = write(folder / "in.csv", text.encode()), folder / "out.bin"
    theirs, said = generate(text, table)
    answer = ours("table", "make", source, out, *table.options())
    case = f"{table.faults or 'nothing wrong'}; ESP-IDF {said or 'takes it'}; ours {answer}; {text!r}"
    if theirs is not None and answer.done:
        return theirs if tally.check(read(out) == theirs, "tables equal", case) else None
    if theirs is None:
        tally.check(answer.code == 2 and read(out) is None, "tables refused by both", case)
    else:
        meant = answer.code == 2 and reasons and re.search(reasons, answer.said)
        tally.check(meant, "tables refused by ours alone, for an expected reason", case)
    return None


def and_back(table, data, folder, ours, tally):
    """CSV of the bytes: each reads the other's back to the same bytes."""
    binary = write(folder / "in.bin", data)
    answer = ours("table", "show", binary, "--csv", *table.options())
    theirs, said = generate(answer.out, table) if answer.done else (None, "is not asked")
    tally.check(theirs == data, "tables back to CSV", f"ESP-IDF {said}; ours {answer}; {answer.out!r}")
    again, said = decode(data, table.has_md5)
    if not tally.check(again is not None, "tables that the generator reads again", said):
        return
    source, out = write(folder / "theirs.csv", again.to_csv().encode()), folder / "again.bin"
    answer = ours("table", "make", source, out, *table.options())
    tally.check(read(out) == data, "tables from the generator's CSV", f"ours {answer}; {source.read_text()!r}")


def damages(rng, data):
    rows = data.index(b"\xeb\xeb" + b"\xff" * 14)
    flip = bytearray(data)
    flip[rng.randrange(2, rows)] ^= 1 << rng.randrange(8)
    magic = bytearray(data)
    magic[rng.randrange(rows // 32) * 32] ^= 0x10
    digest = bytearray(data)
    digest[rows + rng.randrange(16, 32)] ^= 1
    return {
        "a bit of a row": bytes(flip),
        "a row's magic": bytes(magic),
        "the MD5": bytes(digest),
        "no end": data[: rows + 32],
        "cut in a row": data[: rows - rng.randint(1, 31)],
    }


def damaged(rng, table, data, folder, ours, tally):
    for name, damage in damages(rng, data).items():
        path = write(folder / f"{name.replace(' ', '-')}.bin", damage)
        theirs, _ = decode(damage)
        answer = ours("table", "check", path, *table.options())
        refused = theirs is None and answer.code in (1, 2)
        tally.check(refused, "damaged tables refused by both", f"{name}; ESP-IDF {theirs}; ours {answer}")


def tables(rng, count, folder, ours, tally):
    for case in range(count):
        table = draw(rng, case)
        with case_folder(folder, case, tally) as path:
            reasons = "|".join(STRICTER[fault][1] for fault in table.faults if fault in STRICTER)
            data = compare(table, table.text(), reasons, path, ours, tally)
            if data:
                and_back(table, data, path, ours, tally)
                if table.has_md5:
                    damaged(rng, table, data, path, ours, tally)


def changed(rng, count, folder, ours, tally):
    """Tables with a few changed characters."""
    for case in range(count):
        table = Table(rng, 6)
        with case_folder(folder, case, tally) as path:
            compare(table, change(rng, table.text()), STRICTER_TEXT, path, ours, tally)
