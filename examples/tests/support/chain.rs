//! Certificates and keys in files, made for the tests with public keys.

use std::fs;
use std::path::Path;

use matter_attestation::{
    Certificate, CertificationDeclaration, CertificationType, DacSubject, DateTime, Issuer, PaaSubject, PaiSubject,
    PrivateKey, SerialNumber, TEST_CD_SIGNING_KEY_ID, Validity, issue_paa, test_cd_signing_key,
};
use matter_types::{ProductId, VendorId};

/// The UUID in the common name of `dac`.
pub const UUID: &str = "5d3ec0de-1234-4abc-8def-0123456789ab";

const VENDOR: VendorId = match VendorId::new(0xFFF2) {
    Ok(id) => id,
    Err(_) => unreachable!(),
};
const PRODUCT: ProductId = match ProductId::new(0x8001) {
    Ok(id) => id,
    Err(_) => unreachable!(),
};

pub fn key(number: u8) -> PrivateKey {
    PrivateKey::from_scalar(&[number; 32]).unwrap()
}

fn serial(number: u8) -> SerialNumber {
    SerialNumber::new(&[number]).unwrap()
}

fn valid(from: u16, to: u16) -> Validity {
    let day = |year| DateTime::new(year, 1, 1, 0, 0, 0).unwrap();
    Validity::new(day(from), day(to)).unwrap()
}

/// Signs a device's certificate with the PAI of [`write`].
pub fn issue(pai: &Certificate, pai_key: &PrivateKey, name: &str, number: u8, validity: Validity) -> Certificate {
    let subject = DacSubject::new(name, VENDOR, PRODUCT).unwrap();
    let issuer = Issuer::new(pai, pai_key).unwrap();
    issuer
        .issue_dac(&subject, &key(number).public_key(), validity, serial(number))
        .unwrap()
}

/// Writes `paa`, `pai` (vendor FFF2, product 8001), `dac` (its common name a UUID), `dac-plain` (another name),
/// `dac-other` (of another PAI), `dac-short` (until 2040), each as -cert and -key in PEM and DER, and `CD.der`.
pub fn write(folder: &Path) -> Certificate {
    let forever = Validity::without_expiry(DateTime::new(2021, 6, 28, 0, 0, 0).unwrap());
    let paa = issue_paa(&key(1), &PaaSubject::new("Test PAA").unwrap(), forever, serial(1)).unwrap();
    let root = key(1);
    let issuer = Issuer::new(&paa, &root).unwrap();
    let subject = |name: &str| PaiSubject::new(name, VENDOR).unwrap().with_product_id(PRODUCT);
    let pai = issuer
        .issue_pai(&subject("Test PAI"), &key(2).public_key(), forever, serial(2))
        .unwrap();
    let other = issuer
        .issue_pai(&subject("Other PAI"), &key(3).public_key(), forever, serial(3))
        .unwrap();
    save(folder, "paa", &paa, 1);
    save(folder, "pai", &pai, 2);
    save(folder, "dac", &issue(&pai, &key(2), UUID, 4, forever), 4);
    save(folder, "dac-plain", &issue(&pai, &key(2), "Plain DAC", 5, forever), 5);
    save(folder, "dac-other", &issue(&other, &key(3), "Other DAC", 6, forever), 6);
    save(
        folder,
        "dac-short",
        &issue(&pai, &key(2), "Short DAC", 7, valid(2022, 2040)),
        7,
    );
    save(
        folder,
        "dac-expired",
        &issue(&pai, &key(2), "Expired DAC", 8, valid(2022, 2024)),
        8,
    );
    let kind = CertificationType::DevelopmentAndTest;
    let content = CertificationDeclaration::new(VENDOR, &[PRODUCT], 0x0100, "CSA00000SWC00000-00", kind).unwrap();
    let signed = content.sign(&test_cd_signing_key(), TEST_CD_SIGNING_KEY_ID).unwrap();
    fs::write(folder.join("CD.der"), signed).unwrap();
    pai
}

/// Writes `pai-named`, whose common name has the ids.
pub fn write_named_pai(folder: &Path) {
    let forever = Validity::without_expiry(DateTime::new(2021, 6, 28, 0, 0, 0).unwrap());
    let paa = Certificate::decode(&fs::read(folder.join("paa-cert.der")).unwrap()).unwrap();
    let root = key(1);
    let subject = PaiSubject::new("Named PAI", VENDOR)
        .unwrap()
        .with_product_id(PRODUCT)
        .with_ids_in_common_name();
    let issuer = Issuer::new(&paa, &root).unwrap();
    let pai = issuer
        .issue_pai(&subject, &key(9).public_key(), forever, serial(9))
        .unwrap();
    save(folder, "pai-named", &pai, 9);
}

pub fn save(folder: &Path, name: &str, certificate: &Certificate, number: u8) {
    let write = |suffix: &str, bytes: &[u8]| fs::write(folder.join(format!("{name}-{suffix}")), bytes).unwrap();
    write("cert.pem", certificate.to_pem().as_bytes());
    write("cert.der", certificate.as_der());
    write("key.pem", key(number).to_pkcs8_pem().unwrap().as_bytes());
    write("key.der", &key(number).to_sec1_der());
}
