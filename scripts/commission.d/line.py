"""A device as the production line leaves it: on a virtual chip, with encrypted flash and a locked chip.

The line writes the device's flash, burns its keys and locks its chip. The flash is then decrypted with the
device's key, and its partitions replace the files that the device was made with.
"""

import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import time

sys.path.append(str(pathlib.Path(__file__).parent.parent / "interop.d"))

import random

import flash_writer

CHIP, MAC, ORDER = "esp32c3", "60:55:f9:00:00:01", "commission"
NVS, NVS_KEYS = (0x10000, 0x6000), (0x16000, 0x1000)
TABLE = f"""\
nvs,      data, nvs,      {NVS[0]:#x}, {NVS[1]:#x}
nvs_keys, data, nvs_keys, {NVS_KEYS[0]:#x}, {NVS_KEYS[1]:#x}
factory,  app,  factory,  0x20000, 0x20000
"""
SECTOR = 4096
# Kinds of records in a virtual chip's state: a sector with its number, and an erased one.
WRITTEN, ERASED = ord("S"), ord("X")


def profile(folder):
    """A production profile without secure boot; its images are random code."""
    rng = random.Random(20)
    folder.mkdir()
    (folder / "table.csv").write_text(TABLE)
    (folder / "bootloader.bin").write_bytes(flash_writer.bootloader(rng, CHIP, 0x3000))
    app, _ = flash_writer.draw(rng, CHIP, longest=0x1800, most=12, described=True)
    app.revisions = (0, 0)
    (folder / "app.bin").write_bytes(app.encode())
    text = {
        "chip": CHIP,
        "revision": "0.4",
        "flash_size": "4MB",
        "partition_table": "table.csv",
        "bootloader": "bootloader.bin",
        "apps": {"factory": "app.bin"},
        "images": {"nvs": "nvs", "nvs_keys": "nvs_keys"},
        "flash_encryption": {"mode": "release", "keys_dir": "keys"},
        "nvs_encryption": "nvs_keys",
    }
    (folder / "profile.json").write_text(json.dumps(text))
    return folder / "profile.json"


def flash_of(state, length):
    """The flash of a virtual chip, from its state: records of kind, length, checksum and content, and a checksum of all."""
    flash, data, at = bytearray(b"\xff" * length), state.read_bytes(), 0
    while at + 13 <= len(data):
        kind, size = struct.unpack_from("<BI", data, at)
        content = data[at + 9 : at + 9 + size]
        at += 13 + size
        if kind in (WRITTEN, ERASED):
            start = struct.unpack_from("<I", content)[0] * SECTOR
            bytes_of = content[4:] if kind == WRITTEN else b"\xff" * SECTOR
            if start < length:
                flash[start : start + SECTOR] = bytes_of
    return bytes(flash)


def run_line(maker, out, profile_file):
    """Runs the line on one virtual chip; returns the chip's state."""
    port, state = out / "port.txt", out / "chip.state"
    chip = [maker.binaries / "sim-chip", "--chip", CHIP, "--mac", MAC, "--port-file", port, "--state", state]
    with subprocess.Popen(list(map(str, chip)), stdout=subprocess.DEVNULL) as process:
        try:
            for _ in range(200):
                if port.exists() and port.read_text().strip():
                    break
                time.sleep(0.05)
            where = ["--ledger", out / "ledger.sqlite", "--devices", out, "--profile", profile_file]
            who = ["--station", "line 1", "--operator", "ann", "--order", ORDER]
            board = ["--port", port.read_text().strip(), "--burn", "--confirm", ORDER, "--once"]
            board += ["--engine", os.environ.get("COMMISSION_ENGINE", "rom")]
            maker.tool("line-station", "run", *who, *where, *board)
        finally:
            process.terminate()
    return state


def device(maker, name):
    """Makes a device, lets the line write it to a chip, and reads it back from there."""
    profile_file = profile(maker.work / f"{name}-profile")
    made = maker.mfg(name, "--flash-plan", profile_file, "--order", ORDER, "--order-size", 1)
    out, uuid = maker.work / name, made.folder.name
    state = run_line(maker, out, profile_file)
    plan = json.loads((made.folder / f"{uuid}-flash-plan.json").read_text())
    end = max(region["offset"] + region["length"] for region in plan["regions"])
    flash = bytearray(flash_of(state, end))
    assert bytes(flash) == (made.folder / f"{uuid}-flash.bin").read_bytes(), "the line has written other bytes"
    work = maker.work / f"{name}-read"
    work.mkdir()
    key = profile_file.parent / "keys" / f"{uuid}-flash-key.bin"
    for region in plan["regions"]:
        if region["encrypted"]:
            place = slice(region["offset"], region["offset"] + region["length"])
            (work / "piece").write_bytes(flash[place])
            scheme = ["--address", hex(region["offset"]), "--scheme", "xts-128", "--key", key]
            maker.tool("flash-image", "decrypt", work / "piece", work / "plain", *scheme, "--force")
            flash[place] = (work / "plain").read_bytes()
    for file, start in ("bootloader.bin", 0), ("app.bin", 0x20000):
        data = (profile_file.parent / file).read_bytes()
        assert flash[start : start + len(data)] == data, f"{file} is not in the flash"
    # The partitions on the chip replace the files of the run.
    folder = work / uuid
    shutil.copytree(made.folder, folder)
    for (start, length), suffix in (NVS, "-partition.bin"), (NVS_KEYS, "-keys-partition.bin"):
        (folder / f"{uuid}{suffix}").unlink()
        (folder / f"{uuid}{suffix}").write_bytes(flash[start : start + length])
    made.folder = folder
    return made
