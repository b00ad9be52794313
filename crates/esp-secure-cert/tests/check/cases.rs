//! For each kind of finding an image that has only that fault, and one just inside.

use esp_secure_cert::PartitionSize;

use crate::naive::{Naive, image};

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

/// A record of one byte takes 32.
const SMALL: usize = 32;

fn user(subtype: u8) -> Naive {
    Naive::new(USER, subtype, &[0x5A])
}

/// Something with the outer form of a SEC 1 key.
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

/// Of 2048 bits, with the key in block 1.
const CONTEXT: [u8; 8] = [0, 0, 0, 0, 1, 0, 0x00, 0x08];

fn signature(len: u32) -> Vec<u8> {
    let mut data = vec![1, 0, 0, 0, 0, 0, 0, 0];
    data.extend(len.to_le_bytes());
    data.extend([2, 0, 0, 0, 2]);
    data.resize(145, 0x5A);
    data
}

/// Appends the digest of what is there.
fn with_integrity(mut image: Vec<u8>, subtype: u8) -> Vec<u8> {
    // `sha2` is a dependency of the library; a digest has no second implementation here.
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

/// A case whose fault lies in one of some records.
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
            "header alone",
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
            "bytes behind",
            "trailing-bytes",
            Some(SMALL),
            with(small.clone(), &[0; 16]),
            erased(16),
        ),
        case(
            "last byte behind",
            "trailing-bytes",
            Some(SMALL),
            with(erased(15), &[0xFE]),
            erased(16),
        ),
        case("odd length", "image-alignment", None, erased(1), erased(16)),
        case(
            "records fill it",
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
            "records behind 0xfff0",
            "partition-overflow",
            None,
            end(0x7FF0),
            end(0x7FE0),
        )
    });
    // 65505 bytes take a record of 65536, which is 0 in 16 bits. No partition holds one.
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
        records("keyless flag of a text", "flags", 0, &[user(0).flags(0x08)], &[user(0)]),
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

fn of_keys() -> Vec<Case> {
    let key = |flags, data: &[u8]| Naive::new(PRIV_KEY, 0, data).flags(flags);
    let salt = |len| Naive::new(SALT, 0, &vec![1; len]);
    let efuse = |data: &[u8]| [Naive::new(SEC_CFG, 0, &sec_cfg()), key(0x08, data)];
    let derived = |data: &[u8]| [salt(32), key(0x40, data)];
    let plain = |data: &[u8]| [key(0, data)];
    let encrypted = |len| [key(0x80, &vec![0x5A; len])];
    let certificate = |kind, data: &[u8]| [Naive::new(kind, 0, data)];
    let pem = b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n\0";
    let configuration = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut data = sec_cfg();
        change(&mut data);
        [Naive::new(SEC_CFG, 0, &data), key(0x08, &[])]
    };
    let ds = |bits, context: &[u8]| {
        [
            Naive::new(DS_DATA, 0, &ds_data(bits)),
            Naive::new(DS_CONTEXT, 0, context),
        ]
    };
    let good_ds = ds(2048, &CONTEXT);
    let second = |flags| [key(0x80, &[0x5A; 17]), Naive::new(USER, 0, &[0x5A; 17]).flags(flags)];
    let version_0 = [&[0x30, 0x81, 0x87, 0x02, 0x01, 0x00, 0x30, 0x13][..], &[0x5A; 130]].concat();
    let text = b"-----BEGIN EC PRIVATE KEY-----\nAA==\n-----END EC PRIVATE KEY-----\n\0";
    vec![
        records(
            "key beside eFuse",
            "key-in-keyless-record",
            64,
            &efuse(&sec1()),
            &efuse(&[]),
        ),
        records(
            "one byte beside eFuse",
            "key-in-keyless-record",
            64,
            &efuse(&[0x5A]),
            &efuse(&[]),
        ),
        records(
            "key beside derivation",
            "key-in-keyless-record",
            48,
            &derived(&[0x5A; 32]),
            &derived(&[]),
        ),
        records(
            "SEC 1 not encrypted",
            "key-not-encrypted",
            0,
            &[key(0x80, &sec1())],
            &encrypted(137),
        ),
        records(
            "PKCS#8 not encrypted",
            "key-not-encrypted",
            0,
            &[key(0x80, &version_0)],
            &encrypted(138),
        ),
        records(
            "PEM not encrypted",
            "key-not-encrypted",
            0,
            &[key(0x80, text)],
            &encrypted(70),
        ),
        records("tag alone", "encrypted-length", 0, &encrypted(16), &encrypted(17)),
        records("two encrypted", "encrypted-twice", 48, &second(0x80), &second(0)),
        records("no key", "key-empty", 0, &plain(&[]), &plain(&sec1())),
        records("key cut", "form", 0, &plain(&sec1()[..120]), &plain(&sec1())),
        records(
            "bytes behind DER",
            "form",
            0,
            &certificate(DEV_CERT, &[0x30, 0, 0]),
            &certificate(DEV_CERT, &[0x30, 0]),
        ),
        records(
            "PEM without NUL",
            "form",
            0,
            &certificate(CA_CERT, &pem[..pem.len() - 1]),
            &certificate(CA_CERT, pem),
        ),
        records("no SEC_CFG", "key-record-missing", 0, &efuse(&[])[1..], &efuse(&[])),
        records("no salt", "key-record-missing", 0, &derived(&[])[1..], &derived(&[])),
        records("no context", "key-record-missing", 0, &good_ds[..1], &good_ds),
        records("no data", "key-record-missing", 0, &good_ds[1..], &good_ds),
        records("short salt", "key-salt-length", 0, &[salt(15)], &[salt(16)]),
        records("long salt", "key-salt-length", 0, &[salt(65)], &[salt(64)]),
        records(
            "block 3",
            "sec-cfg",
            0,
            &configuration(&|data| data[0] = 3),
            &configuration(&|data| data[0] = 4),
        ),
        records(
            "block 10",
            "sec-cfg",
            0,
            &configuration(&|data| data[0] = 10),
            &configuration(&|data| data[0] = 9),
        ),
        records(
            "rest of SEC_CFG",
            "sec-cfg",
            0,
            &configuration(&|data| data[39] = 1),
            &configuration(&|_| {}),
        ),
        records(
            "SEC_CFG of 41",
            "sec-cfg",
            0,
            &configuration(&|data| data.push(0)),
            &configuration(&|_| {}),
        ),
        records("other bits", "ds-parameters", 0, &ds(2080, &CONTEXT), &good_ds),
        records(
            "block 6",
            "ds-parameters",
            0,
            &ds(2048, &[0, 0, 0, 0, 6, 0, 0, 8]),
            &ds(2048, &[0, 0, 0, 0, 5, 0, 0, 8]),
        ),
        records(
            "key beside DS",
            "key-beside-ds",
            1280,
            &[&good_ds[..], &plain(&sec1())].concat(),
            &[&good_ds[..], &[Naive::new(PRIV_KEY, 1, &sec1())]].concat(),
        ),
    ]
}

fn of_matter() -> Vec<Case> {
    let item = |subtype, len: usize| [Naive::new(MATTER, subtype, &vec![0x5A; len])];
    [
        (0, 1, 2),
        (0, 3, 2),
        (1, 96, 97),
        (1, 98, 97),
        (2, 15, 16),
        (2, 33, 32),
        (3, 2, 4),
        (3, 8, 4),
        (4, 15, 16),
        (4, 17, 16),
    ]
    .map(|(subtype, wrong, right)| {
        records(
            "length of Matter data",
            "matter-length",
            0,
            &item(subtype, wrong),
            &item(subtype, right),
        )
    })
    .into()
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
            "data behind signature",
            "unsigned",
            Some(SMALL),
            with(good(), &user(1).bytes()),
            with_integrity(good(), 0),
        ),
    ]
}
