//! A complete chain is issued, and everything that is not allowed is refused.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::as_conversions)]

#[path = "support/chain.rs"]
mod chain;

use der::Decode;
use matter_attestation::{
    Certificate, DacSubject, DateTime, Error, Issuer, KeyId, PaaSubject, PaiSubject, PublicKey, SerialNumber, Validity,
    issue_paa,
};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use signature::Keypair;

use self::chain::{PRODUCT, VENDOR, dac_subject, date, key, paa, pai, pai_subject, product, serial, vendor, years};

/// Each extension with the last arc of its OID, whether it is critical, and its value.
fn extensions(certificate: &Certificate) -> Vec<(u32, bool, Vec<u8>)> {
    x509(certificate)
        .tbs_certificate()
        .extensions()
        .unwrap()
        .iter()
        .map(|e| {
            (
                e.extn_id.arcs().last().unwrap(),
                e.critical,
                e.extn_value.as_bytes().to_vec(),
            )
        })
        .collect()
}

fn x509(certificate: &Certificate) -> x509_cert::Certificate {
    x509_cert::Certificate::from_der(certificate.as_der()).unwrap()
}

fn key_id_extension(id: KeyId) -> Vec<u8> {
    [&[0x04, 0x14], id.as_bytes().as_slice()].concat()
}

fn authority_extension(id: KeyId) -> Vec<u8> {
    [&[0x30, 0x16, 0x80, 0x14], id.as_bytes().as_slice()].concat()
}

#[test]
fn a_chain_has_exactly_the_extensions_of_the_specification() {
    let paa = paa();
    let pai = pai(&pai_subject());
    let dac = Issuer::new(&pai, &key(2))
        .unwrap()
        .issue_dac(&dac_subject(), &key(3).public_key(), years(2025, 2049), serial(3))
        .unwrap();
    let [paa_id, pai_id, dac_id] = [1, 2, 3].map(|byte| key(byte).public_key().key_id());

    // 19 basic constraints, 15 key usage, 14 subject key identifier, 35 authority key identifier.
    let ca_usage = vec![0x03, 0x02, 0x01, 0x06];
    assert_eq!(
        extensions(&paa),
        [
            (19, true, vec![0x30, 0x06, 0x01, 0x01, 0xFF, 0x02, 0x01, 0x01]),
            (15, true, ca_usage.clone()),
            (14, false, key_id_extension(paa_id)),
            (35, false, authority_extension(paa_id)),
        ]
    );
    assert_eq!(
        extensions(&pai),
        [
            (19, true, vec![0x30, 0x06, 0x01, 0x01, 0xFF, 0x02, 0x01, 0x00]),
            (15, true, ca_usage),
            (14, false, key_id_extension(pai_id)),
            (35, false, authority_extension(paa_id)),
        ]
    );
    assert_eq!(
        extensions(&dac),
        [
            (19, true, vec![0x30, 0x00]),
            (15, true, vec![0x03, 0x02, 0x07, 0x80]),
            (14, false, key_id_extension(dac_id)),
            (35, false, authority_extension(pai_id)),
        ]
    );

    assert_eq!((paa.is_ca(), paa.path_len()), (true, Some(1)));
    assert_eq!((pai.is_ca(), pai.path_len()), (true, Some(0)));
    assert_eq!((dac.is_ca(), dac.path_len()), (false, None));
    for certificate in [&paa, &pai, &dac] {
        let x509 = x509(certificate);
        assert!(x509.signature_algorithm().parameters.is_none());
        assert!(x509.tbs_certificate().signature().parameters.is_none());
        assert!(certificate.as_der().len() <= Certificate::MAX_LEN);
        assert_eq!(Certificate::from_pem(&certificate.to_pem()).unwrap(), *certificate);
    }
    paa.verify_issued_by(&paa).unwrap();
    pai.verify_issued_by(&paa).unwrap();
    dac.verify_issued_by(&pai).unwrap();
    assert_eq!(dac.verify_issued_by(&paa), Err(Error::IssuerNameMismatch));
    assert_eq!(dac.issuer_der(), pai.subject_der());
    assert_eq!(dac.vendor_id(), Some(vendor(VENDOR)));
    assert_eq!(dac.product_id(), Some(product(PRODUCT)));
    assert_eq!(dac.public_key(), key(3).public_key());
    assert_eq!(dac.serial(), serial(3));
    assert_eq!((dac.not_before(), dac.not_after()), (date(2025), date(2049)));
}

#[test]
fn a_subject_is_common_name_vendor_id_product_id_as_utf8() {
    let pai = pai(&pai_subject());
    let dac = Issuer::new(&pai, &key(2))
        .unwrap()
        .issue_dac(&dac_subject(), &key(3).public_key(), years(2025, 2030), serial(3))
        .unwrap();
    let expected = [
        &[
            0x30u8, 0x3F, 0x31, 0x11, 0x30, 0x0F, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0C, 0x08,
        ][..],
        b"Test DAC",
        &[0x31, 0x14, 0x30, 0x12, 0x06, 0x0A],
        &[0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0xA2, 0x7C, 0x02, 0x01, 0x0C, 0x04],
        b"FFF1",
        &[0x31, 0x14, 0x30, 0x12, 0x06, 0x0A],
        &[0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0xA2, 0x7C, 0x02, 0x02, 0x0C, 0x04],
        b"8000",
    ]
    .concat();
    assert_eq!(dac.subject_der(), expected);
}

#[test]
fn times_are_utc_through_2049_and_generalized_from_2050() {
    let pai = pai(&pai_subject());
    let der = pai.as_der();
    let utc = b"\x17\x0D250101000000Z\x18\x0F20600101000000Z";
    assert!(der.windows(utc.len()).any(|window| window == utc));
    let never = b"\x17\x0D240101000000Z\x18\x0F99991231235959Z";
    assert!(paa().as_der().windows(never.len()).any(|window| window == never));
}

#[test]
fn ids_must_be_those_of_the_issuer() {
    let scoped = issue_paa(
        &key(1),
        &PaaSubject::new("Scoped").unwrap().with_vendor_id(vendor(0xFFF2)),
        Validity::without_expiry(date(2024)),
        serial(1),
    )
    .unwrap();
    assert_eq!(scoped.vendor_id(), Some(vendor(0xFFF2)));
    let refused = Issuer::new(&scoped, &key(1)).unwrap().issue_pai(
        &pai_subject(),
        &key(2).public_key(),
        years(2025, 2026),
        serial(2),
    );
    assert_eq!(
        refused.unwrap_err(),
        Error::IssuerVendorIdMismatch {
            issuer: vendor(0xFFF2),
            subject: Some(vendor(VENDOR))
        }
    );

    let one_product = pai(&pai_subject().with_product_id(product(0x8001)));
    let key_2 = key(2);
    let issuer = Issuer::new(&one_product, &key_2).unwrap();
    let device = key(3).public_key();
    assert_eq!(
        issuer
            .issue_dac(&dac_subject(), &device, years(2025, 2026), serial(3))
            .unwrap_err(),
        Error::IssuerProductIdMismatch {
            issuer: product(0x8001),
            subject: Some(product(PRODUCT))
        }
    );
    let other_vendor = DacSubject::new("x", vendor(0xFFF3), product(0x8001)).unwrap();
    assert_eq!(
        issuer
            .issue_dac(&other_vendor, &device, years(2025, 2026), serial(3))
            .unwrap_err(),
        Error::IssuerVendorIdMismatch {
            issuer: vendor(VENDOR),
            subject: Some(vendor(0xFFF3))
        }
    );
    let fitting = DacSubject::new("x", vendor(VENDOR), product(0x8001)).unwrap();
    issuer
        .issue_dac(&fitting, &device, years(2025, 2026), serial(3))
        .unwrap();
}

#[test]
fn path_length_decides_what_an_issuer_issues() {
    let (paa, pai) = (paa(), pai(&pai_subject()));
    let (key_1, key_2, device) = (key(1), key(2), key(3).public_key());
    assert_eq!(
        Issuer::new(&paa, &key_1)
            .unwrap()
            .issue_dac(&dac_subject(), &device, years(2025, 2026), serial(3))
            .unwrap_err(),
        Error::IssuerPathLength { path_len: Some(1) }
    );
    let issuer = Issuer::new(&pai, &key_2).unwrap();
    assert_eq!(
        issuer
            .issue_pai(&pai_subject(), &device, years(2025, 2026), serial(3))
            .unwrap_err(),
        Error::IssuerPathLength { path_len: Some(0) }
    );
    let dac = issuer
        .issue_dac(&dac_subject(), &device, years(2025, 2026), serial(3))
        .unwrap();
    assert_eq!(Issuer::new(&dac, &key(3)).unwrap_err(), Error::NotACertificateAuthority);
    assert_eq!(Issuer::new(&paa, &key_2).unwrap_err(), Error::KeyMismatch);
}

#[test]
fn validity_must_lie_inside_of_the_issuers() {
    let (pai, key_2, device) = (pai(&pai_subject()), key(2), key(3).public_key());
    let issuer = Issuer::new(&pai, &key_2).unwrap();
    let issue = |validity| issuer.issue_dac(&dac_subject(), &device, validity, serial(3));
    issue(years(2025, 2060)).unwrap();
    assert_eq!(
        issue(years(2024, 2030)).unwrap_err(),
        Error::ValidityBeforeIssuer {
            not_before: date(2024),
            issuer: date(2025)
        }
    );
    let error = issue(Validity::without_expiry(date(2025))).unwrap_err();
    assert_eq!(
        error,
        Error::ValidityAfterIssuer {
            not_after: DateTime::INFINITY,
            issuer: date(2060)
        }
    );
    assert_eq!(
        error.to_string(),
        "validity ends at 9999-12-31T23:59:59Z, after the issuer's at 2060-01-01T00:00:00Z"
    );
}

#[test]
fn common_names_are_bounded_and_may_not_hold_a_malformed_id() {
    assert_eq!(PaaSubject::new("").unwrap_err(), Error::CommonNameLength { len: 0 });
    let long = "x".repeat(65);
    assert_eq!(PaaSubject::new(&long).unwrap_err(), Error::CommonNameLength { len: 65 });
    let pai = pai(&pai_subject());
    let subject = DacSubject::new("Mpid:80", vendor(VENDOR), product(PRODUCT)).unwrap();
    assert_eq!(
        Issuer::new(&pai, &key(2))
            .unwrap()
            .issue_dac(&subject, &key(3).public_key(), years(2025, 2026), serial(3))
            .unwrap_err(),
        Error::CommonNameHasId
    );
    for name in ["Lamp\u{1b}[31m", "Lamp\nroot", "Lamp\u{7f}", "Lamp\u{9b}"] {
        let subject = DacSubject::new(name, vendor(VENDOR), product(PRODUCT)).unwrap();
        let issued =
            Issuer::new(&pai, &key(2))
                .unwrap()
                .issue_dac(&subject, &key(3).public_key(), years(2025, 2026), serial(3));
        assert_eq!(issued.unwrap_err(), Error::CommonNameHasControl, "{name:?}");
    }
}

#[test]
fn a_changed_byte_breaks_the_signature_or_the_form() {
    let (paa, pai) = (paa(), pai(&pai_subject()));
    for at in 0..pai.as_der().len() {
        let mut der = pai.as_der().to_vec();
        der[at] ^= 0x01;
        let broken = Certificate::from_der(&der).and_then(|pai| pai.verify_issued_by(&paa));
        assert!(broken.is_err(), "byte {at}");
    }
}

#[test]
fn generated_serial_numbers_have_16_bytes_and_a_clear_top_bit() {
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..5000 {
        let serial = SerialNumber::generate(&mut rng);
        assert_eq!(serial.as_bytes().len(), SerialNumber::GENERATED_LEN);
        assert!((1..0x80).contains(&serial.as_bytes()[0]));
        assert!(seen.insert(serial));
    }
}

#[test]
fn the_longest_names_fit() {
    let name = "n".repeat(64);
    // A serial number drawn by this crate always fits; one of 20 bytes may make the certificate too long.
    let longest = Validity::without_expiry(date(2026));
    let serial = SerialNumber::new(&[0x7F; SerialNumber::GENERATED_LEN]).unwrap();
    let root = issue_paa(&key(1), &PaaSubject::new(&name).unwrap(), longest, serial).unwrap();
    let subject = PaiSubject::new(&name, vendor(VENDOR))
        .unwrap()
        .with_product_id(product(PRODUCT));
    let pai = Issuer::new(&root, &key(1))
        .unwrap()
        .issue_pai(&subject, &key(2).public_key(), longest, serial)
        .unwrap();
    let subject = DacSubject::new(&name, vendor(VENDOR), product(PRODUCT)).unwrap();
    Issuer::new(&pai, &key(2))
        .unwrap()
        .issue_dac(&subject, &PublicKey::from(&key(3).verifying_key()), longest, serial)
        .unwrap();
}
