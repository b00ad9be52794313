//! The devices in the ledger.

use std::collections::BTreeMap;

use matter_ledger::{Ledger, LedgerPlace, ListedDevice};
use sha2::{Digest, Sha256};

use super::files::Reason;
use crate::{DeviceLabel, Error};

/// The devices of a ledger; they are read again if a device is missing.
#[derive(Debug, Default)]
pub(super) struct KnownDevices {
    place: Option<LedgerPlace>,
    devices: BTreeMap<String, KnownDevice>,
}

/// A device in the ledger.
#[derive(Clone, Debug)]
pub(super) struct KnownDevice {
    vendor_id: u16,
    product_id: u16,
    discriminator: u16,
    pub(super) serial: Option<String>,
    /// Size and SHA-256 of each image, by name.
    images: BTreeMap<String, (u64, Vec<u8>)>,
}

impl KnownDevices {
    pub(super) const fn new(place: LedgerPlace) -> Self {
        Self {
            place: Some(place),
            devices: BTreeMap::new(),
        }
    }

    /// Returns a device; `None` without a ledger.
    pub(super) fn device(&mut self, uuid: &str) -> Result<Option<KnownDevice>, Error> {
        let Some(place) = &self.place else { return Ok(None) };
        if !self.devices.contains_key(uuid) {
            let listing = Ledger::list(place.clone())?;
            let devices = listing.devices.into_iter();
            self.devices = devices.map(|listed| (listed.uuid.clone(), listed.into())).collect();
        }
        match self.devices.get(uuid) {
            Some(device) => Ok(Some(device.clone())),
            None => Err(Reason::new("the ledger does not list it as a device in use").of(uuid)),
        }
    }
}

impl From<ListedDevice> for KnownDevice {
    fn from(listed: ListedDevice) -> Self {
        let images = listed.images.into_iter();
        Self {
            vendor_id: listed.vendor_id,
            product_id: listed.product_id,
            discriminator: listed.discriminator,
            serial: listed.serial,
            images: images.map(|image| (image.name, (image.size, image.sha256))).collect(),
        }
    }
}

impl KnownDevice {
    /// Refuses a label of another device.
    pub(super) fn check_label(&self, label: &DeviceLabel) -> Result<(), Reason> {
        let differs = [
            ("vendor id", label.vendor_id != self.vendor_id),
            ("product id", label.product_id != self.product_id),
            ("discriminator", label.discriminator != self.discriminator),
        ];
        match differs.into_iter().find(|(_, differs)| *differs) {
            Some((what, _)) => Err(Reason::new(format!("the {what} of its label differs from the ledger"))),
            None => Ok(()),
        }
    }

    /// Refuses an image that differs from the ledger. The ledger omits images whose hash would reveal the passcode.
    pub(super) fn check_image(&self, name: &str, bytes: &[u8]) -> Result<(), Reason> {
        let Some((size, sha256)) = self.images.get(name) else {
            return Ok(());
        };
        let is_listed =
            u64::try_from(bytes.len()) == Ok(*size) && Sha256::digest(bytes).as_slice() == sha256.as_slice();
        if is_listed {
            return Ok(());
        }
        Err(Reason::new(format!(
            "{name} differs from the image recorded in the ledger"
        )))
    }
}
