"""Virtual chips at the ports of line-station, with and without the speed of a serial line."""

import json
import os
import pathlib
import random
import socket
import subprocess
import sys
import threading
import time

import flash_writer

CHIP, BAUD = "esp32c3", 921600
NVS = (0x10000, 0x6000)
APP = (0x20000, 0x80000)
# Eight data bits, a start bit and a stop bit.
RATE = BAUD / 10


class Lab:
    """The folder of a run and our programs. `virtual_chip` is the path of the program that mocks the ROM, or None."""

    def __init__(self, work, binaries, virtual_chip=None):
        self.work, self.binaries = pathlib.Path(work).resolve(), pathlib.Path(binaries).resolve()
        self.virtual_chip = virtual_chip


def profile(lab):
    """No eFuses: only flash is measured."""
    rng = random.Random(20)
    app = flash_writer.Image(CHIP, [(flash_writer.CHIPS[CHIP][4], rng.randbytes(APP[1] - 0x1000))], 0)
    (lab.work / "app.bin").write_bytes(app.encode())
    (lab.work / "bootloader.bin").write_bytes(flash_writer.bootloader(rng, CHIP, 0x3000))
    rows = f"nvs,data,nvs,{NVS[0]:#x},{NVS[1]:#x}\nfactory,app,factory,{APP[0]:#x},{APP[1]:#x}\n"
    (lab.work / "table.csv").write_text(rows)
    text = {"chip": CHIP, "flash_size": "4MB", "partition_table": "table.csv", "bootloader": "bootloader.bin"}
    text |= {"apps": {"factory": "app.bin"}, "images": {"nvs": "nvs"}}
    (lab.work / "profile.json").write_text(json.dumps(text))


def make(lab, count):
    options = ["-v", "0xFFF1", "-p", "0x8000", "--test-pki", "--audit", "none", "--quiet", "--outdir", lab.work / "out"]
    order = ["--order", "speed", "--order-size", count, "-n", count, "--flash-plan", lab.work / "profile.json"]
    subprocess.run(list(map(str, [lab.binaries / "matter-mfg", *options, *order])), check=True, stdout=subprocess.DEVNULL)


class Chips:
    """Unused virtual chips, each on a TCP port of its own."""

    made = 0

    def __init__(self, lab, kind, slots, throttled=False):
        self.processes, self.ports, self.proxies = [], [], []
        for _ in range(slots):
            Chips.made += 1
            mac = f"60:55:f9:00:{Chips.made >> 8:02x}:{Chips.made & 255:02x}"
            port = free_port()
            if kind == "sim-chip":
                command = [lab.binaries / "sim-chip", "--chip", CHIP, "--mac", mac, "--tcp", port]
            else:
                state = lab.work / f"chip{Chips.made}.efuse"
                command = [sys.executable, lab.virtual_chip, CHIP, mac, state, f"tcp:{port}"]
            log = open(lab.work / f"chip{Chips.made}.log", "w")
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


def line(lab, chips):
    """Returns elapsed seconds and processor seconds."""
    where = ["--ledger", lab.work / "out/ledger.sqlite", "--devices", lab.work / "out", "--profile", lab.work / "profile.json"]
    who = ["--order", "speed", "--station", "line 1", "--operator", "ann", "--once"]
    ports = [part for port in chips.ports for part in ("--port", f"socket://127.0.0.1:{port}")]
    command = list(map(str, [lab.binaries / "line-station", "run", *who, *where, *ports]))
    began = time.monotonic()
    with open(lab.work / "line.log", "a") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    took = time.monotonic() - began
    assert process.returncode == 0, f"line-station ended with {process.returncode}: see {lab.work}/line.log"
    return took, usage.ru_utime + usage.ru_stime
