//! Blobs with an interrupted replacement, and images that no device produces.

use super::*;

/// Power failure while a blob was being replaced.
pub(super) fn blobs() -> Vec<Case> {
    vec![
        case(
            "new generation without an index",
            Raw::two_pages(),
            |raw| {
                blob(raw, 0, 0, b"old");
                raw.chunk(1, "b", 0x80, b"new");
            },
            &["ns/a = u8 7", "ns/b = blob \"old\""],
            &[slot(1, 0)],
        ),
        case(
            "new generation without an index after the old one: both are lost",
            Raw::base(),
            |raw| {
                blob(raw, 0, 0, b"old");
                raw.chunk(0, "b", 0x80, b"new");
            },
            &["ns/a = u8 7"],
            &[slot(0, 2), slot(0, 4), slot(0, 5)],
        ),
        case(
            "the same, and a slot after it that was being written",
            Raw::base(),
            |raw| {
                blob(raw, 0, 0, b"old");
                raw.chunk(0, "b", 0x80, b"new");
                raw.number(0, 1, "c");
                raw.mark(0, 7, 3);
            },
            &["ns/a = u8 7", "ns/b = blob \"old\""],
            &[slot(0, 5)],
        ),
        case(
            "new generation written, old one whole",
            Raw::two_pages(),
            |raw| {
                blob(raw, 0, 0, b"old");
                blob(raw, 1, 0x80, b"new");
            },
            &["ns/a = u8 7", "ns/b = blob \"new\""],
            &[slot(0, 4), slot(0, 2)],
        ),
        case(
            "new generation written, old one whole, the other way round and on one page",
            Raw::base(),
            |raw| {
                blob(raw, 0, 0x80, b"old");
                blob(raw, 0, 0, b"new");
            },
            &["ns/a = u8 7", "ns/b = blob \"new\""],
            &[slot(0, 4), slot(0, 2)],
        ),
        case(
            "new generation written, index of the old one erased",
            Raw::two_pages(),
            |raw| {
                blob(raw, 0, 0, b"old");
                erase(raw, 0, 4..5);
                blob(raw, 1, 0x80, b"new");
            },
            &["ns/a = u8 7", "ns/b = blob \"new\""],
            &[slot(0, 2)],
        ),
        case(
            "index written over a blob in one piece",
            Raw::two_pages(),
            |raw| {
                raw.blob_v1(0, "b", b"old");
                blob(raw, 1, 0, b"new");
            },
            &["ns/a = u8 7", "ns/b = blob \"new\""],
            &[slot(0, 2)],
        ),
        case(
            "first blob without an index",
            Raw::base(),
            |raw| {
                raw.chunk(0, "b", 0, b"x");
            },
            &["ns/a = u8 7"],
            &[slot(0, 2)],
        ),
    ]
}

/// Images that no device produces, but a damaged flash or a tool may.
pub(super) fn faulty() -> Vec<Case> {
    let twice = |case: Case| Case {
        stands_twice: true,
        ..case
    };
    vec![
        twice(case(
            "duplicate key on a full page: the first",
            Raw::two_pages(),
            |raw| {
                raw.string(0, "s", b"first\0");
                raw.string(0, "s", b"second\0");
            },
            &["ns/a = u8 7", "ns/s = string \"first\""],
            &[slot(0, 4)],
        )),
        twice(case(
            "key on two pages in the middle: the first",
            Raw::two_pages(),
            |raw| {
                raw.string(0, "s", b"first\0");
                raw.string(1, "s", b"second\0");
                raw.number(1, 1, "c");
            },
            &["ns/a = u8 7", "ns/s = string \"first\"", "ns/c = u8 7"],
            &[slot(1, 0)],
        )),
        twice(case(
            "key of two types on two pages: both",
            Raw::two_pages(),
            |raw| {
                raw.string(1, "a", b"x\0");
                raw.number(1, 1, "c");
            },
            &["ns/a = u8 7", "ns/a = string \"x\"", "ns/c = u8 7"],
            &[slot(1, 0)],
        )),
        twice(case(
            "key of two types on one full page and of one on the next: the last replaces what a search finds first",
            Raw::new(4),
            |raw| {
                raw.page(0, FULL, 0);
                raw.page(1, FULL, 1);
                raw.page(2, ACTIVE, 2);
                raw.namespace(0, "ns", 1);
                raw.string(0, "k", b"text\0");
                raw.number(0, 1, "k");
                let at = raw.number(1, 1, "k");
                raw.set(at, 24, 3);
                let at = raw.number(2, 1, "k");
                raw.set(at, 24, 4);
            },
            &["ns/k = string \"text\"", "ns/k = u8 4"],
            &[slot(0, 3), slot(1, 0), slot(1, 0)],
        )),
        twice(case(
            "duplicate key on an earlier page that is active: its own load erases the first, the last entry the second",
            Raw::two_pages(),
            |raw| {
                raw.page(0, ACTIVE, 0);
                raw.number(0, 1, "a");
                raw.number(1, 1, "a");
            },
            &["ns/a = u8 7"],
            &[slot(0, 2), slot(0, 2)],
        )),
        twice(case(
            "chunks too many",
            Raw::base(),
            |raw| {
                raw.chunk(0, "b", 1, b"y");
                blob(raw, 0, 0, b"x");
            },
            &["ns/a = u8 7"],
            &[slot(0, 6)],
        )),
        case(
            "number in an empty slot of a full page",
            Raw::two_pages(),
            |raw| {
                raw.number(0, 1, "lost");
                raw.mark(0, 2, 3);
            },
            &["ns/a = u8 7"],
            &[slot(0, 2)],
        ),
        case(
            "entry after an empty slot of an active page",
            Raw::base(),
            |raw| {
                raw.skip(0, 1);
                raw.number(0, 1, "hidden");
            },
            &["ns/a = u8 7"],
            &[slot(0, 3)],
        ),
        case(
            "the same on a full page",
            Raw::two_pages(),
            |raw| {
                raw.skip(0, 1);
                raw.number(0, 1, "seen");
            },
            &["ns/a = u8 7", "ns/seen = u8 7"],
            &[],
        ),
        case(
            "data damaged: what it is made of is not taken for entries",
            Raw::base(),
            |raw| {
                let mut other = Raw::new(1);
                let at = other.number(0, 1, "false");
                let embedded = other.image[at..at + 32].to_vec();
                let at = raw.blob_v1(0, "b", &embedded);
                raw.image[at + 28] ^= 1;
                raw.mend_entry(at);
                raw.number(0, 1, "c");
            },
            &["ns/a = u8 7", "ns/c = u8 7"],
            &[slot(0, 2)],
        ),
        case(
            "page header damaged",
            Raw::two_pages(),
            |raw| {
                raw.number(1, 1, "b");
                raw.image[0x1004] ^= 2;
            },
            &["ns/a = u8 7"],
            &[0x1000],
        ),
        case(
            "size of a blob damaged",
            Raw::base(),
            |raw| {
                raw.chunk(0, "b", 0, b"x");
                raw.index(0, "b", 2, 1, 0);
            },
            &["ns/a = u8 7"],
            &[slot(0, 4)],
        ),
        case(
            "namespace after a number without a namespace",
            Raw::base(),
            |raw| {
                raw.put(0, [0, 0x02, 1, 0xFF], b"orphan", &[7, 0], &[]);
                raw.namespace(0, "hidden", 2);
                raw.number(0, 2, "b");
            },
            &["ns/a = u8 7"],
            &[slot(0, 2), slot(0, 4)],
        ),
    ]
}
