"""Runs one order over virtual chips with a station that is killed repeatedly, and compares the chips with the ledger.

    chaos.py PROGRAM LINE_STATION URL FOLDER CHIPS SLOTS KILLS SEED

The output of `line-station report` is compared with the rows of the database itself.
"""
import csv
import json
import pathlib
import random
import signal
import sqlite3
import subprocess
import sys
import time

program, line_station, url, folder, chips, slots, kills, seed = sys.argv[1:]
folder = pathlib.Path(folder)
ROWS = """SELECT claim.mac, device.uuid, claim.state, coalesce(claim.reason, '') FROM claim
    JOIN device ON device.id = claim.device JOIN run ON run.id = device.run WHERE run.order_id = 'PO-1'"""
REFUSED = "SELECT count(*) FROM refused_board WHERE order_id = 'PO-1'"


def query(sql):
    """Queries the database without our programs."""
    if url.startswith("postgres"):
        done = subprocess.run(["psql", "-XAtq", "-F", "\t", "-c", sql, url], capture_output=True, text=True, check=True)
        return [tuple(line.split("\t")) for line in done.stdout.splitlines()]
    with sqlite3.connect(url) as connection:
        return [tuple(map(str, row)) for row in connection.execute(sql)]


def compare_report():
    """Compares both manifests and the page with the database."""
    out = folder / "report"
    command = [line_station, "report", "PO-1", "--ledger", url, "--out", str(out), "--no-passcode-in-manifest"]
    command += ["--ledger-key", key]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    rows = sorted(query(ROWS))
    with (out / "manifest.csv").open(encoding="utf-8", newline="") as file:
        table = sorted((row["mac"], row["uuid"], row["state"], row["reason"]) for row in csv.DictReader(file))
    listed = sorted((row["mac"], row["uuid"], row["state"], row.get("reason") or "") for row in manifest["devices"])
    states = [row[2] for row in rows]
    counts = manifest["counts"]
    refused = int(query(REFUSED)[0][0])
    page = (out / "report.html").read_text(encoding="utf-8")
    for what, found, expected in (
        ("manifest.json", listed, rows),
        ("manifest.csv", table, rows),
        ("done", counts["done"], states.count("done")),
        ("quarantined", counts["quarantined"], states.count("quarantined")),
        ("refused", (counts["refused"], len(manifest["refused"])), (refused, refused)),
        ("page", all(row[0] in page for row in rows if row[2] == "quarantined"), True),
    ):
        if found != expected:
            sys.exit(f"line: report and ledger differ in {what}: {found} instead of {expected}")
    print(f"line: report and ledger agree in {len(rows)} boards and {refused} refused ones", flush=True)


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
            # The requested number of kills, while there is work.
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
    compare_report()
finally:
    line.kill()
    line.wait()
