use crate::head::IndexData;
use crate::item_type::ItemType;
use crate::layout::PAGE_SIZE;
use crate::mount::{Heads, Mount};
use crate::name::StoredKey;
use crate::page::Page;
use crate::record::{Identity, Record};
use crate::slot_states::slots_of;

/// A search for the chunks of one blob, each near the previous one.
#[derive(Clone)]
pub(crate) struct Walk {
    pub(crate) namespace: u8,
    pub(crate) key: StoredKey,
    pub(crate) next: u8,
    pub(crate) left: u8,
    /// The page to search first.
    pub(crate) page: usize,
    /// The first page that is searched last.
    pub(crate) before: usize,
}

impl Walk {
    pub(crate) fn next_chunk<'a>(&mut self, chunks: &mut Chunks<'a>) -> Result<Option<Record<'a>>, Exhausted> {
        let wanted = Identity {
            namespace: self.namespace,
            key: self.key,
            chunk: self.next,
        };
        let mut pages = core::iter::once(self.page)
            .chain(self.before..chunks.pages())
            .chain(0..self.before);
        let found = loop {
            let Some(page) = pages.next() else { return Ok(None) };
            let on_page = chunks.on_page(page, |other| other == wanted)?;
            if let Some(record) = on_page.and_then(|(page, slots)| records(page, slots).next()) {
                self.page = page;
                break record;
            }
        };
        self.before = self.page;
        self.next = self.next.wrapping_add(1);
        self.left -= 1;
        Ok(Some(found))
    }
}

/// The limit of work is reached.
pub(crate) struct Exhausted;

/// A search for chunks, page by page in flash order.
#[derive(Clone)]
pub(crate) struct Chunks<'a> {
    image: &'a [u8],
    mount: Mount,
    /// The entries of the last page.
    heads: Option<(usize, Heads)>,
    /// The remaining work.
    limit: u64,
}

/// The cost of finding the entries of a page, relative to comparing all its slots with a key.
const WALK: u64 = 16;

impl<'a> Chunks<'a> {
    pub(crate) fn new(image: &'a [u8], mount: Mount) -> Self {
        let pages = u64::try_from(image.len() / PAGE_SIZE).unwrap_or(u64::MAX);
        Self {
            image,
            mount,
            heads: None,
            limit: pages.saturating_mul(pages).saturating_mul(2).saturating_add(1 << 16),
        }
    }

    pub(crate) fn without_limit(&self) -> Self {
        Self {
            limit: u64::MAX,
            ..self.clone()
        }
    }

    const fn pages(&self) -> usize {
        self.image.len() / PAGE_SIZE
    }

    fn spend(&mut self, work: u64) -> Result<(), Exhausted> {
        self.limit = self.limit.checked_sub(work).ok_or(Exhausted)?;
        Ok(())
    }

    /// Counts the chunks that the firmware assigns to an index, and their bytes.
    pub(crate) fn count(&mut self, index: &Record<'_>, data: IndexData) -> Result<(usize, usize), Exhausted> {
        let (mut found, mut bytes) = (0, 0);
        let is_counted =
            |other: Identity| (other.namespace, other.key) == (index.namespace, index.key) && data.counts(other.chunk);
        for page in 0..self.pages() {
            if let Some((page, slots)) = self.on_page(page, is_counted)? {
                for chunk in records(page, slots) {
                    found += 1;
                    bytes += chunk.payload.len();
                }
            }
        }
        Ok((found, bytes))
    }

    /// Returns the wanted chunks on a page that the firmware keeps: one bit for the slot of each.
    fn on_page(
        &mut self,
        number: usize,
        is_wanted: impl Fn(Identity) -> bool,
    ) -> Result<Option<(Page<'a>, u128)>, Exhausted> {
        self.spend(1)?;
        let Some(page) = Page::nth(self.image, number) else {
            return Ok(None);
        };
        let mut wanted = 0u128;
        for (slot, bytes) in page.slots() {
            let [_, kind, ..] = *bytes;
            if kind == ItemType::BlobChunk.code() && is_wanted(Identity::of_slot(bytes)) {
                wanted |= 1 << slot;
            }
        }
        if wanted == 0 || !page.is_in_log() || self.mount.gives_up(&page) {
            return Ok(None);
        }
        // Bytes of a value can look like a chunk.
        let kept = self.heads(number, &page)?.kept();
        Ok(Some((page, wanted & kept)))
    }

    fn heads(&mut self, number: usize, page: &Page<'_>) -> Result<Heads, Exhausted> {
        match self.heads {
            Some((known, heads)) if known == number => Ok(heads),
            _ => {
                self.spend(WALK)?;
                let heads = self.mount.heads(page);
                self.heads = Some((number, heads));
                Ok(heads)
            }
        }
    }
}

fn records(page: Page<'_>, slots: u128) -> impl Iterator<Item = Record<'_>> {
    slots_of(slots).filter_map(move |slot| Record::read(&page, slot).ok())
}
