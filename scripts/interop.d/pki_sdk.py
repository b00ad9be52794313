"""The Matter SDK's own code, built with BoringSSL: the library in PyPI home-assistant-chip-core.

usage: pki_sdk.py LIBRARY FOLDER
FOLDER has the certificates of the matrix of attestation rules, and the expected results of the two builds of the SDK.
The build with BoringSSL runs here; the chain of the build with OpenSSL is judged by openssl.
"""

import base64
import ctypes
import os
import sys
import warnings
from collections import Counter
from pathlib import Path

from cryptography import x509

from pki_tool import run

# AttestationCertType.
PAI, DAC = 1, 2
KEY_ID = 20
# In the last second of a validity both libraries treat it as expired, unlike RFC 5280 and mbedTLS.
LAST_SECOND = "issuer-not-valid-at-issuance-inside"
# The matrix has only P-256 keys, and no valid signature of a larger one.
LARGER_CURVE = "public-key-curve-broken"


class Error(ctypes.Structure):
    """CHIP_ERROR with the place in the source."""

    _fields_ = [("number", ctypes.c_uint32), ("file", ctypes.c_char_p), ("line", ctypes.c_uint)]


class Span(ctypes.Structure):
    """chip::ByteSpan."""

    _fields_ = [("data", ctypes.c_void_p), ("size", ctypes.c_size_t)]


def span(data):
    buffer = ctypes.create_string_buffer(data, len(data))
    return Span(ctypes.cast(buffer, ctypes.c_void_p), len(data)), buffer


class Sdk:
    def __init__(self, path):
        library, name = ctypes.CDLL(str(path)), "_ZN4chip6Crypto"
        self.functions = {
            "chain": f"{name}24ValidateCertificateChainEPKhmS2_mS2_mRNS0_32CertificateChainValidationResultE",
            "format": f"{name}34VerifyAttestationCertificateFormatERKNS_4SpanIKhEENS0_19AttestationCertTypeE",
            "ids": f"{name}25ExtractVIDPIDFromX509CertERKNS_4SpanIKhEERNS0_21AttestationCertVidPidE",
            "subject key": f"{name}23ExtractSKIDFromX509CertERKNS_4SpanIKhEERNS1_IhEE",
            "authority key": f"{name}23ExtractAKIDFromX509CertERKNS_4SpanIKhEERNS1_IhEE",
            "public key": f"{name}25ExtractPubkeyFromX509CertERKNS_4SpanIKhEERNS0_13P256PublicKeyE",
        }
        self.functions = {what: library[name] for what, name in self.functions.items()}
        for function in self.functions.values():
            function.restype = Error
        self.functions["chain"].argtypes = [ctypes.c_char_p, ctypes.c_size_t] * 3 + [ctypes.c_void_p]

    def holds(self, what, der, argument):
        data, _keep = span(der)
        return self.functions[what](ctypes.byref(data), argument).number == 0

    def accepts_chain(self, paa, pai, dac):
        result = ctypes.create_string_buffer(16)
        return self.functions["chain"](paa, len(paa), pai, len(pai), dac, len(dac), result).number == 0

    def ids(self, der):
        """Whether there is a vendor id and whether there is a product id; None if they cannot be read."""
        found = ctypes.create_string_buffer(64)
        return (found.raw[0] == 1, found.raw[4] == 1) if self.holds("ids", der, found) else None

    def key_id(self, what, der):
        data, buffer = span(bytes(KEY_ID))
        return buffer.raw if self.holds(what, der, ctypes.byref(data)) else None

    def paa_ids(self, paa):
        ids = self.ids(paa)
        return ids is not None and not ids[1]

    def found(self, paa, pai):
        key = self.key_id("subject key", paa)
        return key is not None and key == self.key_id("authority key", pai)

    def has_public_key(self, der):
        # A P256PublicKey has a table of virtual functions and 65 bytes.
        return self.holds("public key", der, ctypes.create_string_buffer(256))

    def result(self, paa, pai, dac):
        """The verifier's result, as far as certificates alone decide it, in the order of its steps."""
        steps = [
            (203, lambda: self.holds("format", pai, PAI)),
            (303, lambda: self.holds("format", dac, DAC)),
            (303, lambda: self.ids(dac) is not None),
            (203, lambda: self.ids(pai) is not None),
            (303, lambda: self.has_public_key(dac)),
            # An unreadable PAA has no key identifier either; the store had it.
            (101, lambda: not self.paa_ids(paa) or self.found(paa, pai)),
            (105, lambda: self.paa_ids(paa)),
            (301, lambda: self.accepts_chain(paa, pai, dac)),
        ]
        return next((number for number, holds in steps if not holds()), 0)

    def result_or_crash(self, *certificates):
        """The same in a process of its own, None if that crashes."""
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(writer, str(self.result(*certificates)).encode())
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader) as pipe:
            answer = pipe.read()
        os.waitpid(child, 0)
        return int(answer) if answer else None


def openssl_accepts(place, dac):
    """Whether openssl accepts the chain at the start of the DAC, in the SDK's mode; None if the DAC has no start."""
    try:
        start = int(x509.load_der_x509_certificate(dac).not_valid_before_utc.timestamp())
    except Exception:  # noqa: BLE001
        return None
    paths = []
    for role in ("paa", "pai", "dac"):
        paths.append(place / f"{role}.pem")
        text = base64.encodebytes((place / f"{role}.der").read_bytes()).decode()
        paths[-1].write_text(f"-----BEGIN CERTIFICATE-----\n{text}-----END CERTIFICATE-----\n")
    return run("openssl", "verify", "-x509_strict", "-attime", start, "-no-CApath", "-no-CAstore", "-CAfile", paths[0],
               "-untrusted", *paths[1:]).returncode == 0


def main():
    # Serial numbers that are not positive are among the cases.
    warnings.simplefilter("ignore")
    sdk, same, by_openssl, others, crashes, wrong = Sdk(sys.argv[1]), Counter(), Counter(), 0, [], []
    for place in sorted(Path(sys.argv[2]).iterdir()):
        openssl, boringssl = map(int, (place / "results").read_text().split())
        certificates = [(place / f"{role}.der").read_bytes() for role in ("paa", "pai", "dac")]
        if not all(certificates) or place.name.endswith((LAST_SECOND, LARGER_CURVE)):
            others += 1
            continue
        found = sdk.result_or_crash(*certificates)
        if found is None:
            crashes.append(place.name)
        elif found == boringssl:
            same[boringssl] += 1
        elif boringssl in (0, 105, 203, 301, 303) or found:
            wrong.append(f"{place.name}: the SDK built with BoringSSL returns {found}, the rules expect {boringssl}")
        else:
            # Another step of the verifier, about the declaration or the answer.
            others += 1
        if openssl in (0, 301) and found in (0, 301):
            accepts = openssl_accepts(place, certificates[2])
            if accepts == (openssl == 0):
                by_openssl[openssl] += 1
            elif accepts is not None:
                wrong.append(f"{place.name}: openssl {'accepts' if accepts else 'refuses'} the chain, the rules expect {openssl}")
    for line in wrong:
        print(line)
    if crashes:
        print(f"pki sdk: the SDK itself crashes on {len(crashes)}: {', '.join(crashes)}")
    results = ", ".join(f"{number}: {count}" for number, count in sorted(same.items()))
    print(
        f"pki sdk: {same.total()} chains of the matrix as the SDK built with BoringSSL has them ({results}) and"
        f" {by_openssl.total()} as openssl has them (0: {by_openssl[0]}, 301: {by_openssl[301]}), {others} decided by other"
        f" steps, {len(wrong)} mismatches"
    )
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
