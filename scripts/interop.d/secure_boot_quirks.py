"""Faults that espsecure and esptool do not notice: each is shown by running them, and flash-image must refuse or report it."""

import flash_writer
from flash_tools import case_folder, espsecure, esptool, read, write
from secure_boot_keys import CONTENT, KEY_AT, SECTOR, blocks, openssl, patched, with_blocks

PAD = CONTENT + 4
RESERVED = {"rsa3072": 2, "p256": 3, "p384": 3}


class Quirks:
    """Inputs of the quirks: a bootloader of an ESP32-C3, signed with one key of each scheme."""

    def __init__(self, rng, keys, folder, ours, tally):
        self.rng, self.keys, self.ours, self.tally = rng, keys, ours, tally
        self.folder = folder
        self.image = flash_writer.bootloader(rng, "esp32c3", 0x2800)
        self.source = write(folder / "bootloader", self.image)
        self.signed = {scheme: self.sign(scheme) for scheme in RESERVED}

    def sign(self, scheme, *options, number=0, name=None):
        out = self.folder / (name or f"signed-{scheme}")
        key = self.keys[scheme][number].private
        answer = espsecure("sign-data", "--version", 2, "--keyfile", key, *options, "--output", out, self.source)
        assert answer.done, answer
        return read(out)

    def verify(self, data, scheme, number=0, options=()):
        file, key = write(self.folder / "signed", data), self.keys[scheme][number].public
        tool = espsecure("verify-signature", "--version", 2, "--keyfile", key, *options, file)
        return tool, self.ours("verify", file, "--key", key)

    def both(self, shown, refused, name, tool, answer):
        """`shown`: espsecure accepts the fault; `refused`: flash-image does not."""
        case = f"{name}: tool {tool}; ours {answer}"
        self.tally.check(shown, "quirks shown by running the tool", case)
        self.tally.check(refused, "of them refused or named by ours", case)

    def refuses_to_sign(self, name, tool, source, key, *options):
        answer = self.ours("sign", source, self.folder / "never", "--key", key, *options)
        refused = answer.code == 2 and not (self.folder / "never").exists() and bool(answer.said.strip())
        self.both(tool.done, refused, name, tool, answer)


def another_key_in_the_block(quirks):
    """Zeros except the curve, then a key that did not sign."""
    for scheme, signed in quirks.signed.items():
        start, end = KEY_AT[scheme]
        start += 0 if scheme == "rsa3072" else 1
        (block,), (other,) = blocks(signed), blocks(quirks.sign(scheme, number=1, name="other"))
        for name, key in (("zeros", bytes(end - start)), ("another key", other[start:end])):
            tool, answer = quirks.verify(with_blocks(signed, [patched(block, start, key)]), scheme)
            quirks.both(tool.done, answer.code in (1, 2), f"1: {scheme} block with {name} in it", tool, answer)


def mixed_schemes(quirks):
    first = {scheme: blocks(signed)[0] for scheme, signed in quirks.signed.items()}
    for one, two in (("rsa3072", "p256"), ("p256", "rsa3072"), ("p256", "p384"), ("p384", "rsa3072")):
        mixed = with_blocks(quirks.signed[one], [first[one], first[two]])
        tool, answer = quirks.verify(mixed, two)
        named = not answer.crashed and bool((answer.out + answer.said).strip())
        # 5.6.0 ends in an exception for two of these, and accepts for the others a sector that every chip would refuse.
        shown = tool.done or tool.crashed
        quirks.both(shown, named, f"2: key of the second block, {one} then {two}", tool, answer)
    for key, signed in (("rsa3072", "p384"), ("p384", "rsa3072"), ("p256", "rsa3072")):
        tool, answer = quirks.verify(quirks.signed[signed], key)
        quirks.both(tool.crashed, answer.code in (1, 2), f"2: {key} key and a {signed} block", tool, answer)


def reserved_bytes(quirks):
    for scheme, at in RESERVED.items():
        (block,) = blocks(quirks.signed[scheme])
        places = {"reserved": at, "padding after the CRC": PAD + quirks.rng.randrange(16)}
        if scheme != "rsa3072":
            places["fill after the signature"] = quirks.rng.randrange(300, CONTENT)
        for name, place in places.items():
            tool, answer = quirks.verify(with_blocks(quirks.signed[scheme], [patched(block, place, b"\x5a")]), scheme)
            quirks.both(tool.done, answer.code in (1, 2), f"3: {scheme}, {name} byte {place}", tool, answer)


def signed_twice(quirks):
    for scheme, signed in quirks.signed.items():
        source, out, key = (
            write(quirks.folder / "once", signed),
            quirks.folder / "twice",
            quirks.keys[scheme][1].private,
        )
        tool = espsecure("sign-data", "--version", 2, "--keyfile", key, "--output", out, source)
        grown = len(read(out)) == len(signed) + SECTOR
        quirks.tally.check(grown, "quirks shown by running the tool", f"4: {scheme} grew to {len(read(out))}")
        quirks.refuses_to_sign(f"4: {scheme}, a signed file without --append", tool, source, key)
        for number in range(2):
            answer = quirks.ours("verify", out, "--key", quirks.keys[scheme][number].public)
            quirks.tally.check(
                answer.code in (1, 2), "files signed twice refused", f"{scheme} key {number}: ours {answer}"
            )


def weak_inputs(quirks):
    folder = quirks.folder
    weak, empty = folder / "e3.pem", write(folder / "empty", b"")
    openssl("genrsa", "-3", "-out", weak, 3072)
    tool = espsecure("sign-data", "--version", 2, "--keyfile", weak, "--output", folder / "e3", quirks.source)
    quirks.refuses_to_sign("5: RSA with e = 3", tool, quirks.source, weak)
    for scheme, (key, *_) in quirks.keys.items():
        if scheme in quirks.signed:
            tool = espsecure(
                "sign-data", "--version", 2, "--keyfile", key.private, "--output", folder / "nothing", empty
            )
            quirks.refuses_to_sign(f"5: {scheme}, an empty file", tool, empty, key.private)
            short = quirks.sign(scheme, "--skip-padding", name="unpadded")
            tool, answer = quirks.verify(short, scheme, options=["--skip-padding"])
            quirks.both(
                len(short) % SECTOR and tool.done, answer.code in (1, 2), f"5: {scheme}, --skip-padding", tool, answer
            )


def header_rewritten(quirks):
    """merge-bin with a flash size changes the header of a signed bootloader; our merge has no such option."""
    for scheme, signed in quirks.signed.items():
        source, theirs, mine = (
            write(quirks.folder / "boot", signed),
            quirks.folder / "merged",
            quirks.folder / f"ours-{scheme}",
        )
        options = ["--flash-size", "16MB", "--flash-mode", "qio"]
        tool = esptool("--chip", "esp32c3", "merge-bin", *options, "--output", theirs, "0x0", source)
        changed = read(theirs)
        broken, _ = quirks.verify(changed, scheme)
        shown = tool.done and changed != signed and not broken.done
        quirks.ours("merge", mine, f"0x0={source}")
        kept, answer = quirks.verify(read(mine) or b"", scheme)
        quirks.both(shown, kept.done and answer.done, f"6: {scheme}, merge-bin with a flash size", broken, answer)
        _, found = quirks.verify(changed, scheme)
        quirks.tally.check(found.code == 1, "headers changed after signing refused", f"{scheme}: ours {found}")


def wrong_places(quirks):
    folder = quirks.folder
    for offset in ("0x1000", "0x2000"):
        tool = esptool("--chip", "esp32", "merge-bin", "--output", folder / "out", offset, quirks.source)
        quirks.tally.check(
            tool.done, "quirks shown by running the tool", f"7: an ESP32-C3 bootloader at {offset}: {tool}"
        )
    large = write(folder / "large", bytes(0x41000))
    pad = ["--pad-to-size", "256KB"]
    tool = esptool("--chip", "esp32c3", "merge-bin", *pad, "--output", folder / "out", "0x0", large)
    answer = quirks.ours("merge", folder / "never", f"0x0={large}", "--size", "256KB")
    shown = tool.done and len(read(folder / "out")) == 0x41000
    quirks.both(shown, answer.code == 2 and not (folder / "never").exists(), "7: size below the data", tool, answer)


def gaps(quirks):
    """Merged images overwrite the gaps; ours reports it, since the file is the same."""
    folder = quirks.folder
    theirs, mine, app = folder / "gaps", folder / "gaps-ours", write(folder / "app", bytes(0x1000))
    tool = esptool("--chip", "esp32c3", "merge-bin", "--output", theirs, "0x0", quirks.source, "0x10000", app)
    answer = quirks.ours("merge", mine, f"0x0={quirks.source}", f"0x10000={app}")
    shown = set(read(theirs)[0x4000:0x10000]) == {0xFF}
    quirks.both(shown, answer.done and "0xff" in answer.said.lower(), "8: gaps are written as 0xFF", tool, answer)


PARTS = [
    another_key_in_the_block,
    mixed_schemes,
    reserved_bytes,
    signed_twice,
    weak_inputs,
    header_rewritten,
    wrong_places,
    gaps,
]


def quirks(rng, keys, folder, ours, tally):
    for part in PARTS:
        with case_folder(folder, part.__name__, tally) as path:
            part(Quirks(rng, keys, path, ours, tally))
