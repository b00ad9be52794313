"""Rejected input raises Error with a sentence, and no bytes cause a Rust panic."""

import os
import random
import time

import pytest

import esp_nvs_image as nvs
from esp_nvs_image._native import run_command

SECONDS = float(os.environ.get("FUZZ_SECONDS", "60"))

REFUSED = [
    (lambda: nvs.Entry("n" * 16, "k", "u8", 1), "16 bytes"),
    (lambda: nvs.Entry("n", "", "u8", 1), "empty"),
    (lambda: nvs.Entry("n", "k", "u8", 256), "0 to 255"),
    (lambda: nvs.Entry("n", "k", "u64", 2**200), "value: "),
    (lambda: nvs.Entry("n", "k", "i64", -(2**200)), "value: "),
    (lambda: nvs.Entry("n", "k", "u8", "1"), "value: is not a value of type u8"),
    (lambda: nvs.Entry("n", "k", "string", b"1"), "value: "),
    (lambda: nvs.Entry("n", "k", "blob", 1), "value: "),
    (lambda: nvs.Entry("n", "k", "float", 1e300), "value: is not in the range of a float"),
    (lambda: nvs.Entry("n", "k", "double", 10**400), "value: is not in the range of a double"),
    (lambda: nvs.Entry("n", "k", "hex2bin", "00"), "type: is not u8"),
    (lambda: nvs.encode([], 0x1001), "size: "),
    (lambda: nvs.encode([], -1), "size: "),
    (lambda: nvs.encode([], 2**40), "size: "),
    (lambda: nvs.encode([], 0x3000, version=3), "version: is not 1 or 2"),
    (lambda: nvs.encode([("n", "k", "u8", 1)] * 2, 0x3000), "namespace 'n', key 'k': "),
    (lambda: nvs.encode([("n", "k", "string", "a\0b")], 0x3000), "NUL"),
    (lambda: nvs.encode([("n", "k", "blob", bytes(20000))], 0x3000), "0x7000 are needed"),
    (lambda: nvs.encode([("n", "k", "blob", bytes(2000))], 0x3000, version=1), "1984"),
    (lambda: nvs.encode_csv("key,type,encoding,value\nk,data,u8,1\n", 0x3000), "csv:2:1: "),
    (lambda: nvs.decode(b"short"), "4096|0x1000"),
    (lambda: nvs.Keys.from_partition(bytes(10)), "68"),
    (lambda: nvs.Keys.from_partition(bytes(4096)), "checksum"),
    (lambda: nvs.Keys.from_hmac_key(bytes(32)), "HMAC key"),
    (lambda: nvs.SetupPayload(passcode=11111111, discriminator=1), "passcode"),
    (lambda: nvs.SetupPayload(passcode=20202021, discriminator=4096), "discriminator"),
    (lambda: nvs.SetupPayload(passcode=20202021, discriminator=1, vendor_id=1), "product id"),
    (lambda: nvs.SetupPayload(passcode=20202021, discriminator=1, flow=3), "flow"),
    (lambda: nvs.SetupPayload(passcode=20202021, discriminator=1, discovery=1), "discovery"),
    (lambda: nvs.SetupPayload(passcode=20202021, discriminator=1, serial_number="s" * 40), "serial_number: "),
    (lambda: nvs.SetupPayload(passcode=20202021, discriminator=1, product_id=0x10000), "product_id: "),
    (lambda: nvs.SetupPayload(passcode=2**200, discriminator=1), "passcode"),
    (lambda: nvs.SetupPayload(passcode=20202021, discriminator=-1), "discriminator"),
    (lambda: nvs.Expected(at=-1), "at: "),
    (lambda: nvs.encode([], 2**300), "size: "),
    (lambda: nvs.parse_code("MT:Y.K9042C00KA0648G0"), "character"),
    (lambda: nvs.parse_code("3497-011-2333"), "check digit"),
    (lambda: nvs.verifier(20202021, b"short", 1000), "salt"),
    (lambda: nvs.verifier(20202021, bytes(16), 999), "iteration count"),
    (lambda: nvs.verifiers([(1, bytes(16)), (0, bytes(16))], 1000), "passcode"),
]


@pytest.mark.parametrize(("call", "sentence"), REFUSED)
def test_refused(call, sentence):
    with pytest.raises(nvs.Error, match=sentence) as caught:
        call()
    assert issubclass(nvs.Error, ValueError)
    text = str(caught.value)
    assert text
    assert "\n" not in text


def test_wrong_python_types_are_type_errors():
    for call in [
        lambda: nvs.decode("text"),
        lambda: nvs.encode(5, 0x3000),
        lambda: nvs.encode([5], 0x3000),
        lambda: nvs.encode([("n", "k", "u8")], 0x3000),
        lambda: nvs.verifiers([(1,)], 1000),
        lambda: nvs.encrypt(b"", b""),
        lambda: run_command(5),
    ]:
        with pytest.raises((TypeError, ValueError)):
            call()


def test_errors_of_the_interpreter_are_unchanged():
    def entries():
        yield ("n", "k", "u8", 1)
        raise RuntimeError("from the caller")

    with pytest.raises(RuntimeError, match="from the caller"):
        nvs.encode(entries(), 0x3000)


def images(rng):
    """A few valid images to damage."""
    keys = nvs.Keys.generate()
    blob = rng.randbytes(5000)
    rows = [("a", "n", "u32", 7), ("b", "s", "string", "x" * 300), ("b", "b", "blob", blob), ("c", "d", "double", 0.1)]
    plain = nvs.encode(rows, 0x5000)
    return [plain, nvs.encode(rows[:2], 0x3000, version=1), nvs.encrypt(plain, keys), b"\xff" * 0x3000], keys


def random_bytes(rng, sound):
    kind = rng.random()
    if kind < 0.2:
        return rng.randbytes(rng.choice([0, 1, 31, 64, 4095, 4096, 12288, rng.randint(0, 20000)]))
    image = bytearray(rng.choice(sound))
    for _ in range(rng.randint(1, 12)):
        at = rng.randrange(len(image))
        image[at] ^= 1 << rng.randrange(8) if rng.random() < 0.7 else rng.randrange(256)
    if kind < 0.3:
        del image[rng.randrange(len(image)) :]
    return bytes(image)


def random_text(rng):
    alphabet = "key,type,encoding,value\n\r\"#;\0-+_0x1 MT:.\u00e9\U0001f600namespacedatau8blob_fill(;)hex2binbase64"
    text = "".join(rng.choices(alphabet, k=rng.randint(0, 60)))
    return rng.choice(["", "key,type,encoding,value\nn,namespace,,\n", "MT:", "key;type;encoding;value\n"]) + text


def test_no_panic_for_any_bytes(report, tmp_path):
    """Every function with random and damaged input; a PanicException is not an Exception and fails this test."""
    rng = random.Random(7)
    sound, keys = images(rng)
    calls, refused = 0, 0
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        image, text = random_bytes(rng, sound), random_text(rng)
        number = rng.choice([0, 1, 2, 255, 4096, 12288, 2**31, 2**32 - 1, 2**63, 2**64, -1, rng.randrange(2**32)])
        with_keys = rng.choice([None, keys])
        kind = rng.choice(["u8", "i64", "float", "double", "string", "blob", text])
        value = rng.choice([number, text, image, 1e308, float("nan"), float("inf"), None])
        small = rng.choice([0x1000, 0x3000, 0x5000, number % 0x20000])
        for call in [
            lambda: nvs.decode(image, keys=with_keys),
            lambda: nvs.recover(image, keys=with_keys),
            lambda: nvs.check(image, keys=with_keys),
            lambda: nvs.to_json(image, keys=with_keys),
            lambda: nvs.to_csv(image, keys=with_keys),
            lambda: nvs.encrypt(image, keys),
            lambda: nvs.get_value(image, text, "n", keys=with_keys),
            lambda: nvs.set_value(image, "b", "s", kind, value, keys=with_keys),
            lambda: nvs.remove_value(image, "b", "s", keys=with_keys),
            lambda: nvs.Keys.from_partition(image),
            lambda: nvs.Keys.from_hmac_key(image[:32]),
            lambda: nvs.encode([(text[:15], text[:7], kind, value)], small, version=number),
            lambda: nvs.encode_csv(text, small, version=2, compat=rng.random() < 0.5, load=lambda _: image),
            lambda: nvs.parse_code(text),
            lambda: nvs.SetupPayload(passcode=number, discriminator=small, serial_number=text),
            lambda: nvs.verifier(number, image[:32], 1000),
            lambda: nvs.Expected(paas=[image], at=number),
            lambda: nvs.Expected(declaration=image),
            lambda: nvs.audit_device(nvs=image, nvs_keys=with_keys, secure_cert=image, qr=text, manual=text, recompute=False),
        ]:
            calls += 1
            try:
                call()
            except (nvs.Error, TypeError):
                refused += 1
        if calls % 95 == 0:
            path = tmp_path / "device.bin"
            path.write_bytes(image)
            nvs.audit_paths([path], recompute="none")
            calls += 1
    report(f"fuzz: {calls} calls in {SECONDS:.0f} s, {refused} rejected, no panic")
    assert calls > 100


def test_no_panic_of_the_command(tmp_path, monkeypatch, capfd):
    """The command line in this process, with random arguments and files."""
    monkeypatch.chdir(tmp_path)
    rng = random.Random(11)
    sound, keys = images(rng)
    words = ["generate", "generate-key", "encrypt", "decrypt", "dump", "--keygen", "--inputkey", "--keyfile", "--outdir"]
    words += ["--key_protect_hmac", "--kp_hmac_keygen", "--kp_hmac_inputkey", "--version", "1", "2", "0x3000", "out.bin"]
    words += ["in.csv", "in.bin", "keys.bin", "--help", "--", "", "\udcff", "o.bin", "--compat", "sub", "."]
    (tmp_path / "keys.bin").write_bytes(keys.partition())
    (tmp_path / "sub").mkdir()
    for _ in range(300):
        (tmp_path / "in.csv").write_bytes(random_text(rng).encode(errors="surrogateescape"))
        (tmp_path / "in.bin").write_bytes(random_bytes(rng, sound))
        arguments = ["esp-nvs-image", *(rng.choice(words) for _ in range(rng.randint(0, 6)))]
        assert run_command(arguments) in (0, 1, 2, 3)
    capfd.readouterr()
