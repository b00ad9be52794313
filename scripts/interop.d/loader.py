"""Runs the examples of esp-rom-loader with virtual chips, and checks the chips with esptool and espefuse afterwards.

usage: loader.py FOLDER EXAMPLES VIRTUAL_CHIP [CHIP...]

For each chip: identify; write a file, compare its MD5, read it back; esptool reads the same bytes from the same chip. Then our
loader burns a whole list of eFuses on one chip and espefuse on a second one: the files of the two controllers are
the same, byte by byte, and espefuse reads the planned values. Then the expected failures: a second run with other keys, the MD5 of a bad
flash, a chip that dies and one that is silent, a port in use.
"""

import json
import os
import random
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

FOLDER, EXAMPLES, PROGRAM = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve(), sys.argv[3]
RANDOM = random.Random(20261130)
LOCK = threading.Lock()

COMMON = [
    ("efuse", "DIS_DIRECT_BOOT", 1),
    ("efuse", "DIS_PAD_JTAG", 1),
    ("efuse", "DIS_USB_JTAG", 1),
    ("efuse", "SOFT_DIS_JTAG", 7),
    ("efuse", "DIS_DOWNLOAD_MANUAL_ENCRYPT", 1),
]
REVOKED = [("efuse", "SECURE_BOOT_KEY_REVOKE1", 1), ("efuse", "SECURE_BOOT_KEY_REVOKE2", 1)]
END = [("protect", "DIS_ICACHE"), ("close",), ("lock", "ENABLE_SECURITY_DOWNLOAD")]
ON = [("efuse", "SPI_BOOT_CRYPT_CNT", 7), ("efuse", "SECURE_BOOT_EN", 1)]

# In the order of the stages. A key is given by its length.
PLANS = {
    "esp32": [
        ("secret", "BLOCK1", "flash_encryption", 32),
        ("digest", "BLOCK2", "secure_boot_v2", 32),
        ("efuse", "FLASH_CRYPT_CONFIG", 15),
        ("efuse", "FLASH_CRYPT_CNT", 127),
        ("efuse", "ABS_DONE_1", 1),
        ("efuse", "JTAG_DISABLE", 1),
        ("efuse", "CONSOLE_DEBUG_DISABLE", 1),
        ("efuse", "DISABLE_DL_ENCRYPT", 1),
        ("efuse", "DISABLE_DL_DECRYPT", 1),
        ("efuse", "DISABLE_DL_CACHE", 1),
        ("protect", "DIS_CACHE"),
        ("close",),
        ("lock", "UART_DOWNLOAD_DIS"),
    ],
    "esp32c2": [
        (
            "shared",
            "BLOCK_KEY0",
            "XTS_AES_128_KEY_DERIVED_FROM_128_EFUSE_BITS",
            16,
            "BLOCK_KEY0",
            "SECURE_BOOT_DIGEST",
            32,
        ),
        ("efuse", "SPI_BOOT_CRYPT_CNT", 7),
        ("efuse", "SECURE_BOOT_EN", 1),
        ("efuse", "DIS_DOWNLOAD_ICACHE", 1),
        ("efuse", "DIS_PAD_JTAG", 1),
        ("efuse", "DIS_DIRECT_BOOT", 1),
        ("close",),
        ("lock", "ENABLE_SECURITY_DOWNLOAD"),
    ],
    "esp32c3": [
        ("secret", "BLOCK_KEY0", "XTS_AES_128_KEY", 32),
        ("secret", "BLOCK_KEY1", "HMAC_UP", 32),
        ("digest", "BLOCK_KEY2", "SECURE_BOOT_DIGEST0", 32),
        *ON,
        ("efuse", "DIS_DOWNLOAD_ICACHE", 1),
        *COMMON,
        *REVOKED,
        *END,
    ],
    "esp32h2": [
        ("secret", "BLOCK_KEY0", "ECDSA_KEY", 24),
        ("secret", "BLOCK_KEY1", "ECDSA_KEY", 32),
        ("secret", "BLOCK_KEY2", "XTS_AES_128_KEY", 32),
        ("secret", "BLOCK_KEY3", "HMAC_UP", 32),
        ("digest", "BLOCK_KEY4", "SECURE_BOOT_DIGEST0", 32),
        ("digest", "BLOCK_KEY5", "SECURE_BOOT_DIGEST1", 32),
        *ON,
        *COMMON,
        ("efuse", "SECURE_BOOT_KEY_REVOKE2", 1),
        *END,
    ],
    "esp32s3": [
        ("secret", "BLOCK_KEY0", "XTS_AES_256_KEY_1", 32),
        ("secret", "BLOCK_KEY1", "XTS_AES_256_KEY_2", 32),
        ("secret", "BLOCK_KEY2", "HMAC_UP", 32),
        ("digest", "BLOCK_KEY3", "SECURE_BOOT_DIGEST0", 32),
        ("digest", "BLOCK_KEY4", "SECURE_BOOT_DIGEST1", 32),
        ("digest", "BLOCK_KEY5", "SECURE_BOOT_DIGEST2", 32),
        *ON,
        ("efuse", "DIS_DOWNLOAD_ICACHE", 1),
        ("efuse", "DIS_DOWNLOAD_DCACHE", 1),
        *COMMON,
        *END,
    ],
    "esp32c6": [
        ("secret", "BLOCK_KEY0", "XTS_AES_128_KEY", 32),
        ("secret", "BLOCK_KEY1", "HMAC_UP", 32),
        ("digest", "BLOCK_KEY2", "SECURE_BOOT_DIGEST0", 32),
        *ON,
        ("efuse", "DIS_DOWNLOAD_ICACHE", 1),
        *COMMON,
        *REVOKED,
        *END,
    ],
}
PLANS["esp32s2"] = [
    ("secret", "BLOCK_KEY0", "XTS_AES_256_KEY_1", 32),
    ("secret", "BLOCK_KEY1", "XTS_AES_256_KEY_2", 32),
    ("digest", "BLOCK_KEY5", "SECURE_BOOT_DIGEST0", 32),
    *ON,
    ("efuse", "HARD_DIS_JTAG", 1),
    ("efuse", "DIS_BOOT_REMAP", 1),
    ("efuse", "DIS_LEGACY_SPI_BOOT", 1),
    ("efuse", "DIS_DOWNLOAD_DCACHE", 1),
    *REVOKED,
    *END,
]
PLANS["esp32c5"] = [
    ("secret", "BLOCK_KEY0", "ECDSA_KEY_P192", 24),
    ("secret", "BLOCK_KEY1", "ECDSA_KEY", 32),
    ("secret", "BLOCK_KEY2", "XTS_AES_128_KEY", 32),
    ("secret", "BLOCK_KEY3", "HMAC_UP", 32),
    ("digest", "BLOCK_KEY4", "SECURE_BOOT_DIGEST0", 32),
    *ON,
    ("efuse", "SECURE_BOOT_SHA384_EN", 1),
    ("efuse", "XTS_DPA_PSEUDO_LEVEL", 1),
    ("efuse", "SPI_DOWNLOAD_MSPI_DIS", 1),
    *COMMON,
    *REVOKED,
    *END,
]
PLANS["esp32c61"] = [
    ("secret", "BLOCK_KEY0", "ECDSA_KEY", 32),
    ("secret", "BLOCK_KEY1", "XTS_AES_128_KEY", 32),
    ("digest", "BLOCK_KEY2", "SECURE_BOOT_DIGEST0", 32),
    *ON,
    ("efuse", "XTS_DPA_PSEUDO_LEVEL", 1),
    ("efuse", "DIS_DIRECT_BOOT", 1),
    ("efuse", "DIS_PAD_JTAG", 1),
    *REVOKED,
    *END,
]
PLANS["esp32p4"] = [
    ("secret", "BLOCK_KEY0", "XTS_AES_256_KEY_1", 32),
    ("secret", "BLOCK_KEY1", "XTS_AES_256_KEY_2", 32),
    ("secret", "BLOCK_KEY2", "ECDSA_KEY", 32),
    ("digest", "BLOCK_KEY3", "SECURE_BOOT_DIGEST0", 32),
    *ON,
    ("efuse", "SPI_DOWNLOAD_MSPI_DIS", 1),
    *COMMON,
    *REVOKED,
    *END[1:],
]
# From this revision on the ESP32-H2 has other eFuses for ECDSA.
PLANS["esp32h2 1.2"] = [*PLANS["esp32h2"][:-3], ("efuse", "XTS_DPA_PSEUDO_LEVEL", 1), *PLANS["esp32h2"][-3:]]
# The mock has no security info of the ESP32-S2, which espefuse requires: espefuse works on the file itself.
VIRTUAL = {"esp32s2"}
VARIANTS = {
    ("esp32h2", "1.2"): (512, 0x52, 0x28),
    ("esp32p4", "3.0"): (512, 0x4C, 0x30),
    ("esp32", "three-quarters"): (288, 0x18, 1),
}
PLANS["esp32p4 3.0"] = [
    ("secret", "BLOCK_KEY4", "ECDSA_KEY_P192", 24),
    *PLANS["esp32p4"][:-2],
    ("efuse", "SECURE_BOOT_SHA384_EN", 1),
    ("efuse", "XTS_DPA_PSEUDO_LEVEL", 1),
    *PLANS["esp32p4"][-2:],
]
PLANS["esp32 three-quarters"] = [
    ("secret", "BLOCK1", "flash_encryption", 24),
    ("secret", "BLOCK2", "secure_boot_v1", 24),
    ("efuse", "FLASH_CRYPT_CONFIG", 15),
    ("efuse", "FLASH_CRYPT_CNT", 127),
    ("efuse", "ABS_DONE_0", 1),
    ("protect", "DIS_CACHE"),
]


class Chip:
    """A virtual chip on a pseudo terminal."""

    count = 0

    def __init__(self, name, folder, fault=""):
        with LOCK:
            Chip.count += 1
            number = Chip.count
        name, _, revision = name.partition(" ")
        self.name = name
        self.efuses = Path(folder, f"chip{number}.efuse")
        if revision:
            size, offset, value = VARIANTS[name, revision]
            content = bytearray(size)
            # The last register comes first.
            content[size - 1 - offset] = value
            self.efuses.write_bytes(content)
        port = Path(folder, f"chip{number}.port")
        self.mac = f"24:0a:c4:00:00:{number:02x}"
        self.log = open(Path(folder, f"chip{number}.log"), "w")
        words = [sys.executable, PROGRAM, name, self.mac, str(self.efuses), str(port)] + ([fault] if fault else [])
        self.process = subprocess.Popen(words, stdout=self.log, stderr=self.log)
        limit = time.monotonic() + 30
        while not port.exists() or not port.read_text().strip():
            assert self.process.poll() is None and time.monotonic() < limit, f"{name}: the virtual chip does not start"
            time.sleep(0.02)
        self.port = port.read_text().strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.log.close()


def tool(module, chip, *words, check=True):
    place = ["--port", chip.port, "--before", "no-reset"]
    if chip.name in VIRTUAL and module == "espefuse":
        place = ["--virt", "--path-efuse-file", str(chip.efuses)]
    words = [sys.executable, "-m", module, "--chip", chip.name, *place, *words]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(words)}\n{done.stdout}{done.stderr}")
    return done.stdout


def ours(example, *words, fails=None):
    start = os.times()
    done = subprocess.run([EXAMPLES / example, *map(str, words)], capture_output=True, text=True, timeout=120)
    end = os.times()
    used = end.children_user + end.children_system - start.children_user - start.children_system
    if fails is None:
        assert done.returncode == 0, f"{example} {words}: {done.stdout}{done.stderr}"
    else:
        assert done.returncode == 1 and fails in done.stderr, f"{example} {words}: {done.stderr!r} has no {fails!r}"
    return done.stdout, used


def files(plan, folder):
    """The plan with files for the lengths."""
    steps = []
    for number, step in enumerate(plan):
        words = []
        for place, word in enumerate(step):
            if isinstance(word, int) and step[0] in ("secret", "digest", "shared"):
                path = Path(folder, f"key{number}-{place}.bin")
                if any(str(part).startswith("ECDSA_KEY") for part in step):
                    write_scalar(path, word)
                else:
                    path.write_bytes(RANDOM.randbytes(word))
                word = path
            words.append(str(word))
        steps.append(words)
    return steps


def write_scalar(path, length):
    """A private key: the scalar for us, PEM for espefuse."""
    curve = {24: ec.SECP192R1(), 32: ec.SECP256R1()}[length]
    key = ec.generate_private_key(curve)
    path.write_bytes(key.private_numbers().private_value.to_bytes(length, "big"))
    form = serialization.PrivateFormat.TraditionalOpenSSL
    path.with_suffix(".pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    )


def for_espefuse(path):
    pem = Path(path).with_suffix(".pem")
    return str(pem) if pem.exists() else path


def burn_by_espefuse(chip, steps):
    values = []

    def burn_values():
        if values:
            tool("espefuse", chip, "--do-not-confirm", "burn-efuse", *values)
            values.clear()

    for kind, *words in steps:
        if kind == "efuse":
            values.extend(words)
            continue
        burn_values()
        if chip.name == "esp32" and kind in ("secret", "digest"):
            command = ["burn-key", words[1], words[2]]
        elif kind == "shared":
            command = ["burn-key", words[0], words[2], words[1], words[3], words[5], words[4]]
        elif kind in ("secret", "digest"):
            command = ["burn-key", words[0], for_espefuse(words[2]), words[1]]
        elif kind == "lock":
            command = ["burn-efuse", words[0], "1"]
        else:
            command = ["write-protect-efuse", words[0] if words else "RD_DIS"]
        tool("espefuse", chip, "--do-not-confirm", *command)
    burn_values()


def summary(chip):
    text = tool("espefuse", chip, "summary", "--format", "json")
    return json.loads(text[text.index("{") :])


def flash(chip, folder):
    data = RANDOM.randbytes(150_001) + b"\xff" * 100_000 + b"line of text\n" * 5000
    path, back, theirs = Path(folder, "image.bin"), Path(folder, "back.bin"), Path(folder, "esptool.bin")
    path.write_bytes(data)
    ours("write_image", chip.port, "0x10000", path, "--baud", "921600", "--read", back)
    assert back.read_bytes() == data[:0x10000], f"{chip.name}: read back differs"
    text = tool("esptool", chip, "--no-stub", "verify-flash", "0x10000", str(path))
    assert "verify OK" in text or "Verification successful" in text, text
    tool("esptool", chip, "--no-stub", "read-flash", "0x10000", "0x2000", str(theirs))
    assert theirs.read_bytes() == data[:0x2000], f"{chip.name}: esptool reads other bytes"
    return len(data)


def identify(chip):
    text, _ = ours("identify", chip.port)
    # The virtual chip has the MAC in BLOCK1, where the ESP32-C2 has none.
    mac = "00:00:00:00:00:00" if chip.name == "esp32c2" else chip.mac
    assert f"chip {chip.name} " in text and f"mac {mac}" in text and "flash 4194304" in text, text
    assert mac in tool("esptool", chip, "--no-stub", "read-mac").lower()


def burn(name, folder):
    with Chip(name, folder) as chip, Chip(name, folder) as other:
        steps = files(PLANS[name], folder)
        Path(folder, "steps.txt").write_text("\n".join(" ".join(step) for step in steps))
        identify(chip)
        flash(chip, folder)
        ours("burn_steps", chip.port, Path(folder, "steps.txt"))
        burn_by_espefuse(other, steps)
        values, expected = summary(chip), summary(other)
        assert mask_mac(values) == mask_mac(expected), differences(values, expected)
        for kind, *words in steps:
            if kind == "efuse":
                assert int(values[words[0]]["raw_value"], 16) == int(words[1]), words
            elif kind == "secret" and words[0] in values:
                assert not values[words[0]]["readable"] and not values[words[0]]["writeable"], words
        a, b = chip.efuses.read_bytes(), other.efuses.read_bytes()
        # The last register comes first. Our loader wipes the check bytes of a key, which espefuse leaves in PGM_CHECK_VALUE.
        wiped = range(len(a) - 0x2C, len(a) - 0x20) if chip.name != "esp32" else ()
        assert not any(a[place] for place in wiped)
        places = [place for place in range(len(a)) if a[place] != b[place] and place not in wiped]
        if chip.name in VIRTUAL:
            # Only the chip on the port has a MAC. The times of programming (0x1EC to 0x1F7) are ESP-IDF's; espefuse 5.6.0
            # does not shift them to their fields.
            others = {*range(len(a) - 0x4C, len(a) - 0x44), *range(len(a) - 0x1F8, len(a) - 0x1EC)}
            places = [place for place in places if place not in others] + [0]
        # The MACs of the two chips differ in their last byte.
        assert len(a) == len(b) and len(places) == 1, f"{name}: bytes {places} of the eFuse files differ"
        # Secret keys cannot be compared any more: a second run says so; digests and all else are done already.
        ours("burn_steps", chip.port, Path(folder, "steps.txt"), fails="already has another value")
        assert chip.efuses.read_bytes() == a
    return len(steps), len(a)


def mask_mac(values):
    return {name: field for name, field in values.items() if "MAC" not in name and name != "BLOCK1"}


def differences(values, expected):
    return {
        name: (values.get(name), expected.get(name))
        for name in {**values, **expected}
        if values.get(name) != expected.get(name)
    }


def must_fail(folder):
    image = Path(folder, "image.bin")
    image.write_bytes(RANDOM.randbytes(20_000))
    with Chip("esp32c3", folder, "badflash") as chip:
        ours("write_image", chip.port, 0, image, fails="MD5 of the 20000 bytes of flash at 0x0 does not match")
    with Chip("esp32c3", folder, "die") as chip:
        ours("write_image", chip.port, 0, image, fails="is gone")
    with Chip("esp32c3", folder, "stuck") as chip:
        ours("write_image", chip.port, 0, image, fails="no answer to FLASH_DEFL_DATA")
    with Chip("esp32c3", folder) as chip:
        big = Path(folder, "big.bin")
        big.write_bytes(RANDOM.randbytes(2_000_000))
        first = subprocess.Popen([EXAMPLES / "write_image", chip.port, "0", big], stdout=subprocess.PIPE)
        time.sleep(0.5)
        ours("identify", chip.port, fails=f"port {chip.port} is in use by another process")
        assert first.wait(60) == 0
    return 4


def speed(folder):
    data = RANDOM.randbytes(1 << 20)
    image = Path(folder, "image.bin")
    image.write_bytes(data)
    best = None
    with Chip("esp32h2", folder) as chip:
        for _ in range(3):
            _, used = ours("write_image", chip.port, 0, image)
            best = min(used, best or used)
    return best


def whole(name):
    folder = Path(FOLDER, name.replace(" ", "-"))
    folder.mkdir()
    steps, size = burn(name, folder)
    return f"{name}: identified, flashed; {steps} steps burned as by espefuse, eFuse files of {size} bytes the same"


def main():
    with ThreadPoolExecutor(2) as pool:
        for line in pool.map(whole, sys.argv[4:] or PLANS):
            print(f"loader: {line}", flush=True)
    for name, run in (("faults", must_fail), ("speed", speed)):
        folder = Path(FOLDER, name)
        folder.mkdir()
        result = run(folder)
        text = (
            f"{result} faults named"
            if name == "faults"
            else f"{result:.3f} s of CPU to write and verify 1 MiB of random bytes"
        )
        print(f"loader: {text}", flush=True)


main()
