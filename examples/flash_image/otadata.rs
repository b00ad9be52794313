//! `otadata`: which app the bootloader starts.

use std::path::PathBuf;

use clap::Subcommand;
use cli::{Failure, Files, print, print_json, read_file};
use esp_flash_image::{OtaData, OtaSelect, OtaState};
use serde_json::{Value, json};

/// What can be done with otadata.
#[derive(Subcommand)]
pub(crate) enum OtaDataCommand {
    /// Makes the contents of an otadata partition
    Make {
        /// The partition to write, 8192 bytes
        output: PathBuf,
        /// The sequence number, from 1: the app in slot (N - 1) modulo the number of OTA slots starts
        #[arg(long, value_name = "N")]
        sequence: String,
        /// The state of the app: new, pending, valid, invalid, aborted or undefined
        #[arg(long, default_value = "undefined")]
        state: String,
    },
    /// Shows the contents of an otadata partition
    Show {
        /// The partition
        file: PathBuf,
        /// Writes JSON: {"entries": [{"sequence", "state"} or null], "active"}
        #[arg(long)]
        json: bool,
    },
}
