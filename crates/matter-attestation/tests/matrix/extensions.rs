//! The extensions of a certificate.

use matter_attestation::Object::{Dac, Paa};
use matter_attestation::Rule;

use super::der::{
    self, AKI, ALT_NAME, ANY_POLICY, BASIC, CRL_POINTS, EXTENDED_USAGE, KEY_USAGE, NAME_CONSTRAINTS, POLICIES, POLICY,
    POLICY_CONSTRAINTS, POLICY_MAPPINGS, SKI, UNKNOWN, policies, tlv,
};
use super::kit::{Cert, Kit, key_id};
use super::row::{Row, each, row};

/// The purposes server and client authentication (RFC 5280, 4.2.1.12).
fn purposes() -> Vec<u8> {
    let purpose = |last: u8| der::oid(&[0x2B, 6, 1, 5, 5, 7, 3, last]);
    der::seq(&[&purpose(1), &purpose(2)])
}

/// A distribution point with these URIs, and these CRL issuers by common name.
fn distribution_point(uris: &[&str], issuers: &[&str]) -> Vec<u8> {
    let names: Vec<_> = uris.iter().flat_map(|uri| tlv(0x86, uri.as_bytes())).collect();
    let name = |issuer: &&str| tlv(0xA4, &der::name(&[(der::COMMON_NAME, der::UTF8, issuer)]));
    let issuers: Vec<_> = issuers.iter().flat_map(name).collect();
    let issuers = if issuers.is_empty() {
        issuers
    } else {
        tlv(0xA2, &issuers)
    };
    der::seq(&[&tlv(0xA0, &tlv(0xA0, &names)), &issuers])
}

fn points(cert: &mut Cert, points: &[Vec<u8>]) {
    cert.set(CRL_POINTS, false, &tlv(der::SEQUENCE, &points.concat()));
}

fn ski(cert: &mut Cert, critical: bool, id: &[u8]) {
    cert.set(SKI, critical, &tlv(der::OCTETS, id));
}

fn aki(cert: &mut Cert, critical: bool, id: &[u8]) {
    cert.set(AKI, critical, &der::seq(&[&tlv(0x80, id)]));
}

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    each!(rows, Rule::ExtensionsMalformed, [paa: Paa 105, pai: Pai 203, dac: Dac 303],
        "an extension without a value", |cert| cert.extensions.push((Vec::new(), der::seq(&[&der::oid(UNKNOWN)]))),
        "with a value", |cert| cert.add(UNKNOWN, false, &[]));
    each!(rows, Rule::ExtensionsMalformed, [paa: Paa 105, pai: Pai 203, dac: Dac 303],
        "an extension whose identifier is not in its shortest form", |cert| cert.add(&[0x2A, 3, 0x80, 4], false, &[]),
        "without it", |cert| cert.add(&[0x2A, 3, 4], false, &[]));
    each!(rows, Rule::DefaultEncoded, [dac: Dac 0],
        "no CA, written as FALSE", |cert| cert.basic(true, &[1, 1, 0]),
        "nothing, which means the same", |cert| cert.basic(true, &[]));
    each!(rows, Rule::DefaultEncoded, [paa: Paa 0, pai: Pai 0, dac: Dac 0],
        "an extension that is not critical, written as FALSE", |cert| {
            let parts = [der::oid(UNKNOWN), tlv(der::BOOLEAN, &[0]), tlv(der::OCTETS, &[])];
            cert.extensions.push((UNKNOWN.to_vec(), tlv(der::SEQUENCE, &parts.concat())));
        },
        "without the flag", |cert| cert.add(UNKNOWN, false, &[]));
    duplicates(&mut rows);
    each!(rows, Rule::ExtensionUnknownCritical, [paa: Paa 301 / 0, pai: Pai 301, dac: Dac 301],
        "an unknown extension that is critical", |cert| cert.add(UNKNOWN, true, &[]),
        "that is not critical", |cert| cert.add(UNKNOWN, false, &[]));
    each!(rows, Rule::ExtensionUnknownCritical, [dac: Dac 301],
        "an unknown extension that is critical", |cert| cert.add(&[0x55, 0x1D, 99], true, &[]),
        "an extended key usage that is critical", |cert| cert.add(EXTENDED_USAGE, true, &purposes()));
    basic_constraints(&mut rows);
    key_usages(&mut rows);
    key_ids(&mut rows);
    each!(rows, Rule::CrlDistributionPoints, [dac: Dac 0],
        "two URIs", |cert| points(cert, &[distribution_point(&["http://a/", "http://b/"], &[])]),
        "one URI of http", |cert| points(cert, &[distribution_point(&["http://a/"], &[])]));
    each!(rows, Rule::CrlDistributionPoints, [pai: Pai 0],
        "two distribution points",
        |cert| points(cert, &[distribution_point(&["http://a/"], &[]), distribution_point(&["http://b/"], &[])]),
        "one URI of https", |cert| points(cert, &[distribution_point(&["https://a/"], &[])]));
    each!(rows, Rule::CrlDistributionPoints, [dac: Dac 0],
        "a URI of ldap", |cert| points(cert, &[distribution_point(&["ldap://a/"], &[])]),
        "a URI of http", |cert| points(cert, &[distribution_point(&["http://a/"], &[])]));
    each!(rows, Rule::CrlDistributionPoints, [dac: Dac 0],
        "two CRL issuers", |cert| points(cert, &[distribution_point(&["http://a/"], &["A", "B"])]),
        "one CRL issuer", |cert| points(cert, &[distribution_point(&["http://a/"], &["A"])]));
    each!(rows, Rule::CrlDistributionPoints, [dac: Dac 0],
        "a URI that is not ASCII", |cert| points(cert, &[distribution_point(&["http://\u{e4}/"], &[])]),
        "a URI of ASCII", |cert| points(cert, &[distribution_point(&["http://a/"], &[])]));
    each!(rows, Rule::CrlDistributionPoints, [dac: Dac 0],
        "a directory name", |cert| {
            let name = tlv(0xA4, &der::common_name("A"));
            points(cert, &[der::seq(&[&tlv(0xA0, &tlv(0xA0, &name))])]);
        },
        "a URI and a CRL issuer", |cert| points(cert, &[distribution_point(&["https://a/"], &["A"])]));
    each!(rows, Rule::CrlDistributionPoints, [dac: Dac 0],
        "a name below the CRL issuer's", |cert| {
            let name = der::seq(&[&der::oid(der::COMMON_NAME), &tlv(der::UTF8, b"A")]);
            points(cert, &[der::seq(&[&tlv(0xA0, &tlv(0xA1, &name))])]);
        },
        "a full name", |cert| points(cert, &[distribution_point(&["https://a/"], &[])]));
    each!(rows, Rule::CrlDistributionPointsCritical, [paa: Paa 0, pai: Pai 0 / 301, dac: Dac 0 / 301],
        "critical", |cert| cert.set(CRL_POINTS, true, &der::seq(&[&distribution_point(&["http://a/"], &[])])),
        "not critical", |cert| points(cert, &[distribution_point(&["http://a/"], &[])]));
    each!(rows, Rule::CrlSigner, [dac: Dac 303],
        "a delegate that signs CRLs, without ids", |cert| {
            cert.usage(true, &[1, 0x02]);
            cert.subject = der::common_name("PAI CRL delegate");
        },
        "a DAC", |_| {});
    each!(rows, Rule::NameConstraintsMalformed, [paa: Paa 101, pai: Pai 301, dac: Dac 301],
    "name constraints without a base", |cert| {
        cert.set(NAME_CONSTRAINTS, true, &der::seq(&[&tlv(0xA0, &der::seq(&[]))]));
    },
    "with one", |cert| {
        let subtree = der::seq(&[&tlv(0x82, b"example.org")]);
        cert.set(NAME_CONSTRAINTS, true, &der::seq(&[&tlv(0xA0, &subtree)]));
    });
    each!(rows, Rule::NameConstraintsMalformed, [paa: Paa 0, pai: Pai 0, dac: Dac 0],
    "name constraints with a maximum", |cert| {
        let subtree = der::seq(&[&tlv(0x82, b"example.org"), &tlv(0x81, &[3])]);
        cert.set(NAME_CONSTRAINTS, true, &der::seq(&[&tlv(0xA0, &subtree)]));
    },
    "without it", |cert| {
        let subtree = der::seq(&[&tlv(0x82, b"example.org")]);
        cert.set(NAME_CONSTRAINTS, true, &der::seq(&[&tlv(0xA0, &subtree)]));
    });
    each!(rows, Rule::PoliciesMalformed, [paa: Paa 0, pai: Pai 0 / 301, dac: Dac 0 / 301],
        "a duplicate policy", |cert| cert.set(POLICIES, false, &policies(&[POLICY, POLICY])),
        "two policies", |cert| cert.set(POLICIES, false, &policies(&[POLICY, ANY_POLICY])));
    each!(rows, Rule::PoliciesMalformed, [pai: Pai 0 / 301],
    "a mapping to any policy", |cert| {
        let pair = der::seq(&[&der::oid(POLICY), &der::oid(ANY_POLICY)]);
        cert.set(POLICY_MAPPINGS, true, &der::seq(&[&pair]));
    },
    "a mapping to a policy", |cert| {
        let pair = der::seq(&[&der::oid(POLICY), &der::oid(&[0x2A, 3, 9])]);
        cert.set(POLICY_MAPPINGS, true, &der::seq(&[&pair]));
    });
    each!(rows, Rule::PoliciesMalformed, [pai: Pai 0 / 301],
        "policy constraints that constrain nothing",
        |cert| cert.set(POLICY_CONSTRAINTS, true, &der::seq(&[])),
        "mappings that are inhibited",
        |cert| cert.set(POLICY_CONSTRAINTS, true, &der::seq(&[&tlv(0x81, &[0])])));
    rows
}

fn duplicates(rows: &mut Vec<Row>) {
    each!(rows, Rule::ExtensionDuplicate, [paa: Paa 101, pai: Pai 203, dac: Dac 303],
        "a duplicate subject key identifier", |cert| {
            let again = cert.extensions.iter().find(|(kind, _)| kind == SKI).unwrap().clone();
            cert.extensions.push(again);
        },
        "once", |_| {});
    each!(rows, Rule::ExtensionDuplicate, [dac: Dac 303],
        "duplicate basic constraints", |cert| cert.add(BASIC, true, &der::seq(&[])),
        "once", |_| {});
    each!(rows, Rule::ExtensionDuplicate, [dac: Dac 303],
        "a duplicate key usage", |cert| cert.add(KEY_USAGE, true, &tlv(der::BITS, &[7, 0x80])),
        "once", |_| {});
    each!(rows, Rule::ExtensionDuplicate, [dac: Dac 301],
        "a duplicate extended key usage", |cert| {
            cert.add(EXTENDED_USAGE, false, &purposes());
            cert.add(EXTENDED_USAGE, false, &purposes());
        },
        "once", |cert| cert.add(EXTENDED_USAGE, false, &purposes()));
    each!(rows, Rule::ExtensionDuplicate, [dac: Dac 0],
    "a duplicate unknown extension", |cert| {
        cert.add(UNKNOWN, false, &[1]);
        cert.add(UNKNOWN, false, &[1]);
    },
    "once, and an alternative name", |cert| {
        cert.add(UNKNOWN, false, &[1]);
        cert.add(ALT_NAME, false, &der::seq(&[&tlv(0x82, b"example.org")]));
    });
}

fn basic_constraints(rows: &mut Vec<Row>) {
    each!(rows, Rule::BasicConstraintsMissing, [paa: Paa 301 / 0, pai: Pai 203, dac: Dac 303],
        "no basic constraints", |cert| cert.remove(BASIC),
        "basic constraints", |_| {});
    each!(rows, Rule::BasicConstraintsMalformed, [paa: Paa 101, pai: Pai 203, dac: Dac 303],
        "a string in the basic constraints", |cert| cert.basic(true, &tlv(der::UTF8, b"CA")),
        "numbers and truth values", |_| {});
    each!(rows, Rule::BasicConstraintsNotCritical, [paa: Paa 301 / 0],
        "not critical", |cert| cert.basic(false, &[1, 1, 0xFF, 2, 1, 1]),
        "critical", |cert| cert.basic(true, &[1, 1, 0xFF, 2, 1, 1]));
    each!(rows, Rule::BasicConstraintsNotCritical, [pai: Pai 203],
        "not critical", |cert| cert.basic(false, &[1, 1, 0xFF, 2, 1, 0]),
        "critical", |cert| cert.basic(true, &[1, 1, 0xFF, 2, 1, 0]));
    each!(rows, Rule::BasicConstraintsNotCritical, [dac: Dac 303],
        "not critical", |cert| cert.basic(false, &[]),
        "critical", |cert| cert.basic(true, &[]));
    each!(rows, Rule::BasicConstraintsCa, [paa: Paa 301 / 101],
        "a PAA that is not a CA", |cert| cert.basic(true, &[2, 1, 1]),
        "a CA", |cert| cert.basic(true, &[1, 1, 0xFF, 2, 1, 1]));
    each!(rows, Rule::BasicConstraintsCa, [paa: Paa 301 / 0],
        "a PAA that is not a CA and has no path length", |cert| cert.basic(true, &[]),
        "a CA", |cert| cert.basic(true, &[1, 1, 0xFF]));
    each!(rows, Rule::BasicConstraintsCa, [pai: Pai 203],
        "a PAI that is not a CA", |cert| cert.basic(true, &[2, 1, 0]),
        "a CA", |cert| cert.basic(true, &[1, 1, 0xFF, 2, 1, 0]));
    each!(rows, Rule::BasicConstraintsCa, [dac: Dac 303],
        "a DAC that is a CA", |cert| cert.basic(true, &[1, 1, 0xFF]),
        "no CA", |cert| cert.basic(true, &[]));
    each!(rows, Rule::BasicConstraintsPathLen, [paa: Paa 301 / 0],
        "path length 0 in a PAA", |cert| cert.basic(true, &[1, 1, 0xFF, 2, 1, 0]),
        "path length 1", |cert| cert.basic(true, &[1, 1, 0xFF, 2, 1, 1]));
    each!(rows, Rule::BasicConstraintsPathLen, [paa: Paa 0],
        "path length 2 in a PAA", |cert| cert.basic(true, &[1, 1, 0xFF, 2, 1, 2]),
        "no path length", |cert| cert.basic(true, &[1, 1, 0xFF]));
    each!(rows, Rule::BasicConstraintsPathLen, [pai: Pai 203],
        "path length 1 in a PAI", |cert| cert.basic(true, &[1, 1, 0xFF, 2, 1, 1]),
        "path length 0", |cert| cert.basic(true, &[1, 1, 0xFF, 2, 1, 0]));
    each!(rows, Rule::BasicConstraintsPathLen, [pai: Pai 203],
        "no path length in a PAI", |cert| cert.basic(true, &[1, 1, 0xFF]),
        "path length 0", |cert| cert.basic(true, &[1, 1, 0xFF, 2, 1, 0]));
    each!(rows, Rule::BasicConstraintsPathLen, [dac: Dac 303],
        "path length 0 in a DAC", |cert| cert.basic(true, &[2, 1, 0]),
        "no path length", |cert| cert.basic(true, &[]));
}

fn key_usages(rows: &mut Vec<Row>) {
    each!(rows, Rule::KeyUsageMissing, [paa: Paa 301 / 0, pai: Pai 203, dac: Dac 303],
        "no key usage", |cert| cert.remove(KEY_USAGE),
        "a key usage", |_| {});
    each!(rows, Rule::KeyUsageMalformed, [paa: Paa 101, pai: Pai 203, dac: Dac 303],
        "a key usage with 8 unused bits", |cert| cert.usage(true, &[8, 0]),
        "with fewer", |_| {});
    each!(rows, Rule::KeyUsageNotCritical, [paa: Paa 0, pai: Pai 203],
        "not critical", |cert| cert.usage(false, &[1, 0x06]),
        "critical", |cert| cert.usage(true, &[1, 0x06]));
    each!(rows, Rule::KeyUsageNotCritical, [dac: Dac 303],
        "not critical", |cert| cert.usage(false, &[7, 0x80]),
        "critical", |cert| cert.usage(true, &[7, 0x80]));
    each!(rows, Rule::KeyUsageWrong, [paa: Paa 301, pai: Pai 203],
        "cRLSign only", |cert| cert.usage(true, &[1, 0x02]),
        "keyCertSign and cRLSign", |cert| cert.usage(true, &[1, 0x06]));
    each!(rows, Rule::KeyUsageWrong, [paa: Paa 0, pai: Pai 203],
        "keyCertSign only", |cert| cert.usage(true, &[2, 0x04]),
        "digitalSignature, keyCertSign and cRLSign", |cert| cert.usage(true, &[1, 0x86]));
    each!(rows, Rule::KeyUsageWrong, [paa: Paa 0, pai: Pai 203],
        "nonRepudiation, keyCertSign and cRLSign", |cert| cert.usage(true, &[1, 0x46]),
        "keyCertSign and cRLSign", |cert| cert.usage(true, &[1, 0x06]));
    each!(rows, Rule::KeyUsageWrong, [dac: Dac 303],
        "digitalSignature and keyAgreement", |cert| cert.usage(true, &[3, 0x88]),
        "digitalSignature", |cert| cert.usage(true, &[7, 0x80]));
    each!(rows, Rule::KeyUsageWrong, [dac: Dac 303],
        "digitalSignature and decipherOnly", |cert| cert.usage(true, &[7, 0x80, 0x80]),
        "digitalSignature", |cert| cert.usage(true, &[7, 0x80]));
}

fn key_ids(rows: &mut Vec<Row>) {
    rows.push(
        row(
            Rule::SubjectKeyIdMissing,
            (Paa, 101),
            ("no subject key identifier", |kit| kit.paa.remove(SKI)),
            ("any 20 bytes", |kit| {
                ski(&mut kit.paa, false, &[5; 20]);
                aki(&mut kit.paa, false, &[5; 20]);
                aki(&mut kit.pai, false, &[5; 20]);
            }),
        )
        .also(&[(Rule::PaaNotFound, Paa)]),
    );
    rows.push(
        row(
            Rule::SubjectKeyIdMalformed,
            (Paa, 101),
            ("a subject key identifier of 19 bytes", |kit| {
                ski(&mut kit.paa, false, &[5; 19]);
            }),
            ("of 20 bytes", |_| {}),
        )
        .also(&[(Rule::PaaNotFound, Paa)]),
    );
    each!(rows, Rule::SubjectKeyIdMissing, [pai: Pai 203, dac: Dac 303],
        "no subject key identifier", |cert| cert.remove(SKI),
        "one", |_| {});
    each!(rows, Rule::SubjectKeyIdMalformed, [pai: Pai 203, dac: Dac 303],
        "a subject key identifier of 19 bytes", |cert| ski(cert, false, &[5; 19]),
        "of 20 bytes", |_| {});
    each!(rows, Rule::SubjectKeyIdMalformed, [dac: Dac 303],
        "a subject key identifier of 21 bytes", |cert| ski(cert, false, &[5; 21]),
        "any 20 bytes", |cert| ski(cert, false, &[5; 20]));
    each!(rows, Rule::SubjectKeyIdCritical, [paa: Paa 301 / 0],
        "critical", |cert| ski(cert, true, &key_id(1)),
        "not critical", |cert| ski(cert, false, &key_id(1)));
    each!(rows, Rule::SubjectKeyIdCritical, [pai: Pai 203],
        "critical", |cert| ski(cert, true, &key_id(2)),
        "not critical", |cert| ski(cert, false, &key_id(2)));
    each!(rows, Rule::SubjectKeyIdCritical, [dac: Dac 303],
        "critical", |cert| ski(cert, true, &key_id(3)),
        "not critical", |cert| ski(cert, false, &key_id(3)));
    each!(rows, Rule::AuthorityKeyIdMissing, [pai: Pai 203],
        "no authority key identifier", |cert| cert.remove(AKI),
        "the PAA's", |cert| aki(cert, false, &key_id(1)));
    rows.push(row(
        Rule::AuthorityKeyIdMissing,
        (Dac, 303),
        ("no authority key identifier", |kit| kit.dac.remove(AKI)),
        ("none in the PAA", |kit| kit.paa.remove(AKI)),
    ));
    each!(rows, Rule::AuthorityKeyIdMalformed, [paa: Paa 301, pai: Pai 203, dac: Dac 303],
        "an authority key identifier of 19 bytes", |cert| aki(cert, false, &[5; 19]),
        "of 20 bytes", |_| {});
    each!(rows, Rule::AuthorityKeyIdMalformed, [dac: Dac 303],
        "a serial number only", |cert| cert.set(AKI, false, &der::seq(&[&tlv(0x82, &[1])])),
        "a key identifier only", |_| {});
    each!(rows, Rule::AuthorityKeyIdCritical, [paa: Paa 301 / 0],
        "critical", |cert| aki(cert, true, &key_id(1)),
        "not critical", |cert| aki(cert, false, &key_id(1)));
    each!(rows, Rule::AuthorityKeyIdCritical, [pai: Pai 203],
        "critical", |cert| aki(cert, true, &key_id(1)),
        "not critical", |cert| aki(cert, false, &key_id(1)));
    each!(rows, Rule::AuthorityKeyIdCritical, [dac: Dac 303],
        "critical", |cert| aki(cert, true, &key_id(2)),
        "not critical", |cert| aki(cert, false, &key_id(2)));
    let with_serial = |kit: &mut Kit| {
        let serial = tlv(0x82, &[0x13]);
        kit.dac.set(AKI, false, &der::seq(&[&tlv(0x80, &key_id(2)), &serial]));
    };
    rows.push(
        row(
            Rule::AuthorityKeyIdForm,
            (Dac, 301),
            ("another serial number than the issuer's", with_serial),
            ("a key identifier only", |_| {}),
        )
        .also(&[(Rule::AuthorityKeyId, Dac)]),
    );
    each!(rows, Rule::AuthorityKeyIdForm, [pai: Pai 0],
        "the issuer's serial number too",
        |cert| cert.set(AKI, false, &der::seq(&[&tlv(0x80, &key_id(1)), &tlv(0x82, &[0x11])])),
        "a key identifier only", |_| {});
    each!(rows, Rule::AuthorityKeyIdForm, [dac: Dac 0],
        "the issuer's serial number too",
        |cert| cert.set(AKI, false, &der::seq(&[&tlv(0x80, &key_id(2)), &tlv(0x82, &[0x12])])),
        "a key identifier only", |_| {});
}
