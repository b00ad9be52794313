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

/// How a device keeps the private key of its DAC.
///
/// What keeps the key out of the partitions has no place for one here either.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum DacKeyStorage<'a> {
    /// In the partition of the attestation credentials as it is. Only flash encryption protects it.
    #[default]
    Plain,
    /// In an eFuse block that the ECDSA peripheral reads.
    EfuseEcdsa(EfuseKey),
    /// Derived on the chip by the HMAC peripheral, with this salt.
    HmacDerived(KeySalt<'a>),
}

/// Where a device's data is kept, and how the private key of its DAC is.
///
/// | attestation credentials | discriminator, verifier, salt, iteration count | unique id for rotating ids | key |
/// |---|---|---|---|
/// | NVS | NVS | NVS | plain |
/// | secure cert | NVS | NVS | any |
/// | secure cert | secure cert | secure cert | any |
///
/// That there are no others is a rule of the vendor's tool (esp-matter-mfg-tool 1.0.29); that a key outside the
/// partitions needs the secure cert partition is one of the firmware, which finds it by a record there.
///
/// # Examples
///
/// ```
/// use esp_secure_cert::EfuseKey;
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
    /// Everything in the NVS partition, the key as it is.
    pub const NVS: Self = Self(Layout::Nvs);

    /// Accepts one of the combinations that there are.
    ///
    /// # Errors
    ///
    /// [`Error::Layout`] for any other, [`Error::LayoutKey`] for a key outside the partitions without secure cert.
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

    /// Returns where the attestation credentials are.
    #[must_use]
    pub const fn attestation(&self) -> Place {
        match self.0 {
            Layout::Nvs => Place::Nvs,
            Layout::Attestation(_) | Layout::All(_) => Place::SecureCert,
        }
    }

    /// Returns where discriminator, verifier, salt and iteration count are.
    #[must_use]
    pub const fn commissionable_data(&self) -> Place {
        match self.0 {
            Layout::Nvs | Layout::Attestation(_) => Place::Nvs,
            Layout::All(_) => Place::SecureCert,
        }
    }

    /// Returns where the unique id for rotating device ids is.
    #[must_use]
    pub const fn rotating_id(&self) -> Place {
        self.commissionable_data()
    }

    /// Returns how the private key of the DAC is kept.
    #[must_use]
    pub const fn key(&self) -> DacKeyStorage<'a> {
        match self.0 {
            Layout::Nvs => DacKeyStorage::Plain,
            Layout::Attestation(key) | Layout::All(key) => key,
        }
    }

    /// Tells whether anything is in the secure cert partition.
    #[must_use]
    pub const fn has_secure_cert(&self) -> bool {
        !matches!(self.0, Layout::Nvs)
    }

    /// Tells whether the private key of the DAC is in neither partition.
    #[must_use]
    pub const fn is_keyless(&self) -> bool {
        !matches!(self.key(), DacKeyStorage::Plain)
    }
}

impl<'a> DacKeyStorage<'a> {
    /// What the record of the key is made from; `sec1` goes into it only when the key is in the partition.
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

    /// The other way, where the key's form is one that firmware for Matter reads.
    pub(crate) fn of_record(storage: &KeyStorage<'a>) -> Option<Self> {
        match *storage {
            KeyStorage::Plain(key) => key.is_for_matter().then_some(Self::Plain),
            KeyStorage::EfuseEcdsa(key) => Some(Self::EfuseEcdsa(key)),
            KeyStorage::HmacDerived(salt) => Some(Self::HmacDerived(salt)),
            _ => None,
        }
    }
}
