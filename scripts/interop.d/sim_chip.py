"""esptool and espefuse drive sim-chip.

usage: sim_chip.py FOLDER BINARY SEED [--random N] [--chips CHIP...] [--cases flash|efuse...]

Run by the Python that has esptool. Flash: esptool verifies and reads back its own writes, with its stub and without. eFuses:
each sequence of espefuse commands runs on a virtual chip of ours, over a pseudo-terminal, and on one of espefuse
(`--virt`) with the same bits before; exit codes and all blocks are equal afterwards. A locked chip refuses.
"""

import argparse
import atexit
import hashlib
import multiprocessing
import os
import random
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import espefuse  # noqa: E402
import esptool  # noqa: E402
from cryptography.hazmat.primitives import serialization  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import ec  # noqa: E402
from efuse_tool import run_tool  # noqa: E402

CHIPS = ["esp32", "esp32c2", "esp32c3", "esp32c5", "esp32c6", "esp32c61", "esp32h2", "esp32p4", "esp32s2", "esp32s3"]
# Chips whose flash esptool writes; the others have the same flash commands and are tested by their eFuses.
FLASH_CHIPS = ["esp32", "esp32c3", "esp32c6", "esp32h2", "esp32s3"]

PURPOSES = {
    "esp32": [],
    "esp32c2": [],
    "esp32c6": ["HMAC_DOWN_ALL", "HMAC_DOWN_JTAG", "HMAC_DOWN_DIGITAL_SIGNATURE", "HMAC_UP", "XTS_AES_128_KEY"],
}
DIGESTS = ["SECURE_BOOT_DIGEST0", "SECURE_BOOT_DIGEST1", "SECURE_BOOT_DIGEST2"]


def purposes(chip):
    """Purposes of one key block of 32 bytes, and those of an ECDSA key."""
    if chip in ("esp32", "esp32c2"):
        return [], []
    raw = [*PURPOSES["esp32c6"], "USER", *DIGESTS]
    if chip == "esp32c61":
        raw = ["XTS_AES_128_KEY", "USER", *DIGESTS]
    if chip in ("esp32s2", "esp32s3"):
        raw += ["XTS_AES_256_KEY_1", "XTS_AES_256_KEY_2"]
    ecdsa = {"esp32h2": ["ECDSA_KEY"], "esp32c61": ["ECDSA_KEY_P256"], "esp32c5": ["ECDSA_KEY_P256"], "esp32p4": ["ECDSA_KEY"]}
    return raw, ecdsa.get(chip, [])


RUNNING = []


@atexit.register
def end_processes():
    for process in RUNNING:
        process.kill()


class Sim:
    """A process with one virtual chip."""

    number = 0

    def __init__(self, run, chip, *options, tcp=False):
        Sim.number += 1
        self.run, self.chip = run, chip
        self.folder = Path(run.folder, f"{chip}-{Sim.number}")
        self.folder.mkdir(parents=True)
        self.port_file = Path(self.folder, "port")
        self.mac = f"60:55:f9:00:{Sim.number >> 8:02x}:{Sim.number & 255:02x}"
        self.options = ["--chip", chip, "--mac", self.mac, "--port-file", str(self.port_file), *options]
        if tcp:
            self.options += ["--tcp", "0"]
        self.start()

    def start(self):
        self.process = subprocess.Popen([self.run.binary, *self.options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        RUNNING.append(self.process)
        for _ in range(500):
            if self.port_file.exists():
                break
            if self.process.poll() is not None:
                raise AssertionError(f"sim-chip ended with {self.process.returncode}: {self.options}")
            time.sleep(0.01)
        self.port = self.port_file.read_text().strip()

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.port_file.unlink(missing_ok=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def esptool(self, *args, stub=True, chip=None):
        options = ["--chip", chip or self.chip, "--port", self.port, "--before", "no-reset", "--after", "no-reset"]
        if not stub:
            options.append("--no-stub")
        return run_tool(esptool.main, [*options, *args], self.folder)

    def espefuse(self, *args):
        options = ["--chip", self.chip, "--port", self.port, "--before", "no-reset", "--do-not-confirm"]
        return run_tool(espefuse.main, [*options, *args], self.folder)

    def dump(self):
        file = Path(self.folder, "dump.bin")
        code, text = self.espefuse("dump", "--format", "joint", "--file-name", str(file))
        if code != 0:
            raise AssertionError(f"{self.chip}: dump: {text}")
        return file.read_bytes()


class Virtual:
    """espefuse's own virtual chip, in a file, with the initial bits of ours."""

    def __init__(self, sim):
        self.chip, self.folder = sim.chip, sim.folder
        self.file = Path(sim.folder, "virtual.bin")
        index = 0 if sim.chip == "esp32" else 2 if sim.chip == "esp32c2" else 1
        words = block(sim.chip, sim.dump(), index)
        bits = [str(bit) for bit in range(len(words) * 8) if words[bit // 8] >> bit % 8 & 1]
        code, text = self.espefuse("burn-bit", f"BLOCK{index}", *bits)
        if code != 0:
            raise AssertionError(f"{sim.chip}: virtual chip: {text}")

    def espefuse(self, *args):
        options = ["--chip", self.chip, "--virt", "--path-efuse-file", str(self.file), "--do-not-confirm"]
        return run_tool(espefuse.main, [*options, *args], self.folder)

    def dump(self):
        file = Path(self.folder, "virtual-dump.bin")
        code, text = self.espefuse("dump", "--format", "joint", "--file-name", str(file))
        if code != 0:
            raise AssertionError(f"{self.chip}: dump of the virtual chip: {text}")
        return file.read_bytes()


SIZES = {"esp32": [28, 32, 32, 32], "esp32c2": [8, 12, 32, 32]}


def block(chip, dump, index):
    sizes = SIZES.get(chip, [24, 24] + [32] * 9)
    if len(dump) != sum(sizes):
        raise AssertionError(f"{chip}: a dump of {len(dump)} bytes")
    start = sum(sizes[:index])
    return dump[start : start + sizes[index]]


class Run:
    def __init__(self, folder, binary, seed, count):
        self.folder, self.binary, self.seed, self.count = folder, binary, seed, count
        self.flash = self.efuse = self.commands = self.refusals = self.blocks = 0

    def must(self, result, *needles):
        code, text = result
        self.commands += 1
        missing = [needle for needle in needles if needle.lower() not in text.lower()]
        if code != 0 or missing:
            raise AssertionError(f"exit {code}, without {missing}:\n{text}")
        return text

    def must_fail(self, result, *needles):
        code, text = result
        self.commands += 1
        self.refusals += 1
        if code == 0 or any(needle.lower() not in text.lower() for needle in needles):
            raise AssertionError(f"exit {code} where a refusal with {needles} was due:\n{text}")

    def files(self, folder):
        rng = random.Random(self.seed)
        key = lambda name, size: Path(folder, name).write_bytes(rng.randbytes(size))
        key("key.bin", 32), key("other.bin", 32), key("long.bin", 64), key("half.bin", 16)
        for name, curve in [("p256.pem", ec.SECP256R1()), ("p192.pem", ec.SECP192R1())]:
            scalar = int.from_bytes(rng.randbytes(23), "big") + 1
            private = ec.derive_private_key(scalar, curve)
            form = serialization.PrivateFormat.TraditionalOpenSSL
            pem = private.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
            Path(folder, name).write_bytes(pem)

    # Flash

    def flash_cases(self, chip):
        rng = random.Random(f"{self.seed} {chip}")
        for tcp in (False, True):
            with Sim(self, chip, tcp=tcp) as sim:
                self.identify(sim)
                self.write_and_read(sim, rng, tcp)
        self.small_and_slow(chip)

    def identify(self, sim):
        chip = sim.chip
        self.must(sim.esptool("chip-id", chip="auto"), chip[5:].upper() and f"ESP32{'-' if chip[5:] else ''}{chip[5:]}")
        self.must(sim.esptool("read-mac"), sim.mac)
        self.must(sim.esptool("flash-id"), "Detected flash size: 4MB", "Manufacturer: ef")
        self.must(sim.esptool("flash-id", stub=False), "Detected flash size: 4MB")
        info = sim.esptool("get-security-info")
        if chip == "esp32":
            self.must_fail(info)
        else:
            self.must(info, "Secure Boot: Disabled", "Flash Encryption: Disabled")
        self.flash += 5

    def write_and_read(self, sim, rng, tcp):
        data = rng.randbytes(200_001) + bytes(100_000) + b"\xc0\xdb" * 30_000
        image = Path(sim.folder, "image.bin")
        image.write_bytes(data)
        back = Path(sim.folder, "back.bin")
        baud = [] if tcp else ["--baud", "921600"]
        self.must(sim.esptool(*baud, "write-flash", "0x10000", str(image)), "Hash of data verified")
        self.must(sim.esptool("verify-flash", "0x10000", str(image)), "Verification successful")
        self.must(sim.esptool(*baud, "read-flash", "0xf000", str(len(data) + 0x1000), str(back)))
        assert back.read_bytes() == b"\xff" * 0x1000 + data, f"{sim.chip}: other bytes are read"
        self.must(sim.esptool("erase-region", "0x11000", "0x2000"))
        self.must(sim.esptool("read-flash", "0x10000", "0x4000", str(back)))
        erased = data[:0x1000] + b"\xff" * 0x2000 + data[0x3000:0x4000]
        assert back.read_bytes() == erased, f"{sim.chip}: the region is not erased"
        small = Path(sim.folder, "small.bin")
        small.write_bytes(data[:5001])
        for offset, options, stub in [
            ("0x100000", ["--no-compress"], True),
            ("0x110000", [], False),
            ("0x120000", ["--no-compress"], False),
        ]:
            self.must(sim.esptool("write-flash", *options, offset, str(small), stub=stub), "Hash of data verified")
            self.must(sim.esptool("verify-flash", offset, str(small), stub=stub), "Verification successful")
            self.must(sim.esptool("read-flash", offset, "5001", str(back), stub=stub))
            assert back.read_bytes() == small.read_bytes(), f"{sim.chip}: {options}, stub {stub}: other bytes"
        wrong = Path(sim.folder, "wrong.bin")
        wrong.write_bytes(data[1:5002])
        self.must_fail(sim.esptool("verify-flash", "0x100000", str(wrong)))
        self.must(sim.esptool("erase-flash"))
        self.must(sim.esptool("read-flash", "0x110000", "0x1000", str(back)))
        assert back.read_bytes() == b"\xff" * 0x1000, f"{sim.chip}: flash is not erased"
        self.flash += 17

    def small_and_slow(self, chip):
        image = os.urandom(40_000)
        for options, needles in [
            (["--fault", "bad-flash"], None),
            (["--fault", "dies@block:2"], None),
            (["--fault", "slow"], ["Hash of data verified"]),
            (["--flash-size", "16MB"], ["Hash of data verified"]),
        ]:
            with Sim(self, chip, *options) as sim:
                file = Path(sim.folder, "image.bin")
                file.write_bytes(image)
                result = sim.esptool("write-flash", "0x1000", str(file))
                if needles is None:
                    self.must_fail(result)
                else:
                    self.must(result, *needles)
                self.flash += 1

    # eFuses

    def beside(self, chip, name, sequence, is_readable=True):
        """Runs a sequence on both kinds of virtual chips; returns ours, which still runs."""
        sim = Sim(self, chip)
        self.files(sim.folder)
        virtual = Virtual(sim)
        done = []
        for args in sequence:
            done.append(" ".join(args))
            ours, theirs = sim.espefuse(*args), virtual.espefuse(*args)
            self.commands += 1
            self.refusals += ours[0] != 0
            if (ours[0] == 0) != (theirs[0] == 0):
                raise AssertionError(f"{chip}: {name}: {done}: ours {ours[0]}, theirs {theirs[0]}\n{ours[1]}\n{theirs[1]}")
        self.efuse += 1
        # The last command has locked the chip, which does not answer any more.
        if not is_readable:
            return sim
        ours, theirs = sim.dump(), virtual.dump()
        for index in range(4 if chip in SIZES else 11):
            pair = [block(chip, dump, index) for dump in (ours, theirs)]
            if pair[0] != pair[1]:
                raise AssertionError(f"{chip}: {name}: {done}: block {index}: {pair[0].hex()} and {pair[1].hex()}")
            self.blocks += 1
        return sim

    def efuse_cases(self, chip):
        raw, ecdsa = purposes(chip)
        for purpose in raw:
            sequence = [("burn-key", "BLOCK_KEY0", "key.bin", purpose)]
            self.beside(chip, purpose, sequence).stop()
        for purpose in ecdsa:
            self.beside(chip, purpose, [("burn-key", "BLOCK_KEY2", "p256.pem", purpose)]).stop()
        if chip in ("esp32s2", "esp32s3"):
            self.beside(chip, "XTS-256", [("burn-key", "BLOCK_KEY1", "long.bin", "XTS_AES_256_KEY")]).stop()
        if chip == "esp32":
            for name in ("flash_encryption", "secure_boot_v1", "secure_boot_v2"):
                self.beside(chip, name, [("burn-key", name, "key.bin")]).stop()
        self.beside(chip, "plan", self.plan(chip)).stop()
        self.beside(chip, "twice", self.twice(chip)).stop()
        if chip in SIZES:
            block_data = ("burn-block-data", "BLOCK3", "key.bin")
        else:
            block_data = ("burn-block-data", "BLOCK_USR_DATA", "key.bin")
        self.beside(chip, "block data", [block_data, ("burn-efuse", first_field(chip), "1")]).stop()
        self.lock(chip)
        self.survives(chip)
        rng = random.Random(f"{self.seed} {chip} sequences")
        for number in range(self.count):
            sequence = [self.random_command(chip, rng) for _ in range(rng.randint(3, 7))]
            self.beside(chip, f"sequence {number}", sequence).stop()

    def plan(self, chip):
        """Secret keys, digests, counter, read protection closed; then a secret key is refused."""
        if chip == "esp32":
            return [
                ("burn-key", "flash_encryption", "key.bin"),
                ("burn-key", "secure_boot_v2", "other.bin"),
                ("burn-efuse", "FLASH_CRYPT_CNT", "127"),
                ("burn-efuse", "FLASH_CRYPT_CONFIG", "15"),
                ("burn-efuse", "ABS_DONE_1", "1", "JTAG_DISABLE", "1", "DISABLE_DL_ENCRYPT", "1"),
                ("write-protect-efuse", "RD_DIS"),
                ("read-protect-efuse", "BLOCK3"),
            ]
        if chip == "esp32c2":
            return [
                ("burn-key", "BLOCK_KEY0", "half.bin", "XTS_AES_128_KEY_DERIVED_FROM_128_EFUSE_BITS"),
                ("burn-efuse", "SPI_BOOT_CRYPT_CNT", "7"),
                ("write-protect-efuse", "RD_DIS"),
            ]
        return [
            ("burn-key", "BLOCK_KEY0", "key.bin", "XTS_AES_128_KEY"),
            ("burn-key", "BLOCK_KEY1", "other.bin", DIGESTS[0]),
            ("burn-efuse", "SPI_BOOT_CRYPT_CNT", "7"),
            ("burn-efuse", "SECURE_BOOT_EN", "1", "DIS_PAD_JTAG", "1", "DIS_DOWNLOAD_MANUAL_ENCRYPT", "1"),
            ("burn-efuse", "SECURE_BOOT_KEY_REVOKE1", "1", "SECURE_BOOT_KEY_REVOKE2", "1"),
            ("write-protect-efuse", "RD_DIS"),
            ("burn-key", "BLOCK_KEY2", "key.bin", "XTS_AES_128_KEY"),
            ("burn-key", "BLOCK_KEY3", "key.bin", DIGESTS[2]),
            ("read-protect-efuse", "BLOCK_KEY3"),
            ("burn-efuse", "SPI_BOOT_CRYPT_CNT", "0"),
        ]

    def twice(self, chip):
        """A used block is refused; a protected field cannot be burned."""
        name, purpose = ("BLOCK1", []) if chip == "esp32" else ("BLOCK_KEY0", ["USER"])
        if chip == "esp32c2":
            return [("burn-efuse", "DIS_DOWNLOAD_ICACHE", "1"), ("write-protect-efuse", "DIS_PAD_JTAG")]
        field = "JTAG_DISABLE" if chip == "esp32" else "DIS_PAD_JTAG"
        key = ("burn-key", name, "key.bin", *purpose) if purpose else ("burn-key", "flash_encryption", "key.bin")
        other = ("burn-key", name, "other.bin", *purpose) if purpose else ("burn-key", "flash_encryption", "other.bin")
        return [key, key, other, ("write-protect-efuse", field), ("burn-efuse", field, "1")]

    def lock(self, chip):
        if chip == "esp32":
            with self.beside(chip, "lock", [("burn-efuse", "UART_DOWNLOAD_DIS", "1")], False) as sim:
                self.must_fail(sim.esptool("--connect-attempts", "1", "chip-id"))
            return
        # esptool recognises a locked ESP32-S2 by how its ROM refuses a register, which sim-chip does not imitate.
        if chip != "esp32s2":
            self.lock_secure(chip)
        with self.beside(chip, "off", [("burn-efuse", "DIS_DOWNLOAD_MODE", "1")], False) as sim:
            self.must_fail(sim.esptool("--connect-attempts", "1", "chip-id"))

    def lock_secure(self, chip):
        with self.beside(chip, "lock", [("burn-efuse", "ENABLE_SECURITY_DOWNLOAD", "1")], False) as sim:
            self.must(sim.esptool("get-security-info"), "Secure Download Mode")
            for args in (["read-mac"], ["flash-id"], ["read-flash", "0", "16", "out.bin"], ["erase-flash"]):
                self.must_fail(sim.esptool(*args, stub=False))
            self.must_fail(sim.espefuse("summary"))
            file = Path(sim.folder, "plain.bin")
            file.write_bytes(os.urandom(9000))
            options = ["--no-compress", "--flash-size", "4MB", "0x1000", str(file)]
            self.must(sim.esptool("write-flash", *options, stub=False))

    def survives(self, chip):
        """Flash and eFuses outlive the process."""
        with Sim(self, chip, "--state", str(Path(self.folder, f"{chip}.state"))) as sim:
            self.files(sim.folder)
            key = ["flash_encryption", "key.bin"] if chip == "esp32" else ["BLOCK_KEY0", "key.bin", "USER"]
            if chip == "esp32c2":
                key[2] = "SECURE_BOOT_DIGEST"
                Path(sim.folder, "key.bin").write_bytes(bytes(range(16)))
            file = Path(sim.folder, "image.bin")
            file.write_bytes(os.urandom(20_000))
            self.must(sim.esptool("write-flash", "0x3000", str(file)))
            self.must(sim.espefuse("burn-key", *key))
            before = hashlib.sha256(sim.dump()).digest()
            sim.stop()
            sim.start()
            self.must(sim.esptool("verify-flash", "0x3000", str(file)), "Verification successful")
            assert hashlib.sha256(sim.dump()).digest() == before, f"{chip}: other eFuses after a kill"
            self.efuse += 1

    def random_command(self, chip, rng):
        field = rng.choice(FIELDS.get(chip, FIELDS["esp32c3"]))
        if chip in ("esp32", "esp32c2"):
            names = ["BLOCK3"] if chip == "esp32" else ["BLOCK_KEY0"]
            kinds = ["efuse", "efuse", "write", "data"]
        else:
            names = [f"BLOCK_KEY{number}" for number in range(4)]
            kinds = ["efuse", "efuse", "write", "read", "key", "key", "key", "block", "bit"]
        kind, name = rng.choice(kinds), rng.choice(names)
        key = rng.choice(["key.bin", "other.bin"])
        if kind == "efuse":
            return ("burn-efuse", field[0], str(rng.randint(1, field[1])))
        if kind == "write":
            return ("write-protect-efuse", rng.choice([field[0], field[0], "RD_DIS"]))
        if kind == "read":
            return ("read-protect-efuse", name)
        if kind == "data":
            return ("burn-block-data", "BLOCK3", key)
        if kind == "block":
            return ("write-protect-efuse", name)
        if kind == "bit":
            return ("burn-bit", "BLOCK3", *(str(rng.randrange(256)) for _ in range(3)))
        return ("burn-key", name, key, rng.choice(purposes(chip)[0]))


FIELDS = {
    "esp32": [("JTAG_DISABLE", 1), ("FLASH_CRYPT_CNT", 127), ("DISABLE_DL_CACHE", 1), ("ABS_DONE_0", 1)],
    "esp32c2": [("DIS_PAD_JTAG", 1), ("SPI_BOOT_CRYPT_CNT", 7), ("WDT_DELAY_SEL", 3), ("UART_PRINT_CONTROL", 3)],
    "esp32c3": [("DIS_PAD_JTAG", 1), ("SPI_BOOT_CRYPT_CNT", 7), ("WDT_DELAY_SEL", 3), ("FLASH_TPUW", 15), ("SECURE_VERSION", 0xFFFF)],
}
for late in ("esp32h2", "esp32c6", "esp32s3"):
    FIELDS[late] = [*FIELDS["esp32c3"], ("SECURE_BOOT_AGGRESSIVE_REVOKE", 1)]


def first_field(chip):
    return FIELDS.get(chip, FIELDS["esp32c3"])[0][0]


def run_chip(task):
    folder, binary, seed, count, chip, cases = task
    Path(folder).mkdir(parents=True)
    run = Run(folder, binary, seed, count)
    if "flash" in cases and chip in FLASH_CHIPS:
        run.flash_cases(chip)
    if "efuse" in cases:
        run.efuse_cases(chip)
    return chip, run.flash, run.efuse, run.blocks, run.commands, run.refusals


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("binary")
    parser.add_argument("seed", type=int)
    parser.add_argument("--random", type=int, default=6)
    parser.add_argument("--chips", nargs="+")
    parser.add_argument("--cases", nargs="+", choices=["flash", "efuse"], default=["flash", "efuse"])
    args = parser.parse_args()
    folder, binary = Path(args.folder).absolute(), Path(args.binary).absolute()
    tasks = [(str(folder / chip), str(binary), args.seed, args.random, chip, args.cases) for chip in args.chips or CHIPS]
    total = [0] * 5
    # A process for each chip, since espefuse nests deeper with each command. One at a time: of two, one was seen with the
    # pseudo-terminal of the other's chip open, for an unknown reason.
    with multiprocessing.Pool(1, maxtasksperchild=1) as pool:
        for chip, *counts in pool.imap(run_chip, tasks):
            total = [sum(pair) for pair in zip(total, counts)]
            print(f"sim-chip: {chip}: {counts[0]} flash cases, {counts[1]} eFuse sequences", flush=True)
    flash, efuse, blocks, commands, refusals = total
    print(
        f"sim-chip: {flash} flash cases and {efuse} eFuse sequences of {len(tasks)} chips with esptool {esptool.__version__}: "
        f"{commands} commands, {refusals} of them refused, {blocks} blocks equal to espefuse's own virtual chip"
    )


if __name__ == "__main__":
    main()
