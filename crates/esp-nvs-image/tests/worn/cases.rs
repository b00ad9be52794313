//! The images, each with the entries that the firmware reads after mount.

use crate::raw::{ACTIVE, FREEING, FULL, Raw};

#[path = "broken.rs"]
mod broken;

use broken::{blobs, faulty};

pub struct Case {
    pub name: &'static str,
    pub raw: Raw,
    /// The entries in log order; a `u8` of the builder is 7.
    pub entries: &'static [&'static str],
    /// The offset of the interruption or damage.
    pub damage: Vec<usize>,
    /// Two entries of one key remain, which only a set would detect.
    pub stands_twice: bool,
}

/// Offsets of the slots of the first and the second page.
const fn slot(page: usize, slot: usize) -> usize {
    page * 0x1000 + 0x40 + slot * 0x20
}

fn case(
    name: &'static str,
    raw: Raw,
    change: impl FnOnce(&mut Raw),
    entries: &'static [&'static str],
    damage: &[usize],
) -> Case {
    let mut raw = raw;
    change(&mut raw);
    Case {
        name,
        raw,
        entries,
        damage: damage.to_vec(),
        stands_twice: false,
    }
}

/// A blob in one chunk with its index.
fn blob(raw: &mut Raw, page: usize, start: u8, bytes: &[u8]) {
    raw.chunk(page, "b", start, bytes);
    raw.index(page, "b", bytes.len() as u32, 1, start);
}

/// Marks slots as erased.
fn erase(raw: &mut Raw, page: usize, slots: core::ops::Range<usize>) {
    slots.for_each(|slot| raw.mark(page, slot, 0));
}

pub fn cases() -> Vec<Case> {
    [ordinary(), moves(), interrupted(), blobs(), faulty()]
        .into_iter()
        .flatten()
        .collect()
}

/// States of normal operation.
fn ordinary() -> Vec<Case> {
    vec![
        case("nothing written", Raw::new(3), |_| {}, &[], &[]),
        case("new", Raw::base(), |_| {}, &["ns/a = u8 7"], &[]),
        case(
            "slots erased, some with bytes left in them",
            Raw::base(),
            |raw| {
                raw.number(0, 1, "old");
                raw.string(0, "a", b"gone\0");
                raw.string(0, "s", b"text\0");
                erase(raw, 0, 2..5);
                raw.image[slot(0, 2)..slot(0, 3)].fill(0);
            },
            &["ns/a = u8 7", "ns/s = string \"text\""],
            &[],
        ),
        case(
            "pages out of order",
            Raw::new(5),
            |raw| {
                raw.page(3, FULL, 7);
                raw.page(0, FULL, 9);
                raw.page(1, ACTIVE, 12);
                raw.namespace(3, "ns", 1);
                raw.string(3, "s", b"first\0");
                raw.number(0, 1, "second");
                raw.string(1, "t", b"third\0");
            },
            &["ns/s = string \"first\"", "ns/second = u8 7", "ns/t = string \"third\""],
            &[],
        ),
        case(
            "namespace on a page after its keys, as after a move",
            Raw::new(4),
            |raw| {
                raw.page(0, FULL, 4);
                raw.page(1, ACTIVE, 3);
                raw.page(1, FULL, 3);
                raw.number(1, 1, "a");
                raw.namespace(0, "ns", 1);
                raw.page(2, ACTIVE, 5);
            },
            &["ns/a = u8 7"],
            &[],
        ),
        case(
            "pages of both versions, blobs of both kinds",
            Raw::two_pages(),
            |raw| {
                raw.version(0, 0xFF);
                raw.blob_v1(0, "old", b"one piece");
                blob(raw, 1, 0, b"chunk");
            },
            &["ns/a = u8 7", "ns/old = blob \"one piece\"", "ns/b = blob \"chunk\""],
            &[],
        ),
        case(
            "second generation",
            Raw::base(),
            |raw| {
                blob(raw, 0, 0, b"old");
                blob(raw, 0, 0x80, b"new");
                erase(raw, 0, 2..5);
            },
            &["ns/a = u8 7", "ns/b = blob \"new\""],
            &[],
        ),
        case(
            "chunks in the wrong order and after their index, as after moves",
            Raw::new(5),
            |raw| {
                raw.page(0, FULL, 3);
                raw.page(1, FULL, 8);
                raw.page(2, FULL, 6);
                raw.page(3, ACTIVE, 9);
                raw.namespace(0, "ns", 1);
                raw.index(0, "b", 9, 3, 0x80);
                raw.chunk(1, "b", 0x80, b"one");
                raw.chunk(2, "b", 0x82, b"iii");
                raw.chunk(3, "b", 0x81, b"two");
            },
            &["ns/b = blob \"onetwoiii\""],
            &[],
        ),
        case(
            "value that looks like a chunk of the blob",
            Raw::base(),
            |raw| {
                let mut other = Raw::new(1);
                let at = other.chunk(0, "b", 0, b"false");
                let embedded = other.image[at..at + 64].to_vec();
                raw.blob_v1(0, "copy", &embedded);
                raw.image.truncate(0x3000);
                blob(raw, 0, 0, b"true");
                // The copy is not text, which the table of entries could not represent.
                erase(raw, 0, 2..5);
                raw.next[0] = 7;
            },
            &["ns/a = u8 7", "ns/b = blob \"true\""],
            &[],
        ),
    ]
}

/// Power failure while a page was being moved.
fn moves() -> Vec<Case> {
    let source = |change: fn(&mut Raw)| {
        move |raw: &mut Raw| {
            raw.page(0, FREEING, 4);
            raw.page(1, ACTIVE, 5);
            change(raw);
        }
    };
    vec![
        case(
            "before the first copy, without a new page",
            Raw::base(),
            |raw| raw.page(0, FREEING, 0),
            &["ns/a = u8 7"],
            &[],
        ),
        case(
            "before the first copy",
            Raw::base(),
            source(|_| {}),
            &["ns/a = u8 7"],
            &[],
        ),
        case(
            "some entries copied",
            Raw::base(),
            source(|raw| {
                raw.namespace(1, "ns", 1);
            }),
            &["ns/a = u8 7"],
            &[],
        ),
        case(
            "all entries copied, the original not erased",
            Raw::base(),
            source(|raw| {
                blob(raw, 0, 0, b"x");
                raw.namespace(1, "ns", 1);
                raw.number(1, 1, "a");
                blob(raw, 1, 0, b"x");
            }),
            &["ns/a = u8 7", "ns/b = blob \"x\""],
            &[],
        ),
        case(
            "in the middle of a copy",
            Raw::base(),
            source(|raw| {
                raw.string(0, "s", b"a text of more than thirty-two bytes\0");
                raw.namespace(1, "ns", 1);
                raw.number(1, 1, "a");
                raw.string(1, "s", b"a text of more than thirty-two bytes\0");
                raw.mark(1, 4, 3);
                raw.image[slot(1, 4)..slot(1, 5)].fill(0xFF);
            }),
            &["ns/a = u8 7", "ns/s = string \"a text of more than thirty-two bytes\""],
            &[],
        ),
        case(
            "with an entry that is only on the new page",
            Raw::base(),
            source(|raw| {
                raw.namespace(1, "ns", 1);
                raw.number(1, 1, "lost");
            }),
            &["ns/a = u8 7"],
            &[slot(1, 1)],
        ),
        case(
            "of a page in the middle",
            Raw::new(4),
            |raw| {
                raw.page(0, FULL, 1);
                raw.page(1, FREEING, 2);
                raw.page(2, FULL, 3);
                raw.page(3, ACTIVE, 4);
                raw.namespace(0, "ns", 1);
                raw.number(1, 1, "a");
                raw.number(2, 1, "c");
                raw.number(3, 1, "a");
            },
            &["ns/a = u8 7", "ns/c = u8 7"],
            &[],
        ),
    ]
}

/// Power failure while a value was being written, or before the old one was erased.
fn interrupted() -> Vec<Case> {
    vec![
        case(
            "head written, bitmap not",
            Raw::base(),
            |raw| {
                raw.number(0, 1, "b");
                raw.mark(0, 2, 3);
            },
            &["ns/a = u8 7"],
            &[],
        ),
        case(
            "text written in part",
            Raw::base(),
            |raw| {
                raw.string(0, "s", b"a text of more than thirty-two bytes\0");
                raw.mark(0, 4, 3);
            },
            &["ns/a = u8 7"],
            &[slot(0, 2)],
        ),
        case(
            "new value written on the same page",
            Raw::base(),
            |raw| {
                raw.string(0, "s", b"old\0");
                raw.string(0, "s", b"new\0");
            },
            &["ns/a = u8 7", "ns/s = string \"new\""],
            &[slot(0, 2)],
        ),
        case(
            "new value of another type written on the same page",
            Raw::base(),
            |raw| {
                raw.string(0, "a", b"new\0");
            },
            &["ns/a = string \"new\""],
            &[slot(0, 1)],
        ),
        case(
            "new value written on the next page",
            Raw::two_pages(),
            |raw| {
                raw.string(0, "s", b"old\0");
                raw.number(1, 1, "c");
                raw.string(1, "s", b"new\0");
            },
            &["ns/a = u8 7", "ns/c = u8 7", "ns/s = string \"new\""],
            &[slot(0, 2)],
        ),
        case(
            "new value written on the last page, which lies first",
            Raw::new(3),
            |raw| {
                raw.page(2, FULL, 1);
                raw.page(1, FULL, 2);
                raw.page(0, ACTIVE, 3);
                raw.namespace(2, "ns", 1);
                raw.string(1, "s", b"old\0");
                raw.number(1, 1, "c");
                raw.string(0, "s", b"new\0");
            },
            &["ns/c = u8 7", "ns/s = string \"new\""],
            &[slot(1, 0)],
        ),
        case(
            "new value written as the last one of a full page",
            Raw::two_pages(),
            |raw| {
                raw.page(1, FULL, 1);
                raw.number(1, 1, "a");
            },
            &["ns/a = u8 7"],
            &[slot(0, 1)],
        ),
    ]
}
