"""Random onboarding codes of ours, read by connectedhomeip's own parser and by picture readers.

usage: payload.py make SETUP_CODE FOLDER COUNT
       payload.py chip FOLDER
       payload.py pictures FOLDER
"""

import json
import os
import random
import shutil
import string
import struct
import subprocess
import sys
import zlib
from collections import Counter
from pathlib import Path

TRIVIAL = {0, 12345678, 87654321} | {int(str(digit) * 8) for digit in range(1, 10)}
# Interval of codes with pictures.
PICTURES = 10


def fields(rng):
    """The fields of a random device, and the manufacturer's members as numbers or texts."""
    passcode = 0
    while passcode in TRIVIAL:
        passcode = rng.randrange(1, 99999999)
    case = {
        "passcode": passcode,
        "discriminator": rng.randrange(4096),
        "discovery": rng.randrange(1, 32) << 1,
        "flow": rng.randrange(3),
        "vid": rng.randrange(1, 0xFFF5),
        "pid": rng.randrange(1, 0x10000),
        "serial": None,
        "members": {},
    }
    if case["flow"] == 0 and rng.random() < 0.2:
        case["vid"] = case["pid"] = 0
    if rng.random() < 0.5:
        letters = string.ascii_letters + string.digits + "-üé"
        case["serial"] = "S" + "".join(rng.choice(letters) for _ in range(rng.randrange(1, 16)))
    for tag in rng.sample(range(0x80, 0x100), rng.choice([0, 0, 0, 1, 2])):
        case["members"][tag] = rng.choice(
            ["text" + str(rng.random()), rng.randrange(-(2**31), 2**31), rng.randrange(-300, 300), rng.randrange(2**33, 2**63)]
        )
    return case


def make(program, folder, count):
    rng = random.Random(20221025)
    cases = []
    for number in range(count):
        case = fields(rng)
        arguments = [program, "encode", "--force"]
        arguments += ["--passcode", case["passcode"], "--discriminator", case["discriminator"]]
        arguments += ["--discovery-mode", case["discovery"], "--commissioning-flow", case["flow"]]
        if case["vid"]:
            arguments += ["--vid", case["vid"], "--pid", case["pid"]]
        if case["serial"]:
            arguments += ["--serial", case["serial"]]
        for tag, value in case["members"].items():
            arguments += ["--vendor-tag", f"{tag}={value}"]
        picture = folder / f"{number:04}"
        if number % PICTURES == 0:
            arguments += ["--png", f"{picture}.png", "--svg", f"{picture}.svg", "--terminal"]
            arguments += ["--label", f"{picture}-label.svg", "--label-text", "Lamp & <bulb>"]
        run = subprocess.run([str(argument) for argument in arguments], capture_output=True, text=True, check=True)
        first, _, drawing = run.stdout.partition("\n")
        case.update(json.loads(first))
        if drawing:
            Path(f"{picture}.txt").write_text(drawing, encoding="utf-8")
        cases.append(case)
    (folder / "codes.json").write_text(json.dumps(cases), encoding="utf-8")
    # Several payloads in one code, the last one with 302 characters.
    plain = [case["qr"] for case in cases if len(case["qr"]) == 22]
    joined = {}
    for number, several in enumerate((2, 7, 15)):
        name, chosen = f"joined{several}", plain[number : number + several]
        joined[name] = chosen[0] + "".join("*" + code[3:] for code in chosen[1:])
        arguments = [program, "draw", joined[name], "--force", "--terminal"]
        arguments += ["--png", f"{folder}/{name}.png", "--svg", f"{folder}/{name}.svg"]
        run = subprocess.run(arguments, capture_output=True, text=True, check=True)
        (folder / f"{name}.txt").write_text(run.stdout, encoding="utf-8")
    (folder / "joined.json").write_text(json.dumps(joined), encoding="utf-8")
    serials = sum(case["serial"] is not None for case in cases)
    members = sum(bool(case["members"]) for case in cases)
    print(f"codes: {count} random ones made, {serials} with a serial number, {members} with manufacturer's values")


def chip_explains(case):
    """Reasons for which connectedhomeip 2025.7 may refuse a QR text of ours."""
    wide = [v for v in case["members"].values() if isinstance(v, int) and not -(2**31) <= v < 2**31]
    return "a number of more than 32 bits" if wide else None


def chip(folder):
    import chip.native
    from chip.setup_payload.setup_payload import SetupPayload

    # The whole stack needs files in /data and Bluetooth; the parsers need neither.
    try:
        chip.native.Init()
    except Exception:
        library = chip.native.Library.CONTROLLER
        chip.native._nativeLibraryHandles[library].initialized = True
    counts = Counter()
    wrong = 0
    for case in json.loads((folder / "codes.json").read_text(encoding="utf-8")):
        expected = (case["vid"], case["pid"], case["flow"], case["discovery"], case["discriminator"], case["passcode"])
        members = {int(tag): str(value) for tag, value in case["members"].items()}
        reason = chip_explains(case)
        try:
            read = SetupPayload().ParseQrCode(case["qr"])
            got = (read.vendor_id, read.product_id, read.commissioning_flow, read.rendezvous_information)
            got += (read.long_discriminator, read.setup_passcode)
            same = got == expected and read.attributes.get("SerialNumber") == case["serial"]
            if same and read.vendor_attributes == members and reason is None:
                counts["QR texts read alike"] += 1
            else:
                wrong += 1
                print(f"chip: reads {case['qr']} as {got} {read.attributes} {read.vendor_attributes}")
        except Exception as error:
            if reason:
                counts[f"QR texts refused for {reason}"] += 1
            else:
                wrong += 1
                print(f"chip: refuses {case['qr']}: {error}")
        for form in ("manual", "manual_grouped"):
            try:
                read = SetupPayload().ParseManualPairingCode(case[form])
                got = (read.short_discriminator, read.setup_passcode, read.vendor_id, read.product_id)
                ids = (case["vid"], case["pid"]) if case["flow"] else (0, 0)
                alike = got == (case["discriminator"] >> 8, case["passcode"], *ids)
                # 21 digits do not distinguish user intent from custom.
                alike = alike and read.commissioning_flow == (2 if case["flow"] else 0)
            except Exception as error:
                alike, got = False, error
            counts["manual codes read alike"] += alike
            if not alike:
                wrong += 1
                print(f"chip: reads {case[form]} as {got}")
    told = ", ".join(f"{count} {what}" for what, count in sorted(counts.items()))
    print(f"home-assistant-chip-core 2025.7.0: {told}, {wrong} disagreements without an explanation", flush=True)
    # Its library aborts when it is unloaded half initialised.
    os._exit(1 if wrong else 0)


def png(path, rows):
    """Writes grey pixels, 0 or 255, as a PNG: eight pixels for a module."""
    scale = 8
    side = len(rows[0]) * scale
    lines = b"".join((b"\0" + bytes(v for v in row for _ in range(scale))) * scale for row in rows)
    header = struct.pack(">IIBBBBB", side, len(rows) * scale, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(lines)), (b"IEND", b"")]
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        for kind, data in chunks:
            file.write(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)))


def draw_terminal(text, path):
    """A terminal's picture: blocks are light."""
    rows = []
    for line in text.splitlines():
        rows.append([255 if block in "█▀" else 0 for block in line])
        rows.append([255 if block in "█▄" else 0 for block in line])
    # The last line's lower half is not a module, and a terminal's background is dark there.
    png(path, rows)


def read_with(reader, path):
    if reader == "zbarimg":
        command = ["zbarimg", "--quiet", "--nodbus", "--raw", "-Sdisable", "-Sqrcode.enable", str(path)]
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()
    command = ["ZXingReader", "-1", "-format", "QRCode", str(path)]
    out = subprocess.run(command, capture_output=True, text=True).stdout
    # One line: the text in quotes after the format.
    return out.split('"')[1] if out.count('"') >= 2 else out.strip()


def pictures(folder):
    cases = json.loads((folder / "codes.json").read_text(encoding="utf-8"))
    texts = {f"{number:04}": case["qr"] for number, case in enumerate(cases) if number % PICTURES == 0}
    texts.update(json.loads((folder / "joined.json").read_text(encoding="utf-8")))
    counts = Counter()
    wrong = 0
    for name, text in texts.items():
        kinds = {"png": folder / f"{name}.png"}
        for kind, source in (("svg", f"{name}.svg"), ("label", f"{name}-label.svg")):
            if not (folder / source).exists():
                continue
            kinds[kind] = folder / f"{name}-{kind}.png"
            # A module of a label is 0.5 mm: 6 pixels at 305 dots per inch. One of a plain SVG is a unit.
            size = ["--dpi-x", "305", "--dpi-y", "305"] if kind == "label" else ["--zoom", "6"]
            command = ["rsvg-convert", *size, "--background-color", "white", "-o", kinds[kind], folder / source]
            subprocess.run([str(argument) for argument in command], check=True)
        kinds["terminal"] = folder / f"{name}-terminal.png"
        draw_terminal((folder / f"{name}.txt").read_text(encoding="utf-8"), kinds["terminal"])
        for kind, path in kinds.items():
            for reader in ("zbarimg", "ZXingReader"):
                if read_with(reader, path) == text:
                    counts[f"{kind} by {reader}"] += 1
                else:
                    wrong += 1
                    print(f"{reader}: {path} does not read back")
    longest = max(map(len, texts.values()))
    told = ", ".join(f"{count} {what}" for what, count in sorted(counts.items()))
    print(f"pictures of {len(texts)} codes, the longest of {longest} characters: {told}, {wrong} mismatches")
    return 1 if wrong else 0


def main():
    command, *rest = sys.argv[1:]
    if command == "make":
        shutil.rmtree(rest[1], ignore_errors=True)
        Path(rest[1]).mkdir(parents=True)
        make(rest[0], Path(rest[1]), int(rest[2]))
    elif command == "chip":
        chip(Path(rest[0]))
    else:
        sys.exit(pictures(Path(rest[0])))


if __name__ == "__main__":
    main()
