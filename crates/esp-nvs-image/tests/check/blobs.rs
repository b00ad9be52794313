//! Faults of blobs, and duplicate keys.

use esp_nvs_image::Kept;

use super::{A, Case, NEXT, PAGE_1, at, base, two_pages, with};
use crate::raw::{ACTIVE, FULL, Raw};

pub fn blob_cases() -> Vec<Case> {
    let blob = |raw: &mut Raw, page: usize, bytes: &[u8]| {
        raw.chunk(page, "b", 0, bytes);
        raw.index(page, "b", bytes.len() as u32, 1, 0)
    };
    vec![
        (
            "chunk missing",
            base(|raw| {
                raw.chunk(0, "b", 0, b"x");
                raw.index(0, "b", 1, 2, 0);
            }),
            at("blob-chunks", NEXT + 64),
        ),
        (
            "all chunks missing",
            base(|raw| {
                raw.index(0, "b", 1, 1, 0);
            }),
            at("blob-chunks", NEXT),
        ),
        (
            "size of another blob",
            base(|raw| {
                raw.chunk(0, "b", 0, b"x");
                raw.index(0, "b", 2, 1, 0);
            }),
            at("blob-size", NEXT + 64),
        ),
        (
            "508001 bytes",
            base(|raw| {
                raw.index(0, "b", 508_001, 0, 0);
            }),
            at("blob-index-size", NEXT),
        ),
        (
            "chunks from 5",
            base(|raw| {
                raw.chunk(0, "b", 5, b"x");
                raw.index(0, "b", 1, 1, 5);
            }),
            at("chunk-start", NEXT + 64),
        ),
        (
            "chunks without an index",
            base(|raw| {
                raw.chunk(0, "b", 0, b"x");
                raw.chunk(0, "b", 1, b"y");
                raw.number(0, 1, "c");
            }),
            at("orphan-chunks", NEXT),
        ),
        (
            "chunk after the last",
            base(|raw| {
                blob(raw, 0, b"x");
                raw.chunk(0, "b", 0x80, b"y");
                raw.number(0, 1, "c");
            }),
            at("orphan-chunks", NEXT + 96),
        ),
        (
            "chunk of no bytes",
            base(|raw| {
                raw.chunk(0, "b", 0, b"");
                raw.chunk(0, "b", 1, b"x");
                raw.index(0, "b", 1, 2, 0);
            }),
            { at("empty-chunk", NEXT) },
        ),
        (
            "blob of no bytes",
            base(|raw| {
                blob(raw, 0, b"");
            }),
            vec![],
        ),
        (
            "duplicate chunk on an active page",
            base(|raw| {
                raw.chunk(0, "b", 0, b"x");
                blob(raw, 0, b"y");
            }),
            { at("duplicate-chunk", NEXT + 64) },
        ),
        (
            "duplicate chunk on two pages",
            two_pages(|raw| {
                raw.chunk(0, "b", 0, b"x");
                blob(raw, 1, b"y");
            }),
            { [at("duplicate-chunk", PAGE_1), at("blob-chunks", PAGE_1 + 64)].concat() },
        ),
        (
            "duplicate chunk instead of two",
            two_pages(|raw| {
                raw.chunk(0, "b", 0, b"x");
                raw.chunk(1, "b", 0, b"y");
                raw.index(1, "b", 2, 2, 0);
            }),
            { [at("duplicate-chunk", PAGE_1), at("blob-chunks", PAGE_1 + 64)].concat() },
        ),
        (
            "duplicate blob on an active page",
            base(|raw| {
                blob(raw, 0, b"x");
                blob(raw, 0, b"yz");
            }),
            { [at("duplicate-chunk", NEXT + 96), at("duplicate-key", NEXT + 160)].concat() },
        ),
        (
            "new generation written, old not erased",
            base(|raw| {
                blob(raw, 0, b"x");
                raw.chunk(0, "b", 0x80, b"y");
                raw.index(0, "b", 1, 1, 0x80);
            }),
            { [at("orphan-chunks", NEXT), at("duplicate-key", NEXT + 160)].concat() },
        ),
    ]
}

/// A chunk of a blob's new value without its index, and chunks beyond the count in an index.
pub fn chunk_cases() -> Vec<Case> {
    let old = |raw: &mut Raw| {
        raw.chunk(0, "b", 0, b"x");
        raw.index(0, "b", 1, 1, 0);
    };
    let lost = || {
        [
            at("chunk-erased", NEXT),
            at("blob-chunks", NEXT + 64),
            at("orphan-chunks", NEXT + 96),
        ]
        .concat()
    };
    vec![
        (
            "new chunk ends an active page",
            base(|raw| {
                old(raw);
                raw.chunk(0, "b", 0x80, b"y");
            }),
            lost(),
        ),
        (
            "new chunk ends an active page that is not the newest",
            two_pages(|raw| {
                raw.page(0, ACTIVE, 0);
                old(raw);
                raw.chunk(0, "b", 0x80, b"y");
            }),
            [at("active-page-not-last", 0), lost()].concat(),
        ),
        (
            "new chunk on a full page",
            two_pages(|raw| {
                old(raw);
                raw.chunk(0, "b", 0x80, b"y");
            }),
            at("orphan-chunks", NEXT + 96),
        ),
        (
            "new chunk, and its index written in part",
            base(|raw| {
                old(raw);
                raw.chunk(0, "b", 0x80, b"y");
                let index = raw.index(0, "b", 1, 1, 0x80);
                raw.image[index + 8..index + 32].fill(0xFF);
                raw.mark(0, 7, 3);
            }),
            [at("orphan-chunks", NEXT + 96), at("empty-slot-not-blank", NEXT + 160)].concat(),
        ),
        (
            "chunk of another blob ends an active page",
            base(|raw| {
                old(raw);
                raw.chunk(0, "c", 0, b"y");
            }),
            at("orphan-chunks", NEXT + 96),
        ),
        (
            "chunk too many",
            base(|raw| {
                raw.chunk(0, "b", 0, b"x");
                raw.chunk(0, "b", 5, b"y");
                raw.index(0, "b", 1, 1, 0);
            }),
            at("blob-chunks", NEXT + 128),
        ),
        (
            "chunk too many in the other half",
            base(|raw| {
                raw.chunk(0, "b", 0x80, b"x");
                raw.chunk(0, "b", 0xFE, b"y");
                raw.index(0, "b", 1, 1, 0x80);
            }),
            at("blob-chunks", NEXT + 128),
        ),
        (
            "chunk too many, its data damaged",
            base(|raw| {
                raw.chunk(0, "b", 0, b"x");
                let at = raw.chunk(0, "b", 1, b"y");
                raw.image[at + 32] = b'z';
                raw.index(0, "b", 1, 1, 0);
            }),
            [at("payload-crc", NEXT + 64), at("blob-chunks", NEXT + 128)].concat(),
        ),
        (
            "more chunks stated than a half has",
            base(|raw| {
                (0..40).for_each(|chunk| {
                    raw.chunk(0, "b", chunk, b"");
                });
                raw.index(0, "b", 0, 129, 0);
            }),
            at("blob-chunks", NEXT + 40 * 32),
        ),
        (
            "index of the same half on an earlier page takes the chunks",
            two_pages(|raw| {
                raw.index(0, "b", 9, 1, 0);
                raw.chunk(1, "b", 0, b"x");
                raw.index(1, "b", 1, 1, 0);
                raw.number(1, 1, "c");
            }),
            [
                at("blob-size", NEXT),
                at("blob-chunks", PAGE_1 + 64),
                at("duplicate-key", PAGE_1 + 64),
            ]
            .concat(),
        ),
    ]
}

pub fn duplicate_cases() -> Vec<(Case, Kept)> {
    let blob = |raw: &mut Raw, page: usize, bytes: &[u8]| {
        raw.chunk(page, "a", 0, bytes);
        raw.index(page, "a", bytes.len() as u32, 1, 0)
    };
    let key = |offset| at("duplicate-key", offset);
    let more = |raw: &mut Raw| {
        raw.number(1, 1, "more");
    };
    vec![
        (
            (
                "on an active page",
                base(|raw| {
                    raw.number(0, 1, "a");
                }),
                key(NEXT),
            ),
            Kept::Later,
        ),
        (
            (
                "of two types on an active page",
                base(|raw| {
                    raw.string(0, "a", b"\0");
                }),
                key(NEXT),
            ),
            Kept::Later,
        ),
        (
            (
                "on a full page",
                two_pages(|raw| {
                    raw.number(0, 1, "a");
                }),
                key(NEXT),
            ),
            Kept::Earlier,
        ),
        (
            (
                "as the last entry",
                two_pages(|raw| {
                    raw.number(1, 1, "a");
                }),
                key(PAGE_1),
            ),
            Kept::Later,
        ),
        (
            (
                "on two pages",
                two_pages(|raw| {
                    raw.number(1, 1, "a");
                    more(raw);
                }),
                key(PAGE_1),
            ),
            Kept::Earlier,
        ),
        (
            (
                "of two types on two pages",
                two_pages(|raw| {
                    raw.string(1, "a", b"\0");
                    more(raw);
                }),
                key(PAGE_1),
            ),
            Kept::Both,
        ),
        (
            (
                "blob of version 1 as number",
                two_pages(|raw| {
                    raw.blob_v1(1, "b", b"");
                    raw.number(1, 1, "b");
                }),
                key(PAGE_1 + 32),
            ),
            Kept::Later,
        ),
        (
            (
                "blob on two pages",
                with(Raw::new(3), |raw| {
                    raw.page(0, FULL, 0);
                    raw.page(1, ACTIVE, 1);
                    raw.namespace(0, "ns", 1);
                    blob(raw, 0, b"x");
                    blob(raw, 1, b"yz");
                    more(raw);
                }),
                [
                    at("blob-chunks", A + 64),
                    at("duplicate-chunk", PAGE_1),
                    at("blob-chunks", PAGE_1 + 64),
                    key(PAGE_1 + 64),
                ]
                .concat(),
            ),
            Kept::Neither,
        ),
        (
            (
                "of a namespace on an active page",
                base(|raw| {
                    raw.namespace(0, "ns", 1);
                }),
                at("namespace-twice", NEXT),
            ),
            Kept::Later,
        ),
    ]
}
