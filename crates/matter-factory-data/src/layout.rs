use esp_secure_cert::{EfuseKey, KeySalt, KeyStorage, PlainKey};

use crate::Error;

/// One of the two partitions that the firmware reads a device's data from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Place {
    /// The NVS factory partition.
    #[default]
    Nvs,
    /// The `esp_secure_cert` partition.
    SecureCert,
}

/// The storage of the DAC's private key.
///
/// Variants with a key outside the partitions contain no key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum DacKeyStorage<'a> {
    /// In the partition of the attestation credentials, in plain text. Only flash encryption protects it.
    #[default]
    Plain,
    /// In an eFuse block read by the ECDSA peripheral.
    EfuseEcdsa(EfuseKey),
    /// Derived on the chip by the HMAC peripheral, with this salt.
    HmacDerived(KeySalt<'a>),
}

/// The location of a device's data, and the storage of its DAC's private key.
///
/// | attestation credentials | discriminator, verifier, salt, iteration count | unique id for rotating ids | key |
/// |---|---|---|---|
/// | NVS | NVS | NVS | plain |
/// | esp_secure_cert | NVS | NVS | any |
/// | esp_secure_cert | esp_secure_cert | esp_secure_cert | any |
///
/// The vendor's tool allows no others (esp-matter-mfg-tool 1.0.29). A key outside the partitions requires the
/// `esp_secure_cert` partition, because the firmware finds it through a record there.
///
/// # Examples
///
/// ```
/// use matter_factory_data::esp_secure_cert::EfuseKey;
/// use matter_factory_data::{DacKeyStorage, Place, StorageLayout};
///
/// let key = DacKeyStorage::EfuseEcdsa(EfuseKey::new(2)?);
/// let layout = StorageLayout::new(Place::SecureCert, Place::Nvs, Place::Nvs, key)?;
/// assert!(layout.has_secure_cert() && layout.is_keyless());
/// assert!(StorageLayout::new(Place::Nvs, Place::Nvs, Place::Nvs, key).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StorageLayout<'a>(Layout<'a>);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Layout<'a> {
    #[default]
    Nvs,
    Attestation(DacKeyStorage<'a>),
    All(DacKeyStorage<'a>),
}

impl<'a> StorageLayout<'a> {
    /// Everything in the NVS partition, with the key in plain text.
    pub const NVS: Self = Self(Layout::Nvs);

    /// Accepts an allowed combination.
    ///
    /// # Errors
    ///
    /// [`Error::Layout`] for any other, [`Error::LayoutKey`] for a key outside the partitions without esp_secure_cert.
    pub const fn new(
        attestation: Place,
        commissionable_data: Place,
        rotating_id: Place,
        key: DacKeyStorage<'a>,
    ) -> Result<Self, Error> {
        match (attestation, commissionable_data, rotating_id) {
            (Place::Nvs, Place::Nvs, Place::Nvs) => match key {
                DacKeyStorage::Plain => Ok(Self::NVS),
                _ => Err(Error::LayoutKey),
            },
            (Place::SecureCert, Place::Nvs, Place::Nvs) => Ok(Self(Layout::Attestation(key))),
            (Place::SecureCert, Place::SecureCert, Place::SecureCert) => Ok(Self(Layout::All(key))),
            _ => Err(Error::Layout),
        }
    }

    /// Returns the location of the attestation credentials.
    #[must_use]
    pub const fn attestation(&self) -> Place {
        match self.0 {
            Layout::Nvs => Place::Nvs,
            Layout::Attestation(_) | Layout::All(_) => Place::SecureCert,
        }
    }

    /// Returns the location of discriminator, verifier, salt and iteration count.
    #[must_use]
    pub const fn commissionable_data(&self) -> Place {
        match self.0 {
            Layout::Nvs | Layout::Attestation(_) => Place::Nvs,
            Layout::All(_) => Place::SecureCert,
        }
    }

    /// Returns the location of the unique id for rotating device ids.
    #[must_use]
    pub const fn rotating_id(&self) -> Place {
        self.commissionable_data()
    }

    /// Returns the storage of the DAC's private key.
    #[must_use]
    pub const fn key(&self) -> DacKeyStorage<'a> {
        match self.0 {
            Layout::Nvs => DacKeyStorage::Plain,
            Layout::Attestation(key) | Layout::All(key) => key,
        }
    }

    /// Returns whether any data is in the `esp_secure_cert` partition.
    #[must_use]
    pub const fn has_secure_cert(&self) -> bool {
        !matches!(self.0, Layout::Nvs)
    }

    /// Returns whether the DAC's private key is in neither partition.
    #[must_use]
    pub const fn is_keyless(&self) -> bool {
        !matches!(self.key(), DacKeyStorage::Plain)
    }
}

impl<'a> DacKeyStorage<'a> {
    /// The storage for the key's record; `sec1` is used only when the key is in the partition.
    pub(crate) fn record<'k>(self, sec1: &'k [u8]) -> Result<KeyStorage<'k>, Error>
    where
        'a: 'k,
    {
        Ok(match self {
            Self::Plain => KeyStorage::Plain(PlainKey::sec1_der(sec1)?),
            Self::EfuseEcdsa(key) => KeyStorage::EfuseEcdsa(key),
            Self::HmacDerived(salt) => KeyStorage::HmacDerived(salt),
        })
    }

    /// The reverse conversion, if Matter firmware reads the key's form.
    pub(crate) fn of_record(storage: &KeyStorage<'a>) -> Option<Self> {
        match *storage {
            KeyStorage::Plain(key) => key.is_for_matter().then_some(Self::Plain),
            KeyStorage::EfuseEcdsa(key) => Some(Self::EfuseEcdsa(key)),
            KeyStorage::HmacDerived(salt) => Some(Self::HmacDerived(salt)),
            _ => None,
        }
    }
}
