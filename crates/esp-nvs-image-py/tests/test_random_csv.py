"""Random CSV files through both command lines: the same bytes, and the time of each."""

import argparse
import contextlib
import io
import os
import random
import resource
import subprocess
import sys
import time

from conftest import OURS, PEER, run
from esp_idf_nvs_partition_gen import nvs_partition_gen as peer
from random_csv import Case, random_case

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
    """All cases through our command line; unencrypted ones with one file also through the function."""
    monkeypatch.chdir(tmp_path)
    rng = random.Random(SEED)
    equal, sizes = 0, 0
    functions, times = 0, {"theirs": 0.0, "ours": 0.0}
    for number in range(CASES):
        case = random_case(rng)
        case.keys = rng.randbytes(64) if rng.random() < 0.3 else None
        names = write_inputs(case, tmp_path)
        command, options = "generate", ["--version", str(case.version)]
        if case.keys is not None:
            keys = key_partition(case.keys)
            (tmp_path / "keys.bin").write_bytes(keys)
            command, options = "encrypt", [*options, "--inputkey", "keys.bin"]
        start = time.process_time()
        theirs = generate_with_peer(case, names, tmp_path)
        theirs_took = time.process_time() - start
        done = run(OURS, command, *names, "ours.bin", hex(case.size), *options, cwd=tmp_path)
        assert done.returncode == 0, f"case {number}: {done.stderr}"
        assert (tmp_path / "ours.bin").read_bytes() == theirs, f"case {number} of seed {SEED} differs"
        equal, sizes = equal + 1, sizes + len(theirs)
        if case.keys is None and len(names) == 1:
            start = time.process_time()
            image = encode(case, tmp_path)
            times["ours"] += time.process_time() - start
            times["theirs"] += theirs_took
            functions += image == theirs
            assert image == theirs, f"case {number} of seed {SEED} differs as a function"
    report(f"random CSV files: {equal} of {CASES} images have the generator's bytes, {sizes / CASES / 1024:.0f} KiB each")
    ratio = times["theirs"] / times["ours"]
    report(f"as functions: {functions} of them, all equal, {ratio:.1f} times less of the processor than the generator's")
    assert ratio > 2


def encode(case, folder):
    """Calls our function."""

    def load(name):
        with open(folder / name, "rb") as file:
            return file.read()

    return esp_nvs_image.encode_csv(case.texts[0], case.size, version=case.version, load=load)


def key_partition(raw):
    """Returns the key partition as the generator writes it."""
    import zlib

    return (raw + zlib.crc32(raw, 0xFFFFFFFF).to_bytes(4, "little")).ljust(4096, b"\xff")


def test_functions_of_a_factory_partition_are_faster(tmp_path, monkeypatch, report):
    """The partition of a Matter device, 24 KiB: the minimum processor time of each."""
    monkeypatch.chdir(tmp_path)
    entries = [("chip-factory", f"number-{n}", "u32", n) for n in range(8)]
    entries += [("chip-factory", f"text-{n}", "string", "serial number " * (n + 1)) for n in range(6)]
    entries += [("chip-factory", f"blob-{n}", "blob", bytes(range(200)) * 3) for n in range(4)]
    image = esp_nvs_image.encode(entries, 0x6000)
    case = Case(size=0x6000, version=2, texts=[esp_nvs_image.to_csv(image)])
    case.keys = None
    names = write_inputs(case, tmp_path)
    assert generate_with_peer(case, names, tmp_path) == image == encode(case, tmp_path)
    theirs = least_processor_time(lambda: generate_with_peer(case, names, tmp_path), 1)
    for name, call in (
        ("encode", lambda: esp_nvs_image.encode(entries, 0x6000)),
        ("encode_csv", lambda: encode(case, tmp_path)),
    ):
        ours = least_processor_time(call, 20)
        report(f"{name}: {1e6 * ours:.1f} us, generator {1e6 * theirs:.0f} us, {theirs / ours:.0f} times less")
        assert theirs / ours > 5


def least_processor_time(call, repeats):
    least = float("inf")
    for _ in range(40):
        start = time.process_time()
        for _ in range(repeats):
            call()
        least = min(least, (time.process_time() - start) / repeats)
    return least


def test_command_starts_fast(tmp_path, monkeypatch, report):
    """Interleaved runs and the minimum of each, because the machine may be loaded."""
    monkeypatch.chdir(tmp_path)
    case = random_case(random.Random(SEED))
    case.texts = case.texts[:1]
    (name,) = write_inputs(case, tmp_path)
    arguments = ["generate", name, "out.bin", hex(case.size), "--version", str(case.version)]
    python = [sys.executable, "-c"]
    times = least(
        {
            "command": [*OURS, *arguments],
            "python -m esp_nvs_image": [sys.executable, "-m", "esp_nvs_image", *arguments],
            "generator": [*PEER, *arguments],
            "Python's start": [*python, ""],
            "Python's start with argparse": [*python, "import argparse"],
        },
        rounds=15,
    )
    for name, (wall, cpu) in times.items():
        report(f"{name}: {1000 * wall:.1f} ms, {1000 * cpu:.1f} ms of the processor")
    (command, command_cpu), (start, start_cpu) = times["command"], times["Python's start"]
    (generator, generator_cpu) = times["generator"]
    report(
        f"the command is {generator / command:.1f} times as fast as the generator ({generator_cpu / command_cpu:.1f} times less"
        f" of the processor), and takes {command / start:.2f} of Python's start ({command_cpu / start_cpu:.2f})"
    )
    assert generator_cpu / command_cpu > 2
    assert command_cpu < 3 * start_cpu


def least(commands, rounds):
    """Minimum time and minimum processor time of each, in seconds."""
    times = dict.fromkeys(commands, (float("inf"), float("inf")))
    for _ in range(rounds):
        for name, command in commands.items():
            before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            times[name] = (min(times[name][0], wall), min(times[name][1], cpu))
    return times
