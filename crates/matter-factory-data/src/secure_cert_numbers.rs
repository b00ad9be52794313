use core::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

/// Two random numbers of 32 bytes that the vendor's tool puts beside commissionable data in the `esp_secure_cert`
/// partition (MATTER_1, subtypes 128 and 129).
///
/// No public firmware reads them. A vendor's own may take keys from them, so they are secrets.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SecureCertNumbers([[u8; Self::LEN]; 2]);

impl SecureCertNumbers {
    /// Bytes of each number.
    pub const LEN: usize = 32;

    /// Takes any two.
    #[must_use]
    pub const fn new(numbers: [[u8; Self::LEN]; 2]) -> Self {
        Self(numbers)
    }

    /// Returns them: the one way to read the secret.
    #[must_use]
    pub const fn expose_bytes(&self) -> &[[u8; Self::LEN]; 2] {
        &self.0
    }
}

impl fmt::Debug for SecureCertNumbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecureCertNumbers([elided])")
    }
}
