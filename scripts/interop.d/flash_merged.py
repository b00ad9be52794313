"""Merged images: `flash-image merge` against `esptool merge-bin`, plain and with each piece encrypted by espsecure."""

import dataclasses

import flash_writer
from flash_pieces import KEY_LENGTHS
from flash_tools import case_folder, espsecure, esptool, read, write

SECTOR, PAGE = 0x1000, 0x10000
SIZES = {"1MB": 1 << 20, "2MB": 2 << 20, "4MB": 4 << 20}
SCHEMES = {
    "esp32": ["esp32"],
    "esp32s2": ["xts-128", "xts-256"],
    "esp32s3": ["xts-128", "xts-256"],
    "esp32p4": ["xts-128", "xts-256"],
    "esp32c2": ["xts-128", "xts-128-derived"],
}


@dataclasses.dataclass
class Part:
    offset: int
    data: bytes
    encrypted: bool

    def padded(self):
        """Filled up to a block of the ciphers, as erased flash is."""
        return self.data + b"\xff" * (-len(self.data) % 16)


class Flash:
    """Random contents of a flash: bootloader, table, apps and data, with gaps between them."""

    def __init__(self, rng, chip):
        self.rng, self.chip = rng, chip
        self.size = rng.choice([None, *SIZES])
        self.end = SIZES[self.size or "4MB"]
        self.scheme = rng.choice(SCHEMES.get(chip, ["xts-128"]))
        self.key = rng.randbytes(KEY_LENGTHS.get(self.scheme) or rng.choice([24, 32]))
        start = flash_writer.CHIPS[chip][1]
        table = 0x8000 + start // 0x2000 * 0x2000
        self.parts = [
            Part(start, flash_writer.bootloader(rng, chip, rng.randint(0x200, 0x5000)), True),
            Part(table, rng.randbytes(0xC00), True),
        ]
        at = table + SECTOR
        while at < self.end and len(self.parts) < rng.randint(3, 9):
            at = self.add(at)
        rng.shuffle(self.parts)

    def add(self, at):
        rng = self.rng
        if rng.random() < 0.4:
            image, _ = flash_writer.draw(rng, self.chip, longest=0x1000, most=12, described=True)
            step, data = PAGE, image.encode()
        else:
            # esptool refuses two files in the same sector.
            step, data = SECTOR, rng.randbytes(rng.choice([1, 15, 16, 0x1000, 0x2000, rng.randint(1, 0x8000)]))
        offset = (-(-at // step) + rng.choice([0, 0, 1, 7])) * step
        # The pieces are filled up to blocks of 16 bytes when they are encrypted.
        end = offset + -(-len(data) // 16) * 16
        if end <= self.end:
            self.parts.append(Part(offset, data, step == PAGE or rng.random() < 0.5))
        return end

    def __str__(self):
        parts = ", ".join(f"{part.offset:#x}+{len(part.data):#x}" for part in self.parts)
        return f"{self.chip} {self.scheme} size {self.size}: {parts}"


def merge(flash, files, folder, name, ours, tally, what):
    """Merges files of both sides; `files` is offset, esptool's file and ours."""
    theirs, mine = folder / f"{name}.esptool", folder / f"{name}.ours"
    padded = ["--pad-to-size", flash.size] if flash.size else []
    pairs = [part for offset, file, _ in files for part in (hex(offset), file)]
    tool = esptool("--chip", flash.chip, "merge-bin", "--output", theirs, *padded, *pairs)
    size = ["--size", flash.size] if flash.size else []
    answer = ours("merge", mine, *(f"{offset:#x}={file}" for offset, _, file in files), *size)
    equal = tool.done and answer.done and read(theirs) == read(mine)
    tally.check(equal, what, f"{flash}: esptool {tool}; ours {answer}")


def plain(flash, folder, ours, tally):
    files = []
    for number, part in enumerate(flash.parts):
        path = write(folder / f"{number}.bin", part.data)
        files.append((part.offset, path, path))
    merge(flash, files, folder, "plain", ours, tally, "merged images equal")


def encrypted(flash, folder, ours, tally):
    """Each side encrypts the pieces by itself, then merges them."""
    key, files = write(folder / "key", flash.key), []
    xts = [] if flash.scheme == "esp32" else ["--aes-xts"]
    for number, part in enumerate(flash.parts):
        path = write(folder / f"{number}.padded", part.padded() if part.encrypted else part.data)
        theirs = mine = path
        if part.encrypted:
            theirs, mine = folder / f"{number}.espsecure", folder / f"{number}.ours"
            at = ["--address", hex(part.offset)]
            espsecure("encrypt-flash-data", *xts, "--keyfile", key, *at, "--output", theirs, path)
            ours("encrypt", path, mine, *at, "--scheme", flash.scheme, "--key", key)
        files.append((part.offset, theirs, mine))
    merge(flash, files, folder, "encrypted", ours, tally, "encrypted merged images equal")


def overlapping(flash, folder, ours, tally):
    part = max(flash.parts, key=lambda part: len(part.data))
    one, two = write(folder / "one", part.data), write(folder / "two", part.data)
    ends = part.offset, part.offset + len(part.data) - 1
    tool = esptool("--chip", flash.chip, "merge-bin", "--output", folder / "out", hex(ends[0]), one, hex(ends[1]), two)
    answer = ours("merge", folder / "ours", f"{ends[0]:#x}={one}", f"{ends[1]:#x}={two}")
    refused = not tool.done and answer.code == 2 and read(folder / "ours") is None
    tally.check(refused, "overlaps refused by both", f"{flash}: esptool {tool}; ours {answer}")


def merged(rng, count, folder, ours, tally):
    chips = list(flash_writer.CHIPS)
    for case in range(count):
        flash = Flash(rng, chips[case % len(chips)])
        with case_folder(folder, case, tally) as path:
            plain(flash, path, ours, tally)
            encrypted(flash, path, ours, tally)
            if case % 8 == 0:
                overlapping(flash, path, ours, tally)
