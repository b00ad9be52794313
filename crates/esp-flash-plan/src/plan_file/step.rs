//! Parses the steps of a document and resolves their names on the chip.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::RangeInclusive;

use esp_flash_image::{Chip, EncryptionScheme, KeyAssignment};
use serde::Deserialize;

use crate::steps::{SHA384, Steps, flash};
use crate::{Action, Error, KeyHalf, KeyPurpose, Phase, SecurityProfile, Step};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenStep {
    step: u32,
    what: String,
    block: Option<String>,
    purpose: Option<String>,
    value_or_file: String,
    reason: String,
}

/// Reads the steps that burn eFuses, and inserts those for the flash.
pub(super) fn read(chip: Chip, written: Vec<WrittenStep>) -> Result<Vec<Step>, Error> {
    let mut last = Phase::WriteFlash;
    let mut read = Vec::with_capacity(written.len());
    for (number, written) in (1..).zip(written) {
        let wrong = |reason| Error::DocumentStep { step: number, reason };
        if written.step != number {
            return Err(wrong("is not numbered consecutively from 1"));
        }
        let step = written.read(chip).map_err(wrong)?;
        if step.phase() < last {
            return Err(wrong("is out of order"));
        }
        last = step.phase();
        check_once(&read, &step).map_err(wrong)?;
        read.push(step);
    }
    let efuses = &chip.facts().efuses;
    let enables = |step: &Step| match step.action() {
        Action::BurnEfuse { name, .. } => {
            let boot = [efuses.secure_boot_v1, efuses.secure_boot_v2];
            *name == efuses.crypt_count || boot.contains(&Some(*name))
        }
        _ => false,
    };
    let mut steps = Steps::default();
    flash(&mut steps, read.iter().any(enables));
    read.into_iter().for_each(|step| steps.push(step));
    Ok(steps.into_vec())
}

impl WrittenStep {
    fn read(self, chip: Chip) -> Result<Step, &'static str> {
        let (phase, action) = match (&self.block, &self.purpose) {
            (Some(block), Some(purpose)) => burn_key(chip, block, purpose, &self.value_or_file)?,
            (None, None) => efuse(chip, &self.what, &self.value_or_file)?,
            _ => return Err("has a block without a purpose or a purpose without a block"),
        };
        let step = Step::read(phase, action, self.reason);
        // The description must match the action.
        if alloc::format!("{step}") != self.what || step.value_or_file() != self.value_or_file {
            return Err("does not match its block, purpose and value");
        }
        Ok(step)
    }
}

fn efuse(chip: Chip, what: &str, value: &str) -> Result<(Phase, Action), &'static str> {
    let efuses = &chip.facts().efuses;
    if let Some(name) = what.strip_prefix("write-protect ") {
        if name == efuses.read_protection {
            let name = efuses.read_protection;
            return Ok((Phase::CloseReadProtection, Action::WriteProtect { name }));
        }
        let name = efuses.cache.filter(|cache| *cache == name);
        let name = name.ok_or("write-protects an eFuse that no plan for this chip write-protects")?;
        return Ok((Phase::WriteProtect, Action::WriteProtect { name }));
    }
    let name = what.strip_prefix("burn ").and_then(|rest| rest.split(' ').next());
    let name = name.ok_or("neither burns nor write-protects")?;
    let (phase, name, range) = known(chip, name).ok_or("burns an eFuse that no plan for this chip burns")?;
    let value = value.parse().ok().filter(|value| range.contains(value));
    let value = value.ok_or("burns a value that is out of the eFuse's range")?;
    // One bit or all bits: with an even number of bits, encryption is off.
    if name == efuses.crypt_count && value != 1 && value != efuses.crypt_count_max() {
        return Err("burns neither one nor all bits of the flash encryption counter");
    }
    Ok((phase, Action::BurnEfuse { name, value }))
}

/// Returns phase, name and value range of an eFuse that a plan may burn.
fn known(chip: Chip, wanted: &str) -> Option<(Phase, &'static str, RangeInclusive<u8>)> {
    let efuses = &chip.facts().efuses;
    let bit = |phase| move |name: &'static str| (phase, name, 1..=1);
    let enable = [
        efuses.secure_boot_v1,
        efuses.secure_boot_v2,
        efuses.aggressive_revoke,
        Some(SHA384),
    ];
    let download = [Some(efuses.download_off), efuses.secure_download];
    let numbers = [
        Some((efuses.crypt_count, efuses.crypt_count_max())),
        efuses.crypt_config.map(|name| (name, 15)),
        efuses.pseudo_rounds.map(|name| (name, 3)),
    ];
    let fixed = [efuses.development, efuses.release, efuses.secure_boot];
    let fixed = fixed.into_iter().flatten();
    let mut all = (enable.into_iter().flatten().map(bit(Phase::Enable)))
        .chain(efuses.revoke.iter().copied().map(bit(Phase::Revoke)))
        .chain(download.into_iter().flatten().map(bit(Phase::DownloadMode)))
        .chain(
            numbers
                .into_iter()
                .flatten()
                .map(|(name, max)| (Phase::Enable, name, 1..=max)),
        )
        .chain(fixed.map(|efuse| (Phase::Enable, efuse.name, efuse.value..=efuse.value)));
    all.find(|(_, name, _)| *name == wanted)
}

fn burn_key(chip: Chip, block: &str, purpose: &str, file: &str) -> Result<(Phase, Action), &'static str> {
    let blocks = &chip.facts().key_blocks;
    let purpose = KeyPurpose::ALL.into_iter().find(|known| known.name() == purpose);
    let purpose = purpose.filter(|purpose| has_purpose(chip, *purpose));
    let purpose = purpose.ok_or("burns a key for a purpose that no plan for this chip has")?;
    let index = blocks.names.iter().position(|name| *name == block);
    let index = index.ok_or("burns a key into a block that does not exist on this chip")?;
    let block = blocks.names.get(index).copied().unwrap_or_default();
    let is_flash_key = matches!(
        purpose,
        KeyPurpose::XtsAes128 | KeyPurpose::XtsAes256Key1 | KeyPurpose::XtsAes256Key2
    );
    let is_unsuited = match purpose {
        KeyPurpose::FlashEncryption => index != 0,
        KeyPurpose::SecureBootV1 | KeyPurpose::SecureBootV2 => index != 1,
        KeyPurpose::EcdsaKey => blocks.without_ecdsa_key.contains(&block),
        _ => is_flash_key && blocks.without_encryption_key.contains(&block),
    };
    if is_unsuited {
        return Err("burns a key into a block that cannot hold it");
    }
    let (file, half) = match purpose {
        KeyPurpose::XtsAes256Key1 => (file.strip_suffix("[..32]"), KeyHalf::First),
        KeyPurpose::XtsAes256Key2 => (file.strip_suffix("[32..]"), KeyHalf::Second),
        _ => (Some(file), KeyHalf::Whole),
    };
    let file = file.ok_or("does not name the half of its key file")?;
    SecurityProfile::check_file(file).map_err(|_| "has a file name that is empty or has control characters")?;
    let phase = if purpose.is_secret() {
        Phase::SecretKeys
    } else {
        Phase::KeyDigests
    };
    let action = Action::BurnKey {
        block,
        purpose,
        file: file.into(),
        half,
    };
    Ok((phase, action))
}

fn has_purpose(chip: Chip, purpose: KeyPurpose) -> bool {
    let facts = chip.facts();
    let blocks = &facts.key_blocks;
    let encrypts = |scheme| facts.encryption.contains(&scheme);
    match purpose {
        KeyPurpose::EcdsaKey => !facts.ecdsa_peripheral.is_empty(),
        KeyPurpose::FlashEncryption => encrypts(EncryptionScheme::Esp32),
        KeyPurpose::HmacUp => facts.nvs_hmac,
        KeyPurpose::SecureBootDigest(_) | KeyPurpose::SecureBootDigestHalf => {
            blocks.digest_purposes.contains(&purpose.name())
        }
        KeyPurpose::SecureBootV1 => facts.efuses.secure_boot_v1.is_some(),
        KeyPurpose::SecureBootV2 => blocks.assignment == KeyAssignment::Fixed,
        KeyPurpose::XtsAes128 => encrypts(EncryptionScheme::Xts128),
        KeyPurpose::XtsAes128Derived => encrypts(EncryptionScheme::Xts128Derived),
        KeyPurpose::XtsAes256Key1 | KeyPurpose::XtsAes256Key2 => encrypts(EncryptionScheme::Xts256),
    }
}

/// Refuses a step that burns an eFuse, purpose or block that an earlier step burns.
fn check_once(read: &[Step], step: &Step) -> Result<(), &'static str> {
    for other in read {
        match (other.action(), step.action()) {
            (Action::BurnEfuse { name, .. }, Action::BurnEfuse { name: again, .. }) if name == again => {
                return Err("burns an eFuse that an earlier step burns");
            }
            (Action::WriteProtect { name }, Action::WriteProtect { name: again }) if name == again => {
                return Err("write-protects an eFuse that an earlier step write-protects");
            }
            (
                Action::BurnKey { block, purpose, .. },
                Action::BurnKey {
                    block: again,
                    purpose: now,
                    ..
                },
            ) => {
                if purpose == now {
                    return Err("burns a second key for one purpose");
                }
                let halves = [KeyPurpose::XtsAes128Derived, KeyPurpose::SecureBootDigestHalf];
                if block == again && [*purpose, *now] != halves {
                    return Err("burns a key into a block that an earlier step burns");
                }
            }
            _ if other.phase() == Phase::DownloadMode && step.phase() == Phase::DownloadMode => {
                return Err("closes download mode a second time");
            }
            _ => {}
        }
    }
    Ok(())
}
