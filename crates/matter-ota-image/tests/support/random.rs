//! Seeded random numbers (xorshift64*), and random headers.

#![allow(dead_code, reason = "not every test needs all of it")]

use matter_ota_image::{
    ApplicableVersions, DigestType, OtaHeader, PayloadHasher, ReleaseNotesUrl, SoftwareVersion, SoftwareVersionString,
};
use matter_types::{ProductId, VendorId};

pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next()).unwrap() % limit
    }

    /// A number of any width, so that all encodings occur.
    pub(crate) fn number(&mut self, bits: u32) -> u32 {
        let width = [4, 8, 16, 24, 32][self.below(5)].min(bits);
        u32::try_from(self.next() & ((1u64 << width) - 1)).unwrap()
    }

    /// Characters of one to four bytes, at most `len` bytes in total.
    pub(crate) fn text(&mut self, len: usize) -> String {
        let mut text = String::new();
        while text.len() < len {
            let letter = ['a', '1', '.', '-', '\u{E4}', '\u{20AC}', '\u{1F600}', ' '][self.below(8)];
            if text.len() + letter.len_utf8() > len {
                text.push('x');
            } else {
                text.push(letter);
            }
        }
        text
    }

    /// A file with a random header and payload.
    pub(crate) fn file(&mut self) -> (Vec<u8>, usize) {
        let mut payload = vec![0; [0, 1, 200, 256, 70_000][self.below(5)]];
        payload.iter_mut().for_each(|byte| *byte = self.next().to_le_bytes()[0]);
        let kinds: Vec<_> = DigestType::ALL
            .into_iter()
            .filter(|kind| kind.is_for_ledger())
            .collect();
        let mut hasher = PayloadHasher::new(kinds[self.below(kinds.len())]);
        hasher.update(&payload);
        let len = [1, 5, 63, 64][self.below(4)];
        let text = self.text(len);
        let mut versions = [self.number(32), self.number(32), self.number(32)];
        versions.sort_unstable();
        let [min, max, version] = versions.map(SoftwareVersion::new);
        let version = if version == max { SoftwareVersion::MAX } else { version };
        let header = OtaHeader::new(
            VendorId::new(u16::try_from(self.below(0xFFF4)).unwrap() + 1).unwrap(),
            ProductId::new(u16::try_from(self.below(0xFFFF)).unwrap() + 1).unwrap(),
            version,
            SoftwareVersionString::new(&text).unwrap(),
            hasher.finish(),
        );
        let limits = self.below(4);
        let range = ApplicableVersions::new((limits & 1 > 0).then_some(min), (limits & 2 > 0).then_some(max)).unwrap();
        let header = header.unwrap().with_applicable_versions(range).unwrap();
        let url = format!("https://{}", "x".repeat(1 + self.below(248)));
        let header = match self.below(2) {
            0 => header,
            _ => header.with_release_notes_url(ReleaseNotesUrl::new(&url).unwrap()),
        };
        let mut buffer = [0; OtaHeader::MAX_ENCODED_LEN];
        let mut file = header.encode(&mut buffer).unwrap().to_vec();
        let start = file.len();
        file.extend(payload);
        (file, start)
    }
}
