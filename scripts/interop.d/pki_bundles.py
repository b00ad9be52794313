"""Chains in PKCS#7 and PKCS#12 written by openssl, instead of single certificates and keys."""

from pki_checks import NOW, expect
from pki_tool import run

PASSWORD = "factory"


def openssl(*options):
    done = run("openssl", *options)
    expect(done.returncode == 0, f"openssl {options[0]}: {done.stderr}")


def check(tool, folder, paa, pai, dac):
    """Verifies the chain in each file of openssl; returns the number of files."""
    chain = folder / "chain.pem"
    chain.write_text("".join(pair.path.read_text() for pair in (dac, pai, paa)))
    password = folder / "password"
    password.write_text(f"{PASSWORD}\n")
    made = {}
    for form in ("PEM", "DER"):
        made[folder / f"chain-{form}.p7b"] = []
        openssl("crl2pkcs7", "-nocrl", "-certfile", chain, "-outform", form, "-out", folder / f"chain-{form}.p7b")
    if dac.key_path:
        for name, options in {
            "today": [], "legacy": ["-legacy"], "certificates": ["-nokeys"], "sha384": ["-macalg", "sha384"],
        }.items():
            path = folder / f"chain-{name}.p12"
            openssl("pkcs12", "-export", "-inkey", dac.key_path, "-in", chain, "-passout", f"pass:{PASSWORD}",
                    *options, "-out", path)
            made[path] = ["--password-file", password]
            if name != "certificates":
                made[path] += ["--dac-key", path]
    for path, options in made.items():
        # A bundle in DER could be a declaration, which is SignedData too.
        tool.call("lint", path, *options[:2], code=2 if path.name == "chain-DER.p7b" else 0)
        tool.call("verify", "--paa", path, "--pai", path, "--dac", path, "--at", NOW, *options)
    for path in made:
        if path.suffix == ".p12":
            tool.call("lint", path, code=2)
    return len(made)
