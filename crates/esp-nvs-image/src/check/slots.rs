use alloc::vec::Vec;

use super::contents;
use super::finding::Finding;
use super::kind::FindingKind;
use super::pages::{PageInfo, PageState};
use super::stored_key::StoredKey;
use super::survey::Record;
use crate::head::{Head, IndexData, PayloadData};
use crate::item_type::ItemType;
use crate::layout::{MAX_BLOB_V2, NO_CHUNK, SLOT_EMPTY, SLOT_ERASED, SLOT_SIZE, SLOT_WRITTEN, SLOTS_PER_PAGE};
use crate::page::Page;

/// Reads the entries of a page, and reports what the firmware erases or does not see.
pub(super) fn walk<'a>(info: &PageInfo<'a>, rank: usize, records: &mut Vec<Record<'a>>, findings: &mut Vec<Finding>) {
    let mut walk = Walk {
        page: info.page,
        rank,
        records,
        findings,
        run: None,
    };
    let first_empty = (0..SLOTS_PER_PAGE)
        .find(|&slot| info.page.slot_state(slot) == SLOT_EMPTY)
        .unwrap_or(SLOTS_PER_PAGE);
    // An active page is read up to its first empty slot, any other to its end.
    let is_active = info.state == PageState::Active;
    walk.entries(if is_active { first_empty } else { SLOTS_PER_PAGE });
    walk.behind_empty(first_empty, is_active);
}

struct Walk<'a, 'w> {
    page: Page<'a>,
    rank: usize,
    records: &'w mut Vec<Record<'a>>,
    findings: &'w mut Vec<Finding>,
    /// The slot behind the last reported one, whose finding is the last of `findings`.
    run: Option<usize>,
}

impl<'a> Walk<'a, '_> {
    fn entries(&mut self, end: usize) {
        let mut slot = 0;
        while slot < end {
            slot += match self.page.slot_state(slot) {
                SLOT_WRITTEN => self.entry(slot),
                SLOT_EMPTY | SLOT_ERASED => 1,
                _ => self.damage(slot, FindingKind::SlotState { slots: 1 }),
            };
        }
    }

    /// Reads the entry whose head is at `slot`; returns how many slots to go on by.
    fn entry(&mut self, slot: usize) -> usize {
        let Some(bytes) = self.page.slot(slot) else { return 1 };
        let (head, crc_ok) = Head::decode(bytes);
        if !crc_ok {
            return self.damage(slot, FindingKind::EntryCrc { slots: 1 });
        }
        let Some(kind) = ItemType::from_code(head.kind) else {
            let code = head.kind;
            return self.damage(slot, FindingKind::UnknownType { code, slots: 1 });
        };
        let key = StoredKey::new(head.key);
        let chunk = head.chunk;
        let may_be_chunk = match kind {
            ItemType::BlobChunk => chunk != NO_CHUNK,
            ItemType::BlobIndex => chunk == NO_CHUNK,
            _ => true,
        };
        if !may_be_chunk {
            return self.damage(slot, FindingKind::ChunkIndex { key, chunk, slots: 1 });
        }
        let span = usize::from(head.span);
        let size = if kind.has_payload() {
            usize::from(PayloadData::decode(head.data).size)
        } else {
            0
        };
        let Some(payload) = self
            .page
            .slot_bytes(slot + 1, size)
            .filter(|_| span == 1 + size.div_ceil(SLOT_SIZE))
        else {
            return self.damage(slot, FindingKind::Span { key, span, slots: 1 });
        };
        let size = IndexData::decode(head.data).size;
        if kind == ItemType::BlobIndex && usize::try_from(size).map_or(true, |size| size > MAX_BLOB_V2) {
            return self.damage(slot, FindingKind::BlobIndexSize { key, size, slots: 1 });
        }
        let offset = self.page.slot_offset(slot);
        if (slot..slot + span).any(|slot| self.page.slot_state(slot) != SLOT_WRITTEN) {
            self.findings
                .push(Finding::at(offset, FindingKind::EntryIncomplete { key }));
            return span;
        }
        let record = Record {
            offset,
            rank: self.rank,
            namespace: head.namespace,
            kind,
            chunk,
            key,
            data: head.data,
            payload,
        };
        contents::check(&record, self.findings);
        self.records.push(record);
        span
    }

    /// Reports a slot, or adds it to the finding of the slot before. Returns the one slot to go on by.
    fn damage(&mut self, slot: usize, kind: FindingKind) -> usize {
        let before = self.findings.last_mut().filter(|_| self.run == Some(slot));
        match before.and_then(|finding| slots_to_join(&mut finding.kind, &kind)) {
            Some(slots) => *slots += 1,
            None => self.findings.push(Finding::at(self.page.slot_offset(slot), kind)),
        }
        self.run = Some(slot + 1);
        1
    }

    /// Looks at what follows the first empty slot, where all should be empty.
    fn behind_empty(&mut self, first_empty: usize, is_active: bool) {
        let mut written = (first_empty..SLOTS_PER_PAGE).filter(|&slot| self.page.slot_state(slot) == SLOT_WRITTEN);
        if let Some(first) = written.next() {
            let slots = 1 + written.count();
            let kind = FindingKind::WrittenBehindEmpty {
                slots,
                hidden: is_active,
            };
            self.findings.push(Finding::at(self.page.slot_offset(first), kind));
        }
        if !is_active {
            return;
        }
        self.run = None;
        for slot in first_empty..SLOTS_PER_PAGE {
            let is_blank = self
                .page
                .slot(slot)
                .is_none_or(|bytes| bytes.iter().all(|&b| b == 0xFF));
            match self.page.slot_state(slot) {
                SLOT_EMPTY if !is_blank => self.damage(slot, FindingKind::EmptySlotNotBlank { slots: 1 }),
                SLOT_EMPTY | SLOT_ERASED | SLOT_WRITTEN => continue,
                _ => self.damage(slot, FindingKind::SlotState { slots: 1 }),
            };
        }
    }
}

/// The count to raise when the next slot has the fault `next`, if that belongs to the finding before it.
const fn slots_to_join<'k>(before: &'k mut FindingKind, next: &FindingKind) -> Option<&'k mut usize> {
    match (before, next) {
        (FindingKind::SlotState { slots }, FindingKind::SlotState { .. })
        | (FindingKind::EmptySlotNotBlank { slots }, FindingKind::EmptySlotNotBlank { .. })
        // Without a sound head the payload behind it is taken for heads, one slot at a time.
        | (
            FindingKind::BlobIndexSize { slots, .. }
            | FindingKind::ChunkIndex { slots, .. }
            | FindingKind::EntryCrc { slots }
            | FindingKind::Span { slots, .. }
            | FindingKind::UnknownType { slots, .. },
            FindingKind::EntryCrc { .. },
        ) => Some(slots),
        _ => None,
    }
}
