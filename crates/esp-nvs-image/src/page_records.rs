use crate::finding::{Finding, FindingKind};
use crate::layout::SLOTS_PER_PAGE;
use crate::page::Page;
use crate::record::Record;
use crate::slot_states::{SlotStates, slots_of};

/// The entries of one page and the faults of its slots; adjacent slots with the same fault are one
/// finding.
///
/// Source: ESP-IDF `components/nvs_flash`, `Page::mLoadEntryTable`.
#[derive(Clone, Debug)]
pub(crate) struct PageRecords<'a> {
    page: Page<'a>,
    states: SlotStates,
    slot: usize,
    end: usize,
    rest: Rest,
}

/// The remaining work.
#[derive(Clone, Copy, Debug)]
enum Rest {
    /// The entries of a page, including slots that the firmware does not read.
    Unchecked,
    /// The entries, and then written slots after the first empty one.
    Checked,
    /// The slots after the end of an active page.
    Tail,
}

impl<'a> PageRecords<'a> {
    /// Returns all entries, including those after an empty slot of an active page.
    pub(crate) fn all(page: Page<'a>) -> Self {
        Self {
            page,
            states: page.slot_states(),
            slot: 0,
            end: SLOTS_PER_PAGE,
            rest: Rest::Unchecked,
        }
    }

    /// Returns the entries that the firmware sees, and all faults of the slots.
    pub(crate) fn mounted(page: Page<'a>) -> Self {
        Self {
            page,
            states: page.slot_states(),
            slot: 0,
            end: page.end(),
            rest: Rest::Checked,
        }
    }

    /// Reads the entry at a slot that is marked as written.
    fn entry(&mut self, slot: usize) -> Result<Record<'a>, Finding> {
        match Record::read(&self.page, slot) {
            Ok(record) => {
                self.slot += record.slots();
                let key = record.key;
                let is_whole = self.states.all_written(slot, record.slots());
                let incomplete = || Finding::at(record.offset, FindingKind::EntryIncomplete { key });
                is_whole.then_some(record).ok_or_else(incomplete)
            }
            // After a damaged head, the payload is read as heads, one slot at a time.
            Err(mut fault) => {
                let is_payload = |records: &Self, slot| {
                    records.states.is_written(slot)
                        && matches!(Record::read(&records.page, slot), Err(FindingKind::EntryCrc { .. }))
                };
                let length = self.run(slot, is_payload);
                if let FindingKind::BlobIndexSize { slots, .. }
                | FindingKind::ChunkIndex { slots, .. }
                | FindingKind::EntryCrc { slots }
                | FindingKind::Span { slots, .. }
                | FindingKind::UnknownType { slots, .. } = &mut fault
                {
                    *slots = length;
                }
                Err(Finding::at(self.page.slot_offset(slot), fault))
            }
        }
    }

    /// Advances by one slot and all following similar ones; returns their number.
    fn run(&mut self, slot: usize, is_like_it: impl Fn(&Self, usize) -> bool) -> usize {
        let after = (slot + 1..self.end).take_while(|&slot| is_like_it(self, slot));
        let slots = 1 + after.count();
        self.slot += slots;
        slots
    }

    /// Returns the fault of a slot that is not written.
    fn fault(&mut self, slot: usize) -> Option<Finding> {
        let is_illegal = |records: &Self, slot| records.states.is_illegal(slot);
        let is_spoilt = |records: &Self, slot| records.states.is_empty(slot) && !records.page.is_blank_slot(slot);
        let kind = if is_illegal(self, slot) {
            let slots = self.run(slot, is_illegal);
            FindingKind::SlotState { slots }
        } else if !matches!(self.rest, Rest::Unchecked) && is_spoilt(self, slot) {
            let slots = self.run(slot, is_spoilt);
            // While a page is active, power may fail between writing the bytes of a slot and its
            // bits. The firmware repairs that before the page is full, so that there an invisible
            // slot belonged to an entry.
            let hidden = !self.page.is_active();
            FindingKind::EmptySlotNotBlank { slots, hidden }
        } else {
            self.slot += 1;
            return None;
        };
        Some(Finding::at(self.page.slot_offset(slot), kind))
    }

    /// Returns a finding if slots after the first empty one are written.
    fn behind_empty(&self) -> Option<Finding> {
        let written = self.states.written() & (u128::MAX << self.states.first_empty());
        let offset = self.page.slot_offset(slots_of(written).next()?);
        let slots = slots_of(written).count();
        let hidden = self.page.is_active();
        Some(Finding::at(offset, FindingKind::WrittenBehindEmpty { slots, hidden }))
    }
}

impl<'a> Iterator for PageRecords<'a> {
    type Item = Result<Record<'a>, Finding>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            while self.slot < self.end {
                let slot = self.slot;
                if self.states.is_written(slot) {
                    if matches!(self.rest, Rest::Tail) {
                        self.slot += 1;
                        continue;
                    }
                    return Some(self.entry(slot));
                } else if let Some(finding) = self.fault(slot) {
                    return Some(Err(finding));
                }
            }
            if !matches!(self.rest, Rest::Checked) {
                return None;
            }
            self.rest = Rest::Tail;
            if self.page.is_active() && self.page.is_blank_from(self.end) {
                return None;
            }
            self.end = SLOTS_PER_PAGE;
            if let Some(finding) = self.behind_empty() {
                return Some(Err(finding));
            }
        }
    }
}
