//! Faults inside entries, and of the table of namespaces.

use super::{Case, NEXT, PAGE_1, at, base, two_pages};

pub fn content_cases() -> Vec<Case> {
    vec![
        (
            "data damaged",
            base(|raw| {
                let at = raw.string(0, "s", b"x\0");
                raw.image[at + 32] = b'y';
            }),
            at("payload-crc", NEXT),
        ),
        (
            "empty key",
            base(|raw| {
                raw.number(0, 1, "");
            }),
            at("key-empty", NEXT),
        ),
        (
            "key of 16 bytes",
            base(|raw| {
                raw.number(0, 1, "sixteen bytes...");
            }),
            at("key-unreadable", NEXT),
        ),
        (
            "bytes after the NUL of a key",
            base(|raw| {
                raw.number(0, 1, "b\0c");
            }),
            at("key-unreadable", NEXT),
        ),
        (
            "key of Latin-1",
            base(|raw| {
                raw.put(0, [1, 1, 1, 0xFF], b"\xE9", &[7], &[]);
            }),
            at("key-not-utf8", NEXT),
        ),
        (
            "unused byte of a number",
            base(|raw| {
                let at = raw.number(0, 1, "b");
                raw.set(at, 25, 0);
            }),
            at("data-padding", NEXT),
        ),
        (
            "unused byte of a string",
            base(|raw| {
                let at = raw.string(0, "s", b"\0");
                raw.set(at, 26, 0);
            }),
            at("data-padding", NEXT),
        ),
        (
            "unused byte of an index",
            base(|raw| {
                let at = raw.index(0, "b", 0, 0, 0);
                raw.set(at, 31, 0);
            }),
            at("data-padding", NEXT),
        ),
        (
            "string without NUL",
            base(|raw| {
                raw.string(0, "s", b"x");
            }),
            at("string-terminator", NEXT),
        ),
        (
            "string with two NULs",
            base(|raw| {
                raw.string(0, "s", b"x\0\0");
            }),
            at("string-terminator", NEXT),
        ),
        (
            "string of Latin-1",
            base(|raw| {
                raw.string(0, "s", b"\xE9\0");
            }),
            at("string-not-utf8", NEXT),
        ),
        (
            "blob of version 1",
            base(|raw| {
                raw.blob_v1(0, "b", b"x");
            }),
            at("version-1-blob", NEXT),
        ),
    ]
}

pub fn namespace_cases() -> Vec<Case> {
    vec![
        (
            "namespace 0",
            base(|raw| {
                raw.namespace(0, "zero", 0);
            }),
            at("namespace-index-reserved", NEXT),
        ),
        (
            "namespace 255",
            base(|raw| {
                raw.namespace(0, "any", 255);
                raw.number(0, 255, "b");
            }),
            { [at("namespace-index-reserved", NEXT), at("unknown-namespace", NEXT + 32)].concat() },
        ),
        (
            "two names for one index",
            base(|raw| {
                raw.namespace(0, "other", 1);
            }),
            at("namespace-index-twice", NEXT),
        ),
        (
            "one name for two indices",
            two_pages(|raw| {
                raw.namespace(1, "ns", 2);
                raw.number(1, 1, "b");
            }),
            at("namespace-twice", PAGE_1),
        ),
        (
            "namespace 3 without 2",
            base(|raw| {
                raw.namespace(0, "three", 3);
                raw.number(0, 3, "b");
            }),
            { at("namespace-index-gap", NEXT) },
        ),
        (
            "number in no namespace hides what follows",
            base(|raw| {
                raw.put(0, [0, 0x02, 1, 0xFF], b"orphan", &[7, 0], &[]);
                raw.namespace(0, "hidden", 2);
                raw.number(0, 2, "b");
                raw.number(0, 2, "c");
            }),
            [at("namespace-table-type", NEXT), at("unknown-namespace", NEXT + 64)].concat(),
        ),
        (
            "key in no namespace",
            base(|raw| {
                raw.number(0, 9, "b");
            }),
            at("unknown-namespace", NEXT),
        ),
        (
            "namespace without keys",
            base(|raw| {
                raw.namespace(0, "empty", 2);
            }),
            at("namespace-without-keys", NEXT),
        ),
    ]
}
