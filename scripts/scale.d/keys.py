"""NVS images of several numbers of keys, from CSV and back: keys.py BINARIES FOLDER [--write]."""

from growth import BINARIES, FOLDER, WRITE, compare, finish, measure, rounds, sizes
import plot

# Entries of a page, and its size.
ENTRIES, PAGE = 126, 0x1000


def main():
    numbers = sizes("4000 16000 64000 256000")
    series = {"generate": [], "decode": []}
    for keys in numbers:
        table, image, back = (FOLDER / f"{keys}{suffix}" for suffix in (".csv", ".bin", "-back.csv"))
        rows = "".join(f"k{number:07},data,u32,{number}\n" for number in range(keys))
        table.write_text(f"key,type,encoding,value\nnumbers,namespace,,\n{rows}")
        # An entry for each key, one for the namespace, and the page that stays free.
        pages = -(-(keys + 1) // ENTRIES) + 1
        commands = {
            "generate": [BINARIES / "nvs-image", "generate", "--force", table, image, hex(pages * PAGE)],
            "decode": [BINARIES / "nvs-image", "dump", "--format", "csv", image],
        }
        for name, command in commands.items():
            measured = [measure(command, output=back) for _ in range(rounds(5))]
            cpu, _, clock, memory = (min(column) for column in zip(*measured))
            series[name].append(cpu * 1e6 / keys)
            print(f"{keys:8,} keys, {name:9}{cpu * 1e6 / keys:7.2f} us processor time a key, {clock:6.2f} s, {memory:6.1f} MiB")
        if back.read_text().count("\n") != keys + 2:
            raise SystemExit(f"{back.read_text().count(chr(10))} lines instead of {keys + 2}")
    print()
    failed = [compare(name, values, 1.25) for name, values in series.items()]
    if WRITE:
        plot.draw("keys", "keys", "microseconds of processor time for a key", numbers, series)
    finish(any(failed))


main()
