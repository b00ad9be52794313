//! Findings in images with one fault each, no findings in valid images, and the running time.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    missing_docs,
    unreachable_pub,
    reason = "tests"
)]

#[path = "check/cases.rs"]
mod cases;
#[path = "check/properties.rs"]
mod properties;
#[path = "check/raw.rs"]
mod raw;

use std::collections::BTreeSet;

use cases::{cases, duplicate_cases};
use esp_nvs_image::{Finding, FindingKind, Namespace, PageState, Severity, Statistics, check, decode};
use raw::{ACTIVE, FREEING, FULL, Raw};

/// Returns whether `decode` rejects an image with these findings: something is lost, or is not text
/// as this crate's types require. A missing empty page is reported only by `check`.
fn is_refused(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| match finding.kind.id() {
        "no-empty-page" => false,
        "key-empty" | "key-not-utf8" | "string-not-utf8" | "string-terminator" => true,
        _ => finding.severity == Severity::Error,
    })
}

#[test]
fn errors_are_what_decode_refuses() {
    for (name, raw, _) in cases() {
        let found = check(&raw.image);
        let read = decode(&raw.image);
        assert_eq!(
            is_refused(&found),
            read.is_err(),
            "{name}: {found:#?}, {:?}",
            read.err()
        );
    }
}

/// The highest severity found.
fn worst(findings: &[Finding]) -> Option<Severity> {
    findings.iter().map(|finding| finding.severity).max()
}

#[test]
fn base_images_have_no_finding() {
    assert_eq!(check(&Raw::base().image), []);
    assert_eq!(check(&Raw::two_pages().image), []);
}

#[test]
fn each_fault_is_found_at_its_place_and_nothing_else() {
    for (name, raw, expected) in cases() {
        let found = check(&raw.image);
        let ids = found.iter().map(|finding| (finding.kind.id(), finding.offset));
        assert_eq!(ids.collect::<Vec<_>>(), expected, "{name}: {found:#?}");
    }
}

#[test]
fn every_kind_has_a_case_and_a_name_of_its_own() {
    let source = include_str!("../src/finding/kind.rs");
    let names = source
        .lines()
        .filter_map(|line| line.split_once("=> \"")?.1.strip_suffix("\","));
    let names = names.collect::<Vec<_>>();
    let tried = cases().into_iter().flat_map(|(_, _, expected)| expected);
    let tried = tried.map(|(id, _)| id).collect::<BTreeSet<_>>();
    assert_eq!(tried, names.iter().copied().collect::<BTreeSet<_>>());
    assert_eq!(tried.len(), names.len());
}

#[test]
fn firmware_s_choice_between_two_entries_is_reported() {
    for ((name, raw, _), expected) in duplicate_cases() {
        let kept = check(&raw.image).into_iter().find_map(|finding| match finding.kind {
            FindingKind::DuplicateKey { kept, .. } | FindingKind::NamespaceTwice { kept, .. } => Some(kept),
            _ => None,
        });
        assert_eq!(kept, Some(expected), "{name}");
    }
}

#[test]
fn severity_depends_on_the_size_and_on_the_page() {
    let mut full = Raw::two_pages();
    full.page(2, FULL, 2);
    for (pages, severity) in [(1, Severity::Warning), (2, Severity::Warning), (3, Severity::Error)] {
        let found = check(&full.image[..pages * 0x1000]);
        let found = found
            .iter()
            .find(|finding| finding.kind == FindingKind::NoEmptyPage { pages });
        assert_eq!(found.unwrap().severity, severity, "{pages} pages");
    }
    for (state, severity) in [(ACTIVE, Severity::Error), (FULL, Severity::Warning)] {
        let mut raw = Raw::two_pages();
        raw.page(0, state, 0);
        raw.skip(0, 1);
        raw.number(0, 1, "b");
        let found = check(&raw.image);
        let found = found.iter().find(|finding| finding.kind.id() == "written-behind-empty");
        assert_eq!(found.unwrap().severity, severity);
    }
}

#[test]
fn one_mount_moves_one_page() {
    let mut raw = Raw::two_pages();
    raw.page(0, FREEING, 0);
    raw.page(1, FREEING, 1);
    raw.page(2, ACTIVE, 2);
    let found = check(&raw.image);
    let moves =
        [(0, Some(0x2000)), (0x1000, None)].map(|(at, erased)| (Some(at), FindingKind::InterruptedMove { erased }));
    assert_eq!(
        found
            .iter()
            .map(|finding| (finding.offset, finding.kind))
            .collect::<Vec<_>>(),
        moves
    );
}

#[test]
fn damaged_head_is_one_finding_with_the_slots_after_it() {
    let mut raw = Raw::base();
    let at = raw.string(0, "s", &[b"x".repeat(99), vec![0]].concat());
    raw.number(0, 1, "b");
    raw.image[at + 8] = b't';
    let found = check(&raw.image);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].kind, FindingKind::EntryCrc { slots: 5 });
    assert_eq!(
        found[0].to_string(),
        "at offset 0x80, the checksum of the entry is wrong: the firmware erases the entry at mount, and 4 damaged \
         slots after it"
    );
}

#[test]
fn every_finding_is_a_sentence_without_values_and_control_characters() {
    for (name, raw, _) in cases() {
        for finding in check(&raw.image) {
            let text = finding.to_string();
            assert_eq!(
                text.contains(&format!("at offset {:#x}, ", finding.offset.unwrap_or(usize::MAX))),
                finding.offset.is_some(),
                "{name}: {text}"
            );
            assert!(!text.ends_with('.') && text.contains(": "), "{name}: {text}");
            assert!(text.len() < 200, "{name}: {text}");
        }
    }
    let mut raw = Raw::base();
    let at = raw.string(0, "\u{1b}[2J", b"secret\0");
    raw.image[at + 32] = b'S';
    let text = check(&raw.image)[0].to_string();
    assert!(text.contains(r"'\u{1b}[2J'"), "{text}");
    assert!(!text.to_lowercase().contains("secret"), "{text}");
    assert!(!format!("{:?}", check(&raw.image)).contains('\u{1b}'));
}

#[test]
fn findings_of_the_whole_image_come_first() {
    let mut raw = Raw::two_pages();
    raw.page(1, FULL, 1);
    raw.page(2, FULL, 2);
    raw.image[A_HEAD + 4] ^= 1;
    raw.image.extend([0xFF; 9]);
    let found = check(&raw.image);
    let ids = found.iter().map(|finding| finding.kind.id()).collect::<Vec<_>>();
    let expected = [
        "image-size",
        "no-empty-page",
        "no-active-page",
        "namespace-without-keys",
        "entry-crc",
    ];
    assert_eq!(ids, expected);
}

const A_HEAD: usize = 0x60;

#[test]
fn statistics_count_pages_slots_entries_and_bytes() {
    let mut raw = Raw::new(5);
    raw.page(0, FULL, 7);
    raw.page(2, ACTIVE, 8);
    raw.version(2, 0xFF);
    raw.page(3, 0xFFFF_FFF0, 9);
    raw.namespace(0, "ns", 1);
    raw.namespace(0, "empty", 2);
    raw.number(0, 1, "a");
    raw.string(0, "s", b"text\0");
    raw.chunk(2, "b", 0, &[1; 40]);
    raw.index(2, "b", 40, 1, 0);
    raw.put(2, [1, 0x14, 1, 0xFF], b"i", &[1, 2, 3, 4], &[]);
    raw.number(2, 9, "lost");
    raw.mark(0, 2, 0);
    let statistics = Statistics::new(&raw.image);
    let count = |state| statistics.pages_in(state);
    assert_eq!(
        (
            count(PageState::Full),
            count(PageState::Active),
            count(PageState::Freeing)
        ),
        (1, 1, 0)
    );
    assert_eq!((count(PageState::Empty), count(PageState::Corrupt)), (2, 1));
    assert_eq!(statistics.total_slots(), 5 * 126);
    assert_eq!((statistics.used_slots(), statistics.erased_slots()), (4 + 6, 1));
    assert_eq!(statistics.free_slots(), 5 * 126 - 10);
    assert_eq!(statistics.available_slots(), 4 * 126 - 10);
    assert_eq!(statistics.empty_slots(), 5 * 126 - 11);
    assert_eq!(statistics.payload_bytes(), 5 + 40 + 4 + 1);
    assert_eq!(statistics.lost_entries(), 1);
    let names = ["ns", "empty"].map(|name| Namespace::new(name).unwrap());
    assert_eq!(statistics.namespaces(), [(names[0], 3), (names[1], 0)]);
    let page = statistics.pages()[2];
    assert_eq!(
        (page.offset, page.state, page.sequence),
        (0x2000, PageState::Active, Some(8))
    );
    assert_eq!((page.version, page.used, page.erased), (Some(0xFF), 6, 0));
    assert_eq!(statistics.pages()[3].sequence, None);
    assert_eq!(Statistics::new(&[]).free_slots(), 0);
}
