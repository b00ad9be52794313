use core::fmt;

use esp_secure_cert::{
    Certificate, EfuseKey, EncryptedKey, KeySalt, KeyStorage, PartitionSize, PlainKey, Subtype, Writer,
};
use zeroize::Zeroizing;

use crate::MatterBytes;
use crate::error::{Failure, MatterError};

/// The size of the partition in the vendor's partition tables.
pub const MATTER_SECURE_CERT_SIZE: usize = 0x2000;

/// A flag of `MatterSecureCert`: appends a SHA-256 of all records.
pub const MATTER_SECURE_CERT_INTEGRITY: u32 = 1;

/// The content of an `esp_secure_cert` partition.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct MatterSecureCert {
    /// The device's certificate, DER or PEM.
    pub dac: MatterBytes,
    /// The issuer's certificate, DER or PEM.
    pub pai: MatterBytes,
    /// The key; `key_storage` determines its meaning.
    pub key: MatterBytes,
    /// The storage of the private key: a `MatterKeyStorage`.
    pub key_storage: i32,
    /// The key block for `MATTER_KEY_STORAGE_EFUSE_ECDSA`, 0 to 5; otherwise 0.
    pub efuse_key: u32,
    /// 0 or `MATTER_SECURE_CERT_INTEGRITY`.
    pub flags: u32,
}

impl fmt::Debug for MatterSecureCert {
    /// Omits a possible private key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MatterSecureCert")
            .field("key_storage", &self.key_storage)
            .finish_non_exhaustive()
    }
}

/// The storage of a device's private key, which determines the meaning of `key`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum MatterKeyStorage {
    /// In the partition, in plain text: `key` is the key in SEC 1 form, DER or PEM.
    Plain = 0,
    /// In an eFuse block that the ECDSA peripheral reads: `key` is empty.
    EfuseEcdsa = 1,
    /// Derived by the HMAC peripheral: `key` is the salt, 16 to 64 bytes. The firmware itself draws
    /// 32.
    HmacDerived = 2,
    /// In the partition, encrypted with a key that the HMAC peripheral derives: `key` is the
    /// ciphertext followed by the tag.
    HmacEncrypted = 3,
}

/// The content with borrowed bytes.
pub(crate) struct SecureCert<'a> {
    pub(crate) dac: &'a [u8],
    pub(crate) pai: &'a [u8],
    pub(crate) key: &'a [u8],
    pub(crate) key_storage: i32,
    pub(crate) efuse_key: u32,
    pub(crate) flags: u32,
}

impl SecureCert<'_> {
    /// Returns the whole partition: the records followed by erased flash.
    pub(crate) fn encode(&self, size: usize) -> Result<Zeroizing<Vec<u8>>, Failure> {
        if self.flags & !MATTER_SECURE_CERT_INTEGRITY != 0 {
            return Err(Failure::new(
                MatterError::UnknownFlag,
                "flags has an undefined bit; only MATTER_SECURE_CERT_INTEGRITY is allowed",
            ));
        }
        let size = PartitionSize::new(size)?;
        // At most 64 KiB.
        let mut image = Zeroizing::new(vec![0xFF; size.bytes()]);
        let mut writer = Writer::new(&mut image, size);
        // The order of configure_esp_secure_cert.py 2.6.1 for a plain key. For an eFuse key it
        // writes SEC_CFG first.
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
            let text = "efuse_key is given, but key_storage is not MATTER_KEY_STORAGE_EFUSE_ECDSA";
            return Err(Failure::new(MatterError::SecureCertEfuseKey, text));
        }
        Ok(match self.key_storage {
            0 => KeyStorage::Plain(PlainKey::sec1_der(self.key).or_else(|_| PlainKey::sec1_pem(self.key))?),
            1 if !self.key.is_empty() => {
                let text = "key is given, but key_storage is MATTER_KEY_STORAGE_EFUSE_ECDSA";
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
