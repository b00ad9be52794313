//! Flash dumps and the partitions in them that the audit reads.

mod cut;
mod flash;
mod tables;

use std::path::{Path, PathBuf};

use cut::CutDump;
use esp_flash_image::{EncryptionScheme, FlashCryptConfig, FlashKey, TableOptions};
use flash::{Flash, keys_of_file};

use crate::access::Access;
use crate::audit_input::read;
use crate::device_files::DeviceFiles;
use crate::{AuditInput, Error};

/// A dump of a device's flash from its first byte, or a flash image that was merged for the device.
///
/// The partition table is read from the dump. With the flash encryption key, table and partitions are decrypted as the
/// firmware reads them; an image may then end after its last piece, and the rest counts as erased.
///
/// # Examples
///
/// ```
/// use matter_audit::{Audit, FlashDump};
/// use matter_audit::matter_factory_data::Expected;
///
/// let dump = FlashDump::new("flash.bin").with_key("flash_key.bin");
/// let audit = Audit::new(Expected::new()).with_flash_dump(dump);
/// ```
#[derive(Clone, Debug)]
pub struct FlashDump {
    dump: PathBuf,
    table: Option<PathBuf>,
    table_offset: u32,
    key: Option<PathBuf>,
    scheme: Option<EncryptionScheme>,
    config: FlashCryptConfig,
}

impl FlashDump {
    /// Creates a dump with the partition table at 0x8000.
    #[must_use]
    pub fn new(dump: impl Into<PathBuf>) -> Self {
        Self {
            dump: dump.into(),
            table: None,
            table_offset: TableOptions::DEFAULT_OFFSET,
            key: None,
            scheme: None,
            config: FlashCryptConfig::DEFAULT,
        }
    }

    /// Sets the expected partition table, in CSV or binary. It is used if the dump has none.
    #[must_use]
    pub fn with_table(mut self, path: impl Into<PathBuf>) -> Self {
        self.table = Some(path.into());
        self
    }

    /// Sets the flash address of the partition table.
    #[must_use]
    pub const fn with_table_offset(mut self, offset: u32) -> Self {
        self.table_offset = offset;
        self
    }

    /// Sets the file with the flash encryption key as burned: 16, 24, 32 or 64 bytes.
    #[must_use]
    pub fn with_key(mut self, path: impl Into<PathBuf>) -> Self {
        self.key = Some(path.into());
        self
    }

    /// Sets the flash encryption scheme. By default the length of the key determines it; of the two schemes with 32
    /// bytes, it is the one that makes the table readable.
    #[must_use]
    pub const fn with_scheme(mut self, scheme: EncryptionScheme) -> Self {
        self.scheme = Some(scheme);
        self
    }

    /// Sets the eFuse field FLASH_CRYPT_CONFIG of an ESP32.
    #[must_use]
    pub const fn with_flash_crypt_config(mut self, config: FlashCryptConfig) -> Self {
        self.config = config;
        self
    }

    /// Extracts the partitions that the audit reads from the dump.
    pub(crate) fn read(&self) -> Result<DeviceFiles, Error> {
        let device = DeviceFiles {
            path: self.dump.clone(),
            ..DeviceFiles::default()
        };
        let access = Access::of(&self.dump);
        let given = self.table.as_deref();
        let given = given.map(|path| read(AuditInput::PartitionTable, path)).transpose()?;
        let flash = Flash::new(read(AuditInput::FlashDump, &self.dump)?, self.table_offset);
        let mut cut = CutDump::new(device, flash, access);
        let keys = match self.key.as_deref() {
            Some(path) => cut.keys(self.keys(path)?),
            None => Vec::new(),
        };
        cut.cut(given.as_deref().map(Vec::as_slice), &keys, self.key.is_some());
        Ok(cut.into_device())
    }

    /// Returns the possible keys of the key file, one per scheme, or the reason why it has none.
    fn keys(&self, path: &Path) -> Result<Result<Vec<FlashKey>, String>, Error> {
        let bytes = read(AuditInput::FlashKey, path)?;
        Ok(keys_of_file(&bytes, self.scheme, self.config))
    }

    pub(crate) fn key(&self) -> Option<&Path> {
        self.key.as_deref()
    }

    /// Returns whether every input can be read twice, which pipes cannot.
    pub(crate) fn is_in_files(&self) -> bool {
        let others = [&self.table, &self.key].into_iter().flatten();
        others.chain([&self.dump]).all(|path| path.is_file())
    }
}
