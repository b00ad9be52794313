//! Names and the strings in them.

use matter_attestation::Object::{Dac, Paa, Pai};
use matter_attestation::Rule;

use super::der::{self, COMMON_NAME, IA5, PRINTABLE, PRODUCT_ID, UTF8, VENDOR_ID, tlv};
use super::kit::Kit;
use super::row::{Row, row};
use super::subject::dac;

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = names();
    rows.extend(strings());
    rows
}

fn names() -> Vec<Row> {
    vec![
        row(
            Rule::NameMalformed,
            (Dac, 303),
            ("an attribute without a value", |kit| {
                let attribute = der::seq(&[&der::oid(COMMON_NAME)]);
                kit.dac.subject = tlv(der::SEQUENCE, &tlv(der::SET, &attribute));
            }),
            ("with values", |_| {}),
        ),
        row(
            Rule::NameMalformed,
            (Dac, 303),
            ("a common name of no bytes", |kit| dac(kit, "", "FFF1", "8000")),
            ("of one byte", |kit| dac(kit, "D", "FFF1", "8000")),
        ),
        row(
            Rule::NameEmpty,
            (Paa, 301),
            ("a PAA without a name", |kit| kit.rename_paa(der::name(&[]))),
            ("with a common name", |kit| {
                kit.rename_paa(der::name(&[(COMMON_NAME, UTF8, "PAA")]))
            }),
        )
        .also(&[(Rule::NameEmpty, Pai)])
        .boringssl(0),
        row(
            Rule::NameEmpty,
            (Dac, 305),
            ("a DAC without a name", |kit| kit.dac.subject = der::name(&[])),
            ("without a common name", |kit| {
                kit.dac.subject = der::name(&[(VENDOR_ID, UTF8, "FFF1"), (PRODUCT_ID, UTF8, "8000")]);
            }),
        )
        .also(&[(Rule::VendorIdMissing, Dac), (Rule::ProductIdMissing, Dac)]),
        row(
            Rule::CommonNameTooLong,
            (Dac, 0),
            ("a common name of 65 bytes", |kit| {
                dac(kit, &"D".repeat(65), "FFF1", "8000");
            }),
            ("of 64 bytes", |kit| dac(kit, &"D".repeat(64), "FFF1", "8000")),
        ),
    ]
}

/// Gives the DAC a common name as a DER value, in addition to both ids.
fn dac_value(kit: &mut Kit, tag: u8, value: &[u8]) {
    let name = der::seq(&[&der::oid(COMMON_NAME), &tlv(tag, value)]);
    dac_parts(kit, &[&name]);
}

/// Gives the DAC a relative distinguished name of these attributes, in addition to both ids.
fn dac_parts(kit: &mut Kit, attributes: &[&[u8]]) {
    let ids = der::name(&[(VENDOR_ID, UTF8, "FFF1"), (PRODUCT_ID, UTF8, "8000")]);
    kit.dac.subject = der::seq(&[&tlv(der::SET, &attributes.concat()), &ids[2..]]);
}

fn organization(name: &str) -> Vec<u8> {
    der::seq(&[&der::oid(der::ORGANIZATION), &tlv(UTF8, name.as_bytes())])
}

fn strings() -> Vec<Row> {
    vec![
        row(
            Rule::NameMalformed,
            (Dac, 303),
            ("a common name as OCTET STRING", |kit| {
                dac_value(kit, der::OCTETS, b"DAC")
            }),
            ("as UTF8String", |kit| dac_value(kit, UTF8, b"DAC")),
        ),
        row(
            Rule::NameMalformed,
            (Dac, 303),
            ("a common name of the byte E9 as UTF8String", |kit| {
                dac_value(kit, UTF8, &[0xE9]);
            }),
            ("of the bytes C3 A9", |kit| dac_value(kit, UTF8, &[0xC3, 0xA9])),
        ),
        row(
            Rule::NameMalformed,
            (Dac, 303),
            ("an attribute type whose last number does not end", |kit| {
                let name = der::seq(&[&der::oid(&[0x55, 4, 0x83]), &tlv(UTF8, b"DAC")]);
                dac_parts(kit, &[&name]);
            }),
            ("an unknown attribute type", |kit| {
                let name = der::seq(&[&der::oid(&[0x55, 4, 0x83, 0]), &tlv(UTF8, b"DAC")]);
                dac_parts(kit, &[&name]);
            }),
        ),
        row(
            Rule::NameMalformed,
            (Paa, 203),
            ("a PAA's common name, and so the PAI's issuer, as UTCTime", |kit| {
                kit.rename_paa(der::name(&[(COMMON_NAME, der::UTC, "PAA")]));
            }),
            ("as PrintableString", |kit| {
                kit.rename_paa(der::name(&[(COMMON_NAME, PRINTABLE, "PAA")]));
            }),
        )
        .also(&[(Rule::NameMalformed, Pai)]),
        row(
            Rule::NameString,
            (Dac, 0),
            ("a common name as TeletexString", |kit| dac_value(kit, 0x14, b"DAC")),
            ("as PrintableString", |kit| dac_value(kit, PRINTABLE, b"DAC")),
        ),
        row(
            Rule::NameString,
            (Dac, 0),
            ("an underscore in a PrintableString", |kit| {
                dac_value(kit, PRINTABLE, b"D_C");
            }),
            ("each mark that a PrintableString may have", |kit| {
                dac_value(kit, PRINTABLE, b"D '()+,-./:=?9");
            }),
        ),
        row(
            Rule::NameString,
            (Dac, 0),
            ("the byte E9 in an IA5String", |kit| dac_value(kit, IA5, &[0xE9])),
            ("an underscore in an IA5String", |kit| dac_value(kit, IA5, b"D_C")),
        ),
        row(
            Rule::NameAttributeRepeated,
            (Dac, 0),
            ("two organizations in one part of the name", |kit| {
                dac_parts(kit, &[&organization("A"), &organization("B")]);
            }),
            ("in two parts", |kit| {
                dac_parts(kit, &[&organization("A")]);
                let second = tlv(der::SET, &organization("B"));
                kit.dac.subject = der::seq(&[&kit.dac.subject[2..], &second]);
            }),
        ),
        row(
            Rule::NameAttributeRepeated,
            (Dac, 0),
            ("a duplicate organization in one part of the name", |kit| {
                dac_parts(kit, &[&organization("A"), &organization("A")]);
            }),
            ("an organization and a common name in one part", |kit| {
                let name = der::seq(&[&der::oid(COMMON_NAME), &tlv(UTF8, b"A")]);
                dac_parts(kit, &[&name, &organization("A")]);
            }),
        ),
    ]
}
