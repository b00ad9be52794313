"""App and bootloader images, written from the public description of the format ("Firmware Image Format" of esptool's
documentation), as inputs for the tools and for flash-image."""

import dataclasses
import functools
import hashlib
import operator
import struct

# Chip id of the header, offset of the bootloader, one address each of data and instruction RAM
# and of constants in flash.
CHIPS = {
    "esp32": (0, 0x1000, 0x3FFB0000, 0x40080000, 0x3F400020),
    "esp32s2": (2, 0x1000, 0x3FFC0000, 0x40030000, 0x3F000020),
    "esp32c3": (5, 0, 0x3FC90000, 0x40380000, 0x3C000020),
    "esp32s3": (9, 0, 0x3FC90000, 0x40378000, 0x3C000020),
    "esp32c2": (12, 0, 0x3FCB0000, 0x40380000, 0x3C000020),
    "esp32c6": (13, 0, 0x40810000, 0x40800000, 0x42000020),
    "esp32h2": (16, 0, 0x40810000, 0x40800000, 0x42000020),
    "esp32p4": (18, 0x2000, 0x4FF10000, 0x4FF00000, 0x40000020),
    "esp32c61": (20, 0, 0x40810000, 0x40800000, 0x42000020),
    "esp32c5": (23, 0x2000, 0x40810000, 0x40800000, 0x42000020),
    "esp32h21": (25, 0, 0x40810000, 0x40800000, 0x42000020),
    "esp32h4": (28, 0x2000, 0x40810000, 0x40800000, 0x42000020),
    "esp32s31": (32, 0x2000, 0x2F010000, 0x2F000000, 0x40000020),
}
MODES = ["QIO", "QOUT", "DIO", "DOUT"]
SIZES = ["1MB", "2MB", "4MB", "8MB", "16MB", "32MB"]
HEADER = "<BBBBIB3sHBHH4sB"
CHECKSUM_START, DESCRIPTION_MAGIC = 0xEF, 0xABCD5432


@dataclasses.dataclass
class Image:
    chip: str
    segments: list
    entry: int
    mode: int = 2
    # The header has a code for the size, and one for the frequency, whose meaning depends on the chip.
    size: int = 2
    frequency: int = 0
    revisions: tuple = (0, 0)
    has_hash: bool = True

    def body(self):
        header = struct.pack(
            HEADER,
            *(0xE9, len(self.segments), self.mode, self.size << 4 | self.frequency, self.entry),
            *(0xEE, bytes(3), CHIPS[self.chip][0], 0, *self.revisions, bytes(4), int(self.has_hash)),
        )
        return header + b"".join(struct.pack("<II", at, len(data)) + data for at, data in self.segments)

    def checksum(self):
        return functools.reduce(operator.xor, b"".join(data for _, data in self.segments), CHECKSUM_START)

    def encode(self):
        body = self.body()
        image = body + bytes(15 - len(body) % 16) + bytes([self.checksum()])
        return image + hashlib.sha256(image).digest() if self.has_hash else image


def description(rng):
    """An esp_app_desc of ESP-IDF with random texts, and its values."""
    texts = [
        f"{rng.randint(0, 9)}.{rng.randint(0, 99)}",
        f"app_{rng.randrange(1000)}",
        "12:34:56",
        "Jun  1 2026",
        "v6.0",
    ]
    lengths = (32, 32, 16, 16, 32)
    cells = b"".join(text.encode().ljust(length, b"\0") for text, length in zip(texts, lengths))
    data = struct.pack("<II8s", DESCRIPTION_MAGIC, rng.randint(0, 9), bytes(8)) + cells + rng.randbytes(32)
    names = ("version", "project_name", "time", "date", "idf_version")
    return data.ljust(256, b"\0"), dict(zip(names, texts))


def draw(rng, chip, longest=4096, most=16, described=False):
    """A random image and the values of its description; its segments do not overlap in memory."""
    _, _, data_at, code_at, constants_at = CHIPS[chip]
    segments, said = [], {}
    for number in range(rng.randint(1, most)):
        base = rng.choice([data_at, code_at]) + number * 0x2000
        # esptool's image-info ends in a UnicodeDecodeError if a first byte looks like that of a bootloader's description.
        segments.append((base, b"\0" + rng.randbytes(4 * rng.randint(1, longest // 4) - 1)))
    if described:
        data, said = description(rng)
        # The tools search for it in the first segment, of constants.
        segments[0] = (constants_at, data + segments[0][1])
    low = rng.randint(0, 3) * 100 + rng.randint(0, 3)
    image = Image(chip, segments, code_at + 4 * rng.randrange(64))
    image.mode, image.size = rng.randrange(4), rng.randrange(6)
    image.revisions, image.has_hash = (low, low + rng.choice([0, 99, 399])), rng.random() < 0.8
    return image, said


def bootloader(rng, chip, size):
    """A bootloader of about `size` bytes."""
    code_at = CHIPS[chip][3]
    return Image(chip, [(code_at, rng.randbytes(size // 4 * 4))], code_at).encode()
