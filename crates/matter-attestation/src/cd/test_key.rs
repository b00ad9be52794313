use crate::{KeyId, PrivateKey};

/// The subject key identifier of "Matter Test CD Signing Authority", whose key is [`test_cd_signing_key`].
pub const TEST_CD_SIGNING_KEY_ID: KeyId = KeyId::new([
    0x62, 0xFA, 0x82, 0x33, 0x59, 0xAC, 0xFA, 0xA9, 0x96, 0x3E, 0x1C, 0xFA, 0x14, 0x0A, 0xDD, 0xF5, 0x04, 0xF3, 0x71,
    0x60,
]);

const SCALAR: [u8; 32] = [
    0xAE, 0xF3, 0x48, 0x41, 0x16, 0xE9, 0x48, 0x1E, 0xC5, 0x7B, 0xE0, 0x47, 0x2D, 0xF4, 0x1B, 0xF4, 0x99, 0x06, 0x4E,
    0x50, 0x24, 0xAD, 0x86, 0x9E, 0xCA, 0x5E, 0x88, 0x98, 0x02, 0xD4, 0x80, 0x75,
];

/// Returns the key with which everybody signs Certification Declarations for tests.
///
/// It is public: the connectedhomeip repository has it in `credentials/test/certification-declaration` as
/// `Chip-Test-CD-Signing-Key.pem`. A commissioner outside of a test refuses what it signed.
#[must_use]
pub fn test_cd_signing_key() -> PrivateKey {
    #[expect(clippy::expect_used, reason = "the constant is in range, as a test proves")]
    PrivateKey::from_scalar(&SCALAR).expect("the test key is in range")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalar_and_key_id_belong_together() {
        assert_eq!(test_cd_signing_key().public_key().key_id(), TEST_CD_SIGNING_KEY_ID);
    }
}
