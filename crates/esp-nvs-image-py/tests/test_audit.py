"""The audit, by bytes and by files."""

import os

import pytest

import esp_nvs_image as nvs

SALT = b"SPAKE2P Key Salt"


def device(passcode=34567890, salt=os.urandom(32)):
    """A device of what the firmware reads first, and its label."""
    import base64

    verifier = nvs.verifier(passcode, salt, 2000)
    entries = [
        ("chip-factory", "discriminator", "u32", 0xABC),
        ("chip-factory", "iteration-count", "u32", 2000),
        ("chip-factory", "salt", "string", base64.b64encode(salt).decode()),
        ("chip-factory", "verifier", "string", base64.b64encode(verifier).decode()),
        ("chip-factory", "vendor-id", "u32", 0xFFF1),
        ("chip-factory", "product-id", "u32", 0x8000),
        ("chip-factory", "serial-num", "string", "SN-0001"),
    ]
    payload = nvs.SetupPayload(passcode=passcode, discriminator=0xABC, vendor_id=0xFFF1, product_id=0x8000)
    return nvs.encode(entries, 0x6000), payload


def severities(findings, severity):
    return {finding.id for finding in findings if finding.severity == severity}


def test_label_of_the_device_is_right_and_another_is_found():
    image, payload = device()
    expected = nvs.Expected(vendor_id=0xFFF1, product_id=0x8000, for_tests=True, attestation=False)
    right = nvs.audit_device(nvs=image, qr=payload.qr_text(), manual=payload.manual_code(), expected=expected)
    other = device(passcode=76543211)[1]
    wrong = nvs.audit_device(nvs=image, qr=other.qr_text(), manual=other.manual_code(), expected=expected)
    new = severities(wrong, "error") - severities(right, "error")
    assert new == {"verifier-passcode"}
    finding = next(finding for finding in wrong if finding.id == "verifier-passcode")
    as_dict = finding.as_dict()
    assert as_dict["id"] == "verifier-passcode"
    assert as_dict["severity"] == "error"
    assert set(as_dict) <= {"id", "severity", "object", "text", "sdk_code", "remedy"}
    # The same without the derivation.
    quick = nvs.audit_device(
        nvs=image, qr=other.qr_text(), manual=other.manual_code(), expected=expected, recompute=False
    )
    assert "verifier-passcode" not in severities(quick, "error")


def test_encrypted_image_is_opened_with_its_keys():
    image, payload = device()
    keys = nvs.Keys.generate()
    expected = nvs.Expected(for_tests=True, attestation=False)
    plain = nvs.audit_device(nvs=image, qr=payload.qr_text(), expected=expected)
    opened = nvs.audit_device(nvs=nvs.encrypt(image, keys), nvs_keys=keys, qr=payload.qr_text(), expected=expected)
    assert severities(plain, "error") == severities(opened, "error")


def test_vendor_and_product_are_compared():
    image, payload = device()
    found = nvs.audit_device(nvs=image, qr=payload.qr_text(), expected=nvs.Expected(vendor_id=0xFFF2, product_id=1))
    assert "product-unexpected" in severities(found, "error")
    right = nvs.audit_device(nvs=image, qr=payload.qr_text(), expected=nvs.Expected(vendor_id=0xFFF1, product_id=0x8000))
    assert "product-unexpected" not in severities(right, "error")


def test_files_are_audited(tmp_path):
    image, payload = device()
    path = tmp_path / "device.bin"
    path.write_bytes(image)
    path.chmod(0o600)
    report = nvs.audit_paths([path], expected=nvs.Expected(attestation=False))
    (audited,) = report.devices
    assert audited.path == path
    assert audited.uuid is None
    assert audited.findings
    assert report.is_clean() == all(f.severity != "error" for f in [*audited.findings, *report.batch])
    assert not report.is_clean("note")
    assert audited.is_clean("error") == (severities(audited.findings, "error") == set())


def test_what_cannot_be_opened_is_an_error(tmp_path):
    with pytest.raises(nvs.Error, match="missing"):
        nvs.audit_paths([tmp_path / "missing"])
    with pytest.raises(nvs.Error, match="recompute"):
        nvs.audit_paths([tmp_path], recompute="some")
    with pytest.raises(nvs.Error, match="severity"):
        nvs.audit_paths([tmp_path]).is_clean("bad")
    with pytest.raises(nvs.Error, match="paas: "):
        nvs.Expected(paas=[b"no certificate"])
    with pytest.raises(nvs.Error, match="declaration: "):
        nvs.Expected(declaration=b"none")
    with pytest.raises(nvs.Error, match="together"):
        nvs.Expected(vendor_id=1)
