//! For each kind of finding an image with exactly this fault, and an image just inside the limit.

use esp_secure_cert::PartitionSize;

use crate::naive::{Naive, image};

#[path = "keys.rs"]
mod keys;

use keys::{of_keys, of_matter};

pub struct Case {
    pub name: &'static str,
    pub broken: Vec<u8>,
    pub expected: (&'static str, Option<usize>),
    pub inside: Vec<u8>,
    pub size: PartitionSize,
}

const CA_CERT: u8 = 0;
const DEV_CERT: u8 = 1;
const PRIV_KEY: u8 = 2;
const DS_DATA: u8 = 3;
const DS_CONTEXT: u8 = 4;
const SALT: u8 = 5;
const SEC_CFG: u8 = 6;
const SIGNATURE: u8 = 8;
const INTEGRITY: u8 = 9;
const USER: u8 = 51;
const MATTER: u8 = 201;

/// Size of a record with one byte of data.
const SMALL: usize = 32;

fn user(subtype: u8) -> Naive {
    Naive::new(USER, subtype, &[0x5A])
}

/// Data with the outer form of a SEC 1 key.
fn sec1() -> Vec<u8> {
    let mut key = vec![0x30, 0x77, 0x02, 0x01, 0x01, 0x04, 0x20];
    key.resize(121, 0x5A);
    key
}

fn sec_cfg() -> Vec<u8> {
    let mut data = vec![0; 40];
    data[0] = 4;
    data
}

fn ds_data(bits: u32) -> Vec<u8> {
    let mut data = (bits / 32 - 1).to_le_bytes().to_vec();
    data.resize(4 + 16 + 1200, 0x5A);
    data
}

/// 2048 bits, with the key in block 1.
const CONTEXT: [u8; 8] = [0, 0, 0, 0, 1, 0, 0x00, 0x08];

fn signature(len: u32) -> Vec<u8> {
    let mut data = vec![1, 0, 0, 0, 0, 0, 0, 0];
    data.extend(len.to_le_bytes());
    data.extend([2, 0, 0, 0, 2]);
    data.resize(145, 0x5A);
    data
}

/// Appends the digest of the image.
fn with_integrity(mut image: Vec<u8>, subtype: u8) -> Vec<u8> {
    // `sha2` is a dependency of the library; there is no second implementation of the digest.
    let digest: [u8; 32] = sha2::Digest::finalize(sha2::Digest::chain_update(
        <sha2::Sha256 as sha2::Digest>::new(),
        &image,
    ))
    .into();
    image.extend(Naive::new(INTEGRITY, subtype, &digest).bytes());
    image
}

fn with(mut image: Vec<u8>, more: &[u8]) -> Vec<u8> {
    image.extend(more);
    image
}

fn case(name: &'static str, id: &'static str, offset: Option<usize>, broken: Vec<u8>, inside: Vec<u8>) -> Case {
    Case {
        name,
        broken,
        expected: (id, offset),
        inside,
        size: PartitionSize::DEFAULT,
    }
}

/// A case with the fault in one of several records.
fn records(name: &'static str, id: &'static str, offset: usize, broken: &[Naive], inside: &[Naive]) -> Case {
    case(name, id, Some(offset), image(broken), image(inside))
}

pub fn cases() -> Vec<Case> {
    [of_images(), of_records(), of_keys(), of_matter(), of_digests()]
        .into_iter()
        .flatten()
        .collect()
}

fn of_images() -> Vec<Case> {
    let small = image(&[user(0)]);
    let erased = |len| with(image(&[user(0)]), &vec![0xFF; len]);
    let filling = |len: usize| image(&[Naive::new(USER, 0, &vec![0x5A; len - 16])]);
    let mut cut = image(&[user(0), user(1)]);
    cut.pop();
    let huge = |len: usize| image(&[Naive::new(USER, 0, &vec![0x5A; len])]);
    let mut all = vec![
        case("empty", "no-records", None, vec![], small.clone()),
        case("erased", "no-records", None, vec![0xFF; 0x2000], small.clone()),
        case("cut record", "truncated", Some(SMALL), cut, image(&[user(0), user(1)])),
        case(
            "header only",
            "truncated",
            Some(SMALL),
            with(small.clone(), &[0x11, 0xBA, 0x5E, 0xBA]),
            small.clone(),
        ),
        case(
            "marker",
            "end-marker",
            Some(SMALL),
            with(small.clone(), &[0xFF, 0xFF, 0, 0]),
            erased(16),
        ),
        case(
            "marker in flash",
            "end-marker",
            Some(SMALL),
            with(with(small.clone(), &[0xFF, 0xFF, 0, 0]), &[0xFF; 12]),
            erased(16),
        ),
        case(
            "bytes after",
            "trailing-bytes",
            Some(SMALL),
            with(small.clone(), &[0; 16]),
            erased(16),
        ),
        case(
            "last byte after",
            "trailing-bytes",
            Some(SMALL),
            with(erased(15), &[0xFE]),
            erased(16),
        ),
        case("odd length", "image-alignment", None, erased(1), erased(16)),
        case(
            "records fill partition",
            "partition-full",
            None,
            filling(0x2000),
            filling(0x2000 - 16),
        ),
        case(
            "records too long",
            "partition-overflow",
            None,
            filling(0x2010),
            filling(0x1FF0),
        ),
        case(
            "image too long",
            "partition-overflow",
            None,
            erased(0x2010 - SMALL),
            erased(0x2000 - SMALL),
        ),
    ];
    let largest = PartitionSize::MAX;
    let end = |last| [huge(0x7FF0), image(&[Naive::new(USER, 1, &vec![0x5A; last])])].concat();
    all.push(Case {
        size: largest,
        ..case(
            "records after 0xfff0",
            "partition-overflow",
            None,
            end(0x7FF0),
            end(0x7FE0),
        )
    });
    // Data of 65505 bytes needs a record of 65536, which is 0 in 16 bits. No partition has room for
    // it.
    let long = case(
        "record of 65536",
        "partition-overflow",
        None,
        huge(65_505),
        huge(65_504),
    );
    all.push(Case { size: largest, ..long });
    all
}

fn of_records() -> Vec<Case> {
    let mut crc = image(&[user(0), user(1)]);
    crc[SMALL + 12] ^= 1;
    let padded = |pad| Naive { pad, ..user(1) };
    let reserved = |reserved| Naive { reserved, ..user(1) };
    let kind = |code| [user(0), Naive::new(code, 0, &[0x5A])];
    let legacy = |kind, data: &[u8]| Naive {
        reserved: [0xFF; 3],
        ..Naive::new(kind, 0, data).flags(0xFF)
    };
    vec![
        case("data changed", "crc", Some(SMALL), crc, image(&[user(0), user(1)])),
        records(
            "same type and subtype",
            "duplicate",
            SMALL,
            &[user(3), user(3)],
            &[user(3), user(4)],
        ),
        records(
            "padding",
            "padding",
            SMALL,
            &[user(0), padded(1)],
            &[user(0), padded(0)],
        ),
        records(
            "reserved",
            "reserved-bytes",
            SMALL,
            &[user(0), reserved([0, 0, 1])],
            &[user(0), reserved([0; 3])],
        ),
        records(
            "subtype 254",
            "reserved-subtype",
            SMALL,
            &[user(0), user(254)],
            &[user(0), user(253)],
        ),
        records(
            "subtype 255",
            "reserved-subtype",
            SMALL,
            &[user(0), user(255)],
            &[user(0), user(253)],
        ),
        records("type 50", "reserved-type", SMALL, &kind(50), &kind(52)),
        records("type 254", "reserved-type", SMALL, &kind(254), &kind(202)),
        records("type 255", "reserved-type", SMALL, &kind(255), &kind(202)),
        records("type 49", "unknown-type", SMALL, &kind(49), &kind(52)),
        records("type 253", "unknown-type", SMALL, &kind(253), &kind(55)),
        records(
            "keyless flag of user data",
            "flags",
            0,
            &[user(0).flags(0x08)],
            &[user(0)],
        ),
        records("unknown flag", "flags", 0, &[user(0).flags(0x01)], &[user(0)]),
        records("all flags", "flags", 0, &[user(0).flags(0xFF)], &[user(0)]),
        records(
            "first version",
            "legacy-header",
            0,
            &[legacy(DEV_CERT, &[0x30, 0])],
            &[Naive::new(DEV_CERT, 0, &[0x30, 0])],
        ),
    ]
}

fn of_digests() -> Vec<Case> {
    let base = || image(&[user(0)]);
    let one = || with_integrity(base(), 0);
    let wrong = |subtype| Naive::new(INTEGRITY, subtype, &[0x5A; 32]).bytes();
    let short = Naive::new(INTEGRITY, 0, &[0x5A; 31]).bytes();
    let many = |last: u8| (0..=last).fold(base(), with_integrity);
    let signed = |subtype, data: &[u8]| with(base(), &Naive::new(SIGNATURE, subtype, data).bytes());
    let good = || signed(0, &signature(32));
    let changed = |at: usize, to: u8| {
        let mut data = signature(32);
        data[at] = to;
        signed(0, &data)
    };
    let three = |last| {
        let blocks = [0, 1, last].map(|subtype| Naive::new(SIGNATURE, subtype, &signature(32)).bytes());
        with(base(), &blocks.concat())
    };
    let alone = image(&[Naive::new(SIGNATURE, 0, &signature(0)), user(0)]);
    let long = Naive::new(SIGNATURE, 0, &[&signature(32)[..], &[0]].concat());
    vec![
        case(
            "digest of 31",
            "integrity-length",
            Some(SMALL),
            with(base(), &short),
            one(),
        ),
        case(
            "last digest wrong",
            "integrity-mismatch",
            Some(SMALL),
            with(base(), &wrong(0)),
            one(),
        ),
        case(
            "first digest wrong",
            "integrity-mismatch",
            Some(SMALL),
            with_integrity(with(base(), &wrong(0)), 1),
            with_integrity(one(), 1),
        ),
        case(
            "digest not last",
            "integrity-not-last",
            Some(SMALL),
            with(one(), &user(1).bytes()),
            with_integrity(one(), 1),
        ),
        case(
            "digest 1 first",
            "integrity-subtype",
            Some(SMALL),
            with_integrity(base(), 1),
            one(),
        ),
        case(
            "digest 2 second",
            "integrity-subtype",
            Some(SMALL + 48),
            with_integrity(one(), 2),
            with_integrity(one(), 1),
        ),
        case(
            "digest 17",
            "integrity-subtype",
            Some(SMALL + 17 * 48),
            many(17),
            many(16),
        ),
        case("signature first", "signature-covers-nothing", Some(0), alone, good()),
        case(
            "signed too long",
            "signature-range",
            Some(SMALL),
            signed(0, &signature(33)),
            good(),
        ),
        case(
            "signed too short",
            "signature-range",
            Some(SMALL),
            signed(0, &signature(31)),
            good(),
        ),
        case("signed from 1", "signature-range", Some(SMALL), changed(4, 1), good()),
        case("version 2", "signature-block", Some(SMALL), changed(0, 2), good()),
        case("algorithm 4", "signature-block", Some(SMALL), changed(12, 4), good()),
        case("curve 3", "signature-block", Some(SMALL), changed(16, 3), good()),
        case(
            "block too long",
            "signature-block",
            Some(SMALL),
            with(base(), &long.bytes()),
            good(),
        ),
        case(
            "signature 1 first",
            "signature-subtype",
            Some(SMALL),
            signed(1, &signature(32)),
            good(),
        ),
        case(
            "fourth signature",
            "signature-subtype",
            Some(SMALL + 2 * 176),
            three(3),
            three(2),
        ),
        case(
            "data after signature",
            "unsigned",
            Some(SMALL),
            with(good(), &user(1).bytes()),
            with_integrity(good(), 0),
        ),
    ]
}
