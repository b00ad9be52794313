"""Runs the espefuse commands of plans on virtual chips, and shows that the orders that they avoid fail.

usage: efuse_plans.py FOLDER [NAME...]

Run by the Python that has esptool. FOLDER has a folder for each plan, with `plan.json` and the key files that its commands
name. For each plan: every espefuse command succeeds with `--virt`, the chip is then in the state of the steps, the same commands in
the reverse order fail or leave another state, and esptool accepts its own commands up to the missing port. Then, for each
chip, orders that ruin one.
"""

import json
import multiprocessing
import shlex
import sys
import tempfile
from pathlib import Path

import espefuse
import esptool
from efuse_tool import run_tool

# espefuse 5.6.0 has other names of eFuses for some revisions: bits of BLOCK1 that make a virtual chip of revision 3.1 or 1.2.
REVISION_BITS = {"esp32p4": [64, 68, 69], "esp32h2": [3 * 32 + 19, 3 * 32 + 21]}
SECRET = ("XTS_", "HMAC_", "flash_encryption", "secure_boot_v1")


class Chip:
    """A virtual chip in a file."""

    def __init__(self, name, folder, keys):
        self.name = name
        self.file = Path(folder, "efuses.bin")
        self.keys = keys
        if name in REVISION_BITS:
            self.must("burn-bit", "BLOCK1", *(str(bit) for bit in REVISION_BITS[name]))
        flash_key = Path(keys, "flash-key.bin")
        if name == "esp32" and flash_key.exists() and flash_key.stat().st_size == 24:
            self.must("burn-efuse", "CODING_SCHEME", "1")

    def run(self, *args):
        options = ["--chip", self.name, "--virt", "--path-efuse-file", str(self.file), "--do-not-confirm"]
        return run_tool(espefuse.main, [*options, *args], self.keys)

    def must(self, *args):
        code, text = self.run(*args)
        if code != 0:
            raise AssertionError(f"{self.name}: {shlex.join(args)}: exit {code}\n{text}")

    def summary(self):
        code, text = self.run("summary", "--format", "json")
        assert code == 0, text
        return json.loads(text[text.index("{") :])

    def line(self, command):
        """Runs a command line of a plan."""
        words = shlex.split(command)
        assert words[:4] == ["espefuse", "--chip", self.name, "--before"], command
        return self.run(*words[5:])


def efuse_commands(plan):
    return [command for command in plan["commands"] if command.startswith("espefuse ")]


def value(field):
    return int(field["raw_value"], 16)


def protected_with(summary, name):
    """Whether an eFuse cannot be burned any more."""
    return not summary[name]["writeable"]


def key_bytes(folder, step):
    """The expected value of a readable block."""
    name, purpose = step["value_or_file"], step["purpose"]
    data = Path(folder, name).read_bytes()
    return data[:16] if purpose == "SECURE_BOOT_DIGEST" else data


def wrong_key(folder, summary, step):
    purpose, block = step["purpose"], step["block"]
    secret = purpose.startswith(SECRET)
    field = summary.get(block)
    if block == "BLOCK_KEY0" and purpose.startswith("XTS_AES_128_KEY_DERIVED"):
        field = summary["BLOCK_KEY0_LOW_128"]
    elif purpose == "SECURE_BOOT_DIGEST":
        field = summary["BLOCK_KEY0_HI_128"]
    if field is None:
        return f"no {block} in {sorted(summary)}"
    if field["writeable"]:
        return f"{block} is not write-protected"
    if field["readable"] == secret:
        return f"{block} is {'not ' if secret else ''}read-protected"
    if not secret and bytes.fromhex(field["value"]) != key_bytes(folder, step):
        return f"{block} holds {field['value']}"
    number = block.removeprefix("BLOCK_KEY")
    name = f"KEY_PURPOSE_{number}"
    if name in summary and summary[name]["value"] != purpose:
        return f"{name} is {summary[name]['value']}"
    return None


def wrong(folder, plan, summary):
    """Returns the deviation from the plan, or None."""
    planned = {"RD_DIS"}
    for step in plan["efuses"]:
        what = step["what"]
        if step.get("purpose"):
            fault = wrong_key(folder, summary, step)
            if fault:
                return fault
        elif what.startswith("write-protect "):
            if not protected_with(summary, what.removeprefix("write-protect ")):
                return f"{what} is not done"
        else:
            name = what.removeprefix("burn ").split(" = ")[0]
            planned.add(name)
            if value(summary[name]) != int(step["value_or_file"], 0):
                return f"{name} is {summary[name]['raw_value']}"
    for name, field in summary.items():
        is_protection = name.startswith(("DIS_", "DISABLE_DL", "JTAG", "SPI_BOOT_CRYPT", "FLASH_CRYPT", "SECURE_BOOT_", "ABS_"))
        if is_protection and name not in planned and value(field):
            return f"{name} is {field['raw_value']} and not planned"
    return None


def check_plan(path):
    plan = json.loads(path.read_text())
    folder, chip = path.parent, plan["chip"]
    commands = efuse_commands(plan)
    with tempfile.TemporaryDirectory() as work:
        device = Chip(chip, work, folder)
        for command in commands:
            code, text = device.line(command)
            assert code == 0, f"{path}: {command}: exit {code}\n{text}"
        fault = wrong(folder, plan, device.summary())
        assert fault is None, f"{path}: {fault}"
    for command in plan["commands"]:
        if command.startswith("esptool "):
            words = shlex.split(command)
            _, text = run_tool(esptool.main, ["--port", "/dev/no-such-port", *words[1:]], folder)
            assert "Could not open /dev/no-such-port" in text, f"{path}: {command}\n{text}"
    secret = any(str(step.get("purpose")).startswith(SECRET) for step in plan["efuses"])
    closes = any(step["what"] == "write-protect RD_DIS" for step in plan["efuses"])
    reversed_too = 0
    if secret and closes and chip != "esp32c2":
        with tempfile.TemporaryDirectory() as work:
            device = Chip(chip, work, folder)
            codes = [device.line(command)[0] for command in reversed(commands)]
            assert any(codes) and wrong(folder, plan, device.summary()), f"{path}: the reverse order is as good"
        reversed_too = 1
    return (len(plan["efuses"]), reversed_too), []


# Burns that each chip must refuse: the name, the commands of which the last is refused, and words of its error.
LATE_KEY = "cannot be read-disabled due to the RD_DIS field being already write-disabled"
TWICE = "write-protected. Burn is not possible"


def bad_orders(chip):
    bits = "DIS_DOWNLOAD_MANUAL_ENCRYPT 1"
    if chip == "esp32":
        return [
            ("key after RD_DIS", ["write-protect-efuse RD_DIS", "burn-key flash_encryption k32"], LATE_KEY),
            ("key twice", ["burn-key flash_encryption k32", "burn-key flash_encryption h32"], "BLOCK1 is read-protected"),
            ("bits after their protection", ["write-protect-efuse DIS_CACHE", "burn-efuse DIS_CACHE 1"], "write-protected"),
            ("key of another coding scheme", ["burn-key flash_encryption k24"], "Incorrect key file size 24"),
        ]
    if chip == "esp32c2":
        derived = "BLOCK_KEY0 k16 XTS_AES_128_KEY_DERIVED_FROM_128_EFUSE_BITS"
        return [
            ("key alone", [f"burn-key {derived}", "burn-key BLOCK_KEY0 h32 SECURE_BOOT_DIGEST"], TWICE),
            ("digest alone", ["burn-key BLOCK_KEY0 h32 SECURE_BOOT_DIGEST", f"burn-key {derived}"], TWICE),
            ("key after RD_DIS", ["write-protect-efuse RD_DIS", f"burn-key {derived}"], LATE_KEY),
            ("plain key and digest", ["burn-key BLOCK_KEY0 k32 XTS_AES_128_KEY BLOCK_KEY0 h32 SECURE_BOOT_DIGEST"], ""),
        ]
    orders = [
        ("key after RD_DIS", ["write-protect-efuse RD_DIS", "burn-key BLOCK_KEY0 k32 XTS_AES_128_KEY"], LATE_KEY),
        ("key after RD_DIS of a digest", ["burn-key BLOCK_KEY1 h32 SECURE_BOOT_DIGEST0", "write-protect-efuse RD_DIS", "burn-key BLOCK_KEY0 k32 XTS_AES_128_KEY"], LATE_KEY),
        ("block twice", ["burn-key BLOCK_KEY0 k32 XTS_AES_128_KEY", "burn-key BLOCK_KEY0 h32 SECURE_BOOT_DIGEST0"], "BLOCK_KEY0 is read-protected"),
        ("digest twice", ["burn-key BLOCK_KEY0 h32 SECURE_BOOT_DIGEST0", "burn-key BLOCK_KEY0 k32 SECURE_BOOT_DIGEST0"], "bits that cannot be cleared"),
    ]
    if chip not in ("esp32c61",):
        orders.append(("HMAC key after RD_DIS", ["write-protect-efuse RD_DIS", "burn-key BLOCK_KEY0 h32 HMAC_UP"], LATE_KEY))
    if chip not in ("esp32p4", "esp32h4", "esp32s31"):
        orders.append(("bits after their protection", ["write-protect-efuse DIS_ICACHE", f"burn-efuse {bits}"], "write-protected"))
    if chip in ("esp32c3", "esp32c6", "esp32h2", "esp32s3"):
        orders.append(("XTS in the last block", ["burn-key BLOCK_KEY5 k32 XTS_AES_128_KEY"], "due to a hardware bug"))
    return orders


def check_bad_orders(chip):
    count, faults = 0, []
    for name, commands, words in bad_orders(chip):
        with tempfile.TemporaryDirectory() as work:
            for file, data in {"k16": bytes(range(16)), "k24": bytes(24), "k32": bytes(range(32)), "h32": bytes([0x55] * 32)}.items():
                Path(work, file).write_bytes(data)
            device = Chip(chip, work, work)
            *before, last = commands
            for command in before:
                device.must(*shlex.split(command))
            code, text = device.run(*shlex.split(last))
            if code == 0 or words not in " ".join(text.split()):
                faults.append(f"{chip}: {name}: exit {code}\n{text}")
            count += 1
    # If forced, the two keys are combined: the Reed-Solomon bits of both make a block of neither.
    if chip not in ("esp32", "esp32c2"):
        with tempfile.TemporaryDirectory() as work:
            Path(work, "a").write_bytes(bytes([0x0F] * 32))
            Path(work, "b").write_bytes(bytes([0xF0] * 32))
            device = Chip(chip, work, work)
            device.must("burn-key", "BLOCK_KEY0", "a", "SECURE_BOOT_DIGEST0", "--no-write-protect")
            device.run("burn-key", "BLOCK_KEY0", "b", "SECURE_BOOT_DIGEST0", "--force-write-always")
            held = bytes.fromhex(device.summary()["BLOCK_KEY0"]["value"])
            if held == bytes([0xF0] * 32):
                faults.append(f"{chip}: a block was burned twice and is sound")
            count += 1
    return count, faults


def guarded(check, argument):
    """A fault as text, so that one does not hide the others."""
    try:
        return check(argument)
    except AssertionError as error:
        return (0, 0), [str(error)]


def main():
    plans = sorted(Path(sys.argv[1]).resolve().glob("*/plan.json"))
    if sys.argv[2:]:
        plans = [path for path in plans if path.parent.name.startswith(tuple(sys.argv[2:]))]
    if not plans:
        sys.exit("no plans")
    chips = sorted({json.loads(path.read_text())["chip"] for path in plans})
    with multiprocessing.Pool() as pool:
        done = pool.map(checked_plan, plans, chunksize=1)
        refused = pool.map(check_bad_orders, chips, chunksize=1)
    faults = [fault for _, found in [*done, *refused] for fault in found]
    for fault in faults:
        print(fault)
    steps, backwards = (sum(column) for column in zip(*(counts for counts, _ in done)))
    orders = sum(count for count, _ in refused)
    print(
        f"efuse plans: {len(plans)} plans of {len(chips)} chips, {steps} steps done; {backwards} reverse orders and {orders} "
        f"bad orders tried; {len(faults)} faults"
    )
    sys.exit(bool(faults))


def checked_plan(path):
    return guarded(check_plan, path)


if __name__ == "__main__":
    main()
