//! `table`: partition tables in CSV and in binary form.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use cli::{Failure, Files, counted, print, print_json, print_text, read_file, say};
use esp_flash_image::{BootScheme, Partition, PartitionTable, TableOptions};
use factory_fs::utf16;
use serde_json::json;

/// The commands of `table`.
#[derive(Subcommand)]
pub(crate) enum TableCommand {
    /// Make the binary form of a CSV
    Make {
        /// Table in CSV
        input: PathBuf,
        /// Table to write, 3072 bytes
        output: PathBuf,
        #[command(flatten)]
        options: Options,
    },
    /// Show a table with all offsets
    Show {
        /// Table in either form
        file: PathBuf,
        #[command(flatten)]
        options: Options,
        /// Write JSON: {"offset", "partitions": [{"label", "type", "subtype", "offset", "size", "encrypted",
        /// "read_only"}]}
        #[arg(long)]
        json: bool,
        /// Write CSV with all offsets, as ESP-IDF's tool does
        #[arg(long, conflicts_with = "json")]
        csv: bool,
    },
    /// Check a table: exit code 1 if ESP-IDF or the device would refuse it
    Check {
        /// Table in either form
        file: PathBuf,
        #[command(flatten)]
        options: Options,
        /// Write JSON: {"ok", "error", "warnings"}
        #[arg(long)]
        json: bool,
    },
}

/// The options that a table is made for.
#[derive(Args)]
pub(crate) struct Options {
    /// Size of the flash that the partitions must fit in, such as 4MB or 0x400000
    #[arg(long, value_name = "SIZE")]
    flash_size: Option<String>,
    /// Flash address of the table
    #[arg(long, value_name = "ADDRESS", default_value = "0x8000")]
    offset: String,
    /// Secure boot version to check the table for: v1, v2-rsa or v2-ecdsa
    #[arg(long, value_name = "SCHEME")]
    secure_boot: Option<String>,
    /// Flash address of the bootloader, for rows of type bootloader
    #[arg(long, value_name = "ADDRESS")]
    primary_bootloader_offset: Option<String>,
    /// Flash address of the recovery bootloader, for a row of that subtype
    #[arg(long, value_name = "ADDRESS")]
    recovery_bootloader_offset: Option<String>,
    /// Omit the MD5 after the rows, for bootloaders before ESP-IDF 3.1
    #[arg(long)]
    disable_md5sum: bool,
}

impl Options {
    fn parse(&self) -> Result<TableOptions, Failure> {
        let address = |option, text| cli::parse_number(option, text, 0, u32::MAX);
        let mut options = TableOptions::new();
        if let Some(offset) = address("--offset", Some(&self.offset))? {
            options = options.with_offset(offset);
        }
        if let Some(size) = cli::parse("--flash-size", self.flash_size.as_deref())? {
            options = options.with_flash_size(size);
        }
        if let Some(scheme) = cli::parse::<BootScheme>("--secure-boot", self.secure_boot.as_deref())? {
            options = options.with_secure_boot(scheme);
        }
        let primary = self.primary_bootloader_offset.as_deref();
        if let Some(offset) = address("--primary-bootloader-offset", primary)? {
            options = options.with_primary_bootloader_offset(offset);
        }
        let recovery = self.recovery_bootloader_offset.as_deref();
        if let Some(offset) = address("--recovery-bootloader-offset", recovery)? {
            options = options.with_recovery_bootloader_offset(offset);
        }
        Ok(if self.disable_md5sum {
            options.without_md5()
        } else {
            options
        })
    }
}

impl TableCommand {
    pub(crate) fn run(self, files: Files) -> Result<(), Failure> {
        match self {
            Self::Make { input, output, options } => {
                let options = options.parse()?;
                let files = files.input("IN", &input).output("OUT", &output);
                files.check()?;
                let table = read(&input, &options)?.map_err(|reason| refused(&input, &reason))?;
                warnings(&table).iter().for_each(|warning| warn(&input, warning));
                files.publish(&[(&output, &table.encode())])
            }
            Self::Show {
                file,
                options,
                json,
                csv,
            } => {
                let table = read(&file, &options.parse()?)?.map_err(|reason| refused(&file, &reason))?;
                if csv {
                    print_text(table.to_csv().trim_end())?;
                } else {
                    show(&table, json)?;
                }
                warnings(&table).iter().for_each(|warning| warn(&file, warning));
                Ok(())
            }
            Self::Check { file, options, json } => check(&file, read(&file, &options.parse()?)?, json),
        }
    }
}

/// Reads a table in either form. The inner error is a fault that ESP-IDF or a device would refuse.
fn read(path: &Path, options: &TableOptions) -> Result<Result<PartitionTable, String>, Failure> {
    let bytes = read_file("FILE", path)?;
    if let Some(reason) = utf16(&bytes) {
        return Err(refused(path, &reason.to_string()));
    }
    Ok(PartitionTable::read(&bytes, options).map_err(|error| error.to_string()))
}

fn refused(path: &Path, reason: &str) -> Failure {
    Failure::Input(format!("{}: {reason}", path.display()))
}

fn warn(path: &Path, warning: &str) {
    say(format_args!("warning: {}: {warning}", path.display()));
}

/// Faults that ESP-IDF's tool accepts silently.
fn warnings(table: &PartitionTable) -> Vec<String> {
    let partial = table.partial_sectors();
    let text = |part: &Partition| {
        let (line, size, label) = (part.line(), part.size(), part.label());
        format!(
            "line {line}: the size {size:#x} of {label} is not a multiple of 0x1000; erasing it erases bytes after it"
        )
    };
    partial.map(text).collect()
}

fn check(path: &Path, table: Result<PartitionTable, String>, json: bool) -> Result<(), Failure> {
    let warnings = table.as_ref().map(warnings).unwrap_or_default();
    if json {
        let error = table.as_ref().err();
        print_json(format_args!(
            "{:#}",
            json!({"ok": table.is_ok(), "error": error, "warnings": warnings})
        ))?;
    }
    warnings.iter().for_each(|warning| warn(path, warning));
    match table {
        Ok(_) if json => Ok(()),
        Ok(table) => {
            let count = counted(table.partitions().len(), "partition");
            print(format_args!(
                "{}: {count}, accepted by ESP-IDF and the device",
                path.display()
            ))
        }
        Err(reason) => Err(Failure::No(format!("{}: {reason}", path.display()))),
    }
}

fn show(table: &PartitionTable, json: bool) -> Result<(), Failure> {
    if json {
        let document = serde_json::to_value(table).map_err(|error| Failure::Work(error.to_string()))?;
        return print_json(format_args!("{document:#}"));
    }
    table.partitions().iter().try_for_each(|part| print(line(part)))
}

fn line(part: &Partition) -> String {
    let name = |name: Option<&str>, number: u8| name.map_or_else(|| format!("{number:#04x}"), ToOwned::to_owned);
    let flags = match (part.is_encrypted(), part.is_read_only()) {
        (true, true) => "encrypted:readonly",
        (true, false) => "encrypted",
        (false, true) => "readonly",
        (false, false) => "",
    };
    let line = format!(
        "{:16}  {:15}  {:9}  {:#010x}  {:#010x}  {flags}",
        part.label(),
        name(part.kind().name(), part.kind().number()),
        name(part.subtype_name(), part.subtype()),
        part.offset(),
        part.size(),
    );
    line.trim_end().to_owned()
}
