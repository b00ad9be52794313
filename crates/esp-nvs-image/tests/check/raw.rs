//! Images built slot by slot, valid or not, with correct checksums.

pub fn crc(data: &[u8]) -> u32 {
    !data.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc: u32, _| {
            (crc >> 1) ^ (0xEDB8_8320 * (crc & 1))
        })
    })
}

pub const ACTIVE: u32 = 0xFFFF_FFFE;
pub const FULL: u32 = 0xFFFF_FFFC;
pub const FREEING: u32 = 0xFFFF_FFF8;

pub struct Raw {
    pub image: Vec<u8>,
    /// The next slot of each page.
    pub next: Vec<usize>,
}

impl Raw {
    pub fn new(pages: usize) -> Self {
        Self {
            image: vec![0xFF; pages * 0x1000],
            next: vec![0; pages],
        }
    }

    /// Three pages, one active, with namespace `ns` at 0x40 and key `a` at 0x60.
    pub fn base() -> Self {
        let mut raw = Self::new(3);
        raw.page(0, ACTIVE, 0);
        raw.namespace(0, "ns", 1);
        raw.number(0, 1, "a");
        raw
    }

    /// `base`, but the first page is full and a second one active.
    pub fn two_pages() -> Self {
        let mut raw = Self::base();
        raw.page(0, FULL, 0);
        raw.page(1, ACTIVE, 1);
        raw
    }

    pub fn page(&mut self, page: usize, state: u32, sequence: u32) {
        let header = &mut self.image[page * 0x1000..][..32];
        header[..4].copy_from_slice(&state.to_le_bytes());
        header[4..8].copy_from_slice(&sequence.to_le_bytes());
        header[8] = 0xFE;
        self.mend_page(page);
    }

    pub fn version(&mut self, page: usize, version: u8) {
        self.image[page * 0x1000 + 8] = version;
        self.mend_page(page);
    }

    pub fn mend_page(&mut self, page: usize) {
        let header = &mut self.image[page * 0x1000..][..32];
        let sum = crc(&header[4..28]);
        header[28..].copy_from_slice(&sum.to_le_bytes());
    }

    pub fn offset(page: usize, slot: usize) -> usize {
        page * 0x1000 + 64 + 32 * slot
    }

    /// Sets the two bits of a slot: 3 empty, 2 written, 0 erased, 1 invalid.
    pub fn mark(&mut self, page: usize, slot: usize, state: u8) {
        let byte = &mut self.image[page * 0x1000 + 32 + slot / 4];
        *byte = *byte & !(3 << (2 * (slot % 4))) | state << (2 * (slot % 4));
    }

    pub fn skip(&mut self, page: usize, slots: usize) {
        self.next[page] += slots;
    }

    /// Writes an entry to the next slots of a page; returns its offset.
    pub fn put(&mut self, page: usize, head: [u8; 4], key: &[u8], data: &[u8], payload: &[u8]) -> usize {
        let first = self.next[page];
        let slots = 1 + payload.len().div_ceil(32);
        (first..first + slots).for_each(|slot| self.mark(page, slot, 2));
        self.next[page] += slots;
        let offset = Self::offset(page, first);
        let slot = &mut self.image[offset..][..32];
        slot[..4].copy_from_slice(&head);
        slot[8..24].fill(0);
        slot[8..8 + key.len()].copy_from_slice(key);
        slot[24..24 + data.len()].copy_from_slice(data);
        self.image[offset + 32..][..payload.len()].copy_from_slice(payload);
        self.mend_entry(offset);
        offset
    }

    pub fn mend_entry(&mut self, offset: usize) {
        let slot = &mut self.image[offset..][..32];
        let sum = crc(&[&slot[..4], &slot[8..]].concat());
        slot[4..8].copy_from_slice(&sum.to_le_bytes());
    }

    /// Changes one byte of an entry's head and corrects its checksum.
    pub fn set(&mut self, offset: usize, at: usize, byte: u8) {
        self.image[offset + at] = byte;
        self.mend_entry(offset);
    }

    pub fn namespace(&mut self, page: usize, name: &str, index: u8) -> usize {
        self.put(page, [0, 0x01, 1, 0xFF], name.as_bytes(), &[index], &[])
    }

    /// A `u8`.
    pub fn number(&mut self, page: usize, namespace: u8, key: &str) -> usize {
        self.put(page, [namespace, 0x01, 1, 0xFF], key.as_bytes(), &[7], &[])
    }

    fn sized(&mut self, page: usize, [namespace, kind, chunk]: [u8; 3], key: &str, payload: &[u8]) -> usize {
        let mut data = u16::try_from(payload.len()).unwrap().to_le_bytes().to_vec();
        data.extend([0xFF, 0xFF]);
        data.extend(crc(payload).to_le_bytes());
        let span = u8::try_from(1 + payload.len().div_ceil(32)).unwrap();
        self.put(page, [namespace, kind, span, chunk], key.as_bytes(), &data, payload)
    }

    /// A string with its NUL.
    pub fn string(&mut self, page: usize, key: &str, bytes: &[u8]) -> usize {
        self.sized(page, [1, 0x21, 0xFF], key, bytes)
    }

    pub fn blob_v1(&mut self, page: usize, key: &str, bytes: &[u8]) -> usize {
        self.sized(page, [1, 0x41, 0xFF], key, bytes)
    }

    pub fn chunk(&mut self, page: usize, key: &str, chunk: u8, bytes: &[u8]) -> usize {
        self.sized(page, [1, 0x42, chunk], key, bytes)
    }

    pub fn index(&mut self, page: usize, key: &str, size: u32, chunks: u8, start: u8) -> usize {
        let mut data = size.to_le_bytes().to_vec();
        data.extend([chunks, start]);
        self.put(page, [1, 0x48, 1, 0xFF], key.as_bytes(), &data, &[])
    }
}
