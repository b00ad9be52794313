use crate::layout::PAGE_SIZE;
use crate::page::Page;

/// The pages with entries in the order in which they were written: by sequence number, and in flash
/// order for equal numbers.
///
/// There is no room for all page numbers, so that each pass over the headers finds only the next
/// few pages.
#[derive(Clone)]
pub(crate) struct LogOrder<'a> {
    image: &'a [u8],
    /// The next pages: sequence number and page number.
    batch: [(u32, usize); BATCH],
    len: usize,
    next: usize,
    /// The last page of the batch; the next batch starts after it.
    last: Option<(u32, usize)>,
    is_done: bool,
}

/// Number of pages found in one pass: more need a longer struct, fewer need more passes.
const BATCH: usize = 32;

impl<'a> LogOrder<'a> {
    pub(crate) const fn new(image: &'a [u8]) -> Self {
        Self {
            image,
            batch: [(0, 0); BATCH],
            len: 0,
            next: 0,
            last: None,
            is_done: false,
        }
    }

    fn fill(&mut self) {
        (self.len, self.next) = (0, 0);
        for number in 0..self.image.len() / PAGE_SIZE {
            let Some(page) = Page::nth(self.image, number) else {
                continue;
            };
            let place = (page.sequence(), number);
            let is_full = self.len == BATCH;
            if self.last >= Some(place) || (is_full && self.batch.last() <= Some(&place)) || !page.is_in_log() {
                continue;
            }
            // A full batch drops its last page.
            let kept = self.len.min(BATCH - 1);
            let at = self
                .batch
                .iter()
                .take(kept)
                .position(|other| *other > place)
                .unwrap_or(kept);
            if let Some(tail) = self.batch.get_mut(at..=kept) {
                tail.rotate_right(1);
                if let Some(first) = tail.first_mut() {
                    *first = place;
                }
            }
            self.len = kept + 1;
        }
        self.is_done = self.len < BATCH;
        self.last = self.len.checked_sub(1).and_then(|last| self.batch.get(last)).copied();
    }
}

impl<'a> Iterator for LogOrder<'a> {
    type Item = Page<'a>;

    fn next(&mut self) -> Option<Page<'a>> {
        if self.next == self.len {
            if self.is_done {
                return None;
            }
            self.fill();
        }
        let (_, number) = *self.batch.get(..self.len)?.get(self.next)?;
        self.next += 1;
        Page::nth(self.image, number)
    }
}
