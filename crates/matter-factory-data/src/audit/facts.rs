use alloc::string::String;
use alloc::vec::Vec;

use esp_nvs_image::Key;
use matter_attestation::PrivateKey;
use matter_spake2p::{Iterations, Salt, Verifier};
use matter_types::{ProductId, VendorId};
use zeroize::Zeroizing;

use super::report::KeyPlace;
use super::stored::agree;
use super::{Check, Finding};
use crate::keys;

/// What the images say together, as far as it can be read.
#[derive(Default)]
pub(super) struct Facts {
    pub(super) vendor_id: Option<VendorId>,
    pub(super) product_id: Option<ProductId>,
    pub(super) serial: Option<String>,
    pub(super) discriminator: Option<u16>,
    pub(super) iterations: Option<Iterations>,
    pub(super) salt: Option<Salt>,
    pub(super) verifier: Option<Verifier>,
    pub(super) rotating_id: Option<Zeroizing<Vec<u8>>>,
    pub(super) dac: Option<Vec<u8>>,
    pub(super) pai: Option<Vec<u8>>,
    pub(super) key: Option<PrivateKey>,
    pub(super) dac_public_key: Option<Vec<u8>>,
    pub(super) declaration: Option<Vec<u8>>,
    /// What is there, whether it can be read or not: a damaged value is no missing one.
    pub(super) present: Vec<Key>,
    pub(super) key_place: Option<KeyPlace>,
    /// Whether the NVS image has a key that is to be elsewhere, of which there is a finding.
    pub(super) key_is_in_nvs_too: bool,
}

impl Facts {
    pub(super) fn has(&self, key: &Key) -> bool {
        self.present.contains(key)
    }

    /// Joins what two images say, of which the first is the NVS image.
    pub(super) fn join(self, other: Self, findings: &mut Vec<Finding>) -> Self {
        let mut present = self.present;
        present.extend(other.present);
        let places = (self.key_place, other.key_place);
        let key_is_in_nvs_too = matches!(places, (Some(KeyPlace::Nvs), Some(KeyPlace::Elsewhere)));
        if key_is_in_nvs_too {
            let detail = format_args!("the secure-cert image says that the key is not in flash as it is");
            findings.push(Finding::of(Check::KeyLeaked, "nvs dac-key", detail));
        }
        Self {
            vendor_id: self.vendor_id,
            product_id: self.product_id,
            serial: self.serial,
            declaration: self.declaration,
            dac_public_key: self.dac_public_key,
            discriminator: agree(
                self.discriminator,
                other.discriminator,
                |a, b| a == b,
                keys::DISCRIMINATOR.as_str(),
                findings,
            ),
            iterations: agree(
                self.iterations,
                other.iterations,
                |a, b| a == b,
                keys::ITERATION_COUNT.as_str(),
                findings,
            ),
            salt: agree(
                self.salt,
                other.salt,
                |a, b| a.as_bytes() == b.as_bytes(),
                keys::SALT.as_str(),
                findings,
            ),
            verifier: agree(
                self.verifier,
                other.verifier,
                |a, b| a.expose_bytes() == b.expose_bytes(),
                keys::VERIFIER.as_str(),
                findings,
            ),
            rotating_id: agree(
                self.rotating_id,
                other.rotating_id,
                |a, b| a == b,
                keys::ROTATING_ID.as_str(),
                findings,
            ),
            dac: agree(self.dac, other.dac, |a, b| a == b, keys::DAC_CERT.as_str(), findings),
            pai: agree(self.pai, other.pai, |a, b| a == b, keys::PAI_CERT.as_str(), findings),
            key: agree(
                self.key,
                other.key,
                |a, b| a.public_key() == b.public_key(),
                keys::DAC_KEY.as_str(),
                findings,
            ),
            present,
            // Where the key is not is the stronger promise.
            key_place: other.key_place.or(self.key_place),
            key_is_in_nvs_too,
        }
    }
}
