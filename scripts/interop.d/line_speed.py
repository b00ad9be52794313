"""line-station against esptool on virtual chips.

usage: line_speed.py WORK BINARIES ROUNDS VIRTUAL_CHIP|none; run by the Python that has esptool.
"""

import shutil
import subprocess
import sys
import time

import line_lab

SLOTS = 8


def devices(lab):
    return sorted(path for path in (lab.work / "out/fff1_8000").iterdir() if len(path.name) == 36)


def esptool(lab, chips):
    """The same for each port in a process of its own, all at once."""
    began = time.monotonic()
    processes = []
    for port, folder in zip(chips.ports, devices(lab)):
        keep = ["--flash-mode", "keep", "--flash-freq", "keep", "--flash-size", "keep"]
        command = [sys.executable, "-m", "esptool", "--chip", line_lab.CHIP, "--port", f"socket://127.0.0.1:{port}"]
        command += ["--after", "no-reset", "write-flash", *keep, "0", folder / f"{folder.name}-flash.bin"]
        log = open(lab.work / "esptool.log", "a")
        processes.append(subprocess.Popen(list(map(str, command)), stdout=log, stderr=log))
    codes = [process.wait() for process in processes]
    took = time.monotonic() - began
    assert codes == [0] * SLOTS, f"esptool ended with {codes}: see {lab.work}/esptool.log"
    return took, None


def main(work, binaries, rounds, virtual_chip):
    lab = line_lab.Lab(work, binaries, virtual_chip)
    shutil.rmtree(lab.work / "out", ignore_errors=True)
    rounds = int(rounds)
    kinds = ["sim-chip"] + (["virtual_chip.py"] if virtual_chip != "none" else [])
    if virtual_chip == "none":
        print("line: 0 rounds on virtual_chip.py: VIRTUAL_CHIP=none", flush=True)
    line_lab.profile(lab)
    line_lab.make(lab, SLOTS * rounds * (len(kinds) + 1))
    for kind in kinds:
        best = {}
        for _ in range(rounds):
            for name, work in ("line-station", line_lab.line), ("esptool", esptool):
                with line_lab.Chips(lab, kind, SLOTS) as chips:
                    took, _ = work(lab, chips)
                best[name] = min(took, best.get(name, took))
        ratio = best["esptool"] / best["line-station"]
        print(
            f"line: {SLOTS} x ({line_lab.APP[1] >> 10} + {line_lab.NVS[1] >> 10} KiB) on {kind}: line-station {best['line-station']:.2f} s, "
            f"esptool {best['esptool']:.2f} s, {ratio:.1f} times; best of {rounds}, interleaved",
            flush=True,
        )
        assert ratio > 1, "esptool is faster"
    runs = []
    for _ in range(rounds):
        with line_lab.Chips(lab, "sim-chip", SLOTS, throttled=True) as chips:
            took, cpu = line_lab.line(lab, chips)
            transfer = max(proxy.busy for proxy in chips.proxies)
        runs.append((took - transfer, took, transfer, cpu))
    beside, took, transfer, cpu = min(runs)
    share = cpu / took / SLOTS
    print(
        f"line: at {line_lab.BAUD} baud: {took:.2f} s, of them {transfer:.2f} s on the wire and {beside:.2f} s beside it; {cpu:.2f} s "
        f"of the processor, {100 * share:.2f} % of a core for each port; best of {rounds}"
    )
    assert share < 0.02 and beside < 1, "more than a line may take"


if __name__ == "__main__":
    main(*sys.argv[1:])
