"""Sheets of labels for all stock, as read by other programs. python labels.py BINARIES FOLDER

Each sheet is drawn with 300 and 150 dpi. Every code must be readable, be that of its device, and be within its label, whose position
is computed here from the numbers on the packages. Nothing may be drawn outside the labels. Text must not overlap the codes.
"""

import csv
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock

import zxingcpp
from PIL import Image, ImageChops

BINARIES, FOLDER = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
A4, LETTER, INCH = (210.0, 297.0), (215.9, 279.4), 25.4
DEVICES = 45
# Page, columns, rows, width, height, gap to the right and down; the labels are centred on the page.
STOCK = {
    "A4": (A4, 4, 7, 47.5, 39.5, 0, 0),
    "Letter": (LETTER, 4, 6, 48, 42, 0, 0),
    "L4732": (A4, 5, 16, 35.6, 16.9, 2.5, 0),
    "L7159": (A4, 3, 8, 63.5, 33.9, 2.5, 0),
    "L7160": (A4, 3, 7, 63.5, 38.1, 2.5, 0),
    "L7161": (A4, 3, 6, 63.5, 46.6, 2.5, 0),
    "L7163": (A4, 2, 7, 99.1, 38.1, 2.5, 0),
    "L7651": (A4, 5, 13, 38.1, 21.2, 2.5, 0),
    "L7654": (A4, 4, 10, 45.7, 25.4, 2.6, 0),
    "5160": (LETTER, 3, 10, 2.625 * INCH, INCH, 0.125 * INCH, 0),
    "5161": (LETTER, 2, 10, 4 * INCH, INCH, 0.1875 * INCH, 0),
    "5162": (LETTER, 2, 7, 4 * INCH, 4 / 3 * INCH, 0.1875 * INCH, 0),
    "5163": (LETTER, 2, 5, 4 * INCH, 2 * INCH, 0.1875 * INCH, 0),
    "5167": (LETTER, 4, 20, 1.75 * INCH, 0.5 * INCH, 0.3125 * INCH, 0),
    **{f"{w}x{h}": ((w, h), 1, 1, w, h, 0, 0) for w, h in [(62, 29), (57, 32), (102, 51), (50, 30), (25, 40)]},
}
# Name, stock from which it deviates, further options, offset, first label.
VARIANTS = [
    ("L7160 moved", "L7160", ["--label-offset", "1.5,-2"], (1.5, -2.0), 1),
    ("L7651 continued", "L7651", ["--label-start", "40"], (0, 0), 40),
    ("A4 with marks", "A4", ["--label-marks"], (0, 0), 1),
    ("inches", "5160", ["--label-size", "2.625x1in", "--label-page", "Letter", "--label-grid", "3x10", "--label-pitch", "2.75x1in"], (0, 0), 1),
    ("L7160 by numbers", "L7160", ["--label-size", "63.5x38.1", "--label-grid", "3x7", "--label-pitch", "66x38.1", "--label-margins", "7.25x15.15"], (0, 0), 1),
    ("62x29 of 203 dpi", "62x29", ["--label-module", "0.375"], (0, 0), 1),
]
wrong = []
counts = {"sheets": 0, "pages": 0, "dpi300": 0, "dpi150": 0, "svg": 0, "asked": 0}


lock = Lock()


def add(**more):
    with lock:
        for name, number in more.items():
            counts[name] += number


def run(*arguments):
    done = subprocess.run([str(argument) for argument in arguments], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{arguments}: {done.stdout}{done.stderr}")
    return done.stdout


def place(stock, number, offset):
    (width, height), columns, rows, label_width, label_height, right, down = stock
    left = (width - columns * label_width - (columns - 1) * right) / 2 + offset[0]
    top = (height - rows * label_height - (rows - 1) * down) / 2 + offset[1]
    column, row = number % columns, number // columns
    return left + column * (label_width + right), top + row * (label_height + down)


def read(image):
    return zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode)


def check_page(name, path, dpi, stock, first, expected, offset, marks):
    """Reads the codes of a page, which must be those of its labels in order, and searches for ink between the labels."""
    image = Image.open(path).convert("L")
    scale = dpi / INCH
    found = {}
    for code in read(image):
        corners = [code.position.top_left, code.position.top_right, code.position.bottom_right, code.position.bottom_left]
        found[code.text] = [(corner.x / scale, corner.y / scale) for corner in corners]
    good = 0
    for number, text in enumerate(expected, first):
        x, y = place(stock, number, offset)
        corners = found.get(text)
        if corners is None:
            wrong.append(f"{name}: {dpi} dpi: label {number + 1} cannot be read")
        elif not all(x <= a <= x + stock[3] and y <= b <= y + stock[4] for a, b in corners):
            wrong.append(f"{name}: {dpi} dpi: the code of label {number + 1} is not within it")
        else:
            good += 1
    if set(found) - set(expected):
        wrong.append(f"{name}: codes of other devices")
    if not marks:
        rest = image.copy()
        for number in range(first, first + len(expected)):
            x, y = place(stock, number, offset)
            # The white edge of a label is a millimetre.
            box = [x + 0.9, y + 0.9, x + stock[3] - 0.9, y + stock[4] - 0.9]
            rest.paste(255, [round(edge * scale) for edge in box])
        if ImageChops.invert(rest).point(lambda value: 255 * (value > 60)).getbbox():
            wrong.append(f"{name}: {dpi} dpi: something is drawn outside the labels")
    return good


def check_sheet(name, options, stock, offset, start, devices):
    file = FOLDER / f"{name.replace(' ', '-')}.pdf"
    say = run(BINARIES / "setup-code", "--force", "sheet", FOLDER / "devices.csv", file, *options)
    module = float(say.split("modules of ")[1].split(" mm")[0])
    run("qpdf", "--check", file)
    info = run("pdfinfo", "-rawdates", file)
    points = [length / INCH * 72 for length in stock[0]]
    size = next(line for line in info.splitlines() if line.startswith("Page size")).split()
    if abs(float(size[2]) - points[0]) > 0.02 or abs(float(size[4]) - points[1]) > 0.02:
        wrong.append(f"{name}: page of {size}")
    if "Title:           Matter labels" not in info or "matter-mfg" not in info:
        wrong.append(f"{name}: no title: {info}")
    per_page = stock[1] * stock[2]
    pages, rest, first = [], list(devices), start - 1
    while rest:
        pages.append((first, rest[: per_page - first]))
        rest, first = rest[per_page - first :], 0
    if f"Pages:           {len(pages)}\n" not in info:
        wrong.append(f"{name}: not {len(pages)} pages")
    add(sheets=1, pages=len(pages))
    # Readers need two pixels to a module.
    for dpi in (300, 150) if module * 150 / INCH >= 2 else (300,):
        pictures = FOLDER / f"{file.stem}-{dpi}"
        run("pdftoppm", "-r", dpi, "-gray", file, pictures)
        for (first, page), picture in zip(pages, sorted(FOLDER.glob(f"{file.stem}-{dpi}-*.pgm")), strict=True):
            good = check_page(name, picture, dpi, stock, first, page, offset, "--label-marks" in options)
            add(asked=len(page), **{f"dpi{dpi}": good})
            picture.unlink()
    if len(pages) == 1:
        svg = file.with_suffix(".svg")
        run(BINARIES / "setup-code", "--force", "sheet", FOLDER / "devices.csv", svg, *options)
        run("rsvg-convert", "--dpi-x", 300, "--dpi-y", 300, "--background-color", "white", "-o", svg.with_suffix(".png"), svg)
        good = check_page(f"{name} svg", svg.with_suffix(".png"), 300, stock, *pages[0], offset, "--label-marks" in options)
        add(asked=len(devices), svg=good)


def main():
    names = ["--product-name", "Thermostat Valve", "--vendor-name", "Exämple GmbH"]
    run(BINARIES / "matter-mfg", "-v", "0xFFF1", "-p", "0x8000", "-n", DEVICES, "--seed", "2026", "--force", "--outdir", FOLDER / "out",
        "--labels", "pdf", "--label-stock", "L7651", "--label-start", "30", *names)
    top = FOLDER / "out/fff1_8000"
    manifest = json.loads((top / "manifest.json").read_text())
    devices = [device["qr"] for device in manifest["devices"]]
    with open(FOLDER / "devices.csv", "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["qrcode", "serial-num", "product-name", "vendor-name"])
        rows.writerows([device["qr"], device["serial"], names[1], names[3]] for device in manifest["devices"])
    jobs = [(name, ["--label-stock", name], stock, (0, 0), 1, devices) for name, stock in STOCK.items()]
    jobs += [
        (name, (options if "--label-size" in options else ["--label-stock", stock, *options]), STOCK[stock], offset, start, devices)
        for name, stock, options, offset, start in VARIANTS
    ]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda job: check_sheet(*job), jobs))
    # The sheets of a run, and their audit.
    sheet = next(top.glob("labels-*/0001.pdf"))
    run("pdftoppm", "-r", 300, "-gray", sheet, FOLDER / "run")
    pages = sorted(FOLDER.glob("run-*.pgm"))
    good = check_page("run", pages[0], 300, STOCK["L7651"], 29, devices[:36], (0, 0), False)
    good += check_page("run", pages[1], 300, STOCK["L7651"], 0, devices[36:], (0, 0), False)
    add(asked=len(devices), dpi300=good)
    audit = subprocess.run([BINARIES / "audit-device", FOLDER / "out", "--no-attestation", "--recompute", "none", "--json"], capture_output=True, text=True)
    if "table-" in audit.stdout or audit.returncode not in (0, 1):
        wrong.append(f"audit: {audit.stdout[-500:]}{audit.stderr}")
    read_codes = counts['dpi300'] + counts['dpi150'] + counts["svg"]
    print(
        f"labels: {counts['sheets']} sheets with {counts['pages']} pages; {read_codes} of {counts['asked']} codes read by zxing-cpp, each within its "
        f"label ({counts['dpi300']} of 300 dpi and {counts['dpi150']} of 150 dpi by poppler, {counts['svg']} by librsvg); {len(wrong)} faults"
    )
    if wrong or read_codes != counts["asked"]:
        print("\n".join(wrong[:10]), file=sys.stderr)
        sys.exit(1)


main()
