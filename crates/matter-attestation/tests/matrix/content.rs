//! The content of a declaration.

use matter_attestation::Object::Cd;
use matter_attestation::Rule;

use super::kit::{Kit, key_id, paas, products, u16_member};
use super::members;
use super::row::{Row, row};

pub(crate) type Change = fn(&mut Kit);
pub(crate) type Line = (Rule, u16, &'static str, Change, &'static str, Change);

fn many_products(count: u16) -> Vec<u8> {
    products(&(0x8000..0x8000 + count).collect::<Vec<_>>())
}

fn many_paas(count: u8) -> Vec<u8> {
    let others = (1..count).map(|other| vec![other; 20]);
    paas(&others.chain([key_id(1)]).collect::<Vec<_>>())
}

fn certificate_id(text: &str) -> Vec<u8> {
    [&[0x2C, 4, text.len() as u8], text.as_bytes()].concat()
}

fn device_type(number: u32) -> Vec<u8> {
    [&[0x26, 3][..], &number.to_le_bytes()].concat()
}

pub(crate) fn rows() -> Vec<Row> {
    let mut lines = members::rows();
    lines.extend(values());
    let mut rows: Vec<_> = lines
        .into_iter()
        .map(|(rule, sdk, broken, break_it, inside, keep_it)| {
            row(rule, (Cd, sdk), (broken, break_it), (inside, keep_it))
        })
        .collect();
    rows.extend(combined());
    rows
}

fn values() -> Vec<Line> {
    let nothing: Change = |_| {};
    vec![
        (
            Rule::CdFormatVersion,
            501,
            "format version 2",
            |kit| kit.cd.set(0, vec![0x24, 0, 2]),
            "format version 1",
            |kit| kit.cd.set(0, vec![0x24, 0, 1]),
        ),
        (
            Rule::CdFormatVersion,
            501,
            "format version 0",
            |kit| kit.cd.set(0, vec![0x24, 0, 0]),
            "format version 1",
            nothing,
        ),
        (
            Rule::CdProductIdCount,
            0,
            "101 product ids",
            |kit| kit.cd.set(2, many_products(101)),
            "100 product ids",
            |kit| kit.cd.set(2, many_products(100)),
        ),
        (
            Rule::CdProductIdZero,
            0,
            "product id 0 in addition to the product's",
            |kit| kit.cd.set(2, products(&[0x8000, 0])),
            "product id 1",
            |kit| kit.cd.set(2, products(&[0x8000, 1])),
        ),
        (
            Rule::CdDeviceTypeId,
            0,
            "device type 7FFFFFFF",
            |kit| kit.cd.set(3, device_type(0x7FFF_FFFF)),
            "device type 7FFFFFFE",
            |kit| kit.cd.set(3, device_type(0x7FFF_FFFE)),
        ),
        (
            Rule::CdCertificateIdLength,
            603,
            "a certificate id of 18 bytes",
            |kit| kit.cd.set(4, certificate_id("CSA00000SWC00000-0")),
            "any 19 bytes",
            |kit| kit.cd.set(4, certificate_id("1234567890123456789")),
        ),
        (
            Rule::CdCertificateIdLength,
            603,
            "a certificate id of 20 bytes",
            |kit| kit.cd.set(4, certificate_id("CSA00000SWC00000-000")),
            "of 19 bytes",
            nothing,
        ),
        (
            Rule::CdSecurityLevel,
            0,
            "security level 1",
            |kit| kit.cd.set(5, vec![0x24, 5, 1]),
            "security level 0",
            |kit| kit.cd.set(5, vec![0x24, 5, 0]),
        ),
        (
            Rule::CdSecurityInformation,
            0,
            "security information 1",
            |kit| kit.cd.set(6, vec![0x24, 6, 1]),
            "security information 0",
            |kit| kit.cd.set(6, vec![0x24, 6, 0]),
        ),
        (
            Rule::CdOriginIncomplete,
            603,
            "only an origin vendor id",
            |kit| kit.cd.set(9, u16_member(9, 0xFFF1)),
            "both origin ids",
            |kit| {
                kit.cd.set(9, u16_member(9, 0xFFF1));
                kit.cd.set(10, u16_member(10, 0x8000));
            },
        ),
        (
            Rule::CdOriginIncomplete,
            603,
            "an origin product id directly after the certification type",
            |kit| kit.cd.set(10, u16_member(10, 0x8000)),
            "none",
            nothing,
        ),
        (
            Rule::CdAuthorizedPaaCount,
            0,
            "11 authorized PAAs",
            |kit| kit.cd.set(11, many_paas(11)),
            "10 authorized PAAs",
            |kit| kit.cd.set(11, many_paas(10)),
        ),
    ]
}

/// Faults that cause further faults.
fn combined() -> Vec<Row> {
    vec![
        row(
            Rule::CdVendorIdRange,
            (Cd, 604),
            ("vendor id FFF5", |kit| {
                kit.cd.set(1, u16_member(1, 0xFFF5));
                kit.cd.set(9, u16_member(9, 0xFFF1));
                kit.cd.set(10, u16_member(10, 0x8000));
            }),
            ("vendor id FFF4", |kit| {
                kit.cd.set(1, u16_member(1, 0xFFF4));
                kit.cd.set(9, u16_member(9, 0xFFF1));
                kit.cd.set(10, u16_member(10, 0x8000));
                kit.product.0 = 0xFFF4;
            }),
        )
        .also(&[(Rule::CdVendorId, Cd)]),
        row(
            Rule::CdVendorIdRange,
            (Cd, 604),
            ("vendor id 0", |kit| {
                kit.cd.set(1, u16_member(1, 0));
                kit.cd.set(9, u16_member(9, 0xFFF1));
                kit.cd.set(10, u16_member(10, 0x8000));
            }),
            ("vendor id 1", |kit| {
                kit.cd.set(1, u16_member(1, 1));
                kit.cd.set(9, u16_member(9, 0xFFF1));
                kit.cd.set(10, u16_member(10, 0x8000));
                kit.product.0 = 1;
            }),
        )
        .also(&[(Rule::CdVendorId, Cd)]),
        row(
            Rule::CdProductIdCount,
            (Cd, 605),
            ("no product id", |kit| kit.cd.set(2, products(&[]))),
            ("one product id", |kit| kit.cd.set(2, products(&[0x8000]))),
        )
        .also(&[(Rule::CdProductId, Cd), (Rule::CdDacProductId, Cd)]),
        row(
            Rule::CdAuthorizedPaaCount,
            (Cd, 606),
            ("an empty list of authorized PAAs", |kit| kit.cd.set(11, paas(&[]))),
            ("no list", |_| {}),
        )
        .also(&[(Rule::CdPaaNotAuthorized, Cd)]),
        row(
            Rule::CdCertificationType,
            (Cd, 601),
            ("certification type 3", |kit| kit.cd.set(8, vec![0x24, 8, 3])),
            ("certification type 1", |kit| kit.cd.set(8, vec![0x24, 8, 1])),
        )
        .also(&[(Rule::CdTestKeyType, Cd)]),
    ]
}
