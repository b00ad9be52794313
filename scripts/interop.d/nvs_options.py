"""Gives the same command lines to the reference generator and to `nvs-image`, each in a folder of its own with the same inputs.

usage: nvs_options.py FOLDER NVS_IMAGE

Run by the Python that has the generator. All files of a command line have the same bytes; if it draws keys, each
side decrypts the other's output.
"""

import shutil
import subprocess
import sys
from pathlib import Path

GENERATOR = [sys.executable, "-m", "esp_idf_nvs_partition_gen"]
INPUTS = {
    "in.csv": "key,type,encoding,value\napp,namespace,,\nname,data,string,lamp\nblob,data,hex2bin,00112233\n",
    "two.csv": "key,type,encoding,value\nmore,data,u16,5\nnet,namespace,,\nport,data,i64,-80\n",
}

# Outputs that are equal. A relative --keyfile of the generator is always in keys/, ours only with --outdir.
SAME = [
    ("generate in.csv out.bin 0x3000", "out.bin"),
    ("generate in.csv two.csv out.bin 0x4000 --version 1", "out.bin"),
    ("generate in.csv two.csv out.bin 16384 --version=2 --outdir a/b", "a/b/out.bin"),
    ("generate --outdir=d --version 2 in.csv sub/out.bin 0x3000", "d/sub/out.bin"),
    ("encrypt in.csv two.csv out.bin 0x3000 --inputkey keys.bin", "out.bin"),
    ("encrypt in.csv out.bin 0x3000 --version 1 --inputkey=keys.bin --outdir d", "d/out.bin"),
    ("encrypt in.csv out.bin 0x3000 --inputkey keys.bin --keyfile unused.bin", "out.bin"),
    (
        "encrypt in.csv out.bin 0x3000 --keygen --keyfile k.bin --key_protect_hmac --kp_hmac_inputkey hmac.bin --outdir d",
        "d/out.bin d/keys/k.bin",
    ),
    ("decrypt encrypted.bin keys.bin out.bin", "out.bin"),
    ("decrypt --outdir d encrypted.bin keys.bin out.bin", "d/out.bin"),
]
# Command lines that draw keys: the image, the keys, and the HMAC key if there is one.
RANDOM = [
    ("encrypt in.csv out.bin 0x3000 --keygen --keyfile k.bin --outdir d", "d/out.bin d/keys/k.bin"),
    (
        "encrypt in.csv out.bin 0x3000 --keygen --keyfile k.bin --key_protect_hmac --kp_hmac_keygen --outdir d",
        "d/out.bin d/keys/k.bin d/keys/hmac-k.bin",
    ),
    (
        "encrypt in.csv out.bin 0x3000 --keygen --keyfile k.bin --key_protect_hmac --kp_hmac_keygen --kp_hmac_keyfile h.bin"
        " --outdir=d",
        "d/out.bin d/keys/k.bin d/keys/h.bin",
    ),
]
# Command lines that the generator misreads or ignores are refused here with one sentence.
REFUSED = [
    ("generate-key --keyfile k.bin", "keygen OUT"),
    ("generate-key --key_protect_hmac --kp_hmac_inputkey hmac.bin", "--hmac-key FILE"),
    ("encrypt in.csv out.bin 0x3000 --keygen --keyfile k.bin --kp_hmac_inputkey hmac.bin", "--hmac-key FILE"),
    ("encrypt in.csv out.bin 0x3000 --inputkey keys.bin --key_protect_hmac", "--hmac-key FILE"),
    ("encrypt in.csv out.bin 0x3000 --keygen", "--keyfile"),
    (
        "encrypt in.csv out.bin 0x3000 --keygen --keyfile k.bin --key_protect_hmac --kp_hmac_keygen --kp_hmac_inputkey hmac.bin",
        "one of the two",
    ),
]


def folder(top, name):
    place = top / name
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    for file, text in INPUTS.items():
        (place / file).write_text(text)
    (place / "hmac.bin").write_bytes(bytes(range(32)))
    for source in ("keys.bin", "encrypted.bin"):
        if (top / source).exists():
            shutil.copy(top / source, place / source)
    return place


def run(program, line, place):
    return subprocess.run([*program, *line.split()], cwd=place, capture_output=True, text=True)


def made(program, line, place):
    done = run(program, line, place)
    assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"


def main():
    top, ours = Path(sys.argv[1]).resolve(), [str(Path(sys.argv[2]).resolve())]
    shutil.rmtree(top, ignore_errors=True)
    start = folder(top, "start")
    made(ours, "keygen keys.bin", start)
    made(ours, "encrypt in.csv encrypted.bin 0x3000 --keys keys.bin", start)
    made(ours, "generate in.csv plain.bin 0x3000", start)
    for name in ("keys.bin", "encrypted.bin"):
        shutil.copy(start / name, top / name)
    plain = (start / "plain.bin").read_bytes().rstrip(b"\xff")
    sides = {"theirs": GENERATOR, "ours": ours}
    mismatches = 0
    for line, files in SAME:
        found = []
        for name, program in sides.items():
            place = folder(top, name)
            made(program, line, place)
            found.append([(place / file).read_bytes().rstrip(b"\xff") for file in files.split()])
        if found[0] != found[1]:
            mismatches += 1
            print(f"differs: {line}")
    for line, files in RANDOM:
        for name, program in sides.items():
            place = folder(top, name)
            made(program, line, place)
            image, keys, *hmac = files.split()
            (other,) = [sides[side] for side in sides if side != name]
            made(other, f"decrypt {image} {keys} opened.bin", place)
            is_right = (place / "opened.bin").read_bytes().rstrip(b"\xff") == plain
            for key in hmac:
                if name == "ours":
                    again = f"--key_protect_hmac --kp_hmac_inputkey {key} --keyfile again.bin"
                    made(GENERATOR, f"generate-key {again}", place)
                    is_right &= (place / "keys/again.bin").read_bytes() == (place / keys).read_bytes()
                else:
                    made(ours, f"keygen again.bin --hmac-key {key}", place)
                    is_right &= (place / "again.bin").read_bytes() == (place / keys).read_bytes()
            if not is_right:
                mismatches += 1
                print(f"not opened by the other side: {name}: {line}")
    for line, remedy in REFUSED:
        done = run(ours, line, folder(top, "ours"))
        sentence = done.stderr.strip()
        if done.returncode != 2 or "\n" in sentence or remedy not in sentence:
            mismatches += 1
            print(f"not refused in one sentence: {line}: {done.returncode} {sentence}")
    counts = f"{len(SAME)} the same, {2 * len(RANDOM)} opened by the other side, {len(REFUSED)} refused with our spelling"
    print(f"nvs command lines: {counts}, {mismatches} mismatches")
    sys.exit(mismatches > 0)


main()
