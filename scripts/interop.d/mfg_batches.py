"""Writes random batches, and the images that ESP-IDF's mfg_gen makes of them, into a folder.

usage: mfg_batches.py FOLDER COUNT SEED

`batches.jsonl` has a line for each batch; BATCH-DEVICE.bin is a device's image without the 0xFF at its end. All batches
are such that mfg_gen handles them: columns in the configuration's order, no i16, empty cells below a repeated value, no
blank lines within quotes.
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
    # A column that is no key, so that no device is an empty line.
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


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("count", type=int)
    parser.add_argument("seed", type=int)
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    logging.disable()
    with contextlib.ExitStack() as stack:
        list_of_batches = stack.enter_context(open_new(folder / "batches.jsonl"))
        for number in range(arguments.count):
            rng = random.Random(arguments.seed * 1_000_000 + number)
            config, values, files = batch(rng)
            version, size = rng.choice([1, 2]), hex(rng.choice([0x10000, 0x20000]))
            work = folder / "work"
            shutil.rmtree(work, ignore_errors=True)
            work.mkdir()
            os.chdir(work)
            Path("config.csv").write_text(text(config), encoding="utf-8", newline="")
            Path("values.csv").write_text(text(values), encoding="utf-8", newline="")
            for name, data in files.items():
                Path(name).write_bytes(data)
            request = argparse.Namespace(
                conf="config.csv",
                values="values.csv",
                prefix="device",
                size=size,
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
            for device in range(1, len(values)):
                image = Path(f"bin/device-{device}.bin").read_bytes()
                assert len(image) == int(size, 0)
                (folder / f"{number}-{device}.bin").write_bytes(image.rstrip(b"\xff"))
            description = {
                "config": text(config),
                "values": text(values),
                "files": {name: data.decode() for name, data in files.items()},
                "size": size,
                "version": version,
                "devices": len(values) - 1,
            }
            print(json.dumps(description), file=list_of_batches)


def open_new(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    return open(path, "w", encoding="utf-8")


if __name__ == "__main__":
    main()
