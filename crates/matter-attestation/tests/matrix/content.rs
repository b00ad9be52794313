//! The content of a declaration.

use matter_attestation::Object::Cd;
use matter_attestation::Rule;

use super::kit::{Kit, key_id, paas, products, u16_member};
use super::row::{Row, row};

type Change = fn(&mut Kit);
type Line = (Rule, u16, &'static str, Change, &'static str, Change);

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

/// Makes the content so long, with a member that nobody knows; such a declaration fits into no answer.
fn fill(kit: &mut Kit, len: usize) {
    kit.left_out = "elements";
    let missing = len - kit.cd.content().len() - 4;
    let size = u16::try_from(missing).unwrap().to_le_bytes();
    kit.cd
        .set(12, [&[0x31, 12, size[0], size[1]][..], &vec![0; missing]].concat());
    assert_eq!(kit.cd.content().len(), len);
}

pub(crate) fn rows() -> Vec<Row> {
    let mut lines = members();
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

fn members() -> Vec<Line> {
    let nothing: Change = |_| {};
    vec![
        (
            Rule::CdContentMalformed,
            603,
            "an octet behind the structure",
            |kit| kit.cd.end = vec![0x18, 0],
            "none",
            |kit| kit.cd.end = vec![0x18],
        ),
        (
            Rule::CdContentMalformed,
            603,
            "a structure without an end",
            |kit| kit.cd.end.clear(),
            "with one",
            nothing,
        ),
        (
            Rule::CdMember,
            603,
            "no format version",
            |kit| kit.cd.remove(0),
            "all members",
            nothing,
        ),
        (
            Rule::CdMember,
            603,
            "no vendor id",
            |kit| kit.cd.remove(1),
            "all members",
            nothing,
        ),
        (
            Rule::CdMember,
            603,
            "no product ids",
            |kit| kit.cd.remove(2),
            "all members",
            nothing,
        ),
        (
            Rule::CdMember,
            603,
            "no device type",
            |kit| kit.cd.remove(3),
            "all members",
            nothing,
        ),
        (
            Rule::CdMember,
            603,
            "no certificate id",
            |kit| kit.cd.remove(4),
            "all members",
            nothing,
        ),
        (
            Rule::CdMember,
            603,
            "no security level",
            |kit| kit.cd.remove(5),
            "all members",
            nothing,
        ),
        (
            Rule::CdMember,
            603,
            "no security information",
            |kit| kit.cd.remove(6),
            "all members",
            nothing,
        ),
        (
            Rule::CdMember,
            603,
            "no version number",
            |kit| kit.cd.remove(7),
            "all members",
            nothing,
        ),
        (
            Rule::CdMember,
            603,
            "no certification type",
            |kit| kit.cd.remove(8),
            "all members",
            nothing,
        ),
        (
            Rule::CdMember,
            603,
            "security information before security level",
            |kit| kit.cd.members.swap(5, 6),
            "in order",
            nothing,
        ),
        (
            Rule::CdMember,
            603,
            "a vendor id above 16 bits",
            |kit| kit.cd.set(1, vec![0x26, 1, 0xF1, 0xFF, 1, 0]),
            "one of 16 bits in 32",
            |kit| kit.cd.set(1, vec![0x26, 1, 0xF1, 0xFF, 0, 0]),
        ),
        (
            Rule::CdMember,
            603,
            "a product id above 16 bits",
            |kit| kit.cd.set(2, vec![0x36, 2, 5, 0, 0x80, 6, 0, 0, 1, 0, 0x18]),
            "one of 16 bits in 32",
            |kit| kit.cd.set(2, vec![0x36, 2, 6, 0, 0x80, 0, 0, 0x18]),
        ),
        (
            Rule::CdMember,
            603,
            "certification type 256",
            |kit| kit.cd.set(8, u16_member(8, 256)),
            "type 0 in 16 bits",
            |kit| kit.cd.set(8, u16_member(8, 0)),
        ),
        (
            Rule::CdMember,
            603,
            "the certificate id as octets",
            |kit| kit.cd.set(4, [&[0x30, 4, 19][..], b"CSA00000SWC00000-00"].concat()),
            "as text",
            nothing,
        ),
        (
            Rule::CdMember,
            603,
            "an authorized PAA of 19 octets",
            |kit| kit.cd.set(11, paas(&[key_id(1), vec![5; 19]])),
            "of 20 octets",
            |kit| kit.cd.set(11, paas(&[key_id(1), vec![5; 20]])),
        ),
        (
            Rule::CdMember,
            0,
            "the device type once more at the end",
            |kit| kit.cd.members.push((99, vec![0x24, 3, 0x16])),
            "a member that nobody knows",
            |kit| kit.cd.members.push((99, vec![0x24, 99, 1])),
        ),
        (
            Rule::CdTooLong,
            603,
            "791 octets",
            |kit| fill(kit, 791),
            "790 octets",
            |kit| fill(kit, 790),
        ),
    ]
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
            "product id 0 beside the product's",
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
            "a certificate id of 18 octets",
            |kit| kit.cd.set(4, certificate_id("CSA00000SWC00000-0")),
            "of 19 octets, whatever they are",
            |kit| kit.cd.set(4, certificate_id("1234567890123456789")),
        ),
        (
            Rule::CdCertificateIdLength,
            603,
            "a certificate id of 20 octets",
            |kit| kit.cd.set(4, certificate_id("CSA00000SWC00000-000")),
            "of 19 octets",
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
            "an origin vendor id alone",
            |kit| kit.cd.set(9, u16_member(9, 0xFFF1)),
            "both origin ids",
            |kit| {
                kit.cd.set(9, u16_member(9, 0xFFF1));
                kit.cd.set(10, u16_member(10, 0x8000));
            },
        ),
        (
            Rule::CdOriginIncomplete,
            0,
            "an origin product id alone",
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

/// Where one fault brings another.
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
