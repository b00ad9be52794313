//! A simple model of the firmware's mount and reads, on a copy of the flash that it changes as the
//! firmware does. It shares no code with the crate.
//!
//! Source: ESP-IDF `components/nvs_flash/src`, `nvs_page.cpp` (`mLoadEntryTable`, `findItem`),
//! `nvs_pagemanager.cpp` (`load`) and `nvs_storage.cpp` (`init`, `findItem`, `readMultiPageBlob`).
//! Not modelled: page moves, damaged page headers, hash collisions of keys.

use std::collections::BTreeSet;

use crate::raw::crc;

const EMPTY: u8 = 3;
const WRITTEN: u8 = 2;
const ERASED: u8 = 0;
const ANY: u8 = 0xFF;
const STRING: u8 = 0x21;
const BLOB: u8 = 0x41;
const CHUNK: u8 = 0x42;
const INDEX: u8 = 0x48;

#[derive(Clone)]
struct Page {
    is_active: bool,
    sequence: u32,
    marks: Vec<u8>,
    slots: Vec<[u8; 32]>,
    /// The slots to search.
    end: usize,
}

#[derive(Clone, PartialEq)]
struct Head {
    namespace: u8,
    kind: u8,
    span: usize,
    chunk: u8,
    key: [u8; 16],
    data: [u8; 8],
}

impl Head {
    fn has_payload(&self) -> bool {
        [STRING, BLOB, CHUNK].contains(&self.kind)
    }

    fn size(&self) -> usize {
        usize::from(u16::from_le_bytes([self.data[0], self.data[1]]))
    }
}

#[derive(PartialEq)]
enum Found {
    At(usize),
    OtherType,
    Nothing,
}

/// The search key: namespace, type, key, chunk index, chunk start.
type Wanted<'w> = (u8, u8, &'w [u8; 16], u8, Option<u8>);

impl Page {
    fn new(bytes: &[u8]) -> Option<Self> {
        let state = u32::from_le_bytes(bytes[..4].try_into().unwrap());
        let mark = |slot: usize| bytes[32 + slot / 4] >> (2 * (slot % 4)) & 3;
        (state != u32::MAX).then(|| Self {
            is_active: state == 0xFFFF_FFFE,
            sequence: u32::from_le_bytes(bytes[4..8].try_into().unwrap()),
            marks: (0..126).map(mark).collect(),
            slots: bytes[64..].chunks(32).map(|slot| slot.try_into().unwrap()).collect(),
            end: 126,
        })
    }

    fn head(&self, slot: usize) -> Head {
        let bytes = &self.slots[slot];
        Head {
            namespace: bytes[0],
            kind: bytes[1],
            span: usize::from(bytes[2]),
            chunk: bytes[3],
            key: bytes[8..24].try_into().unwrap(),
            data: bytes[24..].try_into().unwrap(),
        }
    }

    fn is_consistent(&self, slot: usize) -> bool {
        let (head, bytes) = (self.head(slot), &self.slots[slot]);
        let sum = crc(&[&bytes[..4], &bytes[8..]].concat());
        let size = u32::from_le_bytes(head.data[..4].try_into().unwrap());
        sum.to_le_bytes() == bytes[4..8]
            && match head.kind {
                STRING | BLOB | CHUNK => {
                    let room = (126 - slot - 1) * 32;
                    let span = 1 + head.size().div_ceil(32);
                    head.size() <= room && head.span == span && (head.kind != CHUNK || head.chunk != ANY)
                }
                INDEX => head.span == 1 && head.chunk == ANY && size <= 508_000,
                0x01 | 0x11 | 0x02 | 0x12 | 0x04 | 0x14 | 0x08 | 0x18 | 0x24 | 0x28 => head.span == 1,
                _ => false,
            }
    }

    fn erase(&mut self, slot: usize) {
        let span = self.head(slot).span;
        self.marks[slot..slot + span].fill(ERASED);
    }

    fn load(&mut self) {
        if self.is_active {
            self.end = self.marks.iter().position(|mark| *mark == EMPTY).unwrap_or(126);
            while self.end < 126 && self.slots[self.end][..4] != [0xFF; 4] {
                self.marks[self.end] = ERASED;
                self.end += 1;
            }
        }
        let mut last = None;
        let mut slot = 0;
        while slot < self.end {
            if self.marks[slot] != WRITTEN {
                if self.marks[slot] != EMPTY {
                    self.marks[slot] = ERASED;
                }
                last = None;
                slot += 1;
                continue;
            }
            if !self.is_consistent(slot) {
                self.marks[slot] = ERASED;
                last = None;
                slot += 1;
                continue;
            }
            let head = self.head(slot);
            if (slot..slot + head.span).any(|slot| self.marks[slot] != WRITTEN) {
                self.erase(slot);
                last = None;
            } else {
                if self.is_active {
                    let like_it = self.entries().into_iter().find(|(at, other)| {
                        (other.namespace, other.key, other.chunk) == (head.namespace, head.key, head.chunk)
                            && *at < slot
                    });
                    if let Some((at, _)) = like_it {
                        self.erase(at);
                    }
                }
                last = Some((slot, head.clone()));
            }
            slot += head.span;
        }
        if let (true, Some((slot, head))) = (self.is_active, last)
            && let Found::At(earlier) = self.find((head.namespace, head.kind, &head.key, ANY, None))
            && earlier < slot
        {
            self.erase(earlier);
        }
    }

    fn entries(&self) -> Vec<(usize, Head)> {
        let mut entries = vec![];
        let mut slot = 0;
        while slot < self.end {
            if self.marks[slot] == WRITTEN && self.is_consistent(slot) {
                let head = self.head(slot);
                slot += head.span;
                entries.push((slot - head.span, head));
            } else {
                slot += 1;
            }
        }
        entries
    }

    fn find(&self, (namespace, kind, key, chunk, start): Wanted<'_>) -> Found {
        let entries = self.entries();
        let mut from = 0;
        if kind != CHUNK || chunk != ANY {
            let same =
                |(_, head): &(usize, Head)| head.namespace == namespace && head.key == *key && head.chunk == chunk;
            match entries.iter().position(same) {
                Some(first) => from = first,
                None => return Found::Nothing,
            }
        }
        for (slot, head) in &entries[from..] {
            if head.namespace != namespace || head.key != *key {
                continue;
            }
            if kind == CHUNK && (chunk != ANY && head.chunk != chunk || chunk == ANY && head.kind != CHUNK) {
                continue;
            }
            if kind == BLOB && chunk == ANY && head.kind == CHUNK {
                continue;
            }
            if kind == INDEX && (head.chunk != ANY || start.is_some_and(|start| head.data[5] != start)) {
                continue;
            }
            return if head.kind == kind {
                Found::At(*slot)
            } else {
                Found::OtherType
            };
        }
        Found::Nothing
    }

    fn erase_item(&mut self, wanted: Wanted<'_>) -> bool {
        match self.find(wanted) {
            Found::At(slot) => {
                self.erase(slot);
                true
            }
            Found::OtherType | Found::Nothing => false,
        }
    }

    fn payload(&self, slot: usize, head: &Head) -> Option<Vec<u8>> {
        let bytes = self.slots[slot + 1..slot + head.span].concat()[..head.size()].to_vec();
        (crc(&bytes).to_le_bytes() == head.data[4..]).then_some(bytes)
    }
}

pub struct Firmware {
    pages: Vec<Page>,
    /// Names and indices of namespaces.
    names: Vec<([u8; 16], u8)>,
}

struct Node {
    head: Head,
    size: usize,
    count: usize,
}

impl Node {
    fn stated(&self) -> (usize, usize, u8) {
        let size = u32::from_le_bytes(self.head.data[..4].try_into().unwrap());
        (size as usize, usize::from(self.head.data[4]), self.head.data[5])
    }
}

impl Firmware {
    pub fn mount(image: &[u8]) -> Self {
        let mut pages = image.chunks(0x1000).filter_map(Page::new).collect::<Vec<_>>();
        pages.iter_mut().for_each(Page::load);
        pages.sort_by_key(|page| page.sequence);
        let mut firmware = Self { pages, names: vec![] };
        firmware.end_write();
        firmware.read_names();
        firmware.drop_blobs();
        firmware
    }

    fn end_write(&mut self) {
        let Some((last_page, earlier)) = self.pages.split_last_mut() else {
            return;
        };
        let Some((_, head)) = last_page.entries().pop() else {
            return;
        };
        let wanted = |kind| (head.namespace, kind, &head.key, head.chunk, None);
        let is_erased = earlier.iter_mut().any(|page| page.erase_item(wanted(head.kind)));
        if !is_erased && head.kind == INDEX {
            earlier.iter_mut().any(|page| page.erase_item(wanted(BLOB)));
        }
    }

    fn read_names(&mut self) {
        for page in &self.pages {
            for (_, head) in page.entries().iter().filter(|(_, head)| head.namespace == 0) {
                if head.kind != 0x01 {
                    break;
                }
                self.names.push((head.key, head.data[0]));
            }
        }
    }

    fn drop_blobs(&mut self) {
        let all = self.pages.iter().flat_map(Page::entries).map(|(_, head)| head);
        let (chunks, indices) = all.partition::<Vec<_>, _>(|head| head.kind == CHUNK);
        let indices = indices.into_iter().filter(|head| head.kind == INDEX);
        let mut nodes = indices
            .map(|head| Node {
                head,
                size: 0,
                count: 0,
            })
            .collect::<Vec<_>>();
        for chunk in &chunks {
            let is_of = |node: &&mut Node| {
                let (_, _, start) = node.stated();
                let end = if start == 0 { 0x80 } else { 0xFF };
                (node.head.namespace, node.head.key) == (chunk.namespace, chunk.key)
                    && (start..end).contains(&chunk.chunk)
            };
            if let Some(node) = nodes.iter_mut().find(is_of) {
                node.size += chunk.size();
                node.count += 1;
            }
        }
        let mut left = vec![];
        for node in nodes {
            let (size, count, start) = node.stated();
            if (size, count) == (node.size, node.count) {
                left.push(node);
            } else {
                let wanted = (node.head.namespace, INDEX, &node.head.key, ANY, Some(start));
                self.pages.iter_mut().any(|page| page.erase_item(wanted));
            }
        }
        for page in &mut self.pages {
            for (_, chunk) in page.entries().into_iter().filter(|(_, head)| head.kind == CHUNK) {
                let is_of = |node: &Node| {
                    let (_, count, start) = node.stated();
                    let range = usize::from(start)..usize::from(start) + count;
                    (node.head.namespace, node.head.key) == (chunk.namespace, chunk.key)
                        && range.contains(&usize::from(chunk.chunk))
                };
                if !left.iter().any(is_of) {
                    page.erase_item((chunk.namespace, CHUNK, &chunk.key, chunk.chunk, None));
                }
            }
        }
    }

    fn find(&self, wanted: Wanted<'_>) -> Option<(&Page, usize, Head)> {
        self.pages.iter().find_map(|page| match page.find(wanted) {
            Found::At(slot) => Some((page, slot, page.head(slot))),
            Found::OtherType | Found::Nothing => None,
        })
    }

    fn blob(&self, namespace: u8, key: &[u8; 16]) -> Option<Vec<u8>> {
        let Some((_, _, head)) = self.find((namespace, INDEX, key, ANY, None)) else {
            let (page, slot, head) = self.find((namespace, BLOB, key, ANY, None))?;
            return page.payload(slot, &head);
        };
        let (size, count, start) = Node {
            head,
            size: 0,
            count: 0,
        }
        .stated();
        let mut bytes = vec![];
        for chunk in 0..count {
            let chunk = u8::try_from(usize::from(start) + chunk).ok()?;
            let (page, slot, head) = self.find((namespace, CHUNK, key, chunk, None))?;
            bytes.extend(page.payload(slot, &head)?);
        }
        (bytes.len() == size).then_some(bytes)
    }

    /// The results of `nvs_get_*` for all keys and types: `namespace/key = type value`.
    pub fn values(&self) -> BTreeSet<String> {
        let heads = self.pages.iter().flat_map(Page::entries).map(|(_, head)| head);
        let keys = heads.map(|head| (head.namespace, head.key)).collect::<BTreeSet<_>>();
        let text =
            |field: &[u8; 16]| String::from_utf8(field.iter().copied().take_while(|b| *b != 0).collect()).unwrap();
        let mut values = BTreeSet::new();
        let mut opened = BTreeSet::new();
        for (name, namespace) in &self.names {
            if !opened.insert(name) {
                continue;
            }
            for (_, key) in keys.iter().filter(|(index, _)| index == namespace) {
                let place = format!("{}/{}", text(name), text(key));
                for (kind, name) in [(0x01, "u8"), (0x02, "u16")] {
                    if let Some((_, _, head)) = self.find((*namespace, kind, key, ANY, None)) {
                        let number = u16::from_le_bytes([head.data[0], if kind == 2 { head.data[1] } else { 0 }]);
                        values.insert(format!("{place} = {name} {number}"));
                    }
                }
                if let Some((page, slot, head)) = self.find((*namespace, STRING, key, ANY, None))
                    && let Some(bytes) = page.payload(slot, &head)
                {
                    let text = String::from_utf8(bytes[..bytes.len() - 1].to_vec()).unwrap();
                    values.insert(format!("{place} = string {text:?}"));
                }
                if let Some(bytes) = self.blob(*namespace, key) {
                    values.insert(format!("{place} = blob {:?}", String::from_utf8(bytes).unwrap()));
                }
            }
        }
        values
    }
}
