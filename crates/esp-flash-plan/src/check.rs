//! Checks of profiles and images, with errors and warnings.

mod images;

use alloc::vec::Vec;

use esp_flash_image::{BootCurve, BootScheme, EncryptionScheme, PartitionType, SecureBootFact};
use esp_secure_boot::BootKeyKind;

pub(crate) use images::{min_revision, parts};

use crate::steps::can_close_download;
use crate::{DownloadMode, EncryptionMode, Error, NvsEncryption, SecureBoot, SecurityProfile, Warning};

/// Checks a profile without images.
pub(crate) fn profile(profile: &SecurityProfile) -> Result<Vec<Warning>, Error> {
    let mut warnings = Vec::new();
    table(profile)?;
    flash_encryption(profile, &mut warnings)?;
    match &profile.secure_boot {
        None => warnings.push(Warning::NoSecureBoot),
        Some(secure_boot) => {
            boot_keys(profile, secure_boot)?;
            let kinds: Vec<_> = secure_boot.kinds().collect();
            boot_fact(profile, secure_boot.scheme, &kinds)?;
        }
    }
    nvs_encryption(profile, &mut warnings)?;
    download_mode(profile, &mut warnings)?;
    Ok(warnings)
}

fn table(profile: &SecurityProfile) -> Result<(), Error> {
    let flash_size = profile.flash_size.get();
    let expected = profile.chip.facts().bootloader_offset;
    for partition in profile.table.partitions() {
        if partition.end() > u64::from(flash_size) {
            return Err(Error::OutsideFlash {
                part: partition.label().into(),
                end: partition.end(),
                flash_size,
            });
        }
        let is_primary = partition.kind() == PartitionType::Bootloader && partition.subtype() == 0;
        if is_primary && partition.offset() != expected {
            return Err(Error::BootloaderOffset {
                chip: profile.chip,
                offset: partition.offset(),
                expected,
            });
        }
        if profile.encryption.is_some() && partition.is_nvs() && partition.is_encrypted() {
            return Err(Error::EncryptedNvs {
                part: partition.label().into(),
            });
        }
    }
    Ok(())
}

fn flash_encryption(profile: &SecurityProfile, warnings: &mut Vec<Warning>) -> Result<(), Error> {
    let Some(encryption) = &profile.encryption else {
        warnings.push(Warning::NoFlashEncryption);
        return Ok(());
    };
    let (chip, facts) = (profile.chip, profile.chip.facts());
    if let Some(scheme) = encryption.scheme {
        if !facts.encryption.contains(&scheme) {
            return Err(Error::EncryptionScheme { chip, scheme });
        }
        if !facts.has_encryption(scheme, profile.secure_boot.is_some()) {
            return Err(Error::EncryptionWithSecureBoot { scheme });
        }
    }
    if facts.efuses.crypt_config.is_some() && encryption.crypt_config.get() == 0 {
        return Err(Error::CryptConfig);
    }
    if encryption.mode == EncryptionMode::Development {
        warnings.push(Warning::DevelopmentMode);
    }
    Ok(())
}

fn boot_keys(profile: &SecurityProfile, secure_boot: &SecureBoot) -> Result<(), Error> {
    let (chip, scheme) = (profile.chip, secure_boot.scheme);
    let fact = chip
        .facts()
        .secure_boot(scheme)
        .ok_or(Error::BootScheme { chip, scheme })?;
    let (count, max) = (secure_boot.keys.len(), fact.max_keys);
    if count == 0 || count > usize::from(max) {
        return Err(Error::BootKeys { count, max });
    }
    for (index, key) in secure_boot.keys.iter().enumerate() {
        let mut others = secure_boot.keys.iter().take(index);
        if let Some(first) = others.position(|other| other.digest == key.digest) {
            return Err(Error::BootKeyDuplicate { first, second: index });
        }
        if let Some(file) = &key.file {
            SecurityProfile::check_file(file)?;
        }
        match &key.key {
            Some(key) if !goes_with(key.kind(), scheme) => {
                return Err(Error::BootKeyKind {
                    kind: key.kind(),
                    scheme,
                });
            }
            None if scheme == BootScheme::V1 => return Err(Error::BootKeyV1),
            _ => {}
        }
    }
    Ok(())
}

fn goes_with(kind: BootKeyKind, scheme: BootScheme) -> bool {
    match scheme {
        BootScheme::V1 => kind == BootKeyKind::EcdsaP256,
        BootScheme::V2Rsa => kind == BootKeyKind::Rsa3072,
        _ => kind != BootKeyKind::Rsa3072,
    }
}

/// Returns the chip's entry for a scheme and kinds of keys; an error if the chip or its revision does not support them.
fn boot_fact(
    profile: &SecurityProfile,
    scheme: BootScheme,
    kinds: &[BootKeyKind],
) -> Result<&'static SecureBootFact, Error> {
    let chip = profile.chip;
    let facts = chip.facts().secure_boot.iter().filter(|fact| fact.scheme == scheme);
    let has = |fact: &SecureBootFact, kind: BootKeyKind| curve(kind).is_none_or(|curve| fact.curves.contains(&curve));
    for kind in kinds {
        if !goes_with(*kind, scheme) {
            return Err(Error::BootKeyKind { kind: *kind, scheme });
        }
        if !facts.clone().any(|fact| has(fact, *kind)) {
            return Err(Error::BootCurve { kind: *kind, chip });
        }
    }
    let fits = |fact: &&SecureBootFact| kinds.iter().all(|kind| has(fact, *kind));
    let fact = facts.clone().find(fits).ok_or(Error::BootScheme { chip, scheme })?;
    if let (Some(min), Some(revision)) = (fact.min_revision, profile.revision)
        && revision < min
    {
        return Err(Error::RevisionTooLow {
            feature: scheme,
            min,
            revision,
        });
    }
    Ok(fact)
}

/// Warns if ESP-IDF marks the scheme as insecure, or if the profile omits the revision that it depends on.
fn warn_of_scheme(
    profile: &SecurityProfile,
    scheme: BootScheme,
    kinds: &[BootKeyKind],
    warnings: &mut Vec<Warning>,
) -> Result<(), Error> {
    let fact = boot_fact(profile, scheme, kinds)?;
    if let (Some(min), None) = (fact.min_revision, profile.revision) {
        warnings.push(Warning::RevisionUnknown { scheme, min });
    }
    if let Some(reason) = fact.insecure {
        let others = profile.chip.facts().secure_boot.iter();
        let mut sound = others.filter(|other| other.scheme != scheme && other.insecure.is_none());
        warnings.push(Warning::InsecureScheme {
            scheme,
            reason,
            alternative: sound.next().map(|other| other.scheme),
        });
    }
    Ok(())
}

const fn curve(kind: BootKeyKind) -> Option<BootCurve> {
    match kind {
        BootKeyKind::Rsa3072 => None,
        BootKeyKind::EcdsaP192 => Some(BootCurve::P192),
        BootKeyKind::EcdsaP256 => Some(BootCurve::P256),
        BootKeyKind::EcdsaP384 => Some(BootCurve::P384),
    }
}

fn nvs_encryption(profile: &SecurityProfile, warnings: &mut Vec<Warning>) -> Result<(), Error> {
    match profile.nvs {
        NvsEncryption::Off => {
            let plain = profile.table.partitions().iter().filter(|partition| partition.is_nvs());
            if profile.encryption.is_some() {
                warnings.extend(plain.map(|partition| Warning::PlainNvs {
                    part: partition.label().into(),
                }));
            }
            Ok(())
        }
        NvsEncryption::NvsKeys => {
            if !profile
                .table
                .partitions()
                .iter()
                .any(|partition| partition.is_nvs_keys())
            {
                Err(Error::NvsKeysPartition)
            } else if profile.encryption.is_none() {
                Err(Error::NvsKeysPlain)
            } else {
                Ok(())
            }
        }
        NvsEncryption::Hmac if !profile.chip.facts().nvs_hmac => Err(Error::NvsHmac { chip: profile.chip }),
        NvsEncryption::Hmac => Ok(()),
    }
}

fn download_mode(profile: &SecurityProfile, warnings: &mut Vec<Warning>) -> Result<(), Error> {
    let mode = profile.download_mode();
    let (chip, efuses) = (profile.chip, &profile.chip.facts().efuses);
    let possible = match mode {
        DownloadMode::Full => true,
        DownloadMode::Secure => efuses.secure_download.is_some(),
        DownloadMode::Off => can_close_download(profile),
    };
    if possible {
        return Ok(());
    }
    if profile.download_mode.is_some() {
        return Err(Error::DownloadMode { chip, mode });
    }
    warnings.push(Warning::DownloadModeOpen);
    Ok(())
}

/// Warns about the coding scheme that the flash encryption key of an ESP32 requires.
pub(crate) fn coding_scheme(scheme: EncryptionScheme, key_len: usize) -> Option<Warning> {
    (scheme == EncryptionScheme::Esp32).then_some(Warning::CodingScheme { key_len })
}
