//! Images of used devices, built slot by slot, with the values that the firmware reads from them.
//!
//! Source of the behaviour: ESP-IDF `components/nvs_flash/src`, `nvs_page.cpp` (`mLoadEntryTable`),
//! `nvs_pagemanager.cpp` (`load`) and `nvs_storage.cpp` (`init`, `findItem`).

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    missing_docs,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "worn/cases.rs"]
mod cases;
#[path = "worn/device.rs"]
mod device;
#[path = "worn/firmware.rs"]
mod firmware;
#[path = "worn/grammar.rs"]
mod grammar;
#[path = "worn/power.rs"]
mod power;
#[path = "check/raw.rs"]
mod raw;

use cases::{Case, cases};
use esp_nvs_image::{Entries, Entry, Error, Finding, FindingKind, Kept, Severity, StoredValue, check, decode, recover};

fn describe(entry: &Entry<'_>) -> String {
    let value = match &entry.value {
        StoredValue::Number(v) => v.to_string(),
        StoredValue::Str(v) => format!("{v:?}"),
        StoredValue::Blob(v) => format!("{:?}", String::from_utf8(v.to_vec()).unwrap()),
        other => unreachable!("{other:?}"),
    };
    format!(
        "{}/{} = {} {value}",
        entry.namespace,
        entry.key,
        entry.value.type_name()
    )
}

/// The offset of the lost entry: of two the one that the firmware does not keep.
fn lost_at(fault: &Finding) -> Option<usize> {
    match fault.kind {
        FindingKind::DuplicateKey { earlier, kept, .. } | FindingKind::DuplicateChunk { earlier, kept, .. } => {
            (kept == Kept::Later).then_some(earlier).or(fault.offset)
        }
        _ => fault.offset,
    }
}

/// A `u8` of the builder is 7, regardless of its key.
fn expected(case: &Case) -> Vec<String> {
    case.entries.iter().map(|entry| (*entry).to_owned()).collect()
}

#[test]
fn firmware_s_entries_are_recovered() {
    for case in cases() {
        let read = recover(&case.raw.image);
        let entries = read.entries.iter().map(describe).collect::<Vec<_>>();
        assert_eq!(entries, expected(&case), "{}", case.name);
    }
}

#[test]
fn interrupted_or_damaged_images_are_reported_and_rejected() {
    for case in cases() {
        let read = recover(&case.raw.image);
        let damage = read.damage.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(damage.len(), case.damage.len(), "{}: {damage:#?}", case.name);
        for (fault, offset) in read.damage.iter().zip(&case.damage) {
            assert_eq!(lost_at(fault), Some(*offset), "{}: {fault}", case.name);
        }
        match decode(&case.raw.image) {
            Ok(entries) => {
                assert!(damage.is_empty(), "{}: {damage:?}", case.name);
                assert_eq!(entries, read.entries, "{}", case.name);
            }
            Err(error) => assert_eq!(error.finding(), read.damage.first(), "{}", case.name),
        }
    }
}

#[test]
fn walk_without_an_allocator_gives_the_same() {
    for case in cases() {
        let (entries, errors) = Entries::new(&case.raw.image).partition::<Vec<_>, _>(Result::is_ok);
        let entries = entries.into_iter().map(|entry| describe(&entry.unwrap().into()));
        if case.stands_twice {
            // The iterator keeps no record: it returns both.
            let entries = entries.collect::<Vec<_>>();
            assert!(
                case.entries.iter().all(|entry| entries.contains(&(*entry).to_owned())),
                "{}",
                case.name
            );
            continue;
        }
        assert_eq!(entries.collect::<Vec<_>>(), expected(&case), "{}", case.name);
        let errors = errors.into_iter().map(Result::unwrap_err).collect::<Vec<_>>();
        // It cannot detect chunks without an index either.
        let read = recover(&case.raw.image);
        let damage = read
            .damage
            .iter()
            .filter(|fault| !matches!(fault.kind, FindingKind::OrphanChunks { .. }));
        assert_eq!(errors.len(), damage.clone().count(), "{}: {errors:?}", case.name);
        for error in damage {
            assert!(
                errors.contains(&Error::Damaged(*error)),
                "{}: {error}, {errors:?}",
                case.name
            );
        }
    }
}

#[test]
fn check_finds_an_error_just_where_decode_refuses() {
    for case in cases() {
        let found = check(&case.raw.image);
        let worst = found.iter().map(|finding| finding.severity).max();
        assert_eq!(
            worst == Some(Severity::Error),
            decode(&case.raw.image).is_err(),
            "{}: {found:#?}",
            case.name
        );
    }
}
