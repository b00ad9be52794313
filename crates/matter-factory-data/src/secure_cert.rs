//! The records of the `esp_secure_cert` partition.

use alloc::vec::Vec;
use core::fmt;

use esp_secure_cert::{Certificate, MatterData, PartitionSize, Subtype, Writer};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{DeviceRecord, Error, Place, StorageLayout, keys};

impl DeviceRecord {
    /// Encodes the data that a layout stores in the `esp_secure_cert` partition, with the secure-cert records in the
    /// order of the vendor's tool.
    ///
    /// A private key outside the partitions is ignored.
    ///
    /// # Errors
    ///
    /// [`Error::LayoutKey`] for a layout without that partition, [`Error::MissingKey`] when the record lacks required
    /// data, [`Error::SecureCert`] when it does not fit into 8 KiB.
    pub fn encode_secure_cert(&self, layout: &StorageLayout<'_>) -> Result<Zeroizing<Vec<u8>>, Error> {
        if !layout.has_secure_cert() {
            return Err(Error::LayoutKey);
        }
        let missing = |key| Error::MissingKey { key };
        let credentials = self.credentials().ok_or(missing(keys::DAC_CERT))?;
        let mut buffer = Zeroizing::new(alloc::vec![0; PartitionSize::DEFAULT.bytes()]);
        let mut writer = Writer::new(&mut buffer, PartitionSize::DEFAULT);
        let sec1 = if layout.is_keyless() {
            Zeroizing::default()
        } else {
            credentials.key().ok_or(missing(keys::DAC_KEY))?.to_sec1_der()
        };
        let key = layout.key().record(&sec1)?;
        let dac = Certificate::der(credentials.dac().as_der())?;
        let pai = Certificate::der(credentials.pai().as_der())?;
        writer.push_identity(Subtype::MIN, &dac, &pai, &key)?;
        if layout.commissionable_data() == Place::SecureCert {
            let parameters = self.parameters();
            writer.push_matter(&MatterData::discriminator(self.discriminator().get())?)?;
            if let Some(verifier) = self.verifier() {
                writer.push_matter(&MatterData::verifier(verifier.expose_bytes()))?;
            }
            writer.push_matter(&MatterData::salt(parameters.salt.as_bytes())?)?;
            writer.push_matter(&MatterData::iteration_count(parameters.iterations.get())?)?;
            let id = self.rotating_id.as_ref().ok_or(missing(keys::ROTATING_ID))?;
            writer.push_matter(&MatterData::rotating_id_unique_id(id.expose_bytes()))?;
            if let Some(numbers) = &self.secure_cert_numbers {
                for item in MatterData::random(numbers.expose_bytes().each_ref()) {
                    writer.push_matter(&item)?;
                }
            }
        }
        let len = writer.finish().len();
        buffer.truncate(len);
        Ok(buffer)
    }
}

/// Two random numbers of 32 bytes that the vendor's tool stores with commissionable data in the `esp_secure_cert`
/// partition (MATTER_1, subtypes 128 and 129).
///
/// No public firmware reads them. A vendor's firmware may derive keys from them, so they are secrets.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SecureCertNumbers([[u8; Self::LEN]; 2]);

impl SecureCertNumbers {
    /// Length of each number in bytes.
    pub const LEN: usize = 32;

    /// Creates the pair; any bytes are valid.
    #[must_use]
    pub const fn new(numbers: [[u8; Self::LEN]; 2]) -> Self {
        Self(numbers)
    }

    /// Returns the secret numbers.
    #[must_use]
    pub const fn expose_bytes(&self) -> &[[u8; Self::LEN]; 2] {
        &self.0
    }
}

impl fmt::Debug for SecureCertNumbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecureCertNumbers([elided])")
    }
}
