"""Reads NVS partitions, so that a simulated device does not depend on our own decoder.

Format: ESP-IDF, components/nvs_flash (pages of 4096 bytes: header, slot states, 126 slots of 32 bytes). Reads images
written by a tool; anything but a clean image is an AssertionError. As a program it compares its result with the entries that
the firmware's code read from published images: nvs_reader.py VECTORS/nvs.
"""

import json
import pathlib
import struct
import sys
import zlib

PAGE = 4096
SLOT = 32
SLOTS = 126
STATES = {0xFFFFFFFE: "active", 0xFFFFFFFC: "full"}
NUMBERS = {
    0x01: ("u8", "<B"), 0x11: ("i8", "<b"), 0x02: ("u16", "<H"), 0x12: ("i16", "<h"),
    0x04: ("u32", "<I"), 0x14: ("i32", "<i"), 0x08: ("u64", "<Q"), 0x18: ("i64", "<q"),
}
STRING, BLOB_V1, BLOB_CHUNK, BLOB_INDEX = 0x21, 0x41, 0x42, 0x48


def crc(data):
    return zlib.crc32(data, 0xFFFFFFFF)


def heads(image):
    """(page, first slot's bytes, the following slots) of every written item, in the order of the log."""
    pages = []
    for start in range(0, len(image), PAGE):
        page = image[start : start + PAGE]
        (state, sequence) = struct.unpack_from("<II", page)
        if state == 0xFFFFFFFF:
            assert page == b"\xff" * PAGE, f"page at {start:#x} is not erased"
            continue
        assert state in STATES, f"page at {start:#x} has state {state:#x}"
        assert struct.unpack_from("<I", page, 28)[0] == crc(page[4:28]), f"header of the page at {start:#x}"
        pages.append((sequence, page))
    for _, page in sorted(pages, key=lambda item: item[0]):
        slot = 0
        while slot < SLOTS:
            written = page[32 + slot // 4] >> 2 * (slot % 4) & 3 == 0b10
            head = page[64 + SLOT * slot : 96 + SLOT * slot]
            if not written:
                slot += 1
                continue
            assert struct.unpack_from("<I", head, 4)[0] == crc(head[:4] + head[8:]), f"entry in slot {slot}"
            span = head[2]
            assert 1 <= span <= SLOTS - slot, f"span in slot {slot}"
            yield head, page[96 + SLOT * slot : 64 + SLOT * (slot + span)]
            slot += span


def read(image):
    """{namespace: {key: (type, value)}}; numbers as int, strings as str, blobs as bytes."""
    names, found, chunks, indexes = {}, {}, {}, {}
    for head, behind in heads(image):
        index, kind, _, chunk = head[:4]
        key = head[8:24].split(b"\0")[0].decode()
        if index == 0:
            names[head[24]] = key
            found.setdefault(key, {})
        elif kind in NUMBERS:
            name, form = NUMBERS[kind]
            found[names[index]][key] = (name, struct.unpack_from(form, head, 24)[0])
        elif kind == BLOB_INDEX:
            indexes[index, key] = struct.unpack_from("<IBB", head, 24)
        else:
            size, _, check = struct.unpack_from("<HHI", head, 24)
            data = behind[:size]
            assert len(data) == size and check == crc(data), f"data of {key}"
            if kind == STRING:
                assert data.endswith(b"\0"), f"{key} has no end"
                found[names[index]][key] = ("string", data[:-1].decode())
            elif kind == BLOB_V1:
                found[names[index]][key] = ("blob", data)
            else:
                assert kind == BLOB_CHUNK, f"type {kind:#x} of {key}"
                chunks.setdefault((index, key), {})[chunk] = data
    for (index, key), (size, count, first) in indexes.items():
        parts = chunks.pop((index, key))
        data = b"".join(parts[first + number] for number in range(count))
        assert len(data) == size and len(parts) == count, f"chunks of {key}"
        found[names[index]][key] = ("blob", data)
    assert not chunks, f"chunks without an index: {sorted(key for _, key in chunks)}"
    return found


def main(folder):
    """Compares every plain image that the firmware's code mounted without a change or a bad entry with the entries that it listed."""
    count = 0
    cases = json.loads((folder / "manifest.json").read_text())["cases"]
    for case in cases:
        device = case.get("device")
        clean = device and device["mount"] == "ESP_OK" and not device["bad"] and not device["mount_bytes_changed"]
        if not clean or case["encryption"] or case["kind"] != "ok":
            continue
        want = {}
        for line in (folder / device["file"]).read_text().splitlines():
            entry = json.loads(line)
            if "namespace" not in entry:
                continue
            names = want.setdefault(entry["namespace"], {})
            if "key" in entry:
                kind, value = entry["type"], entry["value"]
                if kind.startswith("blob"):
                    kind, value = "blob", bytes.fromhex(value)
                names[entry["key"]] = (kind, value)
        got = read((folder / case["expected"]).read_bytes())
        assert got == want, f"{case['name']}: {got}, not {want}"
        count += 1
    assert count, "no image"
    print(f"nvs_reader: {count} images as listed by the firmware")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
