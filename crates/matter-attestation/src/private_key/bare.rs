//! Keys without any DER around them: 32 octets, the 97 octets of the Matter SDK, and both as hexadecimal digits.

use alloc::vec;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::PrivateKey;
use crate::{Error, PublicKey, hex};

const SCALAR_LEN: usize = 32;
/// What the SDK's `P256SerializedKeypair` has: the uncompressed point, then the scalar.
const KEYPAIR_LEN: usize = PublicKey::LEN + SCALAR_LEN;

/// Reads such a key; `None` if the input is something else, which no DER of a key can be taken for.
pub(super) fn decode(input: &[u8]) -> Option<Result<PrivateKey, Error>> {
    let text = input.trim_ascii();
    if !text.is_empty() && text.iter().all(u8::is_ascii_hexdigit) {
        // 32 or 97 digits are a mistake and not so many octets of a key.
        let octets = from_hex(text)?;
        return Some(from_octets(&octets).unwrap_or(Err(Error::KeyMalformed)));
    }
    from_octets(input)
}

fn from_octets(octets: &[u8]) -> Option<Result<PrivateKey, Error>> {
    match octets.len() {
        SCALAR_LEN => Some(from_scalar(octets)),
        KEYPAIR_LEN if octets.first() == Some(&0x04) => {
            let (point, scalar) = octets.split_at_checked(PublicKey::LEN)?;
            Some(PublicKey::new(point).and_then(|point| {
                let key = from_scalar(scalar)?;
                if key.public_key() == point {
                    Ok(key)
                } else {
                    Err(Error::KeyMismatch)
                }
            }))
        }
        _ => None,
    }
}

fn from_scalar(octets: &[u8]) -> Result<PrivateKey, Error> {
    let scalar = <&[u8; SCALAR_LEN]>::try_from(octets).map_err(|_| Error::KeyMalformed)?;
    PrivateKey::from_scalar(scalar)
}

fn from_hex(digits: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut octets = Zeroizing::new(vec![0; digits.len().min(2 * KEYPAIR_LEN) / 2]);
    hex::decode(digits, &mut octets)?;
    Some(octets)
}
