//! The time of decoding is linear in the length of any input.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::as_conversions)]

#[path = "support/chain.rs"]
mod chain;
#[path = "support/crl.rs"]
mod crl;
#[path = "support/der.rs"]
mod der;
#[path = "support/growth.rs"]
mod growth;
#[path = "support/kit.rs"]
mod kit;

use matter_attestation::{
    Certificate, CertificateRequest, Crl, Error, PaaStore, PrivateKey, Profile, RevocationEntry, RevocationPoint,
    RevocationSet, RevocationStatus, Rule, Verification,
};

use self::chain::{date, key, paa, serial, vendor};
use self::crl::{INDIRECT, Parts, certificate_issuer, distribution_point, entry};
use self::der::{COMMON_NAME, SEQUENCE, SET, UTF8, seq, tlv};
use self::growth::Work;
use self::kit::{Cert, Kit, products};

/// The object identifier of a number below 1.3.6.1.4.1.
fn oid(number: usize) -> Vec<u8> {
    let groups = [number >> 14, number >> 7, number];
    let [high, middle, low] = groups.map(|group| (group & 0x7F) as u8);
    vec![0x2B, 6, 1, 4, 1, high | 0x81, middle | 0x80, low]
}

fn attribute(kind: &[u8], text: &str) -> Vec<u8> {
    seq(&[&der::oid(kind), &tlv(UTF8, text.as_bytes())])
}

/// A name with `count` relative distinguished names.
fn names(count: usize, attribute: impl Fn(usize) -> Vec<u8>) -> Vec<u8> {
    let all: Vec<_> = (0..count).flat_map(|number| tlv(SET, &attribute(number))).collect();
    tlv(SEQUENCE, &all)
}

/// A name with one relative distinguished name of `count` attributes.
fn one_name(count: usize, attribute: impl Fn(usize) -> Vec<u8>) -> Vec<u8> {
    let all: Vec<_> = (0..count).flat_map(attribute).collect();
    seq(&[&tlv(SET, &all)])
}

fn extensions(count: usize, kind: impl Fn(usize) -> Vec<u8>) -> Cert {
    let mut cert = Kit::new().dac;
    for number in 0..count {
        cert.add(&kind(number), false, &[]);
    }
    cert
}

fn subject(name: Vec<u8>) -> Cert {
    let mut cert = Kit::new().dac;
    cert.subject = name;
    cert
}

/// Lints the certificate as a DAC; the work is the same for the others.
fn lint(cert: &Cert, rule: Option<Rule>) -> Box<dyn Fn()> {
    let der = cert.encode();
    Box::new(move || {
        let report = Verification::new().with_dac(&der).run(Profile::Strict);
        let found = rule.is_none_or(|rule| report.findings().iter().any(|finding| finding.rule() == rule));
        assert!(found, "{rule:?} is not found");
    })
}

fn read(cert: &Cert, expected: Result<(), Error>) -> Box<dyn Fn()> {
    let der = cert.encode();
    Box::new(move || assert_eq!(Certificate::from_der(&der).map(drop), expected))
}

const CERTIFICATES: &[(&str, usize, Work)] = &[
    ("lint, extensions of different types", 2000, |n| {
        lint(&extensions(n, oid), None)
    }),
    ("lint, extensions of one type", 2000, |n| {
        lint(&extensions(n, |_| oid(1)), Some(Rule::ExtensionDuplicate))
    }),
    ("lint, duplicate extensions", 2000, |n| {
        lint(&extensions(n, |number| oid(number / 2)), Some(Rule::ExtensionDuplicate))
    }),
    ("lint, names", 3000, |n| {
        lint(&subject(names(n, |_| attribute(COMMON_NAME, "name"))), None)
    }),
    ("lint, names of different types", 3000, |n| {
        lint(&subject(names(n, |number| attribute(&oid(number), "name"))), None)
    }),
    ("lint, attributes of different types in one name", 3000, |n| {
        lint(&subject(one_name(n, |number| attribute(&oid(number), "name"))), None)
    }),
    ("lint, attributes of one type in one name", 3000, |n| {
        let name = one_name(n, |_| attribute(COMMON_NAME, "name"));
        lint(&subject(name), Some(Rule::NameAttributeRepeated))
    }),
    ("lint, a long common name of prefixes", 5000, |n| {
        let name = names(1, |_| attribute(COMMON_NAME, &"Mvid:".repeat(n)));
        lint(&subject(name), Some(Rule::CommonNameTooLong))
    }),
    ("certificate, extensions of different types", 2000, |n| {
        read(&extensions(n, oid), Ok(()))
    }),
    ("certificate, names", 1000, |n| {
        read(&subject(names(n, |_| attribute(COMMON_NAME, "name"))), Ok(()))
    }),
    ("certificate, attributes in one name, the last first", 1000, |n| {
        let name = one_name(n, |number| attribute(&oid(100_000 - number), "name"));
        read(&subject(name), Ok(()))
    }),
    ("request, names", 2000, |n| {
        let name = names(n, |number| attribute(&oid(number), "name"));
        let key = key(3);
        let public = der::public_key(der::P256, key.public_key().as_bytes());
        let info = seq(&[&tlv(der::INTEGER, &[0]), &name, &public, &tlv(0xA0, &[])]);
        let request = seq(&[&info, der::ALGORITHM, &der::signature(&key, &info)]);
        Box::new(move || assert!(CertificateRequest::from_der(&request).is_ok()))
    }),
    ("PAAs of one key identifier that differ at their ends", 1000, |n| {
        // Without a known key and algorithm, so that only the bytes are compared.
        let mut cert = Kit::new().paa;
        cert.outer_algorithm = der::algorithm(der::ECDSA_SHA384);
        cert.spki = der::spki(der::RSA_KEY, der::NULL, &[1]);
        cert.add(der::UNKNOWN, false, &[0; 4000]);
        let encode = |number: usize| cert.clone().also(|cert| cert.add(&oid(number), false, &[])).encode();
        let all: Vec<_> = (0..n).map(encode).collect();
        Box::new(move || {
            let mut store = PaaStore::new();
            for der in &all {
                store.insert(der).unwrap();
            }
            assert_eq!(store.len(), all.len());
        })
    }),
    ("declaration, product ids", 5000, |n| {
        let mut cd = Kit::new().cd;
        let ids: Vec<_> = (0..n).map(|n| n as u16).collect();
        cd.set(2, products(&ids));
        let cms = cd.encode();
        Box::new(move || {
            let report = Verification::new().with_declaration(&cms).run(Profile::Strict);
            assert!(
                report
                    .findings()
                    .iter()
                    .any(|finding| finding.rule() == Rule::CdTooLong)
            );
        })
    }),
    ("key, parameters before it", 500, |n| {
        let parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n".repeat(n);
        let text = parameters + &key(3).to_pkcs8_pem().unwrap();
        Box::new(move || assert!(PrivateKey::decode(text.as_bytes()).is_ok()))
    }),
];

trait Also: Sized {
    fn also(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}

impl Also for Cert {}

/// A list of the PAA with these entries.
fn list(entries: &[u8], change: impl FnOnce(&mut Parts)) -> Vec<u8> {
    let paa = paa();
    let mut parts = Parts::new(paa.subject_der(), paa.subject_key_id().unwrap());
    parts.entries = tlv(SEQUENCE, entries);
    change(&mut parts);
    parts.encode(&key(1))
}

fn number(number: usize) -> Vec<u8> {
    [&[1], &number.to_be_bytes()[4..]].concat()
}

fn read_list(list: Vec<u8>, entries: usize) -> Box<dyn Fn()> {
    Box::new(move || assert_eq!(Crl::from_der(&list).unwrap().revoked().len(), entries))
}

const REVOCATION: &[(&str, usize, Work)] = &[
    ("list, entries", 1000, |n| {
        let entries: Vec<_> = (0..n).flat_map(|n| entry(&number(n), &[])).collect();
        read_list(list(&entries, |_| ()), n)
    }),
    ("list, extensions", 2000, |n| {
        let more = |n| seq(&[&der::oid(&oid(n)), &tlv(der::OCTETS, der::NULL)]);
        let more: Vec<_> = (0..n).flat_map(more).collect();
        read_list(list(&entry(&[7], &[]), |parts| parts.extensions.extend(more)), 1)
    }),
    ("list, an issuer in each entry", 500, |n| {
        let name = der::common_name("another");
        let entries: Vec<_> = (0..n)
            .flat_map(|n| entry(&number(n), &[certificate_issuer(&name)]))
            .collect();
        read_list(
            list(&entries, |parts| {
                parts.extensions.extend(distribution_point("", INDIRECT))
            }),
            n,
        )
    }),
    ("point, a long issuer that counts for many entries", 2000, |n| {
        let text = "x".repeat(40 * n);
        let signer = Kit::new().paa.also(|paa| {
            paa.subject = der::name(&[(COMMON_NAME, UTF8, &text)]);
            paa.issuer.clone_from(&paa.subject);
        });
        let signer = Certificate::from_der(&signer.encode()).unwrap();
        // Of the same length, but with a different end.
        let other = der::name(&[(COMMON_NAME, UTF8, &format!("{}y", &text[1..]))]);
        let mut entries = entry(&[7], &[certificate_issuer(&other)]);
        entries.extend((0..n).flat_map(|n| entry(&number(n), &[])));
        let mut parts = Parts::new(signer.subject_der(), signer.subject_key_id().unwrap());
        parts.entries = tlv(SEQUENCE, &entries);
        parts.extensions.extend(distribution_point("", INDIRECT));
        let crl = Crl::from_der(&parts.encode(&PrivateKey::from_scalar(&[1; 32]).unwrap())).unwrap();
        let point = RevocationPoint::new(
            vendor(0xFFF1),
            true,
            signer.subject_key_id().unwrap(),
            signer.clone(),
            "",
        );
        Box::new(move || {
            let entry = point
                .entry(&[], &crl, std::slice::from_ref(&signer), date(2026))
                .unwrap();
            assert_eq!(entry.revoked().len(), 0);
        })
    }),
    ("set, one look-up for each of its authorities", 300, |n| {
        let (paa, id) = (paa(), paa().subject_key_id().unwrap());
        let name = |n: usize| [paa.subject_der(), &n.to_be_bytes()].concat();
        let entry = |n| RevocationEntry::new(&name(n), id, [serial(7)], paa.clone(), None);
        let set = RevocationSet::new((0..n).map(entry));
        let names: Vec<_> = (0..n).map(name).collect();
        Box::new(move || {
            for name in &names {
                assert_eq!(set.status(name, id, serial(7)), RevocationStatus::Disregarded);
            }
        })
    }),
];

// A single test, so that no other work of this process takes time or memory.
#[test]
fn reading_takes_time_in_proportion_to_the_input() {
    growth::check(&[CERTIFICATES, REVOCATION].concat());
}
