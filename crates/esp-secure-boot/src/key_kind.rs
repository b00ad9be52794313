use core::fmt;

/// The kind of a secure boot key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BootKeyKind {
    /// RSASSA-PSS with a 3072-bit key, SHA-256 and a 32-byte salt.
    Rsa3072,
    /// ECDSA on P-192 with SHA-256, a legacy of the ESP32-C2: supported for reading and digests, not for signing or
    /// verifying.
    EcdsaP192,
    /// ECDSA on P-256 with SHA-256.
    EcdsaP256,
    /// ECDSA on P-384 with SHA-384.
    EcdsaP384,
}

impl BootKeyKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Rsa3072, Self::EcdsaP192, Self::EcdsaP256, Self::EcdsaP384];

    /// Length in bytes of a coordinate or the modulus.
    pub(crate) const fn number_len(self) -> usize {
        match self {
            Self::Rsa3072 => 384,
            Self::EcdsaP192 => 24,
            Self::EcdsaP256 => 32,
            Self::EcdsaP384 => 48,
        }
    }

    /// Length in bytes of the signed digest.
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
