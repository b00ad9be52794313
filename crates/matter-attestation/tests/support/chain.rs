//! Keys, dates and a chain for the tests of issuing.
#![allow(dead_code, unreachable_pub)]

use matter_attestation::{
    Certificate, DacSubject, DateTime, Issuer, PaaSubject, PaiSubject, PrivateKey, SerialNumber, Validity, issue_paa,
};
use matter_types::{ProductId, VendorId};

pub const VENDOR: u16 = 0xFFF1;
pub const PRODUCT: u16 = 0x8000;

pub fn vendor(raw: u16) -> VendorId {
    VendorId::new(raw).unwrap()
}

pub fn product(raw: u16) -> ProductId {
    ProductId::new(raw).unwrap()
}

pub fn key(byte: u8) -> PrivateKey {
    PrivateKey::from_scalar(&[byte; 32]).unwrap()
}

pub fn serial(byte: u8) -> SerialNumber {
    SerialNumber::new(&[byte]).unwrap()
}

pub fn date(year: u16) -> DateTime {
    DateTime::new(year, 1, 1, 0, 0, 0).unwrap()
}

pub fn years(from: u16, to: u16) -> Validity {
    Validity::new(date(from), date(to)).unwrap()
}

pub fn paa() -> Certificate {
    issue_paa(
        &key(1),
        &PaaSubject::new("Test PAA").unwrap(),
        Validity::without_expiry(date(2024)),
        serial(1),
    )
    .unwrap()
}

pub fn pai_subject() -> PaiSubject {
    PaiSubject::new("Test PAI", vendor(VENDOR)).unwrap()
}

pub fn dac_subject() -> DacSubject {
    DacSubject::new("Test DAC", vendor(VENDOR), product(PRODUCT)).unwrap()
}

pub fn pai(subject: &PaiSubject) -> Certificate {
    let paa = paa();
    Issuer::new(&paa, &key(1))
        .unwrap()
        .issue_pai(subject, &key(2).public_key(), years(2025, 2060), serial(2))
        .unwrap()
}
