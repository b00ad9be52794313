"""Time and memory of ota-image against sha256sum and a copy of the same file.

usage: ota_speed.py OTA_IMAGE SIZE_MIB RUNS
"""

import os
import subprocess
import sys
import tempfile
import time

LIMIT_MIB = 8
LIMIT_RATIO = 1.2


def timed(*commands):
    start = time.perf_counter()
    for command in commands:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def peak_mib(command):
    """The largest resident memory of one process by time(1), which excludes Python's own memory."""
    done = subprocess.run(["/usr/bin/time", "-f", "%M", *command], check=True, capture_output=True, text=True)
    return int(done.stderr.split()[-1]) / 1024


def main():
    tool, size, runs = os.path.abspath(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    with tempfile.TemporaryDirectory() as folder:
        payload, image, copy, other = (os.path.join(folder, name) for name in ("payload", "image", "copy", "other"))
        with open(payload, "wb") as file:
            for _ in range(size):
                file.write(os.urandom(1 << 20))
        create = [tool, "create", "--force", "-v", "0xFFF1", "-p", "0x8000", "-vn", "2", "-vs", "1.0", payload, image]
        ways = {
            "create": [create],
            "verify": [[tool, "verify", image]],
            "extract": [[tool, "extract", "--force", image, other]],
            "change-header": [[tool, "change-header", "--force", "-vn", "3", image, other]],
            "dcl": [[tool, "dcl", image, "--ota-url", "https://example.com/i.ota"]],
        }
        base = [["sha256sum", payload], ["cp", payload, copy]]
        fastest = {name: None for name in ("sha256sum and cp", *ways)}
        for _ in range(runs):
            for name, commands in (("sha256sum and cp", base), *ways.items()):
                took = timed(*commands)
                fastest[name] = took if fastest[name] is None else min(fastest[name], took)
        peer = fastest["sha256sum and cp"]
        failed = False
        print(f"{size} MiB, fastest of {runs}: sha256sum and cp {peer * 1e3:.0f} ms")
        for name, commands in ways.items():
            ratio, memory = fastest[name] / peer, peak_mib(commands[0])
            failed |= ratio > LIMIT_RATIO or memory >= LIMIT_MIB
            print(f"{name:14} {fastest[name] * 1e3:5.0f} ms, {ratio:.2f} of that, at most {memory:.1f} MiB of memory")
        sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
