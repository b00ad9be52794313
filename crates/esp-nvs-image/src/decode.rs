use alloc::vec::Vec;

use crate::Error;
use crate::entry_list::EntryList;
use crate::finding::Finding;
use crate::item_type::ItemType;
use crate::mounted::Mounted;
use crate::number::Number;
use crate::record::Record;

pub use crate::stored::{Blob, Entry, StoredValue};

/// Reads a whole image strictly: whatever the firmware would drop, erase or refuse is an error here.
///
/// The entries come in the order in which they were written. An image that a device has worn is read like a new one:
/// erased slots, pages out of order, pages of both versions, blobs of either generation, and a page whose move to
/// another was interrupted, as long as nothing is lost by beginning again. A value that was being replaced when power
/// failed, so that it stands twice, is refused, because a generator's mistake looks the same; [`recover`] takes the one
/// that the firmware takes.
///
/// # Errors
///
/// [`Error::Damaged`] with the first fault that [`recover`] would report; [`Error::Illegible`] with that fault when no entry
/// can be read and the image is perhaps encrypted ([`Legibility`](crate::Legibility)).
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

/// What can still be read of an image, and what cannot.
#[derive(Clone, Debug, PartialEq)]
pub struct Recovered<'a> {
    /// The entries that are whole, in the order in which they were written.
    pub entries: EntryList<'a>,
    /// The damage found: those of the findings of [`check`](crate::check) for which [`decode`] refuses the image.
    pub damage: Vec<Finding>,
}

/// Reads what the firmware reads after it has mounted the partition: damaged pages and entries are reported and left
/// out.
///
/// Of a key that stands twice the firmware's choice is taken. Where a write was interrupted that is the value written
/// last; of two that no device leaves behind it is the first, and if they are of different types on different pages,
/// it is both. What is not taken is reported with the rest of the damage. Bytes behind the last whole page are left out.
///
/// Without damage the entries are those of [`decode`], which refuses the image otherwise.
///
/// # Examples
///
/// ```
/// use esp_nvs_image::{BlobVersion, Value, encode_to_vec, recover};
///
/// let entries = [("wifi", "channel", Value::from(6_u8)), ("wifi", "ssid", Value::from("factory"))];
/// let mut image = encode_to_vec(0x3000, BlobVersion::V2, entries)?;
/// image[64 + 2 * 32 + 24] ^= 1; // the size of the text
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
    // Nothing is an error when all damage is accepted.
    Recovered {
        entries: entries.unwrap_or_default(),
        damage,
    }
}

/// Reads an image, as long as `report` accepts what is wrong with it.
fn read(image: &[u8], mut report: impl FnMut(Finding) -> Result<(), Error>) -> Result<EntryList<'_>, Error> {
    Ok(Mounted::new(image, &mut report)?.given().into())
}

impl<'a> Mounted<'a> {
    /// The entries that can be read. What is wrong with the others was reported.
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

    /// Puts the chunks of an index together; `None` when one of them is damaged.
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
