//! Checks across the parts of a document.

use esp_flash_image::{Chip, FlashSize};

use crate::layout::SECTOR;
use crate::{Action, Error, KeyHalf, KeyPurpose, Phase, Region, Step};

/// Checks that regions are whole sectors, sorted, non-overlapping, and inside the flash.
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
            return wrong("overlaps or precedes the previous region");
        }
        end = match offset.checked_add(length) {
            Some(end) => end,
            None => return wrong("ends after 4 GiB"),
        };
        if flash_size.is_some_and(|size| end > size.get()) {
            return wrong("ends after the end of the flash");
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

/// Checks that each protection has its key, and each key its protection: with only one of both, a chip does not boot or is
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
        return wrong("must have flash encryption with exactly one key, or neither");
    }
    if regions.iter().any(Region::is_encrypted) != is_encrypted {
        return wrong("and the regions disagree on flash encryption");
    }
    if is_encrypted && efuses.crypt_config.is_some() && !burns(efuses.crypt_config) {
        return wrong("leaves FLASH_CRYPT_CONFIG at 0");
    }
    if burns(efuses.secure_boot_v1) != has(&|purpose| purpose == KeyPurpose::SecureBootV1) {
        return wrong("must have secure boot v1 with its key, or neither");
    }
    let has_digests = has(&|purpose| !purpose.is_secret());
    if burns(efuses.secure_boot_v2) != has_digests {
        return wrong("must have secure boot with a key digest, or neither");
    }
    if has_digests && !steps.iter().any(|step| step.phase() == Phase::CloseReadProtection) {
        return wrong("does not close read protection, which must not hide the key digests");
    }
    let revoked =
        |(slot, name): (u8, &&str)| burns(Some(*name)) && has(&|purpose| purpose == KeyPurpose::SecureBootDigest(slot));
    if (0..).zip(efuses.revoke).any(revoked) {
        return wrong("revokes a key digest that it burns");
    }
    Ok(())
}

/// Checks that both halves of an XTS-AES-256 key come from one file, in two consecutive steps and consecutive blocks.
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
                "does not burn the two halves of a key from one file into consecutive blocks",
            ));
        }
    }
    Ok(())
}
