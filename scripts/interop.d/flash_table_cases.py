"""Random partition tables as CSV, and their faults."""

import dataclasses

SECTOR, APP_ALIGNMENT = 0x1000, 0x10000
SIZES = {"1MB": 1 << 20, "2MB": 2 << 20, "4MB": 4 << 20, "8MB": 8 << 20, "16MB": 16 << 20}
APPS = ["factory", "test", *(f"ota_{slot}" for slot in range(16)), "0", "0x10", "17", "0x20"]
DATA = [
    "phy",
    "nvs",
    "coredump",
    "nvs_keys",
    "efuse",
    "undefined",
    "fat",
    "spiffs",
    "littlefs",
    "",
    "1",
    "0x81",
    "0x99",
]
MOST_ROWS = 94


@dataclasses.dataclass
class Row:
    name: str
    kind: str
    subtype: str
    offset: str
    size: str
    flags: str = ""
    more: str = ""

    def text(self, rng):
        cells = [self.name, self.kind, self.subtype, self.offset, self.size]
        # A trailing comma and missing flags are the same.
        cells += [self.flags] if self.flags or self.more or rng.random() < 0.5 else []
        pad = rng.choice(["", "", " ", "\t", "   "])
        return ",".join(f"{pad}{cell}" for cell in cells) + self.more


class Table:
    """A table that both accept, before one of `FAULTS` is applied."""

    def __init__(self, rng, longest=MOST_ROWS):
        self.rng, self.longest = rng, longest
        self.offset = rng.choice([0x8000, 0x8000, 0x9000, 0x10000])
        self.flash_size = rng.choice([None, *SIZES])
        self.secure_boot = rng.choice([None, None, None, "v1", "v2-rsa"])
        self.has_md5 = rng.random() < 0.9
        # Addresses of bootloaders, for rows of their types.
        self.bootloader = rng.choice([None, None, None, 0, 0x1000])
        self.recovery = None
        # Room for the rows that a fault adds.
        self.end = SIZES[self.flash_size or "16MB"] - 4 * APP_ALIGNMENT
        self.at = self.offset + SECTOR
        self.rows, self.faults, self.label = [], [], 0
        self.fill()

    def new_name(self):
        self.label += 1
        return str(self.label).rjust(self.rng.randint(2, 16), self.rng.choice("pkm_-."))

    def number(self, value):
        forms = ["0x{:x}", "0x{:X}", "{}", "0X{:x}", "0x{:08x}"]
        units = [(0x400, form) for form in ("{}k", "{}K", "0x{:x}k")] + [(1 << 20, form) for form in ("{}m", "{}M")]
        unit, form = self.rng.choice([(1, form) for form in forms] + [pair for pair in units if value % pair[0] == 0])
        return form.format(value // unit)

    def place(self, is_app):
        """Returns offset and cell, and advances."""
        alignment = APP_ALIGNMENT if is_app else SECTOR
        lowest = -(-self.at // alignment) * alignment
        if self.rng.random() < 0.5:
            return lowest, ""
        offset = lowest + self.rng.choice([0, 0, 1, 3]) * alignment
        return offset, self.number(offset)

    def add(self, kind, subtype, size, flags=""):
        offset, cell = self.place(kind in ("app", "0", "APP", "0x0"))
        if offset + size > self.end:
            return False
        # A negative size is the partition's end address.
        size_cell = self.number(size) if self.rng.random() < 0.9 else f"-{self.number(offset + size)}"
        self.rows.append(Row(self.new_name(), kind, subtype, cell, size_cell, flags))
        self.at = offset + size
        return True

    def own_rows(self):
        """Rows before the partitions; their offsets and sizes follow from the options."""
        if self.bootloader is not None:
            self.rows.append(Row(self.new_name(), "bootloader", "primary", "", ""))
            self.rows.append(Row(self.new_name(), "partition_table", self.rng.choice(["primary", "0"]), "", ""))

    def recovery_row(self):
        if self.bootloader is not None and self.rng.random() < 0.5:
            self.recovery = -(-self.at // SECTOR) * SECTOR
            if self.recovery + self.offset - self.bootloader <= self.end:
                self.rows.append(Row(self.new_name(), "bootloader", "recovery", "", ""))
                self.at = self.recovery + self.offset - self.bootloader

    def fill(self):
        rng = self.rng
        self.own_rows()
        if rng.random() < 0.5:
            self.add(rng.choice(["data", "1", "DATA"]), rng.choice(["ota", "0"]), 0x2000)
        else:
            self.add("data", "littlefs", SECTOR)
        small = self.longest == MOST_ROWS and rng.random() < 0.1
        wanted = MOST_ROWS if small else rng.randint(1, 14)
        while len(self.rows) < wanted:
            is_app = rng.random() < 0.3 and not small
            size = rng.randint(1, 16) * SECTOR
            # Secure boot v1 has its signature at the end of a page.
            size = -(-size // APP_ALIGNMENT) * APP_ALIGNMENT if is_app and self.secure_boot == "v1" else size
            flags = rng.choice(["", "", "encrypted"])
            if is_app:
                added = self.add(rng.choice(["app", "0", "APP", "0x0"]), rng.choice(APPS), size, flags)
            elif rng.random() < 0.15:
                added = self.add(self.number(rng.randint(0x40, 0xFE)), self.number(rng.randint(1, 0xFE)), size)
            else:
                subtype = rng.choice([name for name in DATA if not (small and name == "nvs")])
                size = max(size, 0x3000) if subtype == "nvs" else size
                more = rng.choice(["", "readonly"]) if subtype not in ("coredump", "") else ""
                flags = ":".join(part for part in (flags, more) if part)
                added = self.add(rng.choice(["data", "1", "0x01"]), subtype, SECTOR if small else size, flags)
            if not added:
                break
        if not small:
            self.recovery_row()

    def options(self):
        """Options of flash-image."""
        options = ["--offset", hex(self.offset)]
        options += ["--flash-size", self.flash_size] if self.flash_size else []
        options += ["--secure-boot", self.secure_boot] if self.secure_boot else []
        options += [] if self.has_md5 else ["--disable-md5sum"]
        if self.bootloader is not None:
            options += ["--primary-bootloader-offset", hex(self.bootloader)]
        if self.recovery is not None:
            options += ["--recovery-bootloader-offset", hex(self.recovery)]
        return options

    def text(self):
        rng, lines = self.rng, []
        if rng.random() < 0.7:
            lines.append("# Name, Type, SubType, Offset, Size, Flags")
        for row in self.rows:
            lines += [row.text(rng)] + ["", "  ", "# a remark, with a comma", "  # more"][: rng.choice([0, 0, 0, 1, 4])]
        end = rng.choice(["\n", "\n", "\r\n"])
        return end.join(lines) + rng.choice(["", end])


def row(table):
    """A row of a partition; rows of bootloader and table have no offset and size of their own."""
    return table.rng.choice([row for row in table.rows if row.kind not in ("bootloader", "partition_table")])


def set_cell(name, *values):
    def fault(table):
        setattr(row(table), name, table.rng.choice(values))

    return fault


def duplicate(table):
    table.rows.append(dataclasses.replace(row(table), offset="", size="0x1000"))


def overlap(table):
    table.rows.append(Row(table.new_name(), "data", "fat", hex(table.at - SECTOR), "0x1000"))


def in_the_table(table):
    table.rows.insert(
        0, Row(table.new_name(), "data", "fat", hex(table.offset - SECTOR * table.rng.randint(0, 1)), "0x1000")
    )


def unaligned(kind, subtype, step):
    def fault(table):
        offset = -(-table.at // APP_ALIGNMENT) * APP_ALIGNMENT + step
        table.rows.append(Row(table.new_name(), kind, subtype, hex(offset), "0x1000"))

    return fault


def app_of_no_page(table):
    table.secure_boot = "v1"
    last_row("app", "test", "0x11000")(table)


def bootloader_without_offset(table):
    table.rows.insert(0, Row(table.new_name(), "bootloader", "primary", "", ""))
    table.bootloader = table.recovery = None


def last_row(kind, subtype, size, flags="", name=None):
    def fault(table):
        table.rows.append(Row(name or table.new_name(), kind, subtype, "", size, flags))

    return fault


def two(kind, subtype, size):
    def fault(table):
        last_row(kind, subtype, size)(table)
        last_row(kind, subtype, size)(table)

    return fault


def long_labels(table):
    stem = table.new_name().rjust(16, "l")
    for tail in table.rng.choice([["a"], ["a", "b"]]):
        last_row("data", "fat", "0x1000", name=stem + tail)(table)


def too_many(table):
    while len(table.rows) <= MOST_ROWS + (not table.has_md5):
        last_row("data", "fat", "0x1000")(table)


def more_cells(table):
    row(table).more = ",surplus"


# Inputs that ESP-IDF refuses, and flash-image must refuse.
REFUSED = {
    "unknown type": set_cell("kind", "ap", "dta", "-", "0xg"),
    "empty type": set_cell("kind", ""),
    "type above 255": set_cell("kind", "256", "0x1000"),
    "unknown subtype": last_row("data", "nvss", "0x3000"),
    "subtype above 255": last_row("data", "256", "0x3000"),
    "app without subtype": last_row("app", "", "0x1000"),
    "no size": set_cell("size", ""),
    "no number as size": set_cell("size", "10q", "0x", "k", "one"),
    "leading zero": set_cell("size", "010000"),
    "unknown flag": set_cell("flags", "encryptd", "encrypted readonly", "2"),
    "same label": duplicate,
    "overlap": overlap,
    "inside the table": in_the_table,
    "app at no page": unaligned("app", "test", 0x1000),
    "data at no sector": unaligned("data", "fat", 0x800),
    "app size of no sector": last_row("app", "test", "0x1800"),
    "otadata of another size": last_row("data", "ota", "0x1000"),
    "two otadata": two("data", "ota", "0x2000"),
    "two tee_ota": two("data", "tee_ota", "0x2000"),
    "read-only coredump": last_row("data", "coredump", "0x1000", "readonly"),
    "small nvs": last_row("data", "nvs", "0x2000"),
    "after the flash": last_row("data", "fat", "0x1000000"),
    "end above 4 GiB": last_row("data", "fat", "0x100000000"),
    "size of less than nothing": last_row("data", "fat", "-0x1000"),
    "one row too many": too_many,
    "app size of no page with secure boot v1": app_of_no_page,
    "bootloader without its offset": bootloader_without_offset,
}

# Inputs that ESP-IDF's tool accepts and flash-image may refuse, with the reason in its message.
STRICTER = {
    "label above 16 bytes": (long_labels, r"name .* is too long: .* bytes; at most 16 are allowed"),
    "data size of no sector": (last_row("data", "fat", "0x1234"), r"0x1000|4096|4 KiB|multiple|sector"),
    "size 0": (last_row("data", "fat", "0"), r"has no bytes"),
    "empty label": (set_cell("name", ""), r"has no name"),
    "seven cells": (more_cells, r"column|field|cell"),
    "label of 17 bytes in 16 letters": (
        last_row("data", "fat", "0x1000", name="l" * 15 + "\u00e9"),
        r"name .* is too long: .* bytes; at most 16 are allowed",
    ),
    "digits apart": (last_row("data", "fat", "0x1_000"), r"number|size|digit"),
    "binary number": (last_row("data", "fat", "0b1000000000000"), r"number|size"),
    "octal number": (last_row("data", "fat", "0o10000"), r"number|size"),
    "plus": (last_row("data", "fat", "+0x1000"), r"number|size"),
    "suffix after a subtype": (last_row("data", "0k", "0x2000"), r"subtype .* neither a name"),
    "two suffixes": (last_row("data", "fat", "1kk"), r"number|size"),
    "type of the free range": (last_row("0x20", "0", "0x1000"), r"type"),
}

# The reasons when changed characters make one of these, and for other spellings that no real table has.
STRICTER_TEXT = "|".join(
    [
        *{reason for _, reason in STRICTER.values()},
        r"name .* has a comma, a dollar sign, a control character",
        r"environment variables .* are not supported",
        r"a line break that is neither LF nor CRLF",
        r"type .* is not app, data",
        r"size .* is not a number of bytes",
        # A size of -0.
        r"would end at 0x0",
    ]
)
CHARACTERS = [*"\t ,,,,0123456789xXkKmM-+_:#\"'$\\abcdef\r\n\x0b\x0c\x1c\x85\u2028\u00e9\ufeff\0;", "0x", "ota", "data"]

# Inputs that both accept with the same result.
TAKEN = {
    "letters of two bytes": last_row("data", "fat", "0x1000", name="\u00e9t\u00e9"),
    "label of 16 bytes": last_row("data", "fat", "0x1000", name="l" * 16),
    "small nvs, read-only": last_row("data", "nvs", "0x1000", "readonly"),
    "flags in the other order": last_row("data", "fat", "0x1000", "readonly:encrypted"),
    "empty flag": last_row("data", "fat", "0x1000", "encrypted:"),
}


def draw(rng, case):
    """Half of the tables are valid; the other half has each fault in turn."""
    table = Table(rng, 14 if case % 2 else MOST_ROWS)
    kinds = {**REFUSED, **{name: fault for name, (fault, _) in STRICTER.items()}, **TAKEN}
    if case % 2:
        name = list(kinds)[case // 2 % len(kinds)]
        if name in ("after the flash", "size of less than nothing", "end above 4 GiB") and table.flash_size is None:
            table.flash_size = "16MB"
        kinds[name](table)
        table.faults.append(name)
    return table


def change(rng, text):
    """Inserts, replaces or removes a few characters."""
    text = list(text)
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(text))
        text[at : at + rng.randint(0, 1)] = rng.choice([[], [rng.choice(CHARACTERS)]])
    return "".join(text)
