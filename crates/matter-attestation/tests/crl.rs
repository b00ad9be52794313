//! Certificate revocation lists: each fault by itself, with a case just inside of the rule.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::as_conversions)]

#[path = "support/chain.rs"]
mod chain;
#[path = "support/crl.rs"]
mod crl;
#[path = "support/der.rs"]
mod der;
#[path = "support/table.rs"]
mod table;

use const_oid::ObjectIdentifier;
use matter_attestation::{Certificate, Crl, CrlFault, DateTime, Error, Issuer, KeyId, PrivateKey};
use proptest::prelude::*;

use self::chain::{date, key, paa, pai, pai_subject, serial, years};
use self::crl::{INDIRECT, Parts, authority_key_id, certificate_issuer, distribution_point, entry, extension};
use self::der::{ALGORITHM, common_name, seq, tlv};

type Change = fn(&mut Parts);

/// The extension of the cases.
const OID_99: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.99");

fn id() -> KeyId {
    key(1).public_key().key_id()
}

fn parts() -> Parts {
    Parts::new(paa().subject_der(), id())
}

/// Adds an extension.
fn with(parts: &mut Parts, extension: &[u8]) {
    parts.extensions.extend_from_slice(extension);
}

#[rustfmt::skip]
const ACCEPTED: [(&str, Change); 17] = [
    ("nothing changed", |_| {}),
    ("no entries", |p| p.entries = vec![]),
    ("two entries", |p| p.entries = seq(&[&entry(&[7], &[]), &entry(&[8], &[])])),
    ("a serial number of 20 bytes", |p| p.entries = seq(&[&entry(&[0x7F; 20], &[])])),
    ("a serial number with its top bit set", |p| p.entries = seq(&[&entry(&[0, 0x80], &[])])),
    ("this and next update are the same", |p| p.next_update = p.this_update.clone()),
    ("next update in 2050", |p| p.next_update = tlv(0x18, b"20500101000000Z")),
    ("an unknown extension", |p| with(p, &extension(99, false, &[5, 0]))),
    ("a distribution point", |p| with(p, &distribution_point("http://a.example/crl", &[]))),
    ("a distribution point for user certificates", |p| with(p, &distribution_point("", &[0x81, 1, 0xFF]))),
    ("a distribution point for CA certificates", |p| with(p, &distribution_point("", &[0x82, 1, 0xFF]))),
    ("an indirect list", |p| with(p, &distribution_point("", INDIRECT))),
    ("an entry with its issuer in an indirect list", |p| {
        with(p, &distribution_point("", INDIRECT));
        p.entries = seq(&[&entry(&[7], &[certificate_issuer(&common_name("x"))])]);
    }),
    ("an entry with a reason", |p| p.entries = seq(&[&entry(&[7], &[extension(21, false, &[0x0A, 1, 1])])])),
    ("an entry with an unknown extension", |p| {
        p.entries = seq(&[&entry(&[7], &[extension(99, false, &[5, 0])])]);
    }),
    ("an entry with a date of invalidity", |p| {
        p.entries = seq(&[&entry(&[7], &[extension(24, false, &tlv(0x18, b"20250101000000Z"))])]);
    }),
    ("no number", |p| p.extensions = authority_key_id(id())),
];

#[rustfmt::skip]
const REFUSED: [(&str, Change, CrlFault); 53] = [
    ("version 1", |p| p.version = vec![], CrlFault::Version { encoded: None }),
    ("version 3", |p| p.version = tlv(2, &[2]), CrlFault::Version { encoded: Some(2) }),
    ("inner ecdsa-with-SHA384", |p| p.algorithm[11] = 3, CrlFault::Algorithm),
    ("outer ecdsa-with-SHA384", |p| p.outer_algorithm[11] = 3, CrlFault::Algorithm),
    ("NULL parameters", |p| p.algorithm = seq(&[&ALGORITHM[2..], &[5, 0]]), CrlFault::Algorithm),
    ("an empty issuer", |p| p.issuer = seq(&[]), CrlFault::Issuer),
    ("an issuer of no attributes", |p| p.issuer = seq(&[&tlv(0x30, &[])]), CrlFault::Issuer),
    ("no next update", |p| p.next_update = vec![], CrlFault::Dates),
    ("next update before this", |p| p.next_update = tlv(0x17, b"251231235959Z"), CrlFault::Dates),
    ("GeneralizedTime in 2049", |p| p.next_update = tlv(0x18, b"20491231235959Z"), CrlFault::Dates),
    ("no seconds", |p| p.this_update = tlv(0x17, b"2601010000Z"), CrlFault::Dates),
    ("an offset from UTC", |p| p.this_update = tlv(0x17, b"260101000000+0000"), CrlFault::Dates),
    ("the month 13", |p| p.this_update = tlv(0x17, b"261301000000Z"), CrlFault::Dates),
    ("serial number 0", |p| p.entries = seq(&[&entry(&[0], &[])]), CrlFault::Entry),
    ("a negative serial number", |p| p.entries = seq(&[&entry(&[0x80], &[])]), CrlFault::Entry),
    ("a serial number of 21 bytes", |p| p.entries = seq(&[&entry(&[0x7F; 21], &[])]), CrlFault::Entry),
    ("a serial number with a leading zero byte", |p| p.entries = seq(&[&entry(&[0, 7], &[])]), CrlFault::Entry),
    ("an entry without a date", |p| p.entries = seq(&[&seq(&[&tlv(2, &[7])])]), CrlFault::Entry),
    ("an entry with trailing data", |p| {
        p.entries = seq(&[&seq(&[&tlv(2, &[7]), &tlv(0x17, b"251231000000Z"), &[5, 0]])]);
    }, CrlFault::Entry),
    ("an entry with no extension in the SEQUENCE", |p| {
        p.entries = seq(&[&seq(&[&tlv(2, &[7]), &tlv(0x17, b"251231000000Z"), &[0x30, 0]])]);
    }, CrlFault::Extension),
    ("an entry with its issuer in a direct list", |p| {
        p.entries = seq(&[&entry(&[7], &[certificate_issuer(&common_name("x"))])]);
    }, CrlFault::CertificateIssuer),
    ("an entry with an unknown critical extension", |p| {
        p.entries = seq(&[&entry(&[7], &[extension(99, true, &[5, 0])])]);
    }, CrlFault::CriticalExtension { oid: Some(OID_99) }),
    ("an entry that takes back", |p| {
        p.entries = seq(&[&entry(&[7], &[extension(21, false, &[0x0A, 1, 8])])]);
    }, CrlFault::Scope),
    ("an entry with two reasons", |p| {
        p.entries = seq(&[&entry(&[7], &[extension(21, false, &[0x0A, 1, 1]), extension(21, false, &[0x0A, 1, 1])])]);
    }, CrlFault::Extension),
    ("an entry with two issuers", |p| {
        with(p, &distribution_point("", INDIRECT));
        let two = extension(29, true, &seq(&[&tlv(0xA4, &common_name("x")), &tlv(0xA4, &common_name("y"))]));
        p.entries = seq(&[&entry(&[7], &[two])]);
    }, CrlFault::Extension),
    ("an entry with a URI as issuer", |p| {
        with(p, &distribution_point("", INDIRECT));
        p.entries = seq(&[&entry(&[7], &[extension(29, true, &seq(&[&tlv(0x86, b"http://a")]))])]);
    }, CrlFault::Extension),
    ("no extensions", |p| p.explicit = Some(vec![]), CrlFault::AuthorityKeyId),
    ("no extension in the SEQUENCE", |p| p.extensions = vec![], CrlFault::Extension),
    ("data after the extensions", |p| {
        p.explicit = Some([tlv(0xA0, &seq(&[&p.extensions])), vec![5, 0]].concat());
    }, CrlFault::Form),
    ("data after them within their tag", |p| {
        p.explicit = Some(tlv(0xA0, &[seq(&[&p.extensions]), vec![5, 0]].concat()));
    }, CrlFault::Extension),
    ("no authority key identifier", |p| p.extensions = extension(20, false, &tlv(2, &[1])), CrlFault::AuthorityKeyId),
    ("one of 19 bytes", |p| {
        p.extensions = extension(35, false, &seq(&[&tlv(0x80, &[1; 19])]));
    }, CrlFault::AuthorityKeyId),
    ("one without a key identifier", |p| {
        p.extensions = extension(35, false, &seq(&[&tlv(0x82, &[1])]));
    }, CrlFault::AuthorityKeyId),
    ("two of them", |p| with(p, &authority_key_id(id())), CrlFault::Extension),
    ("an unknown critical extension", |p| with(p, &extension(99, true, &[5, 0])), CrlFault::CriticalExtension { oid: Some(OID_99) }),
    ("a delta", |p| with(p, &extension(27, true, &tlv(2, &[1]))), CrlFault::Scope),
    ("a delta that is not critical", |p| with(p, &extension(27, false, &tlv(2, &[1]))), CrlFault::Scope),
    ("critical as 1", |p| {
        with(p, &seq(&[&[0x06, 3, 0x55, 0x1D, 99], &tlv(1, &[1]), &tlv(4, &[5, 0])]));
    }, CrlFault::Extension),
    ("critical as the default", |p| {
        with(p, &seq(&[&[0x06, 3, 0x55, 0x1D, 99], &tlv(1, &[0]), &tlv(4, &[5, 0])]));
    }, CrlFault::Extension),
    ("an extension with two values", |p| with(p, &extension(99, false, &[5, 0, 5, 0])), CrlFault::Extension),
    ("an extension without a value", |p| with(p, &extension(99, false, &[])), CrlFault::Extension),
    ("some reasons only", |p| with(p, &distribution_point("", &[0x83, 2, 7, 0x80])), CrlFault::Scope),
    ("attribute certificates only", |p| with(p, &distribution_point("", &[0x85, 1, 0xFF])), CrlFault::Scope),
    ("two URIs", |p| {
        let two = [tlv(0x86, b"http://a"), tlv(0x86, b"http://b")].concat();
        with(p, &extension(28, true, &seq(&[&tlv(0xA0, &tlv(0xA0, &two))])));
    }, CrlFault::DistributionPoint),
    ("a directory name as distribution point", |p| {
        with(p, &extension(28, true, &seq(&[&tlv(0xA0, &tlv(0xA0, &tlv(0xA4, &common_name("x"))))])));
    }, CrlFault::DistributionPoint),
    ("a URI that is not ASCII", |p| with(p, &distribution_point("http://ä", &[])), CrlFault::DistributionPoint),
    ("duplicate indirect flag", |p| {
        with(p, &distribution_point("", &[INDIRECT, INDIRECT].concat()));
    }, CrlFault::DistributionPoint),
    ("indirect as the default", |p| with(p, &distribution_point("", &[0x84, 1, 0])), CrlFault::DistributionPoint),
    ("members out of order", |p| {
        with(p, &distribution_point("", &[INDIRECT, &[0x81, 1, 0xFF]].concat()));
    }, CrlFault::DistributionPoint),
    ("a distribution point that is not a SEQUENCE", |p| with(p, &extension(28, true, &[5, 0])), CrlFault::DistributionPoint),
    ("a raw signature", |p| p.signature = Some(tlv(3, &[0; 65])), CrlFault::Signature),
    ("a signature with unused bits", |p| p.signature = Some(tlv(3, &[1, 0x30, 6, 2, 1, 1, 2, 1, 1])), CrlFault::Signature),
    ("a trailing byte", |p| p.trailing = vec![0], CrlFault::Trailing),
];

#[test]
fn each_rule_alone_decides() {
    let signer = paa();
    for (what, change) in ACCEPTED {
        let mut parts = parts();
        change(&mut parts);
        let der = parts.encode(&key(1));
        let crl = Crl::from_der(&der).unwrap_or_else(|error| panic!("{what}: {error}"));
        crl.verify(&signer, crl.this_update())
            .unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(Crl::decode(crl.to_pem().as_bytes()), Ok(crl), "{what}");
    }
    for (what, change, fault) in REFUSED {
        let mut parts = parts();
        change(&mut parts);
        match Crl::from_der(&parts.encode(&key(1))) {
            Err(Error::Crl { fault: found, .. }) => assert_eq!(found, fault, "{what}"),
            other => panic!("{what}: {other:?}"),
        }
    }
    println!("lists: {} accepted, {} refused", ACCEPTED.len(), REFUSED.len());
}

#[test]
fn errors_state_the_value_found() {
    let refused = |change: Change| {
        let mut parts = parts();
        change(&mut parts);
        Crl::from_der(&parts.encode(&key(1))).unwrap_err().to_string()
    };
    for (text, expected) in [
        (
            refused(|p| p.version = tlv(2, &[2])),
            "certificate revocation list: version is not 2 (encoded as 1): encoded as 2, at ",
        ),
        (
            refused(|p| p.version = vec![]),
            "certificate revocation list: version is not 2 (encoded as 1), at ",
        ),
        (
            refused(|p| with(p, &extension(99, true, &[5, 0]))),
            "certificate revocation list: critical extension is not supported: 2.5.29.99, at ",
        ),
    ] {
        assert!(text.starts_with(expected), "{text}");
    }
}

#[test]
fn content_of_a_list_is_decoded() {
    let mut parts = parts();
    parts.entries = seq(&[
        &entry(&[7], &[]),
        &entry(&[8], &[certificate_issuer(&common_name("one"))]),
        &entry(&[9], &[]),
        &entry(&[10], &[certificate_issuer(&common_name("two"))]),
    ]);
    with(&mut parts, &distribution_point("http://a.example/crl", INDIRECT));
    let crl = Crl::from_der(&parts.encode(&key(1))).unwrap();
    assert_eq!(crl.issuer_der(), paa().subject_der());
    assert_eq!((crl.this_update(), crl.next_update()), (date(2026), date(2027)));
    assert_eq!(crl.authority_key_id(), id());
    assert_eq!(crl.distribution_uri(), Some("http://a.example/crl"));
    assert!(crl.is_indirect());
    // An entry belongs to the issuer named last before it.
    let (one, two) = (common_name("one"), common_name("two"));
    let issuers = [None, Some(one.as_slice()), Some(one.as_slice()), Some(two.as_slice())];
    for ((revoked, issuer), number) in crl.revoked().zip(issuers).zip(7..) {
        assert_eq!((revoked.serial(), revoked.issuer_der()), (serial(number), issuer));
        assert_eq!(revoked.date(), DateTime::new(2025, 12, 31, 0, 0, 0).unwrap());
    }
}

type Checked = fn() -> Result<(), Error>;

/// Checks whether a modified list of the PAA, signed with a key, verifies at a time.
fn check(change: Change, signer: &PrivateKey, at: DateTime) -> Result<(), Error> {
    check_with(parts(), change, signer, &paa(), at)
}

fn check_with(
    mut parts: Parts,
    change: Change,
    signer: &PrivateKey,
    certificate: &Certificate,
    at: DateTime,
) -> Result<(), Error> {
    change(&mut parts);
    Crl::from_der(&parts.encode(signer)).unwrap().verify(certificate, at)
}

/// Checks a certificate's list, signed with a key.
fn check_of(certificate: &Certificate, signer: &PrivateKey) -> Result<(), Error> {
    let parts = Parts::new(certificate.subject_der(), certificate.subject_key_id().unwrap());
    check_with(parts, |_| {}, signer, certificate, date(2026))
}

fn second(year: u16, month: u8, day: u8, second: u8) -> DateTime {
    let (hour, minute) = if second == 59 { (23, 59) } else { (0, 0) };
    DateTime::new(year, month, day, hour, minute, second).unwrap()
}

fn dac() -> Certificate {
    Issuer::new(&pai(&pai_subject()), &key(2))
        .unwrap()
        .issue_dac(
            &chain::dac_subject(),
            &key(3).public_key(),
            years(2025, 2030),
            serial(3),
        )
        .unwrap()
}

/// A rule of lists and their signers: its name, a refused case, and a case just inside.
type Rule = (&'static str, &'static str, Checked, &'static str, Checked);

#[rustfmt::skip]
const CHECKED: [Rule; 8] = [
    ("CrlNotYetValid", "a second before this update", || check(|_| {}, &key(1), second(2025, 12, 31, 59)),
     "the second of this update", || check(|_| {}, &key(1), date(2026))),
    ("CrlExpired", "a second after next update", || check(|_| {}, &key(1), second(2027, 1, 1, 1)),
     "the second of next update", || check(|_| {}, &key(1), date(2027))),
    ("IssuerNameMismatch", "a list of another issuer", || check(|p| p.issuer = common_name("Test PAB"), &key(1), date(2026)),
     "of the signer, byte by byte", || check(|p| p.issuer = paa().subject_der().to_vec(), &key(1), date(2026))),
    ("IssuerNameMismatch", "the signer's name in other strings", || {
        check(|p| p.issuer = with_string(&paa(), 0x13), &key(1), date(2026))
    }, "in the same strings", || check(|p| p.issuer = with_string(&paa(), 0x0C), &key(1), date(2026))),
    ("AuthorityKeyIdMismatch", "another key identifier than the signer's", || {
        check(|p| p.extensions = authority_key_id(KeyId::new([1; 20])), &key(1), date(2026))
    }, "the signer's", || check(|p| p.extensions = authority_key_id(id()), &key(1), date(2026))),
    ("SignatureInvalid", "signed with another key", || check(|_| {}, &key(2), date(2026)),
     "with the signer's", || check(|_| {}, &key(1), date(2026))),
    ("SignerValidity", "a list from the second before its signer starts", || {
        check(|p| p.this_update = tlv(0x17, b"231231235959Z"), &key(1), date(2026))
    }, "from the second in which it starts", || {
        check(|p| p.this_update = tlv(0x17, b"240101000000Z"), &key(1), date(2026))
    }),
    ("SignerUsage", "a list of a DAC", || check_of(&dac(), &key(3)),
     "of a PAI", || check_of(&pai(&pai_subject()), &key(2))),
];

/// The name of a certificate with a single attribute, with the tag of its string replaced.
fn with_string(certificate: &Certificate, tag: u8) -> Vec<u8> {
    let mut name = certificate.subject_der().to_vec();
    // SEQUENCE, SET, SEQUENCE, the object identifier of five bytes, and the string.
    assert_eq!(name[11], 0x0C);
    name[11] = tag;
    name
}

#[test]
fn a_list_must_be_its_signers_and_current() {
    for (rule, what, broken, passes, inside) in CHECKED {
        let error = broken().err().unwrap_or_else(|| panic!("{what} passes"));
        assert_eq!(table::rule(&error), rule, "{what}");
        inside().unwrap_or_else(|error| panic!("{passes}: {error}"));
    }
    let expired = check(|_| {}, &key(1), second(2027, 1, 1, 1)).unwrap_err();
    assert_eq!(
        expired.to_string(),
        "certificate revocation list: list expired at 2027-01-01T00:00:00Z; the time is 2027-01-01T00:00:01Z"
    );
    println!("lists and their signers: {} rules", CHECKED.len());
}

#[test]
fn every_byte_matters() {
    let der = parts().encode(&key(1));
    let signer = paa();
    for at in 0..der.len() {
        for bit in 0..8 {
            let mut der = der.clone();
            der[at] ^= 1 << bit;
            let accepted = Crl::from_der(&der).is_ok_and(|crl| crl.verify(&signer, date(2026)).is_ok());
            assert!(!accepted, "bit {bit} of byte {at}");
        }
    }
}

#[test]
fn pem_has_one_block_with_the_label() {
    let pem = Crl::from_der(&parts().encode(&key(1))).unwrap().to_pem();
    let refused = |text: &str| Crl::decode(text.as_bytes()).unwrap_err();
    assert_eq!(refused(&pem.repeat(2)), Error::PemMalformed);
    assert_eq!(
        refused(&pem.replace("X509 CRL", "CRL")),
        Error::PemLabel {
            expected: "X509 CRL",
            found: Some("CRL".to_owned())
        }
    );
}

#[test]
fn the_documented_table_has_these_cases() {
    let checked = CHECKED
        .iter()
        .map(|(rule, refused, _, passes, _)| [*rule, *refused, *passes].map(str::to_owned));
    table::check(
        "Certificate revocation lists",
        "crl",
        REFUSED
            .iter()
            .map(|(what, _, fault)| {
                table::refused(
                    &table::rule(&Error::Crl {
                        fault: *fault,
                        offset: 0,
                    }),
                    what,
                )
            })
            .chain(checked)
            .chain(ACCEPTED.iter().map(|(what, _)| table::accepted(what))),
    );
}

proptest! {
    #[test]
    fn nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Crl::decode(&bytes);
    }

    #[test]
    fn nearly_valid_lists_never_panic(at in any::<prop::sample::Index>(), bytes in proptest::collection::vec(any::<u8>(), 0..6)) {
        let mut der = parts().encode(&key(1));
        let at = at.index(der.len());
        let end = (at + bytes.len()).min(der.len());
        der.splice(at..end, bytes);
        let _ = Crl::decode(&der);
    }
}
