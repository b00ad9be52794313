use alloc::vec::Vec;

use esp_flash_image::{BootScheme, ChipRevision, Image, ImageHeader};
use esp_secure_boot::{BootKeyKind, SignedImage, verify_app_v1};

use super::{boot_fact, warn_of_scheme};
use crate::layout::{self, SECTOR};
use crate::plan::{BOOTLOADER, TABLE};
use crate::{Error, SecureBoot, SecurityProfile, SharedParts, Warning};

/// Checks the bootloader, the apps and their signatures; returns the kinds of the keys in use.
pub(crate) fn parts(
    profile: &SecurityProfile,
    parts: &SharedParts<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<BootKeyKind>, Error> {
    let mut kinds: Vec<_> = profile.secure_boot.iter().flat_map(SecureBoot::kinds).collect();
    bootloader(profile, parts, warnings)?;
    kinds.extend(bootloader_signature(profile, parts)?);
    if parts.apps.is_empty() {
        return Err(Error::NoApp);
    }
    for (label, app) in &parts.apps {
        kinds.extend(self::app(profile, label, app)?);
    }
    signed_table(profile, parts)?;
    if let Some(scheme) = profile.boot_scheme() {
        warn_of_scheme(profile, scheme, &kinds, warnings)?;
    }
    Ok(kinds)
}

fn bootloader(profile: &SecurityProfile, parts: &SharedParts<'_>, warnings: &mut Vec<Warning>) -> Result<(), Error> {
    let chip = profile.chip;
    let expected = chip.facts().bootloader_offset;
    let offset = parts.bootloader_offset.unwrap_or(expected);
    if offset != expected {
        return Err(Error::BootloaderOffset { chip, offset, expected });
    }
    let image = parse(profile, BOOTLOADER, parts.bootloader)?;
    let len = parts.bootloader.len();
    let available = profile.table.offset().saturating_sub(expected);
    if usize::try_from(available).is_ok_and(|available| layout::sectors(len) > available) {
        return Err(Error::BootloaderTooLong { len, available });
    }
    flash_size(profile, image.header(), warnings)
}

/// ESP-IDF's bootloader takes the flash size from its header, and stops if the flash is smaller.
fn flash_size(profile: &SecurityProfile, header: &ImageHeader, warnings: &mut Vec<Warning>) -> Result<(), Error> {
    let profile_size = profile.flash_size.get();
    let partitions = profile.table.partitions().iter().map(|partition| partition.end()).max();
    let partitions = partitions.unwrap_or(0);
    let Some(size) = header.flash_size() else {
        return Ok(());
    };
    let size = size.get();
    if size > profile_size || u64::from(size) < partitions {
        return Err(Error::BootloaderFlashSize {
            header: size,
            profile: profile_size,
            partitions,
        });
    }
    if size < profile_size {
        warnings.push(Warning::BootloaderFlashSize {
            header: size,
            profile: profile_size,
        });
    }
    Ok(())
}

fn bootloader_signature(profile: &SecurityProfile, parts: &SharedParts<'_>) -> Result<Option<BootKeyKind>, Error> {
    match &profile.secure_boot {
        // Secure boot version 1 has a digest of the bootloader instead of a signature.
        Some(secure_boot) if secure_boot.scheme != BootScheme::V1 => {
            signature_v2(profile, secure_boot, BOOTLOADER, parts.bootloader).map(Some)
        }
        _ => Ok(None),
    }
}

fn app(profile: &SecurityProfile, label: &str, app: &[u8]) -> Result<Option<BootKeyKind>, Error> {
    let partition = layout::find(&profile.table, label)?;
    if !partition.is_app() {
        return Err(Error::NotAnApp {
            part: label.into(),
            kind: partition.kind(),
        });
    }
    layout::check_fit(partition, app.len())?;
    parse(profile, label, app)?;
    match &profile.secure_boot {
        None => Ok(None),
        Some(secure_boot) if secure_boot.scheme == BootScheme::V1 => {
            let image = signature_v1(secure_boot, label, app)?;
            place(profile, label, app, image.len(), false)?;
            Ok(None)
        }
        Some(secure_boot) => signature_v2(profile, secure_boot, label, app).map(Some),
    }
}

/// The version 1 bootloader also verifies the table, whose signature follows its 0xC00 bytes.
fn signed_table(profile: &SecurityProfile, parts: &SharedParts<'_>) -> Result<(), Error> {
    let Some(secure_boot) = &profile.secure_boot else {
        return Ok(());
    };
    if secure_boot.scheme != BootScheme::V1 {
        return Ok(());
    }
    let table = signature_v1(secure_boot, TABLE, parts.signed_table.unwrap_or_default())?;
    if table == profile.table.encode() {
        Ok(())
    } else {
        Err(Error::TableDiffers)
    }
}

fn signature_v1<'a>(secure_boot: &SecureBoot, part: &str, bytes: &'a [u8]) -> Result<&'a [u8], Error> {
    let key = secure_boot.keys.iter().find_map(|key| key.key.as_ref());
    let key = key.ok_or(Error::BootKeyV1)?;
    verify_app_v1(bytes, key).map_err(|error| match error {
        esp_secure_boot::Error::NotSigned => Error::Unsigned {
            part: part.into(),
            error,
        },
        _ => Error::Signature {
            part: part.into(),
            error,
        },
    })
}

fn signature_v2(
    profile: &SecurityProfile,
    secure_boot: &SecureBoot,
    part: &str,
    bytes: &[u8],
) -> Result<BootKeyKind, Error> {
    let unsigned = |error| Error::Unsigned {
        part: part.into(),
        error,
    };
    let wrong = |error| Error::Signature {
        part: part.into(),
        error,
    };
    let signed = SignedImage::parse(bytes).map_err(unsigned)?;
    let digests: Vec<_> = secure_boot.keys.iter().map(|key| key.digest).collect();
    signed.verify_digests(&digests).map_err(wrong)?;
    let kind = signed.kind().map_err(wrong)?;
    place(profile, part, bytes, signed.content().len(), true)?;
    Ok(kind)
}

/// Checks that the signature is where the bootloader or ROM expects it: after the image, or after its last sector.
fn place(profile: &SecurityProfile, part: &str, bytes: &[u8], found: usize, sectors: bool) -> Result<(), Error> {
    let image = parse(profile, part, bytes)?;
    let len = image.image_len();
    let expected = if sectors { layout::sectors(len) } else { len };
    if found == expected {
        return Ok(());
    }
    Err(Error::SignaturePlace {
        part: part.into(),
        found,
        expected,
    })
}

/// Returns the lowest chip revision that supports the profile and may run all images.
pub(crate) fn min_revision(
    profile: &SecurityProfile,
    parts: &SharedParts<'_>,
    kinds: &[BootKeyKind],
) -> Result<Option<ChipRevision>, Error> {
    let mut min = profile.revision;
    if let Some(scheme) = profile.boot_scheme() {
        min = min.max(boot_fact(profile, scheme, kinds)?.min_revision);
    }
    let apps = parts.apps.iter().map(|(label, app)| (*label, *app));
    for (part, bytes) in apps.chain([(BOOTLOADER, parts.bootloader)]) {
        let any = ChipRevision::new(0, 0).ok();
        let image = parse(profile, part, bytes)?.header().min_revision();
        min = min.max(image.filter(|_| image > any));
    }
    Ok(min)
}

/// Reads an image, and checks its chip and revision.
fn parse<'a>(profile: &SecurityProfile, part: &str, bytes: &'a [u8]) -> Result<Image<'a>, Error> {
    let image = Image::parse(bytes).map_err(|error| Error::Image {
        part: part.into(),
        error,
    })?;
    let header = image.header();
    if header.chip_id() != profile.chip.image_id() {
        return Err(Error::ChipMismatch {
            part: part.into(),
            found: header.chip_id(),
            chip: profile.chip,
        });
    }
    let (min, max) = (header.min_revision(), header.max_revision());
    let runs_on = |revision| min.is_some_and(|min| min <= revision) && max.is_none_or(|max| revision <= max);
    match profile.revision {
        Some(revision) if !runs_on(revision) => Err(Error::ImageRevision {
            part: part.into(),
            min,
            max,
            revision,
        }),
        _ => Ok(image),
    }
}

const _: () = assert!(SECTOR == esp_secure_boot::SECTOR);
