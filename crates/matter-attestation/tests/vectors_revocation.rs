//! The Matter SDK's lists, revocation set and tables of distribution points, if present.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::as_conversions)]

#[path = "support/vectors.rs"]
mod support;

use std::fs;
use std::path::Path;

use matter_attestation::{Certificate, Crl, CrlDistributionPoint, DateTime, RevocationPoint, SerialNumber};

use self::support::{files, json, vectors};

fn certificate(folder: &Path, name: &str) -> Certificate {
    Certificate::decode(&fs::read(folder.join(format!("{name}.der"))).unwrap())
        .unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// Lists, signers, and the serial numbers that `openssl crl -text` shows.
const LISTS: [(&str, &str, bool, &[u64]); 3] = [
    (
        "Chip-Test-PAA-FFF1",
        "Chip-Test-PAA-FFF1",
        true,
        &[0x3026_6439_2B8A_3F2A],
    ),
    (
        "Chip-Test-PAI-FFF1-noPID-Revoked",
        "Chip-Test-PAI-FFF1-noPID-Revoked",
        false,
        &[0x735E_75C0_FE8F_5AC5],
    ),
    (
        "Matter-Development-PAI-FFF1-noPID",
        "Matter-Development-PAI-FFF1-noPID",
        false,
        &[0x0AB0_4249_4323_FE54, 0x1936_7D97_8EAC_533A, 0x2569_383D_24BB_36EA],
    ),
];

#[test]
fn lists_verify_and_match_openssl() {
    let Some(root) = vectors() else { return };
    let folder = root.join("attestation/revocation");
    let (ders, pems) = (files(&folder, "-CRL.der"), files(&folder, "-CRL.pem"));
    assert_eq!(ders.len(), LISTS.len());
    let paa = certificate(&folder, "Chip-Test-PAA-FFF1-Cert");
    let now = DateTime::new(2026, 6, 1, 0, 0, 0).unwrap();
    for (list, signer, is_paa, serials) in LISTS {
        let crl = Crl::decode(&ders[list]).unwrap_or_else(|error| panic!("{list}: {error}"));
        assert_eq!(Crl::decode(&pems[list]).unwrap(), crl, "{list}");
        let signer = certificate(&folder, &format!("{signer}-Cert"));
        let id = signer.subject_key_id().unwrap();
        let vendor = signer.vendor_id().unwrap();
        let point = RevocationPoint::new(vendor, is_paa, id, signer, "https://example.com");
        let entry = point
            .entry(&[], &crl, std::slice::from_ref(&paa), now)
            .unwrap_or_else(|error| panic!("{list}: {error}"));
        let serials = serials
            .iter()
            .map(|serial| SerialNumber::new(&serial.to_be_bytes()).unwrap());
        assert!(entry.revoked().eq(serials), "{list}");
    }
    println!("attestation lists: {} cases ran", LISTS.len());
}

#[test]
fn distribution_points_match_the_sdk() {
    let Some(root) = vectors() else { return };
    let folder = root.join("attestation/attestation_test");
    let mut cases = 0;
    let table = json(&root.join("attestation/unit/table_cdp_uri.json"));
    for row in table["rows"].as_array().unwrap() {
        // The row without a certificate tests a null pointer.
        let Some(name) = row["cert"].as_str() else { continue };
        let certificate = certificate(&folder, name);
        let point = CrlDistributionPoint::of(&certificate);
        assert_eq!(
            CrlDistributionPoint::of_der(certificate.as_der()),
            Ok(point.clone()),
            "{name}"
        );
        let expected = match row["uri"].as_str().unwrap() {
            "httpSpan" => Some(&table["strings"]["exampleHttpURI"]),
            "httpsSpan" => Some(&table["strings"]["exampleHttpsURI"]),
            _ => None,
        };
        if row["error"] == "CHIP_ERROR_BUFFER_TOO_SMALL" {
            assert!(point.uri().unwrap().len() > CrlDistributionPoint::MAX_URI_LEN, "{name}");
        } else {
            assert_eq!(point.uri(), expected.map(|uri| uri.as_str().unwrap()), "{name}");
        }
        cases += 1;
    }
    for row in json(&root.join("attestation/unit/table_cdp_crl_issuer.json"))
        .as_array()
        .unwrap()
    {
        let Some(name) = row["cert"].as_str() else { continue };
        let point = CrlDistributionPoint::of(&certificate(&folder, name));
        let issuer = row["crl_issuer"].as_str().map(|issuer| certificate(&folder, issuer));
        assert_eq!(
            point.crl_issuer_der(),
            issuer.as_ref().map(Certificate::subject_der),
            "{name}"
        );
        cases += 1;
    }
    println!("attestation distribution points: {cases} cases ran");
}

#[cfg(feature = "serde")]
#[test]
fn the_revocation_set_is_read_and_written_the_same() {
    use matter_attestation::{RevocationSet, RevocationStatus};

    let Some(root) = vectors() else { return };
    let folder = root.join("attestation/revocation");
    let text = fs::read(folder.join("revocation-sets/revocation-set.json")).unwrap();
    let set: RevocationSet = serde_json::from_slice(&text).unwrap();
    let original: serde_json::Value = serde_json::from_slice(&text).unwrap();
    assert_eq!(serde_json::to_value(&set).unwrap(), original);
    let mut cases = 0;
    for (name, der) in files(&folder, "-Cert.der") {
        let certificate = Certificate::decode(&der).unwrap();
        let status = set.status(
            certificate.issuer_der(),
            certificate.authority_key_id().unwrap(),
            certificate.serial(),
        );
        let revoked = [
            "Chip-Test-DAC-FFF1-8001-Revoked-Signed-By-Revoked-PAI",
            "Chip-Test-PAI-FFF1-noPID-Revoked",
            "Matter-Development-DAC-FFF1-8001-Revoked-01",
            "Matter-Development-DAC-FFF1-8001-Revoked-02",
            "Matter-Development-DAC-FFF1-8001-Revoked-03",
        ];
        assert_eq!(
            status == RevocationStatus::Revoked,
            revoked.contains(&name.as_str()),
            "{name}"
        );
        cases += 1;
    }
    assert_eq!(set.entries().len(), 7);
    assert!(set.entries().iter().all(|entry| entry.is_consistent()));
    // The lists give the entries that the SDK's script generated from them.
    let paa = certificate(&folder, "Chip-Test-PAA-FFF1-Cert");
    let now = DateTime::new(2026, 6, 1, 0, 0, 0).unwrap();
    for (list, signer, is_paa, _) in LISTS {
        let crl = Crl::decode(&fs::read(folder.join(format!("{list}-CRL.der"))).unwrap()).unwrap();
        let signer = certificate(&folder, &format!("{signer}-Cert"));
        let (id, vendor) = (signer.subject_key_id().unwrap(), signer.vendor_id().unwrap());
        let point = RevocationPoint::new(vendor, is_paa, id, signer, "https://example.com");
        let entry = point.entry(&[], &crl, std::slice::from_ref(&paa), now).unwrap();
        assert!(set.entries().contains(&entry), "{list}");
        cases += 1;
    }
    println!("attestation revocation set: {cases} cases ran");
}
