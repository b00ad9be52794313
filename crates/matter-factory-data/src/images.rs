use alloc::vec::Vec;
use core::fmt;

use esp_nvs_image::PartitionSize;
use zeroize::Zeroizing;

use crate::{DeviceRecord, Error, StorageLayout};

/// The partition images of one device. They contain secrets and are wiped when dropped.
///
/// # Examples
///
/// ```
/// # use matter_factory_data::{DeviceRecord, StorageLayout};
/// # use matter_factory_data::matter_spake2p::{Iterations, PbkdfParameters, Salt};
/// # use matter_factory_data::matter_types::{Discriminator, ProductId, VendorId};
/// # let parameters = PbkdfParameters { iterations: Iterations::new(1000)?, salt: Salt::new(&[7; 32])? };
/// # let ids = (VendorId::new(0xFFF1)?, ProductId::new(0x8000)?);
/// # let record = DeviceRecord::with_dynamic_passcode(ids.0, ids.1, Discriminator::new(3840)?, parameters);
/// let layout = StorageLayout::NVS;
/// let images = record.encode("0x6000".parse()?, &layout)?;
/// let (read, found) = DeviceRecord::decode(images.nvs(), images.secure_cert())?;
/// assert_eq!(found, layout);
/// assert_eq!(record.first_difference(&read), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Images {
    nvs: Zeroizing<Vec<u8>>,
    secure_cert: Option<Zeroizing<Vec<u8>>>,
}

impl Images {
    /// Returns the NVS factory partition.
    #[must_use]
    pub fn nvs(&self) -> &[u8] {
        &self.nvs
    }

    /// Returns the used bytes of the `esp_secure_cert` partition, if there is one, without the erased flash after them.
    #[must_use]
    pub fn secure_cert(&self) -> Option<&[u8]> {
        self.secure_cert.as_ref().map(|image| image.as_slice())
    }

    /// Returns both images.
    #[must_use]
    pub fn into_parts(self) -> (Zeroizing<Vec<u8>>, Option<Zeroizing<Vec<u8>>>) {
        (self.nvs, self.secure_cert)
    }
}

impl fmt::Debug for Images {
    /// Omits the bytes, which may contain a private key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secure_cert = self.secure_cert().map(<[u8]>::len);
        f.debug_struct("Images")
            .field("nvs", &self.nvs.len())
            .field("secure_cert", &secure_cert)
            .finish()
    }
}

impl DeviceRecord {
    /// Encodes the record as the images of all partitions of a layout.
    ///
    /// # Errors
    ///
    /// The errors of [`DeviceRecord::visit_nvs`] and [`DeviceRecord::encode_secure_cert`], and [`Error::Nvs`] when the
    /// entries do not fit.
    pub fn encode(&self, size: PartitionSize, layout: &StorageLayout<'_>) -> Result<Images, Error> {
        let secure_cert = layout.has_secure_cert().then(|| self.encode_secure_cert(layout));
        Ok(Images {
            nvs: self.nvs_image(size, layout)?,
            secure_cert: secure_cert.transpose()?,
        })
    }
}
