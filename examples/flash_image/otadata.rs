//! `otadata`: the app that the bootloader starts.

use std::path::PathBuf;

use clap::Subcommand;
use cli::{Failure, Files, print, print_json, read_file};
use esp_flash_image::{OtaData, OtaSelect, OtaState};
use serde_json::{Value, json};

/// The commands of `otadata`.
#[derive(Subcommand)]
pub(crate) enum OtaDataCommand {
    /// Make the contents of an otadata partition
    Make {
        /// Partition to write, 8192 bytes
        output: PathBuf,
        /// Sequence number, from 1: selects the app in slot (N - 1) modulo the number of OTA slots
        #[arg(long, value_name = "N")]
        sequence: String,
        /// State of the app: new, pending-verify, valid, invalid, aborted or undefined
        #[arg(long, default_value = "undefined")]
        state: String,
    },
    /// Show the contents of an otadata partition
    Show {
        /// Partition to read
        file: PathBuf,
        /// Write JSON: {"entries": [{"sequence", "state"} or null], "active"}
        #[arg(long)]
        json: bool,
    },
}

impl OtaDataCommand {
    pub(crate) fn run(self, files: Files) -> Result<(), Failure> {
        match self {
            Self::Make {
                output,
                sequence,
                state,
            } => {
                let sequence = cli::parse_number("--sequence", Some(&sequence), 1, u32::MAX - 1)?.unwrap_or_default();
                let state: OtaState = state.parse().map_err(|error| Failure::option("--state", error))?;
                let entry = OtaSelect::new(sequence, state).map_err(|error| Failure::option("--sequence", error))?;
                let files = files.output("OUT", &output);
                files.check()?;
                files.publish(&[(&output, &OtaData::new(Some(entry), None).encode())])
            }
            Self::Show { file, json } => {
                let data = OtaData::decode(&read_file("FILE", &file)?)
                    .map_err(|error| Failure::Input(format!("{}: {error}", file.display())))?;
                show(&data, json)
            }
        }
    }
}

fn show(data: &OtaData, json: bool) -> Result<(), Failure> {
    let active = data.active();
    if json {
        let object = |entry: &OtaSelect| json!({"sequence": entry.sequence(), "state": entry.state().name()});
        let entries = data
            .entries()
            .iter()
            .map(|entry| entry.as_ref().map_or(Value::Null, object));
        let document = json!({"entries": entries.collect::<Vec<_>>(), "active": active.map(OtaSelect::sequence)});
        return print_json(format_args!("{document:#}"));
    }
    for (sector, entry) in data.entries().iter().enumerate() {
        match entry {
            None => print(format_args!("sector {sector}: erased"))?,
            Some(entry) => {
                let active = if active == Some(entry) { ", active" } else { "" };
                let (sequence, state) = (entry.sequence(), entry.state());
                print(format_args!(
                    "sector {sector}: sequence {sequence}, state {state}{active}"
                ))?;
            }
        }
    }
    Ok(())
}
