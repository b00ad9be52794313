use core::fmt;

use crate::Error;
use crate::blob_ref::BlobRef;
use crate::chunk_search::Chunks;
use crate::entry_ref::{EntryRef, ValueRef};
use crate::item::Item;
use crate::item_type::ItemType;
use crate::items::PageItems;
use crate::layout::{MAX_NAMESPACES, NAMESPACE_TABLE, PAGE_SIZE};
use crate::log::LogOrder;
use crate::mount::{Mount, Repeats};
use crate::name::NamespaceTable;
use crate::page::Page;

/// Walks over the keys and values of an image in the order in which they were written, without allocating.
///
/// Any image of a whole partition can be read, also one that a device has written to for long: pages out of order,
/// erased slots, pages of both versions, blobs of either generation. What power failures left behind is seen as the
/// firmware sees it after mounting: of a page that was being moved the original is read and not the unfinished copy, and
/// of two values of one key the one that replaces the other, as far as the firmware can tell them apart: two on one
/// active page, or one that is the last entry of all. What is left out is an `Err`, and so is everything damaged, with
/// its offset; the walk goes on behind it. Damaged pages come first.
///
/// # What it does not see
///
/// It cannot remember what it gave out. A key that stands twice in a way that no device leaves behind (on one full page,
/// or on two pages in the middle) comes twice, and a chunk that no index names is passed over. With `alloc`,
/// [`decode`](crate::decode) refuses both.
///
/// # Cost
///
/// `new` and the walk read every page a few times, and the headers of all pages once for every 32 pages. A chunk of a
/// blob is looked for on the page of its index and on those before it; only one that was moved away from there needs a
/// search through all pages. For all blobs together these searches end after 65,536 + 2 * pages^2 pages, which no
/// image of up to 22 pages needs and no device comes near; what is not found by then is [`Error::BlobTooScattered`].
/// So the whole is pages * slots at worst. Reading a blob takes as long as finding it.
///
/// The walk takes about 5 KiB of stack for the table of namespaces.
///
/// # Examples
///
/// ```
/// use esp_nvs_image::{Encoder, Entries, Key, Namespace, PartitionSize, Value, ValueRef};
///
/// let mut buffer = [0; 0x3000];
/// let mut encoder = Encoder::new(&mut buffer, PartitionSize::new(0x3000)?)?;
/// let factory = Namespace::new("factory")?;
/// encoder.push(&factory, &Key::new("serial")?, Value::Str("SN-0001"))?;
/// encoder.push(&factory, &Key::new("salt")?, Value::Blob(&[7; 16]))?;
///
/// for entry in Entries::new(encoder.finish()) {
///     let entry = entry?;
///     match entry.value {
///         ValueRef::Str(text) => assert_eq!((entry.key.as_str(), text), ("serial", "SN-0001")),
///         ValueRef::Blob(blob) => assert_eq!(blob.read_into(&mut [0; 32])?, [7; 16]),
///         _ => unreachable!(),
///     }
/// }
/// # Ok::<(), esp_nvs_image::Error>(())
/// ```
#[derive(Clone)]
pub struct Entries<'a> {
    image: &'a [u8],
    /// The image's length, if that is wrong and still to be reported.
    wrong_len: Option<usize>,
    /// The next page whose header is still to be reported on.
    unchecked: usize,
    log: LogOrder<'a>,
    mount: Mount,
    names: NamespaceTable,
    /// Which indices of namespaces were met.
    met: [bool; MAX_NAMESPACES],
    page: Option<(Page<'a>, PageItems<'a>)>,
    /// What is still to be reported of the page that is given up.
    lost: Option<(Page<'a>, u128)>,
    /// Of its own, since the search for chunks goes to other pages.
    repeats: Repeats,
    chunks: Chunks<'a>,
}

impl<'a> Entries<'a> {
    /// Reads the table of namespaces, and finds out where the walk is to begin.
    #[must_use]
    pub fn new(image: &'a [u8]) -> Self {
        let (pages, rest) = image.as_chunks::<PAGE_SIZE>();
        let is_wrong = pages.is_empty() || !rest.is_empty();
        let wrong_len = is_wrong.then_some(image.len());
        let image = pages.as_flattened();
        let log = LogOrder::new(image);
        let mount = Mount::new(log.clone());
        let superseded = mount.superseded(log.clone());
        let mut repeats = Repeats::new(superseded);
        let mut names = NamespaceTable::new();
        for page in log.clone().filter(|page| !mount.gives_up(page)) {
            names.read_page(&page, |item| repeats.is_erased(&page, item.offset()));
        }
        Self {
            image,
            wrong_len,
            unchecked: 0,
            log,
            mount,
            names,
            met: [false; MAX_NAMESPACES],
            page: None,
            lost: mount.lost(image),
            chunks: Chunks::new(image, mount.given_up, repeats.clone()),
            repeats,
        }
    }

    /// The next fault of the image, of a page, or an entry that went with a page.
    fn next_fault(&mut self) -> Option<Error> {
        if let Some(len) = self.wrong_len.take() {
            return Some(Error::ImageSize { len });
        }
        while let Some(page) = Page::nth(self.image, self.unchecked) {
            self.unchecked += 1;
            if let Err(error) = page.check() {
                return Some(error);
            }
        }
        let (page, bits) = self.lost.as_mut()?;
        let slot = usize::try_from(bits.trailing_zeros()).ok().filter(|_| *bits != 0)?;
        *bits &= *bits - 1;
        let offset = page.slot_offset(slot);
        Some(Error::LostInMove { offset })
    }

    fn next_item(&mut self) -> Option<(Page<'a>, Result<Item<'a>, Error>)> {
        loop {
            if let Some((page, items)) = &mut self.page
                && let Some(item) = items.next()
            {
                return Some((*page, item));
            }
            let page = self.log.next()?;
            if !self.mount.gives_up(&page) {
                self.page = Some((page, PageItems::mounted(page)));
            }
        }
    }

    /// What an entry is for the caller, if anything.
    fn entry(&mut self, page: &Page<'a>, item: &Item<'a>) -> Result<Option<EntryRef<'a>>, Error> {
        let (offset, key, index) = (item.offset(), item.key(), item.namespace_index());
        if self.repeats.is_erased(page, offset) {
            return Err(Error::DuplicateEntry { offset, key });
        }
        match item.kind() {
            ItemType::BlobChunk => return Ok(None),
            ItemType::U8 if index == NAMESPACE_TABLE => {
                let [index, ..] = item.data();
                let met = self.met.get_mut(usize::from(index).wrapping_sub(1));
                return match (self.names.get(index), met) {
                    (Some(name), Some(met @ false)) if *name == key.as_namespace() => {
                        *met = true;
                        Ok(None)
                    }
                    _ => Err(Error::NamespaceTable { offset }),
                };
            }
            _ => {}
        }
        let namespace = *self.names.get(index).ok_or(Error::UnknownNamespace { offset, index })?;
        let value = match item.kind() {
            ItemType::BlobIndex => ValueRef::Blob(BlobRef::of_index(item, &mut self.chunks)?),
            _ => ValueRef::of_item(item)?,
        };
        Ok(Some(EntryRef { namespace, key, value }))
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = Result<EntryRef<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(error) = self.next_fault() {
            return Some(Err(error));
        }
        loop {
            let (page, item) = self.next_item()?;
            match item.and_then(|item| self.entry(&page, &item)) {
                Ok(Some(entry)) => return Some(Ok(entry)),
                Ok(None) => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl fmt::Debug for Entries<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entries")
            .field("page", &self.page.as_ref().map(|(page, _)| page))
            .finish_non_exhaustive()
    }
}
