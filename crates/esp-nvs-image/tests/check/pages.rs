//! Faults of pages, of the bitmap and of heads.

use super::{A, Case, NEXT, NS, PAGE_1, at, base, two_pages, whole};
use crate::raw::{ACTIVE, FREEING, FULL, Raw};

pub fn page_cases() -> Vec<Case> {
    vec![
        ("one page and a half", base(|raw| raw.image.truncate(0x1800)), {
            [whole("image-size"), whole("no-empty-page")].concat()
        }),
        ("no byte", base(|raw| raw.image.clear()), whole("image-size")),
        ("nothing written", Raw::new(3), whole("blank-partition")),
        (
            "all of three pages used",
            two_pages(|raw| {
                raw.page(1, FULL, 1);
                raw.page(2, ACTIVE, 2);
            }),
            whole("no-empty-page"),
        ),
        (
            "one page",
            base(|raw| raw.image.truncate(0x1000)),
            whole("no-empty-page"),
        ),
        (
            "only full pages",
            base(|raw| raw.page(0, FULL, 0)),
            whole("no-active-page"),
        ),
        (
            "two active pages",
            two_pages(|raw| raw.page(0, ACTIVE, 0)),
            at("active-page-not-last", 0),
        ),
        (
            "active page before a full one",
            two_pages(|raw| {
                raw.page(0, ACTIVE, 0);
                raw.page(1, FULL, 1);
            }),
            at("active-page-not-last", 0),
        ),
        (
            "one number for two pages",
            two_pages(|raw| raw.page(1, ACTIVE, 0)),
            at("page-sequence", 0x1000),
        ),
        ("header damaged", two_pages(|raw| raw.image[0x1004] ^= 2), {
            [whole("no-active-page"), at("page-header-crc", 0x1000)].concat()
        }),
        (
            "state 0xF0",
            base(|raw| raw.page(1, 0xFFFF_FFF0, 1)),
            at("page-state", 0x1000),
        ),
        (
            "version 3",
            base(|raw| {
                raw.page(1, FULL, 1);
                raw.version(1, 0xFD);
            }),
            at("page-version", 0x1000),
        ),
        (
            "empty page with a byte",
            base(|raw| raw.image[0x1FFF] = 0),
            at("page-not-blank", 0x1000),
        ),
        (
            "version 1 page",
            two_pages(|raw| raw.version(0, 0xFF)),
            at("version-1-page", 0),
        ),
        (
            "slots erased",
            base(|raw| (2..65).for_each(|slot| raw.mark(0, slot, 0))),
            at("erased-slots", 0),
        ),
        (
            "more slots erased",
            base(|raw| (2..66).for_each(|slot| raw.mark(0, slot, 0))),
            at("page-mostly-erased", 0),
        ),
        ("power failed before a move", base(|raw| raw.page(0, FREEING, 0)), {
            [whole("no-active-page"), at("interrupted-move", 0)].concat()
        }),
        (
            "power failed in a move",
            two_pages(|raw| {
                raw.page(0, FREEING, 0);
                raw.namespace(1, "ns", 1);
            }),
            at("interrupted-move", 0),
        ),
        (
            "power failed in a move, no other page",
            two_pages(|raw| {
                raw.page(0, FREEING, 0);
                raw.image.truncate(0x2000);
            }),
            at("interrupted-move", 0),
        ),
        (
            "entry only on the target of a move",
            two_pages(|raw| {
                raw.page(0, FREEING, 0);
                raw.number(1, 1, "b");
            }),
            [at("interrupted-move", 0), at("lost-in-move", PAGE_1)].concat(),
        ),
    ]
}

pub fn slot_cases() -> Vec<Case> {
    vec![
        ("state 01 of an entry", base(|raw| raw.mark(0, 1, 1)), {
            [at("namespace-without-keys", NS), at("slot-state", A)].concat()
        }),
        (
            "state 01 of empty slots",
            base(|raw| (5..9).for_each(|slot| raw.mark(0, slot, 1))),
            at("slot-state", 0xE0),
        ),
        (
            "slot left out on an active page",
            base(|raw| {
                raw.skip(0, 1);
                raw.number(0, 1, "b");
            }),
            at("written-behind-empty", NEXT + 32),
        ),
        (
            "slot left out on a full page",
            two_pages(|raw| {
                raw.skip(0, 1);
                raw.number(0, 1, "b");
            }),
            at("written-behind-empty", NEXT + 32),
        ),
        (
            "bytes in empty slots",
            base(|raw| raw.image[NEXT..NEXT + 64].fill(1)),
            at("empty-slot-not-blank", NEXT),
        ),
        (
            "number in an empty slot of a full page",
            two_pages(|raw| {
                raw.number(0, 1, "b");
                raw.number(0, 1, "c");
                raw.mark(0, 2, 3);
            }),
            [at("empty-slot-not-blank", NEXT), at("written-behind-empty", NEXT + 32)].concat(),
        ),
        (
            "number in an empty slot at the end of a full page",
            two_pages(|raw| {
                raw.number(0, 1, "b");
                raw.mark(0, 2, 3);
            }),
            at("empty-slot-not-blank", NEXT),
        ),
        (
            "slot of a string empty in a full page",
            two_pages(|raw| {
                raw.string(0, "s", b"\0");
                raw.mark(0, 3, 3);
            }),
            at("entry-incomplete", NEXT),
        ),
        (
            "head damaged",
            base(|raw| {
                let at = raw.number(0, 1, "b");
                raw.image[at + 24] = 9;
            }),
            at("entry-crc", NEXT),
        ),
        (
            "head of a string damaged, data lost with it",
            base(|raw| {
                let at = raw.string(0, "s", &[b"x".repeat(99), vec![0]].concat());
                raw.image[at + 8] = b't';
            }),
            at("entry-crc", NEXT),
        ),
        (
            "type 0x03",
            base(|raw| {
                let at = raw.number(0, 1, "b");
                raw.set(at, 1, 0x03);
            }),
            at("unknown-type", NEXT),
        ),
        (
            "number of two slots",
            base(|raw| {
                let at = raw.number(0, 1, "b");
                raw.set(at, 2, 2);
            }),
            at("span", NEXT),
        ),
        (
            "span shorter than the size",
            base(|raw| {
                let at = raw.string(0, "s", &[b"x".repeat(99), vec![0]].concat());
                raw.set(at, 2, 4);
            }),
            at("span", NEXT),
        ),
        (
            "size over the end of the page",
            base(|raw| {
                let at = raw.string(0, "s", b"\0");
                raw.set(at, 25, 0x10);
            }),
            at("span", NEXT),
        ),
        (
            "chunk 255",
            base(|raw| {
                raw.chunk(0, "b", 0xFF, b"x");
            }),
            at("chunk-index", NEXT),
        ),
        (
            "index with a chunk index",
            base(|raw| {
                let at = raw.index(0, "b", 0, 0, 0);
                raw.set(at, 3, 0);
            }),
            at("chunk-index", NEXT),
        ),
        (
            "number with a chunk index",
            base(|raw| {
                let at = raw.number(0, 1, "b");
                raw.set(at, 3, 0);
            }),
            at("stray-chunk-index", NEXT),
        ),
        (
            "slot of a string empty",
            base(|raw| {
                raw.string(0, "s", b"\0");
                raw.mark(0, 3, 0);
            }),
            { [at("erased-slots", 0), at("entry-incomplete", NEXT)].concat() },
        ),
    ]
}
