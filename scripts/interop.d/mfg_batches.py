"""Gives random batches to ESP-IDF's mfg_gen and to matter-mfg: a device stores the same values of its row.

usage: mfg_batches.py FOLDER COUNT SEED MATTER_MFG NVS_IMAGE

All batches are within the abilities of mfg_gen: columns in the configuration's order, no i16, empty cells below a repeated
value, no blank lines within quotes.
"""

import argparse
import contextlib
import csv
import io
import json
import logging
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

from deps import mfg_gen
from nvs_random import BLOBS, INTEGERS, Case

ENCODINGS = [*(encoding for encoding in INTEGERS if encoding != "i16"), "string", *BLOBS]


def value(case, encoding):
    if encoding == "string":
        row = case.string_row(case.rng.randint(0, 300), "abc XYZ019,;\"'#-_=\u00e9\u4e2d" + case.rng.choice(["", "\n"]))
        return "\n".join(line for line in row.value.split("\n") if not line.isspace() and line).lstrip("#")
    row = case.integer_row(encoding) if encoding in INTEGERS else case.blob_row(case.rng.randint(0, 500), encoding)
    return row.value


def batch(rng):
    """Returns the configuration, the values and the files that they name."""
    case = Case(rng, "")
    config, columns, files = [], [], {}
    for space in range(rng.randint(1, 4)):
        config.append([f"space {space}", "namespace", ""])
        for _ in range(rng.randint(0, 8)):
            encoding, in_file, repeat = rng.choice(ENCODINGS), rng.random() < 0.15, rng.random() < 0.25
            key = case.new_key()
            config.append([key, "file" if in_file else "data", encoding, *(["REPEAT"] if repeat else [])])
            columns.append((key, encoding, in_file, repeat))
    # A column that is not a key, so that no device is an empty line.
    columns.insert(rng.randint(0, len(columns)), ("note", None, False, False))
    values = [[name for name, *_ in columns]]
    for device in range(rng.randint(1, 6)):
        row = []
        for number, (_, encoding, in_file, repeat) in enumerate(columns):
            if encoding is None:
                cell = f"device {device}"
            elif repeat and device:
                cell = ""
            else:
                cell = value(case, encoding)
                if in_file:
                    name = f"value {device}.{number}"
                    files[name] = cell.encode()
                    cell = name
            row.append(cell)
        values.append(row)
    return config, values, files


def text(rows):
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def run_mfg_gen(work, version):
    """Returns the images, in the order of the rows."""
    request = argparse.Namespace(
        conf="config.csv",
        values="values.csv",
        prefix="device",
        size="0x20000",
        fileid=None,
        version=version,
        keygen=False,
        keyfile=None,
        inputkey=None,
        outdir=str(work),
        generate_bin=True,
    )
    with contextlib.redirect_stdout(io.StringIO()):
        mfg_gen.generate(request)
    count = len(list(Path("bin").glob("device-*.bin")))
    return [Path(f"bin/device-{device}.bin") for device in range(1, count + 1)]


def run_matter_mfg(work, matter_mfg):
    """Returns the images, in the order of the rows."""
    arguments = "--test-pki -v 0xFFF1 -p 0x8000 -s 0x40000 --outdir out --csv config.csv --mcsv values.csv"
    run = subprocess.run([matter_mfg, *arguments.split()], capture_output=True, text=True, check=False)
    if run.returncode:
        raise SystemExit(f"{work}: matter-mfg: {run.stderr}")
    top = Path("out/fff1_8000")
    devices = json.loads((top / "manifest.json").read_text(encoding="utf-8"))["devices"]
    return [top / device["uuid"] / f"{device['uuid']}-partition.bin" for device in devices]


def entries(image, nvs_image):
    """Returns the entries outside chip-factory."""
    dump = subprocess.run([nvs_image, "dump", image, "--format", "json"], capture_output=True, text=True, check=True).stdout
    return [entry for entry in json.loads(dump) if entry["namespace"] != "chip-factory"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("count", type=int)
    parser.add_argument("seed", type=int)
    parser.add_argument("matter_mfg", type=Path)
    parser.add_argument("nvs_image", type=Path)
    arguments = parser.parse_args()
    matter_mfg, nvs_image = arguments.matter_mfg.resolve(), arguments.nvs_image.resolve()
    folder = arguments.folder.resolve()
    logging.disable()
    devices = values_alike = mismatches = 0
    for number in range(arguments.count):
        rng = random.Random(arguments.seed * 1_000_000 + number)
        config, values, files = batch(rng)
        work = folder / str(number)
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        os.chdir(work)
        Path("config.csv").write_text(text(config), encoding="utf-8", newline="")
        Path("values.csv").write_text(text(values), encoding="utf-8", newline="")
        for name, data in files.items():
            Path(name).write_bytes(data)
        theirs, ours = run_mfg_gen(work, rng.choice([1, 2])), run_matter_mfg(work, matter_mfg)
        if not len(theirs) == len(ours) == len(values) - 1:
            raise SystemExit(f"{work}: {len(theirs)} and {len(ours)} images for {len(values) - 1} rows")
        for device, images in enumerate(zip(theirs, ours, strict=True), 1):
            expected, found = (entries(image, nvs_image) for image in images)
            devices += 1
            if expected == found:
                values_alike += len(found)
            else:
                mismatches += 1
                print(f"{work}: device {device} stores other values")
        os.chdir(folder)
        shutil.rmtree(work)
    print(
        f"mfg_gen batches: {arguments.count} ran, {devices} devices with {values_alike} values alike,"
        f" {mismatches} mismatches"
    )
    sys.exit(mismatches != 0 or values_alike < 5 * arguments.count)


if __name__ == "__main__":
    main()
