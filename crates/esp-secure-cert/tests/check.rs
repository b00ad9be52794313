//! Findings in images with one fault each; images just inside the limits have none.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub,
    reason = "tests"
)]

#[path = "check/cases.rs"]
mod cases;
#[path = "common/naive.rs"]
mod naive;

use std::collections::BTreeSet;

use cases::{Case, cases};
use esp_secure_cert::{PartitionSize, Severity, check};
use naive::{Naive, image};

#[test]
fn each_fault_is_found_at_its_place_and_nothing_else() {
    for Case {
        name,
        broken,
        expected,
        size,
        ..
    } in cases()
    {
        let found = check(&broken, size);
        let ids = found.iter().map(|finding| (finding.kind.id(), finding.offset));
        assert_eq!(ids.collect::<Vec<_>>(), [expected], "{name}: {found:#?}");
    }
}

#[test]
fn image_just_inside_has_no_finding() {
    for Case { name, inside, size, .. } in cases() {
        assert_eq!(check(&inside, size), [], "{name}");
    }
}

#[test]
fn every_kind_has_a_case_and_a_name_of_its_own() {
    let source = include_str!("../src/check/kind.rs");
    let names = source
        .lines()
        .filter_map(|line| line.split_once("=> \"")?.1.strip_suffix("\","));
    let names = names.collect::<Vec<_>>();
    let tried = cases().into_iter().map(|case| case.expected.0).collect::<BTreeSet<_>>();
    assert_eq!(tried, names.iter().copied().collect::<BTreeSet<_>>());
    assert_eq!(tried.len(), names.len());
}

#[test]
fn every_finding_is_a_sentence_without_data() {
    for Case { name, broken, size, .. } in cases() {
        for finding in check(&broken, size) {
            let text = finding.to_string();
            assert_eq!(
                text.starts_with("at offset 0x"),
                finding.offset.is_some(),
                "{name}: {text}"
            );
            assert!(
                text.contains(": ") && !text.ends_with('.') && text.len() < 200,
                "{name}: {text}"
            );
            assert!(!text.contains("90, 90") && !text.contains("5a5a"), "{name}: {text}");
        }
    }
}

#[test]
fn leaks_are_errors_and_named_leaks() {
    let kinds = ["key-in-keyless-record", "key-not-encrypted"];
    let leaks = cases()
        .into_iter()
        .filter(|case| kinds.contains(&case.expected.0))
        .collect::<Vec<_>>();
    assert!(leaks.len() >= 3);
    for Case { name, broken, size, .. } in leaks {
        let finding = check(&broken, size)[0];
        assert_eq!(finding.severity, Severity::Error, "{name}");
        assert!(
            finding.to_string().contains("the private key leaks"),
            "{name}: {finding}"
        );
    }
}

#[test]
fn findings_of_the_whole_image_come_first() {
    let mut bytes = image(&[Naive::new(51, 0, b"a"), Naive::new(99, 0, b"b")]);
    bytes[13] ^= 1;
    bytes.resize(0x2000 + 1, 0xFF);
    let found = check(&bytes, PartitionSize::DEFAULT);
    let ids = found.iter().map(|finding| finding.kind.id()).collect::<Vec<_>>();
    assert_eq!(
        ids,
        [
            "partition-overflow",
            "image-alignment",
            "crc",
            "padding",
            "unknown-type"
        ]
    );
}

/// The maximum number of digests takes no longer than other records, because the image is hashed
/// once.
#[test]
fn work_is_bounded_by_the_size() {
    let bytes = Naive::new(9, 0, &[0; 32]).bytes().repeat(20_000);
    let start = std::time::Instant::now();
    // Wrong digest, wrong subtype, duplicate: three for each, except for the first subtype; and the
    // overflow.
    assert_eq!(check(&bytes, PartitionSize::DEFAULT).len(), 3 * 20_000 - 2 + 1);
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}
