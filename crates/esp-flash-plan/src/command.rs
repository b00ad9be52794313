use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use esp_flash_image::{Chip, KeyAssignment};

use crate::{Action, FlashFile, KeyHalf, Step};

/// Returns the command lines for the steps, in order.
///
/// One command combines the steps of one phase that burn bits of BLOCK0, the halves of one key, and all keys of a chip
/// with a single key block.
pub(crate) fn commands(chip: Chip, steps: &[Step], files: &[FlashFile<'_>]) -> Vec<String> {
    let shared = chip.facts().key_blocks.assignment == KeyAssignment::Shared;
    let mut commands = Vec::new();
    for group in steps.chunk_by(|first, second| joins(first, second, shared)) {
        match group {
            [] => {}
            [first, ..] => commands.push(match first.action() {
                Action::BurnEfuse { .. } => burn_efuse(chip, group),
                Action::BurnKey { .. } => burn_key(chip, group),
                Action::CheckFlash => flash(chip, "verify-flash", files),
                Action::WriteFlash => flash(chip, "write-flash", files),
                Action::WriteProtect { name } => espefuse(chip, &alloc::format!("write-protect-efuse {name}")),
            }),
        }
    }
    commands
}

fn joins(first: &Step, second: &Step, shared: bool) -> bool {
    match (first.action(), second.action()) {
        (Action::BurnEfuse { .. }, Action::BurnEfuse { .. }) => first.phase() == second.phase(),
        (Action::BurnKey { half, .. }, Action::BurnKey { half: second, .. }) => {
            shared || (*half, *second) == (KeyHalf::First, KeyHalf::Second)
        }
        _ => false,
    }
}

fn burn_efuse(chip: Chip, steps: &[Step]) -> String {
    let mut command = espefuse(chip, "burn-efuse");
    for step in steps {
        if let Action::BurnEfuse { name, value } = step.action() {
            // Writing to a String does not fail.
            let _ = write!(command, " {name} {value}");
        }
    }
    command
}

fn burn_key(chip: Chip, steps: &[Step]) -> String {
    let mut command = espefuse(chip, "burn-key");
    for step in steps {
        if let Action::BurnKey {
            block,
            purpose,
            file,
            half,
        } = step.action()
        {
            let file = quote(file);
            let _ = match (half, purpose) {
                _ if purpose.is_block() => write!(command, " {} {file}", purpose.name()),
                // espefuse burns both halves from one file, the second into the next free block.
                (KeyHalf::Second, _) => Ok(()),
                (KeyHalf::First, _) => write!(command, " {block} {file} XTS_AES_256_KEY"),
                (KeyHalf::Whole, purpose) => write!(command, " {block} {file} {}", purpose.name()),
            };
        }
    }
    command
}

/// Keeps the header of a signed bootloader unchanged, and the chip from starting before everything is burned.
fn flash(chip: Chip, verb: &str, files: &[FlashFile<'_>]) -> String {
    let mut command = alloc::format!(
        "esptool --chip {chip} --before default-reset --after no-reset {verb} --flash-mode keep --flash-freq keep \
         --flash-size keep"
    );
    for file in files {
        let _ = write!(command, " {:#x} {}", file.offset(), quote(file.name()));
    }
    command
}

fn espefuse(chip: Chip, verb: &str) -> String {
    alloc::format!("espefuse --chip {chip} --before default-reset {verb}")
}

/// Quotes a file name for a shell, and prevents it from being parsed as an option.
fn quote(name: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_./=:@%+,-".contains(letter);
    let mut quoted = String::new();
    if name.starts_with('-') {
        quoted.push_str("./");
    }
    if name.chars().all(plain) {
        quoted.push_str(name);
        return quoted;
    }
    quoted.push('\'');
    for letter in name.chars() {
        match letter {
            '\'' => quoted.push_str("'\\''"),
            letter => quoted.push(letter),
        }
    }
    quoted.push('\'');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{KeyPurpose, Phase};

    #[test]
    fn file_names_are_quoted_for_a_shell() {
        let cases = [
            ("key.bin", "key.bin"),
            ("a b", "'a b'"),
            ("$(rm)", "'$(rm)'"),
            ("it's", "'it'\\''s'"),
            ("-f", "./-f"),
            ("-f x", "./'-f x'"),
            ("~root", "'~root'"),
        ];
        for (name, quoted) in cases {
            assert_eq!(quote(name), quoted);
        }
    }

    #[test]
    fn halves_of_a_key_are_one_command_and_keys_of_other_blocks_are_not() {
        let key = |block, purpose, half| {
            let file = "k".into();
            let action = Action::BurnKey {
                block,
                purpose,
                file,
                half,
            };
            Step::new(Phase::SecretKeys, action, "")
        };
        let steps = [
            key("BLOCK_KEY0", KeyPurpose::XtsAes256Key1, KeyHalf::First),
            key("BLOCK_KEY1", KeyPurpose::XtsAes256Key2, KeyHalf::Second),
            key("BLOCK_KEY2", KeyPurpose::HmacUp, KeyHalf::Whole),
        ];
        let text = commands(Chip::Esp32s3, &steps, &[]);
        assert_eq!(
            text,
            [
                "espefuse --chip esp32s3 --before default-reset burn-key BLOCK_KEY0 k XTS_AES_256_KEY",
                "espefuse --chip esp32s3 --before default-reset burn-key BLOCK_KEY2 k HMAC_UP",
            ]
        );
    }
}
