use esp_nvs_image::{NvsKeys, decrypt, encrypt};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::Device;
use crate::Error;

/// Bytes of a keys partition, all of which are written.
type KeysPartition = Zeroizing<[u8; NvsKeys::PARTITION_LEN]>;

impl Device {
    /// Encrypts the NVS image with a key of its own, and decrypts it again to see that it is the same.
    pub(crate) fn encrypt(&mut self, rng: &mut impl CryptoRng) -> Result<(), Error> {
        let wrong = |reason: &dyn std::fmt::Display| Error::read_back(format_args!("encrypted image: {reason}"));
        let Some(images) = &mut self.images else { return Ok(()) };
        let Some(plain) = &images.nvs else { return Ok(()) };
        let keys = NvsKeys::generate(rng).map_err(Error::encode)?;
        let mut partition: KeysPartition = Zeroizing::new([0xFF; NvsKeys::PARTITION_LEN]);
        keys.encode_partition(&mut partition);
        let mut image = plain.clone();
        encrypt(&mut image, &keys).map_err(Error::encode)?;

        let read = NvsKeys::decode(&*partition).map_err(|error| wrong(&error))?;
        let mut back = image.clone();
        decrypt(&mut back, &read).map_err(|error| wrong(&error))?;
        if *back != **plain {
            return Err(wrong(&"does not decrypt to what was encrypted"));
        }
        images.nvs = Some(image);
        images.keys = Some(Zeroizing::new(partition.to_vec()));
        Ok(())
    }

    /// Leaves the NVS image out.
    pub(crate) fn drop_image(&mut self) {
        if let Some(images) = &mut self.images {
            images.nvs = None;
        }
    }
}
