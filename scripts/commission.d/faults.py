"""Devices with one fault each, which a controller must refuse and the audit must report before.

The vendor's generator makes the image again from the device's own partition.csv, with one value changed. The folder
contains only what leaves the factory: image, codes and picture.
"""

import csv
import pathlib
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass

from devices import Device


@dataclass
class Fault:
    device: Device
    # The audit's check that must report it.
    check: str
    # The beginnings of the SDK's and matter.js's reasons for refusing it.
    refusals: tuple


def changed(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def faults(maker):
    """Makes the devices from two devices of one run."""
    one = maker.mfg("faults", "-n", 2)
    folders = sorted(path for path in one.folder.parent.iterdir() if (path / "internal").is_dir())
    assert len(folders) == 2
    device, other = folders
    inside = device / "internal"
    declaration = maker.work / "other-product.der"
    maker.declaration(declaration, "0xFFF1", "0x8001")
    with open(other / "internal/partition.csv", newline="") as file:
        of_other = {row["key"]: row["value"] for row in csv.DictReader(file)}
    with open(inside / "partition.csv", newline="") as file:
        discriminator = next(int(row["value"]) for row in csv.DictReader(file) if row["key"] == "discriminator")
    key = "DAC_private_key.bin"
    read = lambda name: (inside / name).read_bytes()
    foreign = maker.pki("foreign", vendor="0xFFF1")
    signed = read("CD.der")
    dac = read("DAC_cert.der")
    of_dac = changed(dac, len(dac) - 1)
    of_other_key = (other / "internal" / key).read_bytes()

    def make(name, refusals, check, values=(), files=(), label=device):
        folder = maker.work / "single-faults" / name / device.name
        folder.mkdir(parents=True, mode=0o700)
        with tempfile.TemporaryDirectory() as temporary:
            parts = pathlib.Path(temporary)
            shutil.copytree(inside, parts, dirs_exist_ok=True)
            for file, data in dict(files).items():
                assert (parts / file).read_bytes() != data, name
                (parts / file).write_bytes(data)
            with open(parts / "partition.csv", newline="") as file:
                rows = list(csv.DictReader(file))
            for row in rows:
                row["value"] = dict(values).get(row["key"], row["value"])
            with open(parts / "fault.csv", "w", newline="") as file:
                writer = csv.DictWriter(file, ["key", "type", "encoding", "value"])
                writer.writeheader()
                writer.writerows(rows)
            tool = [sys.executable, "-m", "esp_idf_nvs_partition_gen", "generate", "fault.csv", "fault.bin", "0x6000"]
            subprocess.run(tool, cwd=parts, check=True, capture_output=True)
            shutil.copy(parts / "fault.bin", folder / f"{device.name}-partition.bin")
        for part in ["onb_codes.csv", "qrcode.png"]:
            shutil.copy(label / f"{label.name}-{part}", folder / f"{device.name}-{part}")
        for path in folder.iterdir():
            path.chmod(0o600)
        code = "manual" if "manual" in name else "qr"
        return Fault(Device(name, folder, one.paa, code), check, refusals)

    # Codes of the SDK: AttestationVerificationResult (DeviceAttestationVerifier.h).
    pase, discovery = ("PASE", "PASE"), ("discovery", "discovery")
    judged = lambda code, name: (f"attestation {code}", f"attestation: {name}")
    of_foreign = next(foreign.glob("PAI*_cert.der")).read_bytes()
    of_declaration = changed(signed, signed.index(b"CSA00000SWC00000-00") + 18)
    field, signature = "CertificationDeclarationFieldMismatch", "CertificationDeclarationSignatureInvalid"
    return [
        make("key-of-another", judged(500, "AttestationSignatureInvalid"), "dac-key-mismatch", files={key: of_other_key}),
        make("dac-signature", judged(301, "CertificateChainInvalid"), "certificate-signature", files={"DAC_cert.der": of_dac}),
        make("pai-of-another", judged(101, "PaaNotTrusted"), "paa-not-found", files={"PAI_cert.der": of_foreign}),
        make("declaration-of-another", judged(605, field), "cd-product-id", files={"CD.der": declaration.read_bytes()}),
        make("declaration-changed", judged(602, signature), "cd-signature", files={"CD.der": of_declaration}),
        make("verifier-of-another", pase, "verifier-passcode", values={"verifier": of_other["verifier"]}),
        make("salt-of-another-manual", pase, "verifier-passcode", values={"salt": of_other["salt"]}),
        make("iterations-changed", pase, "verifier-passcode", values={"iteration-count": "9999"}),
        make("discriminator-changed", discovery, "label-discriminator", values={"discriminator": discriminator ^ 0x800}),
        make("label-of-another", discovery, "label-discriminator", label=other),
        make("vendor-id-changed", ("discovery", f"attestation: {field}"), "label-vendor-id", values={"vendor-id": 0xFFF2}),
    ]
