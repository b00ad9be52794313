//! Secrets where they do not belong, and such as are none.

use alloc::string::String;
use alloc::vec::Vec;

use matter_attestation::PrivateKey;
use zeroize::Zeroizing;

use super::report::{KeyPlace, sentence};
use super::{Check, Finding, Report};

/// The salt of the SDK's examples.
const SDK_SALT: &[u8] = b"SPAKE2P Key Salt";
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

/// A private key that was found in bytes.
pub(super) struct FoundKey {
    pub(super) offset: usize,
    pub(super) form: &'static str,
    pub(super) key: Option<PrivateKey>,
}

/// The start of an ECPrivateKey (RFC 5915) with a scalar of P-256: version 1 and an octet string of 32.
const SEC1: &[u8] = &[0x02, 0x01, 0x01, 0x04, 0x20];
/// Labels of PEM that hold a key in plain.
const PEM: [(&[u8], &[u8]); 2] = [
    (b"-----BEGIN EC PRIVATE KEY-----", b"-----END EC PRIVATE KEY-----"),
    (b"-----BEGIN PRIVATE KEY-----", b"-----END PRIVATE KEY-----"),
];

/// Finds private keys of P-256 in DER (SEC 1, also inside of PKCS#8), in PEM, and scalars that are known.
pub(super) fn find(bytes: &[u8], known: &[&PrivateKey]) -> Vec<FoundKey> {
    let mut found = Vec::new();
    for offset in positions(bytes, SEC1) {
        let scalar = bytes.get(offset + SEC1.len()..).and_then(|rest| rest.first_chunk());
        // The scalar of a key; in other bytes the pattern stands once in 2^40 places.
        if let Some(key) = scalar.and_then(|scalar| PrivateKey::from_scalar(scalar).ok()) {
            let key = Some(key);
            found.push(FoundKey {
                offset,
                form: "SEC 1",
                key,
            });
        }
    }
    for (begin, end) in PEM {
        for offset in positions(bytes, begin) {
            let text = bytes.get(offset..).unwrap_or_default();
            let len = positions(text, end).next().map(|at| at + end.len());
            let key = len.and_then(|len| PrivateKey::decode(text.get(..len)?).ok());
            found.push(FoundKey {
                offset,
                form: "PEM",
                key,
            });
        }
    }
    for key in known {
        let scalar = key.expose_scalar();
        for offset in positions(bytes, &*scalar) {
            let inside = |other: &FoundKey| other.form == "SEC 1" && other.offset + SEC1.len() == offset;
            if !found.iter().any(inside) {
                found.push(FoundKey {
                    offset,
                    form: "bare scalar",
                    key: None,
                });
            }
        }
        for upper in [false, true] {
            let text = hex(&*scalar, upper);
            let texts = positions(bytes, text.as_bytes());
            found.extend(texts.map(|offset| FoundKey {
                offset,
                form: "hexadecimal",
                key: None,
            }));
        }
    }
    found
}

fn hex(bytes: &[u8], upper: bool) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(2 * bytes.len()));
    for nibble in bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xF]) {
        let digit = char::from_digit(nibble.into(), 16).unwrap_or_default();
        text.push(if upper { digit.to_ascii_uppercase() } else { digit });
    }
    text
}

fn positions<'b>(bytes: &'b [u8], pattern: &'b [u8]) -> impl Iterator<Item = usize> + 'b {
    let first = pattern.first().copied();
    let candidates = bytes.iter().enumerate().filter(move |(_, byte)| Some(**byte) == first);
    let matches = candidates.filter(move |(at, _)| bytes.get(*at..).is_some_and(|rest| rest.starts_with(pattern)));
    matches.map(|(at, _)| at)
}

/// Searches the images themselves, erased slots and padding included.
pub(super) fn check_images(
    nvs: Option<&[u8]>,
    secure_cert: Option<&[u8]>,
    place: KeyPlace,
    key: Option<&PrivateKey>,
    findings: &mut Vec<Finding>,
) {
    let known: Vec<_> = key.into_iter().collect();
    if let Some(image) = nvs {
        // The stored key itself is a bare scalar, once; a blob in pieces is none.
        let already = findings.iter().any(|finding| finding.object == "nvs dac-key");
        let mut stored = usize::from(place == KeyPlace::Nvs || already);
        for found in find(image, &known) {
            if found.form == "bare scalar" && stored > 0 {
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
        for found in find(image, &known) {
            if found.form != "bare scalar" && found.form != "hexadecimal" && stored > 0 {
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

impl Report {
    /// Looks at the one file that may hold the private key when it is [elsewhere](KeyPlace::Elsewhere): the one from which
    /// it is burned into the chip. Comes before [`Report::check_files`], which then knows the key.
    pub fn check_efuse_key(&mut self, name: &str, bytes: &[u8]) {
        let key = find(bytes, &[]).into_iter().find_map(|found| found.key);
        let is_the_dacs = key.as_ref().map(PrivateKey::public_key) == self.traces.public_key;
        match key {
            Some(key) if is_the_dacs && self.traces.key_place == KeyPlace::Elsewhere => {
                self.traces.key = Some(key);
                self.findings
                    .push(sentence(Check::EfuseKeyFile, name, format_args!("")));
            }
            _ => self.findings.push(sentence(
                Check::KeyLeaked,
                name,
                format_args!("not the DAC's key for an eFuse"),
            )),
        }
    }

    /// Searches other files of the device for its private key, which no file may have when the key is
    /// [elsewhere](KeyPlace::Elsewhere). Where the key is in an image anyway, nothing is searched.
    ///
    /// Each file has a name for the findings. Keys in DER and PEM are found, a file that is nothing but the DAC's
    /// scalar, and the scalar in any place as soon as one file or image gives it away.
    pub fn check_files(&mut self, files: &[(&str, &[u8])]) {
        if self.traces.key_place != KeyPlace::Elsewhere {
            return;
        }
        let mut known: Vec<PrivateKey> = self.traces.key.iter().cloned().collect();
        for (_, bytes) in files {
            let bare = <&[u8; 32]>::try_from(*bytes).ok();
            let bare = bare.and_then(|scalar| PrivateKey::from_scalar(scalar).ok());
            let found = find(bytes, &[]).into_iter().filter_map(|found| found.key);
            known.extend(
                found
                    .chain(bare)
                    .filter(|key| Some(key.public_key()) == self.traces.public_key),
            );
        }
        known.truncate(1);
        let known: Vec<_> = known.iter().collect();
        for (name, bytes) in files {
            if let Some(found) = find(bytes, &known).first() {
                let whose = match &found.key {
                    Some(key) if Some(key.public_key()) != self.traces.public_key => "another key",
                    Some(_) => "the DAC's key",
                    None if found.form == "PEM" => "a key",
                    None => "the DAC's key",
                };
                let detail = format_args!("{whose}, {} at offset {:#x}", found.form, found.offset);
                self.findings.push(sentence(Check::KeyLeaked, *name, detail));
            }
        }
    }
}
