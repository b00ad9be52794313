use core::fmt;

/// A partition type.
///
/// Source: ESP-IDF, "Partition Tables", section "Type".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum PartitionType {
    /// Firmware.
    App,
    /// Data of ESP-IDF components.
    Data,
    /// A bootloader, for updates.
    Bootloader,
    /// A partition table, for updates.
    PartitionTable,
    /// Another number, 4 to 254.
    Custom(u8),
}

impl PartitionType {
    /// Returns the type with a number; `None` for 255, which means any type and belongs to no partition.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::App),
            1 => Some(Self::Data),
            2 => Some(Self::Bootloader),
            3 => Some(Self::PartitionTable),
            u8::MAX => None,
            number => Some(Self::Custom(number)),
        }
    }

    /// Returns the number of the type.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::App => 0,
            Self::Data => 1,
            Self::Bootloader => 2,
            Self::PartitionTable => 3,
            Self::Custom(number) => number,
        }
    }

    /// Returns the name of the type in a CSV.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::App => Some("app"),
            Self::Data => Some("data"),
            Self::Bootloader => Some("bootloader"),
            Self::PartitionTable => Some("partition_table"),
            Self::Custom(_) => None,
        }
    }

    /// Returns the name of a subtype in a CSV.
    #[must_use]
    pub fn subtype_name(self, subtype: u8) -> Option<&'static str> {
        let names = self.subtypes();
        names
            .iter()
            .find(|(_, number)| *number == subtype)
            .map(|(name, _)| *name)
    }

    /// Returns the subtype with a name, ignoring case.
    #[must_use]
    pub fn subtype_number(self, name: &str) -> Option<u8> {
        let names = self.subtypes();
        names
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, number)| *number)
    }

    /// Returns the alignment of the offset.
    #[must_use]
    pub const fn alignment(self) -> u32 {
        match self {
            Self::App => 0x1_0000,
            _ => 0x1000,
        }
    }

    const fn subtypes(self) -> &'static [(&'static str, u8)] {
        match self {
            Self::App => APP,
            Self::Data => DATA,
            Self::Bootloader => BOOTLOADER,
            Self::PartitionTable => PARTITION_TABLE,
            Self::Custom(_) => &[],
        }
    }

    /// Returns the type with a name in a CSV, ignoring case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let named = [Self::App, Self::Data, Self::Bootloader, Self::PartitionTable];
        named
            .into_iter()
            .find(|kind| kind.name().is_some_and(|known| known.eq_ignore_ascii_case(name)))
    }
}

impl fmt::Display for PartitionType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.pad(name),
            None => write!(f, "{:#04x}", self.number()),
        }
    }
}

pub(super) const DATA_OTA: u8 = 0;
pub(super) const DATA_NVS: u8 = 2;
pub(super) const DATA_COREDUMP: u8 = 3;
pub(super) const DATA_NVS_KEYS: u8 = 4;
/// The subtype of a row with an empty subtype cell; for an app, an empty cell is an error.
pub(super) const DATA_UNDEFINED: u8 = 6;
pub(super) const DATA_TEE_OTA: u8 = 0x90;
pub(super) const PRIMARY: u8 = 0;
pub(super) const RECOVERY: u8 = 2;

const APP: &[(&str, u8)] = &[
    ("factory", 0x00),
    ("ota_0", 0x10),
    ("ota_1", 0x11),
    ("ota_2", 0x12),
    ("ota_3", 0x13),
    ("ota_4", 0x14),
    ("ota_5", 0x15),
    ("ota_6", 0x16),
    ("ota_7", 0x17),
    ("ota_8", 0x18),
    ("ota_9", 0x19),
    ("ota_10", 0x1A),
    ("ota_11", 0x1B),
    ("ota_12", 0x1C),
    ("ota_13", 0x1D),
    ("ota_14", 0x1E),
    ("ota_15", 0x1F),
    ("test", 0x20),
    ("tee_0", 0x30),
    ("tee_1", 0x31),
];

const DATA: &[(&str, u8)] = &[
    ("ota", DATA_OTA),
    ("phy", 0x01),
    ("nvs", DATA_NVS),
    ("coredump", DATA_COREDUMP),
    ("nvs_keys", DATA_NVS_KEYS),
    ("efuse", 0x05),
    ("undefined", DATA_UNDEFINED),
    ("esphttpd", 0x80),
    ("fat", 0x81),
    ("spiffs", 0x82),
    ("littlefs", 0x83),
    ("tee_ota", DATA_TEE_OTA),
];

const BOOTLOADER: &[(&str, u8)] = &[("primary", PRIMARY), ("ota", 1), ("recovery", RECOVERY)];
const PARTITION_TABLE: &[(&str, u8)] = &[("primary", PRIMARY), ("ota", 1)];
