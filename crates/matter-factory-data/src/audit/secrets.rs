//! Secrets where they do not belong, and such as are none.

use alloc::vec::Vec;
use core::iter;

use esp_nvs_image::StoredValue;
use esp_secure_cert::{Image, Record, RecordType};
use matter_attestation::{PrivateKey, PublicKey};
use zeroize::Zeroizing;

use super::report::KeyPlace;
use super::search::{BARE, FoundKey, HEX, MAX_FOUND, find, lone_scalars};
use super::{Artifacts, Check, Finding};

/// The salt of the SDK's examples.
const SDK_SALT: &[u8] = b"SPAKE2P Key Salt";
/// More values than these of the right length nobody has in an image, or in the files of a device.
const MAX_TRIED: usize = 64;
/// Longer files than these, which is far more than a key has, are no key as a whole.
const MAX_KEY_FILE: usize = 8 << 10;
/// What the SDK's `P256SerializedKeypair` has: the uncompressed point, then the scalar.
const KEYPAIR_LEN: usize = PublicKey::LEN + 32;
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
    let files = || {
        let named = artifacts.efuse_key.iter().chain(artifacts.key_files);
        let all = named.chain(artifacts.files).chain(&artifacts.flash);
        all.map(|(_, bytes)| *bytes)
    };
    let mut keys = files().flat_map(|bytes| {
        // Only one key is needed, and each one costs a multiplication.
        let found = iter::once_with(move || find(bytes, &[])).flatten();
        whole_file(bytes).into_iter().chain(found.filter_map(|found| found.key))
    });
    let given = keys.find(is_the_dacs).or_else(|| {
        let scalars = files().flat_map(lone_scalars).take(MAX_TRIED);
        let mut keys = scalars.filter_map(|scalar| PrivateKey::from_scalar(&scalar).ok());
        keys.find(is_the_dacs)
    });
    known.extend(given);
    known
}

/// The key that a file is, in any form that is read elsewhere too.
fn whole_file(bytes: &[u8]) -> Option<PrivateKey> {
    let is_small = bytes.len() <= MAX_KEY_FILE;
    is_small.then(|| PrivateKey::decode(bytes).ok())?
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
    let blobs = entries.iter().filter_map(|entry| match &entry.value {
        StoredValue::Blob(blob) => scalar_of(blob.len(), blob.chunks().flatten()),
        _ => None,
    });
    let texts = entries.iter().filter_map(|entry| match entry.value {
        StoredValue::Str(text) => Some(lone_scalars(text.as_bytes())),
        _ => None,
    });
    let image = secure_cert.map(Image::new);
    let records = image.iter().flat_map(|image| image.records().flatten());
    let records = records.filter_map(|record| scalar_of(record.data().len(), record.data()));
    let erased = nvs.into_iter().flat_map(unwritten_slots).take(MAX_SLOTS);
    blobs
        .chain(texts.flatten())
        .chain(records)
        .take(MAX_TRIED)
        .chain(erased)
        .filter_map(|scalar| PrivateKey::from_scalar(&scalar).ok())
        .find(|key| key.public_key() == *dac)
}

/// The scalar that octets are: as many as it has, or those behind a public point, which a verifier is as long as.
fn scalar_of<'b>(len: usize, octets: impl IntoIterator<Item = &'b u8>) -> Option<Zeroizing<[u8; 32]>> {
    let mut octets = octets.into_iter();
    let before = match len {
        32 => 0,
        // No multiplication for those that begin otherwise.
        KEYPAIR_LEN if octets.next() == Some(&0x04) => PublicKey::LEN - 1,
        _ => return None,
    };
    let mut scalar = Zeroizing::new([0; 32]);
    for (to, from) in scalar.iter_mut().zip(octets.skip(before)) {
        *to = *from;
    }
    Some(scalar)
}

/// Searches the NVS image itself, erased slots and padding included. The stored key is a bare scalar, once.
pub(super) fn check_nvs(image: &[u8], stored: Option<&PrivateKey>, known: &[PrivateKey], findings: &mut Vec<Finding>) {
    let mut stored = stored.map(PrivateKey::public_key);
    for found in find(image, known) {
        let key = found.key.as_ref().filter(|_| found.form == BARE);
        let is_it = |stored: &mut PublicKey| key.is_some_and(|key| key.public_key() == *stored);
        if stored.take_if(is_it).is_none() {
            findings.push(leak("nvs", &found));
        }
    }
}

/// Searches the secure-cert image itself. The stored key is in its record, once, and of the records that leak there is
/// a finding already.
pub(super) fn check_secure_cert(
    image: &[u8],
    is_stored: bool,
    leaking: &[usize],
    known: &[PrivateKey],
    findings: &mut Vec<Finding>,
) {
    let records: Vec<_> = Image::new(image).records().flatten().collect();
    let mut stored = records
        .iter()
        .find(|record| is_stored && record.kind() == RecordType::PRIV_KEY);
    for found in find(image, known) {
        let is_inside = |record: &&Record<'_>| (record.offset()..record.end()).contains(&found.offset);
        if found.form != BARE && found.form != HEX && stored.take_if(|record| is_inside(record)).is_some() {
            continue;
        }
        let record = records.iter().find(is_inside);
        if record.is_none_or(|record| !leaking.contains(&record.offset())) {
            findings.push(leak("secure-cert", &found));
        }
    }
}

fn leak(object: &str, found: &FoundKey) -> Finding {
    let detail = format_args!("{} at offset {:#x}", found.form, found.offset);
    Finding::of(Check::KeyLeaked, object, detail)
}

/// Looks at the one file that may hold the private key when it is [elsewhere](KeyPlace::Elsewhere).
fn check_efuse_key(
    (name, bytes): (&str, &[u8]),
    place: KeyPlace,
    known: &[PrivateKey],
    dac: Option<&PublicKey>,
    findings: &mut Vec<Finding>,
) {
    let found = find(bytes, known);
    // Beside the key that can be read there may be another one.
    let is_more = is_full(&found) || found.iter().any(|found| found.key.is_none());
    let mut keys: Vec<_> = found.into_iter().filter_map(|found| found.key).collect();
    if keys.is_empty() {
        keys.extend(whole_file(bytes));
    }
    let is_the_dacs = |key: &PrivateKey| Some(&key.public_key()) == dac;
    findings.push(if keys.is_empty() {
        Finding::of(
            Check::ArtifactMalformed,
            name,
            format_args!("it holds no key that can be read"),
        )
    } else if keys.iter().all(is_the_dacs) && !is_more && place == KeyPlace::Elsewhere {
        Finding::of(Check::EfuseKeyFile, name, "")
    } else {
        Finding::of(Check::KeyLeaked, name, format_args!("not the DAC's key for an eFuse"))
    });
}

/// Tells whether there may be more keys than [`find`] tells: in a file of one key there are not so many.
fn is_full(found: &[FoundKey]) -> bool {
    found.len() >= MAX_FOUND
}

const THE_DACS: &str = "the DAC's key";
const IN_LINES: &str = "the DAC's key, hexadecimal in several lines";

/// Tells whether a known key stands in a text in a form that is not searched for byte by byte.
fn is_in_lines(bytes: &[u8], known: &[PrivateKey]) -> bool {
    let mut scalars = lone_scalars(bytes);
    !known.is_empty() && scalars.any(|scalar| known.iter().any(|key| key.has_scalar(&scalar)))
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
        check_efuse_key(file, place, known, dac, findings);
    }
    let whose = |key: Option<&PrivateKey>| match key.map(PrivateKey::public_key) {
        None => "a key",
        Some(key) if Some(&key) == dac || known.iter().any(|known| known.public_key() == key) => THE_DACS,
        Some(_) => "another key",
    };
    for (name, bytes) in artifacts.files {
        if let Some(found) = find(bytes, known).first() {
            findings.push(leak_of(name, whose(found.key.as_ref()), found));
        } else if is_in_lines(bytes, known) {
            findings.push(Finding::of(Check::KeyLeaked, *name, format_args!("{IN_LINES}")));
        }
    }
    if let Some((name, bytes)) = artifacts.flash {
        let found = find(bytes, known);
        let leaked = found.iter().find(|found| whose(found.key.as_ref()) == THE_DACS);
        findings.extend(leaked.map(|found| leak_of(name, THE_DACS, found)));
    }
    for (name, bytes) in artifacts.key_files {
        let found = find(bytes, known);
        // Without a DAC nobody can tell whose key it is.
        let may_stay = |whose| place != KeyPlace::Elsewhere && (whose != "another key" || dac.is_none());
        let leaked = found.iter().find(|found| !may_stay(whose(found.key.as_ref())));
        if let Some(found) = leaked {
            findings.push(leak_of(name, whose(found.key.as_ref()), found));
        } else if is_full(&found) {
            findings.push(Finding::of(
                Check::KeyLeaked,
                *name,
                format_args!("more keys than the DAC's"),
            ));
        } else if found.is_empty() {
            // A bare scalar is found when it is known, so that this one is none of the device's.
            let key = whole_file(bytes);
            let whose = whose(key.as_ref());
            if key.is_some() && !may_stay(whose) {
                findings.push(Finding::of(Check::KeyLeaked, *name, format_args!("{whose}")));
            } else if !may_stay(THE_DACS) && is_in_lines(bytes, known) {
                findings.push(Finding::of(Check::KeyLeaked, *name, format_args!("{IN_LINES}")));
            }
        }
    }
}

fn leak_of(name: &str, whose: &str, found: &FoundKey) -> Finding {
    let detail = format_args!("{whose}, {} at offset {:#x}", found.form, found.offset);
    Finding::of(Check::KeyLeaked, name, detail)
}
