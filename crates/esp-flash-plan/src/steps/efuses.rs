use alloc::string::String;
use alloc::vec::Vec;

use esp_flash_image::{BootScheme, ChipRevision, EfuseNames, EfuseValue, EncryptionScheme};
use esp_secure_boot::BootKeyKind;

use super::{Action, KeyHalf, Phase, Step, Steps};
use crate::blocks::{self, Assigned};
use crate::{DownloadMode, EncryptionMode, Error, KeyPurpose, SecurityProfile};

/// The names of the key files of one device.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct KeyFiles<'a> {
    pub(crate) flash_encryption: Option<&'a str>,
    pub(crate) nvs_hmac: Option<&'a str>,
    /// The block number and the file.
    pub(crate) ecdsa: Option<(usize, &'a str)>,
    pub(crate) secure_boot_v1: Option<&'a str>,
}

/// Returns all steps of a profile for the key files of one device.
pub(crate) fn efuse_steps(
    profile: &SecurityProfile,
    assigned: &Assigned,
    kinds: &[BootKeyKind],
    files: KeyFiles<'_>,
) -> Result<Vec<Step>, Error> {
    let mut steps = Steps::default();
    flash(
        &mut steps,
        profile.encryption.is_some() || profile.secure_boot.is_some(),
    );
    secret_keys(&mut steps, profile, assigned, files)?;
    flash_encryption(&mut steps, profile);
    secure_boot(&mut steps, profile, assigned, kinds)?;
    download_mode(&mut steps, profile);
    Ok(steps.into_vec())
}

/// Adds the steps for the flash; `is_protected` states whether flash encryption or secure boot is enabled.
pub(crate) fn flash(steps: &mut Steps, is_protected: bool) {
    steps.add(
        Phase::WriteFlash,
        Action::WriteFlash,
        "first, because esptool refuses raw data once flash encryption is on",
    );
    steps.add(
        Phase::CheckFlash,
        Action::CheckFlash,
        "before the first eFuse, while a flash fault can still be corrected",
    );
    if is_protected {
        steps.add(
            Phase::CheckFlashAgain,
            Action::CheckFlash,
            "ensures that nothing has written to the flash since; afterwards it cannot be read",
        );
    }
}

fn secret_keys(
    steps: &mut Steps,
    profile: &SecurityProfile,
    assigned: &Assigned,
    files: KeyFiles<'_>,
) -> Result<(), Error> {
    let mut burn = |block, purpose, file: &str, half, reason| {
        let block = blocks::name(&profile.chip.facts().key_blocks, block)?;
        let file = String::from(file);
        let action = Action::BurnKey {
            block,
            purpose,
            file,
            half,
        };
        steps.add(Phase::SecretKeys, action, reason);
        Ok::<_, Error>(())
    };
    if let (Some(scheme), Some(block), Some(file)) = (
        profile.encryption_scheme(),
        assigned.flash_encryption,
        files.flash_encryption,
    ) {
        match scheme {
            EncryptionScheme::Esp32 => burn(block, KeyPurpose::FlashEncryption, file, KeyHalf::Whole, SECRET)?,
            EncryptionScheme::Xts128Derived => {
                burn(block, KeyPurpose::XtsAes128Derived, file, KeyHalf::Whole, SHARED)?;
            }
            EncryptionScheme::Xts256 => {
                let second = block.saturating_add(1);
                burn(block, KeyPurpose::XtsAes256Key1, file, KeyHalf::First, SECRET)?;
                burn(second, KeyPurpose::XtsAes256Key2, file, KeyHalf::Second, SECRET)?;
            }
            _ => burn(block, KeyPurpose::XtsAes128, file, KeyHalf::Whole, SECRET)?,
        }
    }
    if let (Some(block), Some(file)) = (assigned.nvs_hmac, files.nvs_hmac) {
        let reason = "the HMAC peripheral derives the keys of NVS encryption; read protection needs RD_DIS open";
        burn(block, KeyPurpose::HmacUp, file, KeyHalf::Whole, reason)?;
    }
    if let Some((block, file)) = files.ecdsa {
        let reason = "the ECDSA peripheral signs with it; read protection needs RD_DIS open";
        burn(block, KeyPurpose::EcdsaKey, file, KeyHalf::Whole, reason)?;
    }
    if let (Some(BootScheme::V1), Some(file)) = (profile.boot_scheme(), files.secure_boot_v1) {
        let reason = "the ROM computes the digest of the bootloader with it; read protection needs RD_DIS open";
        burn(BLOCK2, KeyPurpose::SecureBootV1, file, KeyHalf::Whole, reason)?;
    }
    Ok(())
}

fn flash_encryption(steps: &mut Steps, profile: &SecurityProfile) {
    let Some(encryption) = &profile.encryption else {
        return;
    };
    let efuses = &profile.chip.facts().efuses;
    if let Some(name) = efuses.crypt_config {
        let value = encryption.crypt_config.get();
        enable(
            steps,
            name,
            value,
            "selects how the address changes the key; before the counter, which turns encryption on",
        );
    }
    match encryption.mode {
        EncryptionMode::Development => {
            let reason = "one bit turns flash encryption on; the next bit can turn it off again";
            enable(steps, efuses.crypt_count, 1, reason);
        }
        EncryptionMode::Release => {
            let reason = "all bits: flash encryption is permanent";
            enable(steps, efuses.crypt_count, efuses.crypt_count_max(), reason);
            pseudo_rounds(steps, profile, efuses);
            for EfuseValue { name, value, .. } in efuses.release {
                enable(steps, name, *value, reason_of(name));
            }
            if let Some(name) = efuses.cache {
                steps.add(
                    Phase::WriteProtect,
                    Action::WriteProtect { name },
                    "write-protects this and all bits with the same protection; after they are burned",
                );
            }
        }
    }
}

fn pseudo_rounds(steps: &mut Steps, profile: &SecurityProfile, efuses: &EfuseNames) {
    let min = profile.chip.facts().pseudo_round_min_revision;
    let always = ChipRevision::new(0, 0).ok();
    let has = min.is_some() && (min == always || profile.revision >= min);
    if let Some(name) = efuses.pseudo_rounds.filter(|_| has) {
        enable(
            steps,
            name,
            1,
            "pseudo rounds protect decryption from power analysis; low level, as in ESP-IDF",
        );
    }
}

fn secure_boot(
    steps: &mut Steps,
    profile: &SecurityProfile,
    assigned: &Assigned,
    kinds: &[BootKeyKind],
) -> Result<(), Error> {
    let Some(secure_boot) = &profile.secure_boot else {
        return Ok(());
    };
    let facts = profile.chip.facts();
    let efuses = &facts.efuses;
    if secure_boot.scheme != BootScheme::V1 {
        digests(steps, profile, assigned)?;
        for name in efuses.revoke.iter().skip(secure_boot.keys.len()) {
            let reason = "an unused slot that is not revoked would accept an attacker's key";
            steps.add(Phase::Revoke, Action::BurnEfuse { name, value: 1 }, reason);
        }
        steps.add(
            Phase::CloseReadProtection,
            Action::WriteProtect {
                name: efuses.read_protection,
            },
            "a read-protected digest would prevent booting; from here on no key can be read-protected",
        );
    }
    if let Some(name) = efuses.secure_boot_enable(secure_boot.scheme) {
        enable(
            steps,
            name,
            1,
            "secure boot is permanent; after its digests or key are burned",
        );
    }
    if kinds.contains(&BootKeyKind::EcdsaP384) {
        enable(steps, SHA384, 1, "P-384 signatures use SHA-384");
    }
    let development = profile.encryption.is_some() && !profile.is_release();
    if !development {
        for EfuseValue { name, value, .. } in efuses.secure_boot {
            enable(steps, name, *value, reason_of(name));
        }
    }
    Ok(())
}

fn digests(steps: &mut Steps, profile: &SecurityProfile, assigned: &Assigned) -> Result<(), Error> {
    let blocks = &profile.chip.facts().key_blocks;
    let keys = profile.secure_boot.iter().flat_map(|secure_boot| &secure_boot.keys);
    for ((slot, key), block) in (0_u8..).zip(keys).zip(&assigned.digests) {
        let (purpose, block) = if profile.has_fixed_blocks() {
            (KeyPurpose::SecureBootV2, BLOCK2)
        } else if blocks.digest_purposes.len() == 1 {
            (KeyPurpose::SecureBootDigestHalf, *block)
        } else {
            (KeyPurpose::SecureBootDigest(slot), *block)
        };
        let action = Action::BurnKey {
            block: blocks::name(blocks, block)?,
            purpose,
            file: digest_file(slot, key.file.as_deref()),
            half: KeyHalf::Whole,
        };
        let reason = if purpose == KeyPurpose::SecureBootDigestHalf {
            SHARED
        } else {
            "after the secret keys, because it must stay readable"
        };
        steps.add(Phase::KeyDigests, action, reason);
    }
    Ok(())
}

fn download_mode(steps: &mut Steps, profile: &SecurityProfile) {
    let efuses = &profile.chip.facts().efuses;
    let name = match profile.download_mode() {
        DownloadMode::Full => None,
        DownloadMode::Secure => efuses.secure_download,
        DownloadMode::Off => can_close_download(profile).then_some(efuses.download_off),
    };
    if let Some(name) = name {
        steps.add(
            Phase::DownloadMode,
            Action::BurnEfuse { name, value: 1 },
            "last, because afterwards no eFuse can be burned and no flash compared",
        );
    }
}

/// The ESP32 supports UART_DOWNLOAD_DIS from revision 3.0 on, like secure boot version 2.
pub(crate) fn can_close_download(profile: &SecurityProfile) -> bool {
    let min = ChipRevision::new(3, 0).ok();
    !profile.has_fixed_blocks() || profile.revision >= min || profile.boot_scheme() == Some(BootScheme::V2Rsa)
}

/// Adds the step of an eFuse unless it is present: flash encryption and secure boot share some eFuses.
fn enable(steps: &mut Steps, name: &'static str, value: u8, reason: &'static str) {
    let burns = |step: &Step| matches!(step.action, Action::BurnEfuse { name: other, .. } if other == name);
    if !steps.0.iter().any(burns) {
        steps.add(Phase::Enable, Action::BurnEfuse { name, value }, reason);
    }
}

fn reason_of(name: &str) -> &'static str {
    if name.contains("JTAG") {
        "prevents debuggers from reading memory and changing the program counter"
    } else if name.contains("DIRECT_BOOT") || name.contains("LEGACY_SPI_BOOT") || name.contains("BOOT_REMAP") {
        "prevents starting code that bypasses the ROM's checks"
    } else if name.contains("ENCRYPT") {
        "prevents encrypting arbitrary data in download mode"
    } else if name.contains("CONSOLE") {
        "disables the BASIC interpreter in ROM"
    } else {
        "prevents reading decrypted flash in download mode"
    }
}

/// Returns the file name of a digest.
pub(crate) fn digest_file(slot: u8, name: Option<&str>) -> String {
    name.map_or_else(|| alloc::format!("secure-boot-digest{slot}.bin"), Into::into)
}

const SECRET: &str = "read protection needs RD_DIS open: before it is closed for the digests";
const SHARED: &str = "both keys share the block, which can be burned once: in one command";
pub(crate) const SHA384: &str = "SECURE_BOOT_SHA384_EN";
/// The index of the ESP32's secure boot block.
const BLOCK2: usize = 1;
