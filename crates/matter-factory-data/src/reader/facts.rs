use alloc::vec::Vec;

use esp_nvs_image::Key;
use matter_attestation::PrivateKey;
use matter_spake2p::{Iterations, Salt, Verifier};
use matter_types::{Discriminator, ProductId, VendorId};

use super::{Fault, Sink};
use crate::audit::Check;
use crate::keys;
use crate::{Error, FixedLabel, Locale, ProductInformation, RotatingId, SecureCertNumbers, SupportedMode};

/// The location of a device's private key according to its images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyPlace {
    /// No image has or mentions a key.
    Nowhere,
    /// In the NVS image, in plain text.
    Nvs,
    /// In the secure-cert image, in plain text.
    SecureCert,
    /// In the eFuses, derived from them, or encrypted with a key in them: no file may contain the private key.
    Elsewhere,
}

/// The readable values of a device's images.
#[derive(Default)]
pub(crate) struct Facts {
    pub(crate) vendor_id: Option<VendorId>,
    pub(crate) product_id: Option<ProductId>,
    pub(crate) product: ProductInformation,
    pub(crate) discriminator: Option<Discriminator>,
    pub(crate) iterations: Option<Iterations>,
    pub(crate) salt: Option<Salt>,
    pub(crate) verifier: Option<Verifier>,
    pub(crate) rotating_id: Option<RotatingId>,
    pub(crate) dac: Option<Vec<u8>>,
    pub(crate) pai: Option<Vec<u8>>,
    pub(crate) key: Option<PrivateKey>,
    pub(crate) dac_public_key: Option<Vec<u8>>,
    pub(crate) declaration: Option<Vec<u8>>,
    pub(crate) secure_cert_numbers: Option<SecureCertNumbers>,
    pub(crate) locales: Vec<Locale>,
    pub(crate) fixed_labels: Vec<FixedLabel>,
    pub(crate) supported_modes: Vec<SupportedMode>,
    /// The keys of all values, readable or not: a damaged value is not missing.
    pub(crate) present: Vec<Key>,
    pub(crate) key_place: Option<KeyPlace>,
    /// Whether the NVS image has a key that should be elsewhere, which is already reported.
    pub(crate) key_is_in_nvs_too: bool,
}

impl Facts {
    pub(crate) fn has(&self, key: &Key) -> bool {
        self.present.contains(key)
    }

    /// Merges the values of the NVS image with those of the secure-cert image. Values in both must be equal.
    pub(crate) fn join<S: Sink>(mut self, other: Self, sink: &mut S) -> Result<Self, S::Stop> {
        self.present.extend(other.present);
        let places = (self.key_place, other.key_place);
        self.key_is_in_nvs_too = matches!(places, (Some(KeyPlace::Nvs), Some(KeyPlace::Elsewhere)));
        if self.key_is_in_nvs_too {
            let detail = "the secure-cert image states that the key is not in flash in plain text";
            sink.fault(Fault::new(
                Error::DacKeyLeaked,
                Check::KeyLeaked,
                &"nvs dac-key",
                &detail,
            ))?;
        }
        // A statement that the key is not in flash takes precedence.
        self.key_place = other.key_place.or(self.key_place);
        self.secure_cert_numbers = other.secure_cert_numbers;
        macro_rules! agree {
            ($($field:ident: $key:ident, $same:expr;)*) => {
                $(if let (Some(nvs), Some(secure_cert)) = (&self.$field, &other.$field)
                    && !$same(nvs, secure_cert)
                {
                    let key = keys::$key;
                    sink.fault(Fault::new(Error::Conflict { key }, Check::StorageDisagrees, &key, &""))?;
                }
                self.$field = self.$field.or(other.$field);)*
            };
        }
        agree! {
            discriminator: DISCRIMINATOR, Discriminator::eq;
            iterations: ITERATION_COUNT, Iterations::eq;
            salt: SALT, Salt::eq;
            verifier: VERIFIER, |a: &Verifier, b: &Verifier| a.expose_bytes() == b.expose_bytes();
            rotating_id: ROTATING_ID, |a: &RotatingId, b: &RotatingId| a.expose_bytes() == b.expose_bytes();
            dac: DAC_CERT, Vec::eq;
            pai: PAI_CERT, Vec::eq;
            key: DAC_KEY, |a: &PrivateKey, b: &PrivateKey| a.public_key() == b.public_key();
        }
        Ok(self)
    }
}
