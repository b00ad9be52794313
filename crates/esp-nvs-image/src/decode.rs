use alloc::vec::Vec;

use crate::Error;
use crate::entry_list::EntryList;
use crate::finding::Finding;
use crate::item_type::ItemType;
use crate::mounted::Mounted;
use crate::number::Number;
use crate::record::Record;

pub use crate::stored::{Blob, Entry, StoredValue};

/// Decodes a whole image strictly: everything that the firmware drops, erases or rejects is an
/// error.
///
/// The entries are in the order in which they were written. Images of used devices are accepted:
/// erased slots, pages out of order, pages of both versions, blobs of either generation, and a page
/// whose move to another page was interrupted, if a restart of the move loses nothing. An image
/// with two values for one key, because power failed while the value was replaced, is an error: a
/// generator's mistake looks the same. [`recover`] uses the value that the firmware uses.
///
/// # Errors
///
/// [`Error::Damaged`] with the first fault that [`recover`] reports; [`Error::Illegible`] with that
/// fault if no entry can be read and the image may be encrypted
/// ([`Legibility`](crate::Legibility)).
///
/// # Examples
///
/// ```
/// use esp_nvs_image::{BlobVersion, decode, encode_to_vec};
///
/// let image = encode_to_vec(0x3000, BlobVersion::V2, [("wifi", "ssid", "factory"), ("wifi", "country", "SE")])?;
/// let entries = decode(&image)?;
/// for entry in &entries {
///     println!("{} {} {}", entry.namespace, entry.key, entry.value.type_name());
/// }
/// assert_eq!(entries.get("wifi", "country").and_then(|value| value.as_str()), Some("SE"));
/// # Ok::<(), esp_nvs_image::Error>(())
/// ```
pub fn decode(image: &[u8]) -> Result<EntryList<'_>, Error> {
    read(image, |fault| {
        if fault.kind.is_damage() {
            Err(Error::Damaged(fault))
        } else {
            Ok(())
        }
    })
    .map_err(|error| error.of_image(image))
}

/// The readable entries of an image, and its damage.
#[derive(Clone, Debug, PartialEq)]
pub struct Recovered<'a> {
    /// The complete entries in the order in which they were written.
    pub entries: EntryList<'a>,
    /// The damage: those findings of [`check`](crate::check) for which [`decode`] rejects the
    /// image.
    pub damage: Vec<Finding>,
}

/// Decodes the entries that the firmware reads after it has mounted the partition; damaged pages
/// and entries are reported and skipped.
///
/// For a duplicate key the result is the firmware's choice: after an interrupted write the value
/// written last; for two values that no device produces the first, or both if they have different
/// types and are on different pages. Skipped entries are reported as damage. Bytes after the last
/// complete page are ignored.
///
/// Without damage the entries are those of [`decode`].
///
/// # Examples
///
/// ```
/// use esp_nvs_image::{BlobVersion, Value, encode_to_vec, recover};
///
/// let entries = [("wifi", "channel", Value::from(6_u8)), ("wifi", "ssid", Value::from("factory"))];
/// let mut image = encode_to_vec(0x3000, BlobVersion::V2, entries)?;
/// image[64 + 2 * 32 + 24] ^= 1; // the size of the string
///
/// let read = recover(&image);
/// assert_eq!(read.entries.get("wifi", "channel").and_then(|value| value.as_u8()), Some(6));
/// assert_eq!(read.entries.get("wifi", "ssid"), None);
/// assert_eq!(read.damage[0].kind.id(), "entry-crc");
/// # Ok::<(), esp_nvs_image::Error>(())
/// ```
#[must_use]
pub fn recover(image: &[u8]) -> Recovered<'_> {
    let mut damage = Vec::new();
    let entries = read(image, |fault| {
        damage.extend(Some(fault).filter(|fault| fault.kind.is_damage()));
        Ok(())
    });
    // The callback accepts all damage, so that there is no error.
    Recovered {
        entries: entries.unwrap_or_default(),
        damage,
    }
}

/// Reads an image until `report` returns an error for a fault.
fn read(image: &[u8], mut report: impl FnMut(Finding) -> Result<(), Error>) -> Result<EntryList<'_>, Error> {
    Ok(Mounted::new(image, &mut report)?.given().into())
}

impl<'a> Mounted<'a> {
    /// Returns the readable entries. The faults of the others are already reported.
    pub(crate) fn given(&self) -> Vec<Entry<'a>> {
        let mut entries = Vec::with_capacity(self.entries.len());
        let mut known = None;
        for (place, record) in self.values() {
            let index = record.namespace;
            let (_, namespace) = match known {
                Some(known @ (known_index, _)) if known_index == index => known,
                _ => *known.insert((index, self.names.get(index).and_then(|name| name.key()))),
            };
            if let (Some(name), Some(value)) = (namespace, self.value(place, &record)) {
                let (namespace, key) = (name.as_namespace(), record.key.sound());
                entries.push(Entry { namespace, key, value });
            }
        }
        entries
    }

    fn value(&self, place: usize, record: &Record<'a>) -> Option<StoredValue<'a>> {
        Some(match record.kind {
            ItemType::Str => StoredValue::Str(record.text()?),
            ItemType::BlobV1 => {
                let mut blob = Blob::default();
                blob.push(record.payload);
                StoredValue::Blob(blob)
            }
            ItemType::BlobIndex => StoredValue::Blob(self.blob(place)?),
            kind => StoredValue::Number(Number::from_data(kind, record.data)?),
        })
    }

    /// Collects the chunks of an index; `None` if a chunk is damaged.
    fn blob(&self, place: usize) -> Option<Blob<'a>> {
        let mut blob = Blob::default();
        let mut last = None;
        for &chunk in self.blobs.of_index(place)? {
            let stored = self.entries.get(chunk)?;
            let record = stored.record();
            if last.replace(record.chunk) == Some(record.chunk) {
                continue;
            }
            if !stored.is_sound {
                return None;
            }
            blob.push(record.payload);
        }
        Some(blob)
    }
}
