"""Devices to commission: an option set of matter-mfg each, with the values that a controller must read from the device."""

import csv
import json
import pathlib
import subprocess
from dataclasses import dataclass, field


@dataclass
class Device:
    """A finished device: its folder, the trusted PAA, and Basic Information as in its record."""

    name: str
    folder: pathlib.Path
    paa: pathlib.Path
    code: str
    expected: dict = field(default_factory=dict)


class Maker:
    def __init__(self, binaries, work):
        self.binaries, self.work = binaries, work

    def tool(self, name, *arguments):
        done = subprocess.run([self.binaries / name, *map(str, arguments)], cwd=self.work, capture_output=True, text=True)
        assert done.returncode == 0, f"{name} {' '.join(map(str, arguments))}: {done.stderr}"

    def mfg(self, name, *options, ids=("0xFFF1", "0x8000"), pki=None, code="qr", **expected):
        """Makes a run and returns its first device. `pki` is the folder of an own PKI, otherwise the run makes one."""
        signer = [] if pki else ["--test-pki"]
        self.tool("matter-mfg", "-v", ids[0], "-p", ids[1], "--outdir", name, "--quiet", *signer, *options)
        out = self.work / name
        manifest = json.loads(next(out.glob("*_*/manifest.json")).read_text())
        record = manifest["devices"][0]
        folder = next(out.glob("*_*/" + record["uuid"]))
        expected |= {"vendorId": record["vid"], "productId": record["pid"], "serialNumber": record["serial"]}
        return Device(name, folder, (pki or out / "test-pki") / "PAA_cert.pem", code, expected)

    def pki(self, name, *paa_vendor, vendor="0xFFF2", product=()):
        """A PAA of our own and a vendor's PAI below it."""
        out = self.work / name
        self.tool("dac-pki", "paa", "--cn", "Own PAA", "--out", out, *paa_vendor)
        issuer = ["--issuer", out / "PAA_cert.pem", "--issuer-key", out / "PAA_key.pem"]
        self.tool("dac-pki", "pai", "--vid", vendor, *product, "--cn", "Own PAI", *issuer, "--out", out)
        return out

    def declaration(self, path, vendor, *products, origin=()):
        kind = ["--device-type", "0x0100", "--certificate-id", "CSA00000SWC00000-00", "--type", "0", "--test-key"]
        ids = ["--vid", vendor, *(part for product in products for part in ("--pid", product))]
        self.tool("dac-pki", "cd", "make", *ids, *origin, *kind, "--out", path)


def pai(pki):
    files = ["-c", next(pki.glob("PAI*_cert.pem")), "-k", next(pki.glob("PAI*_key.pem"))]
    return ["--pai", *files, "-cd", pki / "CD.der"]


def option_sets(maker):
    """All devices, in the order of the table."""
    work = maker.work
    # 32 bytes each.
    longest = {"vendorName": "Zoë & Søn " + 20 * "v", "productName": "Light “Ørsted” " + 12 * "p"}
    longest |= {"hardwareVersion": 65535, "hardwareVersionString": 64 * "h"}
    names = ["--vendor-name", longest["vendorName"], "--product-name", longest["productName"]]
    names += ["--hw-ver", longest["hardwareVersion"], "--hw-ver-str", longest["hardwareVersionString"]]
    names += ["--serial-num", 32 * "s"]
    with open(work / "columns.csv", "w", newline="") as file:
        csv.writer(file).writerows([["app", "namespace", ""], ["token", "data", "hex2bin"], ["note", "data", "string"]])
    with open(work / "values.csv", "w", newline="") as file:
        csv.writer(file).writerows([["token", "note"], ["00ff17", "a;b, \"c\"\nd"]])
    own, vendors = maker.pki("own"), maker.pki("vendors", "--vid", "0xFFF2", product=("--pid", "0x8001"))
    for pki in own, vendors:
        maker.declaration(pki / "CD.der", "0xFFF2", "0x8001")
    origin = maker.pki("origin", product=("--pid", "0x8001"))
    maker.declaration(origin / "CD.der", "0xFFF3", "0x8002", origin=("--origin-vid", "0xFFF2", "--origin-pid", "0x8001"))
    in_secure_cert = ["--dac-in-secure-cert", "--target"]
    all_there = ["--commissionable-data-in-secure-cert", "--rd-id-uid-in-secure-cert", "--enable-rotating-device-id"]
    return [
        maker.mfg("defaults"),
        maker.mfg("longest-names", *names, **longest),
        maker.mfg("encrypted-nvs", "--encrypt", code="manual"),
        maker.mfg("custom-flow", "-cf", 2, "-dm", 4, "--discriminator", 0, code="manual"),
        maker.mfg("user-intent", "-cf", 1, "-dm", 6, "--discriminator", 4095, "--passcode", 99999998),
        maker.mfg("iterations", "--iteration-count", 1000, "--passcode", 1, code="manual"),
        maker.mfg("own-values", "--csv", "columns.csv", "--mcsv", "values.csv", "-s", "0x10000"),
        maker.mfg("secure-cert", *in_secure_cert, "esp32c3", code="manual"),
        maker.mfg("all-in-secure-cert", *in_secure_cert, "esp32h2", *all_there),
        maker.mfg("key-in-efuse", *in_secure_cert, "esp32h2", "-ds", "--efuse-key-id", 1, code="manual"),
        maker.mfg("own-pai", *pai(own), ids=("0xFFF2", "0x8001"), pki=own),
        maker.mfg("vendor-scoped", *pai(vendors), "-lt", 3650, ids=("0xFFF2", "0x8001"), pki=vendors, code="manual"),
        maker.mfg("white-label", *pai(origin), ids=("0xFFF3", "0x8002"), pki=origin),
        maker.mfg("seeded", "--seed", "5eed", "-n", 3, "--jobs", 2, code="manual"),
    ]
