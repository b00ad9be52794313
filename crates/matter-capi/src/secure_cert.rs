use core::fmt;

use esp_secure_cert::{
    Certificate, EfuseKey, EncryptedKey, KeySalt, KeyStorage, PartitionSize, PlainKey, Subtype, Writer,
};
use zeroize::Zeroizing;

use crate::MatterBytes;
use crate::error::{Failure, MatterError};

/// The size of the partition in the vendor's partition tables.
pub const MATTER_SECURE_CERT_SIZE: usize = 0x2000;

/// In `MatterSecureCert::flags`: writes a SHA-256 of all records behind them.
pub const MATTER_SECURE_CERT_INTEGRITY: u32 = 1;

/// What an `esp_secure_cert` partition gets.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct MatterSecureCert {
    /// The device's certificate, DER or PEM.
    pub dac: MatterBytes,
    /// The certificate that signed it, DER or PEM.
    pub pai: MatterBytes,
    /// What `key_storage` says.
    pub key: MatterBytes,
    /// Where the private key is: a `MatterKeyStorage`.
    pub key_storage: i32,
    /// For `MATTER_KEY_STORAGE_EFUSE_ECDSA` the key block, 0 to 5; else 0.
    pub efuse_key: u32,
    /// A sum of `MATTER_SECURE_CERT_INTEGRITY`.
    pub flags: u32,
}

impl fmt::Debug for MatterSecureCert {
    /// Leaves out what may be a private key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MatterSecureCert")
            .field("key_storage", &self.key_storage)
            .finish_non_exhaustive()
    }
}

/// Where the private key of a device is, and what `key` is therefore.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum MatterKeyStorage {
    /// In the partition as it is: `key` is the key in the form of SEC 1, DER or PEM.
    Plain = 0,
    /// In an eFuse block that the ECDSA peripheral reads: `key` is empty.
    EfuseEcdsa = 1,
    /// Derived by the HMAC peripheral: `key` is the salt, 16 to 64 bytes, of which the firmware draws 32.
    HmacDerived = 2,
    /// In the partition, encrypted under a key that the HMAC peripheral derives: `key` is the ciphertext with its tag.
    HmacEncrypted = 3,
}

/// The same with borrowed bytes.
pub(crate) struct SecureCert<'a> {
    pub(crate) dac: &'a [u8],
    pub(crate) pai: &'a [u8],
    pub(crate) key: &'a [u8],
    pub(crate) key_storage: i32,
    pub(crate) efuse_key: u32,
    pub(crate) flags: u32,
}

impl SecureCert<'_> {
    /// Returns the whole partition: records, and erased flash behind them.
    pub(crate) fn encode(&self, size: usize) -> Result<Zeroizing<Vec<u8>>, Failure> {
        if self.flags & !MATTER_SECURE_CERT_INTEGRITY != 0 {
            return Err(Failure::new(
                MatterError::UnknownFlag,
                "flags has a bit other than MATTER_SECURE_CERT_INTEGRITY",
            ));
        }
        let size = PartitionSize::new(size)?;
        // At most 64 KiB.
        let mut image = Zeroizing::new(vec![0xFF; size.bytes()]);
        let mut writer = Writer::new(&mut image, size);
        // The order of configure_esp_secure_cert.py 2.6.1 with a plain key. With an eFuse key it puts SEC_CFG first.
        writer.push_ca_certificate(Subtype::MIN, &certificate(self.pai)?)?;
        writer.push_device_certificate(Subtype::MIN, &certificate(self.dac)?)?;
        writer.push_key(Subtype::MIN, &self.key_storage()?)?;
        if self.flags & MATTER_SECURE_CERT_INTEGRITY != 0 {
            writer.push_integrity()?;
        }
        Ok(image)
    }

    fn key_storage(&self) -> Result<KeyStorage<'_>, Failure> {
        let is_efuse = self.key_storage == 1;
        if !is_efuse && self.efuse_key != 0 {
            let text = "efuse_key is given, and key_storage is not MATTER_KEY_STORAGE_EFUSE_ECDSA";
            return Err(Failure::new(MatterError::SecureCertEfuseKey, text));
        }
        Ok(match self.key_storage {
            0 => KeyStorage::Plain(PlainKey::sec1_der(self.key).or_else(|_| PlainKey::sec1_pem(self.key))?),
            1 if !self.key.is_empty() => {
                let text = "key is given, and key_storage is MATTER_KEY_STORAGE_EFUSE_ECDSA";
                return Err(Failure::new(MatterError::SecureCertKeyBytes, text));
            }
            1 => KeyStorage::EfuseEcdsa(EfuseKey::new(u8::try_from(self.efuse_key).unwrap_or(u8::MAX))?),
            2 => KeyStorage::HmacDerived(KeySalt::new(self.key)?),
            3 => KeyStorage::HmacEncrypted(EncryptedKey::new(self.key)?),
            other => {
                let text = format_args!("key_storage {other} is unknown; 0 to 3 are allowed");
                return Err(Failure::new(MatterError::UnknownKind, text));
            }
        })
    }
}

fn certificate(bytes: &[u8]) -> Result<Certificate<'_>, Failure> {
    Ok(Certificate::der(bytes).or_else(|_| Certificate::pem(bytes))?)
}
