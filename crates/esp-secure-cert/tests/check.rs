//! What is found in images with one fault each, and that nothing is found in those just inside.

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
use std::path::{Path, PathBuf};

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
fn leaks_are_errors_and_say_so() {
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

/// As many digests as fit take no longer than as many of anything else: what they cover is hashed once.
#[test]
fn work_is_bounded_by_the_size() {
    let bytes = Naive::new(9, 0, &[0; 32]).bytes().repeat(20_000);
    let start = std::time::Instant::now();
    // Digest wrong, subtype wrong, stands twice: three for each, but for the first subtype; and more bytes than fit.
    assert_eq!(check(&bytes, PartitionSize::DEFAULT).len(), 3 * 20_000 - 2 + 1);
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("MATTER_VECTORS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"),
        PathBuf::from,
    );
    folder.is_dir().then(|| folder.join("secure_cert"))
}

#[test]
fn tool_s_defects_are_found_in_its_images_and_nothing_else() {
    let Some(folder) = folder() else {
        println!("secure-cert check: folder not found, 0 cases ran");
        return;
    };
    let mut ran = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "bin") {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let found = check(&bytes, PartitionSize::DEFAULT);
        let ids = found
            .iter()
            .map(|finding| (finding.kind.id(), finding.offset))
            .collect::<Vec<_>>();
        let name = path.file_name().unwrap().to_str().unwrap();
        let expected = match name {
            "ecdsa_periph_der.bin" | "matter_ds_peripheral.bin" => vec![("key-in-keyless-record", Some(0x430))],
            "scratch_signed_ecdsa256_TOOLBUG_flashed_file.bin" => vec![("signature-covers-nothing", Some(0))],
            // What the tool leaves behind the records after appending and signing.
            _ if bytes.ends_with(&[0xFF, 0xFF, 0, 0]) => vec![("end-marker", Some(bytes.len() - 4))],
            _ => vec![],
        };
        assert_eq!(ids, expected, "{name}: {found:#?}");
        ran += 1;
    }
    println!("secure-cert check: {ran} cases ran");
    assert_eq!(ran, 15);
}
