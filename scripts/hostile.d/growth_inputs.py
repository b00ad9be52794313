"""The inputs of all parsers for `growth`: how each is made in a given size, and the command that reads it."""

import base64
import json
import shutil
import struct
import zlib

from commands import inputs
from common import folder, must, test_pki, tool


class Row:
    """`@` in the words is the input, `%` the folder of prepared inputs. `exits` and `says` show that the input was read to its end."""

    def __init__(self, name, words, content, file="input", beside=None, exits=(), says=""):
        self.name, self.words, self.file, self.beside, self.exits, self.says = name, words, file, beside, exits, says
        self.content = lambda size: text if isinstance(text := content(size), bytes) else text.encode()


def prepare():
    """Everything that is not the input itself: certificates, keys, images."""
    path = folder() / "given"
    shutil.copytree(inputs(), path)
    shutil.copytree(test_pki(), path / "pki")
    (path / "any.csv").write_text("kk,data,string\n")
    (path / "one.csv").write_text("kk\nvalue\n")
    (path / "table.csv").write_text("# Name,Type,SubType,Offset,Size,Flags\nfctry,data,nvs,0x10000,0x6000,\n")
    return path


def lines(make, last=""):
    """Numbered lines until the size is reached, and a last one with a fault."""

    def content(size):
        width = len(make(0)) + 1
        return "\n".join(make(i) for i in range(size // width)) + "\n" + last

    return content


def listed(start, make, end, between=","):
    return lambda size: start + between.join(make(i) for i in range(size // (len(make(0)) + len(between)))) + end


def der(tag, content):
    length = len(content)
    if length < 128:
        return bytes([tag, length]) + content
    size = (length.bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + length.to_bytes(size, "big") + content


def elements(content):
    """The elements of a DER sequence's content, each with its header."""
    found, at = [], 0
    while at < len(content):
        start, length = at, content[at + 1]
        at += 2
        if length & 0x80:
            size = length & 0x7F
            length = int.from_bytes(content[at : at + size], "big")
            at += size
        at += length
        found.append(content[start:at])
    return found


def inner(element):
    """The content of an element."""
    skip = 2 + (element[1] & 0x7F if element[1] & 0x80 else 0)
    return element[skip:]


def unpem(path):
    body = [line for line in path.read_text().splitlines() if "-----" not in line]
    return base64.b64decode("".join(body))


def oid(number):
    """An object identifier below a private arc, different for each number."""
    number += 1 << 21
    return der(6, bytes([0x2B, 0x06, 0x01, 0x04, 0x01]) + bytes([0x80 | number >> 21 & 0x7F, 0x80 | number >> 14 & 0x7F,
                                                                 0x80 | number >> 7 & 0x7F, number & 0x7F]))  # fmt: skip


def certificate(change):
    """A PAI's certificate with one part replaced: its signature no longer verifies, which a lint tolerates."""

    def content(size):
        whole = elements(inner(unpem(inputs() / "pai.pem")))
        parts = elements(inner(whole[0]))
        change(parts, size)
        return der(0x30, der(0x30, b"".join(parts)) + whole[1] + whole[2])

    return content


def many_extensions(make):
    def change(parts, size):
        one = elements(inner(inner(parts[-1])))
        more = [der(0x30, make(i) + der(4, b"\5\0")) for i in range(size // 17)]
        parts[-1] = der(0xA3, der(0x30, b"".join([*one, *more])))

    return change


def many_names(parts, size):
    name = lambda i: der(0x31, der(0x30, oid(i) + der(0x0C, b"a")))
    parts[5] = der(0x30, b"".join(name(i) for i in range(size // 18)))


def long_extension(parts, size):
    one = elements(inner(inner(parts[-1])))
    parts[-1] = der(0xA3, der(0x30, b"".join([*one, der(0x30, oid(1) + der(4, bytes(size)))])))


def png(size):
    """A picture of about this size: noise, which cannot be compressed."""
    side = int(size**0.5)
    state, rows = 1, []
    noise = bytes((state := (state * 1103515245 + 12345) & 0x7FFFFFFF) >> 16 & 0xFF for _ in range(side * 2))
    for i in range(side):
        rows.append(b"\0" + noise[i % side : i % side + side])
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"".join(rows), 1)) + chunk(b"IEND", b"")


def repeated(name):
    """A file repeated."""
    return lambda size: (text := (test_pki() / name).read_text()) * (size // len(text))


def image(size):
    """Pages of an NVS image as the firmware leaves them, empty except one."""
    return (inputs() / "plain.bin").read_bytes()[:4096] * (size // 4096)


def crl(size):
    """The revocation list with many entries; its signature no longer verifies."""
    whole = elements(inner(unpem(inputs() / "list.pem")))
    parts = elements(inner(whole[0]))
    entry = lambda i: der(0x30, der(2, b"\1" + i.to_bytes(8, "big")) + der(0x17, b"260101000000Z"))
    parts.insert(5, der(0x30, b"".join(entry(i) for i in range(size // 28))))
    return der(0x30, der(0x30, b"".join(parts)) + whole[1] + whole[2])


def revocation_set(size):
    """The set of one list, with its member repeated for different authorities."""
    built = folder() / "set.json"
    if not built.exists():
        given = inputs()
        must(tool("dac-pki", "revoke-set", "build", "--points", given / "points.json", "--crl", given / "list.pem", "--paa",
                  given / "paa.pem", "--out", built))  # fmt: skip
    member = json.loads(built.read_text())[0]
    one = json.dumps(member)
    key = member["issuer_subject_key_id"]
    return "[" + ",".join(one.replace(key, f"{i:0{len(key)}X}") for i in range(size // len(one))) + "]"


def manifest(size):
    device = lambda i: {"uuid": f"00000000-0000-4000-8000-{i:012x}", "serial": str(i), "vid": 65521, "pid": 32768, "discriminator": 1,
                        "files": {f"{n}.bin": {"size": 1, "sha256": "00" * 32} for n in range(4)}}  # fmt: skip
    count = size // len(json.dumps(device(0)))
    return json.dumps({"run": "x", "tool_version": "0.1.0", "test": True, "devices": [device(i) for i in range(count)]})


RUN = "matter-mfg -v 0xFFF1 -p 0x8000 --iteration-count 1000 --quiet --pai -k %/pki/PAI_key.pem -c %/pki/PAI_cert.pem -cd %/pki/CD.der"
KEYS = "matter-mfg -v 0xFFF1 -p 0x8000 --iteration-count 1000 --quiet --pai -cd %/pki/CD.der"
many_columns = {"beside": lambda size: {"values": (",".join("k%06d" % i for i in range(size // 16)) + "\n" + ",".join("1" for _ in range(size // 16)) + "\n").encode()}}  # fmt: skip
ROWS = [
    Row("--job, nested arrays", f"{RUN} --job @", lambda size: "[" * size),
    Row("--job, nested objects", f"{RUN} --job @", lambda size: '{"vendor-name":' + '{"a":' * (size // 5)),
    Row("--job, unknown members", f"{RUN} --job @", listed("{", lambda i: f'"k{i:09}":1', "}")),
    Row("--job, locales", f"{RUN} --job @", listed('{"locales":[', lambda i: f'"en-x-{i:07}"', "]}")),
    Row("--job, fixed labels", f"{RUN} --job @", listed('{"fixed-labels":[', lambda i: f'"{i % 60000:05}/a{i:07}/v"', "]}")),
    Row("--job, supported modes", f"{RUN} --job @", listed('{"supported-modes":[', lambda i: f'"{i % 250:03}/a{i:07}/{i // 250:05}"', "]}")),
    Row("--job, one long text", f"{RUN} --job @", lambda size: '{"vendor-name":"' + "a" * size + '"}'),
    Row("--serials, all different", f"{RUN} -n 1 --serials @", lines(lambda i: f"{i:015}", "0" * 99 + "\n")),
    Row("--serials, all the same", f"{RUN} -n 1 --serials @", lines(lambda i: "A")),
    Row("--serials, one line", f"{RUN} -n 1 --serials @", lambda size: "A" * size),
    Row("--serials, quotes", f"{RUN} -n 1 --serials @", lambda size: "serial-num\n" + '""' * (size // 2) + "\n"),
    Row("--serials, an open quote", f"{RUN} -n 1 --serials @", lambda size: 'serial-num,x\n"' + "a\n" * (size // 2)),
    Row("--serials, many columns", f"{RUN} -n 1 --serials @", lambda size: "serial-num" + ",a" * (size // 4) + "\n1" + ",b" * (size // 4) + "\n"),
    Row("--passcodes", f"{RUN} -n 1 --passcodes @", lines(lambda i: f"{i + 100:08}", "12345678\n")),
    Row("--discriminators", f"{RUN} -n 1 --discriminators @", lines(lambda i: f"{i % 4096:04}", "4096\n")),
    Row("--csv, many columns", f"{RUN} --csv @ --mcsv values", lines(lambda i: f"k{i:06},data,u8"), **many_columns),
    Row("--csv, many namespaces", f"{RUN} --csv @ --mcsv %/one.csv", lines(lambda i: f"n{i:06},namespace,\nk{i:06},data,u8")),
    Row("--mcsv, many rows", f"{RUN} --csv %/any.csv --mcsv @", lambda size: "kk\n" + "abcdefgh\n" * (size // 9) + "a,b\n"),
    Row("--mcsv, one cell", f"{RUN} --csv %/any.csv --mcsv @", lambda size: "kk\n" + "a" * size + "\n"),
    Row("--mcsv, many columns", f"{RUN} --csv %/any.csv --mcsv @", lambda size: "kk" + "".join(f",c{i:06}" for i in range(size // 8)) + "\nv\n"),
    Row("-c, certificates again and again", f"{KEYS} -k %/pki/PAI_key.pem -c @", repeated("PAI_cert.pem")),
    Row("-k, keys again and again", f"{KEYS} -k @ -c %/pki/PAI_cert.pem", repeated("PAI_key.pem")),
    Row("-cd, zeros", RUN.replace("%/pki/CD.der", "@"), lambda size: bytes(size)),
    Row("-cd, nested", RUN.replace("%/pki/CD.der", "@"), lambda size: b"\x30\x80" * (size // 2)),
    Row("--dac-dir, certificates in one file", f"{KEYS} -c %/pki/PAI_cert.pem --dac-dir dacs", repeated("PAI_cert.pem"), file="dacs/x.pem"),
    Row("--dac-dir, nested DER", f"{KEYS} -c %/pki/PAI_cert.pem --dac-dir dacs", lambda size: b"\x30\x83" + (size).to_bytes(3, "big") + b"\x30\x80" * (size // 2), file="dacs/x.der"),
    Row("nvs-image generate, many keys", "nvs-image generate @ out.bin 0x2000000", lambda size: "key,type,encoding,value\nn,namespace,,\n" + "".join(f"k{i:06},data,u8,1\n" for i in range(size // 18)), exits=(0, 2)),
    Row("nvs-image generate, many namespaces", "nvs-image generate @ out.bin 0x2000000", lambda size: "key,type,encoding,value\n" + "".join(f"n{i:06},namespace,,\n" for i in range(size // 20))),
    Row("nvs-image generate, one value", "nvs-image generate @ out.bin 0x2000000", lambda size: "key,type,encoding,value\nn,namespace,,\nk,data,base64," + "AAAA" * (size // 4) + "\n"),
    Row("nvs-image generate, JSON", "nvs-image generate @ out.bin 0x2000000", listed("[", lambda i: f'{{"namespace":"n","key":"k{i:06}","type":"u8","value":1}}', "]"), exits=(0, 2)),
    Row("nvs-image generate, nested JSON", "nvs-image generate @ out.bin 0x2000000", lambda size: "[" * size),
    Row("nvs-image dump", "nvs-image dump @ --format json", image),
    Row("nvs-image check", "nvs-image check @", image),
    Row("nvs-image check, zeros", "nvs-image check @", lambda size: bytes(size)),
    Row("nvs-image decrypt", "nvs-image decrypt @ out.bin --keys %/nvs-keys.bin", image),
    Row("nvs-image dump --keys", "nvs-image dump %/secret.bin --keys @", lambda size: bytes(size)),
    Row("secure-cert build, records", "secure-cert build @ out.bin", listed("[", lambda i: f'{{"type":51,"subtype":{i % 100 + 100},"data":""}}', "]")),
    Row("secure-cert build, one record", "secure-cert build @ out.bin", lambda size: '[{"type":51,"subtype":0,"data":"' + "00" * (size // 2) + '"}]'),
    Row("secure-cert check", "secure-cert check @", lambda size: b"\xff" * size),
    Row("secure-cert dump, zeros", "secure-cert dump @ --json", lambda size: bytes(size)),
    Row("secure-cert sign, key", "secure-cert sign %/secure.bin @ out.bin", repeated("PAI_key.pem")),
    Row("spake2p batch", "spake2p batch @ out.csv", lambda size: "index,passcode,iterations,salt\n" + "".join(f"{i},20202021,1000,U1BBS0UyUCBLZXkgU2FsdA==\n" for i in range(size // 46)) + "x,0,0,0\n"),
    Row("dac-pki lint, extensions", "dac-pki lint @", certificate(many_extensions(oid))),
    Row("dac-pki lint, one extension again and again", "dac-pki lint @", certificate(many_extensions(lambda i: oid(1)))),
    Row("dac-pki lint, names", "dac-pki lint @", certificate(many_names)),
    Row("dac-pki lint, a long extension", "dac-pki lint @", certificate(long_extension)),
    Row("dac-pki lint, PEM", "dac-pki lint @", repeated("PAI_cert.pem")),
    Row("dac-pki verify, PAAs", "dac-pki verify --paa @ --pai %/pai.pem --dac %/pai.pem", repeated("PAA_cert.pem")),
    Row("dac-pki csr check", "dac-pki csr check @", lambda size: der(0x30, der(0x30, b"\x02\x01\x00" + der(0x30, b"".join(der(0x31, der(0x30, oid(i) + der(0x0C, b"a"))) for i in range(size // 18)))))),
    Row("dac-pki cd print", "dac-pki cd print @", lambda size: der(0x30, bytes.fromhex("06092a864886f70d010702") + der(0xA0, der(0x30, b"\x02\x01\x03" + b"\x30\x80" * (size // 2))))),
    Row("dac-pki vector", "dac-pki vector @", lambda size: '{"description":"' + "a" * size + '"}'),
    Row("dac-pki revoke-set build, list", "dac-pki revoke-set build --points %/points.json --crl @ --paa %/paa.pem --out set.json", crl),
    Row("dac-pki revoke-set build, points", "dac-pki revoke-set build --points @ --crl %/list.pem --paa %/paa.pem --out set.json", lambda size: "[" + ",".join([(inputs() / "points.json").read_text()[1:-1]] * (size // 1000)) + "]"),
    Row("dac-pki revoke-set check", "dac-pki revoke-set check @", revocation_set),
    Row("dac-pki dac --csv", "dac-pki dac --vid 0xFFF1 --pid 0x8000 --issuer %/pai.pem --issuer-key %/pai-key.pem --out ca --csv @", lambda size: "cn,vid\n" + "".join(f"name {i:09},0xFFF1\n" for i in range(size // 22)) + "last,0x1\n"),
    Row("audit-device, an image", "audit-device @", image, file="x-partition.bin"),
    Row("audit-device, a table of codes", "audit-device @", lambda size: "qrcode,manualcode,discriminator,passcode\n" + "MT:Y.K9042C00KA0648G00,3497-011-2332,3840,20202021\n" * (size // 51), file="x-onb_codes.csv"),
    Row("audit-device, text", "audit-device %/plain.bin @", lambda size: "0123456789abcdef" * (size // 16), file="x.txt"),
    Row("audit-device, a picture", "audit-device @", png, file="x-qrcode.png"),
    Row("audit-device --manifest", "audit-device --manifest @ %/plain.bin", manifest),
    Row("audit-device --ledger, zeros", "audit-device --ledger @", lambda size: bytes(size)),
    Row("audit-device --flash-dump", "audit-device --partition-table %/table.csv --flash-dump @", lambda size: b"\xff" * size),
]
