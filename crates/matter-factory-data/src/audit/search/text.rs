//! Scalars that stand alone in a text.

use matter_attestation::PublicKey;
use zeroize::Zeroizing;

use super::base64;

const HEX_DIGITS: usize = 64;
/// The SDK's 97 octets: the public point, then the scalar.
const HEX_KEYPAIR: usize = 2 * PublicKey::LEN + HEX_DIGITS;

/// The octets of all words that are as long as a scalar: 64 hexadecimal digits, also behind those of a public point, or
/// 43 digits of Base64. Whether they are a key, nobody can see.
pub(in crate::audit) fn lone_scalars(bytes: &[u8]) -> impl Iterator<Item = Zeroizing<[u8; 32]>> + '_ {
    let words = bytes.split(|byte| !byte.is_ascii_hexdigit());
    let words = words.filter(|word| matches!(word.len(), HEX_DIGITS | HEX_KEYPAIR));
    let from_hex = words.filter_map(|word| word.last_chunk().and_then(from_hex));
    let words = bytes.split(|byte| base64::digit(*byte).is_none());
    let words = words.filter(|word| word.len() == base64::SCALAR_DIGITS);
    from_hex.chain(words.filter_map(base64::scalar))
}

fn from_hex(digits: &[u8; HEX_DIGITS]) -> Option<Zeroizing<[u8; 32]>> {
    let mut scalar = Zeroizing::new([0; 32]);
    for (octet, &[high, low]) in scalar.iter_mut().zip(digits.as_chunks::<2>().0) {
        let digit = |digit: u8| u8::try_from(char::from(digit).to_digit(16)?).ok();
        *octet = digit(high)? << 4 | digit(low)?;
    }
    Some(scalar)
}
