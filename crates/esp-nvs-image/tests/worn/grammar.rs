//! Pages with valid entries in an order that no device produces: the readers return what the
//! firmware reads.

use esp_nvs_image::{Severity, check, decode, recover};
use proptest::collection::vec;
use proptest::prelude::*;

use super::describe;
use crate::firmware::Firmware;
use crate::raw::{ACTIVE, FULL, Raw};

#[derive(Clone, Debug)]
enum Entry {
    Number,
    Wide,
    Text(usize),
    OnePiece(usize),
    Chunk(u8, usize, bool),
    Index(u8, u8, usize),
    /// A blob with this number of chunks, and its index.
    Blob(u8, u8, usize),
    Gap,
}

/// An entry, its key, and whether it is erased.
type Written = (Entry, usize, bool);

fn written() -> impl Strategy<Value = Written> {
    let start = || prop_oneof![4 => Just(0x00), 4 => Just(0x80), 1 => Just(3)];
    let len = || prop_oneof![Just(0usize), Just(1), Just(5), Just(33)];
    let entry = prop_oneof![
        3 => Just(Entry::Number),
        2 => Just(Entry::Wide),
        2 => len().prop_map(Entry::Text),
        1 => len().prop_map(Entry::OnePiece),
        3 => (start(), 0u8..3, len(), prop::bool::weighted(0.1)).prop_map(|(s, n, len, bad)| Entry::Chunk(s + n, len, bad)),
        2 => (start(), 0u8..3, len()).prop_map(|(start, chunks, len)| Entry::Index(start, chunks, len)),
        4 => (start(), 1u8..3, len()).prop_map(|(start, chunks, len)| Entry::Blob(start, chunks, len)),
        1 => Just(Entry::Gap),
    ];
    (entry, 0usize..5, prop::bool::weighted(0.15))
}

fn put(raw: &mut Raw, page: usize, (entry, key, is_erased): &Written) {
    let key = ["a", "b", "c", "d", "e"][*key];
    // Each value encodes its position.
    let letter = b'a' + (page * 8 + raw.next[page] % 8) as u8 % 26;
    let bytes = |len: usize| vec![letter; len];
    let first = raw.next[page];
    match *entry {
        Entry::Number => raw.number(page, 1, key),
        Entry::Wide => raw.put(page, [1, 0x02, 1, 0xFF], key.as_bytes(), &[first as u8, 1], &[]),
        Entry::Text(len) => raw.string(page, key, &[bytes(len), vec![0]].concat()),
        Entry::OnePiece(len) => raw.blob_v1(page, key, &bytes(len)),
        Entry::Chunk(chunk, len, is_damaged) => {
            let at = raw.chunk(page, key, chunk, &bytes(len));
            if is_damaged && len > 0 {
                raw.image[at + 32] ^= 1;
            }
            at
        }
        Entry::Index(start, chunks, len) => raw.index(page, key, (len * usize::from(chunks)) as u32, chunks, start),
        Entry::Blob(start, chunks, len) => {
            for chunk in start..start + chunks {
                raw.chunk(page, key, chunk, &bytes(len));
            }
            raw.index(page, key, (len * usize::from(chunks)) as u32, chunks, start)
        }
        Entry::Gap => {
            raw.skip(page, 1);
            0
        }
    };
    if *is_erased {
        (first..raw.next[page]).for_each(|slot| raw.mark(page, slot, 0));
    }
}

fn image(pages: &[(Vec<Written>, bool)], order: usize) -> Vec<u8> {
    let mut raw = Raw::new(pages.len() + 1);
    for (page, (entries, is_other)) in pages.iter().enumerate() {
        // The newest page may be full, and an earlier one active.
        let state = if (page + 1 == pages.len()) ^ is_other {
            ACTIVE
        } else {
            FULL
        };
        raw.page(page, state, page as u32);
        if page == 0 {
            raw.namespace(0, "ns", 1);
        }
        entries.iter().for_each(|entry| put(&mut raw, page, entry));
    }
    raw.image.rotate_left(order % (pages.len() + 1) * 0x1000);
    raw.image
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn firmware_s_values_are_recovered(
        pages in vec((vec(written(), 0..9), prop::bool::weighted(0.15)), 1..4),
        order in 0usize..4,
    ) {
        let image = image(&pages, order);
        let read = recover(&image);
        let mut values = read.entries.iter().map(describe).collect::<Vec<_>>();
        values.sort();
        let expected = Firmware::mount(&image).values().into_iter().collect::<Vec<_>>();
        prop_assert_eq!(&values, &expected, "{:#?}", check(&image));
        // Skipped entries are reported.
        let is_whole = read.damage.is_empty();
        prop_assert_eq!(decode(&image).is_ok(), is_whole);
        let errors = check(&image).into_iter().filter(|finding| finding.severity == Severity::Error);
        prop_assert_eq!(errors.collect::<Vec<_>>().is_empty(), is_whole);
    }
}
