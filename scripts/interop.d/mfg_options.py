"""Runs esp-matter-mfg-tool and matter-mfg with the same options and compares the output.

usage: mfg_options.py REFERENCE FOLDER_OF_BINARIES WORK

If all values are given, the partitions must be the same bytes; if some are drawn, the same keys in the same order
with the same values of the others.
"""

import csv
import json
import subprocess
import sys
from pathlib import Path

REFERENCE, BINARIES, WORK = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
OURS = str(BINARIES / "matter-mfg")
SALT = "V2QKkHqfnRuSmj1m/1ZcYNwoAfhl5sihnkdYmHQahuM="
VERIFIER = (
    "UiGpbqdFJsfa/Q06gfG2gALX3kHZ0vh74obA66HXxoMEYG3ymghhkZccIRNBCyM8dJXM9HqPDF29uybbgC+PSM9qAkdHkB7cYaAkiUe1bCgEj9y9LDtq"
    "Dq6fYsg12BFq2A=="
)
# Of passcode 20202021 and 20000 iterations.
IDS = ["-v", "0xFFF2", "-p", "0x8001"]
PASE = ["--passcode", "20202021", "--iteration-count", "20000", "--salt", SALT, "--verifier", VERIFIER]
FIXED = [*IDS, *PASE, "--discriminator", "3840", "--serial-num", "SN123456789"]
PAI = ["--pai", "-c", "pai.pem"]
DAC = [*PAI, "--dac-cert", "dac.pem", "--dac-key", "dac-key.pem", "-cd", "CD.der"]
# Values that differ between devices unless they are given.
DRAWN = {"discriminator", "salt", "verifier", "serial-num", "dac-cert", "dac-key", "dac-pub-key", "rd-id-uid"}

# Name, options, and how the images are compared.
SETS = [
    ("given", FIXED, "bytes"),
    ("supplied DAC", [*FIXED, *DAC], "bytes"),
    ("texts", [*FIXED, *DAC, "--vendor-name", "Test Vendor,LLC", "--product-name", 'A "light"', "--hw-ver", "0x10",
               "--hw-ver-str", "v1.0", "--mfg-date", "20240115testdata", "--part-number", "P-1", "--product-label",
               "Label", "--product-url", "https://example.com/?a=b,c"], "bytes"),
    ("day with dashes", [*FIXED, "--mfg-date", "2002-02-02"], "bytes"),
    ("rotating id", [*FIXED, *DAC, "--enable-rotating-device-id", "--rd-id-uid", "d2f351f57bb9387445a5f92a601d1c14"], "bytes"),
    ("appearance", [*FIXED, "--product-finish", "matte", "--product-color", "red"], "bytes"),
    ("calendars", [*FIXED, "--calendar-types", "Indian", "Buddhist", "Gregorian"], "bytes"),
    ("all calendars", [*FIXED, "--calendar-types", "Buddhist", "Chinese", "Coptic", "Ethiopian", "Gregorian", "Hebrew",
                       "Indian", "Islamic", "Japanese", "Korean", "Persian", "Taiwanese"], "bytes"),
    ("locales", [*FIXED, "--locales", "en-US", "en-GB", "fr-FR"], "bytes"),
    ("locales after an equals sign", [*FIXED, "--locales=en-US", "en-GB"], "bytes"),
    ("labels", [*FIXED, "--fixed-labels", "0/orientation/up", "1/orientation/down", "0/floor/2"], "bytes"),
    ("labels of endpoint 26", [*FIXED, "--fixed-labels", "26/a/b"], "bytes"),
    ("modes", [*FIXED, "--supported-modes", "0/label1/1", "1/label2/1", "0/other/2"], "bytes"),
    ("modes with tags", [*FIXED, "--supported-modes", "0/RapidCool/1/7\\0, 8\\0x8000", "1/RapidFreeze/1/7\\fff1"], "bytes"),
    ("broker", [*FIXED, *DAC, "--mqtt-host", "mqtt.rainmaker.espressif.com"], "bytes"),
    ("broker and columns", [*FIXED[:-2], "--mqtt-host", "example.com", "--csv", "columns.csv", "--mcsv", "values.csv"], "bytes"),
    ("user intent", [*FIXED, "-cf", "1", "-dm", "6"], "bytes"),
    ("custom flow", [*FIXED, "-cf", "2", "-dm", "34"], "bytes"),
    ("size 0x4000", [*FIXED, *DAC, "-s", "0x4000"], "bytes"),
    ("size 0x10000", [*FIXED, *DAC, "--size=65536"], "bytes"),
    ("options twice", [*FIXED, "--hw-ver", "1", "--hw-ver=2"], "bytes"),
    ("encrypted", [*FIXED, *DAC, "-e"], "decrypted"),
    ("no image", [*FIXED, *DAC, "--no-bin"], "none"),
    ("nothing given", IDS, "keys"),
    ("issued", [*IDS, *PAI, "-k", "pai-key.pem", "-cd", "CD.der", "-n", "3", "--enable-rotating-device-id", *PASE[2:4]], "keys"),
    ("PAI made", [*IDS, "--paa", "-c", "paa.pem", "-k", "paa-key.pem", "-cn", "My bulb"], "keys but pai-cert"),
    ("columns", [*IDS, "--csv", "columns.csv", "--mcsv", "rows.csv", "-n", "9"], "keys"),
]


def run(*command):
    done = subprocess.run(command, cwd=WORK, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def devices(outdir):
    top = WORK / outdir / "fff2_8001"
    return sorted(path for path in top.iterdir() if len(path.name) == 36)


def names(device):
    return {str(path.relative_to(device)).replace(device.name, "UUID") for path in device.rglob("*") if path.is_file()}


def dump(image):
    code, out = run(str(BINARIES / "nvs-image"), "dump", str(image), "--format", "json")
    assert code == 0, out
    return [(e["namespace"], e["key"], e["type"], e["value"]) for e in json.loads(out)]


def fixed(device, ignored):
    return [e[:3] if e[1] in ignored else e for e in dump(device / f"{device.name}-partition.bin")]


def codes(device):
    with open(device / f"{device.name}-onb_codes.csv", newline="") as file:
        header, row = list(csv.reader(file))
    # The reference tool writes the manual code of other flows over two lines.
    return header, [cell.replace("\n", "-" if len(cell) > 15 else "") for cell in row]


def image(device, how):
    path = device / f"{device.name}-partition.bin"
    if how != "decrypted":
        return path.read_bytes()
    plain = WORK / "plain.bin"
    plain.unlink(missing_ok=True)
    keys = device / f"{device.name}-keys-partition.bin"
    assert len(keys.read_bytes()) == 4096
    code, out = run(str(BINARIES / "nvs-image"), "decrypt", str(path), str(plain), "--keys", str(keys))
    assert code == 0, out
    return plain.read_bytes()


def table(outdir, prefix):
    """Rows of a run's table, without file names and the separators of the manual codes."""
    found = list((WORK / outdir / "fff2_8001").glob(f"{prefix}*.csv"))
    if not found:
        return []
    with open(found[0], newline="") as file:
        header, *rows = list(csv.reader(file))
    cells = []
    for row in rows:
        row = dict(zip(header, row, strict=True))
        for key, value in row.items():
            if key == "manualcode":
                row[key] = digits(value)
            # For a file that a column names, matter-mfg writes the contents.
            elif key == "blob" or value.endswith((".der", ".bin")):
                row[key] = "a file"
        cells.append(row)
    # The reference tool makes a table of certificates without rows if there is none.
    return [header, *cells] if cells else []


def digits(code):
    return "".join(c for c in code if c.isdigit())


def compare(number, options, how):
    """Returns the differences."""
    outs = f"theirs{number}", f"ours{number}"
    for tool, outdir in zip((REFERENCE, OURS), outs):
        code, said = run(tool, *options, "--outdir", outdir)
        if code != 0:
            return f"{Path(tool).name} ends with {code}: {said.strip().splitlines()[-1]}"
    theirs, ours = map(devices, outs)
    if len(theirs) != len(ours):
        return f"{len(theirs)} devices and {len(ours)}"
    if how.startswith("keys"):
        ignored = DRAWN | ({"pai-cert"} if how.endswith("pai-cert") else set())
        if "columns.csv" in options:
            ignored = ignored - {"serial-num"}
        contents = [sorted(map(lambda device: fixed(device, ignored), side), key=str) for side in (theirs, ours)]
        if contents[0] != contents[1]:
            return "the contents differ"
    for their, our in zip(theirs, ours):
        missing = names(their) - names(our)
        if missing:
            return f"ours has not {sorted(missing)}"
        if how in ("bytes", "decrypted") and image(their, how) != image(our, how):
            return "the partitions differ"
        if how in ("bytes", "decrypted", "none"):
            (header, row), (our_header, our_row) = codes(their), codes(our)
            row[1], our_row[1] = digits(row[1]), digits(our_row[1])
            if header != our_header or row != our_row:
                return "the codes differ"
        if how == "bytes":
            for prefix in ("summary-", "cn_dacs-"):
                if table(outs[0], prefix) != table(outs[1], prefix):
                    return f"the tables {prefix}*.csv differ"
        if how == "none" and any(name.endswith("partition.bin") for name in names(our)):
            return "ours has an image"
    return None


def prepare():
    code, said = run(OURS, "--test-pki", *IDS, "--outdir", "pki")
    assert code == 0, said
    for name, file in [("paa", "PAA_cert"), ("paa-key", "PAA_key"), ("pai", "PAI_cert"), ("pai-key", "PAI_key")]:
        (WORK / f"{name}.pem").write_bytes((WORK / f"pki/test-pki/{file}.pem").read_bytes())
    (WORK / "CD.der").write_bytes((WORK / "pki/test-pki/CD.der").read_bytes())
    # The supplied DAC was issued by the reference tool.
    code, said = run(REFERENCE, *IDS, *PAI, "-k", "pai-key.pem", "--outdir", "dac", "-lt", "3650")
    assert code == 0, said
    (device,) = devices("dac")
    (WORK / "dac.pem").write_bytes((device / "internal/DAC_cert.pem").read_bytes())
    (WORK / "dac-key.pem").write_bytes((device / "internal/DAC_key.pem").read_bytes())
    columns = "serial-num,data,string\nown,data,u8\napp,namespace,\nnote,data,string\nkey,data,hex2bin\nblob,file,binary\n"
    (WORK / "columns.csv").write_text(columns)
    (WORK / "values.csv").write_text('serial-num,own,note,key,blob,more\nS-1,7,"a, ""b""\nc",1a2b3c,CD.der,x\n')
    rows = "".join(f"S-{i},{i},note {i},{i:08x},CD.der\n" for i in range(3))
    (WORK / "rows.csv").write_text("serial-num,own,note,key,blob\n" + rows)


def main():
    prepare()
    wrong = 0
    for number, (name, options, how) in enumerate(SETS):
        difference = compare(number, options, how)
        if difference:
            wrong += 1
            print(f"option set '{name}': {difference}")
    same = sum(how == "bytes" for _, _, how in SETS)
    print(f"mfg options: {len(SETS)} sets of options, {same} with images that must be the same bytes, {wrong} mismatches")
    sys.exit(wrong != 0)


main()
