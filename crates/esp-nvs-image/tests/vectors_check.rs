//! Findings in images of the reference generator, compared with the behaviour of the firmware, if
//! the vectors folder exists.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "common/vectors.rs"]
mod vectors;

use std::path::Path;

use esp_nvs_image::{Severity, Statistics, check};
use serde_json::Value as Json;
use vectors::folder;

/// For each case that the firmware repairs, misreads or reads by accident one of the expected
/// findings.
const QUIRKS: [(&str, &str); 15] = [
    ("q_255_namespaces", "namespace-index-reserved"),
    ("q_binary_nonascii", "payload-crc"),
    ("q_blob_over_508000", "blob-index-size"),
    ("q_data_before_namespace", "namespace-index-gap"),
    ("q_dup_blob", "duplicate-key"),
    ("q_dup_blob_2_pages", "duplicate-key"),
    ("q_dup_other_type", "duplicate-key"),
    ("q_dup_primitive", "duplicate-key"),
    ("q_dup_primitive_2_pages", "duplicate-key"),
    ("q_empty_key", "key-empty"),
    ("q_orphan_u16", "namespace-table-type"),
    ("q_upper_string", "string-terminator"),
    ("q_utf8_key_16_bytes", "key-unreadable"),
    ("q_utf8_key_2_extra", "data-padding"),
    ("q_utf8_key_last_slot", "image-size"),
];

#[test]
fn findings_agree_with_what_the_firmware_did() {
    let Some(folder) = folder() else {
        println!("nvs check vectors: folder not found, 0 cases ran");
        return;
    };
    let folder = folder.join("nvs");
    let manifest: Json = serde_json::from_slice(&std::fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    let (mut ran, mut quirks, mut compared) = (0, 0, 0);
    for case in manifest["cases"].as_array().unwrap() {
        if case["expected"].is_null() || !case["encryption"].is_null() {
            continue;
        }
        let name = case["name"].as_str().unwrap();
        let image = std::fs::read(folder.join(case["expected"].as_str().unwrap())).unwrap();
        let found = check(&image);
        let worst = found.iter().map(|finding| finding.severity).max();
        if case["kind"] == "ok" {
            assert!(worst < Some(Severity::Error), "{name}: {found:?}");
        }
        let device = &case["device"];
        let number = |name: &str| device[name].as_u64().unwrap();
        if device["rc"] != 0 || number("bad") + number("mount_bytes_changed") > 0 {
            assert_eq!(worst, Some(Severity::Error), "{name}: {found:?}");
        }
        if let Some((_, id)) = QUIRKS.iter().find(|(quirk, _)| *quirk == name) {
            let fitting = found.iter().find(|finding| finding.kind.id() == *id);
            let severity = fitting.map(|finding| finding.severity);
            assert!(severity > Some(Severity::Note), "{name}: {found:?}");
            quirks += 1;
        }
        if Some(image.len()) == size(case) {
            compared += usize::from(compare_statistics(
                name,
                &image,
                &folder.join(device["file"].as_str().unwrap()),
            ));
        }
        ran += 1;
    }
    println!("nvs check vectors: {ran} cases ran");
    assert!(ran >= 45, "the folder holds at least 45 plain images, {ran} ran");
    assert_eq!(quirks, QUIRKS.len());
    assert!(compared >= 35, "statistics of {compared} images compared");
}

fn size(case: &Json) -> Option<usize> {
    usize::from_str_radix(case["size"].as_str()?.strip_prefix("0x")?, 16).ok()
}

/// The last line of the device's file has the result of `nvs_get_stats`. Returns whether it is
/// comparable: the firmware changed nothing before it counted.
fn compare_statistics(name: &str, image: &[u8], file: &Path) -> bool {
    let text = std::fs::read_to_string(file).unwrap();
    let device: Json = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    if device["total_bytes_changed"] != 0 {
        return false;
    }
    let ours = Statistics::new(image);
    let counts = [
        ("used", ours.used_slots()),
        ("free", ours.free_slots()),
        ("available", ours.available_slots()),
        ("total", ours.total_slots()),
        ("namespaces", ours.namespaces().len()),
    ];
    for (field, count) in counts {
        assert_eq!(device[field].as_u64(), u64::try_from(count).ok(), "{name}: {field}");
    }
    true
}
