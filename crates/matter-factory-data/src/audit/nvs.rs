//! The NVS image: what the firmware makes of it, and every value that the firmware reads.

use alloc::vec::Vec;

use esp_nvs_image::{Key, Severity as NvsSeverity};
use matter_attestation::{PrivateKey, Severity};
use matter_spake2p::{Iterations, Salt, Verifier};
use matter_types::{ProductId, VendorId};

use super::facts::Facts;
use super::report::KeyPlace;
use super::stored::{Entries, Stored};
use super::{Check, Finding, KeySet};
use crate::encode::numbered;
use crate::keys;
use crate::rotating_id::RotatingId;
use crate::text::{LabelText, ModeLabel};
use crate::{Locale, ProductInformation};

/// The location capability, which the firmware reads and no tool writes by itself.
const LOCATION_CAPABILITY: &str = "loc-capability";

/// Names what is wrong with the image itself.
pub(super) fn check(image: &[u8], findings: &mut Vec<Finding>) {
    for found in esp_nvs_image::check(image) {
        let mut finding = Finding::new(Check::Nvs(found.kind.id()), "nvs", capitalized(&found));
        finding.severity = match found.severity {
            NvsSeverity::Error => Severity::Error,
            NvsSeverity::Warning => Severity::Warning,
            NvsSeverity::Note => Severity::Note,
        };
        findings.push(finding);
    }
}

/// Tells whether an image has no entry that can be read, and instead of entries what looks random. Only entries are
/// encrypted, not the heads of pages (ESP-IDF, "NVS Encryption").
pub(super) fn looks_encrypted(image: &[u8]) -> bool {
    const PAGE: usize = 0x1000;
    const HEAD: usize = 0x40;
    let mut counts = [0usize; 256];
    for slot in image
        .chunks(PAGE)
        .filter_map(|page| page.get(HEAD..))
        .flat_map(|slots| slots.as_chunks::<32>().0)
        .filter(|slot| slot.iter().any(|byte| *byte != 0xFF))
    {
        for byte in slot {
            if let Some(count) = counts.get_mut(usize::from(*byte)) {
                *count += 1;
            }
        }
    }
    let all: usize = counts.iter().sum();
    let most = counts.iter().max().copied().unwrap_or_default();
    // Of 512 random bytes hardly one stands there 16 times; entries as they are have many bytes 00 and FF.
    all >= 512 && most * 32 < all && esp_nvs_image::recover(image).entries.is_empty()
}

/// Makes a sentence of what begins with a small letter and has no full stop.
pub(super) fn capitalized(found: &impl core::fmt::Display) -> alloc::string::String {
    let text = alloc::format!("{found}.");
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => text,
    }
}

/// Reads every value, and says what cannot be read.
pub(super) fn read(entries: &Entries<'_>, known: Option<&KeySet>, findings: &mut Vec<Finding>) -> Facts {
    let mut stored = Stored::read(entries);
    let mut facts = Facts {
        present: stored.rest(),
        ..Facts::default()
    };
    identity(&mut stored, &mut facts);
    information(&mut stored, &mut facts);
    credentials(&mut stored, known, &mut facts);
    lists(&mut stored, &facts.present);
    rest(&mut stored);
    findings.append(&mut stored.findings);
    facts
}

fn identity(stored: &mut Stored<'_>, facts: &mut Facts) {
    let small = |number: u32| u16::try_from(number).ok();
    facts.discriminator = stored.number(&keys::DISCRIMINATOR, 0, 0xFFF).and_then(small);
    let (min, max) = (Iterations::MIN.get(), Iterations::MAX.get());
    let iterations = stored.number(&keys::ITERATION_COUNT, min, max);
    facts.iterations = iterations.and_then(|count| Iterations::new(count).ok());
    facts.salt = stored.parsed::<Salt, _>(&keys::SALT);
    facts.verifier = stored.parsed::<Verifier, _>(&keys::VERIFIER);
    let vendor = stored.number(&keys::VENDOR_ID, 1, 0xFFF4).and_then(small);
    facts.vendor_id = vendor.and_then(|id| VendorId::new(id).ok());
    let product = stored.number(&keys::PRODUCT_ID, 1, 0xFFFF).and_then(small);
    facts.product_id = product.and_then(|id| ProductId::new(id).ok());
    facts.rotating_id = stored.blob(&keys::ROTATING_ID, Some(RotatingId::LEN));
}

fn information(stored: &mut Stored<'_>, facts: &mut Facts) {
    let mut product = ProductInformation::default();
    for field in ProductInformation::FIELDS {
        stored.field(field, &mut product);
    }
    facts.serial = product.serial_number.map(|text| text.as_str().into());
    if let Ok(key) = Key::new(LOCATION_CAPABILITY) {
        stored.number(&key, 0, 2);
    }
}

fn credentials(stored: &mut Stored<'_>, known: Option<&KeySet>, facts: &mut Facts) {
    let mut bytes = |key: &Key, len| stored.blob(key, len).map(|bytes| bytes.to_vec());
    facts.dac = bytes(&keys::DAC_CERT, None);
    facts.pai = bytes(&keys::PAI_CERT, None);
    facts.declaration = bytes(&keys::CERTIFICATION_DECLARATION, None);
    facts.dac_public_key = bytes(&keys::DAC_PUBLIC_KEY, Some(65));
    if facts.has(&keys::DAC_KEY) {
        facts.key_place = Some(KeyPlace::Nvs);
    }
    if let Some(scalar) = stored.blob(&keys::DAC_KEY, Some(32))
        && let Ok(scalar) = scalar.as_slice().try_into()
    {
        let key = known.and_then(|known| known.get(scalar)).cloned().map(Ok);
        match key.unwrap_or_else(|| PrivateKey::from_scalar(scalar)) {
            Ok(key) => facts.key = Some(key),
            Err(_) => stored.add(Check::DacKeyInvalid, &keys::DAC_KEY, ""),
        }
    }
}

fn lists(stored: &mut Stored<'_>, order: &[Key]) {
    for index in 0..stored.number(&keys::LOCALE_COUNT, 0, u32::MAX).unwrap_or_default() {
        if !item(stored, keys::LOCALE, &[index], |stored, key| {
            stored.parsed::<Locale, _>(key);
        }) {
            break;
        }
    }
    for endpoint in endpoints(order, keys::FIXED_LABEL_COUNT) {
        for index in 0..count(stored, keys::FIXED_LABEL_COUNT, &[endpoint]) {
            let text = |stored: &mut Stored<'_>, key: &Key| {
                stored.parsed::<LabelText, _>(key);
            };
            let label = item(stored, keys::FIXED_LABEL_KEY, &[endpoint, index], text);
            let value = item(stored, keys::FIXED_LABEL_VALUE, &[endpoint, index], text);
            if !label || !value {
                break;
            }
        }
    }
    for endpoint in endpoints(order, keys::MODE_COUNT) {
        for index in 0..count(stored, keys::MODE_COUNT, &[endpoint]) {
            if !mode(stored, endpoint, index) {
                break;
            }
        }
    }
}

fn mode(stored: &mut Stored<'_>, endpoint: u32, index: u32) -> bool {
    let at = [endpoint, index];
    let label = item(stored, keys::MODE_LABEL, &at, |stored, key| {
        stored.parsed::<ModeLabel, _>(key);
    });
    let number = item(stored, keys::MODE, &at, |stored, key| {
        stored.number(key, 0, u8::MAX.into());
    });
    for tag in 0..count(stored, keys::TAG_COUNT, &at) {
        let short = |stored: &mut Stored<'_>, key: &Key| {
            stored.number(key, 0, u16::MAX.into());
        };
        let at = [endpoint, index, tag];
        let value = item(stored, keys::TAG_VALUE, &at, short);
        if !item(stored, keys::TAG_MFG_CODE, &at, short) || !value {
            break;
        }
    }
    label && number
}

fn key_of(prefix: &str, numbers: &[u32]) -> Option<Key> {
    let numbers: Vec<usize> = numbers
        .iter()
        .filter_map(|number| usize::try_from(*number).ok())
        .collect();
    numbered(prefix, &numbers).ok()
}

fn count(stored: &mut Stored<'_>, prefix: &str, numbers: &[u32]) -> u32 {
    let count = key_of(prefix, numbers).and_then(|key| stored.number(&key, 0, u32::MAX));
    count.unwrap_or_default()
}

/// Reads an item that a list's length promises. `false` when it is not there: the rest of the list is not asked for,
/// since a length may be as wrong as it likes.
fn item(stored: &mut Stored<'_>, prefix: &str, numbers: &[u32], read: impl FnOnce(&mut Stored<'_>, &Key)) -> bool {
    let Some(key) = key_of(prefix, numbers) else {
        return false;
    };
    let found = stored.contains(&key);
    if found {
        read(stored, &key);
    } else {
        stored.add(Check::KeyMissing, &key, format_args!("an item of a list"));
    }
    found
}

/// The endpoints that have a list.
fn endpoints(order: &[Key], prefix: &str) -> Vec<u32> {
    let numbers = order.iter().filter_map(|key| {
        let endpoint = u16::from_str_radix(key.as_str().strip_prefix(prefix)?, 16).ok()?;
        // Only the form that the firmware asks for: lower case, no leading zeros.
        (numbered(prefix, &[endpoint.into()]).ok()? == *key).then_some(endpoint.into())
    });
    numbers.collect()
}

/// What nobody has read.
fn rest(stored: &mut Stored<'_>) {
    for key in stored.rest() {
        let check = match &key {
            key if *key == keys::PIN_CODE => Check::PasscodeStored,
            key if keys::is_field_key(key) => Check::ListItemUncounted,
            _ => Check::KeyUnknown,
        };
        stored.add(check, &key, "");
    }
}
