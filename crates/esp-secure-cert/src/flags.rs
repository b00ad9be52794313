use core::fmt;

use crate::layout::LEGACY_FLAGS;

/// The flags of a record: the storage of its key or data.
///
/// # Examples
///
/// ```
/// use esp_secure_cert::{Flags, Storage};
///
/// assert_eq!(Flags::EFUSE_ECDSA.storage(), Storage::EfuseEcdsa);
/// // Flags of the first version of the format.
/// assert_eq!(Flags::new(0xFF).storage(), Storage::Plain);
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Flags(u8);

impl Flags {
    /// The data is stored in plain text.
    pub const PLAIN: Self = Self(0x00);
    /// The key is in an eFuse block for the ECDSA peripheral.
    pub const EFUSE_ECDSA: Self = Self(0x08);
    /// The key is derived from the HMAC key in the eFuses and a salt.
    pub const HMAC_DERIVED: Self = Self(0x40);
    /// The data is encrypted with a key derived from the HMAC key in the eFuses.
    pub const HMAC_ENCRYPTED: Self = Self(0x80);

    const HMAC_MASK: u8 = 0xC0;
    const KEY_MASK: u8 = 0x38;

    /// Creates flags from the stored byte; every value is allowed.
    #[must_use]
    pub const fn new(bits: u8) -> Self {
        Self(bits)
    }

    /// Returns the stored byte.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Returns the storage that the firmware derives from the flags.
    #[must_use]
    pub const fn storage(self) -> Storage {
        // The firmware compares whole fields, so that 0xFF selects none of these.
        if self.0 & Self::HMAC_MASK == Self::HMAC_ENCRYPTED.0 {
            Storage::HmacEncrypted
        } else if self.0 & Self::HMAC_MASK == Self::HMAC_DERIVED.0 {
            Storage::HmacDerived
        } else if self.0 & Self::KEY_MASK == Self::EFUSE_ECDSA.0 {
            Storage::EfuseEcdsa
        } else {
            Storage::Plain
        }
    }

    /// Returns whether these are the flags of the first version of the format, all ones.
    #[must_use]
    pub const fn is_legacy(self) -> bool {
        self.0 == LEGACY_FLAGS
    }
}

impl From<Storage> for Flags {
    fn from(storage: Storage) -> Self {
        match storage {
            Storage::Plain => Self::PLAIN,
            Storage::EfuseEcdsa => Self::EFUSE_ECDSA,
            Storage::HmacDerived => Self::HMAC_DERIVED,
            Storage::HmacEncrypted => Self::HMAC_ENCRYPTED,
        }
    }
}

impl From<u8> for Flags {
    fn from(bits: u8) -> Self {
        Self(bits)
    }
}

impl From<Flags> for u8 {
    fn from(flags: Flags) -> Self {
        flags.0
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Flags({:#04x})", self.0)
    }
}

/// The storage of a key or of data, as the firmware reads it from the flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Storage {
    /// The data is in the record, in plain text.
    Plain,
    /// The key is in an eFuse block for the ECDSA peripheral; the record has no data.
    EfuseEcdsa,
    /// The key is derived from the HMAC key in the eFuses; the record has no data.
    HmacDerived,
    /// The data is encrypted.
    HmacEncrypted,
}

impl Storage {
    /// Returns the name: `plain`, `efuse-ecdsa`, `hmac-derived` or `hmac-encrypted`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::EfuseEcdsa => "efuse-ecdsa",
            Self::HmacDerived => "hmac-derived",
            Self::HmacEncrypted => "hmac-encrypted",
        }
    }

    /// Returns the storage with this [`Storage::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let all = [Self::Plain, Self::EfuseEcdsa, Self::HmacDerived, Self::HmacEncrypted];
        all.into_iter().find(|storage| storage.name() == name)
    }

    /// Returns whether the key is stored outside its record, so that the record must be empty.
    #[must_use]
    pub const fn is_keyless(self) -> bool {
        matches!(self, Self::EfuseEcdsa | Self::HmacDerived)
    }
}

impl fmt::Display for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
