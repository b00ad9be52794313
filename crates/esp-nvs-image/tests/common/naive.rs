//! A second, simple encoder, written only from the layout rules: a list of pages, each a list of
//! slots, concatenated at the end.

pub fn crc(data: &[u8]) -> u32 {
    let mut register = 0u32;
    for byte in data {
        register ^= u32::from(*byte);
        for _ in 0..8 {
            register = (register >> 1) ^ (0xEDB8_8320 * (register & 1));
        }
    }
    !register
}

pub enum Item {
    Namespace(String),
    Fixed(String, u8, Vec<u8>),
    Str(String, String),
    Blob(String, Vec<u8>),
}

pub struct Naive {
    usable: usize,
    version: u8,
    pages: Vec<Vec<[u8; 32]>>,
    namespace: u8,
    namespaces: u8,
}

fn head(namespace: u8, kind: u8, span: usize, chunk: u8, key: &str, data: &[u8]) -> [u8; 32] {
    let mut slot = [0u8; 32];
    slot[0..4].copy_from_slice(&[namespace, kind, span as u8, chunk]);
    slot[8..8 + key.len()].copy_from_slice(key.as_bytes());
    slot[24..32].fill(0xFF);
    slot[24..24 + data.len()].copy_from_slice(data);
    let sum = crc(&[&slot[0..4], &slot[8..32]].concat());
    slot[4..8].copy_from_slice(&sum.to_le_bytes());
    slot
}

fn sized(data: &[u8]) -> Vec<u8> {
    let mut field = (data.len() as u16).to_le_bytes().to_vec();
    field.extend([0xFF, 0xFF]);
    field.extend(crc(data).to_le_bytes());
    field
}

impl Naive {
    pub fn new(usable: usize, version: u8) -> Self {
        Self {
            usable,
            version,
            pages: vec![vec![]],
            namespace: 0,
            namespaces: 0,
        }
    }

    fn room(&self) -> usize {
        126 - self.pages.last().unwrap().len()
    }

    fn next_page(&mut self) -> Option<()> {
        if self.pages.len() == self.usable {
            return None;
        }
        self.pages.push(vec![]);
        Some(())
    }

    fn put(&mut self, slot: [u8; 32]) {
        self.pages.last_mut().unwrap().push(slot);
    }

    fn put_with_data(&mut self, kind: u8, chunk: u8, key: &str, data: &[u8]) {
        let slots = data.len().div_ceil(32);
        self.put(head(self.namespace, kind, 1 + slots, chunk, key, &sized(data)));
        for part in data.chunks(32) {
            let mut slot = [0xFF; 32];
            slot[..part.len()].copy_from_slice(part);
            self.put(slot);
        }
    }

    /// `None` if the partition is full.
    pub fn add(&mut self, item: &Item) -> Option<()> {
        match item {
            Item::Namespace(name) => {
                if self.room() == 0 {
                    self.next_page()?;
                }
                self.namespaces += 1;
                self.namespace = self.namespaces;
                self.put(head(0, 0x01, 1, 0xFF, name, &[self.namespaces]));
            }
            Item::Fixed(key, kind, data) => {
                if self.room() == 0 {
                    self.next_page()?;
                }
                self.put(head(self.namespace, *kind, 1, 0xFF, key, data));
            }
            Item::Str(key, text) => {
                let data = [text.as_bytes(), &[0]].concat();
                self.contiguous(0x21, key, &data)?;
            }
            Item::Blob(key, data) if self.version == 0xFF => self.contiguous(0x41, key, data)?,
            Item::Blob(key, data) => {
                if self.room() == 0 {
                    self.next_page()?;
                }
                let mut rest = &data[..];
                let mut chunks = 0u8;
                loop {
                    let room = (self.room() - 1) * 32;
                    let (now, later) = rest.split_at(room.min(rest.len()));
                    self.put_with_data(0x42, chunks, key, now);
                    chunks += 1;
                    rest = later;
                    if !rest.is_empty() || room - now.len() < 32 {
                        self.next_page()?;
                    }
                    if rest.is_empty() {
                        break;
                    }
                }
                let mut index = (data.len() as u32).to_le_bytes().to_vec();
                index.extend([chunks, 0]);
                self.put(head(self.namespace, 0x48, 1, 0xFF, key, &index));
            }
        }
        Some(())
    }

    fn contiguous(&mut self, kind: u8, key: &str, data: &[u8]) -> Option<()> {
        let k = data.len().div_ceil(32);
        if (126 - self.room()) + k + 1 >= 126 {
            self.next_page()?;
        }
        self.put_with_data(kind, 0xFF, key, data);
        Some(())
    }

    pub fn finish(self, size: usize) -> Vec<u8> {
        let mut image = Vec::new();
        let last = self.pages.len() - 1;
        for (number, slots) in self.pages.iter().enumerate() {
            let mut page = vec![0xFF; 4096];
            let state = if number == last { 0xFFFF_FFFEu32 } else { 0xFFFF_FFFC };
            page[0..4].copy_from_slice(&state.to_le_bytes());
            page[4..8].copy_from_slice(&(number as u32).to_le_bytes());
            page[8] = self.version;
            let sum = crc(&page[4..28]);
            page[28..32].copy_from_slice(&sum.to_le_bytes());
            for (i, slot) in slots.iter().enumerate() {
                page[32 + i / 4] &= !(1 << (2 * (i % 4)));
                page[64 + 32 * i..96 + 32 * i].copy_from_slice(slot);
            }
            image.extend(page);
        }
        if size >= 0x3000 {
            image.resize(size, 0xFF);
        }
        image
    }
}
