mod chunks;
mod duplicates;

use alloc::vec::Vec;

use crate::Error;
use crate::entry_ref::ValueRef;
use crate::item::Item;
use crate::item_type::ItemType;
use crate::items::PageItems;
use crate::layout::{NAMESPACE_TABLE, PAGE_FREEING, PAGE_SIZE};
use crate::mount::{Mount, Repeats};
use crate::name::NamespaceTable;
use crate::page::Page;
use chunks::ChunkMap;

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
/// The first damage found, with its byte offset. [`Error::DuplicateEntry`], [`Error::UnknownNamespace`],
/// [`Error::BlobIndex`], [`Error::OrphanChunk`] and [`Error::LostInMove`] for entries that are whole but do not fit
/// together.
pub fn decode(image: &[u8]) -> Result<Vec<Entry<'_>>, Error> {
    if image.is_empty() || !image.len().is_multiple_of(PAGE_SIZE) {
        return Err(Error::ImageSize { len: image.len() });
    }
    read(image, Err)
}

/// What can still be read of an image, and what cannot.
#[derive(Clone, Debug, PartialEq)]
pub struct Recovered<'a> {
    /// The entries that are whole, in the order in which they were written.
    pub entries: Vec<Entry<'a>>,
    /// The damage found, each with its byte offset.
    pub damage: Vec<Error>,
}

/// Reads what the firmware reads after it has mounted the partition: damaged pages and entries are reported and left
/// out.
///
/// Of a key that stands twice the firmware's choice is taken. Where a write was interrupted that is the value written
/// last; of two that no device leaves behind it is the first, and if they are of different types on different pages,
/// it is both. What is not taken is reported with the rest of the damage. Bytes behind the last whole page are left out.
///
/// Without damage the entries are those of [`decode`], which refuses the image otherwise.
#[must_use]
pub fn recover(image: &[u8]) -> Recovered<'_> {
    let mut damage = Vec::new();
    let (pages, rest) = image.as_chunks::<PAGE_SIZE>();
    if !rest.is_empty() || pages.is_empty() {
        damage.push(Error::ImageSize { len: image.len() });
    }
    let entries = read(pages.as_flattened(), |error| {
        damage.push(error);
        Ok(())
    });
    // Nothing is an error when all damage is accepted.
    Recovered {
        entries: entries.unwrap_or_default(),
        damage,
    }
}

/// Takes each fault that is found, or refuses the image.
trait Report: FnMut(Error) -> Result<(), Error> {}
impl<F: FnMut(Error) -> Result<(), Error>> Report for F {}

/// The entries of an image, in the order of the log.
struct Stored<'a> {
    image: &'a [u8],
    pages: Vec<Page<'a>>,
    mount: Mount,
    names: NamespaceTable,
    /// Numbers, texts, blobs in one piece and indices of blobs.
    values: Vec<Item<'a>>,
    chunks: Vec<Item<'a>>,
}

/// Reads an image of whole pages, as long as `report` accepts the damage that is found.
fn read(image: &[u8], mut report: impl Report) -> Result<Vec<Entry<'_>>, Error> {
    let mut stored = Stored::new(image, &mut report)?;
    stored.read_items(&mut report)?;
    let mut chunks = ChunkMap::new(core::mem::take(&mut stored.chunks));
    if chunks.has_duplicates() || duplicates::may_have(&stored.values) {
        duplicates::resolve(&mut stored, &mut chunks, &mut report)?;
    }
    let mut entries = Vec::with_capacity(stored.values.len());
    for item in &stored.values {
        let (key, index, offset) = (item.key(), item.namespace_index(), item.offset());
        let Some(&namespace) = stored.names.get(index) else {
            report(Error::UnknownNamespace { offset, index })?;
            continue;
        };
        let value = match item.kind() {
            ItemType::BlobIndex => chunks.take(item).map(StoredValue::Blob),
            _ => ValueRef::of_item(item).map(StoredValue::from),
        };
        match value {
            Ok(value) => entries.push(Entry { namespace, key, value }),
            Err(error) => report(error)?,
        }
    }
    chunks
        .orphans()
        .try_for_each(|offset| report(Error::OrphanChunk { offset }))?;
    Ok(entries)
}

impl<'a> Stored<'a> {
    /// Puts the pages in order.
    fn new(image: &'a [u8], report: &mut impl Report) -> Result<Self, Error> {
        let mut pages = Vec::new();
        for (bytes, number) in image.chunks_exact(PAGE_SIZE).zip(0..) {
            let Some(page) = Page::first_of(bytes, number * PAGE_SIZE) else {
                continue;
            };
            match page.check() {
                Ok(true) => pages.push(page),
                Ok(false) => {}
                Err(error) => report(error)?,
            }
        }
        // The sort is stable: the firmware takes pages of one sequence number as they lie in flash.
        pages.sort_by_key(Page::sequence);
        let mut mount = Mount::default();
        if pages.iter().any(|page| page.state() == PAGE_FREEING) {
            mount = Mount::new(pages.iter().copied());
        }
        if let Some((page, slots)) = mount.lost(image) {
            for slot in (0..128).filter(|slot| slots >> slot & 1 == 1) {
                let offset = page.slot_offset(slot);
                report(Error::LostInMove { offset })?;
            }
            pages.pop();
        }
        Ok(Self {
            image,
            pages,
            mount,
            names: NamespaceTable::new(),
            values: Vec::new(),
            chunks: Vec::new(),
        })
    }

    /// Sorts the entries by what they are, and registers the namespaces.
    fn read_items(&mut self, report: &mut impl Report) -> Result<(), Error> {
        let mut is_table_sound = true;
        for page in &self.pages {
            // An entry of the table that is no namespace hides those behind it on its page from the firmware.
            let mut table_goes_on = true;
            for item in PageItems::mounted(*page) {
                let item = match item {
                    Ok(item) => item,
                    Err(error) => {
                        report(error)?;
                        continue;
                    }
                };
                match item.kind() {
                    ItemType::U8 if item.namespace_index() == NAMESPACE_TABLE => {
                        let [index, ..] = item.data();
                        let name = item.key().as_namespace();
                        if !table_goes_on || !self.names.register(name, index) {
                            let offset = item.offset();
                            report(Error::NamespaceTable { offset })?;
                            is_table_sound = false;
                        }
                    }
                    ItemType::BlobChunk => self.chunks.push(item),
                    _ => {
                        table_goes_on &= item.namespace_index() != NAMESPACE_TABLE;
                        self.values.push(item);
                    }
                }
            }
        }
        if !is_table_sound {
            let mut repeats = self.repeats();
            self.names = NamespaceTable::new();
            for page in &self.pages {
                self.names
                    .read_page(page, |item| repeats.is_erased(page, item.offset()));
            }
        }
        Ok(())
    }

    fn repeats(&self) -> Repeats {
        Repeats::new(self.mount.superseded(self.pages.iter().copied()))
    }
}
