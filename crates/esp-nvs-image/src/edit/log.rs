use alloc::collections::VecDeque;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::Error;
use crate::cursor::Run;
use crate::head::Head;
use crate::layout::{
    PAGE_ACTIVE, PAGE_FREEING, PAGE_FULL, PAGE_SIZE, SLOT_SIZE, SLOTS_BEFORE_FIRST, SLOTS_PER_PAGE, VERSION_2,
};
use crate::mounted::Mounted;
use crate::page::Page;
use crate::page_records::PageRecords;
use crate::record::Record;
use crate::writer::{Payload, Writer};

/// The state of an image at the start of an edit, as the firmware finds it at mount.
pub(super) struct Plan {
    /// The pages with entries in the order in which they were opened.
    used: Vec<usize>,
    last_sequence: Option<u32>,
    /// The remaining entries of an interrupted write, with their slots.
    erased: Vec<(Run, usize)>,
}

impl Plan {
    pub(super) fn of(mounted: &Mounted<'_>) -> Self {
        let erased = mounted.entries.iter().filter(|entry| !entry.is_kept || entry.is_lost);
        Self {
            used: mounted.log.iter().map(|page| page.offset() / PAGE_SIZE).collect(),
            last_sequence: mounted.log.last().map(Page::sequence),
            erased: erased
                .map(|entry| (place(&entry.record()), entry.record().slots()))
                .collect(),
        }
    }
}

fn place(record: &Record<'_>) -> Run {
    Run {
        page: record.offset / PAGE_SIZE,
        slot: record.offset % PAGE_SIZE / SLOT_SIZE - SLOTS_BEFORE_FIRST,
    }
}

/// The pages of a decrypted partition that is being written.
///
/// Pages are numbered in flash order.
pub(super) struct Log {
    bytes: Zeroizing<Vec<u8>>,
    /// For each page the slots, one bit each, whose bytes are decrypted here: those that were
    /// written at the start of the edit or since. Erased slots of the image may still be encrypted.
    clear: Vec<u128>,
    /// The pages with entries, in the order in which they were opened.
    used: Vec<usize>,
    /// The pages without entries.
    free: VecDeque<usize>,
    /// The sequence number of the next page; `None` if they are exhausted.
    next_sequence: Option<u32>,
}

impl Log {
    /// Takes an image whose written slots are decrypted, erases the entries that the firmware
    /// erases at mount, and completes interrupted page moves.
    pub(super) fn new(bytes: Zeroizing<Vec<u8>>, plan: &Plan) -> Result<Self, Error> {
        let numbers = (0..bytes.len() / PAGE_SIZE).collect::<Vec<_>>();
        let is_blank = |number: &usize| Page::nth(&bytes, *number).is_some_and(|page| page.is_blank());
        let free = numbers.iter().copied().filter(is_blank);
        let written = |&number: &usize| Page::nth(&bytes, number).map_or(0, |page| page.slot_states().written());
        let mut log = Self {
            free: free.collect(),
            clear: numbers.iter().map(written).collect(),
            used: plan.used.clone(),
            // The firmware wraps to 0 after 32 bits, and then misorders the pages.
            next_sequence: plan.last_sequence.map_or(Some(0), |last| last.checked_add(1)),
            bytes,
        };
        for &(at, slots) in &plan.erased {
            log.erase(at, slots);
        }
        log.end_interrupted_moves()?;
        // The first page of a blank partition is opened by the first write; another one must be
        // empty then.
        if log.free.len() < 1 + usize::from(log.used.is_empty()) {
            return Err(Error::NoEmptyPage);
        }
        Ok(log)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the number of pages, including empty ones.
    pub(super) fn pages(&self) -> usize {
        self.clear.len()
    }

    /// Returns the slots whose bytes are decrypted, each with its offset.
    #[cfg(feature = "encryption")]
    pub(super) fn clear_slots(&mut self) -> impl Iterator<Item = (&mut [u8; SLOT_SIZE], u128)> {
        let (pages, _) = self.bytes.as_chunks_mut::<PAGE_SIZE>();
        let pages = pages.iter_mut().zip(&self.clear).zip((0..).step_by(PAGE_SIZE));
        pages.flat_map(|((page, clear), offset)| crate::encryption::slots_of(page, offset, *clear))
    }

    /// Returns the entries page by page in log order, each with its position.
    pub(super) fn records(&self) -> impl Iterator<Item = (Run, Record<'_>)> {
        self.used.iter().flat_map(|&page| self.records_of(page).flatten())
    }

    fn records_of(&self, page: usize) -> impl Iterator<Item = Result<(Run, Record<'_>), Error>> {
        let records = self.page(page).map(PageRecords::mounted);
        records.into_iter().flatten().filter_map(|record| match record {
            Ok(record) => Some(Ok((place(&record), record))),
            // Findings that are not damage lose nothing.
            Err(fault) => fault.kind.is_damage().then_some(Err(Error::Damaged(fault))),
        })
    }

    /// Appends an entry of one slot.
    pub(super) fn append_head(&mut self, head: &Head) -> Result<Run, Error> {
        let at = self.room_for(1)?;
        self.writer().put_head(at, head);
        self.set_clear(at, 1);
        Ok(at)
    }

    /// Appends an entry with payload slots, all on one page.
    pub(super) fn append(&mut self, payload: &Payload<'_>) -> Result<Run, Error> {
        let at = self.room_for(payload.slots())?;
        self.writer().put_payload(at, payload);
        self.set_clear(at, payload.slots());
        Ok(at)
    }

    pub(super) fn erase(&mut self, at: Run, slots: usize) {
        let mut writer = self.writer();
        for slot in at.slot..at.slot + slots {
            writer.mark_erased(at.page, slot);
        }
    }

    /// Returns the number of payload bytes that fit after a head on the current page.
    pub(super) fn payload_room(&mut self) -> Result<usize, Error> {
        let Some(page) = self.current()? else { return Ok(0) };
        let left = SLOTS_PER_PAGE - self.first_free(page);
        Ok(left.saturating_sub(1) * SLOT_SIZE)
    }

    /// Closes the current page and opens another: an empty one, or one with the used entries of the
    /// page with the fewest used slots.
    pub(super) fn open_next(&mut self) -> Result<(), Error> {
        self.close_last();
        if self.free.len() >= 2 {
            return self.open_free().map(drop);
        }
        let in_use = |page: usize| {
            let written = |page: Page<'_>| page.slot_states().written_and_erased().0;
            self.page(page).map_or(SLOTS_PER_PAGE, written)
        };
        // Of several pages the first.
        let least = self.used.iter().copied().min_by_key(|&page| in_use(page));
        match least {
            Some(source) if in_use(source) < SLOTS_PER_PAGE => self.move_page(source),
            _ => Err(self.full()),
        }
    }

    /// Returns the error for a partition without room.
    pub(super) fn full(&self) -> Error {
        Error::PartitionFull {
            usable_pages: self.pages() - 1,
        }
    }

    /// Finds room for slots, at most one page; opens at most one more page.
    fn room_for(&mut self, slots: usize) -> Result<Run, Error> {
        if let Some(at) = self.room_in_current(slots)? {
            return Ok(at);
        }
        self.open_next()?;
        self.room_in_current(slots)?.ok_or_else(|| self.full())
    }

    fn room_in_current(&mut self, slots: usize) -> Result<Option<Run>, Error> {
        let Some(page) = self.current()? else { return Ok(None) };
        let slot = self.first_free(page);
        Ok((slot + slots <= SLOTS_PER_PAGE).then_some(Run { page, slot }))
    }

    /// Returns the current page; a blank partition gets its first. `None` if the last page is full.
    fn current(&mut self) -> Result<Option<usize>, Error> {
        let Some(&page) = self.used.last() else {
            return self.open_free().map(Some);
        };
        Ok((self.state(page) == PAGE_ACTIVE).then_some(page))
    }

    /// Returns the slot after the last one that is not empty in the bitmap or not blank; a power
    /// failure between the two writes leaves a slot that is only one of them. The slots before it
    /// are erased, so that the firmware reads the entries after them.
    fn first_free(&mut self, page: usize) -> usize {
        let Some(view) = self.page(page) else {
            return SLOTS_PER_PAGE;
        };
        let states = view.slot_states();
        let slot = states.first_empty();
        let is_blank = |(slot, bytes): (usize, &[u8; SLOT_SIZE])| states.is_empty(slot) && bytes == &[0xFF; SLOT_SIZE];
        let spoilt = view.slots().skip(slot).collect::<Vec<_>>();
        let spoilt = spoilt
            .into_iter()
            .rposition(|slot| !is_blank(slot))
            .map_or(0, |last| last + 1);
        self.erase(Run { page, slot }, spoilt);
        slot + spoilt
    }

    fn open_free(&mut self) -> Result<usize, Error> {
        let sequence = self.next_sequence.ok_or(Error::PageSequence)?;
        let page = self.free.pop_front().ok_or_else(|| self.full())?;
        self.next_sequence = sequence.checked_add(1);
        self.writer().open_page(page, sequence, VERSION_2);
        self.used.push(page);
        Ok(page)
    }

    /// Moves the entries of a page to an empty one.
    fn move_page(&mut self, source: usize) -> Result<(), Error> {
        let target = self.open_free()?;
        let entries = self
            .records_of(source)
            .map(|entry| entry.map(|(at, record)| (at, record.slots())));
        // Unreadable entries would be lost.
        let entries = entries.collect::<Result<Vec<_>, Error>>()?;
        let mut slot = 0;
        for (at, slots) in entries {
            let to = Run { page: target, slot };
            self.writer().copy_slots(at, to, slots);
            self.set_clear(to, slots);
            slot += slots;
        }
        self.free_page(source);
        Ok(())
    }

    /// Restarts interrupted page moves.
    ///
    /// The firmware restarts one page per boot, and loses the entries of a second one, which no
    /// power failure causes, at the next boot; here all are moved.
    fn end_interrupted_moves(&mut self) -> Result<(), Error> {
        let is_freeing = |log: &Self, page: &usize| log.state(*page) == PAGE_FREEING;
        let Some(mut source) = self.used.iter().copied().find(|page| is_freeing(self, page)) else {
            return Ok(());
        };
        if let Some(&target) = self.used.last()
            && self.state(target) == PAGE_ACTIVE
        {
            self.free_page(target);
        }
        loop {
            self.move_page(source)?;
            match self.used.iter().copied().find(|page| is_freeing(self, page)) {
                Some(next) => {
                    // It cannot be moved after the one before, which counts as full.
                    self.close_last();
                    source = next;
                }
                None => return Ok(()),
            }
        }
    }

    fn close_last(&mut self) {
        if let Some(&last) = self.used.last() {
            self.writer().set_state(last, PAGE_FULL);
        }
    }

    fn free_page(&mut self, page: usize) {
        self.writer().erase_page(page);
        self.used.retain(|&used| used != page);
        self.free.push_back(page);
        if let Some(clear) = self.clear.get_mut(page) {
            *clear = 0;
        }
    }

    fn page(&self, number: usize) -> Option<Page<'_>> {
        Page::nth(&self.bytes, number)
    }

    fn state(&self, page: usize) -> u32 {
        self.page(page).map_or(PAGE_FULL, |page| page.state())
    }

    fn set_clear(&mut self, at: Run, slots: usize) {
        if let Some(clear) = self.clear.get_mut(at.page) {
            *clear = (at.slot..at.slot + slots).fold(*clear, |set, slot| set | 1 << slot);
        }
    }

    fn writer(&mut self) -> Writer<'_> {
        Writer::new(&mut self.bytes)
    }
}
