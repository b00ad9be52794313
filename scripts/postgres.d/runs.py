"""matter-mfg and audit-device with a ledger on a PostgreSQL server: usage runs.py BINARIES.

MATTER_POSTGRES is the URL of the server, MATTER_POSTGRES_RESTART kills and starts it. Each case has a schema of its own.
"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

BINARIES = Path(sys.argv[1]).resolve()
URL = os.environ["MATTER_POSTGRES"]
RESTART = os.environ["MATTER_POSTGRES_RESTART"]
OPTIONS = ["-v", "0xFFF1", "-p", "0x8000", "--iteration-count", "1000", "--audit", "none", "--quiet", "--json"]
AGAIN = "; try again"


def psql(sql, url=URL):
    command = ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql, url]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"postgres: psql: {done.stderr}")
    return done.stdout.strip()


class Case:
    """A folder and a schema."""

    def __init__(self, name, folder):
        self.folder = Path(folder) / name
        self.folder.mkdir()
        psql(f"CREATE SCHEMA {name}")
        self.url = f"{URL}&options=-c%20search_path%3D{name}"
        self.ledger = ["--ledger", self.url, "--ledger-key", "ledger.key"]

    def command(self, *arguments):
        return [str(BINARIES / "matter-mfg"), *OPTIONS, *self.ledger, *arguments]

    def mfg(self, *arguments):
        return self.run(self.command(*arguments))

    def start(self, *arguments):
        pipe = subprocess.PIPE
        return subprocess.Popen(self.command(*arguments), cwd=self.folder, stdout=pipe, stderr=pipe, text=True)

    def run(self, command, env=None):
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, env=env, check=False)

    def folders(self, outdir="out"):
        found = (self.folder / outdir / "fff1_8000").iterdir()
        return {path.name for path in found if len(path.name) == 36 and path.is_dir()}

    def made(self, outdir):
        """Number of devices so far."""
        top = self.folder / outdir / "fff1_8000"
        return sum(len(name) == 36 for name in os.listdir(top)) if top.is_dir() else 0

    def count(self, where="state = 'published'"):
        return int(psql(f"SELECT count(*) FROM device WHERE {where}", self.url))

    def names(self):
        return set(psql("SELECT uuid FROM device", self.url).split())


def expect(done, code, *words):
    said = done.stderr + done.stdout
    if done.returncode != code or any(word not in said for word in words):
        raise SystemExit(f"postgres: exit code {done.returncode} instead of {code}, or not {words}:\n{said}")


def same(what, found, expected):
    if found != expected:
        raise SystemExit(f"postgres: {what}: {found} instead of {expected}")


def orders(case):
    """Orders, unique values, devices out of use, the audit; and refusals."""
    order = ["--order", "PO-1", "--order-size", "5"]
    expect(case.mfg("-n", "3", *order), 0)
    same("mode of the key", oct((case.folder / "ledger.key").stat().st_mode & 0o777), "0o600")
    expect(case.mfg("-n", "3", *order), 2, "PO-1", "3 are made")
    expect(case.mfg("-n", "1", "--order", "PO-1", "--order-size", "6"), 2, "--order-size", "for 5 devices")
    expect(case.mfg("-n", "2", *order), 0)
    expect(case.mfg("-n", "1", *order), 2, "5 are made")
    # Another folder, the same ledger.
    unique = ["--outdir", "other", "--unique", "passcode,serial", "--passcode", "34567890", "--serial-num", "SN-1"]
    expect(case.mfg(*unique), 0)
    expect(case.mfg(*unique), 2, "in the ledger has the same passcode")
    unique[5] = "34567891"
    expect(case.mfg(*unique), 2, "in the ledger has the same serial number")
    first = sorted(case.folders())[0]
    retire = [str(BINARIES / "matter-mfg"), *case.ledger, "--reason", "scratched"]
    expect(case.run([*retire, "--scrap", first]), 0, "scrapped")
    expect(case.run([*retire, "--replace", first]), 2, f"device {first} is already scrapped")
    expect(case.mfg("-n", "1", *order), 0)
    audit = [str(BINARIES / "audit-device"), "out", "other", "--ledger", case.url, "--json"]
    # The devices have no certificates; only findings about the ledger count here.
    def listed(*outdirs):
        report = json.loads(case.run([audit[0], *outdirs, *audit[3:]]).stdout)
        found = [finding for device in report["devices"] for finding in device["findings"]] + report["batch"]
        return {(finding["check"], first in finding["text"]) for finding in found if finding["object"] == "ledger"}

    same("findings in the ledger", listed("out", "other"), {("device-extra", True)})
    for name in case.folders() - {first}:
        (case.folder / "out" / "fff1_8000" / name).rename(case.folder / name)
        break
    found = {("device-extra", True), ("device-missing", False)}
    same("findings without a folder", listed("out", "other"), found)
    # Refusals.
    mfg = [str(BINARIES / "matter-mfg"), *OPTIONS]
    expect(case.run([*mfg, "--ledger", case.url]), 2, "--ledger-key")
    for secret in ("postgresql://mfg:hunter2@localhost/ledger", f"{case.url}&password=hunter2"):
        refused = case.run([*mfg, "--ledger", secret, "--ledger-key", "ledger.key"])
        expect(refused, 2, "PGPASSWORD")
        same("the password in the output", "hunter2" in refused.stderr + refused.stdout, False)
    gone = case.run([*mfg, "--ledger", "postgresql:///ledger?host=/no/such", "--ledger-key", "ledger.key"])
    expect(gone, 3, AGAIN)
    expect(case.run([*mfg, "--ledger", "postgresql://db.example/l", "--ledger-key", "ledger.key"]), 2, "sslrootcert")
    # The same in a job file.
    job = {"vendor-id": "0xFFF1", "product-id": "0x8000", "count": 2, "ledger": case.url, "ledger-key": "ledger.key"}
    (case.folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
    before = case.count()
    expect(case.run([str(BINARIES / "matter-mfg"), "--job", "job.json", "--outdir", "job"]), 0)
    same("devices of the job", case.count() - before, 2)
    return "orders, quota, unique values, retired devices, audit and refusals"


def resumed(case):
    """A run that is killed with SIGKILL continues until it is complete."""
    count, kills, wanted = 1000, 0, 5
    while True:
        run = case.start("-n", str(count), "--resume")
        # By progress, not by time: machines differ.
        while run.poll() is None and (kills == wanted or case.made("out") <= kills * count // (2 * wanted)):
            time.sleep(0.002)
        if run.poll() is None:
            run.kill()
            kills += 1
        said = run.communicate()
        if run.returncode != -signal.SIGKILL:
            expect(subprocess.CompletedProcess([], run.returncode, *said), 0)
            break
    same("kills", kills, wanted)
    same("devices", (len(case.folders()), case.count()), (count, count))
    same("names", case.folders(), case.names())
    return f"{count} devices by a run that was killed {kills} times"


def shared(case):
    """Two runs at once that could each fill the order."""
    size = 100
    order = ["-n", str(size), "--order", "PO-2", "--order-size", str(size)]
    runs = [case.start(*order, "--outdir", name) for name in ("a", "b")]
    said = [run.communicate() for run in runs]
    codes = [run.returncode for run in runs]
    # Only a run that had the whole order to itself can be complete.
    if any(code not in (0, 2) and "do not fit" not in text[1] + text[0] for code, text in zip(codes, said)):
        raise SystemExit(f"postgres: {codes}: {said}")
    parts = [len(case.folders(name)) for name in ("a", "b")]
    same("devices of the order", (sum(parts), case.count()), (size, size))
    same("names", case.folders("a") | case.folders("b"), case.names())
    expect(case.mfg("-n", "1", *order[2:], "--outdir", "c"), 2, "100 are made")
    return f"an order of {size} by two runs at once: {parts[0]} + {parts[1]}"


def killed(case):
    """The server is killed under two runs; each reports it with "try again", and continues with --resume."""
    count, kills, wanted = 1000, 0, 4
    told, codes = [], []

    def make(name):
        order = ["--order", "PO-3", "--order-size", str(2 * count)]
        while True:
            run = case.start("-n", str(count), *order, "--outdir", name, "--resume", "--unique", "passcode,serial,key")
            stdout, stderr = run.communicate()
            codes.append(run.returncode)
            if run.returncode == 0:
                return
            text = stderr + stdout
            if run.returncode != 3 or AGAIN not in text:
                told.append(text)
                return
            line = next(line for line in stderr.splitlines() if AGAIN in line)
            told.append(re.sub(r"^.*?: its", "its", line))
            time.sleep(0.1)

    threads = [threading.Thread(target=make, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads) and kills < wanted:
        # By progress, not by time: machines differ.
        if case.made("a") + case.made("b") > kills * count // wanted:
            subprocess.run([RESTART], check=True)
            kills += 1
        time.sleep(0.005)
    for thread in threads:
        thread.join()
    same("complete runs", codes.count(0), 2)
    for name in ("a", "b"):
        same("devices", len(case.folders(name)), count)
    same("devices of the order", case.count(), 2 * count)
    same("names", case.folders("a") | case.folders("b"), case.names())
    same("kills", kills, wanted)
    if not told:
        raise SystemExit("postgres: no run noticed that the server was killed")
    return f"{2 * count} devices while the server was killed {kills} times; {len(told)} runs were told: {told[0]}"


def encrypted(case):
    """TLS and passwords, as to a server elsewhere."""
    host = os.environ.get("MATTER_POSTGRES_TLS")
    if not host:
        return "TLS: left out, no server listens"
    url = f"{host}&options=-c%20search_path%3Dencrypted"
    root = os.environ["MATTER_POSTGRES_CA"]
    env = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    word = "correct horse: battery\\staple"

    def mfg(url, **more):
        command = [str(BINARIES / "matter-mfg"), *OPTIONS, "--ledger", url, "--ledger-key", "ledger.key"]
        return case.run(command, {**env, **more})

    expect(mfg(f"{url}&sslrootcert={root}"), 2, "password")
    expect(mfg(f"{url}&sslrootcert={root}", PGPASSWORD="wrong"), 2, "password authentication failed")
    expect(mfg(f"{url}&sslrootcert={root}", PGPASSWORD=word), 0)
    passwords = case.folder / "pgpass"
    passwords.write_text("*:*:*:matter:" + word.replace("\\", "\\\\").replace(":", "\\:") + "\n", encoding="utf-8")
    passwords.chmod(0o600)
    expect(mfg(f"{url}&sslrootcert={root}", PGPASSFILE=str(passwords)), 0)
    passwords.chmod(0o644)
    expect(mfg(f"{url}&sslrootcert={root}", PGPASSFILE=str(passwords)), 2, "0600")
    # Another CA's certificate, and a server with another name.
    other = os.environ["MATTER_POSTGRES_OTHER_CA"]
    expect(mfg(f"{url}&sslrootcert={other}", PGPASSWORD=word), 2, "invalid peer certificate")
    named = f"{url}&sslrootcert={root}".replace("localhost", "127.0.0.1")
    expect(mfg(named, PGPASSWORD=word), 2, "invalid peer certificate")
    same("devices", case.count(), 2)
    return "TLS: password by environment and file; a wrong one, another CA and another name refused"


def main():
    with tempfile.TemporaryDirectory(prefix="matter-pg-runs.") as folder:
        for case in (orders, resumed, shared, killed, encrypted):
            start = time.monotonic()
            said = case(Case(case.__name__, folder))
            print(f"postgres: {said} ({time.monotonic() - start:.1f} s)", flush=True)


main()
