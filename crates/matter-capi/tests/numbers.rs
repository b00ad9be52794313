//! Numbers, names and layouts that compiled programs rely on. Lines here may only be added, never
//! changed.

#![expect(unsafe_code, reason = "calls what C calls")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeSet;
use std::ffi::CStr;
use std::mem::{align_of, offset_of, size_of};

use matter_capi::*;

#[rustfmt::skip]
const ERRORS: &[(&str, i32)] = &[
    ("MATTER_ERROR_NONE", 0),
    ("MATTER_ERROR_NULL_POINTER", 1),
    ("MATTER_ERROR_LENGTH", 2),
    ("MATTER_ERROR_ALIGNMENT", 3),
    ("MATTER_ERROR_BUFFER_TOO_SMALL", 4),
    ("MATTER_ERROR_NOT_UTF8", 5),
    ("MATTER_ERROR_TEXT_TOO_LONG", 6),
    ("MATTER_ERROR_OUT_OF_MEMORY", 7),
    ("MATTER_ERROR_INTERNAL", 8),
    ("MATTER_ERROR_UNKNOWN_KIND", 9),
    ("MATTER_ERROR_UNKNOWN_FLAG", 10),
    ("MATTER_ERROR_INDEX_OUT_OF_RANGE", 11),
    ("MATTER_ERROR_NOT_FOUND", 12),
    ("MATTER_ERROR_OTHER_TYPE", 13),
    ("MATTER_ERROR_NVS_BLOB_TOO_LONG", 100),
    ("MATTER_ERROR_NVS_BLOB_TOO_MANY_CHUNKS", 101),
    ("MATTER_ERROR_NVS_DAMAGED", 102),
    ("MATTER_ERROR_NVS_DUPLICATE_KEY", 103),
    ("MATTER_ERROR_NVS_ENCRYPTION_KEYS_BLANK", 104),
    ("MATTER_ERROR_NVS_ENCRYPTION_KEYS_EQUAL", 105),
    ("MATTER_ERROR_NVS_KEY_EMPTY", 106),
    ("MATTER_ERROR_NVS_KEY_PARTITION_CRC", 107),
    ("MATTER_ERROR_NVS_KEY_PARTITION_SIZE", 108),
    ("MATTER_ERROR_NVS_KEY_TOO_LONG", 109),
    ("MATTER_ERROR_NVS_NAMESPACE_EMPTY", 110),
    ("MATTER_ERROR_NVS_NAMESPACE_TOO_LONG", 111),
    ("MATTER_ERROR_NVS_PERHAPS_ENCRYPTED", 112),
    ("MATTER_ERROR_NVS_PARTITION_SIZE", 113),
    ("MATTER_ERROR_NVS_PARTITION_TOO_SMALL", 114),
    ("MATTER_ERROR_NVS_STRING_TOO_LONG", 115),
    ("MATTER_ERROR_NVS_TOO_MANY_NAMESPACES", 116),
    ("MATTER_ERROR_NVS_OTHER", 199),
    ("MATTER_ERROR_DISCRIMINATOR_OUT_OF_RANGE", 200),
    ("MATTER_ERROR_PASSCODE_OUT_OF_RANGE", 201),
    ("MATTER_ERROR_PASSCODE_TRIVIAL", 202),
    ("MATTER_ERROR_PRODUCT_ID_OUT_OF_RANGE", 203),
    ("MATTER_ERROR_VENDOR_ID_OUT_OF_RANGE", 204),
    ("MATTER_ERROR_VALUE_OTHER", 299),
    ("MATTER_ERROR_CODE_CHARACTER", 300),
    ("MATTER_ERROR_CODE_CHECK_DIGIT", 301),
    ("MATTER_ERROR_CODE_COMMISSIONING_FLOW", 302),
    ("MATTER_ERROR_CODE_DATA", 303),
    ("MATTER_ERROR_CODE_DISCOVERY", 304),
    ("MATTER_ERROR_CODE_LENGTH", 305),
    ("MATTER_ERROR_CODE_OVERFLOW", 306),
    ("MATTER_ERROR_CODE_PADDING", 307),
    ("MATTER_ERROR_CODE_PREFIX", 308),
    ("MATTER_ERROR_CODE_PRODUCT_ID_MISSING", 309),
    ("MATTER_ERROR_CODE_SEVERAL_PAYLOADS", 310),
    ("MATTER_ERROR_CODE_VERSION", 311),
    ("MATTER_ERROR_CODE_OTHER", 399),
    ("MATTER_ERROR_VERIFIER_DEGENERATE", 400),
    ("MATTER_ERROR_VERIFIER_ITERATIONS", 401),
    ("MATTER_ERROR_VERIFIER_SALT_LENGTH", 402),
    ("MATTER_ERROR_VERIFIER_OTHER", 499),
    ("MATTER_ERROR_SECURE_CERT_CERTIFICATE", 500),
    ("MATTER_ERROR_SECURE_CERT_DATA_TOO_LONG", 501),
    ("MATTER_ERROR_SECURE_CERT_EFUSE_KEY", 502),
    ("MATTER_ERROR_SECURE_CERT_KEY_BYTES", 503),
    ("MATTER_ERROR_SECURE_CERT_KEY_FORM", 504),
    ("MATTER_ERROR_SECURE_CERT_KEY_LENGTH", 505),
    ("MATTER_ERROR_SECURE_CERT_PARTITION_FULL", 506),
    ("MATTER_ERROR_SECURE_CERT_PARTITION_SIZE", 507),
    ("MATTER_ERROR_SECURE_CERT_OTHER", 599),
    ("MATTER_ERROR_AUDIT_PAA", 600),
    ("MATTER_ERROR_AUDIT_TIME", 601),
];

const HEADER: &str = include_str!("../include/matter.h");

/// Returns the enumerators of the header whose names start with a prefix.
fn in_header(prefix: &str) -> Vec<(String, i32)> {
    let lines = HEADER.lines().filter_map(|line| line.trim().strip_suffix(','));
    let pairs = lines.filter_map(|line| line.split_once(" = "));
    let found = pairs.filter(|(name, _)| name.starts_with(prefix));
    found
        .map(|(name, number)| (name.to_owned(), number.parse().unwrap()))
        .collect()
}

fn name(number: i32) -> String {
    // SAFETY: the function returns a static text.
    let name = unsafe { CStr::from_ptr(matter_error_name(number)) };
    name.to_str().unwrap().to_owned()
}

#[test]
fn error_numbers_are_unchanged() {
    let pinned: BTreeSet<_> = ERRORS
        .iter()
        .map(|(name, number)| ((*name).to_owned(), *number))
        .collect();
    assert_eq!(pinned.len(), ERRORS.len());
    let header: BTreeSet<_> = in_header("MATTER_ERROR_").into_iter().collect();
    assert_eq!(header, pinned);
    let numbers: BTreeSet<_> = ERRORS.iter().map(|(_, number)| number).collect();
    assert_eq!(numbers.len(), ERRORS.len(), "duplicate number");
}

#[test]
fn every_number_has_its_name() {
    for (expected, number) in ERRORS {
        assert_eq!(name(*number), *expected);
    }
    let known: BTreeSet<_> = ERRORS.iter().map(|(_, number)| *number).collect();
    for number in (-10..1000)
        .chain([i32::MIN, i32::MAX])
        .filter(|number| !known.contains(number))
    {
        assert_eq!(name(number), "unknown error number");
    }
}

#[test]
fn other_numbers_are_unchanged() {
    let expected = [
        ("MATTER_NVS_KIND_U8", 0x01),
        ("MATTER_NVS_KIND_I8", 0x11),
        ("MATTER_NVS_KIND_U16", 0x02),
        ("MATTER_NVS_KIND_I16", 0x12),
        ("MATTER_NVS_KIND_U32", 0x04),
        ("MATTER_NVS_KIND_I32", 0x14),
        ("MATTER_NVS_KIND_U64", 0x08),
        ("MATTER_NVS_KIND_I64", 0x18),
        ("MATTER_NVS_KIND_FLOAT", 0x24),
        ("MATTER_NVS_KIND_DOUBLE", 0x28),
        ("MATTER_NVS_KIND_STR", 0x21),
        ("MATTER_NVS_KIND_BLOB", 0x42),
        ("MATTER_NVS_KIND_OTHER", 0xFF),
        ("MATTER_NVS_VERSION_V1", 1),
        ("MATTER_NVS_VERSION_V2", 2),
        ("MATTER_FLOW_STANDARD", 0),
        ("MATTER_FLOW_USER_INTENT", 1),
        ("MATTER_FLOW_CUSTOM", 2),
        ("MATTER_DISCOVERY_BLE", 2),
        ("MATTER_DISCOVERY_ON_NETWORK", 4),
        ("MATTER_DISCOVERY_WIFI_PAF", 8),
        ("MATTER_DISCOVERY_NFC", 16),
        ("MATTER_DISCOVERY_THREAD", 32),
        ("MATTER_KEY_STORAGE_PLAIN", 0),
        ("MATTER_KEY_STORAGE_EFUSE_ECDSA", 1),
        ("MATTER_KEY_STORAGE_HMAC_DERIVED", 2),
        ("MATTER_KEY_STORAGE_HMAC_ENCRYPTED", 3),
    ];
    let expected: BTreeSet<_> = expected
        .iter()
        .map(|(name, number)| ((*name).to_owned(), *number))
        .collect();
    let found = in_header("MATTER_")
        .into_iter()
        .filter(|(name, _)| !name.starts_with("MATTER_ERROR_"));
    assert_eq!(found.collect::<BTreeSet<_>>(), expected);
}

#[cfg(target_pointer_width = "64")]
#[test]
fn layouts_are_unchanged() {
    assert_eq!(MATTER_ABI_VERSION, 1);
    assert_eq!((size_of::<MatterBytes>(), offset_of!(MatterBytes, len)), (16, 8));
    assert_eq!((size_of::<MatterMessage>(), align_of::<MatterMessage>()), (256, 1));
    assert_eq!(size_of::<MatterNvsEntry>(), 48);
    assert_eq!(
        (
            offset_of!(MatterNvsEntry, key),
            offset_of!(MatterNvsEntry, kind),
            offset_of!(MatterNvsEntry, len)
        ),
        (16, 32, 40)
    );
    assert_eq!(
        (size_of::<MatterSetupPayload>(), offset_of!(MatterSetupPayload, data)),
        (156, 14)
    );
    assert_eq!(
        (
            offset_of!(MatterSetupPayload, flow),
            offset_of!(MatterSetupPayload, discovery)
        ),
        (12, 13)
    );
    assert_eq!(
        (
            size_of::<MatterManualPayload>(),
            offset_of!(MatterManualPayload, digits)
        ),
        (12, 9)
    );
    assert_eq!(
        (size_of::<MatterSecureCert>(), offset_of!(MatterSecureCert, key_storage)),
        (64, 48)
    );
    assert_eq!((size_of::<MatterAudit>(), offset_of!(MatterAudit, flags)), (120, 116));
    assert_eq!(
        (offset_of!(MatterAudit, paas), offset_of!(MatterAudit, time)),
        (72, 104)
    );
    assert_eq!(size_of::<MatterAuditCounts>(), 24);
}
