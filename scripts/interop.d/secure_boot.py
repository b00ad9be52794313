"""Secure boot: signatures and digests of flash-image and of espsecure, each read by the other.

usage: secure_boot.py FOLDER FLASH_IMAGE SEED [--signed N] [--v1 N]

N files signed by each side with version 2, and N with version 1. Prints one line for each part; exits with 1 if a
case does not agree.
"""

import argparse
import json
import os
import random
import sys
from pathlib import Path

import flash_writer
import secure_boot_keys
import secure_boot_quirks
from flash_tools import FlashImage, Tally, case_folder, espsecure, read, write
from secure_boot_keys import BLOCK, MOST_BLOCKS, SECTOR, blocks, key_digest, without_signature

SIGNED = ("rsa3072", "p256", "p384")
# Keys of each scheme; one signs nothing.
KEYS = MOST_BLOCKS + 1


def content(rng):
    """Contents to sign: images, and lengths around sectors."""
    chip = rng.choice(list(flash_writer.CHIPS))
    image = flash_writer.draw(rng, chip, longest=2048, described=True)[0].encode()
    kind = rng.random()
    if kind < 0.6:
        return image
    if kind < 0.8:
        return image + b"\xff" * (-len(image) % SECTOR)
    return flash_writer.bootloader(rng, chip, SECTOR * rng.randint(1, 3) - 64 + 16 * rng.randint(-2, 2))


def verified(file, key, ours, version=2):
    """Results of espsecure and flash-image for a signed file and a key."""
    tool = espsecure("verify-signature", "--version", version, "--keyfile", key.public, file)
    scheme = [] if version == 2 else ["--scheme", "v1"]
    return tool, ours("verify", file, "--key", key.public, *scheme)


def both_verify(file, keys, other, ours, tally, what):
    """Both find every signing key, and neither the other one."""
    for key in keys:
        tool, answer = verified(file, key, ours)
        tally.check(tool.done and answer.done, what, f"{file} {key.scheme}: espsecure {tool}; ours {answer}")
    tool, answer = verified(file, other, ours)
    tally.check(not tool.done and answer.code == 1, "other keys refused", f"{file}: espsecure {tool}; ours {answer}")


def sign_ours(source, keys, folder, ours):
    """Signs with one key, then adds one block at a time."""
    for number, key in enumerate(keys):
        out = folder / f"ours-{number}"
        answer = ours("sign", source, out, "--key", key.private, *(["--append"] if number else []))
        if not answer.done:
            return None, answer
        source = out
    return source, answer


def sign_theirs(source, keys, folder, rng):
    """Signs with all keys at once, or adds one block at a time."""
    steps = [keys] if rng.random() < 0.5 else [[key] for key in keys]
    for number, step in enumerate(steps):
        out = folder / f"espsecure-{number}"
        options = [part for key in step for part in ("--keyfile", key.private)] + ["--append-signatures"] * (number > 0)
        answer = espsecure("sign-data", "--version", 2, *options, "--output", out, source)
        source = out
    return out, answer


def alike(mine, theirs, scheme):
    """The files without signatures and their CRC."""
    if len(mine) != len(theirs) or mine[:-SECTOR] != theirs[:-SECTOR]:
        return False
    parts = [[without_signature(block, scheme) for block in blocks(signed)] for signed in (mine, theirs)]
    return parts[0] == parts[1] and mine[-(SECTOR - MOST_BLOCKS * BLOCK) :] == theirs[-(SECTOR - MOST_BLOCKS * BLOCK) :]


def damaged(rng, signed, folder, key, ours, tally):
    """A bit of the image, a bit of the signature: refused by both."""
    start, end = secure_boot_keys.SIGNATURE_AT[key.scheme]
    bit = bytearray(signed)
    bit[rng.randrange(len(signed) - SECTOR)] ^= 1 << rng.randrange(8)
    block = blocks(signed)[0]
    at = rng.randrange(start, start + (end - start) // 2)
    forged = secure_boot_keys.patched(block, at, bytes([block[at] ^ 1]))
    for name, data in (("image", bytes(bit)), ("signature", secure_boot_keys.with_blocks(signed, [forged]))):
        tool, answer = verified(write(folder / f"damaged-{name}", data), key, ours)
        refused = not tool.done and answer.code == 1
        tally.check(refused, "damaged files refused by both", f"{key.scheme} {name}: espsecure {tool}; ours {answer}")


def signed(rng, count, keys, folder, ours, tally):
    for case in range(count):
        scheme = SIGNED[case % len(SIGNED)]
        order = rng.sample(keys[scheme], KEYS)
        chosen, other = order[: 1 + case // len(SIGNED) % MOST_BLOCKS], order[-1]
        with case_folder(folder, case, tally) as path:
            source = write(path / "in", content(rng))
            mine, answer = sign_ours(source, chosen, path, ours)
            if not tally.check(mine is not None, "files signed by ours", f"{path} {scheme}: {answer}"):
                continue
            both_verify(mine, chosen, other, ours, tally, "of its blocks verified by both")
            theirs, tool = sign_theirs(source, chosen, path, rng)
            if not tally.check(tool.done, "files signed by espsecure", f"{path} {scheme}: {tool}"):
                continue
            both_verify(theirs, chosen, other, ours, tally, "of its blocks verified by both too")
            same = alike(read(mine), read(theirs), scheme)
            tally.check(same, "files equal but for the signatures", f"{path} {scheme}")
            damaged(rng, read(theirs), path, chosen[0], ours, tally)


def digests(keys, folder, ours, tally):
    """The eFuse value of a key, from its private and from its public file."""
    for key in [key for scheme in keys.values() for key in scheme]:
        out = folder / f"{key.private.stem}.digest"
        tool = espsecure("digest-sbv2-public-key", "--keyfile", key.private, "--output", out)
        # For P-192 ours only reads public keys: it cannot sign with it.
        for file in [key.public] if key.scheme == "p192" else [key.private, key.public]:
            answer = ours("digest", file)
            equal = tool.done and answer.done and answer.out.strip() == read(out).hex()
            tally.check(equal, "key digests equal", f"{file}: espsecure {tool}; ours {answer} {answer.out}")


def named(rng, keys, folder, ours, tally):
    """Output of `info` for a signature; those of P-192 are listed, and not verified."""
    for key in [key for scheme in keys.values() for key in scheme]:
        source, out = write(folder / "in", content(rng)), folder / f"{key.private.stem}.signed"
        espsecure("sign-data", "--version", 2, "--keyfile", key.private, "--output", out, source)
        answer = ours("info", out, "--json")
        said = [block["key_digest"] for block in json.loads(answer.out)["signatures"]] if answer.done else answer
        digest = key_digest(blocks(read(out))[0], key.scheme)
        tally.check(said == [digest], "signatures named by info", f"{out}: {said}; {digest}")
        if key.scheme == "p192":
            tool, answer = verified(out, key, ours)
            refused = tool.done and answer.code == 1 and "P-192" in answer.said
            tally.check(refused, "of P-192 not verified", f"{out}: espsecure {tool}; ours {answer}")


def signatures_v1(rng, count, keys, folder, ours, tally):
    """Signatures of version 1 are deterministic, so the files are equal."""
    for case in range(count):
        key, other = rng.sample(keys["p256"], 2)
        with case_folder(folder, case, tally) as path:
            source, theirs, mine = write(path / "in", content(rng)), path / "theirs", path / "mine"
            tool = espsecure("sign-data", "--version", 1, "--keyfile", key.private, "--output", theirs, source)
            answer = ours("sign", source, mine, "--key", key.private, "--scheme", "v1")
            equal = tool.done and answer.done and read(theirs) == read(mine)
            tally.check(equal, "app signatures equal", f"{path}: espsecure {tool}; ours {answer}")
            for file, signer, holds in ((theirs, key, True), (mine, key, True), (theirs, other, False)):
                tool, answer = verified(file, signer, ours, version=1)
                what = "app signatures verified by both" if holds else "other keys refused"
                case_of = f"{path}: espsecure {tool}; ours {answer}"
                tally.check(tool.done == holds and answer.code == (0 if holds else 1), what, case_of)


def digests_v1(rng, count, keys, folder, ours, tally):
    """Bootloaders with their digest, and the key of a reflashable one."""
    for case in range(count):
        with case_folder(folder, case, tally) as path:
            image = flash_writer.draw(rng, "esp32", longest=512, most=6)[0].encode()
            source, iv = write(path / "in", image), write(path / "iv", rng.randbytes(128))
            key, theirs, mine = write(path / "key", rng.randbytes(rng.choice([32, 24]))), path / "theirs", path / "mine"
            tool = espsecure("digest-secure-bootloader", "--keyfile", key, "--iv", iv, "--output", theirs, source)
            answer = ours("sign", source, mine, "--key", key, "--scheme", "v1", "--bootloader", "--iv", iv)
            equal = tool.done and answer.done and read(theirs) == read(mine)
            tally.check(equal, "bootloader digests equal", f"{path}: espsecure {tool}; ours {answer}")
    for key in keys["p256"]:
        out = folder / f"{key.private.stem}.reflashable"
        tool = espsecure("digest-private-key", "--keyfile", key.private, out)
        answer = ours("digest", key.private, "--scheme", "v1")
        equal = tool.done and answer.done and answer.out.strip() == read(out).hex()
        tally.check(equal, "reflashable keys equal", f"{key.private}: espsecure {tool}; ours {answer}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("flash_image", type=Path)
    parser.add_argument("seed", type=int)
    parser.add_argument("--signed", type=int, default=60)
    parser.add_argument("--v1", type=int, default=20)
    given = parser.parse_args()
    # flash-image refuses key files that others can read.
    os.umask(0o077)
    ours, folder = FlashImage(given.flash_image.resolve()), given.folder.resolve()
    keys = secure_boot_keys.make_keys(folder / "keys", [*SIGNED, "p192"], KEYS)
    wrong = 0
    for part in ("v2", "digests", "v1", "quirks"):
        tally, rng, path = Tally(f"secure boot {part}"), random.Random(f"{given.seed} {part}"), folder / part
        path.mkdir()
        if part == "v2":
            signed(rng, given.signed, keys, path, ours, tally)
        elif part == "digests":
            digests(keys, path, ours, tally)
            named(rng, keys, path, ours, tally)
        elif part == "v1":
            signatures_v1(rng, given.v1, keys, path / "apps", ours, tally)
            (path / "bootloaders").mkdir()
            digests_v1(rng, given.v1, keys, path / "bootloaders", ours, tally)
        else:
            secure_boot_quirks.quirks(rng, keys, path, ours, tally)
        print(tally.line(), flush=True)
        wrong += tally.mismatches
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
