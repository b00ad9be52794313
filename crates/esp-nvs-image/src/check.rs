//! What the firmware does to an image when it mounts it, and what else is worth saying about it.

mod log;
mod notes;

use alloc::vec::Vec;

use crate::finding::Finding;
use crate::mounted::Mounted;

/// Names everything in an image that the firmware would refuse, erase, drop or misread, and what is legal but wasteful.
///
/// The image is that of a whole partition, and plain: an encrypted one is decrypted first. Findings of the whole image
/// come first, the others in the order of their offsets. An image without a [`Severity::Error`] mounts, and every
/// value in it can be read; one without findings at all, notes aside, is what [`decode`](crate::decode) accepts.
///
/// One fault may show in several ways: with an index the chunks of its blob are lost, with a namespace all its keys.
/// Slots that the firmware erases one after the other, because a damaged head no longer tells how many are its own,
/// are one finding.
///
/// The work is n log n in the image's size, and there are at most eight findings for a slot of 32 bytes.
///
/// # Examples
///
/// ```
/// use esp_nvs_image::{BlobVersion, Key, Namespace, PartitionSize, Severity, Value, check, encode_to_vec};
///
/// let namespace = Namespace::new("ns")?;
/// let entries = [(namespace, Key::new("a")?, Value::from(1_u8)), (namespace, Key::new("b")?, Value::Str("text"))];
/// let mut image = encode_to_vec(PartitionSize::new(0x3000)?, BlobVersion::V2, entries)?;
/// assert!(check(&image).is_empty());
///
/// image[0x60 + 24] ^= 1;
/// let findings = check(&image);
/// assert_eq!(findings[0].kind.id(), "entry-crc");
/// assert_eq!(findings[0].offset, Some(0x60));
/// assert_eq!(findings[0].severity, Severity::Error);
/// # Ok::<(), esp_nvs_image::Error>(())
/// ```
#[must_use]
pub fn check(image: &[u8]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mounted = Mounted::new(image, &mut |fault| {
        findings.push(fault);
        Ok(())
    });
    // Nothing is an error when all is accepted.
    if let Ok(mounted) = mounted {
        log::report(&mounted, &mut findings);
        notes::report(&mounted, &mut findings);
    }
    findings.sort_by_key(|finding| (finding.offset, core::cmp::Reverse(finding.severity)));
    findings
}
