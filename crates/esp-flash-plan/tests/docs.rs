//! The chip table in `docs/flash-security.md` matches the facts, and its commands match a plan.

#![allow(
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

#[path = "common/parts.rs"]
mod parts;

use std::fmt::Write;

use esp_flash_image::{Chip, SecureBootFact};
use parts::Case;

const BEGIN: &str = "<!-- chips: begin -->\n";
const END: &str = "<!-- chips: end -->";

fn scheme(fact: &SecureBootFact) -> String {
    let curves: Vec<_> = fact.curves.iter().map(ToString::to_string).collect();
    let mut text = fact.scheme.to_string();
    if !curves.is_empty() {
        write!(text, " {}", curves.join("/")).unwrap();
    }
    if let Some(min) = fact.min_revision {
        write!(text, " (≥ {min})").unwrap();
    }
    if fact.insecure.is_some() {
        format!("[{text}]")
    } else {
        text
    }
}

fn table() -> String {
    let mut table = String::from(
        "| chip | bootloader | flash encryption | secure boot | keys | NVS keys | key blocks | turned on by | left of download mode |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    for chip in Chip::ALL {
        let facts = chip.facts();
        let list = |items: Vec<String>| {
            if items.is_empty() {
                "-".to_owned()
            } else {
                items.join(", ")
            }
        };
        let encryption = list(facts.encryption.iter().map(ToString::to_string).collect());
        let boot = list(facts.secure_boot.iter().map(scheme).collect());
        let keys = facts.secure_boot.iter().map(|fact| fact.max_keys).max().unwrap_or(0);
        let nvs = if facts.nvs_hmac { "nvs_keys, hmac" } else { "nvs_keys" };
        let blocks = facts.key_blocks.count();
        let unsuited = facts.key_blocks.without_encryption_key;
        let blocks = match unsuited {
            [] => blocks.to_string(),
            names => format!("{blocks}; no XTS in {}", names.join(", ")),
        };
        let download = facts.efuses.secure_download.unwrap_or(facts.efuses.download_off);
        writeln!(
            table,
            "| {chip} | {:#x} | {encryption} | {boot} | {keys} | {nvs} | {blocks} | {} = {} | {download} |",
            facts.bootloader_offset,
            facts.efuses.crypt_count,
            facts.efuses.crypt_count_max(),
        )
        .unwrap();
    }
    table
}

#[test]
fn table_of_chips_is_that_of_the_facts() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/flash-security.md");
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("0 cases ran: no {path}");
        return;
    };
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (found, after) = rest.split_once(END).unwrap();
    if std::env::var_os("FLASH_DOCS_WRITE").is_some() {
        std::fs::write(path, format!("{before}{BEGIN}{}{END}{after}", table())).unwrap();
        return;
    }
    assert_eq!(found, table(), "run with FLASH_DOCS_WRITE=1 and look at the difference");
}

#[test]
fn commands_are_those_of_a_plan() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/flash-security.md");
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("0 cases ran: no {path}");
        return;
    };
    let commands = Case::locked(Chip::Esp32c3).plan().unwrap().commands();
    let mut rest = text.as_str();
    // The page uses the key file names of `flash-image plan`.
    let names = [
        (" flash-key.bin", " keys/UUID-flash-key.bin"),
        (" hmac-key.bin", " keys/UUID-nvs-hmac-key.bin"),
    ];
    let named = |command: String| {
        names
            .iter()
            .fold(command, |command, (ours, shown)| command.replace(ours, shown))
    };
    for command in commands.into_iter().map(named) {
        // The file offsets depend on the table.
        let shown = command.split_once(" 0x0 ").map_or(command.as_str(), |(head, _)| head);
        let place = rest
            .find(shown)
            .unwrap_or_else(|| panic!("not there, or out of order: {shown}"));
        rest = &rest[place + shown.len()..];
    }
}
