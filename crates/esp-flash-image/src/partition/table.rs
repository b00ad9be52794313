use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::fault::TableError;
use super::kind::{DATA_COREDUMP, DATA_NVS, DATA_NVS_KEYS, DATA_OTA, DATA_TEE_OTA, PRIMARY};
use super::{PartitionType, TableOptions, binary, check, csv};

/// One partition: a row of the table.
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
    /// The most bytes of a label.
    pub const MAX_LABEL: usize = 16;

    /// Returns its name.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Returns its type.
    #[must_use]
    pub const fn kind(&self) -> PartitionType {
        self.kind
    }

    /// Returns the number of its subtype.
    #[must_use]
    pub const fn subtype(&self) -> u8 {
        self.subtype
    }

    /// Returns the name of its subtype, if it has one.
    #[must_use]
    pub fn subtype_name(&self) -> Option<&'static str> {
        self.kind.subtype_name(self.subtype)
    }

    /// Returns its flash address.
    #[must_use]
    pub const fn offset(&self) -> u32 {
        self.offset
    }

    /// Returns its bytes.
    #[must_use]
    pub const fn size(&self) -> u32 {
        self.size
    }

    /// Returns the flash address behind it.
    #[must_use]
    pub const fn end(&self) -> u64 {
        widen(self.offset).saturating_add(widen(self.size))
    }

    /// Tells whether it has the flag `encrypted`.
    ///
    /// Some are encrypted without it: see [`Partition::is_encrypted_with_flash`].
    #[must_use]
    pub const fn is_encrypted(&self) -> bool {
        self.encrypted
    }

    /// Tells whether the bootloader encrypts it when it turns on flash encryption: apps, both kinds of otadata and NVS keys
    /// whatever their flag says, and what has the flag.
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

    /// Tells whether firmware may only read it.
    #[must_use]
    pub const fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// Returns its line of the CSV, or its row of the binary form; both count from 1.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.line
    }

    /// Tells whether it holds an app.
    #[must_use]
    pub const fn is_app(&self) -> bool {
        matches!(self.kind, PartitionType::App)
    }

    /// Tells whether it holds an NVS store.
    #[must_use]
    pub const fn is_nvs(&self) -> bool {
        self.is_data(DATA_NVS)
    }

    /// Tells whether it holds the keys of encrypted NVS stores.
    #[must_use]
    pub const fn is_nvs_keys(&self) -> bool {
        self.is_data(DATA_NVS_KEYS)
    }

    /// Tells whether it holds otadata.
    #[must_use]
    pub const fn is_ota_data(&self) -> bool {
        self.is_data(DATA_OTA)
    }

    /// Returns the number of the OTA slot, 0 to 15, of an app that is one.
    #[must_use]
    pub const fn ota_slot(&self) -> Option<u8> {
        let slot = self.subtype.wrapping_sub(APP_OTA);
        if self.is_app() && slot < MAX_OTA_SLOTS {
            Some(slot)
        } else {
            None
        }
    }

    /// Tells whether it is the bootloader or the table itself, which lie in front of all others.
    pub(super) const fn is_primary(&self) -> bool {
        matches!(self.kind, PartitionType::Bootloader | PartitionType::PartitionTable) && self.subtype == PRIMARY
    }

    pub(super) const fn is_data(&self, subtype: u8) -> bool {
        matches!(self.kind, PartitionType::Data) && self.subtype == subtype
    }

    /// Tells whether its data cannot be read-only: the firmware always writes them.
    pub(super) const fn is_always_written(&self) -> bool {
        self.is_data(DATA_OTA) || self.is_data(DATA_COREDUMP)
    }
}

/// As `nvs at 0x9000..0xf000`.
impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {:#x}..{:#x}", self.label, self.offset, self.end())
    }
}

/// A partition table: checked as ESP-IDF's tool does, and more strictly where a device would be wrong.
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
    /// Bytes of the binary form.
    pub const LEN: usize = 0xC00;
    /// Bytes of flash for it: a sector.
    pub const SECTOR_LEN: u32 = 0x1000;
    /// The most partitions with an MD5; without there is room for one more.
    pub const MAX_PARTITIONS: usize = 94;

    /// Reads a CSV, and fills in the offsets that it leaves out.
    ///
    /// # Errors
    ///
    /// What ESP-IDF's `gen_esp32part.py` refuses, with the line. Beyond that: labels that are empty or longer than 16 bytes
    /// (the tool cuts them, so that two names may become one), partitions without bytes, tables without partitions, and
    /// variables of the environment.
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

    /// Reads the binary form of a table at 0x8000; [`PartitionTable::read`] takes other places.
    ///
    /// The end of the table is a row of 0xFF, as for the bootloader. What is behind 0xC00 bytes is not looked at: secure
    /// boot version 1 has its signature there.
    ///
    /// # Errors
    ///
    /// A damaged table: no row of 0xFF, a wrong MD5, bits and bytes that are reserved. Then what [`PartitionTable::from_csv`]
    /// refuses of the partitions.
    pub fn decode(bytes: &[u8]) -> Result<Self, TableError> {
        Self::decode_with(bytes, &TableOptions::new())
    }

    /// Reads either form: the binary one begins with AA 50.
    ///
    /// # Errors
    ///
    /// As [`PartitionTable::decode`] and [`PartitionTable::from_csv`]; and text that is not UTF-8.
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

    /// Tells whether bytes begin as the binary form does.
    #[must_use]
    pub fn is_binary(bytes: &[u8]) -> bool {
        binary::is_binary(bytes)
    }

    /// Writes the binary form: 0xC00 bytes, equal to those of ESP-IDF's tool.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        binary::write(self)
    }

    /// Writes a CSV with all offsets, as ESP-IDF's tool makes it of the binary form.
    #[must_use]
    pub fn to_csv(&self) -> String {
        csv::write(self)
    }

    /// Returns the partitions in the order of their rows.
    #[must_use]
    pub fn partitions(&self) -> &[Partition] {
        &self.partitions
    }

    /// Finds a partition by its name.
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

    /// Tells whether the binary form has an MD5.
    #[must_use]
    pub const fn has_md5(&self) -> bool {
        self.md5
    }

    /// Finds the partitions that ESP-IDF's tool accepts, although erasing them erases bytes of others: their size is no
    /// multiple of 4 KiB.
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
