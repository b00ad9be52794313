"""Random pieces of flash, encrypted and decrypted by espsecure and by flash-image."""

import dataclasses
import itertools

from flash_tools import case_folder, espsecure, read, write

KEY_LENGTHS = {"xts-128": 32, "xts-256": 64, "xts-128-derived": 16}
LONGEST = 0x10000
# The legacy scheme is undefined above 16 MiB, where espsecure's key pattern has no bits.
END = {"esp32": 1 << 24}
LAST_END = 1 << 32


@dataclasses.dataclass
class Piece:
    scheme: str
    key: bytes
    address: int
    data: bytes
    config: int | None = None

    def __str__(self):
        config = "" if self.config is None else f" with FLASH_CRYPT_CONFIG {self.config:#x}"
        return f"{self.scheme}{config}, key of {len(self.key)} bytes, {len(self.data)} bytes at {self.address:#x}"

    def options(self, key_file):
        """Options of flash-image."""
        config = [] if self.config is None else ["--flash-crypt-config", self.config]
        return ["--address", hex(self.address), "--scheme", self.scheme, "--key", key_file, *config]

    def tool_options(self, key_file):
        """Options of espsecure."""
        config = [] if self.config is None else ["--flash-crypt-conf", hex(self.config)]
        xts = [] if self.scheme == "esp32" else ["--aes-xts"]
        return [*xts, "--keyfile", key_file, "--address", hex(self.address), *config]


def kinds():
    """Scheme, key length and FLASH_CRYPT_CONFIG of the cases, in turn: the 60 of the legacy scheme, and XTS."""
    legacy = [("esp32", length, config) for config in range(16) for length in (32, 24)]
    xts = [(scheme, length, None) for scheme, length in KEY_LENGTHS.items()]
    return [*legacy, *itertools.islice(itertools.cycle(xts), 28)]


def length(rng):
    longest = rng.choice([16, 128, 128, 1024, 4096, 4096, LONGEST])
    return 16 * rng.randint(1, longest // 16)


def address(rng, scheme, size):
    """Addresses near the units of the ciphers, sectors and pages, and at both ends."""
    last = END.get(scheme, LAST_END) - size
    kind = rng.random()
    if kind < 0.1:
        return 0
    if kind < 0.25:
        return last
    unit = rng.choice([16, 32, 128, 0x1000, 0x10000])
    near = rng.randint(0, last // unit) * unit + 16 * rng.randint(-2, 2)
    return min(max(near, 0), last)


def draw(rng, kind):
    scheme, key_length, config = kind
    size = length(rng)
    return Piece(scheme, rng.randbytes(key_length), address(rng, scheme, size), rng.randbytes(size), config)


def both_ways(piece, folder, ours, tally):
    """Encrypts with both, then decrypts each result with the other."""
    key, plain = write(folder / "key", piece.key), write(folder / "plain", piece.data)
    for verb, count in (("encrypt", "encrypted pieces equal"), ("decrypt", "decrypted pieces equal")):
        theirs, mine = folder / f"{verb}.espsecure", folder / f"{verb}.ours"
        tool = espsecure(f"{verb}-flash-data", *piece.tool_options(key), "--output", theirs, plain)
        answer = ours(verb, plain, mine, *piece.options(key))
        equal = tool.done and answer.done and read(theirs) == read(mine)
        tally.check(equal, count, f"{piece}; espsecure {tool}; ours {answer}")
    back = folder / "back"
    answer = ours("decrypt", folder / "encrypt.ours", back, *piece.options(key))
    tally.check(read(back) == piece.data, "pieces back", f"{piece}; ours {answer}")


def pieces(rng, count, folder, ours, tally):
    order = kinds()
    for case in range(count):
        piece = draw(rng, order[case % len(order)])
        with case_folder(folder, case, tally) as path:
            both_ways(piece, path, ours, tally)


def wrong(rng):
    """Inputs that both refuse, and inputs that only flash-image refuses, with the result of espsecure."""
    key, data = rng.randbytes(32), rng.randbytes(64)
    both = {
        "address of no block": Piece("xts-128", key, 0x1008, data),
        "address of no block, legacy": Piece("esp32", key, 0x1008, data),
        "length of no block": Piece("xts-128", key, 0x1000, data[:40]),
        "no data": Piece("xts-128", key, 0x1000, b""),
        "key of 24 bytes": Piece("xts-128", key[:24], 0x1000, data),
        "key of 31 bytes": Piece("xts-128", key[:31], 0x1000, data),
        "key of 16 bytes, legacy": Piece("esp32", key[:16], 0x1000, data),
        "key of 64 bytes, legacy": Piece("esp32", key * 2, 0x1000, data),
        # A struct.error, not a refusal; nothing is written.
        "end above 4 GiB": Piece("xts-256", key * 2, LAST_END - 48, data),
    }
    alone = {
        "no data, legacy": Piece("esp32", key, 0x1000, b""),
        "random padding of a short tail": Piece("esp32", key, 0x1000, data[:40]),
        "address above 16 MiB, legacy": Piece("esp32", key, END["esp32"], data),
        "end above 16 MiB, legacy": Piece("esp32", key, END["esp32"] - 32, data),
        "FLASH_CRYPT_CONFIG above 15": Piece("esp32", key, 0x1000, data, 0x1F),
    }
    return both, alone


def tool_runs(piece, folder, name):
    """espsecure's result, and the file that it leaves."""
    key, plain, out = write(folder / "key", piece.key), write(folder / "plain", piece.data), folder / name
    return espsecure("encrypt-flash-data", *piece.tool_options(key), "--output", out, plain), read(out) or b""


def refusals(rng, folder, ours, tally):
    both, alone = wrong(rng)
    for name, piece in {**both, **alone}.items():
        with case_folder(folder, name.replace(" ", "-"), tally) as path:
            tool, _ = tool_runs(piece, path, "espsecure")
            answer = ours("encrypt", path / "plain", path / "ours", *piece.options(path / "key"))
            refused = answer.code == 2 and not (path / "ours").exists()
            what = "pieces refused by both" if name in both else "pieces refused by ours alone"
            tally.check(refused and tool.done == (name in alone), what, f"{name}; espsecure {tool}; ours {answer}")
    with case_folder(folder, "shown", tally) as path:
        tail, above = alone["random padding of a short tail"], alone["FLASH_CRYPT_CONFIG above 15"]
        runs = [tool_runs(tail, path, f"tail{run}")[1] for run in range(2)]
        tally.check(runs[0][:32] == runs[1][:32] and runs[0] != runs[1], "quirks of espsecure shown", "random padding")
        low = dataclasses.replace(above, config=0xF)
        same = tool_runs(above, path, "above")[1] == tool_runs(low, path, "low")[1]
        tally.check(same, "quirks of espsecure shown", "FLASH_CRYPT_CONFIG 0x1F is 0xF")
        empty = tool_runs(alone["no data, legacy"], path, "empty")
        tally.check(empty[0].done and empty[1] == b"", "quirks of espsecure shown", "an empty file of an empty one")
