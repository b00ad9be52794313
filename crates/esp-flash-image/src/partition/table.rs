use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::fault::TableError;
use super::kind::{DATA_COREDUMP, DATA_NVS, DATA_NVS_KEYS, DATA_OTA, DATA_TEE_OTA, PRIMARY};
use super::{PartitionType, TableOptions, binary, check, csv};

/// A partition: a row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    pub(super) label: String,
    pub(super) kind: PartitionType,
    pub(super) subtype: u8,
    pub(super) offset: u32,
    pub(super) size: u32,
    pub(super) encrypted: bool,
    pub(super) read_only: bool,
    pub(super) line: usize,
}

impl Partition {
    /// The maximum length of a label in bytes.
    pub const MAX_LABEL: usize = 16;

    /// Returns the name.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Returns the type.
    #[must_use]
    pub const fn kind(&self) -> PartitionType {
        self.kind
    }

    /// Returns the number of the subtype.
    #[must_use]
    pub const fn subtype(&self) -> u8 {
        self.subtype
    }

    /// Returns the name of the subtype, if it has one.
    #[must_use]
    pub fn subtype_name(&self) -> Option<&'static str> {
        self.kind.subtype_name(self.subtype)
    }

    /// Returns the flash address.
    #[must_use]
    pub const fn offset(&self) -> u32 {
        self.offset
    }

    /// Returns the size in bytes.
    #[must_use]
    pub const fn size(&self) -> u32 {
        self.size
    }

    /// Returns the flash address after the last byte.
    #[must_use]
    pub const fn end(&self) -> u64 {
        widen(self.offset).saturating_add(widen(self.size))
    }

    /// Returns whether it has the flag `encrypted`.
    ///
    /// Some partitions are encrypted without it: see [`Partition::is_encrypted_with_flash`].
    #[must_use]
    pub const fn is_encrypted(&self) -> bool {
        self.encrypted
    }

    /// Returns whether the bootloader encrypts it when it enables flash encryption: apps, both kinds of otadata and NVS
    /// keys regardless of their flags, and all partitions flagged `encrypted`.
    ///
    /// Source: ESP-IDF, "Flash Encryption", section "Encrypted Partitions".
    #[must_use]
    pub const fn is_encrypted_with_flash(&self) -> bool {
        let always = match self.kind {
            PartitionType::App => true,
            PartitionType::Data => matches!(self.subtype, DATA_OTA | DATA_TEE_OTA | DATA_NVS_KEYS),
            PartitionType::Bootloader | PartitionType::PartitionTable | PartitionType::Custom(_) => false,
        };
        always || self.encrypted
    }

    /// Returns whether firmware may only read it.
    #[must_use]
    pub const fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// Returns the line of the CSV or the row of the binary form; both count from 1.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.line
    }

    /// Returns whether it holds an app.
    #[must_use]
    pub const fn is_app(&self) -> bool {
        matches!(self.kind, PartitionType::App)
    }

    /// Returns whether it holds an NVS store.
    #[must_use]
    pub const fn is_nvs(&self) -> bool {
        self.is_data(DATA_NVS)
    }

    /// Returns whether it holds the keys of encrypted NVS stores.
    #[must_use]
    pub const fn is_nvs_keys(&self) -> bool {
        self.is_data(DATA_NVS_KEYS)
    }

    /// Returns whether it holds otadata.
    #[must_use]
    pub const fn is_ota_data(&self) -> bool {
        self.is_data(DATA_OTA)
    }

    /// Returns the number of the OTA slot, 0 to 15, if it is an app in one.
    #[must_use]
    pub const fn ota_slot(&self) -> Option<u8> {
        let slot = self.subtype.wrapping_sub(APP_OTA);
        if self.is_app() && slot < MAX_OTA_SLOTS {
            Some(slot)
        } else {
            None
        }
    }

    /// Returns whether it is the bootloader or the table itself, which precede all others.
    pub(super) const fn is_primary(&self) -> bool {
        matches!(self.kind, PartitionType::Bootloader | PartitionType::PartitionTable) && self.subtype == PRIMARY
    }

    pub(super) const fn is_data(&self, subtype: u8) -> bool {
        matches!(self.kind, PartitionType::Data) && self.subtype == subtype
    }

    /// Returns whether firmware always writes its data, so that it cannot be read-only.
    pub(super) const fn is_always_written(&self) -> bool {
        self.is_data(DATA_OTA) || self.is_data(DATA_COREDUMP)
    }
}

/// Formats it as `nvs at 0x9000 to 0xf000`.
impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {:#x} to {:#x}", self.label, self.offset, self.end())
    }
}

/// A partition table, checked as strictly as by ESP-IDF's tool, and more strictly where a device would fail.
///
/// # Examples
///
/// ```
/// use esp_flash_image::{PartitionTable, TableOptions};
///
/// let csv = "nvs, data, nvs, , 24K\nphy_init, data, phy, , 4K\nfactory, app, factory, , 1M\n";
/// let table = PartitionTable::from_csv(csv, &TableOptions::new())?;
/// assert_eq!(table.find("factory").map(|app| app.offset()), Some(0x1_0000));
/// assert_eq!(PartitionTable::decode(&table.encode())?.to_csv(), table.to_csv());
///
/// let error = PartitionTable::from_csv("nvs, data, nvs, 0x9001, 24K\n", &TableOptions::new()).unwrap_err();
/// assert_eq!(error.to_string(), "line 1: the offset 0x9001 of nvs is not a multiple of 0x1000");
/// # Ok::<(), esp_flash_image::TableError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionTable {
    pub(super) partitions: Vec<Partition>,
    pub(super) offset: u32,
    pub(super) md5: bool,
}

impl PartitionTable {
    /// Length of the binary form in bytes.
    pub const LEN: usize = 0xC00;
    /// Size of the table in flash in bytes: a sector.
    pub const SECTOR_LEN: u32 = 0x1000;
    /// The maximum number of partitions with an MD5; without it, one more fits.
    pub const MAX_PARTITIONS: usize = 94;

    /// Reads a CSV and fills in missing offsets.
    ///
    /// # Errors
    ///
    /// The errors of ESP-IDF's `gen_esp32part.py`, with the line. Also refused: labels that are empty or longer than 16
    /// bytes (the tool truncates them, so that two names may become equal), partitions without bytes, tables without
    /// partitions, and environment variables.
    pub fn from_csv(text: &str, options: &TableOptions) -> Result<Self, TableError> {
        let partitions = csv::read(text, options)?;
        let table = Self {
            partitions,
            offset: options.offset,
            md5: options.md5,
        };
        check::check(&table, options, false)?;
        Ok(table)
    }

    /// Reads the binary form of a table at 0x8000; use [`PartitionTable::read`] for other offsets.
    ///
    /// The end of the table is a row of 0xFF, as for the bootloader. Bytes after 0xC00 are ignored: secure boot version 1
    /// stores its signature there.
    ///
    /// # Errors
    ///
    /// A damaged table: no row of 0xFF, a wrong MD5, or reserved bits and bytes in use; and the errors of
    /// [`PartitionTable::from_csv`] for the partitions.
    pub fn decode(bytes: &[u8]) -> Result<Self, TableError> {
        Self::decode_with(bytes, &TableOptions::new())
    }

    /// Reads either form: the binary one begins with AA 50.
    ///
    /// # Errors
    ///
    /// As [`PartitionTable::decode`] and [`PartitionTable::from_csv`]; also text that is not UTF-8.
    pub fn read(bytes: &[u8], options: &TableOptions) -> Result<Self, TableError> {
        if binary::is_binary(bytes) {
            Self::decode_with(bytes, options)
        } else {
            Self::from_csv(csv::text(bytes)?, options)
        }
    }

    fn decode_with(bytes: &[u8], options: &TableOptions) -> Result<Self, TableError> {
        let (partitions, md5) = binary::read(bytes)?;
        let table = Self {
            partitions,
            offset: options.offset,
            md5,
        };
        check::check(&table, options, true)?;
        Ok(table)
    }

    /// Returns whether bytes begin like the binary form.
    #[must_use]
    pub fn is_binary(bytes: &[u8]) -> bool {
        binary::is_binary(bytes)
    }

    /// Writes the binary form: 0xC00 bytes, equal to the output of ESP-IDF's tool.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        binary::write(self)
    }

    /// Writes a CSV with all offsets, as ESP-IDF's tool prints the binary form.
    #[must_use]
    pub fn to_csv(&self) -> String {
        csv::write(self)
    }

    /// Returns the partitions in the order of their rows.
    #[must_use]
    pub fn partitions(&self) -> &[Partition] {
        &self.partitions
    }

    /// Returns the partition with a name.
    #[must_use]
    pub fn find(&self, label: &str) -> Option<&Partition> {
        self.partitions.iter().find(|partition| partition.label == label)
    }

    /// Returns the number of OTA slots.
    #[must_use]
    pub fn ota_slots(&self) -> usize {
        self.partitions
            .iter()
            .filter(|partition| partition.ota_slot().is_some())
            .count()
    }

    /// Returns the flash address of the table itself.
    #[must_use]
    pub const fn offset(&self) -> u32 {
        self.offset
    }

    /// Returns whether the binary form has an MD5.
    #[must_use]
    pub const fn has_md5(&self) -> bool {
        self.md5
    }

    /// Returns the partitions whose size is not a multiple of 4 KiB. ESP-IDF's tool accepts them, although erasing them
    /// erases bytes of other partitions.
    pub fn partial_sectors(&self) -> impl Iterator<Item = &Partition> {
        self.partitions
            .iter()
            .filter(|partition| !partition.size.is_multiple_of(Self::SECTOR_LEN))
    }
}

/// App subtypes 0x10 to 0x1F are the OTA slots.
const APP_OTA: u8 = 0x10;
const MAX_OTA_SLOTS: u8 = 16;

#[expect(clippy::as_conversions, reason = "u64::from is not const")]
const fn widen(number: u32) -> u64 {
    number as u64
}
