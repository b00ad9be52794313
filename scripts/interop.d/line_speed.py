"""line-station against esptool on virtual chips.

usage: line_speed.py WORK BINARIES ROUNDS VIRTUAL_CHIP|none; run by the Python that has esptool.
"""

import json
import os
import pathlib
import random
import shutil
import socket
import subprocess
import sys
import threading
import time

import flash_writer

CHIP, SLOTS, BAUD = "esp32c3", 8, 921600
NVS = (0x10000, 0x6000)
APP = (0x20000, 0x80000)
# Eight data bits, a start bit and a stop bit.
RATE = BAUD / 10
WORK, BINARIES, ROUNDS, VIRTUAL_CHIP = sys.argv[1:]
WORK, BINARIES = pathlib.Path(WORK).resolve(), pathlib.Path(BINARIES).resolve()


def profile():
    """No eFuses: only flash is measured."""
    rng = random.Random(20)
    app = flash_writer.Image(CHIP, [(flash_writer.CHIPS[CHIP][4], rng.randbytes(APP[1] - 0x1000))], 0)
    (WORK / "app.bin").write_bytes(app.encode())
    (WORK / "bootloader.bin").write_bytes(flash_writer.bootloader(rng, CHIP, 0x3000))
    rows = f"nvs,data,nvs,{NVS[0]:#x},{NVS[1]:#x}\nfactory,app,factory,{APP[0]:#x},{APP[1]:#x}\n"
    (WORK / "table.csv").write_text(rows)
    text = {"chip": CHIP, "flash_size": "4MB", "partition_table": "table.csv", "bootloader": "bootloader.bin"}
    text |= {"apps": {"factory": "app.bin"}, "images": {"nvs": "nvs"}}
    (WORK / "profile.json").write_text(json.dumps(text))


def make(count):
    options = ["-v", "0xFFF1", "-p", "0x8000", "--test-pki", "--audit", "none", "--quiet", "--outdir", WORK / "out"]
    order = ["--order", "speed", "--order-size", count, "-n", count, "--flash-plan", WORK / "profile.json"]
    subprocess.run(list(map(str, [BINARIES / "matter-mfg", *options, *order])), check=True, stdout=subprocess.DEVNULL)


class Chips:
    """Eight unused virtual chips, each on a TCP port of its own."""

    made = 0

    def __init__(self, kind, throttled=False):
        self.processes, self.ports, self.proxies = [], [], []
        for _ in range(SLOTS):
            Chips.made += 1
            mac = f"60:55:f9:00:{Chips.made >> 8:02x}:{Chips.made & 255:02x}"
            port = free_port()
            if kind == "sim-chip":
                command = [BINARIES / "sim-chip", "--chip", CHIP, "--mac", mac, "--tcp", port]
            else:
                state = WORK / f"chip{Chips.made}.efuse"
                command = [sys.executable, VIRTUAL_CHIP, CHIP, mac, state, f"tcp:{port}"]
            log = open(WORK / f"chip{Chips.made}.log", "w")
            self.processes.append(subprocess.Popen(list(map(str, command)), stdout=log, stderr=log))
            self.ports.append(port)
        for port in self.ports:
            wait_for(port)
        if throttled:
            self.proxies = [Throttle(port) for port in self.ports]
            self.ports = [proxy.port for proxy in self.proxies]
        time.sleep(0.3)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port):
    """Waits until the port is bound; a connection would count as a station."""
    wanted = f"0100007F:{port:04X}"
    for _ in range(400):
        lines = pathlib.Path("/proc/net/tcp").read_text().splitlines()
        any_place = f"00000000:{port:04X}"
        if any(line.split()[1] in (wanted, any_place) and line.split()[3] == "0A" for line in lines[1:]):
            return
        time.sleep(0.05)
    raise SystemExit(f"no virtual chip at port {port}")


class Throttle:
    """A serial line before a chip: a number of bytes a second, in each direction."""

    def __init__(self, target):
        # Seconds of transfer, including those in which this process slept too long.
        self.target, self.busy = target, 0.0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            here, _ = self.listener.accept()
            there = socket.create_connection(("127.0.0.1", self.target))
            for side in here, there:
                side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # The buffers of a serial line are small: a faster writer waits.
            here.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            for pair in (here, there), (there, here):
                threading.Thread(target=self.pump, args=pair, daemon=True).start()

    def pump(self, source, sink):
        due = time.monotonic()
        try:
            while data := source.recv(2048):
                began = time.monotonic()
                due = max(due, began) + len(data) / RATE
                time.sleep(max(0, due - began))
                sink.sendall(data)
                self.busy += time.monotonic() - began
        except OSError:
            pass
        for side in source, sink:
            try:
                side.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def line(chips):
    """Returns elapsed seconds and processor seconds."""
    where = ["--ledger", WORK / "out/ledger.sqlite", "--devices", WORK / "out", "--profile", WORK / "profile.json"]
    who = ["--order", "speed", "--station", "line 1", "--operator", "ann", "--once"]
    ports = [part for port in chips.ports for part in ("--port", f"socket://127.0.0.1:{port}")]
    command = list(map(str, [BINARIES / "line-station", "run", *who, *where, *ports]))
    began = time.monotonic()
    with open(WORK / "line.log", "a") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    took = time.monotonic() - began
    assert process.returncode == 0, f"line-station ended with {process.returncode}: see {WORK}/line.log"
    return took, usage.ru_utime + usage.ru_stime


def devices():
    return sorted(path for path in (WORK / "out/fff1_8000").iterdir() if len(path.name) == 36)


def esptool(chips):
    """The same for each port in a process of its own, all at once."""
    began = time.monotonic()
    processes = []
    for port, folder in zip(chips.ports, devices()):
        keep = ["--flash-mode", "keep", "--flash-freq", "keep", "--flash-size", "keep"]
        command = [sys.executable, "-m", "esptool", "--chip", CHIP, "--port", f"socket://127.0.0.1:{port}"]
        command += ["--after", "no-reset", "write-flash", *keep, "0", folder / f"{folder.name}-flash.bin"]
        log = open(WORK / "esptool.log", "a")
        processes.append(subprocess.Popen(list(map(str, command)), stdout=log, stderr=log))
    codes = [process.wait() for process in processes]
    took = time.monotonic() - began
    assert codes == [0] * SLOTS, f"esptool ended with {codes}: see {WORK}/esptool.log"
    return took, None


def main():
    rounds = int(ROUNDS)
    kinds = ["sim-chip"] + (["virtual_chip.py"] if VIRTUAL_CHIP != "none" else [])
    if VIRTUAL_CHIP == "none":
        print("line: 0 rounds on virtual_chip.py: VIRTUAL_CHIP=none", flush=True)
    profile()
    make(SLOTS * rounds * (len(kinds) + 1))
    for kind in kinds:
        best = {}
        for _ in range(rounds):
            for name, work in ("line-station", line), ("esptool", esptool):
                with Chips(kind) as chips:
                    took, _ = work(chips)
                best[name] = min(took, best.get(name, took))
        ratio = best["esptool"] / best["line-station"]
        print(
            f"line: {SLOTS} x ({APP[1] >> 10} + {NVS[1] >> 10} KiB) on {kind}: line-station {best['line-station']:.2f} s, "
            f"esptool {best['esptool']:.2f} s, {ratio:.1f} times; best of {rounds}, interleaved",
            flush=True,
        )
        assert ratio > 1, "esptool is faster"
    runs = []
    for _ in range(rounds):
        with Chips("sim-chip", throttled=True) as chips:
            took, cpu = line(chips)
            transfer = max(proxy.busy for proxy in chips.proxies)
        runs.append((took - transfer, took, transfer, cpu))
    beside, took, transfer, cpu = min(runs)
    share = cpu / took / SLOTS
    print(
        f"line: at {BAUD} baud: {took:.2f} s, of them {transfer:.2f} s on the wire and {beside:.2f} s beside it; {cpu:.2f} s "
        f"of the processor, {100 * share:.2f} % of a core for each port; best of {rounds}"
    )
    assert share < 0.02 and beside < 1, "more than a line may take"


if __name__ == "__main__":
    shutil.rmtree(WORK / "out", ignore_errors=True)
    main()
