//! Certificate signing requests: each fault by itself, with a case just inside of the rule.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::as_conversions)]

#[path = "support/chain.rs"]
mod chain;
#[path = "support/der.rs"]
mod der;
#[path = "support/csr_refused.rs"]
mod refused;
#[path = "support/table.rs"]
mod table;

use hex_literal::hex;
use matter_attestation::{CertificateRequest, CsrFault, Error, Issuer, PrivateKey, PublicKey};
use proptest::prelude::*;

use self::chain::{dac_subject, key, pai, pai_subject, serial, years};
use self::der::{ALGORITHM, P256, common_name, public_key, seq, signature, tlv};

/// openssl ecparam -name prime256v1 -genkey -noout -out key.pem
/// openssl req -new -key key.pem -subj "/O=CSR/CN=Mvid:FFF2" -addext basicConstraints=critical,CA:TRUE \
///     -addext keyUsage=keyCertSign -outform der
const OPENSSL: [u8; 272] = hex!(
    "3082010c3081b30201003022310c300a060355040a0c034353523112301006035504030c094d7669"
    "643a464646323059301306072a8648ce3d020106082a8648ce3d030107034200046669eaf897132f"
    "4e14829d23f37b63164bbc8b9a5e7fdefbba06a338ff494663a84e1e358ccaedefe741809b077663"
    "b6fd2aff7ff7fc5ed9eb85c3c96f7c2ceaa02f302d06092a864886f70d01090e3120301e300f0603"
    "551d130101ff040530030101ff300b0603551d0f040403020204300a06082a8648ce3d0403020348"
    "00304502200c1008270198597255d982441188789f2144591abce60a3788f4b8f2ba2a317b022100"
    "9ba7a27a04948bdb7afc3d04f03a046b43a102513be37facc0d7ca6d4265b2c9"
);

/// The parts of a request, each of which a case may replace.
struct Parts {
    version: Vec<u8>,
    subject: Vec<u8>,
    public_key: Vec<u8>,
    attributes: Vec<u8>,
    behind_attributes: Vec<u8>,
    algorithm: Vec<u8>,
    /// The signed bytes, if they differ from the request.
    signed: Option<Vec<u8>>,
    signature: Option<Vec<u8>>,
    behind_signature: Vec<u8>,
    trailing: Vec<u8>,
}

impl Parts {
    fn new() -> Self {
        Self {
            version: tlv(0x02, &[0]),
            subject: common_name("device"),
            public_key: public_key(P256, key(3).public_key().as_bytes()),
            attributes: tlv(0xA0, &[]),
            behind_attributes: vec![],
            algorithm: ALGORITHM.to_vec(),
            signed: None,
            signature: None,
            behind_signature: vec![],
            trailing: vec![],
        }
    }

    fn encode(&self) -> Vec<u8> {
        let info = seq(&[
            &self.version,
            &self.subject,
            &self.public_key,
            &self.attributes,
            &self.behind_attributes,
        ]);
        let signature = self
            .signature
            .clone()
            .unwrap_or_else(|| signature(&key(3), self.signed.as_ref().unwrap_or(&info)));
        let request = seq(&[&info, &self.algorithm, &signature, &self.behind_signature]);
        [request, self.trailing.clone()].concat()
    }
}

type Change = fn(&mut Parts);

/// An attribute extensionRequest with this SET.
fn extension_request(set: &[u8]) -> Vec<u8> {
    let oid = hex!("06 09 2A 86 48 86 F7 0D 01 09 0E");
    tlv(0xA0, &seq(&[&oid, set]))
}

fn point() -> PublicKey {
    key(3).public_key()
}

/// The accepted cases.
const ACCEPTED: [(&str, Change); 9] = [
    ("nothing changed", |_| {}),
    ("an empty subject", |p| p.subject = seq(&[])),
    ("a subject with another device's ids", |p| {
        p.subject = common_name("Mvid:FFF2 Mpid:0001")
    }),
    ("a subject with malformed ids", |p| p.subject = common_name("Mvid:FF")),
    ("a subject of 200 bytes", |p| p.subject = common_name(&"x".repeat(200))),
    ("a requested extension", |p| {
        p.attributes = extension_request(&tlv(0x31, &seq(&[])))
    }),
    ("an attribute with two values", |p| {
        p.attributes = extension_request(&tlv(0x31, &[tlv(0x0C, b"a"), tlv(0x0C, b"b")].concat()));
    }),
    ("two attributes", |p| {
        let one = seq(&[&[0x06, 0x03, 0x55, 0x04, 0x03], &tlv(0x31, &tlv(0x0C, b"a"))]);
        p.attributes = tlv(0xA0, &[one.clone(), one].concat());
    }),
    ("the key of the lowest scalar", |p| {
        let scalar = [[0; 31].as_slice(), &[1]].concat().try_into().unwrap();
        let lowest = PrivateKey::from_scalar(&scalar).unwrap();
        p.public_key = public_key(P256, lowest.public_key().as_bytes());
        let info = seq(&[&p.version, &p.subject, &p.public_key, &p.attributes]);
        p.signature = Some(signature(&lowest, &info));
    }),
];

#[test]
fn each_rule_alone_decides() {
    for (what, change) in ACCEPTED {
        let mut parts = Parts::new();
        change(&mut parts);
        let der = parts.encode();
        let request = CertificateRequest::from_der(&der).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(request.as_der(), der, "{what}");
        assert_eq!(request.subject_der(), parts.subject, "{what}");
    }
    for (what, change, fault, offset) in refused::REFUSED {
        let mut parts = Parts::new();
        change(&mut parts);
        let der = parts.encode();
        let Err(Error::Csr { fault: f, offset: at }) = CertificateRequest::from_der(&der) else {
            panic!("{what} is accepted");
        };
        // Positions that depend on the signature's length are not listed.
        let moved = offset == 204 && at.abs_diff(offset) <= 2;
        assert!(f == fault && (at == offset || moved), "{what}: {f:?} at {at}");
    }
    println!(
        "requests: {} accepted, {} refused",
        ACCEPTED.len(),
        refused::REFUSED.len()
    );
}

type Cut = fn(&[u8]) -> Vec<u8>;

/// Requests that are not a single DER SEQUENCE.
const NO_DER: [(&str, Cut); 6] = [
    ("indefinite length", |der| {
        [&[0x30, 0x80][..], &der[3..], &[0, 0]].concat()
    }),
    ("length in three bytes", |der| {
        [&[0x30, 0x82, 0][..], &der[2..]].concat()
    }),
    ("length beyond the end", |der| der[..der.len() - 1].to_vec()),
    ("a tag of two bytes", |der| [&[0x3F, 0x10][..], &der[1..]].concat()),
    ("nothing", |_| vec![]),
    ("one byte", |_| vec![0x30]),
];

#[test]
fn lengths_must_be_der() {
    let der = Parts::new().encode();
    for (what, change) in NO_DER {
        assert_eq!(
            CertificateRequest::from_der(&change(&der)),
            Err(Error::Csr {
                fault: CsrFault::Form,
                offset: 0
            }),
            "{what}"
        );
    }
}

#[test]
fn a_certificate_has_the_key_of_a_request_and_nothing_else() {
    let request = CertificateRequest::decode(&OPENSSL).unwrap();
    assert_eq!(
        CertificateRequest::decode(request.to_pem().as_bytes()).unwrap(),
        request
    );
    let pai = pai(&pai_subject());
    let dac = Issuer::new(&pai, &key(2))
        .unwrap()
        .issue_dac(&dac_subject(), &request.public_key(), years(2025, 2030), serial(3))
        .unwrap();
    assert_eq!(dac.public_key().as_bytes()[..], OPENSSL[72..137]);
    assert!(!dac.is_ca());
    assert_eq!(dac.vendor_id(), Some(chain::vendor(chain::VENDOR)));
    assert_eq!(dac.common_name(), Some("Test DAC"));
}

#[test]
fn pem_has_one_block_with_one_of_two_labels() {
    let request = CertificateRequest::from_der(&OPENSSL).unwrap();
    let pem = request.to_pem();
    for text in [
        pem.clone(),
        pem.replace(" CERT", " NEW CERT"),
        pem.replace('\n', "\r\n"),
        format!("text\n{pem}"),
    ] {
        assert_eq!(CertificateRequest::decode(text.as_bytes()).unwrap(), request);
    }
    let refused = |text: &str| CertificateRequest::decode(text.as_bytes()).unwrap_err();
    assert_eq!(refused(&pem.repeat(2)), Error::PemMalformed);
    assert_eq!(refused(&pem[..200]), Error::PemMalformed);
    assert_eq!(
        refused(&pem.replace("CERTIFICATE REQUEST", "CERTIFICATE")),
        Error::PemLabel {
            expected: "CERTIFICATE REQUEST",
            found: Some("CERTIFICATE".to_owned())
        }
    );
}

#[test]
fn errors_have_fault_and_position() {
    let mut der = OPENSSL;
    der[9] = 1;
    assert_eq!(
        CertificateRequest::decode(&der).unwrap_err().to_string(),
        "certificate signing request: version is not 1 (encoded as 0): encoded as 1, at 7"
    );
}

#[test]
fn every_byte_matters() {
    for at in 0..OPENSSL.len() {
        for bit in 0..8 {
            let mut der = OPENSSL;
            der[at] ^= 1 << bit;
            assert!(CertificateRequest::from_der(&der).is_err(), "bit {bit} of byte {at}");
        }
    }
}

#[test]
fn the_documented_table_has_these_cases() {
    let refused = refused::REFUSED.iter().map(|(what, _, fault, _)| (*what, *fault));
    let no_der = NO_DER.iter().map(|(what, _)| (*what, CsrFault::Form));
    table::check(
        "Certificate signing requests",
        "csr",
        refused
            .chain(no_der)
            .map(|(what, fault)| table::refused(&table::rule(&Error::Csr { fault, offset: 0 }), what))
            .chain(ACCEPTED.iter().map(|(what, _)| table::accepted(what))),
    );
}

proptest! {
    #[test]
    fn nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = CertificateRequest::decode(&bytes);
    }
}

/// The request is decoded again; `openssl req -verify` accepts it in scripts/softhsm.
#[test]
fn request_that_is_made_is_signed_by_its_key() {
    let key = PrivateKey::from_scalar(&[7; 32]).unwrap();
    let request = CertificateRequest::sign(&key, "Factory PAI").unwrap();
    assert_eq!(request.public_key(), key.public_key());
    // SEQUENCE, SET, SEQUENCE, id-at-commonName, UTF8String.
    let name = [
        &[
            0x30, 0x16, 0x31, 0x14, 0x30, 0x12, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0C, 0x0B,
        ][..],
        b"Factory PAI",
    ];
    assert_eq!(request.subject_der(), name.concat());
    assert_eq!(CertificateRequest::decode(request.to_pem().as_bytes()), Ok(request));
    for (name, error) in [
        ("", Error::CommonNameLength { len: 0 }),
        (&"n".repeat(65), Error::CommonNameLength { len: 65 }),
        ("Mvid:FFF1", Error::CommonNameHasId),
        ("a\nb", Error::CommonNameHasControl),
    ] {
        assert_eq!(CertificateRequest::sign(&key, name), Err(error));
    }
}
