//! PEM blocks that are labelled as private keys.

use super::text::Text;
use super::{Arrangement, Finder, Form, What};

const BEGIN: &[u8] = b"-----BEGIN ";
const DASHES: &[u8] = b"-----";
const PRIVATE_KEY: &[u8] = b"PRIVATE KEY";
/// Far above the size of a key.
const MAX_BODY: usize = 8 << 10;
/// Header that OpenSSL writes for keys encrypted without PKCS#8 (RFC 1421, 4.6.1.1).
const ENCRYPTED: &[u8] = b"ENCRYPTED";

/// Searches the blocks. A key in a block is found as Base64.
pub(super) fn search(text: &Text<'_>, finder: &mut Finder<'_, '_>) {
    let mut start = 0;
    while let Some(offset) = position(text.characters, BEGIN, start) {
        let rest = text.characters.get(offset + BEGIN.len()..).unwrap_or_default();
        start = offset + BEGIN.len();
        // A label fits on one line.
        let Some(len) = position(rest.get(..64).unwrap_or(rest), DASHES, 0) else {
            continue;
        };
        let (label, body) = rest.split_at_checked(len).unwrap_or_default();
        if !label.windows(PRIVATE_KEY.len()).any(|part| part == PRIVATE_KEY) {
            continue;
        }
        let body = body.get(DASHES.len()..).unwrap_or_default();
        let body = body.get(..MAX_BODY).unwrap_or(body);
        let end = position(body, DASHES, 0).unwrap_or(body.len());
        let body = body.get(..end).unwrap_or_default();
        start = start + len + DASHES.len() + end;
        let (from, to) = (text.place(offset), text.place(start));
        finder.tell(what(label, body), Form::Pem, Arrangement::PLAIN, from, to);
    }
}

fn what(label: &[u8], body: &[u8]) -> What {
    let head = body.get(..128).unwrap_or(body);
    let is_encrypted = |text: &[u8]| text.windows(ENCRYPTED.len()).any(|part| part == ENCRYPTED);
    match label {
        label if is_encrypted(label) || is_encrypted(head) => What::Container("an encrypted private key"),
        b"PRIVATE KEY" | b"EC PRIVATE KEY" => What::Unreadable,
        b"RSA PRIVATE KEY" => What::Container("a private RSA key"),
        _ => What::Container("a private key of another kind"),
    }
}

fn position(bytes: &[u8], pattern: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let first = pattern.first()?;
    let mut start = 0;
    loop {
        let at = start + rest.get(start..)?.iter().position(|byte| byte == first)?;
        if rest.get(at..)?.starts_with(pattern) {
            return Some(from + at);
        }
        start = at + 1;
    }
}
