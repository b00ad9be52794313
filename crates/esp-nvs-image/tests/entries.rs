//! The iterator over keys and values, which needs no allocator. The suite runs this file with and
//! without the `alloc` feature.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    missing_docs,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "common/fault.rs"]
mod fault;
#[path = "check/raw.rs"]
mod raw;

use std::time::{Duration, Instant};

use esp_nvs_image::{Entries, Error, FindingKind, Number, ValueRef};
use fault::place;
use raw::{ACTIVE, FREEING, FULL, Raw};

/// Three pages; the blob's chunks fill the first and the second.
fn with_blob() -> (Raw, Vec<u8>) {
    let bytes = (0..=255).cycle().take(6000).collect::<Vec<u8>>();
    let mut raw = Raw::new(4);
    raw.page(0, FULL, 0);
    raw.page(1, ACTIVE, 1);
    raw.namespace(0, "ns", 1);
    raw.put(0, [1, 0x18, 1, 0xFF], b"n", &(-5i64).to_le_bytes(), &[]);
    raw.chunk(0, "b", 0, &bytes[..3900]);
    raw.chunk(1, "b", 1, &bytes[3900..]);
    raw.index(1, "b", 6000, 2, 0);
    raw.string(1, "s", b"text\0");
    (raw, bytes)
}

#[test]
fn values_are_borrowed_from_the_image() {
    let (raw, bytes) = with_blob();
    let entries = Entries::new(&raw.image).map(Result::unwrap).collect::<Vec<_>>();
    let names = entries
        .iter()
        .map(|entry| (entry.namespace.as_str(), entry.key.as_str()));
    assert_eq!(names.collect::<Vec<_>>(), [("ns", "n"), ("ns", "b"), ("ns", "s")]);
    assert!(matches!(entries[0].value, ValueRef::Number(Number::I64(-5))));
    assert!(matches!(entries[2].value, ValueRef::Str("text")));
    let ValueRef::Blob(blob) = &entries[1].value else {
        panic!("{:?}", entries[1])
    };
    assert_eq!((blob.len(), blob.is_empty()), (6000, false));
    assert_eq!(blob.pieces().map(<[u8]>::len).collect::<Vec<_>>(), [3900, 2100]);
    assert_eq!(blob.pieces().flatten().copied().collect::<Vec<_>>(), bytes);
    let mut buffer = [0; 7000];
    assert_eq!(blob.read_into(&mut buffer).unwrap(), bytes);
    assert_eq!(blob.read_into(&mut buffer[..6000]).unwrap().len(), 6000);
    let (needed, available) = (6000, 5999);
    let refused = blob.read_into(&mut buffer[..5999]).unwrap_err();
    assert_eq!(refused, Error::BufferTooSmall { needed, available });
    let types = entries.iter().map(|entry| entry.value.type_name());
    assert_eq!(types.collect::<Vec<_>>(), ["i64", "blob", "string"]);
}

#[test]
fn debug_shows_no_value() {
    let (mut raw, _) = with_blob();
    raw.put(1, [1, 0x01, 1, 0xFF], b"u", &[211], &[]);
    let entries = Entries::new(&raw.image);
    let text = format!("{entries:?}{:?}", entries.clone().collect::<Vec<_>>());
    assert!(
        !text.contains("text") && !text.contains("211") && !text.contains("-5"),
        "{text}"
    );
    assert!(text.contains("[6000 bytes]") && text.contains("[4 bytes]"), "{text}");
}

#[test]
fn damage_has_an_offset_and_the_rest_is_read() {
    let (mut raw, _) = with_blob();
    raw.image[0x60 + 24] ^= 1;
    raw.page(2, 0xFFFF_FFF0, 2);
    raw.number(1, 9, "u");
    let mut image = raw.image.clone();
    image.extend([0xFF; 5]);
    let errors = Entries::new(&image).filter_map(Result::err).collect::<Vec<_>>();
    let expected = [
        ("image-size", None),
        ("page-state", Some(0x2000)),
        ("entry-crc", Some(0x60)),
        ("unknown-namespace", Some(0x1040 + 70 * 32)),
    ];
    assert_eq!(errors.iter().copied().map(place).collect::<Vec<_>>(), expected);
    let kinds = errors.iter().map(|error| match error {
        Error::Damaged(finding) => finding.kind,
        other => panic!("{other:?}"),
    });
    let kinds = kinds.collect::<Vec<_>>();
    assert_eq!(kinds[0], FindingKind::ImageSize { len: 0x4005 });
    assert_eq!(kinds[1], FindingKind::PageState { state: 0xFFFF_FFF0 });
    assert_eq!(kinds[3], FindingKind::UnknownNamespace { index: 9, entries: 1 });
    assert_eq!(Entries::new(&image).flatten().count(), 2);
    for len in [0, 100, 4095] {
        let mut entries = Entries::new(&image[..len]);
        let error = entries.next().map(Result::unwrap_err).unwrap();
        assert!(matches!(error, Error::Damaged(finding) if finding.kind == FindingKind::ImageSize { len }));
        assert!(entries.next().is_none());
    }
}

#[test]
fn blob_without_all_of_its_chunks_is_left_out() {
    let (raw, _) = with_blob();
    let index = 0x1040 + 67 * 32;
    let cases = [
        ("blob-size", 24, 1),
        ("blob-chunks", 28, 1),
        ("blob-chunks", 28, 3),
        ("blob-chunks", 29, 0x80),
        ("blob-chunks", 29, 1),
        ("blob-chunks", 28, 0xFF),
    ];
    for (id, at, byte) in cases {
        let mut raw = Raw {
            image: raw.image.clone(),
            next: vec![],
        };
        raw.set(index, at, byte);
        let errors = Entries::new(&raw.image).filter_map(Result::err).collect::<Vec<_>>();
        let errors = errors.into_iter().map(place).collect::<Vec<_>>();
        assert_eq!(errors, [(id, Some(index))], "{at} {byte}");
    }
}

#[test]
fn pages_may_be_anywhere() {
    // More pages than one pass over the headers finds.
    let pages = 100;
    let mut raw = Raw::new(pages + 1);
    for i in 0..pages {
        let place = i * 37 % pages;
        raw.page(place, if i + 1 == pages { ACTIVE } else { FULL }, 1000 + i as u32);
        if i == 50 {
            raw.namespace(place, "ns", 1);
        }
        raw.number(place, 1, &format!("k{i}"));
    }
    let keys = Entries::new(&raw.image).map(|entry| entry.unwrap().key.to_string());
    assert!(keys.eq((0..pages).map(|i| format!("k{i}"))));
}

/// A megabyte in which one function fills each page.
fn megabyte(fill: impl Fn(&mut Raw, usize)) -> Vec<u8> {
    let mut raw = Raw::new(256);
    for page in 0..256 {
        raw.page(page, FULL, 255 - page as u32);
        raw.namespace(page, "ns", 1);
        fill(&mut raw, page);
    }
    raw.image
}

/// Fills the rest of a page.
fn repeat(raw: &mut Raw, page: usize, mut put: impl FnMut(&mut Raw, usize)) {
    while raw.next[page] < 126 {
        let i = raw.next[page];
        put(raw, i);
    }
}

#[test]
fn hostile_megabyte_is_walked_in_bounded_time() {
    // 32,000 searches through 32,000 slots for each of 127 chunks would be 10^11 steps; the limit
    // is 2 * 10^7, which an unoptimised build does in one or two seconds.
    let far_chunks = |raw: &mut Raw, page: usize, wanted: &dyn Fn(usize) -> u8| {
        if page.is_multiple_of(2) {
            repeat(raw, page, |raw, i| {
                raw.chunk(page, "b", i as u8, b"");
            });
        } else {
            repeat(raw, page, |raw, i| {
                raw.index(page, "b", 0, wanted(i), 0);
            });
        }
    };
    let images = [
        (
            "indices of chunks that are not there",
            megabyte(|raw, page| {
                repeat(raw, page, |raw, _| {
                    raw.index(page, "b", 0, 127, 0);
                })
            }),
        ),
        (
            "indices of all chunks",
            megabyte(|raw, page| far_chunks(raw, page, &|_| 127)),
        ),
        (
            "indices of chunks elsewhere",
            megabyte(|raw, page| far_chunks(raw, page, &|i| i as u8)),
        ),
        (
            "values that look like the chunk, indices of it",
            megabyte(|raw, page| {
                let mut other = Raw::new(1);
                let at = other.chunk(0, "b", 0, b"");
                let like_it = other.image[at..at + 32].to_vec();
                if page.is_multiple_of(2) {
                    raw.blob_v1(page, "v", &like_it.repeat(124));
                } else {
                    repeat(raw, page, |raw, _| {
                        raw.index(page, "b", 0, 1, 0);
                    });
                }
            }),
        ),
        (
            "one key on active pages",
            megabyte(|raw, page| {
                raw.page(page, ACTIVE, 7);
                repeat(raw, page, |raw, _| {
                    raw.number(page, 1, "k");
                });
            }),
        ),
        (
            "other chunks and indices on active pages",
            megabyte(|raw, page| {
                raw.page(page, ACTIVE, 300 - page as u32);
                repeat(raw, page, |raw, i| {
                    if i.is_multiple_of(2) {
                        raw.chunk(page, &format!("{i}"), 0, b"");
                    } else {
                        raw.index(page, &format!("{i}"), 0, 2, 0);
                    }
                });
            }),
        ),
        (
            "namespaces",
            megabyte(|raw, page| {
                repeat(raw, page, |raw, i| {
                    raw.namespace(page, &format!("{page} {i}"), i as u8);
                })
            }),
        ),
        (
            "all moving",
            megabyte(|raw, page| {
                raw.page(page, if page == 0 { ACTIVE } else { FREEING }, 255 - page as u32);
                repeat(raw, page, |raw, i| {
                    raw.number(page, 1, &format!("{page} {i}"));
                });
            }),
        ),
    ];
    for (name, image) in images {
        let start = Instant::now();
        let (mut entries, mut errors, mut bytes) = (0, 0, 0);
        for entry in Entries::new(&image) {
            match entry {
                Ok(entry) => {
                    entries += 1;
                    if let ValueRef::Blob(blob) = entry.value {
                        bytes += blob.pieces().map(<[u8]>::len).sum::<usize>();
                    }
                }
                Err(_) => errors += 1,
            }
        }
        let time = start.elapsed();
        println!("{name}: {entries} entries, {errors} errors, {bytes} bytes, {time:?}");
        assert!(time < Duration::from_secs(8), "{name}: {time:?}");
        assert!(entries + errors <= 2 * image.len() / 32, "{name}");
    }
}

#[test]
fn blobs_far_from_their_chunks_are_found_or_reported() {
    // With 22 pages no search exceeds the limit: all chunks are on the first pages, and all indices
    // on the last.
    let scattered = |half: usize| {
        let mut raw = Raw::new(2 * half);
        for page in 0..2 * half {
            raw.page(page, FULL, page as u32);
        }
        raw.namespace(half, "ns", 1);
        for page in 0..half {
            repeat(&mut raw, page, |raw, i| {
                raw.chunk(page, &format!("{page} {i}"), 0, b"");
                let after = 2 * half - 1 - page;
                if raw.next[after] < 126 {
                    raw.index(after, &format!("{page} {i}"), 0, 1, 0);
                }
            });
        }
        raw.image
    };
    let small = scattered(11);
    assert_eq!(Entries::new(&small).map(Result::unwrap).count(), 11 * 126 - 1);
    let large = scattered(100);
    let errors = Entries::new(&large).filter_map(Result::err).collect::<Vec<_>>();
    assert!(!errors.is_empty());
    assert!(
        errors
            .iter()
            .all(|error| matches!(error, Error::BlobTooScattered { .. })),
        "{:?}",
        errors[0]
    );
}
