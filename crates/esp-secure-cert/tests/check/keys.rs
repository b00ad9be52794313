//! Faults of keys, of their blocks and parameters, and of the data that Matter firmware reads.

use super::*;

pub(super) fn of_keys() -> Vec<Case> {
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
            "key with eFuse",
            "key-in-keyless-record",
            64,
            &efuse(&sec1()),
            &efuse(&[]),
        ),
        records(
            "one byte with eFuse",
            "key-in-keyless-record",
            64,
            &efuse(&[0x5A]),
            &efuse(&[]),
        ),
        records(
            "key with derivation",
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
        records("tag only", "encrypted-length", 0, &encrypted(16), &encrypted(17)),
        records("two encrypted", "encrypted-twice", 48, &second(0x80), &second(0)),
        records("no key", "key-empty", 0, &plain(&[]), &plain(&sec1())),
        records("key cut", "form", 0, &plain(&sec1()[..120]), &plain(&sec1())),
        records(
            "bytes after DER",
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
            "key with DS",
            "key-beside-ds",
            1280,
            &[&good_ds[..], &plain(&sec1())].concat(),
            &[&good_ds[..], &[Naive::new(PRIV_KEY, 1, &sec1())]].concat(),
        ),
    ]
}

pub(super) fn of_matter() -> Vec<Case> {
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
