//! Many DACs from one template have the same bytes as certificates issued one by one.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::as_conversions)]

#[path = "support/chain.rs"]
mod chain;

use std::cell::Cell;

use matter_attestation::{
    Certificate, DacSubject, DateTime, Error, Issuer, PaaSubject, PrivateKey, SerialNumber, Validity, issue_paa,
};
use p256::ecdsa::{DerSignature, VerifyingKey};
use proptest::prelude::*;
use signature::{Keypair, Signer};
use spki::{AlgorithmIdentifierOwned, DynSignatureAlgorithmIdentifier};

use self::chain::{PRODUCT, VENDOR, dac_subject, date, key, pai, pai_subject, product, serial, vendor, years};

/// Both forms of the ids, with this name.
fn subjects(name: &str) -> [DacSubject; 2] {
    let subject = DacSubject::new(name, vendor(VENDOR), product(PRODUCT)).unwrap();
    [subject.clone(), subject.with_ids_in_common_name()]
}

#[test]
fn a_template_gives_the_bytes_that_single_issuing_gives() {
    let (pai, pai_key) = (pai(&pai_subject()), key(2));
    let issuer = Issuer::new(&pai, &pai_key).unwrap();
    // Names and serial numbers at which a length takes another byte.
    let serials = [&[1u8][..], &[0x80], &[0x7F; 16], &[0xFF; 16], &[0x7F; 20]].map(|s| SerialNumber::new(s).unwrap());
    let mut cases = 0;
    for validity in [years(2025, 2060), years(2049, 2050), years(2025, 2049)] {
        for len in [1, 2, 8, 16, 41, 42, 43, 44] {
            let name = "n".repeat(len);
            for (form, subject) in subjects(&name).iter().enumerate() {
                let template = issuer.dac_template(&subjects("another")[form], validity).unwrap();
                for serial in serials {
                    let device = key(3 + cases as u8 % 100).public_key();
                    let single = issuer.issue_dac(subject, &device, validity, serial).unwrap();
                    assert_eq!(template.issue_der(&name, &device, serial).unwrap(), single.as_der());
                    cases += 1;
                }
            }
        }
    }
    assert_eq!(cases, 240);
}

proptest! {
    #[test]
    fn template_matches_single_issuing_for_any_subject(
        name in "[ -~ä€]{0,45}", scalar in any::<[u8; 32]>(), serial in proptest::collection::vec(any::<u8>(), 1..=21),
        form in 0..2usize,
    ) {
        let (pai, pai_key) = (pai(&pai_subject()), key(2));
        let issuer = Issuer::new(&pai, &pai_key).unwrap();
        let template = issuer.dac_template(&subjects("another")[form], years(2025, 2060)).unwrap();
        let Ok(device) = PrivateKey::from_scalar(&scalar) else { return Ok(()) };
        let Ok(serial) = SerialNumber::new(&serial) else { return Ok(()) };
        let bulk = template.issue(&name, &device.public_key(), serial);
        let single = DacSubject::new(&name, vendor(VENDOR), product(PRODUCT)).and_then(|subject| {
            let subject = if form == 1 { subject.with_ids_in_common_name() } else { subject };
            issuer.issue_dac(&subject, &device.public_key(), years(2025, 2060), serial)
        });
        prop_assert_eq!(bulk, single);
    }
}

#[test]
fn the_ids_in_a_common_name_are_read_back() {
    let root = PaaSubject::new("PAA")
        .unwrap()
        .with_vendor_id(vendor(VENDOR))
        .with_vendor_id_in_common_name();
    let paa = issue_paa(&key(1), &root, Validity::without_expiry(date(2024)), serial(1)).unwrap();
    assert_eq!(paa.common_name(), Some("PAA Mvid:FFF1"));
    assert_eq!((paa.vendor_id(), paa.product_id()), (Some(vendor(VENDOR)), None));
    let subject = pai_subject()
        .with_product_id(product(PRODUCT))
        .with_ids_in_common_name();
    let pai = Issuer::new(&paa, &key(1))
        .unwrap()
        .issue_pai(&subject, &key(2).public_key(), years(2025, 2060), serial(2))
        .unwrap();
    assert_eq!(pai.common_name(), Some("Test PAI Mvid:FFF1 Mpid:8000"));
    let pai_key = key(2);
    let issuer = Issuer::new(&pai, &pai_key).unwrap();
    for subject in subjects("Lamp") {
        let template = issuer.dac_template(&subject, years(2025, 2060)).unwrap();
        let dac = template.issue("Lamp 7", &key(3).public_key(), serial(3)).unwrap();
        assert_eq!(
            (dac.vendor_id(), dac.product_id()),
            (Some(vendor(VENDOR)), Some(product(PRODUCT)))
        );
    }
    // 64 bytes including the ids, and 65.
    let template = issuer.dac_template(&subjects("x")[1], years(2025, 2060)).unwrap();
    template
        .issue(&"n".repeat(44), &key(3).public_key(), serial(3))
        .unwrap();
    assert_eq!(
        template.issue(&"n".repeat(45), &key(3).public_key(), serial(3)),
        Err(Error::CommonNameLength { len: 65 })
    );
    for name in ["Mvid:FFF2", "x Mpid:8000", "Mpid:"] {
        assert_eq!(
            template.issue(name, &key(3).public_key(), serial(3)),
            Err(Error::CommonNameHasId)
        );
    }
}

#[test]
fn invalid_subjects_have_no_template() {
    let (pai, pai_key) = (pai(&pai_subject().with_product_id(product(PRODUCT))), key(2));
    let issuer = Issuer::new(&pai, &pai_key).unwrap();
    let refused = |subject: &DacSubject, validity| issuer.dac_template(subject, validity).map(|_| ()).unwrap_err();
    assert!(matches!(
        refused(&dac_subject(), years(2024, 2030)),
        Error::ValidityBeforeIssuer { .. }
    ));
    assert!(matches!(
        refused(&dac_subject(), years(2025, 2061)),
        Error::ValidityAfterIssuer { .. }
    ));
    let other = DacSubject::new("x", vendor(VENDOR), product(0x8001)).unwrap();
    assert!(matches!(
        refused(&other, years(2025, 2030)),
        Error::IssuerProductIdMismatch { .. }
    ));
    let other = DacSubject::new("x", vendor(0xFFF2), product(PRODUCT)).unwrap();
    assert!(matches!(
        refused(&other, years(2025, 2030)),
        Error::IssuerVendorIdMismatch { .. }
    ));
    let never = Validity::without_expiry(DateTime::new(2025, 1, 1, 0, 0, 0).unwrap());
    assert!(matches!(
        refused(&dac_subject(), never),
        Error::ValidityAfterIssuer { .. }
    ));
}

/// A token that counts its signatures, and may fail or sign other data.
struct Token {
    key: PrivateKey,
    signatures: Cell<usize>,
    works: bool,
    honest: bool,
}

impl Signer<DerSignature> for Token {
    fn try_sign(&self, message: &[u8]) -> Result<DerSignature, signature::Error> {
        self.signatures.set(self.signatures.get() + 1);
        match (self.works, self.honest) {
            (false, _) => Err(signature::Error::new()),
            (true, true) => self.key.try_sign(message),
            (true, false) => self.key.try_sign(b"something else"),
        }
    }
}

impl Keypair for Token {
    type VerifyingKey = VerifyingKey;

    fn verifying_key(&self) -> VerifyingKey {
        self.key.verifying_key()
    }
}

impl DynSignatureAlgorithmIdentifier for Token {
    fn signature_algorithm_identifier(&self) -> spki::Result<AlgorithmIdentifierOwned> {
        self.key.signature_algorithm_identifier()
    }
}

#[test]
fn token_signs_once_per_certificate_and_is_verified() {
    let pai = pai(&pai_subject());
    let mut token = Token {
        key: key(2),
        signatures: Cell::new(0),
        works: true,
        honest: true,
    };
    let issue = |token: &Token| {
        let issuer = Issuer::new(&pai, token).unwrap();
        let template = issuer.dac_template(&dac_subject(), years(2025, 2030)).unwrap();
        assert_eq!(token.signatures.get(), 0, "a template signs nothing");
        let dac = template.issue("Lamp", &key(3).public_key(), serial(3));
        assert_eq!(token.signatures.take(), 1);
        dac
    };
    let dac: Certificate = issue(&token).unwrap();
    dac.verify_issued_by(&pai).unwrap();
    token.honest = false;
    assert_eq!(issue(&token), Err(Error::SignatureInvalid));
    token.works = false;
    assert!(matches!(issue(&token), Err(Error::SigningFailed(_))));
}
