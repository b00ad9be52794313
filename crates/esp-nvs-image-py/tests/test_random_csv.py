"""Random CSV files through both command lines: the same bytes, and how long each takes."""

import argparse
import contextlib
import io
import os
import random
import sys
import time

from conftest import OURS, PEER, run
from esp_idf_nvs_partition_gen import nvs_partition_gen as peer
from random_csv import random_case

import esp_nvs_image

CASES = int(os.environ.get("NVS_CASES", "500"))
SEED = 20221025


def write_inputs(case, folder):
    names = []
    for number, text in enumerate(case.texts):
        names.append(f"in {number}.csv")
        (folder / names[-1]).write_text(text, encoding="utf-8", newline="")
    for name, data in case.files.items():
        (folder / name).write_bytes(data)
    return names


def generate_with_peer(case, names, folder):
    """Calls the generator as a function, in the working directory, and returns the image."""
    request = argparse.Namespace(
        input=names,
        output="peer.bin",
        size=hex(case.size),
        version=case.version,
        outdir=str(folder),
        keygen=False,
        keyfile=None,
        inputkey="keys.bin",
    )
    with contextlib.redirect_stdout(io.StringIO()):
        if case.keys is None:
            peer.generate(request)
        else:
            peer.encrypt(request)
    return (folder / "peer.bin").read_bytes()


def test_random_csv_files_give_the_generators_bytes(tmp_path, monkeypatch, report):
    monkeypatch.chdir(tmp_path)
    rng = random.Random(SEED)
    equal, sizes = 0, 0
    for number in range(CASES):
        case = random_case(rng)
        case.keys = rng.randbytes(64) if rng.random() < 0.3 else None
        names = write_inputs(case, tmp_path)
        command, options = "generate", ["--version", str(case.version)]
        if case.keys is not None:
            keys = key_partition(case.keys)
            (tmp_path / "keys.bin").write_bytes(keys)
            command, options = "encrypt", [*options, "--inputkey", "keys.bin"]
        theirs = generate_with_peer(case, names, tmp_path)
        done = run(OURS, command, *names, "ours.bin", hex(case.size), *options, cwd=tmp_path)
        assert done.returncode == 0, f"case {number}: {done.stderr}"
        assert (tmp_path / "ours.bin").read_bytes() == theirs, f"case {number} of seed {SEED} differs"
        equal, sizes = equal + 1, sizes + len(theirs)
    report(f"random CSV files: {equal} of {CASES} images have the generator's bytes, {sizes / CASES / 1024:.0f} KiB each")


def key_partition(raw):
    """Writes the keys as the generator does: it and the firmware have the same checksum."""
    import zlib

    return (raw + zlib.crc32(raw, 0xFFFFFFFF).to_bytes(4, "little")).ljust(4096, b"\xff")


def test_function_and_command_are_faster_than_the_generators(tmp_path, monkeypatch, report):
    """Interleaved runs and the least of each: the machine may have other work."""
    monkeypatch.chdir(tmp_path)
    rng = random.Random(SEED)
    case = max((random_case(rng) for _ in range(20)), key=lambda case: sum(map(len, case.texts)))
    case.keys, case.texts = None, case.texts[:1]
    (name,) = write_inputs(case, tmp_path)
    read = lambda path: (tmp_path / path).read_bytes()  # noqa: E731

    def ours():
        return esp_nvs_image.encode_csv(case.texts[0], case.size, version=case.version, load=read)

    assert ours() == generate_with_peer(case, [name], tmp_path)
    times = least(
        {
            "function": lambda: [ours() for _ in range(20)],
            "generator's function": lambda: generate_with_peer(case, [name], tmp_path),
        },
        rounds=5,
    )
    times["function"] /= 20
    arguments = ["generate", name, "out.bin", hex(case.size), "--version", str(case.version)]
    times |= least(
        {
            "command": lambda: run(OURS, *arguments, cwd=tmp_path),
            "python -m": lambda: run([sys.executable, "-m", "esp_nvs_image"], *arguments, cwd=tmp_path),
            "generator's command": lambda: run(PEER, *arguments, cwd=tmp_path),
            "Python's start": lambda: run([sys.executable, "-c", ""], cwd=tmp_path),
            "Python's start with argparse": lambda: run([sys.executable, "-c", "import argparse"], cwd=tmp_path),
        },
        rounds=7,
    )
    report("least times: " + ", ".join(f"{name} {1000 * time:.1f} ms" for name, time in times.items()))
    function = times["generator's function"] / times["function"]
    command = times["generator's command"] / times["command"]
    start = times["command"] / times["Python's start"]
    report(f"ratios: function {function:.0f}x, command {command:.1f}x as fast; command takes {start:.2f} of Python's start")
    assert function > 10
    assert command > 2


def least(work, rounds):
    times = dict.fromkeys(work, float("inf"))
    for _ in range(rounds):
        for name, call in work.items():
            start = time.perf_counter()
            call()
            times[name] = min(times[name], time.perf_counter() - start)
    return times


