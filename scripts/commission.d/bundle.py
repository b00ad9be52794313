"""The values that firmware reads from a device, and a person from its label.

bundle(device folder, destination): the partitions are read by nvs_reader, the vendor's esp-secure-cert-tool and, if
encrypted, esp-idf-nvs-partition-gen; the QR code by ZXing from the picture. No file that the simulated device gets contains
the passcode.
"""

import base64
import csv
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

import zxingcpp
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from esp_secure_cert import tlv_parser
from PIL import Image

from nvs_reader import read

CA_CERT = tlv_parser.tlv_type_t.ESP_SECURE_CERT_CA_CERT_TLV.value
DEV_CERT = tlv_parser.tlv_type_t.ESP_SECURE_CERT_DEV_CERT_TLV.value
PRIV_KEY = tlv_parser.tlv_type_t.ESP_SECURE_CERT_PRIV_KEY_TLV.value
# Matter's commissionable data: subtypes 0 discriminator, 1 verifier, 2 salt, 3 iteration count.
MATTER = 201


def one(folder, pattern):
    found = sorted(path for path in folder.glob(pattern))
    assert len(found) <= 1, f"{folder}: several {pattern}"
    return found[0] if found else None


def decrypted(image, keys):
    with tempfile.TemporaryDirectory() as folder:
        tool = [sys.executable, "-m", "esp_idf_nvs_partition_gen", "decrypt", str(image), str(keys), "plain.bin"]
        subprocess.run([*tool, "--outdir", folder], check=True, capture_output=True)
        return (pathlib.Path(folder) / "plain.bin").read_bytes()


def secure_cert(image):
    """{(type, subtype): value}, every checksum compared by the vendor's parser."""
    data, offset, records = image.read_bytes(), 0, {}
    while offset < len(data):
        header, length = tlv_parser.parse_tlv_header(data, offset)
        if header["magic"] != tlv_parser.ESP_SECURE_CERT_TLV_MAGIC:
            break
        total = tlv_parser.get_tlv_total_length(header)
        footer, _ = tlv_parser.parse_tlv_footer(data, offset + total - 4)
        intact = tlv_parser.verify_tlv_integrity(header, data[offset : offset + total], footer)[0]
        assert intact, f"{image}: record at {offset}"
        start = offset + length
        records[header["type"], header["subtype"]] = data[start : start + header["length"]]
        offset += total
    return records


def bundle(device, to):
    partitions = [path for path in device.glob("*-partition.bin") if not path.name.endswith("-keys-partition.bin")]
    assert len(partitions) == 1, f"{device}: {len(partitions)} partitions"
    keys = one(device, "*-keys-partition.bin")
    image = decrypted(partitions[0], keys) if keys else partitions[0].read_bytes()
    values = {key: value for key, (_, value) in read(image)["chip-factory"].items()}
    if secure := one(device, "*_esp_secure_cert.bin"):
        records = secure_cert(secure)
        values |= {"dac-cert": records[DEV_CERT, 0], "pai-cert": records[CA_CERT, 0], "dac-key": records[PRIV_KEY, 0]}
        if not values["dac-key"]:
            # The chip signs with the key in its eFuses, for which the file for espefuse is used here.
            key = load_pem_private_key((device / "internal/efuse_key.pem").read_bytes(), None)
            values["dac-key"] = key.private_numbers().private_value.to_bytes(32, "big")
        if (MATTER, 0) in records:
            values["discriminator"] = struct.unpack("<H", records[MATTER, 0])[0]
            values["verifier"] = base64.b64encode(records[MATTER, 1]).decode()
            values["salt"] = base64.b64encode(records[MATTER, 2]).decode()
            values["iteration-count"] = struct.unpack("<I", records[MATTER, 3])[0]
    to.mkdir(parents=True)
    for name, key in [("dac", "dac-cert"), ("key", "dac-key"), ("pai", "pai-cert"), ("cd", "cert-dclrn")]:
        (to / f"{name}.bin").write_bytes(values[key])
    device_json = {
        "vendorId": values["vendor-id"],
        "productId": values["product-id"],
        "discriminator": values["discriminator"],
        "iterations": values["iteration-count"],
        "salt": values["salt"],
        "verifier": values["verifier"],
        # Firmware uses default texts if the partition has none.
        "vendorName": values.get("vendor-name", "vendor"),
        "productName": values.get("product-name", "product"),
        "hardwareVersion": values.get("hardware-ver", 0),
        "hardwareVersionString": values.get("hw-ver-str", "0"),
        "serialNumber": values["serial-num"],
    }
    (to / "device.json").write_text(json.dumps(device_json, indent=1))
    with open(one(device, "*-onb_codes.csv"), newline="") as file:
        codes = next(csv.DictReader(file))
    pictures = zxingcpp.read_barcodes(Image.open(one(device, "*-qrcode.png")))
    assert len(pictures) == 1, f"{device}: {len(pictures)} codes in the picture"
    (to / "qr.txt").write_text(pictures[0].text)
    (to / "manual.txt").write_text(codes["manualcode"].replace("-", ""))
