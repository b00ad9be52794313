"""`flash-image plan`: a device's merged image against esptool's merge-bin of the same parts, encrypted by espsecure where
the bootloader would do it (ESP-IDF, "Flash Encryption": bootloader, table, apps, otadata, NVS keys, partitions with the flag).
"""

import base64
import contextlib
import hashlib
import io
import json
import re

import flash_writer
from esp_idf_defs import PartitionTable
from esp_idf_nvs_partition_gen import nvs_partition_gen
from flash_merged import SCHEMES
from flash_pieces import KEY_LENGTHS
from flash_tools import case_folder, espsecure, esptool, read, write
from secure_boot_keys import make_keys

SECTOR, PAGE = 0x1000, 0x10000
NVS_SIZE = 0x6000
# A revision with secure boot v2, and the scheme for the chip; the ESP32-H4 has none yet.
BOOT = {"esp32": ("3.0", "v2-rsa"), "esp32c2": ("2.0", "v2-ecdsa"), "esp32c61": ("1.0", "v2-ecdsa"), "esp32h4": None}
OTHER_BOOT = ("1.0", "v2-rsa")
KEY_OF_SCHEME = {"v2-rsa": "rsa3072", "v2-ecdsa": "p256"}
DEVICE = "01234567-89ab-4cde-8f01-23456789abcd"


def nvs_image(rng):
    """Factory data in a partition of the reference generator: the values that a plan needs, without credentials."""
    salt = base64.b64encode(rng.randbytes(32)).decode()
    numbers = {"discriminator": rng.randrange(4096), "iteration-count": rng.randint(1000, 100000)}
    numbers |= {"vendor-id": 0xFFF1, "product-id": 0x8000}
    rows = [("chip-factory", "namespace", "", ""), ("salt", "data", "string", salt)]
    rows += [(key, "data", "u32", str(value)) for key, value in numbers.items()]
    out = io.BytesIO()
    with (
        contextlib.redirect_stdout(io.StringIO()),
        nvs_partition_gen.nvs_open(out, NVS_SIZE - SECTOR, nvs_partition_gen.Page.VERSION2) as image,
    ):
        for row in rows:
            nvs_partition_gen.write_entry(image, *row)
    return out.getvalue()


def sign(data, key, folder):
    """Signs with espsecure."""
    source, out = write(folder / "unsigned", data), folder / "signed"
    answer = espsecure("sign-data", "--version", 2, "--keyfile", key.private, "--output", out, source)
    assert answer.done, answer
    return read(out)


class Plan:
    """A random table with a bootloader, apps and a device's data in it."""

    def __init__(self, rng, chip, keys=None):
        self.rng, self.chip = rng, chip
        self.scheme = rng.choice(SCHEMES.get(chip, ["xts-128"]))
        self.boot = BOOT.get(chip, OTHER_BOOT) if keys and rng.random() < 0.4 else None
        if self.boot and chip == "esp32c2":
            # The other half of the block holds the digest of the key.
            self.scheme = "xts-128-derived"
        self.boot_key = keys[KEY_OF_SCHEME[self.boot[1]]][0] if self.boot else None
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
        at = self.data_row("nvs", "nvs", at, NVS_SIZE, nvs_image(rng))
        if rng.random() < 0.7:
            at = self.data_row("otadata", "ota", at, 0x2000, b"")
        at = self.data_row("phy", "phy", at, SECTOR, None)
        for number in range(rng.randint(1, 2)):
            at = -(-at // PAGE) * PAGE
            image, _ = flash_writer.draw(rng, self.chip, longest=0x1800, most=12, described=True)
            image.revisions = (0, 0)
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
        """The bootloader's rule."""
        return self.is_encrypted and source not in ("nvs", "gap")

    def sign(self, folder):
        """Signs bootloader and apps if the chip checks them."""
        if self.boot:
            self.bootloader = sign(self.bootloader, self.boot_key, folder)
            for label, data in self.apps.items():
                self.apps[label] = self.parts[label] = sign(data, self.boot_key, folder)

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
        if self.boot:
            profile["revision"] = self.boot[0]
            profile["secure_boot"] = {"scheme": self.boot[1], "keys": [str(self.boot_key.public)]}
        return write(folder / "profile.json", json.dumps(profile).encode())

    def __str__(self):
        kind = self.scheme if self.is_encrypted else "plain"
        return f"{self.chip} {kind}, gaps {'filled' if self.fill_gaps else 'left'}: {'; '.join(self.rows)}"


def same_digests(region, data):
    return (region["md5"], region["sha256"]) == (hashlib.md5(data).hexdigest(), hashlib.sha256(data).hexdigest())


def pieces(plan, regions, folder, tally):
    """Makes the file of each region with espsecure; only its length is taken from the plan."""
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


def run(plan, folder, ours):
    """Runs the plan of a device; returns its folder and the answer."""
    profile, device, out = plan.profile(folder), folder / "device", folder / "out"
    device.mkdir()
    write(device / f"{DEVICE}-partition.bin", plan.parts["nvs"])
    write(folder / "key", plan.key)
    key = ["--flash-key", folder / "key"] if plan.is_encrypted else []
    return out, ours("plan", profile, "--device", device, "--out", out, *key)


def compare(plan, folder, ours, tally):
    plan.sign(folder)
    out, answer = run(plan, folder, ours)
    if not tally.check(answer.done, "plans made", f"{plan}: {answer}"):
        return
    if plan.boot:
        tally.agree("of them with secure boot")
    regions = json.loads(read(out / "plan.json"))["regions"]
    expected = {"bootloader", "partition table", *plan.parts}
    missing = expected - {region["source"] for region in regions}
    if not tally.check(not missing, "plans with all parts", f"{plan}: {missing} missing"):
        return
    files, merged = pieces(plan, regions, folder, tally), folder / "merged"
    tool = esptool("--chip", plan.chip, "merge-bin", "--output", merged, *files)
    equal = tool.done and read(merged) == read(out / f"{DEVICE}-flash.bin")
    tally.check(equal, "merged images of plans equal", f"{plan}: esptool {tool}; ours {answer}")


def rewritten(plan, folder):
    """The signed bootloader after a merge-bin with a flash mode: header and SHA-256 have changed."""
    source, out = write(folder / "signed-bootloader", plan.bootloader), folder / "rewritten"
    answer = esptool("--chip", plan.chip, "merge-bin", "--flash-mode", "qout", "--output", out, "0x0", source)
    assert answer.done and read(out) != plan.bootloader, answer
    plan.bootloader = read(out)


def refusals(rng, keys, folder, ours, tally):
    """Inputs that esptool merges silently, and a plan refuses with a reason."""

    def unsigned(plan, _):
        plan.apps["app0"] = flash_writer.bootloader(rng, plan.chip, 0x1000)

    def other_key(plan, folder):
        plan.apps["app0"] = sign(plan.apps["app0"][:-SECTOR], keys["rsa3072"][1], folder)

    def other_chip(plan, folder):
        plan.bootloader = sign(flash_writer.bootloader(rng, "esp32", 0x1000), plan.boot_key, folder)

    def too_long(plan, folder):
        image = flash_writer.Image(plan.chip, [(0x3C000020, bytes(8 * PAGE))], 0x40380000).encode()
        plan.apps["app0"] = sign(image, plan.boot_key, folder)

    reasons = {
        unsigned: r"app0.*not signed",
        other_key: r"app0.*(key|trusted)",
        other_chip: r"bootloader.* is for chip ID 0",
        rewritten: r"bootloader.*(changed|signature|digest)",
        too_long: r"app0.*fit",
    }
    for fault, reason in reasons.items():
        with case_folder(folder, fault.__name__, tally) as path:
            plan = Plan(rng, "esp32c3", keys)
            plan.boot, plan.boot_key = OTHER_BOOT, keys["rsa3072"][0]
            plan.sign(path)
            fault(plan, path)
            out, answer = run(plan, path, ours)
            refused = answer.code == 2 and re.search(reason, answer.said) and not out.exists()
            tally.check(refused, "plans refused for what merge-bin takes", f"{fault.__name__}: ours {answer}")


def plans(rng, count, folder, ours, tally):
    chips, keys = list(flash_writer.CHIPS), make_keys(folder / "keys", ["rsa3072", "p256"], 2)
    for case in range(count):
        plan = Plan(rng, chips[case % len(chips)], keys)
        with case_folder(folder, case, tally) as path:
            compare(plan, path, ours, tally)
    refusals(rng, keys, folder, ours, tally)
