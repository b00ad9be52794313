//! A simple model of a device: it writes, rewrites and erases keys as the firmware does, and
//! records each flash step, so that power can fail between any two.
//!
//! Source of the steps: ESP-IDF `components/nvs_flash/src`, `nvs_page.cpp` (`writeItem`, `eraseEntryAndSpan`,
//! `copyItems`), `nvs_pagemanager.cpp` (`requestNewPage`) and `nvs_storage.cpp` (`writeItem`, `writeMultiPageBlob`,
//! `eraseMultiPageBlob`).

use std::collections::BTreeMap;

use crate::raw::{ACTIVE, FREEING, FULL, Raw};

#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    Number(u8),
    Text(String),
    Blob(Vec<u8>),
}

/// One flash step: bits are cleared from an offset on, or a page is erased.
pub enum Step {
    Write(usize, Vec<u8>),
    ErasePage(usize),
}

#[derive(Clone)]
struct Stored {
    page: usize,
    slot: usize,
    bytes: Vec<u8>,
    kind: u8,
    key: String,
    chunk: u8,
}

pub struct Device {
    pages: usize,
    /// For each page its state, if it is in the log, and the next free slot.
    states: Vec<Option<(u32, usize)>>,
    /// The pages of the log in order.
    log: Vec<usize>,
    free: Vec<usize>,
    sequence: u32,
    stored: Vec<Stored>,
    pub steps: Vec<Step>,
    image: Vec<u8>,
    pub values: BTreeMap<String, Data>,
}

impl Device {
    pub fn new(pages: usize) -> Self {
        let mut device = Self {
            pages,
            states: vec![None; pages],
            log: vec![],
            free: (0..pages).collect(),
            sequence: 0,
            stored: vec![],
            steps: vec![],
            image: vec![0xFF; pages * 0x1000],
            values: BTreeMap::new(),
        };
        device.activate();
        device.put(0x01, "ns", 0xFF, &[1], None);
        device
    }

    fn step(&mut self, step: Step) {
        apply(&mut self.image, &step);
        self.steps.push(step);
    }

    fn activate(&mut self) {
        let page = self.free.remove(0);
        self.log.push(page);
        self.states[page] = Some((ACTIVE, 0));
        // The header is written with the first entry.
    }

    fn current(&self) -> usize {
        *self.log.last().unwrap()
    }

    fn room(&self) -> usize {
        match self.states[self.current()] {
            Some((ACTIVE, next)) => 126 - next,
            _ => 0,
        }
    }

    fn set_state(&mut self, page: usize, state: u32) {
        let next = self.states[page].unwrap().1;
        self.states[page] = Some((state, next));
        self.step(Step::Write(page * 0x1000, state.to_le_bytes().to_vec()));
    }

    /// `None` if no page has erased slots to reclaim.
    fn new_page(&mut self) -> Option<()> {
        if self.states[self.current()].unwrap().0 == ACTIVE {
            let current = self.current();
            self.set_state(current, FULL);
        }
        if self.free.len() >= 2 {
            self.activate();
            return Some(());
        }
        let used = |page: usize| {
            self.stored
                .iter()
                .filter(|s| s.page == page)
                .map(|s| s.bytes.len() / 32)
                .sum::<usize>()
        };
        // Of equal pages the first.
        let victim = *self.log.iter().rev().min_by_key(|&&page| used(page)).unwrap();
        let fewest = used(victim);
        let victim = *self.log.iter().find(|&&page| used(page) == fewest).unwrap();
        if fewest == 126 {
            return None;
        }
        self.set_state(victim, FREEING);
        self.activate();
        let mut moved = self
            .stored
            .iter()
            .filter(|s| s.page == victim)
            .cloned()
            .collect::<Vec<_>>();
        moved.sort_by_key(|s| s.slot);
        for old in moved {
            self.append(&old, true);
            self.stored.retain(|s| (s.page, s.slot) != (old.page, old.slot));
        }
        self.step(Step::ErasePage(victim));
        self.states[victim] = None;
        self.log.retain(|&page| page != victim);
        self.free.push(victim);
        Some(())
    }

    /// Writes slots: head and its bits, then the whole slots of the data and theirs, then the last
    /// one and its.
    fn append(&mut self, item: &Stored, one_by_one: bool) {
        let page = self.current();
        let (state, slot) = self.states[page].unwrap();
        if slot == 0 {
            let mut header = Raw::new(1);
            header.page(0, ACTIVE, self.sequence);
            self.sequence += 1;
            self.step(Step::Write(page * 0x1000, header.image[..32].to_vec()));
        }
        let slots = item.bytes.len() / 32;
        let head = 0..1;
        let runs = match slots {
            1 => vec![head],
            _ if one_by_one => (0..slots).map(|i| i..i + 1).collect(),
            2 => vec![head, 1..2],
            _ => vec![head, 1..slots - 1, slots - 1..slots],
        };
        for run in runs {
            let at = Raw::offset(page, slot + run.start);
            self.step(Step::Write(at, item.bytes[run.start * 32..run.end * 32].to_vec()));
            self.mark(page, slot + run.start..slot + run.end, 0b10);
        }
        self.states[page] = Some((state, slot + slots));
        self.stored.push(Stored {
            page,
            slot,
            ..item.clone()
        });
    }

    /// Clears bits word by word (16 slots each), from the last one down.
    fn mark(&mut self, page: usize, slots: core::ops::Range<usize>, state: u8) {
        let mut words = (slots.start / 16..=(slots.end - 1) / 16).collect::<Vec<_>>();
        words.reverse();
        for word in words {
            let at = page * 0x1000 + 32 + word * 4;
            let mut bits = u32::from_le_bytes(self.image[at..at + 4].try_into().unwrap());
            for slot in slots.clone().filter(|slot| slot / 16 == word) {
                bits &= !(3 << (2 * (slot % 16))) | u32::from(state) << (2 * (slot % 16));
            }
            self.step(Step::Write(at, bits.to_le_bytes().to_vec()));
        }
    }

    /// Builds an entry and appends it to the current page, which must have room.
    fn put(&mut self, kind: u8, key: &str, chunk: u8, data: &[u8], payload: Option<&[u8]>) {
        let mut raw = Raw::new(1);
        let span = 1 + payload.unwrap_or_default().len().div_ceil(32);
        let namespace = u8::from(key != "ns");
        let at = raw.put(
            0,
            [namespace, kind, span as u8, chunk],
            key.as_bytes(),
            data,
            payload.unwrap_or_default(),
        );
        let bytes = raw.image[at..at + span * 32].to_vec();
        let item = Stored {
            page: 0,
            slot: 0,
            bytes,
            kind,
            key: key.to_owned(),
            chunk,
        };
        self.append(&item, false);
    }

    fn sized(payload: &[u8]) -> Vec<u8> {
        let mut data = (payload.len() as u16).to_le_bytes().to_vec();
        data.extend([0xFF, 0xFF]);
        data.extend(crate::raw::crc(payload).to_le_bytes());
        data
    }

    fn erase(&mut self, item: &Stored) {
        self.mark(item.page, item.slot..item.slot + item.bytes.len() / 32, 0b00);
        self.stored.retain(|s| (s.page, s.slot) != (item.page, item.slot));
    }

    /// The oldest entry of a key and type.
    fn find(&self, key: &str, kinds: &[u8]) -> Option<Stored> {
        let rank = |s: &&Stored| (self.log.iter().position(|&page| page == s.page), s.slot);
        let like_it = self.stored.iter().filter(|s| s.key == key && kinds.contains(&s.kind));
        like_it.min_by_key(rank).cloned()
    }

    /// `nvs_set_*`. `None` if the partition is full; the device is not used any more then.
    pub fn set(&mut self, key: &str, data: &Data) -> Option<()> {
        if self.values.get(key) == Some(data) {
            return Some(());
        }
        // A key keeps its type here; the firmware also erases an old value of another type.
        match data {
            Data::Blob(bytes) => self.set_blob(key, bytes)?,
            Data::Number(_) | Data::Text(_) => {
                let (kind, field, payload) = match data {
                    Data::Text(text) => {
                        let payload = [text.as_bytes(), &[0]].concat();
                        (0x21, Self::sized(&payload), Some(payload))
                    }
                    Data::Number(value) => (0x01, vec![*value], None),
                    Data::Blob(_) => unreachable!(),
                };
                let had = self.find(key, &[kind]).is_some();
                let slots = 1 + payload.as_ref().map_or(0, Vec::len).div_ceil(32);
                if slots > self.room() {
                    self.new_page()?;
                }
                if slots > self.room() {
                    return None;
                }
                self.put(kind, key, 0xFF, &field, payload.as_deref());
                if had {
                    let old = self.find(key, &[kind]).unwrap();
                    self.erase(&old);
                }
            }
        }
        self.values.insert(key.to_owned(), data.clone());
        Some(())
    }

    fn set_blob(&mut self, key: &str, bytes: &[u8]) -> Option<()> {
        let old = self.find(key, &[0x48]);
        let old_start = old.as_ref().map(|old| old.bytes[29]);
        let start = if old_start == Some(0) { 0x80 } else { 0 };
        let mut rest = bytes;
        let mut chunks = 0;
        loop {
            let tail = self.room().saturating_sub(1) * 32;
            if chunks == 0 && (tail < bytes.len() || tail == 0 && bytes.is_empty()) && tail < 400 {
                self.new_page()?;
                if self.room().saturating_sub(1) * 32 == tail {
                    return None;
                }
                continue;
            }
            if tail == 0 {
                return None;
            }
            let (chunk, after) = rest.split_at(rest.len().min(tail));
            rest = after;
            self.put(0x42, key, start + chunks, &Self::sized(chunk), Some(chunk));
            chunks += 1;
            if !rest.is_empty() || tail - chunk.len() < 32 {
                self.new_page()?;
            }
            if rest.is_empty() {
                break;
            }
        }
        if self.room() == 0 {
            return None;
        }
        let mut index = (bytes.len() as u32).to_le_bytes().to_vec();
        index.extend([chunks, start]);
        self.put(0x48, key, 0xFF, &index, None);
        if let Some(start) = old_start {
            self.erase_blob(key, start);
        }
        Some(())
    }

    /// The index first.
    fn erase_blob(&mut self, key: &str, start: u8) {
        let index = self
            .stored
            .iter()
            .find(|s| s.key == key && s.kind == 0x48 && s.bytes[29] == start);
        let index = index.unwrap().clone();
        let count = index.bytes[28];
        self.erase(&index);
        for chunk in start..start + count {
            let item = self
                .stored
                .iter()
                .find(|s| s.key == key && s.kind == 0x42 && s.chunk == chunk);
            let item = item.unwrap().clone();
            self.erase(&item);
        }
    }

    /// `nvs_erase_key`.
    pub fn remove(&mut self, key: &str) {
        if let Some(item) = self.find(key, &[0x01, 0x21, 0x48]) {
            if item.kind == 0x48 {
                self.erase_blob(key, item.bytes[29]);
            } else {
                self.erase(&item);
            }
        }
        self.values.remove(key);
    }

    /// The flash after this number of steps.
    pub fn after(&self, steps: usize) -> Vec<u8> {
        let mut image = vec![0xFF; self.pages * 0x1000];
        self.steps.iter().take(steps).for_each(|step| apply(&mut image, step));
        image
    }
}

fn apply(image: &mut [u8], step: &Step) {
    match step {
        Step::Write(at, bytes) => {
            let flash = &mut image[*at..*at + bytes.len()];
            flash.iter_mut().zip(bytes).for_each(|(bit, new)| *bit &= new);
        }
        Step::ErasePage(page) => image[page * 0x1000..][..0x1000].fill(0xFF),
    }
}
