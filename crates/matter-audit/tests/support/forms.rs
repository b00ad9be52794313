//! A private key in all forms that occur in files.

use matter_attestation::PrivateKey;

/// The expected finding for a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// The key with its owner.
    Key,
    /// A container that could not be opened.
    Container,
}

/// A form: its name, and a key in it.
pub struct Form {
    pub name: &'static str,
    pub found: Found,
    pub write: fn(&PrivateKey) -> Vec<u8>,
}

fn scalar(key: &PrivateKey) -> [u8; 32] {
    *key.expose_scalar()
}

fn reversed(key: &PrivateKey) -> [u8; 32] {
    let mut bytes = scalar(key);
    bytes.reverse();
    bytes
}

/// Reverses the bytes of each word.
fn words(bytes: &[u8], len: usize) -> Vec<u8> {
    bytes.chunks(len).flat_map(|word| word.iter().rev().copied()).collect()
}

fn each(bytes: &[u8], between: &str, write: impl Fn(u8) -> String) -> String {
    bytes.iter().map(|byte| write(*byte)).collect::<Vec<_>>().join(between)
}

fn lower(byte: u8) -> String {
    format!("{byte:02x}")
}

fn hex(bytes: &[u8]) -> String {
    each(bytes, "", lower)
}

/// Wraps text into lines of `width` characters.
fn wrap(text: &str, width: usize, end: &str) -> String {
    let lines = text
        .as_bytes()
        .chunks(width)
        .map(|line| String::from_utf8(line.to_vec()).unwrap() + end);
    lines.collect()
}

/// Formats bytes as a list with `each_line` items per line.
fn list(bytes: &[u8], each_line: usize, write: impl Fn(u8) -> String) -> String {
    let lines = bytes
        .chunks(each_line)
        .map(|line| format!("    {}", each(line, ", ", &write)));
    lines.collect::<Vec<_>>().join(",\n")
}

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub fn base64(bytes: &[u8]) -> String {
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let bits = (0..3).fold(0u32, |bits, at| {
            bits << 8 | u32::from(group.get(at).copied().unwrap_or_default())
        });
        for digit in 0..4 {
            let index = usize::try_from(bits >> (18 - 6 * digit) & 63).unwrap();
            text.push(if digit <= group.len() {
                STANDARD[index].into()
            } else {
                '='
            });
        }
    }
    text
}

fn url(bytes: &[u8]) -> String {
    base64(bytes)
        .replace('+', "-")
        .replace('/', "_")
        .trim_end_matches('=')
        .to_owned()
}

/// Formats a hex dump: address, bytes in groups, and characters.
fn dump(bytes: &[u8], width: usize, group: usize, line: impl Fn(usize, &str, &str) -> String) -> String {
    let lines = bytes.chunks(width).enumerate().map(|(number, bytes)| {
        let groups = bytes.chunks(group).map(hex).collect::<Vec<_>>().join(" ");
        let letters = bytes.iter().map(|byte| {
            if byte.is_ascii_graphic() {
                char::from(*byte)
            } else {
                '.'
            }
        });
        line(number * width, &groups, &letters.collect::<String>())
    });
    lines.collect()
}

fn xxd(bytes: &[u8]) -> String {
    dump(bytes, 16, 2, |at, groups, letters| {
        format!("{at:08x}: {groups:<39}  {letters}\n")
    })
}

fn hexdump(bytes: &[u8]) -> String {
    dump(bytes, 16, 1, |at, groups, letters| {
        let (first, second) = groups.split_at_checked(23).unwrap_or((groups, ""));
        format!("{at:08x}  {first} {second:<25} |{letters}|\n")
    })
}

/// Prepends other bytes, so that no line begins with the first of them.
fn prefixed(bytes: &[u8]) -> Vec<u8> {
    [b"\x00\x01abc", bytes, b"end"].concat()
}

/// Formats bytes as Python does.
fn python(bytes: &[u8]) -> String {
    each(bytes, "", |byte| match byte {
        b'\\' => "\\\\".into(),
        b'\'' => "\\'".into(),
        b' '..=b'~' => char::from(byte).to_string(),
        _ => format!("\\x{byte:02x}"),
    })
}

fn utf16(text: &str, big: bool) -> Vec<u8> {
    let unit = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
    std::iter::once(0xFEFF)
        .chain(text.encode_utf16())
        .flat_map(unit)
        .collect()
}

fn pem(key: &PrivateKey) -> String {
    key.to_pkcs8_pem().unwrap().to_string()
}

fn sec1_pem(key: &PrivateKey) -> String {
    let der = key.to_sec1_der();
    let body = wrap(&base64(&der), 64, "\n");
    format!("-----BEGIN EC PRIVATE KEY-----\n{body}-----END EC PRIVATE KEY-----\n")
}

/// Formats a key as `openssl ec -text` does.
fn openssl(key: &PrivateKey) -> String {
    let bytes = scalar(key);
    let bytes = if bytes[0] < 0x80 {
        bytes.to_vec()
    } else {
        [&[0][..], &bytes].concat()
    };
    let lines = bytes.chunks(15).map(|line| format!("    {}", each(line, ":", lower)));
    format!(
        "Private-Key: (256 bit)\npriv:\n{}\npub:\n    04:8a\n",
        lines.collect::<Vec<_>>().join(":\n")
    )
}

/// Formats a number in decimal.
fn decimal(bytes: &[u8]) -> String {
    let mut digits = vec![0u32];
    for byte in bytes {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            let value = *digit * 256 + carry;
            (*digit, carry) = (value % 10, value / 10);
        }
        while carry > 0 {
            digits.push(carry % 10);
            carry /= 10;
        }
    }
    digits.iter().rev().map(ToString::to_string).collect()
}

macro_rules! forms {
    ($($name:literal, $write:expr;)+) => {
        vec![$(Form { name: $name, found: Found::Key, write: $write }),+]
    };
}

fn binary() -> Vec<Form> {
    forms! {
        "bytes", |key| scalar(key).to_vec();
        "bytes in reverse", |key| reversed(key).to_vec();
        "words of 4 reversed bytes", |key| words(&scalar(key), 4);
        "words of 4 bytes, the last word first", |key| words(&reversed(key), 4);
        "words of 8 reversed bytes", |key| words(&scalar(key), 8);
        "the SDK's 97 bytes", |key| [key.public_key().as_bytes().as_slice(), &scalar(key)].concat();
        "SEC 1 in DER", |key| key.to_sec1_der().to_vec();
        "PKCS#8 in DER", |key| key.to_pkcs8_der().to_vec();
    }
}

fn hexadecimal() -> Vec<Form> {
    forms! {
        "hexadecimal, lower case", |key| hex(&scalar(key)).into();
        "hexadecimal, upper case", |key| hex(&scalar(key)).to_uppercase().into();
        "hexadecimal, mixed case", |key| each(&scalar(key), "", |byte| if byte % 2 == 0 { format!("{byte:02x}") } else { format!("{byte:02X}") }).into();
        "hexadecimal in reverse", |key| hex(&reversed(key)).into();
        "hexadecimal with colons", |key| each(&scalar(key), ":", lower).into();
        "hexadecimal with blanks", |key| each(&scalar(key), " ", lower).into();
        "hexadecimal with dashes", |key| each(&scalar(key), "-", lower).into();
        "hexadecimal with commas, single digits as they are", |key| each(&scalar(key), ",", |byte| format!("{byte:x}")).into();
        "hexadecimal words with underscores", |key| wrap(&hex(&scalar(key)), 8, "_").into();
        "hexadecimal as one number", |key| format!("key = 0x{};", hex(&scalar(key))).into();
        "hexadecimal in lines", |key| wrap(&hex(&scalar(key)), 24, "\n").into();
        "hexadecimal in lines of an odd number of digits", |key| wrap(&hex(&scalar(key)), 13, "\r\n").into();
        "0x list", |key| each(&scalar(key), ", ", |byte| format!("0x{byte:02x}")).into();
        "0x list in C, as xxd -i writes it", |key| {
            format!("unsigned char key[] = {{\n{}\n}};\nunsigned int key_len = 32;\n", list(&scalar(key), 12, |byte| format!("0x{byte:02x}"))).into()
        };
        "0x list without leading zeros and with suffixes", |key| each(&scalar(key), ", ", |byte| format!("0x{byte:X}u")).into();
        "0x list in Java", |key| each(&scalar(key), ", ", |byte| format!("(byte) 0x{byte:02x}")).into();
        "0x words in C", |key| each(&words(&scalar(key), 1), "", lower).as_bytes().chunks(8).map(|word| format!("0x{}, ", String::from_utf8(word.to_vec()).unwrap())).collect::<String>().into();
        "C literal", |key| format!("const char key[] = \"{}\";", each(&scalar(key), "", |byte| format!("\\x{byte:02x}"))).into();
        "C literal in parts", |key| {
            let parts = scalar(key).chunks(8).map(|part| format!("    \"{}\"\n", each(part, "", |byte| format!("\\x{byte:02X}")))).collect::<String>();
            format!("const char *key =\n{parts};\n").into()
        };
        "C literal in octal", |key| format!("\"{}\"", each(&scalar(key), "", |byte| format!("\\{byte:03o}"))).into();
        "Python literal", |key| format!("key = b'{}'\n", python(&scalar(key))).into();
        "Python literal in parts", |key| {
            let parts = scalar(key).chunks(10).map(|part| format!("b'{}'", python(part))).collect::<Vec<_>>();
            format!("key = ({})\n", parts.join("\n       ")).into()
        };
        "JSON escapes", |key| format!("{{\"key\":\"{}\"}}", each(&scalar(key), "", |byte| format!("\\u{byte:04x}"))).into();
        "bytes of an assembler", |key| format!(".byte {}", each(&scalar(key), ",", |byte| format!("${byte:02x}"))).into();
        "bytes with percent signs", |key| each(&scalar(key), "", |byte| format!("%{byte:02X}")).into();
        "hexadecimal in UTF-16, little-endian", |key| utf16(&hex(&scalar(key)), false);
        "hexadecimal in UTF-16, big-endian", |key| utf16(&hex(&scalar(key)), true);
        "openssl ec -text", |key| openssl(key).into();
        "hexadecimal of DER", |key| hex(&key.to_pkcs8_der()).into();
        "decimal list", |key| format!("[{}]", each(&scalar(key), ", ", |byte| byte.to_string())).into();
        "decimal list of signed bytes", |key| each(&scalar(key), ",", |byte| byte.cast_signed().to_string()).into();
        "decimal number", |key| format!("d = {}\n", decimal(&scalar(key))).into();
    }
}

fn dumps() -> Vec<Form> {
    forms! {
        "xxd", |key| xxd(&scalar(key)).into();
        "xxd, after other bytes", |key| xxd(&prefixed(&scalar(key))).into();
        "xxd -g1", |key| dump(&scalar(key), 16, 1, |at, groups, letters| format!("{at:08x}: {groups:<47}  {letters}\n")).into();
        "xxd -e", |key| dump(&words(&scalar(key), 4), 16, 4, |at, groups, letters| format!("{at:08x}: {groups:<35}  {letters}\n")).into();
        "xxd -c 8", |key| dump(&prefixed(&scalar(key)), 8, 2, |at, groups, letters| format!("{at:08x}: {groups:<19}  {letters}\n")).into();
        "xxd -p", |key| wrap(&hex(&prefixed(&scalar(key))), 60, "\n").into();
        "hexdump -C", |key| hexdump(&scalar(key)).into();
        "hexdump -C, after other bytes", |key| hexdump(&prefixed(&scalar(key))).into();
        "hexdump", |key| dump(&words(&scalar(key), 2), 16, 2, |at, groups, _| format!("{at:07x} {groups}\n")).into();
        "od -t x1", |key| dump(&prefixed(&scalar(key)), 16, 1, |at, groups, _| format!("{at:07o} {groups}\n")).into();
        "memory as gdb shows it", |key| dump(&scalar(key), 8, 1, |at, groups, _| format!("0x{:x} <key+{at}>:\t0x{}\n", 0x3ffb_0000 + at, groups.replace(' ', "\t0x"))).into();
        "ESP_LOG_BUFFER_HEX", |key| dump(&scalar(key), 16, 1, |at, groups, _| format!("I ({}) key: {groups}\n", 1200 + at)).into();
    }
}

fn base64_and_pem() -> Vec<Form> {
    forms! {
        "Base64", |key| base64(&scalar(key)).into();
        "Base64 one byte later", |key| base64(&[&b"a"[..], &scalar(key)].concat()).into();
        "Base64 two bytes later", |key| base64(&[&b"ab"[..], &scalar(key)].concat()).into();
        "Base64 for URLs", |key| url(&scalar(key)).into();
        "Base64 for URLs, one byte later", |key| url(&[&b"a"[..], &scalar(key)].concat()).into();
        "Base64 in lines", |key| wrap(&base64(&scalar(key)), 20, "\r\n").into();
        "Base64 in lines that are moved in", |key| wrap(&base64(&scalar(key)), 16, "\n      ").into();
        "Base64 after other digits", |key| format!("key{}", base64(&scalar(key))).into();
        "Base64 of the bytes in reverse", |key| base64(&reversed(key)).into();
        "Base64 of DER", |key| base64(&key.to_pkcs8_der()).into();
        "Base64 in UTF-16, little-endian", |key| utf16(&base64(&scalar(key)), false);
        "Base64 in UTF-16, big-endian", |key| utf16(&base64(&scalar(key)), true);
        "PEM, PKCS#8", |key| pem(key).into();
        "PEM, SEC 1", |key| sec1_pem(key).into();
        "PEM with CRLF", |key| pem(key).replace('\n', "\r\n").into();
        "PEM without its first and last line", |key| pem(key).lines().filter(|line| !line.starts_with('-')).collect::<Vec<_>>().join("\n").into();
        "PEM in JSON", |key| format!("{{\"key\":\"{}\"}}", pem(key).replace('\n', "\\n")).into();
        "PEM in a C literal", |key| pem(key).lines().map(|line| format!("\"{line}\\n\"\n")).collect::<String>().into();
        "PEM in UTF-16, little-endian", |key| utf16(&pem(key), false);
        "PEM in UTF-16, big-endian", |key| utf16(&pem(key), true);
        "PEM, SEC 1, in UTF-16 with CRLF", |key| utf16(&sec1_pem(key).replace('\n', "\r\n"), false);
    }
}

/// Returns containers that cannot be opened, with another key in them.
fn containers() -> Vec<Form> {
    macro_rules! containers {
        ($($name:literal, $bytes:expr;)+) => {
            vec![$(Form { name: $name, found: Found::Container, write: |_| $bytes }),+]
        };
    }
    containers! {
        "encrypted PKCS#8 in PEM", include_bytes!("../data/encrypted_pkcs8.pem").to_vec();
        "encrypted PKCS#8 in PEM in UTF-16", utf16(include_str!("../data/encrypted_pkcs8.pem"), false);
        "encrypted PKCS#8 in DER", include_bytes!("../data/encrypted_pkcs8.der").to_vec();
        "encrypted PKCS#8 of PKCS#12 in DER", include_bytes!("../data/encrypted_pkcs8_3des.der").to_vec();
        "encrypted PKCS#8 in Base64", base64(include_bytes!("../data/encrypted_pkcs8.der")).into();
        "encrypted PKCS#8 in hexadecimal", hex(include_bytes!("../data/encrypted_pkcs8.der")).into();
        "encrypted PEM", include_bytes!("../data/encrypted_sec1.pem").to_vec();
        "RSA PEM", include_bytes!("../data/rsa.pem").to_vec();
        "RSA PKCS#8 in DER", include_bytes!("../data/rsa_pkcs8.der").to_vec();
        "PKCS#12", include_bytes!("../data/key.p12").to_vec();
        "PKCS#12 as it was", include_bytes!("../data/key_legacy.p12").to_vec();
        "PKCS#12 in Base64", base64(include_bytes!("../data/key.p12")).into();
    }
}

/// Returns all forms.
pub fn all() -> Vec<Form> {
    let groups = [binary(), hexadecimal(), dumps(), base64_and_pem(), containers()];
    groups.into_iter().flatten().collect()
}
