#!/usr/bin/env python3
"""Makes the files that the browser tests drop: files.py BINARIES FOLDER. The devices come from matter-mfg, always the same ones."""

import hashlib
import pathlib
import random
import shutil
import struct
import subprocess
import sys

SLOT, PAGE = 32, 4096


def mfg(binaries, out, *arguments):
    common = ["--seed", "0badc0de", "--valid-from", "2026-01-01", "--iteration-count", "10000", "--quiet", "--outdir", str(out)]
    subprocess.run([binaries / "matter-mfg", *common, *map(str, arguments)], check=True, capture_output=True)
    devices = sorted(path for path in out.rglob("*-onb_codes.csv"))
    return [path.parent for path in devices]


def file(device, suffix):
    return next(device.glob(f"*{suffix}"))


def slot_of(image, key):
    """The slot of an entry in the first page."""
    page = image[:PAGE]
    names = [page[64 + SLOT * slot + 8 : 64 + SLOT * slot + 24].rstrip(b"\0") for slot in range(126)]
    return names.index(key.encode())


def faulty(image):
    """Changes a letter of the vendor's name, and marks a required entry as erased."""
    image = bytearray(image)
    name = 64 + SLOT * (slot_of(image, "vendor-name") + 1)
    image[name] ^= 0x01
    erased = slot_of(image, "product-id")
    image[32 + erased // 4] &= ~(3 << erased % 4 * 2) & 0xFF
    return bytes(image)


def table(rows):
    """A binary partition table (ESP-IDF Programming Guide, "Partition Tables")."""
    made = b""
    for label, kind, subtype, offset, size in rows:
        made += struct.pack("<HBBII16sI", 0x50AA, kind, subtype, offset, size, label.encode(), 0)
    made += b"\xEB\xEB" + b"\xFF" * 14 + hashlib.md5(made).digest()
    return made.ljust(0xC00, b"\xFF")


def flash(nvs, secure_cert):
    """4 MiB, nearly full: firmware of random bytes and text, the slowest input of the search for keys."""
    rows = [
        ("nvs", 1, 0x02, 0x9000, 0x6000),
        ("otadata", 1, 0x00, 0xF000, 0x2000),
        ("esp_secure_cert", 0x3F, 0x06, 0x11000, 0x2000),
        ("fctry", 1, 0x02, 0x13000, len(nvs)),
        ("ota_0", 0, 0x10, 0x20000, 0x1E0000),
        ("ota_1", 0, 0x11, 0x200000, 0x1E0000),
        ("storage", 1, 0x82, 0x3E0000, 0x20000),
    ]
    dump = bytearray(b"\xFF" * 0x400000)

    def put(offset, content):
        dump[offset : offset + len(content)] = content

    noise = random.Random(7)
    put(0x8000, table(rows))
    put(0x11000, secure_cert)
    put(0x13000, nvs)
    text = b"".join(f"I ({number}) chip[DL]: wifi event 0x{number * 2654435761 % 2**32:08x}\0".encode() for number in range(9000))
    for _, _, _, offset, size in rows[4:6]:
        put(offset, noise.randbytes(size - 0x80000) + text[:0x60000])
    return bytes(dump)


def main(binaries, folder):
    binaries, folder = pathlib.Path(binaries), pathlib.Path(folder)
    runs = folder / "runs"
    serials = folder / "serials.txt"
    serials.parent.mkdir(exist_ok=True)
    serials.write_text("AB-0001\nAB-0002\n")
    names = ["--vendor-name", "Example Lights", "--product-name", "Lamp 7", "--serials", serials]
    pair = mfg(binaries, runs / "pair", "--test-pki", "-v", "0xFFF1", "-p", "0x8000", "-n", 2, *names)
    first, second = pair
    pki = runs / "pair/test-pki"

    place = folder / "clean"
    place.mkdir()
    # A vendor that is not for tests, with its own chain, and a declaration in the firmware.
    mfg(binaries, runs / "pki", "--test-pki", "-v", "0x1234", "-p", "0x8000", "-n", 1)
    own = runs / "pki/test-pki"
    [clean] = mfg(binaries, runs / "clean", "--pai", "-c", own / "PAI_cert.pem", "-k", own / "PAI_key.pem", "-v", "0x1234",
                  "-p", "0x8000", "-n", 1, "--serial-num", "CL-0001")  # fmt: skip
    for suffix in ("-partition.bin", "-onb_codes.csv", "-qrcode.png"):
        shutil.copy(file(clean, suffix), place)
    shutil.copy(own / "PAA_cert.pem", place)

    place = folder / "faulty"
    place.mkdir()
    (place / "lamp-partition.bin").write_bytes(faulty(file(first, "-partition.bin").read_bytes()))
    shutil.copy(file(second, "-onb_codes.csv"), place / "label.csv")
    shutil.copy(pki / "PAA_cert.pem", place / "PAA_cert.pem")

    place = folder / "parts"
    place.mkdir()
    shutil.copy(pki / "PAA_cert.pem", place)
    shutil.copy(pki / "PAI_cert.pem", place)
    for name in ("DAC_cert.der", "CD.der", "DAC_key.pem"):
        shutil.copy(first / "internal" / name, place)
    shutil.copy(file(first, "-qrcode.png"), place / "qrcode.png")
    shutil.copy(file(first, "-onb_codes.csv"), place / "codes.csv")
    shutil.copytree(first, folder / "device")

    [secure] = mfg(binaries, runs / "secure", "--pai", "-c", pki / "PAI_cert.pem", "-k", pki / "PAI_key.pem", "-cd", pki / "CD.der",
                   "-v", "0xFFF1", "-p", "0x8000", "-n", 1, "--dac-in-secure-cert")  # fmt: skip
    place = folder / "dump"
    place.mkdir()
    nvs, certs = file(secure, "-partition.bin").read_bytes(), file(secure, "_esp_secure_cert.bin").read_bytes()
    (place / "flash.bin").write_bytes(flash(nvs, certs))
    (place / "esp_secure_cert.bin").write_bytes(certs)

    place = folder / "broken"
    place.mkdir()
    image = file(first, "-partition.bin").read_bytes()
    noise = random.Random(8)
    (place / "cut.bin").write_bytes(image[:5000])
    (place / "empty").write_bytes(b"")
    (place / "noise.bin").write_bytes(noise.randbytes(20480))
    (place / "no-picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + noise.randbytes(500))
    (place / "cut.der").write_bytes((first / "internal/DAC_cert.der").read_bytes()[:200])
    print(f"inspector: {len(pair) + 3} devices made by matter-mfg, {sum(path.is_file() for path in folder.rglob('*'))} files")


if __name__ == "__main__":
    main(*sys.argv[1:])
