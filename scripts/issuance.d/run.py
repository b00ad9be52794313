"""One run of scripts/issuance on one engine: with MATTER_POSTGRES the URL of a database, otherwise SQLite."""

import collections
import concurrent.futures
import json
import os
import pathlib
import random
import socket
import subprocess
import sys
import tempfile
import time

import store

DEVICES = int(os.environ.get("ISSUANCE_DEVICES", "500"))
KILLS = int(os.environ.get("ISSUANCE_KILLS", "20"))
SEED = int(os.environ.get("ISSUANCE_SEED", "1"))
# Devices that come when the order is full.
TOO_MANY = 5
BINARIES = pathlib.Path(os.environ["BINARIES"])
PKI = str(BINARIES / "dac-pki")
SIM = str(BINARIES / "sim-device")
ORDER = "A-17"
VENDOR, PRODUCT = "FFF1", "8000"
# Sessions at once: all devices, or few of them, so that each step is under way when the station is killed.
ALL, FEW = min(DEVICES, 1024), max(DEVICES // 12, 4)
FLEET_SEED = f"{SEED:064x}"
# Faults that end with a proved certificate, and faults that take a place of the order without one.
HARMLESS = ("none", "dies-at-", "other-vendor", "second-key", "slow")
TAKES_A_PLACE = ("gone-at-csr", "gone-at-install", "gone-at-stored", "gone-at-proof", "gone-at-lock", "wrong-proof", "wrong-readback")
# The others must end with the code of this refusal.
REFUSED = {
    "foreign-csr": "possession-unproved",
    "garbage": "message-malformed",
    "gives-up": "device-error",
    "out-of-order": "message-unexpected",
    "oversized": "line-too-long",
    "replayed-csr": "possession-unproved",
    "second-key": "device-known",
    "silent": "timed-out",
    "trickle": "timed-out",
    "wrong-possession": "possession-unproved",
    "wrong-proof": "proof-invalid",
    "wrong-readback": "readback-mismatch",
}

faults = []


def check(holds, sentence):
    if not holds:
        faults.append(sentence)
        print(f"FAULT: {sentence}", file=sys.stderr)


def run(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"issuance: {' '.join(map(str, words))} ends with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def is_harmless(fault):
    return fault.startswith(HARMLESS)


def prepare(folder):
    """Makes a PKI, a declaration, the log's key, and an order with the exact number of places."""
    run(PKI, "paa", "--cn", "PAA", "--vid", "0x" + VENDOR, "--out", folder / "paa")
    issuer = ["--issuer", folder / "paa/PAA_cert.pem", "--issuer-key", folder / "paa/PAA_key.pem"]
    run(PKI, "pai", "--cn", "PAI", "--vid", "0x" + VENDOR, *issuer, "--out", folder / "pai")
    run(PKI, "cd", "make", "--vid", "0x" + VENDOR, "--pid", "0x" + PRODUCT, "--device-type", "0x0100",
        "--certificate-id", "CSA00000SWC00000-00", "--type", "0", "--test-key", "--out", folder / "CD.der")
    key = folder / "log_key.pem"
    run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key)
    key.chmod(0o600)
    run("openssl", "pkey", "-in", key, "-pubout", "-out", folder / "log_public.pem")


def fleet():
    """Percentage of misbehaving devices, 20 or as many as there are faults; and the fault of each device, in sim-device's order."""
    listed = subprocess.run([SIM, "--connect", "127.0.0.1:1", "--fault", "?"], capture_output=True, text=True).stderr
    names = [name.strip() for name in listed.split("unknown fault; allowed:")[1].split(",")]
    names.remove("none")
    mix = max(20, -(-100 * len(names) // DEVICES))
    found = []
    for index in range(DEVICES):
        before, after = index * mix // 100, (index + 1) * mix // 100
        found.append("none" if before == after else names[before % len(names)])
    return mix, found


def station(folder, place, port, jobs, *more):
    return subprocess.Popen(
        [str(word) for word in [
            PKI, "provision", "--order", ORDER, *place, "--issuer", folder / "pai/PAI_cert.pem",
            "--issuer-key", folder / "pai/PAI_key.pem", "--paa", folder / "paa/PAA_cert.pem", "--cd", folder / "CD.der",
            "--allow-test-cd", "--log-signer", f"file:{folder / 'log_key.pem'}", "--station", "line-1",
            "--listen", f"127.0.0.1:{port}", "--jobs", jobs, "--answer-time", "3", *more]],
        stdout=open(folder / "station.log", "a"), stderr=subprocess.PIPE, text=True)


def wait_until_it_listens(process):
    line = process.stderr.readline()
    if not line.startswith("waiting for devices"):
        rest = process.stderr.read()
        sys.exit(f"issuance: the station does not start: {line}{rest}")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def simulate(name, folder, port, count, *more):
    out = open(folder / name, "w")
    return subprocess.Popen(
        [SIM, "--connect", f"127.0.0.1:{port}", "--count", str(count), "--seed", FLEET_SEED, "--json", "--patience", "60",
         *more], stdout=out, stderr=subprocess.PIPE, text=True)


def sessions(folder, name):
    with open(folder / name) as lines:
        return [json.loads(line) for line in lines]


def kill_now_and_then(folder, engine, port, devices):
    """Runs stations one after the other until the devices have ended; all but the last are killed. Returns the number of devices
    proved at each kill."""
    place = engine.place(folder)
    moments = random.Random(SEED)
    # Time until the next kill: longer if too few devices get through, shorter if too many do, on machines of any speed.
    delay = 0.1
    progress = []

    def proved():
        return sum(row.state == "PROVED" for row in engine.rows(folder, ORDER))

    while len(progress) < KILLS and devices.poll() is None:
        process = station(folder, place, port, ALL if len(progress) % 4 == 0 else FEW)
        wait_until_it_listens(process)
        time.sleep(delay * moments.uniform(0.5, 1.5))
        if process.poll() is not None:
            check(False, f"the station ended by itself: {process.stderr.read()}")
            break
        process.kill()
        process.communicate()
        progress.append(proved())
        got = progress[-1] - (progress[-2] if len(progress) > 1 else 0)
        delay = min(delay * (0.5 if got > 1.5 * DEVICES / KILLS else 1.4 if got < 0.5 * DEVICES / KILLS else 1), 2)
    last = station(folder, place, port, ALL)
    wait_until_it_listens(last)
    said = devices.communicate()[1]
    check(devices.returncode == 0, f"sim-device ends with {devices.returncode}: {said}")
    check(last.poll() is None, f"the last station has ended by itself with {last.returncode}")
    # Sessions with vanished devices end.
    time.sleep(1)
    last.terminate()
    last.communicate()
    return progress


def fill_order(folder, place, port, left):
    """Starts more devices than there are places left: those of devices that died before their station read their request."""
    process = station(folder, place, port, ALL, "--idle", "1")
    wait_until_it_listens(process)
    simulate("sessions-late", folder, port, left + TOO_MANY, "--mac", "60:55:f9:ff:00:01").communicate()
    process.communicate()
    late = collections.Counter(end["code"] or end["end"] for end in sessions(folder, "sessions-late"))
    check(late == collections.Counter({"locked": left, "order-full": TOO_MANY}), f"devices beyond the order: {dict(late)}")
    return left


def check_store(all_faults, ends, rows, size):
    """Compares the ledger with the certificates on the devices; returns the state of each device."""
    by_device = collections.defaultdict(list)
    for row in rows:
        by_device[row.device].append(row)
    check(len({row.key for row in rows}) == len(rows), "a key has two certificates")
    serials = [row.serial for row in rows if row.serial]
    check(len(set(serials)) == len(serials), "duplicate serial number")
    check(len(rows) <= size, f"the order has {len(rows)} devices and is for {size}")
    states = {}
    for index, fault in enumerate(all_faults):
        mac = mac_of(index)
        found = by_device.pop(mac, [])
        check(len(found) <= 1, f"{mac} ({fault}) has {len(found)} certificates")
        states[mac] = found[0].state if found else "none"
        if not is_harmless(fault):
            continue
        check(states[mac] == "PROVED", f"{mac} ({fault}) is {states[mac]}")
        held = {end["dac_serial"] for end in ends[mac] if end["dac_serial"]}
        check(len(held) == 1, f"{mac} ({fault}) has held {len(held)} certificates")
        check(found and held == {found[0].serial_text}, f"{mac} ({fault}): ledger and device have different certificates")
    check(not by_device, f"unknown devices in the ledger: {list(by_device)[:3]}")
    return states


def mac_of(index):
    mac = 0x6055F9000001 + index
    return ":".join(f"{mac:012x}"[at:at + 2] for at in range(0, 12, 2))


def check_certificates(folder, rows):
    """Verifies every certificate with OpenSSL, and with dac-pki by the rules of Strict."""
    paths = []
    for row in rows:
        if row.dac:
            path = folder / f"dac-{row.device.replace(':', '')}.der"
            path.write_bytes(row.dac)
            pem = path.with_suffix(".pem")
            run("openssl", "x509", "-inform", "DER", "-in", path, "-out", pem)
            paths.append(pem)
    chain = ["-CAfile", folder / "paa/PAA_cert.pem", "-untrusted", folder / "pai/PAI_cert.pem"]
    said = run("openssl", "verify", "-x509_strict", *chain, *paths)
    check(said.count(": OK") == len(paths), "openssl verify -x509_strict refuses a certificate")
    some = random.Random(SEED).sample(paths, min(len(paths), int(os.environ.get("ISSUANCE_VERIFY", str(len(paths))))))

    def strict(path):
        words = [PKI, "verify", "--paa", folder / "paa/PAA_cert.pem", "--pai", folder / "pai/PAI_cert.pem", "--dac", path,
                 "--cd", folder / "CD.der", "--vid", "0x" + VENDOR, "--pid", "0x" + PRODUCT, "--allow-test-cd",
                 "--profile", "strict"]
        return subprocess.run([str(word) for word in words], capture_output=True, text=True)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for path, answer in zip(some, pool.map(strict, some)):
            check(answer.returncode == 0, f"Strict refuses {path.name}: {answer.stdout}{answer.stderr}")
    return len(paths), len(some)


def check_log(folder, place, entries):
    said = run(PKI, "log", "verify", *place, "--log-key", folder / "log_public.pem")
    signed = collections.Counter(entry.get("key") for entry in entries if entry["event"] == "signed")
    check(not signed or max(signed.values()) == 1, "a key was signed twice")
    return said.strip()


def table(all_faults, ends, states, entries):
    """Prints the end of each fault."""
    refused = collections.defaultdict(collections.Counter)
    for entry in entries:
        if entry["event"] == "refused":
            refused[entry.get("device")][entry["code"]] += 1
    rows = collections.defaultdict(lambda: (collections.Counter(), collections.Counter()))
    for index, fault in enumerate(all_faults):
        mac = mac_of(index)
        reached, codes = rows[fault]
        reached[states[mac]] += 1
        # The station's last answer to the device, or else its note.
        told = [end["code"] for end in ends[mac] if end["code"]]
        if told:
            codes[told[-1]] += 1
        elif states[mac] != "PROVED" and refused[mac]:
            codes[max(refused[mac])] += 1
        wanted = REFUSED.get(fault)
        if wanted:
            check(wanted in told, f"{mac} ({fault}) was told {told or 'nothing'}")
    print(f"{'fault':18} devices  in the ledger at the end        last refusal")
    for fault in sorted(rows, key=lambda name: (name != "none", name)):
        reached, codes = rows[fault]
        count = sum(reached.values())
        print(f"{fault:18} {count:7}  {counted(reached):30}  {counted(codes)}")
        if fault == "cloned-key":
            check(reached["PROVED"] <= 1, "a key of two devices was certified twice")


def counted(counter):
    return ", ".join(f"{name} {count}" for name, count in sorted(counter.items()))


def main():
    engine = store.open_store()
    with tempfile.TemporaryDirectory(prefix="issuance-") as temporary:
        folder = pathlib.Path(os.environ.get("ISSUANCE_KEEP", temporary)) / engine.name
        folder.mkdir(parents=True)
        prepare(folder)
        mix, all_faults = fleet()
        places = sum(is_harmless(fault) or fault in TAKES_A_PLACE for fault in all_faults) + ("cloned-key" in all_faults)
        place = engine.place(folder)
        run(PKI, "order", "open", ORDER, *place, "--size", places, "--vid", "0x" + VENDOR, "--pid", "0x" + PRODUCT,
            "--operator", "ann", "--log-signer", f"file:{folder / 'log_key.pem'}")
        start = time.monotonic()
        port = free_port()
        progress = kill_now_and_then(folder, engine, port, simulate("sessions", folder, port, DEVICES, "--mix", str(mix)))
        seconds = time.monotonic() - start

        ends = collections.defaultdict(list)
        for end in sessions(folder, "sessions"):
            ends[end["mac"]].append(end)
        rows = engine.rows(folder, ORDER)
        states = check_store(all_faults, ends, rows, places)
        left = fill_order(folder, place, port, places - len(rows))
        rows, entries = engine.rows(folder, ORDER), engine.entries(folder)
        check(len(rows) == places, f"the order is for {places} devices and has {len(rows)}")
        print(f"issuance on {engine.name}: {DEVICES} devices at once, {mix} % of them misbehave, order of {places}, {len(progress)} kills, {seconds:.0f} s")
        print(f"devices proved at the kills: {' '.join(map(str, progress))}")
        table(all_faults, ends, states, entries)
        verified, strictly = check_certificates(folder, rows)
        log = check_log(folder, place, entries)
        lost = sum(end["end"] == "lost" for every in ends.values() for end in every)
        total = sum(map(len, ends.values()))
        print(f"{len(rows)} of {places} places taken, {verified} certificates verified by openssl, {strictly} by Strict; "
              f"{total} sessions, {lost} lost by kills; of {left + TOO_MANY} more devices {left} had a place, "
              f"{TOO_MANY} were refused: order-full")
        print(f"log: {log}")
    if faults:
        sys.exit(f"issuance: {len(faults)} faults on {engine.name}")
    print(f"issuance: nothing duplicated, lost or exceeded on {engine.name}")


main()
