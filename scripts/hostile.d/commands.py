"""Every command of the small tools that writes a file, on prepared inputs: its inputs, its outputs, and which inputs are keys.

In the words `<name` is an input, `<!name` one that is a key, `>name` an output file, `>/name` an output folder, and `=name`
a file that is changed in place.
"""

import json
import shutil
import subprocess

from common import folder, must, tool

PASSCODE, SALT = "20202021", "U1BBS0UyUCBLZXkgU2FsdA=="
QR = "MT:Y.K9042C00KA0648G00"
CHAIN = "--vid 0xFFF1 --pid 0x8000 --issuer <pai.pem --issuer-key <!pai-key.pem"
DECLARATION = "--vid 0xFFF1 --pid 0x8000 --device-type 22 --certificate-id CSA00000SWC00000-00 --type 0"
TEXTS = [
    "nvs-image generate <values.csv >image.bin 0x3000",
    "nvs-image generate <values.csv >image.bin 0x3000 --keygen --keyfile >keys.bin",
    "nvs-image generate <values.csv >image.bin 0x3000 --keys <!nvs-keys.bin",
    "nvs-image generate <values.csv >image.bin 0x3000 --hmac-key <!hmac.bin --keyfile >keys.bin",
    "nvs-image encrypt <plain.bin >image.bin --keys <!nvs-keys.bin",
    "nvs-image decrypt <secret.bin >image.bin --keys <!nvs-keys.bin",
    "nvs-image keygen >keys.bin",
    "nvs-image keygen >keys.bin --hmac-key <!hmac.bin",
    "nvs-image set =plain.bin n other u16 513",
    "nvs-image remove =plain.bin n text",
    "secure-cert build <spec.json >records.bin",
    "secure-cert append <secure.bin <more.json >records.bin",
    "secure-cert sign <secure.bin <!signer.pem >records.bin",
    "ota-image create -v 0xFFF1 -p 0x8000 -vn 2 -vs 1.0 <payload.bin >image.ota",
    "ota-image change-header -vn 3 <plain.ota >image.ota",
    "ota-image extract <plain.ota >payload.out",
    "ota-image encrypt <payload.bin >payload.enc --key <device.pub",
    "ota-image decrypt <device.enc >payload.out --key <!signer.pem",
    f"setup-code encode --passcode {PASSCODE} --discriminator 3840 --png >code.png --svg >code.svg --label >label.svg",
    f"setup-code draw {QR} --png >code.png --svg >code.svg",
    f"setup-code ndef {QR} >tag.bin",
    "spake2p batch <batch.csv >verifiers.csv",
    "dac-pki paa --cn PAA --out >/ca",
    "dac-pki pai --cn PAI --vid 0xFFF1 --issuer <paa.pem --issuer-key <!paa-key.pem --out >/ca",
    f"dac-pki dac --cn DAC {CHAIN} --out >/ca",
    f"dac-pki dac {CHAIN} --csv <names.csv --out >/ca",
    f"dac-pki cd make {DECLARATION} --test-key --out >CD.der",
    f"dac-pki cd make {DECLARATION} --key <!signer.pem --cert <signer-cert.pem --out >CD.der",
    "dac-pki revoke-set build --points <points.json --crl <list.pem --paa <paa.pem --out >set.json",
]
# Files that the commands make in an output folder.
MADE = {
    "paa": ["PAA_cert.pem", "PAA_cert.der", "PAA_key.pem"],
    "pai": ["PAI_cert.pem", "PAI_cert.der", "PAI_key.pem"],
    "dac": ["DAC_cert.pem", "DAC_cert.der", "DAC_key.pem"],
    "dac --csv": [f"DAC_000{row}_{end}" for row in (1, 2) for end in ("cert.pem", "cert.der", "key.pem")],
}


class Command:
    def __init__(self, text):
        words = text.split()
        self.tool, self.words = words[0], words[1:]
        self.name = " ".join([words[0], *[w for w in words[1:3] if w.isalpha() or "-" in w and not w.startswith("-")][:2]])
        extra = [word for word in words if word in ("--keygen", "--keys", "--hmac-key", "--csv", "--key")]
        self.name += f" {extra[0]}" if extra else ""
        pick = lambda mark, avoid="": [w[len(mark):] for w in self.words if w.startswith(mark) and not (avoid and w.startswith(avoid))]
        self.keys = pick("<!")
        self.inputs = pick("<", "<!") + self.keys + pick("=")
        self.in_place = pick("=")
        self.files = pick(">", ">/")
        self.folders = pick(">/")

    def outputs(self):
        """Every file that is written, relative to the folder of outputs."""
        made = MADE.get("dac --csv" if "--csv" in self.words else self.words[0], [])
        return self.files + self.in_place + [f"{name}/{file}" for name in self.folders for file in made]

    def line(self, inputs, outputs, *more):
        """The command with inputs from one folder and outputs in another; both may be replaced by a dictionary of names."""
        place = lambda where, name: where[name] if isinstance(where, dict) else where / name
        words = []
        for word in self.words:
            if word.startswith("<"):
                word = place(inputs, word.lstrip("<!"))
            elif word.startswith((">", "=")):
                word = place(outputs, word.lstrip(">/="))
            words.append(word)
        return tool(self.tool, *words, *more)

    def prepare(self, outputs):
        """Copies the files that are changed in place."""
        for name in self.in_place:
            shutil.copy(inputs() / name, outputs / name)


def all_commands():
    return [Command(text) for text in TEXTS]


def inputs():
    """The folder of inputs, made once."""
    path = folder() / "inputs"
    if path.exists():
        return path
    path.mkdir()
    text = lambda name, content: (path / name).write_text(content)
    text("values.csv", "key,type,encoding,value\nn,namespace,,\nk,data,u8,1\ntext,data,string,word\n")
    text("spec.json", json.dumps([{"type": 201, "subtype": 0, "data": "000F"}, {"type": 9}]))
    text("more.json", json.dumps([{"type": 51, "subtype": 0, "data": "00"}]))
    text("batch.csv", f"index,passcode,iterations,salt\n0,{PASSCODE},1000,{SALT}\n")
    text("names.csv", "cn\nrow1\nrow2\n")
    (path / "hmac.bin").write_bytes(bytes(range(32)))
    must(tool("nvs-image", "generate", path / "values.csv", path / "plain.bin", "0x3000"))
    must(tool("nvs-image", "keygen", path / "nvs-keys.bin"))
    must(tool("nvs-image", "encrypt", path / "plain.bin", path / "secret.bin", "--keys", path / "nvs-keys.bin"))
    must(tool("secure-cert", "build", path / "spec.json", path / "secure.bin"))
    (path / "payload.bin").write_bytes(bytes(range(256)) * 20)
    ids = ["-v", "0xFFF1", "-p", "0x8000", "-vn", "2", "-vs", "1.0"]
    must(tool("ota-image", "create", *ids, path / "payload.bin", path / "plain.ota"))
    authorities(path)
    for file in path.iterdir():
        file.chmod(0o600)
    return path


def authorities(path):
    """PAA, PAI, their keys; a signer of declarations; a revocation list of the PAI by openssl, and its address."""
    ca = path / "ca"
    must(tool("dac-pki", "paa", "--cn", "PAA", "--vid", "0xFFF1", "--out", ca))
    issuer = ["--issuer", ca / "PAA_cert.pem", "--issuer-key", ca / "PAA_key.pem"]
    must(tool("dac-pki", "pai", "--cn", "PAI", "--vid", "0xFFF1", *issuer, "--out", ca))
    for name in ("paa", "pai"):
        shutil.move(ca / f"{name.upper()}_cert.pem", path / f"{name}.pem")
        shutil.move(ca / f"{name.upper()}_key.pem", path / f"{name}-key.pem")
    shutil.rmtree(ca)
    run = lambda *words: subprocess.run(["openssl", *words], cwd=path, check=True, capture_output=True, text=True)
    run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=CD signer", "-days",
        "3650", "-keyout", "signer.pem", "-out", "signer-cert.pem")  # fmt: skip
    run("pkey", "-in", "signer.pem", "-pubout", "-out", "device.pub")
    must(tool("ota-image", "encrypt", path / "payload.bin", path / "device.enc", "--key", path / "device.pub"))
    settings = path / "openssl.cnf"
    settings.write_text("[ca]\ndefault_ca=d\n[d]\ndatabase=index\ncrlnumber=number\ndefault_md=sha256\ndefault_crl_days=365\n"
                        "crl_extensions=e\n[e]\nauthorityKeyIdentifier=keyid\n")  # fmt: skip
    (path / "index").write_text("")
    (path / "number").write_text("01\n")
    run("ca", "-config", settings, "-gencrl", "-cert", "pai.pem", "-keyfile", "pai-key.pem", "-out", "list.pem")
    for name in ("index", "index.old", "number", "number.old", "openssl.cnf"):
        (path / name).unlink(missing_ok=True)
    about = run("x509", "-in", "pai.pem", "-noout", "-ext", "subjectKeyIdentifier").stdout.splitlines()[-1]
    point = {"vid": 0xFFF1, "pid": 0, "isPAA": False, "label": "list", "crlSignerCertificate": (path / "pai.pem").read_text(),
             "crlSignerDelegator": "", "issuerSubjectKeyID": about.strip().replace(":", ""), "revocationType": 1,
             "dataURL": "https://example.com/list.crl", "schemaVersion": 0}  # fmt: skip
    (path / "points.json").write_text(json.dumps([point]))
