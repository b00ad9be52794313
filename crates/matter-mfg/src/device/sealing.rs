//! Work on finished images: encryption and assembly of the flash.

use esp_nvs_image::{NvsKeys, decrypt, encrypt};
use matter_factory_data::Place;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{Device, dac_key_block, holds_plain_key};
use crate::Error;
use crate::flash::{DeviceImages, FlashJob, hmac_keys};
use crate::keys_folder::KeysFolder;

/// A keys partition; all of its bytes are written.
type KeysPartition = Zeroizing<[u8; NvsKeys::PARTITION_LEN]>;

impl Device {
    /// Encrypts the NVS image with a key of its own, which goes into a keys partition.
    pub(crate) fn encrypt(&mut self, rng: &mut impl CryptoRng) -> Result<(), Error> {
        let keys = NvsKeys::generate(rng).map_err(Error::encode)?;
        let mut partition: KeysPartition = Zeroizing::new([0xFF; NvsKeys::PARTITION_LEN]);
        keys.encode_partition(&mut partition);
        let read = NvsKeys::decode(&*partition).map_err(|error| Error::read_back(format_args!("keys: {error}")))?;
        self.encrypt_with(&keys, &read)?;
        if let Some(images) = &mut self.images {
            images.keys = Some(Zeroizing::new(partition.to_vec()));
        }
        Ok(())
    }

    /// Encrypts the NVS image with keys that the chip derives from an HMAC key in its eFuses.
    pub(crate) fn encrypt_by_hmac(
        &mut self,
        folder: Option<&KeysFolder>,
        rng: &mut impl CryptoRng,
    ) -> Result<(), Error> {
        let keys = hmac_keys(&self.uuid, folder, rng)?;
        self.encrypt_with(&keys, &keys)
    }

    /// Encrypts the NVS image, decrypts it again and compares.
    fn encrypt_with(&mut self, keys: &NvsKeys, read: &NvsKeys) -> Result<(), Error> {
        let wrong = |reason: &dyn std::fmt::Display| Error::read_back(format_args!("encrypted image: {reason}"));
        let Some(images) = &mut self.images else { return Ok(()) };
        let Some(plain) = &images.nvs else { return Ok(()) };
        let mut image = plain.clone();
        encrypt(&mut image, keys).map_err(Error::encode)?;
        let mut back = image.clone();
        decrypt(&mut back, read).map_err(|error| wrong(&error))?;
        if *back != **plain {
            return Err(wrong(&"does not decrypt to the original"));
        }
        images.nvs = Some(image);
        images.is_encrypted = true;
        Ok(())
    }

    /// Assembles the flash from the finished images. The keys are on disk when this returns.
    pub(crate) fn make_flash(
        &mut self,
        flash: &FlashJob,
        folder: Option<&KeysFolder>,
        rng: &mut impl CryptoRng,
        buffer: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let Some(finished) = &self.images else { return Ok(()) };
        let holds_key = |place| holds_plain_key(&self.record, &self.layout, place);
        let nvs = finished.nvs.as_ref();
        let secure_cert = finished.secure_cert.as_ref();
        let images = DeviceImages {
            nvs: nvs.map(|image| (image.as_slice(), !finished.is_encrypted && holds_key(Place::Nvs))),
            nvs_keys: finished.keys.as_ref().map(|keys| keys.as_slice()),
            secure_cert: secure_cert.map(|image| (image.as_slice(), holds_key(Place::SecureCert))),
            dac_key: dac_key_block(&self.record, &self.layout),
        };
        let secrets = flash.draw(&self.uuid, folder, rng)?;
        self.flash = Some(flash.device(&self.uuid, &images, &secrets, std::mem::take(buffer))?);
        Ok(())
    }

    /// Returns the buffer of the flash, which is on disk now.
    pub(crate) fn take_flash(&mut self, buffer: &mut Vec<u8>) {
        if let Some(flash) = self.flash.take() {
            *buffer = flash.into_buffer();
        }
    }

    /// Drops the NVS image.
    pub(crate) fn drop_image(&mut self) {
        if let Some(images) = &mut self.images {
            images.nvs = None;
        }
    }
}
