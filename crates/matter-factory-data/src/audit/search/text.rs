//! Scalars that stand alone in a text.

use alloc::vec::Vec;

use matter_attestation::PublicKey;
use zeroize::Zeroizing;

use super::base64;

const HEX_DIGITS: usize = 64;
/// Between the digits of a scalar nobody writes more than this.
const MAX_SPLIT: usize = 4 * HEX_DIGITS;
/// The SDK's 97 octets: the public point, then the scalar.
const HEX_KEYPAIR: usize = 2 * PublicKey::LEN + HEX_DIGITS;

/// The octets of all words that are as long as a scalar: 64 hexadecimal digits, also behind those of a public point, or
/// 43 digits of Base64. Whether they are a key, nobody can see.
pub(in crate::audit) fn lone_scalars(bytes: &[u8]) -> impl Iterator<Item = Zeroizing<[u8; 32]>> + '_ {
    let words = bytes.split(|byte| !byte.is_ascii_hexdigit());
    let words = words.filter(|word| matches!(word.len(), HEX_DIGITS | HEX_KEYPAIR));
    let in_words = words.filter_map(|word| word.last_chunk().and_then(from_hex));
    // As `openssl ec -text` and `xxd -p` write them: in pairs, in lines, with the octet 00 of a sign in front.
    let is_part = |byte: &u8| byte.is_ascii_hexdigit() || *byte == b':' || byte.is_ascii_whitespace();
    let parts = bytes.split(move |byte| !is_part(byte));
    let is_word = |part: &[u8]| part.trim_ascii().iter().all(u8::is_ascii_hexdigit);
    let parts = parts.filter(move |part| (HEX_DIGITS..MAX_SPLIT).contains(&part.len()) && !is_word(part));
    let in_parts = parts.filter_map(|part| {
        let mut digits = Zeroizing::new(Vec::with_capacity(part.len()));
        digits.extend(part.iter().copied().filter(u8::is_ascii_hexdigit));
        let signed = digits.strip_prefix(b"00").filter(|rest| rest.len() == HEX_DIGITS);
        from_hex(signed.unwrap_or(&digits).try_into().ok()?)
    });
    let in_hex = in_words.chain(in_parts);
    let words = bytes.split(|byte| base64::digit(*byte).is_none());
    let words = words.filter(|word| word.len() == base64::SCALAR_DIGITS);
    in_hex.chain(words.filter_map(base64::scalar))
}

fn from_hex(digits: &[u8; HEX_DIGITS]) -> Option<Zeroizing<[u8; 32]>> {
    let mut scalar = Zeroizing::new([0; 32]);
    for (octet, &[high, low]) in scalar.iter_mut().zip(digits.as_chunks::<2>().0) {
        let digit = |digit: u8| u8::try_from(char::from(digit).to_digit(16)?).ok();
        *octet = digit(high)? << 4 | digit(low)?;
    }
    Some(scalar)
}
