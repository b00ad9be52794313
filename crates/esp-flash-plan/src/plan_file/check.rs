//! What the parts of a document have to do with each other.

use esp_flash_image::{Chip, FlashSize};

use crate::layout::SECTOR;
use crate::{Action, Error, KeyHalf, KeyPurpose, Phase, Region, Step};

/// Regions are whole sectors, sorted, apart from each other, and inside of the flash.
pub(super) fn regions(regions: &[Region], flash_size: Option<FlashSize>) -> Result<(), Error> {
    let sector = u32::try_from(SECTOR).unwrap_or(u32::MAX);
    let mut end = 0;
    for region in regions {
        let (offset, length) = (region.offset(), region.length());
        let wrong = |reason| Err(Error::DocumentRegion { offset, reason });
        if !offset.is_multiple_of(sector) || !length.is_multiple_of(sector) || length == 0 {
            return wrong("is not one or more whole sectors of 4096 bytes");
        }
        if offset < end {
            return wrong("overlaps the one before it or precedes it");
        }
        end = match offset.checked_add(length) {
            Some(end) => end,
            None => return wrong("ends behind 4 GiB"),
        };
        if flash_size.is_some_and(|size| end > size.get()) {
            return wrong("ends behind the flash");
        }
    }
    if regions.is_empty() {
        return Err(member("regions", "is empty"));
    }
    Ok(())
}

const fn member(member: &'static str, reason: &'static str) -> Error {
    Error::DocumentMember { member, reason }
}

/// What is turned on has its key, and keys have what they are for: a chip that lacks one of both never starts again, or is
/// not protected.
pub(super) fn protection(chip: Chip, regions: &[Region], steps: &[Step]) -> Result<(), Error> {
    let wrong = |reason| Err(member("efuses", reason));
    let efuses = &chip.facts().efuses;
    let burns = |wanted: Option<&str>| {
        let is_burned = |step: &Step| matches!(step.action(), Action::BurnEfuse { name, .. } if Some(*name) == wanted);
        wanted.is_some() && steps.iter().any(is_burned)
    };
    let has = |wanted: &dyn Fn(KeyPurpose) -> bool| steps.iter().filter_map(Step::purpose).any(wanted);
    halves(chip, steps)?;
    let keys = steps
        .iter()
        .filter_map(Step::purpose)
        .filter(|purpose| purpose.is_flash_encryption() && *purpose != KeyPurpose::XtsAes256Key2);
    let keys = keys.count();
    let is_encrypted = burns(Some(efuses.crypt_count));
    if keys != usize::from(is_encrypted) {
        return wrong("has flash encryption without one key for it, or a key without flash encryption");
    }
    if regions.iter().any(Region::is_encrypted) != is_encrypted {
        return wrong("and the regions disagree on flash encryption");
    }
    if is_encrypted && efuses.crypt_config.is_some() && !burns(efuses.crypt_config) {
        return wrong("leaves FLASH_CRYPT_CONFIG at 0");
    }
    if burns(efuses.secure_boot_v1) != has(&|purpose| purpose == KeyPurpose::SecureBootV1) {
        return wrong("has secure boot v1 without its key, or the key without secure boot");
    }
    let has_digests = has(&|purpose| !purpose.is_secret());
    if burns(efuses.secure_boot_v2) != has_digests {
        return wrong("has secure boot without a key digest, or a digest without secure boot");
    }
    if has_digests && !steps.iter().any(|step| step.phase() == Phase::CloseReadProtection) {
        return wrong("leaves read protection open for the key digests");
    }
    let revoked =
        |(slot, name): (u8, &&str)| burns(Some(*name)) && has(&|purpose| purpose == KeyPurpose::SecureBootDigest(slot));
    if (0..).zip(efuses.revoke).any(revoked) {
        return wrong("revokes a key digest that it burns");
    }
    Ok(())
}

/// Both halves of an XTS-AES-256 key come from one file, into two blocks in a row, one right after the other.
fn halves(chip: Chip, steps: &[Step]) -> Result<(), Error> {
    let place = |block: &str| chip.facts().key_blocks.names.iter().position(|name| *name == block);
    let part = |step: &'_ Step| match step.action() {
        Action::BurnKey { block, file, half, .. } => Some((place(block), file.clone(), *half)),
        _ => None,
    };
    let mut steps = steps.iter().peekable();
    while let Some(step) = steps.next() {
        let is_sound = match part(step) {
            Some((first, file, KeyHalf::First)) => match steps.next().and_then(part) {
                Some((second, other, KeyHalf::Second)) => {
                    file == other && second == first.and_then(|first| first.checked_add(1))
                }
                _ => false,
            },
            Some((_, _, KeyHalf::Second)) => false,
            _ => true,
        };
        if !is_sound {
            return Err(member(
                "efuses",
                "does not burn both halves of a key from one file into blocks in a row",
            ));
        }
    }
    Ok(())
}
