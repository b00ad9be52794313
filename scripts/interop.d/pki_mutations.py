"""Certificates with one change: those that our strict check accepts are read by openssl and Python's cryptography."""

import calendar

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pki_checks import expect
from pki_der import Node, length, parse
from pki_tool import run

def edit(rng, root):
    """Changes one random value, and returns a description."""
    nodes = list(root.walk())
    at = rng.randrange(len(nodes))
    chosen = nodes[at]
    leaves = [other for other in nodes if other.children is None]
    parents = [other for other in nodes if other.children]
    kind = rng.choice(["tag", "length", "delete", "duplicate", "swap", "bits", "bytes", "grow", "shrink", "insert"])
    if kind == "tag":
        chosen.tag = rng.choice([chosen.tag ^ (1 << rng.randrange(8)), 0x13, 0x0C, 0x16, 0x17, 0x18, 0x30, 0x31])
    elif kind == "length":
        chosen.length = rng.choice([
            lambda size: length(size + 1),
            lambda size: length(max(size - 1, 0)),
            lambda size: b"\x81" + bytes([size % 256]),
            lambda size: b"\x82" + size.to_bytes(2, "big"),
            lambda size: b"\x80",
        ])
    elif kind in ("delete", "duplicate", "swap", "insert"):
        parent = rng.choice(parents)
        place = rng.randrange(len(parent.children))
        if kind == "delete":
            del parent.children[place]
        elif kind == "duplicate":
            parent.children.insert(place, parent.children[place])
        elif kind == "swap":
            other = rng.randrange(len(parent.children))
            parent.children[place], parent.children[other] = parent.children[other], parent.children[place]
        else:
            strange = [Node(5), Node(1, b"\xff"), Node(2, b"\x01"), Node(0x30, children=[]), Node(0x80, b"x")]
            parent.children.insert(place, rng.choice(strange))
    else:
        leaf = rng.choice(leaves)
        content = bytearray(leaf.content)
        if kind == "bits" and content:
            content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
        elif kind == "bytes" and content:
            content[rng.randrange(len(content))] = rng.choice(b"\0\x01\x7f\x80\xffaZ09")
        elif kind == "shrink":
            del content[rng.randrange(len(content) + 1) :]
        else:
            content.insert(rng.randrange(len(content) + 1), rng.choice(b"\0\x01\x7f\x80\xffaZ09"))
        leaf.content = bytes(content)
    return kind


def mutate(rng, der, signer):
    """Changes the certificate, and usually signs it again, so that the signature is not its fault."""
    if rng.random() < 0.2:
        data = bytearray(der)
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        return "flip", bytes(data)
    (root,) = parse(der)
    what = edit(rng, root.children[0] if rng.random() < 0.85 else root)
    signature = signer.sign(root.children[0].encode(), ec.ECDSA(hashes.SHA256())) if root.children else b""
    if len(root.children) == 3 and rng.random() < 0.9:
        root.children[2] = Node(3, b"\0" + signature)
    return what, root.encode()


def read_by_python(der):
    made = x509.load_der_x509_certificate(der)
    made.public_key()
    list(made.extensions)
    parts = (made.version, made.serial_number, made.signature_hash_algorithm, made.signature_algorithm_parameters)
    names = (made.subject.rfc4514_string(), made.issuer.rfc4514_string())
    moments = (made.not_valid_before_utc, made.not_valid_after_utc)
    expect(all(part is not None for part in (*parts, *names)), "a part is missing")
    expect(calendar.timegm(moments[0].timetuple()) <= calendar.timegm(moments[1].timetuple()), "validity reversed")


def read_by_openssl(path):
    done = run("openssl", "x509", "-inform", "der", "-in", path, "-noout", "-text", "-pubkey")
    # It writes unreadable extensions as a dump, or reports them.
    bad = [line for line in done.stdout.splitlines() if "<Not Supported>" in line or "Unable to load" in line]
    expect(done.returncode == 0 and not bad, f"openssl x509: {bad} {done.stderr}")


def check(tool, folder, rng, chains, count):
    folder = folder / "mutated"
    folder.mkdir()
    accepted, wrong, number = 0, [], 0
    while number < count:
        chain = rng.choice(chains)
        signer, pair = rng.choice([(chain.paa, chain.paa), (chain.paa, chain.pai), (chain.pai, chain.dac)])
        der = pair.certificate.public_bytes(serialization.Encoding.DER)
        what, data = mutate(rng, der, signer.key)
        if data == der:
            continue
        path = folder / f"{number:03}-{what}.der"
        path.write_bytes(data)
        number += 1
        done = run(tool.binary, "lint", path, "--profile", "strict")
        if done.returncode not in (0, 1, 2):
            wrong.append(f"dac-pki lint {path}: exit code {done.returncode} {done.stderr}")
        if done.returncode == 0:
            accepted += 1
            try:
                read_by_openssl(path)
                read_by_python(data)
            except Exception as error:  # noqa: BLE001
                wrong.append(f"{path}: {error}")
    expect(not wrong, "; ".join(wrong))
    # Names, dates and serial numbers may have other valid values, so some of these are correct.
    expect(accepted >= count // 20, f"only {accepted} of {count} mutated certificates are accepted")
    return f"{count} mutated certificates, {accepted} accepted by all"
