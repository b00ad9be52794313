//! Finding and decoding PEM blocks (RFC 7468).

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use der::pem::{Decoder, LineEnding};
use zeroize::Zeroizing;

use crate::Error;

const BEGIN: &[u8] = b"-----BEGIN ";
const DASHES: &[u8] = b"-----";

/// One PEM block in a text.
pub(crate) struct Block<'a> {
    pub(crate) label: &'a [u8],
    /// The block with both of its boundary lines.
    text: &'a [u8],
}

impl Block<'_> {
    /// Decodes the bytes between the boundary lines.
    pub(crate) fn decode(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        let mut decoder = Decoder::new_detect_wrap(self.text).map_err(|_| Error::PemMalformed)?;
        let mut bytes = Zeroizing::new(vec![0; decoder.remaining_len()]);
        let len = decoder.decode(&mut bytes).map_err(|_| Error::PemMalformed)?.len();
        if len != bytes.len() || !decoder.is_finished() {
            return Err(Error::PemMalformed);
        }
        Ok(bytes)
    }

    /// The error of a block with another label. Labels that no tool writes are not in it, because they may have
    /// control characters.
    pub(crate) fn unexpected(&self, expected: &'static str) -> Error {
        let label = core::str::from_utf8(self.label).ok();
        let is_plain = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
        let found = label.filter(|label| (1..=64).contains(&label.len()) && label.bytes().all(is_plain));
        Error::PemLabel {
            expected,
            found: found.map(String::from),
        }
    }

    /// Whether the block has OpenSSL's header for an encrypted key, which RFC 7468 does not define.
    pub(crate) fn has_encryption_header(&self) -> bool {
        find(self.text, b"Proc-Type:").is_some() && find(self.text, b"ENCRYPTED").is_some()
    }
}

/// Returns the blocks of a text in order; text between them is ignored.
pub(crate) fn blocks(text: &[u8]) -> Result<Vec<Block<'_>>, Error> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some(start) = find(rest, BEGIN) {
        let (_, block) = split(rest, start)?;
        let (_, label) = split(block, BEGIN.len())?;
        let (label, _) = split(label, find(label, DASHES).ok_or(Error::PemMalformed)?)?;
        let mut end_line = Vec::from(b"-----END ");
        end_line.extend_from_slice(label);
        end_line.extend_from_slice(DASHES);
        let end = find(block, &end_line).ok_or(Error::PemMalformed)?;
        let (text, after) = split(block, end + end_line.len())?;
        blocks.push(Block { label, text });
        rest = after;
    }
    Ok(blocks)
}

/// Whether the input is text with a PEM block and not DER, which starts with a SEQUENCE.
pub(crate) fn is_pem(input: &[u8]) -> bool {
    input.first() != Some(&0x30) && find(input, BEGIN).is_some()
}

/// Returns DER input, or the content of the only PEM block, which must have one of the labels.
pub(crate) fn to_der<'a>(input: &'a [u8], labels: &[&'static str]) -> Result<Cow<'a, [u8]>, Error> {
    if is_pem(input) {
        only_block(input, labels).map(Cow::Owned)
    } else {
        Ok(Cow::Borrowed(input))
    }
}

/// Returns the content of the only PEM block, which must have one of the labels; the first is that of new files.
pub(crate) fn only_block(text: &[u8], labels: &[&'static str]) -> Result<Vec<u8>, Error> {
    match blocks(text)?.as_slice() {
        [block] if labels.iter().any(|label| label.as_bytes() == block.label) => Ok(block.decode()?.to_vec()),
        [block] => Err(block.unexpected(labels.first().copied().unwrap_or_default())),
        _ => Err(Error::PemMalformed),
    }
}

pub(crate) fn encode(label: &str, der: &[u8]) -> Result<String, Error> {
    der::pem::encode_string(label, LineEnding::LF, der).map_err(|_| Error::EncodingFailed)
}

fn split(text: &[u8], at: usize) -> Result<(&[u8], &[u8]), Error> {
    text.split_at_checked(at).ok_or(Error::PemMalformed)
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}
