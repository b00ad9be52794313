from collections.abc import Callable, Iterable, Sequence
from os import PathLike
from pathlib import Path
from typing import Literal, TypedDict, TypeVar, final, overload

__all__ = [
    "AuditReport",
    "AuditedDevice",
    "Entry",
    "Error",
    "Expected",
    "Finding",
    "Keys",
    "ManualPayload",
    "SetupPayload",
    "audit_device",
    "audit_paths",
    "check",
    "decode",
    "decrypt",
    "encode",
    "encode_csv",
    "encrypt",
    "get_value",
    "parse_code",
    "recover",
    "remove_value",
    "run_command",
    "set_value",
    "to_csv",
    "to_json",
    "verifier",
    "verifiers",
]

_T = TypeVar("_T")
_Bytes = bytes | bytearray
_Path = str | PathLike[str]
_Severity = Literal["error", "warning", "note"]
_Type = Literal["u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64", "float", "double", "string", "blob"]
_Value = int | float | str | bytes
_NewValue = int | float | str | bytes | bytearray | Sequence[int]
_NewEntry = Entry | tuple[str, str, str, _NewValue]

class _FindingMembers(TypedDict):
    id: str
    severity: _Severity
    text: str

class _FindingDict(_FindingMembers, total=False):
    offset: int
    object: str
    sdk_code: int
    remedy: str

class Error(ValueError):
    """The error of all functions. Its text is one sentence without secrets."""

@final
class Entry:
    """A key with its namespace, its type and its value."""

    def __new__(cls, namespace: str, key: str, type: _Type, value: _NewValue) -> Entry: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    __hash__: None  # type: ignore[assignment]
    @property
    def namespace(self) -> str:
        """The namespace."""
    @property
    def key(self) -> str:
        """The key in the namespace."""
    @property
    def type(self) -> _Type:
        """"u8", "i8" to "u64", "i64", "float", "double", "string" or "blob"."""
    @property
    def value(self) -> _Value:
        """The value: int, float, str or bytes."""

@final
class Finding:
    """A result of a check or an audit."""

    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    __hash__: None  # type: ignore[assignment]
    @property
    def id(self) -> str:
        """The stable name of the check."""
    @property
    def severity(self) -> _Severity:
        """"error", "warning" or "note"."""
    @property
    def text(self) -> str:
        """One sentence without secrets."""
    @property
    def offset(self) -> int | None:
        """The byte offset in the image, for a finding of check and recover."""
    @property
    def object(self) -> str | None:
        """The audited object, for a finding of an audit."""
    @property
    def sdk_code(self) -> int | None:
        """The number of the Matter SDK's result, if a commissioner ends with one."""
    @property
    def remedy(self) -> str | None:
        """The remedy, if there is one."""
    def as_dict(self) -> _FindingDict:
        """Returns the members that are not None, like the JSON of the command line tools."""

@final
class Keys:
    """The two AES-256 keys of an encrypted partition."""

    @staticmethod
    def generate() -> Keys:
        """Generates keys with the operating system's random numbers."""
    @staticmethod
    def from_partition(partition: _Bytes) -> Keys:
        """Reads a key partition: the keys, their checksum, and ignored bytes after it."""
    @staticmethod
    def from_hmac_key(key: _Bytes) -> Keys:
        """Derives the keys from the 32-byte HMAC key in the device's eFuses."""
    def partition(self) -> bytes:
        """Returns the key partition of 4096 bytes, which is secret."""

@final
class SetupPayload:
    """The content of a QR code."""

    def __new__(
        cls,
        *,
        passcode: int,
        discriminator: int,
        vendor_id: int | None = None,
        product_id: int | None = None,
        flow: int = 0,
        discovery: int = 2,
        serial_number: str | None = None,
    ) -> SetupPayload: ...
    @staticmethod
    def from_qr(text: str) -> SetupPayload:
        """Parses the text of a QR code strictly."""
    def qr_text(self) -> str:
        """Returns the text of the QR code, which contains the passcode."""
    def manual_code(self, *, grouped: bool = False) -> str:
        """Returns the manual pairing code, which contains the passcode, with dashes if `grouped`."""
    @property
    def passcode(self) -> int:
        """The passcode, a secret."""
    @property
    def discriminator(self) -> int:
        """The discriminator, 12 bits."""
    @property
    def vendor_id(self) -> int | None:
        """The vendor id, if the code has one."""
    @property
    def product_id(self) -> int | None:
        """The product id, if the code has one."""
    @property
    def flow(self) -> int:
        """The commissioning flow: 0 standard, 1 user intent, 2 custom."""
    @property
    def discovery(self) -> int:
        """The discovery capabilities, a sum of 2 (BLE), 4 (on network), 8 (Wi-Fi PAF), 16 (NFC) and 32 (Thread)."""
    @property
    def serial_number(self) -> str | None:
        """The serial number, if the code has one."""

@final
class ManualPayload:
    """The content of a manual pairing code, a subset of the QR code."""

    @staticmethod
    def from_code(text: str) -> ManualPayload:
        """Parses 11 or 21 digits strictly, with or without dashes."""
    @property
    def passcode(self) -> int:
        """The passcode, a secret."""
    @property
    def short_discriminator(self) -> int:
        """The top four bits of the discriminator."""
    @property
    def vendor_id(self) -> int | None:
        """The vendor id, if the code has one."""
    @property
    def product_id(self) -> int | None:
        """The product id, if the code has one."""

@final
class Expected:
    """The expected properties of devices, and the trusted PAAs. Properties that are not given are not compared."""

    def __new__(
        cls,
        *,
        vendor_id: int | None = None,
        product_id: int | None = None,
        paas: Sequence[_Bytes] | None = None,
        declaration: _Bytes | None = None,
        flow: int | None = None,
        at: int | None = None,
        for_tests: bool = False,
        dynamic_passcode: bool = False,
        attestation: bool = True,
    ) -> Expected: ...

@final
class AuditReport:
    """The result of an audit."""

    @property
    def devices(self) -> list[AuditedDevice]:
        """The devices, in the order of their paths."""
    @property
    def batch(self) -> list[Finding]:
        """Findings about several devices, or about a missing device."""
    def is_clean(self, severity: _Severity = "error") -> bool:
        """Returns whether there are no findings of this severity or a higher one."""

@final
class AuditedDevice:
    """The findings about one device."""

    @property
    def path(self) -> Path:
        """The folder or file of the device."""
    @property
    def uuid(self) -> str | None:
        """The UUID of the device, if its folder or its certificate has one."""
    @property
    def findings(self) -> list[Finding]:
        """The findings."""
    def is_clean(self, severity: _Severity = "error") -> bool:
        """Returns whether there are no findings of this severity or a higher one."""

def encode(entries: Iterable[_NewEntry], size: int, *, version: int = 2) -> bytes:
    """Encodes entries into an image identical to the reference generator's."""

def encode_csv(
    text: str,
    size: int,
    *,
    version: int = 2,
    compat: bool = False,
    load: Callable[[str], _Bytes] | None = None,
    name: str = "csv",
) -> bytes:
    """Encodes CSV text in the reference generator's format. Rows of type `file` need `load`, which reads the file."""

def decode(image: _Bytes, *, keys: Keys | None = None) -> list[Entry]:
    """Decodes all entries of an image; any damage is an error."""

def recover(image: _Bytes, *, keys: Keys | None = None) -> tuple[list[Entry], list[Finding]]:
    """Decodes the readable entries; returns them and the damage."""

def check(image: _Bytes, *, keys: Keys | None = None) -> list[Finding]:
    """Returns findings about parts of an image that the firmware rejects, erases, drops or misreads."""

def to_json(image: _Bytes, *, keys: Keys | None = None) -> str:
    """Returns the entries of an image as JSON, like the command `dump`."""

def to_csv(image: _Bytes, *, keys: Keys | None = None) -> str:
    """Returns the entries of an image as CSV text for `encode_csv` and the reference generator."""

def encrypt(image: _Bytes, keys: Keys) -> bytes:
    """Encrypts a whole image as the firmware does."""

def decrypt(image: _Bytes, keys: Keys) -> bytes:
    """Decrypts a whole image: the inverse of `encrypt`."""

@overload
def get_value(image: _Bytes, namespace: str, key: str, default: None = None, *, keys: Keys | None = None) -> _Value | None: ...
@overload
def get_value(image: _Bytes, namespace: str, key: str, default: _T, *, keys: Keys | None = None) -> _Value | _T: ...
def set_value(
    image: _Bytes, namespace: str, key: str, type: _Type, value: _NewValue, *, keys: Keys | None = None
) -> bytes:
    """Returns the image with the value set as the firmware does: the value is appended, and the old one marked as erased."""

def remove_value(image: _Bytes, namespace: str, key: str, *, keys: Keys | None = None) -> bytes:
    """Returns the image without the key, which need not exist. Its namespace remains."""

def parse_code(text: str) -> SetupPayload | ManualPayload:
    """Parses either code strictly."""

def verifier(passcode: int, salt: _Bytes, iterations: int) -> bytes:
    """Derives the verifier of a passcode, 97 bytes: w0 and L."""

def verifiers(devices: Iterable[tuple[int, _Bytes]], iterations: int) -> list[bytes]:
    """Derives the verifiers of many passcodes with their salts, several at a time and without the interpreter's lock."""

def audit_device(
    *,
    nvs: _Bytes | None = None,
    nvs_keys: Keys | None = None,
    secure_cert: _Bytes | None = None,
    qr: str | None = None,
    manual: str | None = None,
    expected: Expected | None = None,
    recompute: bool = True,
) -> list[Finding]:
    """Audits one device from bytes: integrity of the images, every value that the firmware reads, label, attestation and
    secrets.
    """

def audit_paths(
    paths: Sequence[_Path],
    *,
    keys: _Path | None = None,
    manifest: _Path | None = None,
    ledger: _Path | None = None,
    expected: Expected | None = None,
    recompute: Literal["all", "sample", "none"] = "all",
) -> AuditReport:
    """Audits devices on disk: device folders, folders of device folders, single files."""

def run_command(arguments: Sequence[str]) -> int:
    """Runs the command line, whose first argument is the program name, and returns the exit code."""
