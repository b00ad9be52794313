"""Output of `esptool image-info` and `flash-image info --json` for random images, and for damaged ones."""

import json
import re

import flash_writer
from flash_tools import case_folder, esptool, write

# Lines of esptool, and their members in our JSON.
FIELDS = {
    "entry": (r"^Entry point: (0x[0-9a-f]+)", lambda text: int(text, 16)),
    "flash size": (r"^Flash size: (\S+)", str),
    "mode": (r"^Flash mode: (\S+)", str),
    "chip id": (r"^Chip ID: (\d+) ", int),
    "least revision": (r"^Minimal chip revision: v(\d+\.\d+)", str),
    "last revision": (r"^Maximal chip revision: v(\d+\.\d+)", str),
    "checksum": (r"^Checksum: (0x[0-9a-f]+) \(valid\)", lambda text: int(text, 16)),
    "hash": (r"^Validation hash: ([0-9a-f]{64}) \(valid\)", str),
    "project name": (r"^Project name: (.*)", str),
    "version": (r"^App version: (.*)", str),
    "idf version": (r"^ESP-IDF: (.*)", str),
    "elf hash": (r"^ELF file SHA256: ([0-9a-f]{64})", str),
    "secure version": (r"^Secure version: (\d+)", int),
}
# The place of esptool's "File offs": the header of a segment, 8 bytes before its data.
SEGMENT_HEADER = 8
SEGMENT = re.compile(r"^ +\d+ +0x([0-9a-f]+) +0x([0-9a-f]+) +0x([0-9a-f]+) ", re.MULTILINE)


def theirs(path):
    """esptool's values, or None if it refuses the image or finds something invalid."""
    answer = esptool("image-info", path)
    if not answer.done or "invalid" in answer.out:
        return None, answer
    found = {name: re.search(pattern, answer.out, re.MULTILINE) for name, (pattern, _) in FIELDS.items()}
    said = {name: FIELDS[name][1](match.group(1).strip()) for name, match in found.items() if match}
    # 0 means no limit in ESP-IDF ("IS_MAX_REV_SET" of its bootloader) and here.
    if said.get("last revision") == "0.0":
        del said["last revision"]
    rows = [[int(cell, 16) for cell in row] for row in SEGMENT.findall(answer.out)]
    said["segments"] = [(length, address, offset + SEGMENT_HEADER) for length, address, offset in rows]
    return said, answer


def mine(path, ours):
    """The same values from `flash-image info --json`, or None if it refuses the image."""
    answer = ours("info", path, "--json")
    if not answer.done:
        return None, answer
    info = json.loads(answer.out)
    app = info.get("app") or {}
    said = {
        "entry": info["entry"],
        "flash size": info["flash_size"],
        "mode": info["spi_mode"].upper(),
        "chip id": info["chip_id"],
        "least revision": info["min_revision"],
        "last revision": info["max_revision"],
        "checksum": info["checksum"],
        "hash": info["hash"],
        "segments": [tuple(cell[name] for name in ("length", "load_address", "offset")) for cell in info["segments"]],
        **{
            name: app.get(name.replace(" ", "_"))
            for name in ("project name", "version", "idf version", "secure version")
        },
        "elf hash": app.get("app_elf_sha256"),
    }
    return {name: value for name, value in said.items() if value is not None}, answer


def damages(rng, data, image):
    """Damaged copies that both refuse, and those that only flash-image must refuse."""
    end = len(data)
    body = len(image.body())

    def patched(at, value):
        return data[:at] + value + data[at + len(value) :]

    def flipped(at):
        return patched(at, bytes([data[at] ^ 1 << rng.randrange(8)]))

    hash_len = 32 if image.has_hash else 0
    both = {
        "no magic": patched(0, b"\x00"),
        "cut in the header": data[: rng.randint(1, 23)],
        "cut in a segment": data[: rng.randint(33, body - 1)],
        "a segment too long": patched(28, (0x00F00000).to_bytes(4, "little")),
        "17 segments": patched(1, b"\x11"),
        "a bit of a segment": flipped(rng.randrange(32, 32 + len(image.segments[0][1]))),
        "the checksum": flipped(end - hash_len - 1),
    }
    if image.has_hash:
        both["a bit of the hash"] = flipped(rng.randrange(end - 32, end))
        both["a bit of the entry"] = flipped(4)
        both["cut in the hash"] = data[: end - rng.randint(1, 32)]
    return both


def agree(path, image, ours, tally):
    left, tool = theirs(path)
    right, answer = mine(path, ours)
    if left is None or right is None:
        tally.check(False, "images read alike", f"{image.chip}: esptool {tool}; ours {answer}")
        return
    names = [name for name in {**left, **right} if left.get(name) != right.get(name)]
    other = "; ".join(f"{name}: esptool {left.get(name)}; ours {right.get(name)}" for name in names)
    tally.check(not names, "images read alike", f"{image.chip}: {other}")


def images(rng, count, folder, ours, tally):
    chips = list(flash_writer.CHIPS)
    for case in range(count):
        image, _ = flash_writer.draw(rng, chips[case % len(chips)], described=case % 2 == 0)
        data = image.encode()
        with case_folder(folder, case, tally) as path:
            agree(write(path / "image.bin", data), image, ours, tally)
            for name, damage in damages(rng, data, image).items():
                damaged = write(path / f"{name.replace(' ', '-')}.bin", damage)
                left, tool = theirs(damaged)
                right, answer = mine(damaged, ours)
                refused = left is None and right is None and answer.code in (1, 2)
                tally.check(
                    refused, "damaged images refused by both", f"{image.chip}, {name}: esptool {tool}; ours {answer}"
                )
