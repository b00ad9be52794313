//! Public test data of the Matter SDK (connectedhomeip), read from outside of the repository if present.
//!
//! The folder is `shared/vectors` next to the workspace's root, or the one named by `MATTER_VECTORS`.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::as_conversions)]

#[path = "support/subject.rs"]
mod subject;
#[path = "support/vectors.rs"]
mod support;

use std::collections::BTreeMap;
use std::fs;

use const_oid::ObjectIdentifier;
use matter_attestation::{Certificate, Error, PrivateKey, SignedDeclaration, test_cd_signing_key};
use serde_json::Value;

use self::subject::Attribute;
use self::support::{bytes, files, json, vectors};

/// RFC 3279, 2.2.3.
const ECDSA_WITH_SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.1");

#[test]
fn certificates_parse_and_verify_against_their_issuer() {
    let Some(root) = vectors() else { return };
    let mut cases = 0;
    for folder in ["attestation_test", "attestation_development", "revocation"] {
        let folder = root.join("attestation").join(folder);
        let ders = files(&folder, "-Cert.der");
        let pems = files(&folder, "-Cert.pem");
        let mut issuers = BTreeMap::<_, Vec<_>>::new();
        let mut parsed = Vec::new();
        for (name, der) in &ders {
            let certificate = Certificate::decode(der).unwrap_or_else(|error| panic!("{name}: {error}"));
            let pem = Certificate::decode(&pems[name]).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(certificate, pem, "{name}");
            assert_eq!(certificate.as_der(), der, "{name}");
            issuers
                .entry(certificate.subject_der().to_vec())
                .or_default()
                .push(certificate.clone());
            parsed.push((name, certificate));
            cases += 1;
        }
        for (name, certificate) in &parsed {
            // Several CAs share a name, in some vectors on purpose.
            let candidates = issuers.get(certificate.issuer_der()).cloned().unwrap_or_default();
            let verified = candidates
                .iter()
                .filter(|issuer| certificate.verify_issued_by(issuer).is_ok())
                .count();
            let expected = candidates
                .iter()
                .any(|issuer| certificate.authority_key_id() == issuer.subject_key_id());
            assert_eq!(verified > 0, expected, "{name}");
            cases += 1;
        }
    }
    println!("attestation certificates: {cases} cases ran");
}

#[test]
fn private_keys_fit_their_certificates() {
    let Some(root) = vectors() else { return };
    let mut cases = 0;
    for folder in ["attestation_test", "attestation_development", "revocation"] {
        let folder = root.join("attestation").join(folder);
        let certificates = files(&folder, "-Cert.der");
        for ending in ["-Key.der", "-Key.pem"] {
            for (name, input) in files(&folder, ending) {
                let key = PrivateKey::decode(&input).unwrap_or_else(|error| panic!("{name}: {error}"));
                if ending == "-Key.der" {
                    assert_eq!(*key.to_sec1_der(), input, "{name}");
                }
                if let Some(der) = certificates.get(&name) {
                    assert_eq!(
                        Certificate::from_der(der).unwrap().public_key(),
                        key.public_key(),
                        "{name}"
                    );
                }
                cases += 1;
            }
        }
    }
    println!("attestation private keys: {cases} cases ran");
}

#[test]
fn subject_ids_match_the_sdk() {
    let Some(root) = vectors() else { return };
    let mut cases = 0;
    let table = json(&root.join("attestation/unit/table_vidpid_string.json"));
    for row in table.as_array().unwrap() {
        let value = row["value"].as_str().unwrap();
        let attribute = match row["attr"].as_str().unwrap() {
            "MatterVID" => Attribute::Vendor(value),
            "MatterPID" => Attribute::Product(value),
            // An empty common name is an argument error of that function, unrelated to certificates.
            "CommonName" if !value.is_empty() => Attribute::CommonName(value),
            _ => continue,
        };
        let found = subject::certificate(&[attribute])
            .map(|c| (c.vendor_id().map(|id| id.get()), c.product_id().map(|id| id.get())));
        let id = |key: &str| row[key].as_u64().map(|id| u16::try_from(id).unwrap());
        // The SDK's function returns 0, which is not a vendor id, and leaves the check to its callers.
        if row["result"] == "CHIP_NO_ERROR" && id("vid") != Some(0) {
            assert_eq!(found, Ok((id("vid"), id("pid"))), "{row}");
        } else {
            let refusals = [
                Err(Error::SubjectVendorIdMalformed),
                Err(Error::SubjectProductIdMalformed),
            ];
            assert!(refusals.contains(&found), "{row}");
        }
        cases += 1;
    }
    println!("attestation subject ids: {cases} cases ran");
}

/// The expected decoding errors of the parts of device vectors. All other parts decode: their faults concern a chain or
/// a profile.
fn refusals() -> BTreeMap<(&'static str, &'static str), Error> {
    let vendor = || Error::SubjectVendorIdMalformed;
    let product = || Error::SubjectProductIdMalformed;
    let missing = |tag, offset| Error::CdMember { tag, offset };
    BTreeMap::from([
        (
            ("struct_cd_authorized_paa_list_count0", "cd"),
            Error::CdAuthorizedPaaCount { count: 0 },
        ),
        (
            ("struct_cd_cert_id_len_wrong", "cd"),
            Error::CdCertificateIdLength { len: 23 },
        ),
        (("struct_cd_cert_type_missing", "cd"), missing(8, 50)),
        (
            ("struct_cd_cert_type_wrong", "cd"),
            Error::CdCertificationType { value: 255 },
        ),
        (
            ("struct_cd_cms_digest_algo_sha1", "cd"),
            Error::CdCmsField {
                field: "digest algorithm (allowed: SHA-256)",
            },
        ),
        (
            ("struct_cd_cms_sig_algo_ecdsa_with_sha1", "cd"),
            Error::CdCmsField {
                field: "signature algorithm (allowed: ecdsa-with-SHA256)",
            },
        ),
        (
            ("struct_cd_dac_origin_vid_present_pid_missing", "cd"),
            Error::CdDacOriginIncomplete,
        ),
        (("struct_cd_device_type_id_missing", "cd"), missing(3, 14)),
        (
            ("struct_cd_format_version_2", "cd"),
            Error::CdFormatVersion { value: 2 },
        ),
        (("struct_cd_format_version_missing", "cd"), missing(0, 1)),
        (("struct_cd_pid_array_missing", "cd"), missing(2, 8)),
        (("struct_cd_security_level_missing", "cd"), missing(5, 40)),
        (
            ("struct_cd_signer_info_digest_algo_sha1", "cd"),
            Error::CdCmsField {
                field: "signer's digest algorithm (allowed: SHA-256)",
            },
        ),
        (("struct_cd_version_number_missing", "cd"), missing(7, 46)),
        (("struct_cd_vid_missing", "cd"), missing(1, 4)),
        (
            ("struct_dac_fuzzed_skid_malformed", "dac"),
            Error::CertificateMalformed { offset: Some(494) },
        ),
        (
            ("struct_dac_sig_algo_ecdsa_with_sha1", "dac"),
            Error::CertificateAlgorithm {
                oid: Some(ECDSA_WITH_SHA1),
            },
        ),
        (("struct_dac_vidpid_fallback_encoding_06", "dac"), vendor()),
        (("struct_dac_vidpid_fallback_encoding_07", "dac"), vendor()),
        (("struct_dac_vidpid_fallback_encoding_08", "dac"), product()),
        (("struct_dac_vidpid_fallback_encoding_09", "dac"), product()),
        (("struct_dac_vidpid_fallback_encoding_19", "dac"), product()),
        (
            ("struct_pai_cert_version_v2", "pai"),
            Error::CertificateVersion { version: 2 },
        ),
        (
            ("struct_pai_fuzzed_skid_malformed", "pai"),
            Error::CertificateMalformed { offset: Some(472) },
        ),
        (
            ("struct_pai_sig_algo_ecdsa_with_sha1", "pai"),
            Error::CertificateAlgorithm {
                oid: Some(ECDSA_WITH_SHA1),
            },
        ),
        (("struct_pai_sig_curve_secp256k1", "pai"), Error::KeyNotP256),
        (("struct_pai_vidpid_fallback_encoding_06", "pai"), vendor()),
        (("struct_pai_vidpid_fallback_encoding_07", "pai"), vendor()),
        (("struct_pai_vidpid_fallback_encoding_09", "pai"), product()),
        (("struct_pai_vidpid_fallback_encoding_10", "pai"), vendor()),
        (("struct_pai_vidpid_fallback_encoding_12", "pai"), vendor()),
    ])
}

#[test]
fn device_vectors_decode_or_are_refused() {
    let Some(root) = vectors() else { return };
    let mut refusals = refusals();
    let mut cases = 0;
    for (name, text) in files(&root.join("attestation/commissioner_dut"), ".json") {
        let vector: Value = serde_json::from_slice(&text).unwrap();
        let accepted = vector["is_success_case"] == "true";
        let mut check = |part: &'static str, result: Option<Error>| {
            let expected = refusals
                .keys()
                .find(|(refused, which)| *refused == name && *which == part)
                .copied();
            let expected = expected.and_then(|key| refusals.remove(&key));
            assert_eq!(result, expected, "{name} {part}");
            assert!(result.is_none() || !accepted, "{name} {part}");
            cases += 1;
        };
        let dac = Certificate::decode(&bytes(&vector["dac_cert"]));
        let pai = Certificate::decode(&bytes(&vector["pai_cert"]));
        let declaration = SignedDeclaration::decode(&bytes(&vector["certification_declaration"]));
        check("dac", dac.as_ref().err().cloned());
        check("pai", pai.as_ref().err().cloned());
        check("cd", declaration.as_ref().err().cloned());

        if let Ok(declaration) = &declaration {
            assert_eq!(
                declaration.content().encode_tlv().unwrap(),
                declaration.as_tlv(),
                "{name}"
            );
        }
        let (Ok(dac), Ok(pai), Ok(declaration)) = (dac, pai, declaration) else {
            continue;
        };
        let key = PrivateKey::from_scalar(&bytes(&vector["dac_private_key"]).try_into().unwrap()).unwrap();
        assert_eq!(bytes(&vector["dac_public_key"]), key.public_key().as_bytes(), "{name}");
        assert_eq!(dac.public_key(), key.public_key(), "{name}");
        if accepted {
            dac.verify_issued_by(&pai)
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(dac.vendor_id(), pai.vendor_id(), "{name}");
            assert!(
                pai.product_id().is_none() || pai.product_id() == dac.product_id(),
                "{name}"
            );
            let signer = test_cd_signing_key().public_key();
            declaration
                .verify(&signer)
                .unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }
    assert!(refusals.is_empty(), "{:?}", refusals.keys());
    println!("attestation device vectors: {cases} cases ran");
}

#[test]
fn an_attestation_response_verifies_as_raw_signature() {
    let Some(root) = vectors() else { return };
    let arrays = json(&root.join("attestation/unit/device_attestation_credentials_arrays.json"));
    let first = |name: &str| bytes(&arrays[name][0]);
    let message = [
        first("attestationElementsTestVector"),
        first("attestationChallengeTestVector"),
    ]
    .concat();
    let signature = first("attestationSignatureTestVector");
    let folder = root.join("attestation/attestation_test");
    let dac = fs::read(folder.join("Chip-Test-DAC-FFF1-8000-0004-Cert.der")).unwrap();
    let key = Certificate::from_der(&dac).unwrap().public_key();
    key.verify_raw(&message, &signature).unwrap();
    assert_eq!(key.verify_raw(&message[1..], &signature), Err(Error::SignatureInvalid));
    println!("attestation response: 2 cases ran");
}

#[test]
fn the_factory_folder_of_the_reference_tool_fits_together() {
    let Some(root) = vectors() else { return };
    let read = |name: &str| fs::read(root.join("factory_data").join(name)).unwrap();
    let dac = Certificate::decode(&read("DAC_cert.der")).unwrap();
    let pai = Certificate::decode(&read("pai_cert.der")).unwrap();
    dac.verify_issued_by(&pai).unwrap();
    assert_eq!(Certificate::decode(&read("DAC_cert.pem")).unwrap(), dac);
    assert_eq!(dac.vendor_id().map(|id| id.get()), Some(0xFFF2));
    assert_eq!(dac.product_id().map(|id| id.get()), Some(0x8001));
    assert_eq!(pai.vendor_id(), dac.vendor_id());

    let key = PrivateKey::decode(&read("DAC_key.der")).unwrap();
    assert_eq!(*key.to_sec1_der(), read("DAC_key.der"));
    assert_eq!(
        PrivateKey::decode(&read("DAC_key.pem")).unwrap().public_key(),
        key.public_key()
    );
    assert_eq!(*key.to_pkcs8_pem().unwrap().as_bytes(), read("DAC_key.pem"));
    assert_eq!(key.expose_scalar()[..], read("DAC_private_key.bin"));
    assert_eq!(key.public_key().as_bytes()[..], read("DAC_public_key.bin"));
    assert_eq!(key.public_key(), dac.public_key());

    let signed = SignedDeclaration::decode(&read("Chip-Test-CD-FFF2-8001.der")).unwrap();
    assert!(
        signed
            .content()
            .covers(dac.vendor_id().unwrap(), dac.product_id().unwrap())
    );
    println!("attestation factory folder: 7 cases ran");
}
