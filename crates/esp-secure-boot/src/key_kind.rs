use core::fmt;

/// What a signature of secure boot is made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BootKeyKind {
    /// RSASSA-PSS with 3072 bits, SHA-256 and a salt of 32 bytes.
    Rsa3072,
    /// ECDSA on P-192 with SHA-256, a legacy of ESP32-C2: read and digested, but neither made nor verified here.
    EcdsaP192,
    /// ECDSA on P-256 with SHA-256.
    EcdsaP256,
    /// ECDSA on P-384 with SHA-384.
    EcdsaP384,
}

impl BootKeyKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Rsa3072, Self::EcdsaP192, Self::EcdsaP256, Self::EcdsaP384];

    /// Bytes of a coordinate, or of the modulus.
    pub(crate) const fn number_len(self) -> usize {
        match self {
            Self::Rsa3072 => 384,
            Self::EcdsaP192 => 24,
            Self::EcdsaP256 => 32,
            Self::EcdsaP384 => 48,
        }
    }

    /// Bytes of the digest that is signed.
    pub(crate) const fn digest_len(self) -> usize {
        match self {
            Self::EcdsaP384 => 48,
            _ => 32,
        }
    }
}

impl fmt::Display for BootKeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rsa3072 => "RSA-3072",
            Self::EcdsaP192 => "ECDSA P-192",
            Self::EcdsaP256 => "ECDSA P-256",
            Self::EcdsaP384 => "ECDSA P-384",
        })
    }
}
