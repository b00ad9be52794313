use crate::Error;
use crate::item::Item;
use crate::layout::{PAGE_ACTIVE, PAGE_SIZE, SLOT_EMPTY, SLOT_ERASED, SLOT_WRITTEN, SLOTS_PER_PAGE};
use crate::page::Page;

/// Walks over the entries of an image, page by page as they lie there, without allocating.
///
/// A damaged page or entry is one `Err` with its offset; the walk goes on behind it. Each slot is looked at a bounded
/// number of times, so that the whole walk is linear in the size of the image.
///
/// These are the entries as they are stored, also those that the firmware does not see: pieces of blobs, the table of
/// namespaces, what stands twice, what lies behind an empty slot of an active page. [`Entries`](crate::Entries) gives
/// keys and values.
#[derive(Clone, Debug)]
pub struct Items<'a> {
    /// What is left of the image, from the start of the next page.
    rest: &'a [u8],
    offset: usize,
    page: Option<PageItems<'a>>,
}

impl<'a> Items<'a> {
    /// Starts at the first page of `image`.
    #[must_use]
    pub const fn new(image: &'a [u8]) -> Self {
        Self {
            rest: image,
            offset: 0,
            page: None,
        }
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Result<Item<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(item) = self.page.as_mut().and_then(Iterator::next) {
                return Some(item);
            }
            self.page = None;
            if self.rest.is_empty() {
                return None;
            }
            let Some(page) = Page::first_of(self.rest, self.offset) else {
                let len = self.offset + self.rest.len();
                self.rest = &[];
                return Some(Err(Error::ImageSize { len }));
            };
            self.rest = self.rest.get(PAGE_SIZE..).unwrap_or_default();
            self.offset += PAGE_SIZE;
            match page.check() {
                Ok(true) => self.page = Some(PageItems::all(page)),
                Ok(false) => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

/// The entries of one page.
#[derive(Clone, Debug)]
pub(crate) struct PageItems<'a> {
    page: Page<'a>,
    slot: usize,
    end: usize,
    /// Whether slots from `end` on are looked at, for what must not be there.
    has_tail: bool,
}

impl<'a> PageItems<'a> {
    /// All entries.
    const fn all(page: Page<'a>) -> Self {
        Self {
            page,
            slot: 0,
            end: SLOTS_PER_PAGE,
            has_tail: false,
        }
    }

    /// The entries that the firmware sees. What it does not see is one error at the end.
    pub(crate) fn mounted(page: Page<'a>) -> Self {
        let end = end_of(&page);
        Self {
            page,
            slot: 0,
            end,
            has_tail: end < SLOTS_PER_PAGE,
        }
    }

    fn tail(&mut self) -> Option<Error> {
        self.has_tail = false;
        let misplaced =
            (self.end..SLOTS_PER_PAGE).find(|&slot| self.page.slot_state(slot) & 1 != self.page.slot_state(slot) >> 1);
        misplaced.map(|slot| Error::SlotState {
            offset: self.page.slot_offset(slot),
        })
    }
}

/// How many slots the firmware reads: of an active page those before the first empty one, of any other all.
pub(crate) fn end_of(page: &Page<'_>) -> usize {
    if page.state() == PAGE_ACTIVE {
        page.first_empty()
    } else {
        SLOTS_PER_PAGE
    }
}

impl<'a> Iterator for PageItems<'a> {
    type Item = Result<Item<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.slot < self.end {
            let slot = self.slot;
            match self.page.slot_state(slot) {
                SLOT_WRITTEN => {
                    let (item, span) = Item::read(&self.page, slot);
                    self.slot += span;
                    return Some(item);
                }
                // Nothing is written behind the first empty slot, but a damaged bitmap may say so: look at all.
                SLOT_EMPTY | SLOT_ERASED => self.slot += 1,
                _ => {
                    self.slot += 1;
                    let offset = self.page.slot_offset(slot);
                    return Some(Err(Error::SlotState { offset }));
                }
            }
        }
        if self.has_tail { self.tail().map(Err) } else { None }
    }
}
