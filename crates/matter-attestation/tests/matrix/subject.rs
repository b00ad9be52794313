//! Vendor and product id in names.

use matter_attestation::Object::{Dac, Paa, Pai};
use matter_attestation::Rule;

use super::der::{self, COMMON_NAME, IA5, PRINTABLE, PRODUCT_ID, UTF8, VENDOR_ID};
use super::kit::{Kit, u16_member};
use super::names;
use super::row::{Row, row};

/// Gives the DAC a common name, a vendor id and a product id.
pub(crate) fn dac(kit: &mut Kit, name: &str, vendor: &str, product: &str) {
    kit.dac.subject = der::name(&[
        (COMMON_NAME, UTF8, name),
        (VENDOR_ID, UTF8, vendor),
        (PRODUCT_ID, UTF8, product),
    ]);
}

/// Gives the DAC only a common name.
fn dac_name(kit: &mut Kit, name: &str) {
    kit.dac.subject = der::name(&[(COMMON_NAME, UTF8, name)]);
}

fn pai(kit: &mut Kit, vendor: &str) {
    kit.rename_pai(der::name(&[(COMMON_NAME, UTF8, "PAI"), (VENDOR_ID, UTF8, vendor)]));
}

fn paa(kit: &mut Kit, vendor: &str) {
    kit.rename_paa(der::name(&[(COMMON_NAME, UTF8, "PAA"), (VENDOR_ID, UTF8, vendor)]));
}

/// Changes the vendor of PAI and DAC, which the declaration names as their origin.
fn origin(kit: &mut Kit, vendor: u16, product: u16) {
    kit.rename_paa(der::name(&[(COMMON_NAME, UTF8, "PAA")]));
    pai(kit, &format!("{vendor:04X}"));
    dac(kit, "DAC", &format!("{vendor:04X}"), &format!("{product:04X}"));
    kit.cd.set(9, u16_member(9, vendor));
    kit.cd.set(10, u16_member(10, product));
}

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = names::rows();
    rows.extend(vendor_ids());
    rows.extend(product_ids());
    rows.extend(common_names());
    rows
}

fn vendor_ids() -> Vec<Row> {
    vec![
        row(
            Rule::VendorIdMalformed,
            (Dac, 303),
            ("vendor id fff1", |kit| dac(kit, "DAC", "fff1", "8000")),
            ("vendor id FFF1", |kit| dac(kit, "DAC", "FFF1", "8000")),
        ),
        row(
            Rule::VendorIdMalformed,
            (Dac, 303),
            ("vendor id 0FFF1", |kit| dac(kit, "DAC", "0FFF1", "8000")),
            ("vendor id FFF1", |_| {}),
        ),
        row(
            Rule::VendorIdMalformed,
            (Pai, 203),
            ("vendor id FFF", |kit| pai(kit, "FFF")),
            ("vendor id FFF1", |kit| pai(kit, "FFF1")),
        ),
        row(
            Rule::VendorIdMalformed,
            (Paa, 105),
            ("vendor id FFFG", |kit| paa(kit, "FFFG")),
            ("vendor id FFF1", |kit| paa(kit, "FFF1")),
        ),
        row(
            Rule::VendorIdDuplicate,
            (Dac, 303),
            ("a duplicate vendor id", |kit| {
                kit.dac.subject = der::name(&[
                    (VENDOR_ID, UTF8, "FFF1"),
                    (VENDOR_ID, UTF8, "FFF1"),
                    (PRODUCT_ID, UTF8, "8000"),
                ]);
            }),
            ("once", |_| {}),
        ),
        row(
            Rule::VendorIdDuplicate,
            (Pai, 203),
            ("a duplicate vendor id", |kit| {
                kit.rename_pai(der::name(&[(VENDOR_ID, UTF8, "FFF1"), (VENDOR_ID, UTF8, "FFF1")]));
            }),
            ("once", |kit| kit.rename_pai(der::name(&[(VENDOR_ID, UTF8, "FFF1")]))),
        ),
        row(
            Rule::VendorIdDuplicate,
            (Paa, 105),
            ("a duplicate vendor id", |kit| {
                kit.rename_paa(der::name(&[(VENDOR_ID, UTF8, "FFF1"), (VENDOR_ID, UTF8, "FFF1")]));
            }),
            ("once", |kit| kit.rename_paa(der::name(&[(VENDOR_ID, UTF8, "FFF1")]))),
        ),
        row(
            Rule::VendorIdMissing,
            (Pai, 305),
            ("a PAI without a vendor id", |kit| {
                kit.rename_pai(der::name(&[(COMMON_NAME, UTF8, "PAI")]));
            }),
            ("a PAA without one", |kit| {
                kit.rename_paa(der::name(&[(COMMON_NAME, UTF8, "PAA")]));
            }),
        ),
        row(
            Rule::VendorIdMissing,
            (Dac, 305),
            ("Mvid: in the common name, product id as an attribute", |kit| {
                kit.dac.subject = der::name(&[(COMMON_NAME, UTF8, "Mvid:FFF1"), (PRODUCT_ID, UTF8, "8000")]);
            }),
            ("both in the common name", |kit| dac_name(kit, "Mvid:FFF1 Mpid:8000")),
        ),
        row(
            Rule::VendorIdRange,
            (Dac, 0),
            ("vendor id FFF5", |kit| origin(kit, 0xFFF5, 0x8000)),
            ("vendor id FFF4", |kit| origin(kit, 0xFFF4, 0x8000)),
        )
        .also(&[(Rule::VendorIdRange, Pai)]),
        row(
            Rule::VendorIdRange,
            (Dac, 0),
            ("vendor id 0000", |kit| origin(kit, 0, 0x8000)),
            ("vendor id 0001", |kit| origin(kit, 1, 0x8000)),
        )
        .also(&[(Rule::VendorIdRange, Pai)]),
        row(
            Rule::VendorIdString,
            (Dac, 0),
            ("the vendor id as IA5String", |kit| {
                kit.dac.subject = der::name(&[(VENDOR_ID, IA5, "FFF1"), (PRODUCT_ID, UTF8, "8000")]);
            }),
            ("as PrintableString, as one PAA in the DCL has", |kit| {
                kit.dac.subject = der::name(&[(VENDOR_ID, PRINTABLE, "FFF1"), (PRODUCT_ID, PRINTABLE, "8000")]);
            }),
        ),
        row(
            Rule::VendorIdString,
            (Paa, 0),
            ("the vendor id as IA5String", |kit| {
                kit.rename_paa(der::name(&[(VENDOR_ID, IA5, "FFF1")]));
            }),
            ("as PrintableString", |kit| {
                kit.rename_paa(der::name(&[(VENDOR_ID, PRINTABLE, "FFF1")]));
            }),
        ),
    ]
}

fn product_ids() -> Vec<Row> {
    vec![
        row(
            Rule::ProductIdMalformed,
            (Dac, 303),
            ("product id 800", |kit| dac(kit, "DAC", "FFF1", "800")),
            ("product id 8000", |kit| dac(kit, "DAC", "FFF1", "8000")),
        ),
        row(
            Rule::ProductIdMalformed,
            (Pai, 203),
            ("product id 800x", |kit| {
                kit.rename_pai(der::name(&[(VENDOR_ID, UTF8, "FFF1"), (PRODUCT_ID, UTF8, "800x")]));
            }),
            ("product id 8000", |kit| {
                kit.rename_pai(der::name(&[(VENDOR_ID, UTF8, "FFF1"), (PRODUCT_ID, UTF8, "8000")]));
            }),
        ),
        row(
            Rule::ProductIdDuplicate,
            (Dac, 303),
            ("a duplicate product id", |kit| {
                kit.dac.subject = der::name(&[
                    (VENDOR_ID, UTF8, "FFF1"),
                    (PRODUCT_ID, UTF8, "8000"),
                    (PRODUCT_ID, UTF8, "8000"),
                ]);
            }),
            ("once", |_| {}),
        ),
        row(
            Rule::ProductIdDuplicate,
            (Pai, 203),
            ("a duplicate product id", |kit| {
                kit.rename_pai(der::name(&[
                    (VENDOR_ID, UTF8, "FFF1"),
                    (PRODUCT_ID, UTF8, "8000"),
                    (PRODUCT_ID, UTF8, "8000"),
                ]));
            }),
            ("once", |kit| {
                kit.rename_pai(der::name(&[(VENDOR_ID, UTF8, "FFF1"), (PRODUCT_ID, UTF8, "8000")]));
            }),
        ),
        row(
            Rule::VendorIdString,
            (Dac, 0),
            ("the product id as IA5String", |kit| {
                kit.dac.subject = der::name(&[(VENDOR_ID, UTF8, "FFF1"), (PRODUCT_ID, IA5, "8000")]);
            }),
            ("as PrintableString", |kit| {
                kit.dac.subject = der::name(&[(VENDOR_ID, UTF8, "FFF1"), (PRODUCT_ID, PRINTABLE, "8000")]);
            }),
        ),
        row(
            Rule::ProductIdInPaa,
            (Paa, 105),
            ("Mpid: in the common name of a PAA", |kit| {
                kit.rename_paa(der::name(&[(COMMON_NAME, UTF8, "Mvid:FFF1 Mpid:8000")]));
            }),
            ("Mvid: in it", |kit| {
                kit.rename_paa(der::name(&[(COMMON_NAME, UTF8, "Mvid:FFF1")]))
            }),
        ),
        row(
            Rule::ProductIdMissing,
            (Dac, 306),
            ("a DAC without a product id", |kit| {
                kit.dac.subject = der::name(&[(VENDOR_ID, UTF8, "FFF1")]);
            }),
            ("a PAI without one", |_| {}),
        ),
        row(
            Rule::ProductIdZero,
            (Dac, 0),
            ("product id 0000", |kit| origin(kit, 0xFFF1, 0)),
            ("product id 0001", |kit| origin(kit, 0xFFF1, 1)),
        ),
        row(
            Rule::ProductIdInPaa,
            (Paa, 105),
            ("a PAA with a product id", |kit| {
                kit.rename_paa(der::name(&[(VENDOR_ID, UTF8, "FFF1"), (PRODUCT_ID, UTF8, "8000")]));
            }),
            ("with a vendor id only", |kit| {
                kit.rename_paa(der::name(&[(VENDOR_ID, UTF8, "FFF1")]));
            }),
        ),
    ]
}

fn common_names() -> Vec<Row> {
    vec![
        row(
            Rule::VendorIdMalformed,
            (Dac, 303),
            ("Mvid:FFF Mpid:8000", |kit| dac_name(kit, "Mvid:FFF Mpid:8000")),
            ("Mvid:FFF1Mpid:8000, run together", |kit| {
                dac_name(kit, "Mvid:FFF1Mpid:8000");
            }),
        ),
        row(
            Rule::VendorIdMalformed,
            (Dac, 303),
            ("Mvid:fff1 in the common name in addition to attributes", |kit| {
                dac(kit, "Mvid:fff1", "FFF1", "8000");
            }),
            ("Mvid:FFF2, which is disregarded", |kit| {
                dac(kit, "Mvid:FFF2", "FFF1", "8000")
            }),
        ),
        row(
            Rule::ProductIdMalformed,
            (Dac, 303),
            ("Mpid:800 at the end of the common name", |kit| {
                dac_name(kit, "Mvid:FFF1 Mpid:800");
            }),
            ("Mpid:8000 before Mvid:FFF1", |kit| dac_name(kit, "Mpid:8000 Mvid:FFF1")),
        ),
        row(
            Rule::VendorIdMalformed,
            (Dac, 303),
            ("Mvid:FFF in a common name before the one with both ids", |kit| {
                kit.dac.subject = der::name(&[
                    (COMMON_NAME, UTF8, "Mvid:FFF"),
                    (COMMON_NAME, UTF8, "Mvid:FFF1 Mpid:8000"),
                ]);
            }),
            ("after it, where it is ignored", |kit| {
                kit.dac.subject = der::name(&[
                    (COMMON_NAME, UTF8, "Mvid:FFF1 Mpid:8000"),
                    (COMMON_NAME, UTF8, "Mvid:FFF"),
                ]);
            }),
        ),
        row(
            Rule::CommonNameIdRepeated,
            (Dac, 0),
            ("Mpid: without digits, and then with digits", |kit| {
                dac_name(kit, "Mpid: Mpid:8000 Mvid:FFF1");
            }),
            ("once, inside of other text", |kit| {
                dac_name(kit, "xMvid:FFF1yMpid:8000z")
            }),
        ),
        row(
            Rule::CommonNameIdRepeated,
            (Pai, 0),
            ("Mvid:FFF1 duplicated", |kit| {
                kit.rename_pai(der::name(&[(COMMON_NAME, UTF8, "Mvid:FFF1 Mvid:FFF1")]));
            }),
            ("once", |kit| {
                kit.rename_pai(der::name(&[(COMMON_NAME, UTF8, "Mvid:FFF1")]))
            }),
        ),
    ]
}
