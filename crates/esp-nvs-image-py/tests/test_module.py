"""Images, keys, codes and verifiers as functions."""

import base64
import json
import math
import threading
import time

import pytest

import esp_nvs_image as nvs

ENTRIES = [
    ("app", "u8", "u8", 255),
    ("app", "i8", "i8", -128),
    ("app", "u16", "u16", 65535),
    ("app", "i16", "i16", -32768),
    ("app", "u32", "u32", 2**32 - 1),
    ("app", "i32", "i32", -(2**31)),
    ("app", "u64", "u64", 2**64 - 1),
    ("app", "i64", "i64", -(2**63)),
    ("more", "float", "float", 0.5),
    ("more", "double", "double", math.pi),
    ("more", "string", "string", "l\u00e4mp \u4e2d"),
    ("more", "blob", "blob", bytes(range(256)) * 40),
]
# connectedhomeip, CHIP_DEVICE_CONFIG_USE_TEST_SPAKE2P_VERIFIER: passcode 20202021, 1000 iterations.
SDK_VERIFIER = bytes.fromhex(
    "b96170aae803346884724fe9a3b287c30330c2a660375d17bb205a8cf1aecb35"
    "0457f8ab79ee253ab6a8e46bb09e543ae422736de501e3db37d441fe344920d095"
    "48e4c18240630c4ff4913c53513839b7c07fcc0627a1b8573a149fcd1fa466cf"
)
SALT = b"SPAKE2P Key Salt"


def test_entries_are_encoded_and_decoded():
    image = nvs.encode(ENTRIES, 0x8000)
    assert len(image) == 0x8000
    entries = nvs.decode(image)
    assert [(e.namespace, e.key, e.type, e.value) for e in entries] == ENTRIES
    assert entries == [nvs.Entry(*entry) for entry in ENTRIES]
    # encode accepts the result of decode.
    assert nvs.encode(entries, 0x8000) == image
    assert nvs.encode(iter(ENTRIES), 0x8000) == image
    assert nvs.check(image) == []
    assert nvs.recover(image) == (entries, [])


def test_csv_and_json_have_the_same_entries():
    image = nvs.encode(ENTRIES, 0x8000)
    text = nvs.to_csv(image)
    assert nvs.encode_csv(text, 0x8000) == image
    assert [entry["key"] for entry in json.loads(nvs.to_json(image))] == [entry[1] for entry in ENTRIES]


def test_files_of_a_csv_are_loaded_by_the_caller():
    text = "key,type,encoding,value\nns,namespace,,\nk,file,binary,a.bin\n"
    image = nvs.encode_csv(text, 0x3000, load={"a.bin": b"\x00\x01"}.__getitem__)
    assert nvs.get_value(image, "ns", "k") == b"\x00\x01"
    with pytest.raises(nvs.Error, match="rows.csv:3:15: .*the argument load is needed"):
        nvs.encode_csv(text, 0x3000, name="rows.csv")
    # Its exceptions are passed on unchanged.
    with pytest.raises(KeyError):
        nvs.encode_csv(text, 0x3000, load={}.__getitem__)


def test_values_are_read_and_edited():
    image = nvs.encode(ENTRIES, 0x8000)
    assert nvs.get_value(image, "app", "u16") == 65535
    assert nvs.get_value(image, "app", "none") is None
    assert nvs.get_value(image, "app", "none", 7) == 7
    edited = nvs.set_value(image, "app", "u16", "u16", 1)
    edited = nvs.set_value(edited, "new", "text", "string", "on")
    edited = nvs.remove_value(edited, "app", "u8")
    assert nvs.remove_value(edited, "app", "u8") == edited
    assert nvs.get_value(edited, "app", "u16") == 1
    assert nvs.get_value(edited, "new", "text") == "on"
    assert nvs.get_value(edited, "app", "u8") is None
    assert {finding.severity for finding in nvs.check(edited)} == {"note"}
    assert len(nvs.decode(edited)) == len(ENTRIES)


def test_encrypted_images_need_their_keys():
    keys = nvs.Keys.generate()
    plain = nvs.encode(ENTRIES, 0x8000)
    image = nvs.encrypt(plain, keys)
    assert image != plain
    assert nvs.decrypt(image, keys) == plain
    assert nvs.decode(image, keys=keys) == nvs.decode(plain)
    assert nvs.get_value(image, "more", "string", keys=keys) == "l\u00e4mp \u4e2d"
    edited = nvs.set_value(image, "app", "u16", "u16", 2, keys=keys)
    assert nvs.get_value(edited, "app", "u16", keys=keys) == 2
    assert nvs.Keys.from_partition(keys.partition()).partition() == keys.partition()
    with pytest.raises(nvs.Error):
        nvs.decode(image)
    with pytest.raises(nvs.Error):
        nvs.decode(image, keys=nvs.Keys.generate())


def test_hmac_key_gives_the_firmwares_keys():
    # The generator 0.3.0: generate-key --key_protect_hmac --kp_hmac_inputkey, of a file with the bytes 00 01 .. 1f.
    partition = nvs.Keys.from_hmac_key(bytes(range(32))).partition()
    assert partition[:8].hex() + partition[32:40].hex() + partition[64:68].hex() == "813a141220ddb819b20ad6b6ddd1658adf5135db"


def test_secrets_are_not_shown():
    payload = nvs.SetupPayload(passcode=34567890, discriminator=3840)
    shown = [
        nvs.Entry("ns", "k", "u32", 34567890),
        nvs.Entry("ns", "k", "string", "34567890"),
        payload,
        nvs.ManualPayload.from_code(payload.manual_code()),
        nvs.Keys.generate(),
    ]
    assert not any("34567890" in repr(value) for value in shown)
    assert repr(shown[-1]) == "<Keys [elided]>"


def test_codes_both_ways():
    # Matter Core Specification 5.1, as in the SDK's examples.
    payload = nvs.SetupPayload(passcode=20202021, discriminator=3840, vendor_id=0xFFF1, product_id=0x8000)
    assert payload.qr_text() == "MT:Y.K9042C00KA0648G00"
    assert payload.manual_code() == "34970112332"
    assert payload.manual_code(grouped=True) == "3497-011-2332"
    read = nvs.parse_code("MT:Y.K9042C00KA0648G00")
    assert isinstance(read, nvs.SetupPayload)
    assert (read.passcode, read.discriminator, read.vendor_id, read.product_id) == (20202021, 3840, 0xFFF1, 0x8000)
    assert (read.flow, read.discovery, read.serial_number) == (0, 2, None)
    typed = nvs.parse_code("3497-011-2332")
    assert isinstance(typed, nvs.ManualPayload)
    assert (typed.passcode, typed.short_discriminator, typed.vendor_id) == (20202021, 15, None)
    long = nvs.SetupPayload(
        passcode=20202021, discriminator=3840, vendor_id=0xFFF1, product_id=0x8000, flow=2, serial_number="SN-1"
    )
    assert nvs.SetupPayload.from_qr(long.qr_text()).serial_number == "SN-1"
    assert len(long.manual_code()) == 21
    assert nvs.ManualPayload.from_code(long.manual_code()).product_id == 0x8000


def test_verifier_is_the_sdks():
    assert nvs.verifier(20202021, SALT, 1000) == SDK_VERIFIER
    # esp-matter-mfg-tool 1.0.29, its default of 10,000 iterations, salt drawn by the tool.
    salt = base64.b64decode("D9qd9Jsw1JnbJYUxfsmdPHeJs5Re8OO6teJx/viP8vk=")
    expected = (
        "mvbTmMN2fuLWDHLT7wGumyzV4QjJGwnA+OLW0Nj3vvMEG6hV2HDUa966+nwM8PyQRJn4GrYtPPd+RA3wig3CdUhOjId6XgeCkoHhNDY7NHdB"
        "uNlyJYsuZndKQlOWxAFl4g=="
    )
    assert base64.b64encode(nvs.verifier(20202021, salt, 10000)).decode() == expected


def test_verifiers_in_bulk_are_those_one_by_one():
    devices = [(20202021 + n, SALT + bytes([n])) for n in range(40)]
    bulk = nvs.verifiers(iter(devices), 1000)
    assert bulk == [nvs.verifier(passcode, salt, 1000) for passcode, salt in devices]
    assert nvs.verifiers([], 1000) == []


def test_verifiers_leave_the_interpreter_to_other_threads(report):
    """This thread continues to count while another one derives."""
    devices = [(20202021 + n, SALT) for n in range(600)]
    span = []

    def derive():
        span.append(time.perf_counter())
        nvs.verifiers(devices, 2000)
        span.append(time.perf_counter())

    thread = threading.Thread(target=derive)
    thread.start()
    counted = 0
    while thread.is_alive():
        counted += 1
        time.sleep(0.001)
    thread.join()
    report(f"verifiers: {len(devices)} in {span[1] - span[0]:.2f} s, meanwhile another thread ran {counted} times")
    assert counted > 10
