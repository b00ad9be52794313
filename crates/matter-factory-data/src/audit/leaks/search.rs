//! Searches all artifacts of a device, once.

use alloc::vec::Vec;

use esp_nvs_image::StoredValue;
use esp_secure_cert::Image;
use zeroize::Zeroizing;

use super::Subject;
use crate::audit::search::{Finder, Form, FoundKey, Keys, TriedScalars, alone, find, text, without_repeats};

/// Above the number of key-sized values in any real image or device.
const MAX_TRIED: usize = 64;
/// Above the number of slots in any factory partition: 65 pages.
const MAX_SLOTS: usize = 8192;

/// The findings for each artifact.
pub(super) struct Searched {
    pub(super) nvs: Vec<FoundKey>,
    pub(super) secure_cert: Vec<FoundKey>,
    pub(super) efuse_key: Option<Vec<FoundKey>>,
    pub(super) files: Vec<Vec<FoundKey>>,
    pub(super) key_files: Vec<Vec<FoundKey>>,
    pub(super) flash: Vec<Vec<FoundKey>>,
    /// Whether there were more values than the limit.
    pub(super) is_exhausted: bool,
}

impl Searched {
    pub(super) fn all(&self) -> impl Iterator<Item = &FoundKey> {
        let alone = [&self.nvs, &self.secure_cert].into_iter().flatten();
        let files = self
            .files
            .iter()
            .chain(&self.key_files)
            .chain(&self.flash)
            .chain(&self.efuse_key)
            .flatten();
        alone.chain(files)
    }
}

/// Searches all artifacts of a device.
pub(super) fn search(subject: &Subject<'_>, keys: Keys<'_>) -> Searched {
    let artifacts = subject.artifacts;
    let mut tried = TriedScalars::new(MAX_TRIED);
    let nvs = search_nvs(subject, keys, &mut tried);
    let secure_cert = artifacts
        .secure_cert
        .map(|image| search_secure_cert(image, keys, &mut tried));
    let each = |files: &[(&str, &[u8])], tried: &mut TriedScalars| {
        let found = files.iter().map(|(_, bytes)| find(bytes, keys, tried));
        found.collect::<Vec<_>>()
    };
    let (files, key_files) = (each(artifacts.files, &mut tried), each(artifacts.key_files, &mut tried));
    let efuse_key = artifacts.efuse_key.map(|(_, bytes)| find(bytes, keys, &mut tried));
    let flash = each(artifacts.flash, &mut tried);
    Searched {
        nvs,
        secure_cert: secure_cert.unwrap_or_default(),
        efuse_key,
        files,
        key_files,
        flash,
        is_exhausted: tried.is_exhausted(),
    }
}

/// Searches the raw NVS image, including erased slots and padding, and its values.
fn search_nvs(subject: &Subject<'_>, keys: Keys<'_>, tried: &mut TriedScalars) -> Vec<FoundKey> {
    let Some((image, entries)) = subject.nvs else {
        return Vec::new();
    };
    let mut found = find(image, keys, tried);
    for entry in entries.iter() {
        match &entry.value {
            StoredValue::Str(text) => found.extend(search_text(image, text.as_bytes(), keys, tried)),
            StoredValue::Blob(blob) => {
                let parts = blob.chunks().collect::<Vec<_>>();
                found.extend(search_value(image, &parts, keys, tried));
            }
            _ => {}
        }
    }
    let mut tried = TriedScalars::new(MAX_SLOTS);
    let mut finder = Finder::new(keys, &mut tried);
    for (offset, slot) in unwritten_slots(image) {
        finder.look_alone(slot, offset, offset + slot.len(), Form::Bare);
    }
    found.extend(finder.finish());
    without_repeats(found)
}

/// Searches the raw secure-cert image, and its records as values.
fn search_secure_cert(image: &[u8], keys: Keys<'_>, tried: &mut TriedScalars) -> Vec<FoundKey> {
    let mut found = find(image, keys, tried);
    for record in Image::new(image).records().flatten() {
        found.extend(search_value(image, &[record.data()], keys, tried));
    }
    without_repeats(found)
}

/// Searches a text of an image on its own, because the bytes around it are not part of its words.
fn search_text(image: &[u8], text: &[u8], keys: Keys<'_>, tried: &mut TriedScalars) -> Vec<FoundKey> {
    let mut finder = Finder::new(keys, tried);
    text::search(text, &mut finder);
    let first = offset_in(image, text).unwrap_or_default();
    finder.finish().into_iter().map(|found| found.moved_by(first)).collect()
}

/// Searches a value of an image, whose parts may not be adjacent.
fn search_value(image: &[u8], parts: &[&[u8]], keys: Keys<'_>, tried: &mut TriedScalars) -> Vec<FoundKey> {
    let [value] = parts else {
        let joined = Zeroizing::new(parts.concat());
        let place = |offset: usize| {
            let mut rest = offset;
            for part in parts {
                if rest < part.len() {
                    return offset_in(image, part).unwrap_or_default() + rest;
                }
                rest -= part.len();
            }
            rest
        };
        let found = find(&joined, keys, tried).into_iter();
        return found.map(|found| found.placed(place)).collect();
    };
    let mut found = search_text(image, value, keys, tried);
    if let Some((scalar, start)) = alone(value) {
        let mut finder = Finder::new(keys, tried);
        let first = offset_in(image, value).unwrap_or_default();
        finder.look_alone(scalar, first + start, first + value.len(), Form::Bare);
        found.extend(finder.finish());
    }
    found
}

/// Offset of a part in its image.
pub(super) fn offset_in(image: &[u8], part: &[u8]) -> Option<usize> {
    part.as_ptr().addr().checked_sub(image.as_ptr().addr())
}

/// The content of erased or unwritten slots of NVS pages: erasing a value clears two bits of each slot's state in the
/// page's bitmap, and leaves its bytes.
fn unwritten_slots(image: &[u8]) -> impl Iterator<Item = (usize, &[u8; 32])> + '_ {
    const PAGE: usize = 0x1000;
    const SLOT: usize = 32;
    const WRITTEN: u8 = 0b10;
    image.chunks(PAGE).enumerate().flat_map(|(number, page)| {
        let (slots, _) = page.as_chunks::<SLOT>();
        let bitmap = slots.get(1);
        let states = move |index: usize| bitmap?.get(index / 4).copied();
        let written =
            move |index: usize| states(index).is_some_and(|states| states >> (index % 4 * 2) & 0b11 == WRITTEN);
        let slots = slots.iter().skip(2).enumerate();
        let unwritten = slots.filter(move |(index, slot)| !written(*index) && slot.iter().any(|byte| *byte != slot[0]));
        unwritten.map(move |(index, slot)| (number * PAGE + (index + 2) * SLOT, slot))
    })
}
