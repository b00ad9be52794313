"""Requirements on an output folder after a run of matter-mfg: complete(), or stopped()."""

import csv
import io
import json
import os
import pathlib
import re
import shutil
import sqlite3
import stat
import subprocess
import zipfile

from common import TOP, digest, folder

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def devices(top):
    return sorted(name for name in os.listdir(top) if UUID.fullmatch(name)) if top.is_dir() else []


def rows(path):
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode(), newline="")))


def ledger(path, sql):
    """The ledger's answer, from a copy: reading it must change nothing."""
    copy = folder() / "ledger-copy"
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir()
    for end in ("", "-wal"):
        if os.path.exists(f"{path}{end}"):
            shutil.copy(f"{path}{end}", copy / f"ledger{end}")
    base = sqlite3.connect(copy / "ledger")
    try:
        return base.execute(sql).fetchall()
    finally:
        base.close()


def committed(path):
    """Number of devices in the ledger."""
    try:
        return ledger(path, "select count(*) from device")[0][0] if path.exists() else 0
    except sqlite3.DatabaseError:
        # It stopped before its first device.
        return 0


def tables(top):
    """The published tables, each with the UUID (or another identifying value) of every row."""
    # With certificates in another partition, no cell of a row names the device.
    device = lambda row: row["dac-cert"].split("/")[0] if "dac-cert" in row else row["serial-num"]
    patterns = {
        "summary": ("summary-*.csv", device),
        "cn_dacs": ("cn_dacs-*.csv", lambda row: row["CN"]),
        "master": ("staging/master.csv", device),
        "pin_disc": ("staging/pin_disc.csv", lambda row: row["Verifier"]),
    }
    found = {}
    for name, (pattern, key) in patterns.items():
        for path in sorted(top.glob(pattern)):
            try:
                found.setdefault(name, []).append((path, sorted(key(row) for row in rows(path))))
            except (KeyError, AttributeError, UnicodeDecodeError) as error:
                found.setdefault(name, []).append((path, [f"unreadable: {error!r}"]))
    return found


def complete(out, count, pki=None, lists=True, modes=True, open_runs=False, cut=False):
    """Faults of a successful run with this number of devices; `lists` if it made labels, zip and signature, `open_runs` if
    an earlier one without a device may be open, `cut` after a power cut, when the removal of a lock's name may be lost."""
    out = pathlib.Path(out)
    top, faults = out / TOP, []
    if not top.is_dir():
        return ["no output"]
    there = devices(top)
    if len(there) != count:
        faults.append(f"{len(there)} devices instead of {count}")
    hidden = [str(path.relative_to(out)) for path in out.rglob(".*") if not (cut and path.name == ".lock")]
    if hidden:
        faults.append(f"left hidden: {' '.join(sorted(hidden)[:3])}")
    single = ["summary-*.csv", "cn_dacs-*.csv", "manifest.json", "staging/config.csv", "staging/master.csv",
              "staging/pin_disc.csv", "staging/pai_cert.der"]  # fmt: skip
    if lists:
        single += ["manifest.json.sig", "labels-*/0001.svg", "qrcodes-*.zip"]
    absent = [pattern for pattern in single if len(list(top.glob(pattern))) != 1]
    if absent:
        return faults + [f"not there once: {' '.join(absent)}"]
    for name, shown in tables(top).items():
        listed = shown[0][1]
        if len(listed) != count or (all(map(UUID.fullmatch, listed)) and listed != there):
            faults.append(f"{name} lists {len(listed)} devices, or others than the folders")
    faults += manifest_faults(top, there)
    if lists:
        faults += list_faults(top, there, pki)
    base = out / "ledger.sqlite"
    if ledger(base, "select uuid from device where state = 'published' order by uuid") != [(uuid,) for uuid in there]:
        faults.append("the ledger lists other devices than there are folders")
    used = " and id in (select run from device)" if open_runs else ""
    if ledger(base, f"select count(*) from run where state = 'open'{used}") != [(0,)]:
        faults.append("the ledger has an open run")
    if ledger(base, "pragma quick_check") != [("ok",)]:
        faults.append("the ledger is damaged")
    for path in [out, *out.rglob("*")] if modes else []:
        mode = stat.S_IMODE(path.lstat().st_mode)
        if mode != (0o700 if path.is_dir() else 0o600):
            faults.append(f"mode {mode:o}: {path.name}")
            break
    return faults


def manifest_faults(top, there):
    manifest = json.loads((top / "manifest.json").read_bytes())
    if sorted(device["uuid"] for device in manifest["devices"]) != there:
        return ["the manifest lists other devices than there are folders"]
    faults = []
    for device in manifest["devices"]:
        here = top / device["uuid"]
        for name, entry in device["files"].items():
            path = here / name
            if not path.is_file() or path.stat().st_size != entry["size"] or digest(path) != entry["sha256"]:
                faults.append(f"{name.replace(device['uuid'], 'UUID')} differs from the manifest")
        files = {str(path.relative_to(here)) for path in here.rglob("*") if path.is_file()}
        if missing := device["files"].keys() - files:
            faults.append(f"missing: {sorted(missing)[0]}")
    return faults[:3]


def list_faults(top, there, pki):
    faults = []
    with zipfile.ZipFile(next(top.glob("qrcodes-*.zip"))) as pictures:
        want = {f"{uuid}-qrcode.png": (top / uuid / f"{uuid}-qrcode.png").read_bytes() for uuid in there}
        if {name: pictures.read(name) for name in pictures.namelist()} != want:
            faults.append("the zip has other pictures than the devices")
    labels = "".join(path.read_text() for path in sorted(top.glob("labels-*/*.svg")))
    codes = [rows(top / uuid / f"{uuid}-onb_codes.csv")[0]["manualcode"] for uuid in there]
    if any(labels.count(f">{code}<") < 1 for code in codes) or labels.count("<g>") != len(there):
        faults.append("the labels are of other devices")
    if pki:
        public = folder() / "public.pem"
        if not public.exists():
            command = ["openssl", "pkey", "-in", pki / "PAI_key.pem", "-pubout", "-out", public]
            subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        command = ["openssl", "dgst", "-sha256", "-verify", public, "-signature", top / "manifest.json.sig"]
        if subprocess.run([*command, top / "manifest.json"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
            faults.append("the manifest's signature does not verify")
    return faults


def stopped(out):
    """Faults of a run that ended with an error: published tables list exactly the committed devices, and no other table is published."""
    out = pathlib.Path(out)
    top, faults = out / TOP, []
    there = devices(top)
    if not (out / "ledger.sqlite").exists():
        return [f"{len(there)} devices without a ledger"] if there else []
    try:
        committed = ledger(out / "ledger.sqlite", "select uuid from device where state = 'published' order by uuid")
    except sqlite3.DatabaseError:
        committed = []
    committed = [uuid for (uuid,) in committed]
    if not set(there) <= set(committed):
        faults.append(f"{len(there)} devices shown, {len(committed)} committed")
    for name, shown in tables(top).items():
        listed = shown[-1][1]
        if len(listed) != len(committed) or (all(map(UUID.fullmatch, listed)) and listed != committed):
            faults.append(f"{name} lists {len(listed)} devices, {len(committed)} are committed")
    return faults
