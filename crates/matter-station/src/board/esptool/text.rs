//! Parses the output of esptool 5 and espefuse 5.

use esp_flash_image::{Chip, ChipRevision};
use esp_flash_plan::KeyPurpose;
use serde_json::Value;

use crate::{BoardFacts, BoardFault, EfuseState};

/// Parses the chip properties in the output of `flash-id`.
pub(super) fn facts(text: &str) -> Result<BoardFacts, BoardFault> {
    let line = |name: &str| {
        text.lines()
            .find_map(|line| line.trim().strip_prefix(name))
            .map(str::trim)
    };
    let Some(kind) = line("Chip type:") else {
        return Err(BoardFault::Garbage("esptool reports no chip".into()));
    };
    let name = kind.split([' ', '(']).next().unwrap_or_default();
    let revision = kind.split_once("revision v").map(|(_, rest)| rest);
    let revision = revision.and_then(|rest| rest.split(')').next()).and_then(revision_of);
    let base = line("BASE MAC:").or_else(|| line("MAC:"));
    let extension = line("MAC_EXT:").and_then(bytes::<2>);
    Ok(BoardFacts {
        chip: name.parse::<Chip>().ok(),
        chip_name: name.to_lowercase().replace('-', ""),
        revision,
        mac: base.and_then(bytes::<6>),
        mac_extension: extension,
        flash_size: line("Detected flash size:").and_then(flash_size),
        is_secure_download: false,
        security: None,
    })
}

/// Parses the output for a chip in secure download mode, which reports only its type.
pub(super) fn locked(text: &str) -> Option<BoardFacts> {
    if !text.contains("Secure Download Mode") {
        return None;
    }
    let kind = text.lines().find_map(|line| line.trim().strip_prefix("Chip type:"));
    let kind = kind.or_else(|| text.lines().find_map(|line| line.trim().strip_prefix("Connected to ")));
    let name = kind.and_then(|kind| kind.split_whitespace().next()).unwrap_or_default();
    Some(BoardFacts {
        chip: name.parse::<Chip>().ok(),
        chip_name: name.to_lowercase().replace('-', ""),
        is_secure_download: true,
        ..BoardFacts::default()
    })
}

fn revision_of(text: &str) -> Option<ChipRevision> {
    let (major, minor) = text.trim().split_once('.')?;
    ChipRevision::new(major.parse().ok()?, minor.parse().ok()?).ok()
}

fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let text = text.split_whitespace().next()?;
    let bytes = text.split(':').map(|byte| u8::from_str_radix(byte, 16).ok());
    bytes.collect::<Option<Vec<_>>>()?.try_into().ok()
}

fn flash_size(text: &str) -> Option<u32> {
    let text = text.split_whitespace().next()?;
    let (number, unit) = match (text.strip_suffix("MB"), text.strip_suffix("KB")) {
        (Some(number), _) => (number, 0x10_0000),
        (_, Some(number)) => (number, 0x400),
        _ => return None,
    };
    number.parse::<u32>().ok()?.checked_mul(unit)
}

/// Classifies the failure of a program.
pub(super) fn fault(text: &str) -> BoardFault {
    let message = text
        .lines()
        .find_map(|line| line.split_once(" error occurred:"))
        .map(|(_, message)| message.trim());
    let last = || {
        text.lines()
            .rfind(|line| !line.trim().is_empty())
            .unwrap_or_default()
            .trim()
    };
    let message = message.unwrap_or_else(last).to_owned();
    let has = |words: &[&str]| words.iter().any(|word| message.contains(word));
    if has(&[
        "Could not open",
        "could not open",
        "port is busy",
        "Connection refused",
        "device disconnected",
        "port that is not open",
    ]) {
        BoardFault::Port(message)
    } else if has(&[
        "Failed to connect",
        "No serial data",
        "Timed out waiting for packet header",
    ]) {
        BoardFault::Silent(message)
    } else if has(&["Timed out", "timed out", "timeout", "No more data to read"]) {
        BoardFault::Stuck(message)
    } else if has(&[
        "Invalid head of packet",
        "Packet content transfer stopped",
        "Unexpected",
    ]) {
        BoardFault::Garbage(message)
    } else {
        BoardFault::Error(message)
    }
}

/// Returns the value of an eFuse.
pub(super) fn number(summary: &Value, name: &str) -> Option<u32> {
    let raw = summary.get(name)?.get("raw_value")?.as_str()?;
    let digits = raw.strip_prefix("0x")?;
    u32::from_str_radix(digits, 16).ok()
}

pub(super) fn is_writeable(summary: &Value, name: &str) -> Option<bool> {
    summary.get(name)?.get("writeable")?.as_bool()
}

/// Returns the purpose of a key block, by espefuse's name.
pub(super) fn purpose(summary: &Value, block: &str) -> Option<String> {
    let field = format!("KEY_PURPOSE_{}", block.strip_prefix("BLOCK_KEY")?);
    let value = summary.get(&field)?.get("value")?.as_str()?;
    Some(value.split_whitespace().next()?.to_owned())
}

/// Compares a key block with a key.
pub(super) fn key_state(
    summary: &Value,
    block: &str,
    wanted: KeyPurpose,
    key: Option<&[u8]>,
) -> Result<EfuseState, BoardFault> {
    let unknown = || BoardFault::Unsuited(format!("espefuse has no {block}"));
    let found = summary.get(block).ok_or_else(unknown)?;
    let has_purpose = wanted.is_block() || {
        let purpose = purpose(summary, block);
        // The only block of the ESP32-C2 has no purposes.
        purpose.is_none() || purpose.as_deref() == Some(wanted.name())
    };
    if found.get("readable").and_then(Value::as_bool) == Some(false) {
        return Ok(if has_purpose {
            EfuseState::Hidden
        } else {
            EfuseState::Other
        });
    }
    let text = found.get("value").and_then(Value::as_str).unwrap_or_default();
    let held = text
        .split_whitespace()
        .map_while(|byte| u8::from_str_radix(byte, 16).ok());
    let held = held.collect::<Vec<_>>();
    let Some(key) = key else {
        let is_blank = held.iter().all(|byte| *byte == 0);
        return Ok(if is_blank { EfuseState::Blank } else { EfuseState::Other });
    };
    let bytes = wanted.block_bytes(key);
    let bytes = bytes.map_err(|error| BoardFault::Unsuited(format!("{block}: {error}")))?;
    let end = wanted.block_offset().saturating_add(bytes.len());
    let held = held.get(wanted.block_offset()..end).ok_or_else(unknown)?;
    Ok(if held == bytes.as_slice() {
        let is_whole = has_purpose && !wanted.is_secret();
        if is_whole {
            EfuseState::Burned
        } else {
            EfuseState::Partial
        }
    } else if held.iter().all(|byte| *byte == 0) {
        EfuseState::Blank
    } else {
        EfuseState::Other
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Output of esptool 5.6.0; the README next to the files lists the commands.
    macro_rules! output {
        ($name:literal) => {
            include_str!(concat!("../../../tests/data/esptool/", $name, ".txt"))
        };
    }

    #[test]
    fn a_chip_is_parsed_from_the_output_of_esptool() {
        let found = facts(output!("c3")).unwrap();
        assert_eq!(found.chip, Some(Chip::Esp32c3));
        assert_eq!(found.revision, ChipRevision::new(0, 4).ok());
        assert_eq!(
            (found.mac, found.mac_extension),
            (Some([0x24, 0x0a, 0xc4, 0, 0, 1]), None)
        );
        assert_eq!(found.flash_size, Some(0x40_0000));
        assert!(!found.is_secure_download);
        let found = facts(output!("h2")).unwrap();
        assert_eq!(
            (found.chip, found.revision),
            (Some(Chip::Esp32h2), ChipRevision::new(1, 2).ok())
        );
        assert_eq!(
            (found.mac, found.mac_extension),
            (Some([0x24, 0x0a, 0xc4, 0, 0, 7]), Some([0xff, 0xfe]))
        );
        assert!(matches!(facts("esptool v5.6.0"), Err(BoardFault::Garbage(_))));
    }

    #[test]
    fn a_locked_chip_is_recognized_by_its_refusals() {
        let found = locked(output!("locked")).unwrap();
        assert_eq!((found.chip, found.mac), (Some(Chip::Esp32h2), None));
        assert!(found.is_secure_download && locked(output!("c3")).is_none());
    }

    #[test]
    fn errors_of_esptool_are_classified() {
        for (text, is_it) in [
            (output!("no-port"), "port"),
            (output!("refused"), "port"),
            (output!("dies"), "port"),
            (output!("silent"), "silent"),
            (output!("stuck"), "stuck"),
            (output!("garbage"), "stuck"),
            (output!("bad-flash"), "error"),
            // Not reproducible with a virtual chip; the wording is that of esptool's errors.
            (
                "A fatal error occurred: Timed out waiting for packet content\n",
                "stuck",
            ),
            (
                "A fatal error occurred: Invalid head of packet (0x08): Possible serial noise or corruption.\n",
                "garbage",
            ),
            (
                "A fatal error occurred: Failed to write to target flash (result was 0106)\n",
                "error",
            ),
        ] {
            let kind = match fault(text) {
                BoardFault::Port(_) => "port",
                BoardFault::Silent(_) => "silent",
                BoardFault::Stuck(_) => "stuck",
                BoardFault::Garbage(_) => "garbage",
                BoardFault::Error(_) => "error",
                _ => "other",
            };
            assert_eq!(kind, is_it, "{text}");
        }
    }

    #[test]
    fn a_key_block_is_compared_in_the_order_of_its_words() {
        let block = |readable: bool, value: &str, purpose: &str| {
            serde_json::json!({
                "BLOCK_KEY0": {"readable": readable, "value": value},
                "KEY_PURPOSE_0": {"value": purpose, "raw_value": "0x4"},
            })
        };
        let zeros = vec!["00"; 32].join(" ");
        let held = (0..32u8)
            .rev()
            .map(|byte| format!("{byte:02x}"))
            .collect::<Vec<_>>()
            .join(" ");
        let key = (0..32u8).collect::<Vec<_>>();
        let state = |summary: &Value, key| key_state(summary, "BLOCK_KEY0", KeyPurpose::XtsAes128, key).unwrap();
        let key = Some(key.as_slice());
        assert_eq!(state(&block(true, &zeros, "USER"), key), EfuseState::Blank);
        assert_eq!(state(&block(true, &zeros, "USER"), None), EfuseState::Blank);
        assert_eq!(state(&block(true, &held, "USER"), key), EfuseState::Partial);
        assert_eq!(state(&block(true, &held, "USER"), None), EfuseState::Other);
        assert_eq!(state(&block(true, &held, "XTS_AES_128_KEY"), key), EfuseState::Partial);
        assert_eq!(state(&block(false, &zeros, "XTS_AES_128_KEY"), key), EfuseState::Hidden);
        assert_eq!(state(&block(false, &zeros, "HMAC_UP"), key), EfuseState::Other);
        let other = Some([9; 32]);
        assert_eq!(
            state(&block(true, &held, "USER"), other.as_ref().map(|key| key.as_slice())),
            EfuseState::Other
        );
    }
}
