"""The command lines of the generator's documentation, given to both (ESP-IDF, "NVS Partition Generator Utility")."""

import re

import pytest
from conftest import OURS, PEER, run

import esp_nvs_image

SINGLE_PAGE = """key,type,encoding,value
storage,namespace,,
dummyU8Key,data,u8,127
dummyI8Key,data,i8,-128
dummyU16Key,data,u16,32768
dummyU32Key,data,u32,4294967295
dummyI32Key,data,i32,-2147483648
dummyU64Key,data,u64,18446744073709551615
dummyI64Key,data,i64,-9223372036854775808
dummyStringKey,data,string,"0A:0B:0C:0D:0E:0F"
dummyHex2BinKey,data,hex2bin,010203abcdef
dummyBase64Key,data,base64,MTIzYWJj
hexFileKey,file,hex2bin,sample.hex
base64FileKey,file,base64,sample.base64
stringFileKey,file,string,sample.txt
binFileKey,file,binary,sample.blob
"""
MULTI_PAGE = SINGLE_PAGE + "second,namespace,,\nbinFileKey,file,binary,sample_multipage.bin\n"
SAMPLES = {
    "sample_singlepage_blob.csv": SINGLE_PAGE.encode(),
    "sample_multipage_blob.csv": MULTI_PAGE.encode(),
    "sample.hex": bytes(range(200)).hex().encode(),
    "sample.base64": b"aGVsbG8sIHdvcmxk",
    "sample.txt": b"abcdefghijklmnopqrstuvwxyz" * 10,
    "sample.blob": bytes(range(256)) * 3,
    "sample_multipage.bin": bytes(range(251)) * 40,
    "sample_hmac_key.bin": bytes(range(32)),
}
# Without random keys every file has the same bytes.
FIXED = [
    "generate sample_singlepage_blob.csv sample.bin 0x3000",
    "generate sample_singlepage_blob.csv sample.bin 0x3000 --version 1",
    "generate sample_multipage_blob.csv sample.bin 0x6000",
    "generate sample_multipage_blob.csv sample.bin 0x6000 --version 2",
    "generate sample_multipage_blob.csv sample.bin 0x6000 --version=2 --outdir out/images",
    "generate sample_singlepage_blob.csv more.csv folder/sample.bin 24576",
    "generate sample_singlepage_blob.csv sample.bin 0x2000",
    "generate sample_singlepage_blob.csv sample.bin 0x1000",
    "generate --outdir=out -- sample_singlepage_blob.csv sample.bin 0x4000",
    "encrypt sample_multipage_blob.csv sample_encr.bin 0x6000 --inputkey sample_keys.bin",
    "encrypt sample_singlepage_blob.csv sample_encr.bin 0x3000 --inputkey sample_keys.bin --version 1 --outdir out",
    "encrypt sample_singlepage_blob.csv sample_encr.bin 0x3000 --inputkey sample_keys.bin --keyfile unused.bin",
    "encrypt sample_singlepage_blob.csv sample_encr.bin 0x3000 --keygen --keyfile derived.bin --key_protect_hmac"
    " --kp_hmac_inputkey sample_hmac_key.bin",
    "encrypt sample_singlepage_blob.csv sample_encr.bin 0x3000 --keygen --key_protect_hmac"
    " --kp_hmac_inputkey sample_hmac_key.bin",
    "generate-key --key_protect_hmac --kp_hmac_inputkey sample_hmac_key.bin",
    "generate-key --key_protect_hmac --kp_hmac_inputkey sample_hmac_key.bin --keyfile derived.bin --outdir out",
    "decrypt encrypted.bin sample_keys.bin sample_decr.bin",
    "decrypt encrypted.bin sample_keys.bin sample_decr.bin --outdir out",
]
# With random keys the files have the same names and lengths, and each side opens the files of the other.
DRAWN = [
    "generate-key",
    "generate-key --keyfile sample_keys2.bin",
    "generate-key --keyfile sub/sample_keys2 --outdir out",
    "generate-key --key_protect_hmac --kp_hmac_keygen",
    "generate-key --key_protect_hmac --kp_hmac_keygen --keyfile new.bin",
    "generate-key --key_protect_hmac --kp_hmac_keygen --kp_hmac_keyfile new_hmac.bin --keyfile new.bin",
    "encrypt sample_singlepage_blob.csv sample_encr.bin 0x3000 --keygen",
    "encrypt sample_singlepage_blob.csv sample_encr.bin 0x3000 --keygen --keyfile new.bin",
    "encrypt sample_multipage_blob.csv sample_encr.bin 0x6000 --keygen --keyfile new.bin --outdir out --version 2",
    "encrypt sample_singlepage_blob.csv sample_encr.bin 0x3000 --keygen --key_protect_hmac --kp_hmac_keygen",
    "encrypt sample_singlepage_blob.csv sample_encr.bin 0x3000 --keygen --keyfile new.bin --key_protect_hmac"
    " --kp_hmac_keygen --kp_hmac_keyfile new_hmac.bin",
]
# Input that the generator ignores or misreads, and our message.
REFUSED = [
    ("generate-key --kp_hmac_inputkey sample_hmac_key.bin", "need --key_protect_hmac"),
    ("generate-key --key_protect_hmac", "--key_protect_hmac needs --kp_hmac_inputkey or --kp_hmac_keygen"),
    ("generate-key --key_protect_hmac --kp_hmac_keygen --kp_hmac_inputkey sample_hmac_key.bin", "one of the two"),
    ("generate-key --key_protect_hmac --kp_hmac_inputkey sample.txt", "sample.txt: "),
    ("encrypt sample_singlepage_blob.csv e.bin 0x3000", "--keygen or --inputkey is missing"),
    ("encrypt sample_singlepage_blob.csv e.bin 0x3000 --keygen --inputkey sample_keys.bin", "cannot be used with"),
    ("encrypt sample_singlepage_blob.csv e.bin 0x3000 --inputkey sample.txt", "sample.txt: "),
    ("generate sample_singlepage_blob.csv sample_singlepage_blob.csv e.bin 0x6000", "sample_singlepage_blob.csv:3:"),
    ("generate sample_singlepage_blob.csv e.txt 0x3000", "e.txt: name does not end in .bin"),
    ("generate sample_singlepage_blob.csv e 0x3000", "e: name does not end in .bin"),
    ("generate-key --keyfile k.txt", "k.txt: name does not end in .bin"),
    ("generate sample_singlepage_blob.csv e.bin 0x3001", "SIZE: "),
    ("generate sample_singlepage_blob.csv e.bin many", "SIZE: "),
    ("generate missing.csv e.bin 0x3000", "missing.csv: "),
    ("generate sample_multipage_blob.csv e.bin 0x3000", "0x5000 are needed"),
    ("generate sample_singlepage_blob.csv e.bin", "INPUT, OUTPUT and SIZE are needed"),
    ("generate sample_singlepage_blob.csv e.bin 0x3000 --version 3", "--version"),
    ("decrypt encrypted.bin other_keys.bin d.bin", "no entry can be read with these keys"),
    ("decrypt plain.bin sample_keys.bin d.bin", "the image is not encrypted"),
    ("dump encrypted.bin", "the image may be encrypted"),
    ("show plain.bin", "show"),
]


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    """The inputs; keys and the encrypted image are from the generator."""
    folder = tmp_path_factory.mktemp("samples")
    for name, data in SAMPLES.items():
        (folder / name).write_bytes(data)
    (folder / "more.csv").write_text("key,type,encoding,value\nmore,namespace,,\nport,data,u16,5540\n")
    for line in [
        "generate-key --keyfile sample_keys.bin",
        "generate-key --keyfile other_keys.bin",
        "encrypt sample_multipage_blob.csv encrypted.bin 0x6000 --inputkey keys/sample_keys.bin",
        "generate sample_singlepage_blob.csv plain.bin 0x3000",
    ]:
        made(PEER, line, folder)
    names = [*SAMPLES, "more.csv", "keys/sample_keys.bin", "keys/other_keys.bin", "encrypted.bin", "plain.bin"]
    return {name.removeprefix("keys/"): (folder / name).read_bytes() for name in names}


def place(folder, samples):
    """Creates a folder with the inputs."""
    folder.mkdir()
    for name, data in samples.items():
        (folder / name).write_bytes(data)
    return folder


def made(program, line, folder):
    done = run(program, *line.split(), cwd=folder)
    assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"
    return done


def outputs(folder, samples):
    """The output files by path; the minute in the default name of keys may change between two runs."""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    files = {name: path.read_bytes() for name, path in files.items() if name not in samples}
    return {re.sub(r"\d\d-\d\d_\d\d-\d\d", "MM-DD_HH-MM", name): data for name, data in files.items()}


@pytest.mark.parametrize("line", FIXED)
def test_same_files(line, samples, tmp_path):
    found = []
    for name, program in (("theirs", PEER), ("ours", OURS)):
        folder = place(tmp_path / name, samples)
        made(program, line, folder)
        found.append(outputs(folder, samples))
    assert found[0]
    assert found[0] == found[1]


@pytest.mark.parametrize("line", DRAWN)
def test_random_keys_open_with_the_other_side(line, samples, tmp_path):
    found = {}
    for name, program, other in (("theirs", PEER, OURS), ("ours", OURS, PEER)):
        folder = place(tmp_path / name, samples)
        made(program, line, folder)
        found[name] = {path: len(data) for path, data in outputs(folder, samples).items()}
        paths = [path for path in folder.rglob("*.bin") if path.relative_to(folder).as_posix() not in samples]
        (keys,) = (path for path in paths if path.parent != folder and path.stat().st_size == 4096)
        hmac = next((path for path in paths if path.stat().st_size == 32), None)
        if hmac is not None:
            derive = f"generate-key --key_protect_hmac --kp_hmac_inputkey {hmac} --keyfile again.bin --outdir again"
            made(other, derive, folder)
            assert (folder / "again/keys/again.bin").read_bytes() == keys.read_bytes()
        if "encrypt " in line:
            (image,) = (path for path in paths if path.name == "sample_encr.bin")
            made(other, f"decrypt {image} {keys} {folder / 'opened.bin'}", folder)
            source = line.split()[1]
            made(other, f"generate {source} expected.bin {line.split()[3]}", folder)
            assert (folder / "opened.bin").read_bytes() == (folder / "expected.bin").read_bytes()
    assert found["theirs"] == found["ours"]


@pytest.mark.parametrize(("line", "sentence"), REFUSED)
def test_rejected_with_a_sentence(line, sentence, samples, tmp_path):
    folder = place(tmp_path / "ours", samples)
    done = run(OURS, *line.split(), cwd=folder)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert not outputs(folder, samples)


def test_dump_reads_what_was_written(samples, tmp_path):
    import json

    folder = place(tmp_path / "ours", samples)
    plain = json.loads(made(OURS, "dump plain.bin", folder).stdout)
    assert plain[0] == {"namespace": "storage", "key": "dummyU8Key", "type": "u8", "value": 127}
    assert plain[8]["value"] == "010203abcdef"
    opened = json.loads(made(OURS, "dump encrypted.bin --inputkey sample_keys.bin", folder).stdout)
    assert opened[:14] == plain
    assert [entry["key"] for entry in opened[14:]] == ["binFileKey"]
    assert bytes.fromhex(opened[14]["value"]) == SAMPLES["sample_multipage.bin"]
    assert json.loads(esp_nvs_image.to_json(samples["plain.bin"])) == plain


def test_damaged_image_is_shown_with_exit_code_1(samples, tmp_path):
    folder = place(tmp_path / "ours", samples)
    image = bytearray(samples["plain.bin"])
    image[64 + 3 * 32 + 8] ^= 1
    (folder / "damaged.bin").write_bytes(image)
    done = run(OURS, "dump", "damaged.bin", cwd=folder)
    assert done.returncode == 1
    assert "damaged.bin: damaged; the readable entries were printed" in done.stderr
    assert '"dummyU32Key"' in done.stdout


def test_module_runs_as_the_command(samples, tmp_path):
    import sys

    folder = place(tmp_path / "ours", samples)
    line = "generate sample_singlepage_blob.csv sample.bin 0x3000"
    made([sys.executable, "-m", "esp_nvs_image"], line, folder)
    assert (folder / "sample.bin").read_bytes() == samples["plain.bin"]


@pytest.mark.parametrize("command", ["", "generate", "generate-key", "encrypt", "decrypt", "dump"])
def test_help_names_every_option_of_the_generator(command, tmp_path):
    ours = run(OURS, *command.split(), "--help", cwd=tmp_path)
    assert ours.returncode == 0
    if command == "dump":
        return
    theirs = run(PEER, *command.split(), "--help", cwd=tmp_path)
    options = set(re.findall(r"--[a-z_]+", theirs.stdout))
    assert options <= set(re.findall(r"--[a-z_]+", ours.stdout))


def test_closed_output_causes_no_traceback(samples, tmp_path):
    import os
    import subprocess

    folder = place(tmp_path / "ours", samples)
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([*OURS, "dump", "plain.bin"], cwd=folder, stdout=write, stderr=subprocess.PIPE, timeout=60)
    os.close(write)
    assert done.returncode == 141
    assert done.stderr == b""
