//! The options of a flash dump.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use cli::{Failure, Trust, parse_number};
use esp_flash_image::{EncryptionScheme, FlashCryptConfig, PartitionTable};
use matter_audit::FlashDump;

#[derive(clap::Args)]
pub(crate) struct FlashArguments {
    /// Dump of a device's whole flash, or the image merged for it; partitions are located by the table in it
    #[arg(long, value_name = "FILE")]
    flash_dump: Option<PathBuf>,
    /// Expected partition table of the flash dump, in CSV or binary; required if the dump has none
    #[arg(long, value_name = "FILE", requires = "flash_dump")]
    partition_table: Option<PathBuf>,
    /// Flash address of the partition table [default: 0x8000]
    #[arg(long, value_name = "N", requires = "flash_dump")]
    partition_table_offset: Option<String>,
    /// Flash encryption key of the dump: the burned file of 16, 24, 32 or 64 bytes
    #[arg(long, value_name = "FILE", requires = "flash_dump")]
    flash_key: Option<PathBuf>,
    /// Flash encryption scheme [default: the one of the key's length that makes the table readable]
    #[arg(long, value_name = "SCHEME", requires = "flash_key", value_parser = flash_scheme())]
    flash_scheme: Option<EncryptionScheme>,
    /// FLASH_CRYPT_CONFIG of an ESP32, 0 to 15 [default: 15]
    #[arg(long, value_name = "N", requires = "flash_key")]
    flash_crypt_config: Option<String>,
}

/// The values of `--flash-scheme`.
fn flash_scheme() -> impl TypedValueParser<Value = EncryptionScheme> {
    PossibleValuesParser::new(EncryptionScheme::ALL.iter().map(|scheme| scheme.name()))
        .try_map(|name| name.parse::<EncryptionScheme>())
}

impl FlashArguments {
    /// Returns the dump, if one was given.
    pub(crate) fn dump(&self, trust: Trust) -> Result<Option<FlashDump>, Failure> {
        let Some(dump) = &self.flash_dump else { return Ok(None) };
        let mut dump = FlashDump::new(dump);
        if let Some(table) = &self.partition_table {
            dump = dump.with_table(table);
        }
        let option = "--partition-table-offset";
        let offset = parse_number(option, self.partition_table_offset.as_deref(), 0, u32::MAX)?;
        if let Some(offset) = offset {
            let sector = PartitionTable::SECTOR_LEN;
            if !offset.is_multiple_of(sector) {
                let text = format_args!("{offset:#x} is not a multiple of {sector:#x}");
                return Err(Failure::option(option, text));
            }
            dump = dump.with_table_offset(offset);
        }
        if let Some(key) = &self.flash_key {
            trust.check_key("--flash-key", key)?;
            dump = dump.with_key(key);
        }
        if let Some(scheme) = self.flash_scheme {
            dump = dump.with_scheme(scheme);
        }
        let max = FlashCryptConfig::MAX.get().into();
        let config = parse_number("--flash-crypt-config", self.flash_crypt_config.as_deref(), 0, max)?;
        let config = config.and_then(|config| FlashCryptConfig::new(config.try_into().ok()?).ok());
        Ok(Some(match config {
            Some(config) => dump.with_flash_crypt_config(config),
            None => dump,
        }))
    }
}
