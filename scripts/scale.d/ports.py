"""line-station on several virtual chips at once: ports.py BINARIES FOLDER [--write]."""

import pathlib
import sys

from growth import BINARIES, FOLDER, WRITE, compare, finish, rounds, sizes
import plot

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "interop.d"))
import line_lab


def main():
    numbers, times = sizes("1 2 4 8 16"), rounds(3)
    lab = line_lab.Lab(FOLDER, BINARIES)
    line_lab.profile(lab)
    line_lab.make(lab, times * sum(numbers))
    processor = []
    for ports in numbers:
        runs = []
        for _ in range(times):
            with line_lab.Chips(lab, "sim-chip", ports, throttled=True) as chips:
                runs.append(line_lab.line(lab, chips))
        clock, cpu = (min(column) for column in zip(*runs))
        processor.append(cpu * 1e3 / ports)
        print(f"{ports:3} ports: {cpu * 1e3 / ports:6.1f} ms processor time a device, {clock:6.2f} s for all, "
              f"{100 * cpu / clock / ports:.2f} % of a core for each port", flush=True)  # fmt: skip
    print()
    failed = compare("line-station", processor, 1.25)
    if WRITE:
        plot.draw("ports", "ports", "milliseconds of processor time for a device", numbers, {"line-station": processor})
    finish(failed)


main()
