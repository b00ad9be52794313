//! `--plan-only`: the manual commands that are equivalent to the station's work.

use std::path::PathBuf;

use cli::{Failure, parse_json, print_json, read_file};
use matter_ledger::LedgerPlace;
use serde::Deserialize;
use serde_json::json;

use crate::listing;
use crate::options::RunOptions;
use crate::places::Places;

/// The part of a plan that is read.
#[derive(Deserialize)]
struct Plan {
    commands: Vec<String>,
}

/// A device without a board, or whose board is not done.
struct Left {
    uuid: String,
    serial: Option<String>,
    folder: PathBuf,
    commands: Vec<String>,
}

/// Prints the commands for the boards in progress and for the next device. Reads only the ledger and the plans.
pub(crate) fn print(options: &RunOptions, place: &LedgerPlace) -> Result<(), Failure> {
    let report = listing::read(place, &options.order)?;
    let places = Places::below(&options.devices);
    let mut left = Vec::new();
    let rows = report
        .rows
        .into_iter()
        .filter(|row| !matches!(row.state.as_str(), "done" | "quarantined"));
    let devices = rows.map(|row| (row.uuid, row.serial));
    // Ports are assigned in turn, as far as given.
    for ((uuid, serial), number) in devices.chain(report.next.map(|uuid| (uuid, None))).zip(0usize..) {
        let reason = || format!("{}: has no folder of device {uuid}", options.devices.display());
        let folder = places.of(&uuid).ok_or_else(|| Failure::option("--devices", reason()))?;
        let path = folder.join(format!("{uuid}-flash-plan.json"));
        let plan: Plan = parse_json(&path, &read_file("--devices", &path)?)?;
        let port = number
            .checked_rem(options.port.len())
            .and_then(|place| options.port.get(place));
        let port = port.filter(|port| *port != "auto");
        left.push(Left {
            uuid,
            serial,
            folder: folder.to_owned(),
            commands: plan.commands.iter().map(|command| with_port(command, port)).collect(),
        });
    }
    if options.json {
        let devices = left.iter().map(|device| {
            json!({"uuid": device.uuid, "serial": device.serial, "folder": device.folder.display().to_string(),
                   "commands": device.commands})
        });
        return print_json(format_args!("{:#}", serde_json::Value::Array(devices.collect())));
    }
    for device in left {
        let serial = device.serial.map(|serial| format!(", serial number {serial}"));
        cli::print(format_args!("# device {}{}", device.uuid, serial.unwrap_or_default()))?;
        cli::print(format_args!("cd {}", quoted(&device.folder.display().to_string())))?;
        device.commands.iter().try_for_each(cli::print)?;
        cli::print("cd - >/dev/null")?;
    }
    Ok(())
}

/// Inserts the port after the program's name.
fn with_port(command: &str, port: Option<&String>) -> String {
    match (command.split_once(' '), port) {
        (Some((program, rest)), Some(port)) => format!("{program} --port {} {rest}", quoted(port)),
        _ => command.to_owned(),
    }
}

/// Quotes a name for a shell.
fn quoted(text: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_./:@%+,-".contains(letter);
    if !text.is_empty() && text.chars().all(is_plain) && !text.starts_with('-') {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_follow_the_programs_name() {
        let command = "espefuse --chip esp32h2 burn-key BLOCK_KEY0 k XTS_AES_128_KEY";
        let port = "/dev/tty USB0".to_owned();
        assert_eq!(with_port(command, None), command);
        assert_eq!(
            with_port(command, Some(&port)),
            "espefuse --port '/dev/tty USB0' --chip esp32h2 burn-key BLOCK_KEY0 k XTS_AES_128_KEY"
        );
        assert_eq!(quoted("it's"), "'it'\\''s'");
        assert_eq!(quoted("a/b-c"), "a/b-c");
    }
}
