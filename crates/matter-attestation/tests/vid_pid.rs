//! Vendor and product ids in a subject, by the rules of Matter Core Specification 6.1.1 and 6.2.2.2.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "support/subject.rs"]
mod subject;

use matter_attestation::Error;

use self::subject::Attribute::{self, CommonName, Product, Vendor, VendorIa5, VendorPrintable};
use self::subject::certificate;

type Ids = (Option<u16>, Option<u16>);

fn check(attributes: &[Attribute<'_>], expected: Result<Ids, Error>) {
    let found = certificate(attributes).map(|c| (c.vendor_id().map(|id| id.get()), c.product_id().map(|id| id.get())));
    assert_eq!(found, expected, "{attributes:?}");
}

#[test]
fn attributes_of_their_own_have_four_upper_case_digits() {
    check(&[], Ok((None, None)));
    check(&[Vendor("FFF1")], Ok((Some(0xFFF1), None)));
    check(&[Product("00B1")], Ok((None, Some(0x00B1))));
    check(&[Product("8000"), Vendor("131B")], Ok((Some(0x131B), Some(0x8000))));
    check(&[VendorPrintable("FFF1")], Ok((Some(0xFFF1), None)));
    check(&[VendorIa5("FFF1")], Err(Error::SubjectVendorIdMalformed));
    for text in ["", "FFF", "FFF1F", "fff1", "FFFg", "0xFF", " FFF", "0000", "FFF5"] {
        check(&[Vendor(text)], Err(Error::SubjectVendorIdMalformed));
    }
    for text in ["12345", "abcd", "0000", "12 4"] {
        check(&[Product(text)], Err(Error::SubjectProductIdMalformed));
    }
    check(&[Product("FFFF")], Ok((None, Some(0xFFFF))));
    check(&[Vendor("FFF1"), Vendor("FFF1")], Err(Error::SubjectVendorIdDuplicate));
    check(
        &[Product("8000"), Vendor("FFF1"), Product("8001")],
        Err(Error::SubjectProductIdDuplicate),
    );
}

#[test]
fn common_names_contain_ids_after_prefixes() {
    let found = Ok((Some(0xFFF1), Some(0x00B1)));
    for name in [
        "Thing Mvid:FFF1 Mpid:00B1",
        "Mpid:00B1,Thing,Mvid:FFF1",
        "Thing Mvid:FFF1Mpid:00B1",
        "Mvid:FFF1Thing 5CDAMpid:00B19899",
        // The prefix with digits is preferred to an earlier one without.
        "Mvid:Mvid:FFF1 Mpid:12cd Mpid:00B1",
        // The first prefix with digits is preferred to a later one.
        "Mvid:FFF1 Mvid:FFF2 Mpid:00B1 Mpid:zzzz",
    ] {
        check(&[CommonName(name)], found.clone());
    }
    check(
        &[CommonName("Mpid:Mvid:FFF1 Mpid:12cd Mpid:FE67")],
        Ok((Some(0xFFF1), Some(0xFE67))),
    );
    check(&[CommonName("Mvid:FFF1")], Ok((Some(0xFFF1), None)));
    check(&[CommonName("Mpid:8000")], Ok((None, Some(0x8000))));
    for name in ["Thing", "MVID:FFF1", "mvid:FFF1", "Mvid FFF1", "Mvid"] {
        check(&[CommonName(name)], Ok((None, None)));
    }
}

#[test]
fn a_prefix_without_four_digits_is_an_error() {
    for name in [
        "Mvid:FF1 Mpid:00B1",
        "Mvid:fff1 Mpid:00B1",
        "Mvid:",
        "Mvid:FFF",
        "Mvid:0000",
    ] {
        check(&[CommonName(name)], Err(Error::SubjectVendorIdMalformed));
    }
    for name in ["Mvid:FFF1 Mpid:B1", "Mvid:FFF1 Mpid: 00B1", "Mpid:"] {
        check(&[CommonName(name)], Err(Error::SubjectProductIdMalformed));
    }
}

#[test]
fn attributes_of_their_own_make_common_names_irrelevant_but_not_their_faults() {
    check(
        &[CommonName("Mvid:FFF2 Mpid:8001"), Vendor("FFF1"), Product("8000")],
        Ok((Some(0xFFF1), Some(0x8000))),
    );
    // One attribute is enough to ignore the other id in the common name.
    check(&[CommonName("Mvid:FFF1"), Product("8000")], Ok((None, Some(0x8000))));
    check(&[Vendor("FFF1"), CommonName("Mpid:8000")], Ok((Some(0xFFF1), None)));
    check(
        &[CommonName("Mvid:xyz"), Vendor("FFF1"), Product("8000")],
        Err(Error::SubjectVendorIdMalformed),
    );
}

#[test]
fn only_64_bytes_of_a_common_name_count() {
    let at = |position: usize| format!("{}Mvid:FFF1", "x".repeat(position));
    check(&[CommonName(&at(55))], Ok((Some(0xFFF1), None)));
    check(&[CommonName(&at(56))], Err(Error::SubjectVendorIdMalformed));
    check(&[CommonName(&at(60))], Ok((None, None)));
}

#[test]
fn common_names_after_the_first_with_an_id_are_ignored() {
    check(
        &[CommonName("Thing"), CommonName("Mvid:FFF1"), CommonName("Mvid:bad")],
        Ok((Some(0xFFF1), None)),
    );
    check(
        &[CommonName("Mvid:FFF1"), CommonName("Mpid:8000")],
        Ok((Some(0xFFF1), None)),
    );
    let certificate = certificate(&[CommonName("Thing"), CommonName("Other")]).unwrap();
    assert_eq!(certificate.common_name(), Some("Thing"));
}
