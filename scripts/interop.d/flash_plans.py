"""`flash-image plan`: the merged image of a device beside esptool's merge-bin of the same parts, encrypted by espsecure where
the bootloader would do it (ESP-IDF, "Flash Encryption": bootloader, table, apps, otadata, keys of NVS, what has the flag).
"""

import hashlib
import json

import flash_writer
from esp_idf_defs import PartitionTable
from flash_merged import SCHEMES
from flash_pieces import KEY_LENGTHS
from flash_tools import case_folder, espsecure, esptool, read, write

SECTOR, PAGE = 0x1000, 0x10000
NVS_SIZE = 0x6000
DEVICE = "01234567-89ab-4cde-8f01-23456789abcd"


class Plan:
    """A random table with a bootloader, apps and a device's data in it."""

    def __init__(self, rng, chip):
        self.rng, self.chip = rng, chip
        self.scheme = rng.choice(SCHEMES.get(chip, ["xts-128"]))
        self.key = rng.randbytes(KEY_LENGTHS.get(self.scheme) or 32)
        self.is_encrypted = rng.random() < 0.8
        self.fill_gaps = rng.random() < 0.3
        # ESP32 and ESP32-S2 keep the bootloader below the table with 28 KiB.
        self.table_at = 0x8000 if flash_writer.CHIPS[chip][1] < 0x2000 else 0xA000
        self.apps, self.rows, self.parts = {}, [], {}
        self.bootloader = flash_writer.bootloader(rng, chip, rng.randint(0x400, 0x5000))
        self.fill()

    def fill(self):
        rng, at = self.rng, self.table_at + SECTOR
        at = self.data_row("nvs", "nvs", at, NVS_SIZE, b"\xff" * NVS_SIZE)
        if rng.random() < 0.7:
            at = self.data_row("otadata", "ota", at, 0x2000, b"")
        at = self.data_row("phy", "phy", at, SECTOR, None)
        for number in range(rng.randint(1, 2)):
            at = -(-at // PAGE) * PAGE
            image, _ = flash_writer.draw(rng, self.chip, longest=0x1800, most=12, described=True)
            size = PAGE * rng.randint(2, 5)
            self.rows.append(f"app{number},app,ota_{number},{at:#x},{size:#x}")
            self.apps[f"app{number}"] = self.parts[f"app{number}"] = image.encode()
            at += size
        at = self.data_row("store", "fat", at, 0x4000, None, rng.choice(["", "encrypted"]))

    def data_row(self, label, subtype, at, size, data, flags=""):
        self.rows.append(f"{label},data,{subtype},{at:#x},{size:#x},{flags}")
        if data is not None and (data or self.is_encrypted):
            self.parts[label] = data
        return at + size

    def table(self):
        return PartitionTable.from_csv("\n".join(self.rows), self.table_at)

    def plain(self, source):
        if source == "bootloader":
            return self.bootloader
        return self.table().to_binary() if source == "partition table" else self.parts.get(source, b"")

    def encrypts(self, source):
        """The rule of the bootloader."""
        return self.is_encrypted and source not in ("nvs", "gap")

    def profile(self, folder):
        profile = {
            "chip": self.chip,
            "flash_size": "4MB",
            "partition_table": write(folder / "table.csv", "\n".join(self.rows).encode()).name,
            "partition_table_offset": hex(self.table_at),
            "bootloader": write(folder / "bootloader.bin", self.bootloader).name,
            "apps": {label: write(folder / f"{label}.bin", data).name for label, data in self.apps.items()},
            "images": {"nvs": "nvs"},
            "fill_gaps": self.fill_gaps,
        }
        if self.is_encrypted:
            profile["flash_encryption"] = {"mode": "development", "scheme": self.scheme, "keys_dir": "keys"}
        return write(folder / "profile.json", json.dumps(profile).encode())

    def __str__(self):
        kind = self.scheme if self.is_encrypted else "plain"
        return f"{self.chip} {kind}, gaps {'filled' if self.fill_gaps else 'left'}: {'; '.join(self.rows)}"


def same_digests(region, data):
    return (region["md5"], region["sha256"]) == (hashlib.md5(data).hexdigest(), hashlib.sha256(data).hexdigest())


def pieces(plan, regions, folder, tally):
    """Makes the file of each region with espsecure; its length is the plan's, its bytes and encryption are not."""
    key, files = folder / "key", []
    for number, region in enumerate(regions):
        source, offset = region["source"], region["offset"]
        data = plan.plain(source).ljust(region["length"], b"\xff")
        rule = region["encrypted"] == plan.encrypts(source)
        tally.check(rule, "regions encrypted as the bootloader does", f"{plan}: {region}")
        path = write(folder / f"{number}.plain", data)
        if plan.encrypts(source):
            path, plain, xts = folder / f"{number}.espsecure", path, [] if plan.scheme == "esp32" else ["--aes-xts"]
            address = ["--address", hex(offset)]
            espsecure("encrypt-flash-data", *xts, "--keyfile", key, *address, "--output", path, plain)
        whole = len(data) == region["length"] and same_digests(region, read(path) or b"")
        tally.check(whole, "digests of regions equal", f"{plan}: {region}")
        files += [hex(offset), path]
    return files


def compare(plan, folder, ours, tally):
    profile, device, out = plan.profile(folder), folder / "device", folder / "out"
    device.mkdir()
    write(device / f"{DEVICE}-partition.bin", plan.parts["nvs"])
    write(folder / "key", plan.key)
    key = ["--flash-key", folder / "key"] if plan.is_encrypted else []
    answer = ours("plan", profile, "--device", device, "--out", out, *key)
    if not tally.check(answer.done, "plans made", f"{plan}: {answer}"):
        return
    regions = json.loads(read(out / "plan.json"))["regions"]
    expected = {"bootloader", "partition table", *plan.parts}
    missing = expected - {region["source"] for region in regions}
    if not tally.check(not missing, "plans with all parts", f"{plan}: {missing} missing"):
        return
    files, merged = pieces(plan, regions, folder, tally), folder / "merged"
    tool = esptool("--chip", plan.chip, "merge-bin", "--output", merged, *files)
    equal = tool.done and read(merged) == read(out / f"{DEVICE}-flash.bin")
    tally.check(equal, "merged images of plans equal", f"{plan}: esptool {tool}; ours {answer}")


def plans(rng, count, folder, ours, tally):
    chips = list(flash_writer.CHIPS)
    for case in range(count):
        plan = Plan(rng, chips[case % len(chips)])
        with case_folder(folder, case, tally) as path:
            compare(plan, path, ours, tally)
