use crate::item::Frame;
use crate::item_type::ItemType;
use crate::items::end_of;
use crate::layout::{PAGE_ACTIVE, PAGE_FREEING, PAGE_SIZE};
use crate::log::{heads_of, identity, kind_at, place};
use crate::page::Page;

/// What the firmware makes undone when it mounts a partition after power failed in the middle of a write.
///
/// Source: ESP-IDF `components/nvs_flash`, `PageManager::load`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mount {
    /// The page that is erased, since the move of another page to it begins again, as its offset.
    pub(crate) given_up: Option<usize>,
    /// The page that is moved.
    source: Option<usize>,
}

impl Mount {
    /// Looks at pages in the order of the log: the last page is given up when it is active and an earlier one is being
    /// moved.
    pub(crate) fn new<'a>(log: impl Iterator<Item = Page<'a>>) -> Self {
        let mut source = None;
        let mut last = None;
        for page in log {
            if source.is_none() && page.state() == PAGE_FREEING {
                source = Some(page.offset());
            }
            last = Some(page);
        }
        let given_up = last.filter(|page| source.is_some() && page.state() == PAGE_ACTIVE);
        Self {
            given_up: given_up.map(|page| page.offset()),
            source,
        }
    }

    pub(crate) fn gives_up(&self, page: &Page<'_>) -> bool {
        self.given_up == Some(page.offset())
    }

    /// Finds the entries that are on the page given up and nowhere else: the page, and one bit for each slot.
    pub(crate) fn lost<'a>(&self, image: &'a [u8]) -> Option<(Page<'a>, u128)> {
        let page = |offset: usize| Page::nth(image, offset / PAGE_SIZE);
        let (target, source) = (page(self.given_up?)?, page(self.source?)?);
        let has_copy = |wanted| heads_of(&source).any(|(_, other)| other == wanted);
        let lost = heads_of(&target).filter(|(_, identity)| !has_copy(*identity));
        Some((target, lost.fold(0, |bits, (slot, _)| bits | 1 << slot)))
    }

    /// Finds the old value of the last entry of all, if it was still to be erased when power failed: the first entry of
    /// the same type on an earlier page.
    ///
    /// An index of a blob also replaces a blob that is stored in one piece.
    pub(crate) fn superseded<'a>(&self, log: impl Iterator<Item = Page<'a>> + Clone) -> Option<usize> {
        if self.given_up.is_some() {
            return None;
        }
        let last_page = log.clone().last()?;
        let (last, identity) = heads_of(&last_page).last()?;
        let kind = kind_at(&last_page, last)?;
        let one_piece = (kind == BLOB_INDEX).then_some(BLOB_V1);
        [Some(kind), one_piece].into_iter().flatten().find_map(|kind| {
            let earlier = log.clone().take_while(|page| page.offset() != last_page.offset());
            let mut earlier = earlier.filter(|page| page.state() != PAGE_FREEING);
            earlier.find_map(|page| {
                let mut same = heads_of(&page).filter(|(_, other)| *other == identity);
                let (slot, _) = same.find(|(slot, _)| kind_at(&page, *slot) == Some(kind))?;
                Some(page.slot_offset(slot))
            })
        })
    }
}

const BLOB_V1: u8 = ItemType::BlobV1.code();
const BLOB_INDEX: u8 = ItemType::BlobIndex.code();

/// The entries that the firmware erases because others have their identity.
#[derive(Clone)]
pub(crate) struct Repeats {
    superseded: Option<usize>,
    /// The entries of the page that was asked for last.
    heads: Option<(usize, u128)>,
}

impl Repeats {
    pub(crate) const fn new(superseded: Option<usize>) -> Self {
        Self {
            superseded,
            heads: None,
        }
    }

    /// Tells whether the firmware erases an entry when it mounts the partition, because another has its identity.
    pub(crate) fn is_erased(&mut self, page: &Page<'_>, offset: usize) -> bool {
        if self.superseded == Some(offset) {
            return true;
        }
        if page.state() != PAGE_ACTIVE {
            return false;
        }
        let (number, slot) = place(offset);
        let Some(bytes) = page.slot(slot) else { return false };
        let heads = self.heads(number, page);
        let is_later = |later: usize| later > slot && heads >> later & 1 == 1;
        let mut later = page.slots().filter(|(later, _)| is_later(*later));
        later.any(|(_, later)| identity(later) == identity(bytes))
    }

    /// The entries of a page, readable or not: one bit for each slot with a head.
    pub(crate) fn heads(&mut self, number: usize, page: &Page<'_>) -> u128 {
        match self.heads {
            Some((known, heads)) if known == number => heads,
            _ => {
                let heads = Frame::heads(page, end_of(page));
                self.heads = Some((number, heads));
                heads
            }
        }
    }

    /// Tells whether the entries of a page are known without work.
    pub(crate) fn knows(&self, number: usize) -> bool {
        self.heads.is_some_and(|(known, _)| known == number)
    }

    /// The slot of the entry that the last one of the log replaces, if it is on that page.
    pub(crate) fn superseded_on(&self, number: usize) -> Option<usize> {
        let (_, slot) = self.superseded.map(place).filter(|(page, _)| *page == number)?;
        Some(slot)
    }
}
