//! Secrets where they do not belong, and such as are none.

use alloc::vec::Vec;

use esp_nvs_image::StoredValue;
use matter_attestation::{PrivateKey, PublicKey};
use zeroize::Zeroizing;

use super::report::{KeyPlace, sentence};
use super::search::{BARE, HEX, PEM, find, text_scalar};
use super::{Artifacts, Check, Finding};

/// The salt of the SDK's examples.
const SDK_SALT: &[u8] = b"SPAKE2P Key Salt";
/// More values than these of the right length nobody has in an image.
const MAX_TRIED: usize = 64;
/// More slots than these, 65 pages of them, no factory partition has.
const MAX_SLOTS: usize = 8192;
/// Fewer different bytes than these are in sixteen random ones once in 10^10 times.
const DIFFERENT_BYTES: usize = 8;

/// Tells whether at least sixteen bytes are plainly not drawn at random.
pub(super) fn is_weak(bytes: &[u8]) -> bool {
    let mut seen = [false; 256];
    for byte in bytes {
        if let Some(seen) = seen.get_mut(usize::from(*byte)) {
            *seen = true;
        }
    }
    let mut steps = bytes.iter().zip(bytes.iter().skip(1)).map(|(a, b)| b.wrapping_sub(*a));
    let first = steps.next();
    let counts = steps.all(|step| Some(step) == first);
    seen.iter().filter(|seen| **seen).count() < DIFFERENT_BYTES || counts || bytes == SDK_SALT
}

/// The private keys that may stand in places where they do not belong: the stored one, and the DAC's, which one of the
/// other files gives away.
pub(super) fn known_keys(
    artifacts: &Artifacts<'_>,
    stored: Option<&PrivateKey>,
    dac: Option<&PublicKey>,
) -> Vec<PrivateKey> {
    let mut known: Vec<_> = stored.cloned().into_iter().collect();
    let is_the_dacs = |key: &PrivateKey| Some(&key.public_key()) == dac;
    if dac.is_none() || known.iter().any(is_the_dacs) {
        return known;
    }
    let files = artifacts
        .efuse_key
        .iter()
        .chain(artifacts.key_files)
        .chain(artifacts.files);
    let mut given = files.filter_map(|(_, bytes)| {
        let bare = <[u8; 32]>::try_from(*bytes).ok().map(Zeroizing::new);
        let bare = bare.and_then(|scalar| PrivateKey::from_scalar(&scalar).ok());
        let mut found = find(bytes, &[]).into_iter().filter_map(|found| found.key());
        bare.filter(is_the_dacs).or_else(|| found.find(is_the_dacs))
    });
    known.extend(given.next());
    known
}

/// What stands in slots of NVS pages that are erased, or that nobody has written: erasing a value changes the two bits
/// of its slots' states in the bitmap behind the page's header, and leaves its bytes.
fn unwritten_slots(image: &[u8]) -> impl Iterator<Item = Zeroizing<[u8; 32]>> + '_ {
    const WRITTEN: u8 = 0b10;
    image.chunks(0x1000).flat_map(|page| {
        let (slots, _) = page.as_chunks::<32>();
        let bitmap = slots.get(1);
        let states = move |index: usize| bitmap?.get(index / 4).copied();
        let written =
            move |index: usize| states(index).is_some_and(|states| states >> (index % 4 * 2) & 0b11 == WRITTEN);
        let slots = slots.iter().skip(2).enumerate();
        let unwritten = slots.filter(move |(index, slot)| !written(*index) && slot.iter().any(|byte| *byte != slot[0]));
        unwritten.map(|(_, slot)| Zeroizing::new(*slot))
    })
}

/// The DAC's private key among the values of the images that have its length, and in what is left of erased ones.
pub(super) fn key_among_values(nvs: Option<&[u8]>, secure_cert: Option<&[u8]>, dac: &PublicKey) -> Option<PrivateKey> {
    let entries = nvs
        .map(|image| esp_nvs_image::recover(image).entries)
        .unwrap_or_default();
    let stored = entries.iter().filter_map(|entry| match &entry.value {
        StoredValue::Blob(blob) => <[u8; 32]>::try_from(blob.to_vec()).ok().map(Zeroizing::new),
        StoredValue::Str(text) => text_scalar(text),
        _ => None,
    });
    let image = secure_cert.map(esp_secure_cert::Image::new);
    let records = image.iter().flat_map(|image| image.records().flatten());
    let records = records.filter_map(|record| <[u8; 32]>::try_from(record.data()).ok().map(Zeroizing::new));
    let erased = nvs.into_iter().flat_map(unwritten_slots).take(MAX_SLOTS);
    stored
        .chain(records)
        .take(MAX_TRIED)
        .chain(erased)
        .filter_map(|scalar| PrivateKey::from_scalar(&scalar).ok())
        .find(|key| key.public_key() == *dac)
}

/// Searches the images themselves, erased slots and padding included.
pub(super) fn check_images(
    nvs: Option<&[u8]>,
    secure_cert: Option<&[u8]>,
    place: KeyPlace,
    known: &[PrivateKey],
    findings: &mut Vec<Finding>,
) {
    if let Some(image) = nvs {
        // The stored key itself is a bare scalar, once; a blob in pieces is none.
        let already = findings.iter().any(|finding| finding.object == "nvs dac-key");
        let mut stored = usize::from(place == KeyPlace::Nvs || already);
        for found in find(image, known) {
            if found.form == BARE && stored > 0 {
                stored -= 1;
                continue;
            }
            let detail = format_args!("{} at offset {:#x}", found.form, found.offset);
            findings.push(sentence(Check::KeyLeaked, "nvs", detail));
        }
    }
    if let Some(image) = secure_cert {
        let mut stored = usize::from(place == KeyPlace::SecureCert);
        let already = findings
            .iter()
            .any(|finding| finding.check == Check::KeyLeaked && finding.object == "secure-cert");
        for found in find(image, known) {
            if found.form != BARE && found.form != HEX && stored > 0 {
                stored -= 1;
                continue;
            }
            if !already {
                let detail = format_args!("{} at offset {:#x}", found.form, found.offset);
                findings.push(sentence(Check::KeyLeaked, "secure-cert", detail));
            }
        }
    }
}

/// Looks at the one file that may hold the private key when it is [elsewhere](KeyPlace::Elsewhere).
fn check_efuse_key(
    (name, bytes): (&str, &[u8]),
    place: KeyPlace,
    dac: Option<&PublicKey>,
    findings: &mut Vec<Finding>,
) {
    let key = find(bytes, &[]).into_iter().find_map(|found| found.key());
    let is_the_dacs = key.is_some_and(|key| Some(&key.public_key()) == dac);
    findings.push(if is_the_dacs && place == KeyPlace::Elsewhere {
        sentence(Check::EfuseKeyFile, name, format_args!(""))
    } else {
        sentence(Check::KeyLeaked, name, format_args!("not the DAC's key for an eFuse"))
    });
}

/// Searches the other files: no private key may be in them, but the DAC's in the files for it, as long as an image stores
/// it in plain as well.
pub(super) fn check_files(
    artifacts: &Artifacts<'_>,
    place: KeyPlace,
    known: &[PrivateKey],
    dac: Option<&PublicKey>,
    findings: &mut Vec<Finding>,
) {
    if let Some(file) = artifacts.efuse_key {
        check_efuse_key(file, place, dac, findings);
    }
    let files = artifacts.files.iter().map(|file| (file, false));
    let key_files = artifacts
        .key_files
        .iter()
        .map(|file| (file, place != KeyPlace::Elsewhere));
    for ((name, bytes), may_hold) in key_files.chain(files) {
        let found = find(bytes, known).into_iter().find_map(|found| {
            let is_known = known.iter().any(|key| found.is(key));
            let whose = if is_known || found.scalar.is_none() && found.form != PEM {
                "the DAC's key"
            } else if found.scalar.is_none() {
                "a key"
            } else if found.key().is_some_and(|key| Some(&key.public_key()) == dac) {
                "the DAC's key"
            } else {
                "another key"
            };
            // Without a DAC nobody can tell whose key it is.
            (!may_hold || whose == "another key" && dac.is_some()).then_some((whose, found))
        });
        if let Some((whose, found)) = found {
            let detail = format_args!("{whose}, {} at offset {:#x}", found.form, found.offset);
            findings.push(sentence(Check::KeyLeaked, *name, detail));
        }
    }
}
