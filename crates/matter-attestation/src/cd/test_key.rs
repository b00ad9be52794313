use hex_literal::hex;

use crate::{KeyId, PrivateKey};

/// The subject key identifier of "Matter Test CD Signing Authority", whose key is [`test_cd_signing_key`].
pub const TEST_CD_SIGNING_KEY_ID: KeyId = KeyId::new(hex!("62FA823359ACFAA9963E1CFA140ADDF504F37160"));

const SCALAR: [u8; 32] = hex!("AEF3484116E9481EC57BE0472DF41BF499064E5024AD869ECA5E889802D48075");

/// The key's point, which is slow to compute.
pub(super) const TEST_CD_SIGNING_POINT: [u8; 65] = hex!(
    "04"
    "3C398922452B55CAF389C25BD1BCA4656952CCB90E8869249AD8474653014CBF"
    "95D687965E036B521C51037E6B8CEDEFCA1EB44046694FA08882EED6519DECBA"
);

/// Returns the key that signs Certification Declarations for tests.
///
/// It is published in the connectedhomeip repository, `credentials/test/certification-declaration`, as
/// `Chip-Test-CD-Signing-Key.pem`. Commissioners outside of tests refuse its signatures.
#[must_use]
pub fn test_cd_signing_key() -> PrivateKey {
    #[expect(clippy::expect_used, reason = "the constant is in range, as tested")]
    PrivateKey::from_scalar(&SCALAR).expect("the test key is in range")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalar_point_and_key_id_belong_together() {
        let key = test_cd_signing_key().public_key();
        assert_eq!(key.key_id(), TEST_CD_SIGNING_KEY_ID);
        assert_eq!(*key.as_bytes(), TEST_CD_SIGNING_POINT);
    }
}
