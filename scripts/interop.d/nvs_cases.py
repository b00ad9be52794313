"""Writes random partitions, and the reference generator's image of each, into a folder.

usage: nvs_cases.py FOLDER COUNT SEED

`cases.jsonl` has a line for each case; NUMBER.bin is the generator's image without the 0xFF at its end, missing if the generator
refuses the case. A COUNT below a few hundred omits kinds of cases.
"""

import argparse
import contextlib
import io
import json
import os
import random
from pathlib import Path

from esp_idf_nvs_partition_gen import nvs_partition_gen as generator

import nvs_differences  # noqa: F401
import nvs_refusals  # noqa: F401
from nvs_kinds import KINDS
from nvs_random import Case


def run(work):
    """Runs a part of the generator. Any exception that a user would see is a refusal."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            work()
        return True
    except (Exception, SystemExit):  # noqa: BLE001
        return False


def generate(case, names):
    """Returns the image, or None."""
    image = Path("out.bin")
    image.unlink(missing_ok=True)
    request = argparse.Namespace(
        input=names,
        output="out.bin",
        size=case.size,
        version=case.version,
        outdir=os.getcwd(),
        keygen=False,
        keyfile=None,
    )
    if case.hmac_key:
        Path("hmac.bin").write_bytes(case.hmac_key)
        keys = argparse.Namespace(
            key_protect_hmac=True,
            kp_hmac_keygen=False,
            kp_hmac_inputkey="hmac.bin",
            keyfile="derived.bin",
            outdir=os.getcwd(),
        )
        assert run(lambda: generator.generate_key(keys))
        case.key = Path("keys/derived.bin").read_bytes()
    if case.key:
        Path("key.bin").write_bytes(case.key)
        request.inputkey = "key.bin"
        done = run(lambda: generator.encrypt(request))
    else:
        done = run(lambda: generator.generate(request))
    # It leaves an empty file if it fails, and exits with success if the size is not a number.
    return image.read_bytes() if done and image.exists() else None


def write(case, number, folder, list_of_cases):
    texts, place = case.render()
    names = [f"in {input_number}.csv" for input_number in range(len(texts))]
    for name, text in zip(names, texts):
        Path(name).write_text(text, encoding="utf-8", newline="")
    for name, data in case.files.items():
        Path(name).write_bytes(data)
    image = generate(case, names)
    for name in case.files:
        Path(name).unlink()
    if image is not None:
        (folder / f"{number:05}.bin").write_bytes(image.rstrip(b"\xff"))
    description = {
        "number": number,
        "kind": case.kind,
        "want": case.want,
        "reason": case.reason,
        "input": place and names[place[0]],
        "line": place and place[1],
        "size": case.size,
        "version": case.version,
        "compat": case.compat,
        "key": case.key and case.key.hex(),
        "hmac_key": case.hmac_key and case.hmac_key.hex(),
        "inputs": [{"name": name, "text": text} for name, text in zip(names, texts)],
        "files": {name: data.hex() for name, data in case.files.items()},
        "entries": case.entries() if case.want in ("right", "beyond") else [],
        "length": None if image is None else len(image),
    }
    print(json.dumps(description), file=list_of_cases)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("count", type=int)
    parser.add_argument("seed", type=int)
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    work = folder / "work"
    work.mkdir(parents=True, exist_ok=True)
    os.chdir(work)
    # Each kind as often as its weight, in a fixed order that mixes them.
    kinds = [kind for kind in KINDS for _ in range(kind[0])]
    random.Random(arguments.seed).shuffle(kinds)
    with open(folder / "cases.jsonl", "w", encoding="utf-8") as list_of_cases:
        for number in range(arguments.count):
            _, want, reason, make = kinds[number % len(kinds)]
            case = Case(random.Random(arguments.seed * 1_000_000 + number), make.__name__)
            case.want, case.reason = want, reason
            make(case)
            write(case, number, folder, list_of_cases)


if __name__ == "__main__":
    main()
