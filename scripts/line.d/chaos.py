"""Runs one order over virtual chips with a station that is killed again and again, and has the chips compared with the ledger.

    chaos.py PROGRAM URL FOLDER CHIPS SLOTS KILLS SEED
"""
import pathlib
import random
import signal
import subprocess
import sys
import time

program, url, folder, chips, slots, kills, seed = sys.argv[1:]
folder = pathlib.Path(folder)
key = str(folder / "ledger.key")
numbers = random.Random(int(seed))
subprocess.run([program, "fill", url, key, chips], check=True)
line = subprocess.Popen([program, "chips", str(folder), seed, chips, slots])
try:
    while not (folder / "ports").exists():
        assert line.poll() is None
        time.sleep(0.02)
    begin = time.monotonic()
    killed = 0
    while True:
        station = subprocess.Popen([program, "station", url, key, str(folder), slots])
        try:
            # As many kills as are asked for, while there is work.
            code = station.wait(numbers.uniform(0.1, 0.9) if killed < int(kills) else 600)
            break
        except subprocess.TimeoutExpired:
            station.send_signal(signal.SIGKILL)
            station.wait()
            killed += 1
    took = time.monotonic() - begin
    if code != 0:
        sys.exit(f"line: the station ended with {code}")
    print(f"line: {chips} chips over {slots} slots, {killed} kills of the station, {took:.1f} s", flush=True)
    subprocess.run([program, "check", url, key, str(folder)], check=True)
finally:
    line.kill()
    line.wait()
