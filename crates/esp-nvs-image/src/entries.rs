use core::fmt;

use crate::Error;
use crate::blob_ref::BlobRef;
use crate::chunk_search::Chunks;
use crate::entry_ref::{EntryRef, ValueRef};
use crate::finding::{Finding, FindingKind, Kept};
use crate::item_type::ItemType;
use crate::layout::{NAMESPACE_TABLE, PAGE_SIZE};
use crate::log::LogOrder;
use crate::mount::{Heads, Lost, Mount};
use crate::names::Names;
use crate::page::Page;
use crate::page_records::PageRecords;
use crate::record::Record;

/// An iterator over the keys and values of an image in the order in which they were written. It
/// does not allocate.
///
/// It reads any image of a whole partition, including images of used devices: pages out of order,
/// erased slots, pages of both versions, blobs of either generation. Remains of power failures are
/// treated as by the firmware at mount: the original of a page that was being moved is read instead
/// of the incomplete copy, and of two values of one key the new one, as far as the firmware can
/// distinguish them: two on one active page, or one that is the last entry of all. Skipped and
/// damaged entries are an `Err` with the offset; the iteration continues after them. Damaged pages
/// come first.
///
/// # Limits
///
/// The iterator keeps no record of the entries that it returned. A duplicate key that no device
/// produces (on one full page, or on two pages in the middle) is returned twice, a chunk without an
/// index is ignored, and a blob with more chunks than its index states, which the firmware drops,
/// is returned. With `alloc`, `decode` rejects all three.
///
/// # Cost
///
/// `new` and the iteration read every page a few times, and the headers of all pages once for every
/// 32 pages. A chunk is searched on the page of its index and on those before it; only one that was
/// moved away needs a search of all pages. For all blobs together these searches end after 65,536 +
/// 2 * pages^2 pages, which no image of up to 22 pages reaches and no device comes near; a chunk
/// that is not found by then is [`Error::BlobTooScattered`]. The worst case is pages * slots.
/// Reading a blob takes as long as finding it.
///
/// The iteration uses about 7 KiB of stack, most of it for the table of namespaces.
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
    /// The image length, if it is invalid and not reported yet.
    wrong_len: Option<usize>,
    /// The next page whose header is not reported yet.
    unchecked: usize,
    log: LogOrder<'a>,
    mount: Mount,
    names: Names,
    page: Option<OpenPage<'a>>,
    /// The entries of the page given up that are not reported yet.
    lost: Lost<'a>,
    chunks: Chunks<'a>,
}

/// The current page.
#[derive(Clone)]
struct OpenPage<'a> {
    page: Page<'a>,
    /// The positions of its entries, if some of them may be erased.
    heads: Option<Heads>,
    records: PageRecords<'a>,
}

impl<'a> OpenPage<'a> {
    fn new(page: Page<'a>, mount: &Mount) -> Self {
        Self {
            page,
            heads: (!mount.keeps_all(&page)).then(|| mount.heads(&page)),
            records: PageRecords::mounted(page),
        }
    }

    /// Returns the entries of the table of namespaces that are not erased.
    fn table(self) -> impl Iterator<Item = Record<'a>> {
        let may_have = self
            .page
            .slots()
            .any(|(_, [namespace, ..])| *namespace == NAMESPACE_TABLE);
        let records = may_have.then_some(self.records).into_iter().flatten().flatten();
        let is_kept = move |slot| self.heads.is_none_or(|heads| heads.keeps(slot));
        records.filter(move |record| record.is_in_table() && is_kept(self.page.slot_at(record.offset)))
    }
}

impl<'a> Entries<'a> {
    /// Reads the table of namespaces and finds the first page.
    #[must_use]
    pub fn new(image: &'a [u8]) -> Self {
        let (pages, rest) = image.as_chunks::<PAGE_SIZE>();
        let is_wrong = pages.is_empty() || !rest.is_empty();
        let wrong_len = is_wrong.then_some(image.len());
        let image = pages.as_flattened();
        let log = LogOrder::new(image);
        let mount = Mount::new(log.clone());
        let mut names = Names::new();
        for page in log.clone().filter(|page| !mount.gives_up(page)) {
            OpenPage::new(page, &mount)
                .table()
                .for_each(|record| names.take(&record));
        }
        Self {
            image,
            wrong_len,
            unchecked: 0,
            log,
            mount,
            names,
            page: None,
            lost: mount.lost(image),
            chunks: Chunks::new(image, mount),
        }
    }

    /// Returns the next fault of the image or of a page, or entry lost with a page.
    fn next_fault(&mut self) -> Option<Finding> {
        if let Some(len) = self.wrong_len.take() {
            return Some(Finding::of_image(FindingKind::ImageSize { len }));
        }
        while let Some(page) = Page::nth(self.image, self.unchecked) {
            self.unchecked += 1;
            if let (_, Some(fault)) = page.classify() {
                return Some(Finding::at(page.offset(), fault));
            }
        }
        self.lost.next()
    }

    fn next_record(&mut self) -> Option<(Page<'a>, Option<Heads>, Result<Record<'a>, Finding>)> {
        loop {
            if let Some(OpenPage { page, heads, records }) = &mut self.page
                && let Some(record) = records.next()
            {
                return Some((*page, *heads, record));
            }
            let page = self.log.next()?;
            if !self.mount.gives_up(&page) {
                self.page = Some(OpenPage::new(page, &self.mount));
            }
        }
    }

    /// Converts a record to an entry for the caller, if it is one.
    fn entry(
        &mut self,
        page: &Page<'a>,
        heads: Option<Heads>,
        record: &Record<'a>,
    ) -> Result<Option<EntryRef<'a>>, Error> {
        let at = |fault| Error::Damaged(Finding::at(record.offset, fault));
        if let Some(heads) = heads.filter(|heads| !heads.keeps(page.slot_at(record.offset))) {
            return Err(Error::Damaged(self.mount.fault_of_erased(page, heads, record)));
        }
        if let Some(fault) = record.damage() {
            return Err(at(fault));
        }
        if record.is_in_table() {
            return self.fault_in_table(record).map_or(Ok(None), |fault| Err(at(fault)));
        }
        let index = record.namespace;
        let unknown = FindingKind::UnknownNamespace { index, entries: 1 };
        let name = self.names.get(index).ok_or_else(|| at(unknown))?;
        // A fault of a name is reported at the name's own entry.
        let Some(name) = name.key() else { return Ok(None) };
        let key = record.key.sound();
        let value = match record.kind {
            ItemType::BlobChunk => None,
            ItemType::BlobIndex => BlobRef::of_index(record, &mut self.chunks)?.map(ValueRef::Blob),
            _ => ValueRef::of_record(record),
        };
        let namespace = name.as_namespace();
        Ok(value.map(|value| EntryRef { namespace, key, value }))
    }

    fn fault_in_table(&self, record: &Record<'_>) -> Option<FindingKind> {
        let known = self.names.index_of(record.key).map(|index| self.names.offset(index));
        self.names.fault(record).or_else(|| {
            let earlier = known.filter(|earlier| *earlier != record.offset)?;
            Some(record.repeated(earlier, Kept::Earlier))
        })
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = Result<EntryRef<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(fault) = self.next_fault() {
            return Some(Err(Error::Damaged(fault)));
        }
        loop {
            let (page, heads, record) = self.next_record()?;
            let entry = match record {
                Ok(record) => self.entry(&page, heads, &record),
                Err(fault) if fault.kind.is_damage() => Err(Error::Damaged(fault)),
                Err(_) => continue,
            };
            if let Some(entry) = entry.transpose() {
                return Some(entry);
            }
        }
    }
}

impl fmt::Debug for Entries<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entries")
            .field("page", &self.page.as_ref().map(|open| open.page))
            .finish_non_exhaustive()
    }
}
