"""Times flash-image against espsecure and esptool, including the start of the process, in turn; the minimum of each counts.

usage: flash_speed.py FOLDER FLASH_IMAGE RUNS

Prints a line for each operation, and exits with 1 if a ratio is below its target.
"""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import flash_writer
import secure_boot_keys

CONTENTS, APP = 4 << 20, 3 << 19
ENCRYPT_RATIO, RATIO = 20, 10


def tool(name, *arguments):
    return [Path(sys.executable).parent / name, *arguments]


def encryptions(folder, binary, rng):
    plain, address = folder / "plain", ["--address", "0x10000"]
    plain.write_bytes(rng.randbytes(CONTENTS))
    for scheme, length, options in (("xts-128", 32, ["--aes-xts"]), ("xts-256", 64, ["--aes-xts"]), ("esp32", 32, [])):
        key, out = folder / f"{scheme}.key", folder / f"{scheme}.out"
        key.write_bytes(rng.randbytes(length))
        theirs = tool("espsecure", "encrypt-flash-data", *options, "--keyfile", key, *address, "--output", out, plain)
        ours = [binary, "encrypt", plain, out, *address, "--scheme", scheme, "--key", key]
        yield f"encrypt 4 MiB, {scheme}", theirs, ours, out, ENCRYPT_RATIO


def signatures(folder, binary, rng):
    app = folder / "app"
    code_at = flash_writer.CHIPS["esp32c3"][3]
    app.write_bytes(flash_writer.Image("esp32c3", [(code_at, rng.randbytes(APP))], code_at).encode())
    for scheme, (key,) in secure_boot_keys.make_keys(folder / "keys", ["rsa3072", "p256", "p384"], 1).items():
        out = folder / f"{scheme}.signed"
        theirs = tool("espsecure", "sign-data", "--version", "2", "--keyfile", key.private, "--output", out, app)
        ours = [binary, "sign", app, out, "--key", key.private]
        yield f"sign 1.5 MiB, {scheme}", theirs, ours, out, RATIO


def merge(folder, binary, rng):
    files = {0x0: 0x6000, 0x8000: 0xC00, 0xF000: 0x2000, 0x20000: APP, 0x3E0000: 0x6000}
    parts, out = {}, folder / "merged"
    for offset, length in files.items():
        parts[offset] = folder / f"{offset:x}.bin"
        parts[offset].write_bytes(rng.randbytes(length))
    pairs = [part for offset, path in parts.items() for part in (hex(offset), path)]
    theirs = tool("esptool", "--chip", "esp32c3", "merge-bin", "--output", out, "--pad-to-size", "4MB", *pairs)
    ours = [binary, "merge", out, *(f"{offset:#x}={path}" for offset, path in parts.items()), "--size", "4MB"]
    return "merge 4 MiB", theirs, ours, out, RATIO


def seconds(command, out):
    out.unlink(missing_ok=True)
    start = time.perf_counter()
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    took = time.perf_counter() - start
    if done.returncode:
        sys.exit(f"speed: {command[0]} ends with {done.returncode}: {done.stdout}{done.stderr}")
    return took


def main():
    folder, binary, runs = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve(), int(sys.argv[3])
    # flash-image refuses key files that others can read.
    os.umask(0o077)
    rng, slow = random.Random(20261128), []
    works = [*encryptions(folder, binary, rng), *signatures(folder, binary, rng), merge(folder, binary, rng)]
    for name, theirs, ours, out, least in works:
        times = [(seconds(theirs, out), seconds(ours, out)) for _ in range(runs)]
        left, right = (min(side) * 1e3 for side in zip(*times))
        print(
            f"{name}: {left:.0f} ms against {right:.1f} ms, {left / right:.1f} times as fast (at least {least})",
            flush=True,
        )
        slow += [name] if left / right < least else []
    if slow:
        sys.exit(f"speed: too slow: {'; '.join(slow)}")


if __name__ == "__main__":
    main()
