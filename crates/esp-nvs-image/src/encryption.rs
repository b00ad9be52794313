//! Encryption of a whole partition: each written slot separately, everything else unchanged.

#[cfg(feature = "alloc")]
use alloc::vec::Vec;

#[cfg(feature = "alloc")]
use zeroize::Zeroizing;

use crate::Error;
use crate::finding::{Finding, FindingKind};
use crate::keys::NvsKeys;
use crate::layout::{PAGE_SIZE, SLOT_SIZE, SLOTS_BEFORE_FIRST};
use crate::page::Page;
use crate::xts::SlotCipher;

/// Encrypts an image in place with XTS-AES-256, as the firmware and the reference generator do.
///
/// Each slot that the page's bitmap marks as written is a separate data unit, and its byte offset
/// in the partition is the tweak; therefore `image` must start at the start of the partition. Page
/// headers, bitmaps, empty and erased slots and unwritten pages stay unchanged, and so does a page
/// with a damaged header, which is free space for the firmware: **plain text in such a page or in
/// an erased slot stays plain.** Images of the [`Encoder`](crate::Encoder) have neither.
///
/// An image has no mark that it is encrypted, and no authentication: encrypting again, or
/// decrypting with other keys, succeeds and makes the slots unreadable.
///
/// # Examples
///
/// ```
/// use esp_nvs_image::{Encoder, Items, Key, Namespace, NvsKeys, PartitionSize, Value, decrypt, encrypt};
///
/// let size = PartitionSize::new(0x3000)?;
/// let mut buffer = [0; 0x3000];
/// let mut encoder = Encoder::new(&mut buffer, size)?;
/// encoder.push(&Namespace::new("storage")?, &Key::new("answer")?, Value::from(42_u8))?;
/// let len = encoder.finish().len();
/// let image = &mut buffer[..len];
///
/// let keys = NvsKeys::new([1; 32], [2; 32])?;
/// encrypt(image, &keys)?;
/// assert!(Items::new(image).any(|item| item.is_err()));
/// decrypt(image, &keys)?;
/// assert_eq!(Items::new(image).filter_map(Result::ok).count(), 2);
/// # Ok::<(), esp_nvs_image::Error>(())
/// ```
///
/// # Errors
///
/// [`Error::Damaged`] if the length is not a positive multiple of 4096, or if an intact page has an
/// unknown version, which the firmware does not mount. Then nothing is changed.
pub fn encrypt(image: &mut [u8], keys: &NvsKeys) -> Result<(), Error> {
    check(image)?;
    let cipher = SlotCipher::new(keys);
    cipher.encrypt(&mut written_slots(image));
    Ok(())
}

/// Decrypts an image in place: the inverse of [`encrypt`].
///
/// Wrong keys are detected by the decoder: the checksums of the entries are part of the encrypted
/// bytes.
///
/// # Examples
///
/// ```
/// use esp_nvs_image::{Encoder, Items, NvsKeys, PartitionSize, decrypt, encrypt};
///
/// let mut image = [0; 0x3000];
/// Encoder::new(&mut image, PartitionSize::new(0x3000)?)?.push("wifi", "channel", 6_u8)?;
/// let (keys, plain) = (NvsKeys::new([1; 32], [2; 32])?, image);
/// encrypt(&mut image, &keys)?;
/// decrypt(&mut image, &keys)?;
/// assert_eq!(image, plain);
/// # Ok::<(), esp_nvs_image::Error>(())
/// ```
///
/// # Errors
///
/// As [`encrypt`].
pub fn decrypt(image: &mut [u8], keys: &NvsKeys) -> Result<(), Error> {
    check(image)?;
    let cipher = SlotCipher::new(keys);
    cipher.decrypt(&mut written_slots(image));
    Ok(())
}

/// Decrypts a copy of an image.
#[cfg(feature = "alloc")]
pub(crate) fn decrypted(mut image: Zeroizing<Vec<u8>>, cipher: &SlotCipher) -> Result<Zeroizing<Vec<u8>>, Error> {
    check(&image)?;
    cipher.decrypt(&mut written_slots(&mut image));
    Ok(image)
}

/// Checks for faults that would stop the encryption halfway.
fn check(image: &[u8]) -> Result<(), Error> {
    let (pages, rest) = image.as_chunks::<PAGE_SIZE>();
    if pages.is_empty() || !rest.is_empty() {
        let len = image.len();
        return Err(Error::Damaged(Finding::of_image(FindingKind::ImageSize { len })));
    }
    for (page, offset) in pages.iter().zip((0..).step_by(PAGE_SIZE)) {
        let fault = Page::first_of(page, offset).and_then(|page| page.classify().1);
        if let Some(fault @ FindingKind::PageVersion { .. }) = fault {
            return Err(Error::Damaged(Finding::at(offset, fault)));
        }
    }
    Ok(())
}

/// Returns the written slots of the pages with an intact header, each with its byte offset.
fn written_slots(image: &mut [u8]) -> impl Iterator<Item = (&mut [u8; SLOT_SIZE], u128)> {
    let (pages, _) = image.as_chunks_mut::<PAGE_SIZE>();
    let pages = pages.iter_mut().zip((0..).step_by(PAGE_SIZE));
    pages.flat_map(|(page, offset)| {
        let written = written_bits(page).unwrap_or_default();
        slots_of(page, offset, written)
    })
}

/// Returns the slots of a page whose bit is set, each with its byte offset.
pub(crate) fn slots_of(
    page: &mut [u8; PAGE_SIZE],
    page_offset: u128,
    bits: u128,
) -> impl Iterator<Item = (&mut [u8; SLOT_SIZE], u128)> {
    let (pieces, _) = page.as_chunks_mut();
    let pieces = pieces.iter_mut().zip((page_offset..).step_by(SLOT_SIZE));
    let slots = pieces.skip(SLOTS_BEFORE_FIRST).enumerate();
    slots.filter_map(move |(slot, piece)| (bits >> slot & 1 == 1).then_some(piece))
}

/// Returns the written slots of a page, one bit each; `None` if the header is not intact.
fn written_bits(page: &[u8; PAGE_SIZE]) -> Option<u128> {
    let page = Page::first_of(page, 0)?;
    page.is_in_log().then(|| page.slot_states().written())
}
