//! Valid, changed, arbitrary and hostile images.

use std::time::{Duration, Instant};

use esp_nvs_image::{
    BlobVersion, Encoder, Error, Key, Namespace, Number, PartitionSize, Severity, Statistics, Value, check, decode,
    recover,
};
use proptest::collection::vec;
use proptest::prelude::*;

use super::{is_refused, worst};
use crate::raw::{FREEING, FULL, Raw};

/// A megabyte in which one function fills each page.
fn megabyte(fill: impl Fn(&mut Raw, usize)) -> Vec<u8> {
    let mut raw = Raw::new(256);
    for page in 0..256 {
        raw.page(page, FULL, page as u32);
        fill(&mut raw, page);
    }
    raw.image
}

#[test]
fn hostile_megabyte_is_checked_in_bounded_time() {
    let mut register = 1u32;
    let mut random = || {
        register ^= register << 13;
        register ^= register >> 17;
        register ^= register << 5;
        register
    };
    let noise = (0..1 << 18).flat_map(|_| random().to_le_bytes()).collect::<Vec<_>>();
    let images = [
        ("noise", noise.clone()),
        (
            "noise in pages",
            megabyte(|raw, page| {
                raw.image[page * 0x1000 + 32..][..4064].copy_from_slice(&noise[page * 0x1000 + 32..][..4064])
            }),
        ),
        (
            "one key",
            megabyte(|raw, page| {
                (0..126).for_each(|_| {
                    raw.number(page, 1, "k");
                })
            }),
        ),
        (
            "one chunk",
            megabyte(|raw, page| {
                (0..126).for_each(|_| {
                    raw.chunk(page, "k", 0, b"");
                })
            }),
        ),
        (
            "one index",
            megabyte(|raw, page| {
                (0..126).for_each(|_| {
                    raw.index(page, "k", 1, 255, 0);
                })
            }),
        ),
        (
            "indices of all chunks",
            megabyte(|raw, page| {
                (0..126).for_each(|i| {
                    if page < 128 {
                        raw.chunk(page, "k", i, b"");
                    } else {
                        raw.index(page, "k", 7, 255, 0);
                    }
                })
            }),
        ),
        (
            "one namespace",
            megabyte(|raw, page| {
                (0..126).for_each(|i| {
                    raw.namespace(page, "ns", i);
                })
            }),
        ),
        (
            "all moving",
            megabyte(|raw, page| {
                raw.page(page, FREEING, 0);
                (0..126).for_each(|_| {
                    raw.number(page, 0, "");
                })
            }),
        ),
    ];
    for (name, image) in images {
        let start = Instant::now();
        let found = check(&image);
        let statistics = Statistics::new(&image);
        let read = recover(&image);
        assert_eq!(
            decode(&image).as_ref().err().and_then(Error::finding),
            read.damage.first(),
            "{name}"
        );
        let time = start.elapsed();
        println!("{name}: {} findings, {time:?}", found.len());
        assert!(time < Duration::from_secs(5), "{name}: {time:?}");
        assert!(found.len() <= image.len() / 32 * 8, "{name}");
        assert_eq!(worst(&found), Some(Severity::Error), "{name}");
        assert!(statistics.used_slots() <= image.len() / 32, "{name}");
    }
}

#[derive(Clone, Debug)]
enum Data {
    Number(u32),
    Text(usize),
    Blob(usize),
}

fn data(version: BlobVersion) -> impl Strategy<Value = Data> {
    let max: usize = if version == BlobVersion::V1 { 1984 } else { 9000 };
    prop_oneof![
        any::<u32>().prop_map(Data::Number),
        (0usize..=3999).prop_map(Data::Text),
        (0usize..200).prop_map(Data::Text),
        (0..=max).prop_map(Data::Blob),
    ]
}

/// The groups that fit, in one namespace each.
fn encode(groups: &[Vec<Data>], pages: usize, version: BlobVersion) -> Vec<u8> {
    let size = PartitionSize::new(pages as u32 * 0x1000).unwrap();
    let mut buffer = vec![0; size.bytes()];
    let mut encoder = Encoder::with_version(&mut buffer, size, version).unwrap();
    for (g, group) in groups.iter().enumerate() {
        let namespace = Namespace::new(&format!("space {g}")).unwrap();
        for (i, data) in group.iter().enumerate() {
            let key = Key::new(&format!("key {i}")).unwrap();
            let pushed = match data {
                Data::Number(value) => encoder.push(&namespace, &key, Value::Number(Number::U32(*value))),
                Data::Text(len) => encoder.push(&namespace, &key, Value::Str(&"x".repeat(*len))),
                Data::Blob(len) => encoder.push(&namespace, &key, Value::Blob(&vec![7; *len])),
            };
            assert!(matches!(pushed, Ok(()) | Err(Error::PartitionFull { .. })));
        }
    }
    encoder.finish().to_vec()
}

fn images(version: BlobVersion) -> impl Strategy<Value = Vec<u8>> {
    (vec(vec(data(version), 1..20), 0..5), 1usize..12).prop_map(move |(groups, pages)| encode(&groups, pages, version))
}

fn assert_good(image: &[u8]) {
    let mut found = check(image);
    // One or two pages are read-only for the firmware, and the encoder fills them.
    found.retain(|finding| image.len() > 0x2000 || finding.kind.id() != "no-empty-page");
    assert!(worst(&found) <= Some(Severity::Note), "{found:#?}");
    let statistics = Statistics::new(image);
    let keys = statistics.namespaces().iter().map(|(_, keys)| keys).sum::<usize>();
    assert_eq!(keys, decode(image).unwrap().len());
    assert_eq!(statistics.lost_entries(), 0);
}

#[test]
fn empty_partitions_of_all_sizes_are_good() {
    for pages in 1..=64 {
        for version in [BlobVersion::V1, BlobVersion::V2] {
            let image = encode(&[], pages, version);
            assert_good(&image);
            assert_eq!(Statistics::new(&image).free_slots(), image.len() / 0x1000 * 126);
        }
    }
}

/// Changes bytes; with `mend` the checksum of the slot or header around the change is corrected, so
/// that deeper faults are reached.
fn mutate(image: &mut [u8], changes: &[(usize, u8, bool)]) {
    let mut raw = Raw {
        image: image.to_vec(),
        ..Raw::new(0)
    };
    for &(at, byte, mend) in changes {
        let at = at % raw.image.len();
        raw.image[at] = byte;
        match at % 0x1000 {
            ..32 if mend => raw.mend_page(at / 0x1000),
            64.. if mend => raw.mend_entry(at / 32 * 32),
            _ => {}
        }
    }
    image.copy_from_slice(&raw.image);
}

fn changes() -> impl Strategy<Value = Vec<(usize, u8, bool)>> {
    // Mostly near the start of a page, where most of the contents are.
    let at = prop_oneof![
        any::<usize>(),
        (0usize..12, 0usize..600).prop_map(|(page, at)| page * 0x1000 + at)
    ];
    let byte = prop_oneof![
        any::<u8>(),
        0u8..4,
        0xF8u8..=0xFF,
        Just(0x21),
        Just(0x42),
        Just(0x48),
        Just(0x80)
    ];
    vec((at, byte, any::<bool>()), 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn what_the_encoder_writes_is_good(image in images(BlobVersion::V2)) {
        assert_good(&image);
    }

    #[test]
    fn what_the_encoder_writes_in_version_1_is_good(image in images(BlobVersion::V1)) {
        assert_good(&image);
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in vec(any::<u8>(), 0..9000)) {
        prop_assert!(check(&bytes).len() <= bytes.len() / 4 + 2);
        let _ = Statistics::new(&bytes);
    }

    #[test]
    fn errors_in_changed_images_are_what_decode_refuses(image in images(BlobVersion::V2), changes in changes()) {
        let mut image = image;
        mutate(&mut image, &changes);
        let found = check(&image);
        prop_assert!(found.is_sorted_by_key(|finding| finding.offset));
        prop_assert!(found.iter().all(|finding| finding.offset < Some(image.len())));
        let _ = Statistics::new(&image);
        let read = decode(&image);
        prop_assert_eq!(is_refused(&found), read.is_err(), "{:?}, {:#?}", read.err(), found);
    }
}
