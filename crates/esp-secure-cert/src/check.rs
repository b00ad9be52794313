//! Checks an image for records that the firmware rejects, ignores or misreads, and for leaked
//! secrets.
//!
//! Source: `espressif/esp_secure_cert_mgr`: `esp_secure_cert_tlv_read.c` (record iteration,
//! look-up, checksums), `esp_secure_cert_tlv_write.c` (appending),
//! `esp_secure_cert_signature_verify.c`.

mod digests;
mod finding;
mod keys;
mod kind;
mod records;
mod text;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

pub use finding::{Finding, Severity};
pub use kind::FindingKind;

use crate::layout::ALIGNMENT;
use crate::{Error, Image, PartitionSize, Record, RecordType, Tail};

/// Returns a finding for each key leak, each part that the firmware rejects, ignores or misreads,
/// and each part that is legal but unusual.
///
/// The image may end with its records or with the partition. Findings about the whole image come
/// first, the others in the order of their offsets. Signatures are not verified, because that needs
/// a trusted key; see `Image::verify_signature` (features `ecdsa` and `rsa`).
///
/// The running time is O(n log n) in the image size.
///
/// # Examples
///
/// ```
/// use esp_secure_cert::{Flags, PartitionSize, RawRecord, RecordType, Severity, Subtype, Writer, check};
///
/// let mut buffer = [0; 256];
/// let mut writer = Writer::new(&mut buffer, PartitionSize::DEFAULT);
/// let leak = RawRecord::new(RecordType::PRIV_KEY, 0, &[7; 32]).with_flags(Flags::HMAC_DERIVED);
/// writer.push_raw(&RawRecord::new(RecordType::HMAC_ECDSA_KEY_SALT, 0, &[1; 32]))?;
/// writer.push_raw(&leak)?;
///
/// let findings = check(writer.finish(), PartitionSize::DEFAULT);
/// assert_eq!(findings[0].kind.id(), "key-in-keyless-record");
/// assert_eq!(findings[0].severity, Severity::Error);
/// assert_eq!(findings[0].offset, Some(48));
/// # Ok::<(), esp_secure_cert::Error>(())
/// ```
#[must_use]
pub fn check(image: &[u8], size: PartitionSize) -> Vec<Finding> {
    let mut survey = Survey::new(image);
    survey.check_size(image, size);
    survey.check_tail(image);
    records::check(&mut survey);
    keys::check(&mut survey);
    digests::check(&mut survey, image);
    let mut findings = survey.findings;
    findings.sort_by_key(|finding| (finding.offset, core::cmp::Reverse(finding.severity)));
    findings
}

/// The records of an image and the findings so far.
struct Survey<'a> {
    records: Vec<Record<'a>>,
    /// The first record of each type and subtype, which is the one that the firmware finds.
    first: BTreeMap<(RecordType, u8), Record<'a>>,
    findings: Vec<Finding>,
    /// The end of the last complete record.
    end: usize,
    truncated: bool,
}

impl<'a> Survey<'a> {
    fn new(image: &'a [u8]) -> Self {
        let mut survey = Self {
            records: Vec::new(),
            first: BTreeMap::new(),
            findings: Vec::new(),
            end: 0,
            truncated: false,
        };
        for record in Image::new(image).records() {
            match record {
                Ok(record) => {
                    survey.end = record.end();
                    survey.records.push(record);
                    survey.first.entry((record.kind(), record.subtype())).or_insert(record);
                }
                Err(Error::Truncated { offset, .. }) => {
                    survey.truncated = true;
                    survey.at(offset, FindingKind::Truncated);
                }
                Err(_) => {}
            }
        }
        survey
    }

    fn at(&mut self, offset: usize, kind: FindingKind) {
        self.findings.push(Finding::new(Some(offset), kind));
    }

    fn of_image(&mut self, kind: FindingKind) {
        self.findings.push(Finding::new(None, kind));
    }

    fn has(&self, kind: RecordType, subtype: u8) -> bool {
        self.first.contains_key(&(kind, subtype))
    }

    fn check_size(&mut self, image: &[u8], size: PartitionSize) {
        if self.records.is_empty() && !self.truncated {
            self.of_image(FindingKind::NoRecords);
        }
        let (end, capacity) = (self.end, size.capacity());
        if end > capacity {
            self.of_image(FindingKind::PartitionOverflow { len: end, capacity });
        } else if image.len() > size.bytes() {
            let (len, capacity) = (image.len(), size.bytes());
            self.of_image(FindingKind::PartitionOverflow { len, capacity });
        } else if end == size.bytes() {
            self.of_image(FindingKind::PartitionFull);
        }
    }

    fn check_tail(&mut self, image: &[u8]) {
        let end = self.end;
        match Image::new(image).tail() {
            Tail::Marker => self.at(end, FindingKind::EndMarker),
            // A truncated record is already reported, and an image without records is not in this
            // format.
            Tail::Other if self.truncated || self.records.is_empty() => {}
            Tail::Other => self.at(end, FindingKind::TrailingBytes { len: image.len() - end }),
            Tail::Erased | Tail::Nothing if !image.len().is_multiple_of(ALIGNMENT) => {
                self.of_image(FindingKind::ImageAlignment { len: image.len() });
            }
            Tail::Erased | Tail::Nothing => {}
        }
    }
}
