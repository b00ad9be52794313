use crate::item::Item;
use crate::item_type::ItemType;
use crate::layout::{PAGE_ACTIVE, PAGE_SIZE};
use crate::log::{Identity, identity};
use crate::mount::Repeats;
use crate::name::Key;
use crate::page::Page;

/// The chunks of one blob, of which each is looked for near the one before it.
#[derive(Clone)]
pub(crate) struct Walk {
    pub(crate) namespace: u8,
    pub(crate) key: Key,
    pub(crate) next: u8,
    pub(crate) left: u8,
    /// The page to look at first.
    pub(crate) page: usize,
    /// The page from which on all others are looked at.
    pub(crate) before: usize,
}

impl Walk {
    pub(crate) fn next_chunk<'a>(&mut self, chunks: &mut Chunks<'a>) -> Result<Option<Item<'a>>, Exhausted> {
        let field = self.key.field();
        let wanted = (self.namespace, self.next, &field[..]);
        let mut pages = core::iter::once(self.page)
            .chain(self.before..chunks.pages())
            .chain(0..self.before);
        let found = loop {
            let Some(page) = pages.next() else { return Ok(None) };
            if let Some(item) = chunks.on_page(page, wanted)? {
                self.page = page;
                break item;
            }
        };
        self.before = self.page;
        self.next = self.next.wrapping_add(1);
        self.left -= 1;
        Ok(Some(found))
    }
}

/// The work allowed was done.
pub(crate) struct Exhausted;

/// Looks for chunks, page by page as they lie in flash.
#[derive(Clone)]
pub(crate) struct Chunks<'a> {
    image: &'a [u8],
    /// What the firmware erases when it mounts the partition: a page, and entries.
    given_up: Option<usize>,
    repeats: Repeats,
    /// The work that is left.
    limit: u64,
}

/// The work of finding out where the entries of a page are, in that of comparing all its slots with a key.
const WALK: u64 = 16;

impl<'a> Chunks<'a> {
    pub(crate) fn new(image: &'a [u8], given_up: Option<usize>, repeats: Repeats) -> Self {
        let pages = u64::try_from(image.len() / PAGE_SIZE).unwrap_or(u64::MAX);
        Self {
            image,
            given_up,
            repeats,
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

    /// The chunk of that identity on a page, if it can be read. Of two on an active page the firmware erases the first,
    /// and of two elsewhere it finds the first.
    fn on_page(&mut self, number: usize, wanted: Identity<'_>) -> Result<Option<Item<'a>>, Exhausted> {
        self.spend(1)?;
        let Some(page) = Page::nth(self.image, number) else {
            return Ok(None);
        };
        let mut like_it = 0u128;
        for (slot, bytes) in page.slots() {
            let [namespace, kind, _, chunk, ..] = *bytes;
            let is_like_it = kind == ItemType::BlobChunk.code() && (namespace, chunk) == (wanted.0, wanted.1);
            if is_like_it && identity(bytes) == wanted {
                like_it |= 1 << slot;
            }
        }
        if like_it == 0 || page.check() != Ok(true) || self.given_up == Some(page.offset()) {
            return Ok(None);
        }
        if !self.repeats.knows(number) {
            self.spend(WALK)?;
        }
        // Bytes of a value may look like a chunk.
        let mut found = like_it & self.repeats.heads(number, &page);
        if let Some(slot) = self.repeats.superseded_on(number) {
            found &= !(1 << slot);
        }
        let slot = if page.state() == PAGE_ACTIVE {
            127u32.checked_sub(found.leading_zeros())
        } else {
            (found != 0).then(|| found.trailing_zeros())
        };
        let slot = slot.and_then(|slot| usize::try_from(slot).ok());
        Ok(slot.and_then(|slot| Item::read(&page, slot).0.ok()))
    }
}
