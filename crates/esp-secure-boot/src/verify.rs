//! Signature verification; signatures are little-endian, as in a block.

#[cfg(any(feature = "p256", feature = "p384", feature = "rsa"))]
use crate::BootKeyKind;
use crate::{BootPublicKey, Error};

/// Returns whether a signature is valid.
#[cfg_attr(
    not(any(feature = "p256", feature = "p384", feature = "rsa")),
    expect(unused_variables, reason = "all kinds are features")
)]
pub(crate) fn verify(key: &BootPublicKey, digest: &[u8], signature: &[u8]) -> Result<bool, Error> {
    match key.kind() {
        #[cfg(feature = "p256")]
        BootKeyKind::EcdsaP256 => Ok(p256(key, digest, signature).is_some()),
        #[cfg(feature = "p384")]
        BootKeyKind::EcdsaP384 => Ok(p384(key, digest, signature).is_some()),
        #[cfg(feature = "rsa")]
        BootKeyKind::Rsa3072 => Ok(rsa(key, digest, signature).is_some()),
        kind => Err(Error::Unsupported { kind }),
    }
}

/// The curves differ only in their crates and lengths.
macro_rules! curve {
    ($curve:ident, $feature:literal, $bytes:literal) => {
        #[cfg(feature = $feature)]
        fn $curve(key: &BootPublicKey, digest: &[u8], signature: &[u8]) -> Option<()> {
            use signature::hazmat::PrehashVerifier;

            let numbers: [u8; $bytes] = swap_order(key.numbers())?;
            let mut point = [4; 1 + $bytes];
            point
                .iter_mut()
                .skip(1)
                .zip(numbers)
                .for_each(|(to, from)| *to = from);
            let key = $curve::ecdsa::VerifyingKey::from_sec1_bytes(&point).ok()?;
            let signature: [u8; $bytes] = swap_order(signature)?;
            let signature = $curve::ecdsa::Signature::from_slice(&signature).ok()?;
            key.verify_prehash(digest, &signature).ok()
        }
    };
}

curve!(p256, "p256", 64);
curve!(p384, "p384", 96);

#[cfg(feature = "rsa")]
fn rsa(key: &BootPublicKey, digest: &[u8], signature: &[u8]) -> Option<()> {
    use rsa::BoxedUint;
    use rsa::pss::{Signature, VerifyingKey};
    use sha2::Sha256;
    use signature::hazmat::PrehashVerifier;

    let modulus = BoxedUint::from_le_slice(key.numbers(), 3072).ok()?;
    let key = rsa::PublicKey::new(modulus, BoxedUint::from(65537_u32)).ok()?;
    let mut big: [u8; 384] = signature.try_into().ok()?;
    big.reverse();
    let signature = Signature::try_from(&big[..]).ok()?;
    // The salt has 32 bytes.
    VerifyingKey::<Sha256>::new(key).verify_prehash(digest, &signature).ok()
}

/// Reverses each half of a pair of numbers with N bytes in total: big-endian to little-endian and back.
#[cfg(any(feature = "p256", feature = "p384"))]
pub(crate) fn swap_order<const N: usize>(pair: &[u8]) -> Option<[u8; N]> {
    let mut out: [u8; N] = pair.try_into().ok()?;
    out.chunks_exact_mut(N / 2).for_each(<[u8]>::reverse);
    Some(out)
}
