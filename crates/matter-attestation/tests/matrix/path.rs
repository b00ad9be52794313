//! Path validation: name constraints and required policies.

use matter_attestation::Object::{Dac, Pai};
use matter_attestation::Rule;

use super::der::{
    self, ALT_NAME, ANY_POLICY, COMMON_NAME, INHIBIT_ANY_POLICY, NAME_CONSTRAINTS, POLICIES, POLICY,
    POLICY_CONSTRAINTS, PRODUCT_ID, UTF8, VENDOR_ID, policies, tlv,
};
use super::kit::Kit;
use super::row::{Row, row};

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = names();
    rows.extend(required_policies());
    rows
}

/// Name constraints with one base in the permitted (0xA0) or the excluded (0xA1) subtrees.
fn constraints(list: u8, base: &[u8]) -> Vec<u8> {
    der::seq(&[&tlv(list, &der::seq(&[base]))])
}

fn with_maximum() -> Vec<u8> {
    let subtree = der::seq(&[&tlv(0x82, b"example.org"), &tlv(0x81, &[3])]);
    der::seq(&[&tlv(0xA0, &subtree)])
}

fn named(kit: &mut Kit, common_name: &str) {
    kit.dac.subject = der::name(&[
        (COMMON_NAME, UTF8, common_name),
        (VENDOR_ID, UTF8, "FFF1"),
        (PRODUCT_ID, UTF8, "8000"),
    ]);
}

fn directory(name: &[u8]) -> Vec<u8> {
    tlv(0xA4, name)
}

fn names() -> Vec<Row> {
    vec![
        row(
            Rule::NameConstraint,
            (Dac, 301),
            ("a PAI that excludes the vendor's directory names", |kit| {
                let name = der::name(&[(COMMON_NAME, UTF8, "test dac")]);
                kit.pai
                    .set(NAME_CONSTRAINTS, true, &constraints(0xA1, &directory(&name)));
            }),
            ("other directory names", |kit| {
                let name = der::name(&[(COMMON_NAME, UTF8, "DAC 2")]);
                kit.pai
                    .set(NAME_CONSTRAINTS, true, &constraints(0xA1, &directory(&name)));
            }),
        ),
        row(
            Rule::NameConstraint,
            (Pai, 301),
            ("a PAA that permits another directory name", |kit| {
                let name = der::common_name("Other");
                kit.paa
                    .set(NAME_CONSTRAINTS, true, &constraints(0xA0, &directory(&name)));
            }),
            ("all of them", |kit| {
                let name = der::name(&[]);
                kit.paa
                    .set(NAME_CONSTRAINTS, true, &constraints(0xA0, &directory(&name)));
            }),
        )
        .also(&[(Rule::NameConstraint, Dac)]),
        row(
            Rule::NameConstraint,
            (Dac, 301),
            (
                "a PAA that permits DNS names below example.org, and a DAC with another",
                |kit| {
                    kit.paa
                        .set(NAME_CONSTRAINTS, true, &constraints(0xA0, &tlv(0x82, b"example.org")));
                    kit.dac
                        .set(ALT_NAME, false, &der::seq(&[&tlv(0x82, b"badexample.org")]));
                },
            ),
            ("a DAC with one of these", |kit| {
                kit.paa
                    .set(NAME_CONSTRAINTS, true, &constraints(0xA0, &tlv(0x82, b"example.org")));
                kit.dac.set(ALT_NAME, false, &der::seq(&[&tlv(0x82, b"a.Example.org")]));
            }),
        ),
        row(
            Rule::NameConstraint,
            (Dac, 301),
            (
                "a PAI that excludes a network, and a DAC with an address in it",
                |kit| {
                    kit.pai.set(
                        NAME_CONSTRAINTS,
                        true,
                        &constraints(0xA1, &tlv(0x87, &[10, 0, 0, 0, 255, 0, 0, 0])),
                    );
                    kit.dac.set(ALT_NAME, false, &der::seq(&[&tlv(0x87, &[10, 9, 9, 9])]));
                },
            ),
            ("no address", |kit| {
                kit.pai.set(
                    NAME_CONSTRAINTS,
                    true,
                    &constraints(0xA1, &tlv(0x87, &[10, 0, 0, 0, 255, 0, 0, 0])),
                );
            }),
        ),
        row(
            Rule::NameConstraint,
            (Dac, 0),
            (
                "an address that is permitted, which BoringSSL does not compare",
                |kit| {
                    kit.pai.set(
                        NAME_CONSTRAINTS,
                        true,
                        &constraints(0xA0, &tlv(0x87, &[10, 0, 0, 0, 255, 0, 0, 0])),
                    );
                    kit.dac.set(ALT_NAME, false, &der::seq(&[&tlv(0x87, &[10, 9, 9, 9])]));
                },
            ),
            ("no address", |kit| {
                kit.pai.set(
                    NAME_CONSTRAINTS,
                    true,
                    &constraints(0xA0, &tlv(0x87, &[10, 0, 0, 0, 255, 0, 0, 0])),
                );
            }),
        )
        .boringssl(301),
        row(
            Rule::NameConstraint,
            (Dac, 301),
            (
                "a common name like a DNS name that is not permitted, in addition to an e-mail address",
                |kit| {
                    kit.pai
                        .set(NAME_CONSTRAINTS, true, &constraints(0xA0, &tlv(0x82, b"example.org")));
                    named(kit, "lamp.example.com");
                    kit.dac.set(ALT_NAME, false, &der::seq(&[&tlv(0x81, b"u@example.org")]));
                },
            ),
            ("in addition to a permitted DNS name", |kit| {
                kit.pai
                    .set(NAME_CONSTRAINTS, true, &constraints(0xA0, &tlv(0x82, b"example.org")));
                named(kit, "lamp.example.com");
                kit.dac.set(ALT_NAME, false, &der::seq(&[&tlv(0x82, b"a.example.org")]));
            }),
        )
        .boringssl(0),
        row(
            Rule::NameConstraint,
            (Dac, 0),
            (
                "a common name of one word without alternative names, and constraints on e-mail addresses",
                |kit| {
                    kit.pai
                        .set(NAME_CONSTRAINTS, true, &constraints(0xA0, &tlv(0x81, b"example.org")));
                    named(kit, "Lamp");
                },
            ),
            ("with an alternative name", |kit| {
                kit.pai
                    .set(NAME_CONSTRAINTS, true, &constraints(0xA0, &tlv(0x81, b"example.org")));
                named(kit, "Lamp");
                kit.dac.set(ALT_NAME, false, &der::seq(&[&tlv(0x81, b"u@example.org")]));
            }),
        )
        .boringssl(301),
        row(
            Rule::NameConstraint,
            (Dac, 301),
            (
                "name constraints with a maximum on a kind of name that the DAC has",
                |kit| {
                    kit.pai.set(NAME_CONSTRAINTS, true, &with_maximum());
                    kit.dac.set(ALT_NAME, false, &der::seq(&[&tlv(0x82, b"example.org")]));
                },
            ),
            ("without a maximum", |kit| {
                kit.pai
                    .set(NAME_CONSTRAINTS, true, &constraints(0xA0, &tlv(0x82, b"example.org")));
                kit.dac.set(ALT_NAME, false, &der::seq(&[&tlv(0x82, b"example.org")]));
            }),
        )
        .also(&[(Rule::NameConstraintsMalformed, Pai)]),
        row(
            Rule::NameConstraint,
            (Dac, 301),
            ("a URI without a host, where URIs are excluded", |kit| {
                kit.pai
                    .set(NAME_CONSTRAINTS, true, &constraints(0xA1, &tlv(0x86, b"example.org")));
                kit.dac.set(ALT_NAME, false, &der::seq(&[&tlv(0x86, b"urn:example")]));
            }),
            ("another host", |kit| {
                kit.pai
                    .set(NAME_CONSTRAINTS, true, &constraints(0xA1, &tlv(0x86, b"example.org")));
                kit.dac
                    .set(ALT_NAME, false, &der::seq(&[&tlv(0x86, b"http://a.example.org/x")]));
            }),
        ),
    ]
}

fn required_policies() -> Vec<Row> {
    /// Policy constraints that require a policy after `skip` certificates.
    fn require(skip: u8) -> Vec<u8> {
        der::seq(&[&tlv(0x80, &[skip])])
    }
    vec![
        row(
            Rule::PolicyMissing,
            (Dac, 0),
            ("a PAI that requires a policy, which the DAC does not have", |kit| {
                kit.pai.set(POLICY_CONSTRAINTS, true, &require(0));
                kit.pai.set(POLICIES, false, &policies(&[POLICY]));
            }),
            ("which both have", |kit| {
                kit.pai.set(POLICY_CONSTRAINTS, true, &require(0));
                kit.pai.set(POLICIES, false, &policies(&[POLICY]));
                kit.dac.set(POLICIES, false, &policies(&[POLICY]));
            }),
        )
        .boringssl(301),
        row(
            Rule::PolicyMissing,
            (Dac, 0),
            ("a PAI that requires a policy after one certificate", |kit| {
                kit.pai.set(POLICY_CONSTRAINTS, true, &require(1));
            }),
            ("after two", |kit| kit.pai.set(POLICY_CONSTRAINTS, true, &require(2))),
        )
        .boringssl(301),
        row(
            Rule::PolicyMissing,
            (Dac, 0),
            ("any policy in the PAI, and anyPolicy inhibited below it", |kit| {
                kit.pai.set(POLICY_CONSTRAINTS, true, &require(0));
                kit.pai.set(INHIBIT_ANY_POLICY, true, &tlv(der::INTEGER, &[0]));
                kit.pai.set(POLICIES, false, &policies(&[ANY_POLICY]));
                kit.dac.set(POLICIES, false, &policies(&[ANY_POLICY]));
            }),
            ("allowed", |kit| {
                kit.pai.set(POLICY_CONSTRAINTS, true, &require(0));
                kit.pai.set(POLICIES, false, &policies(&[ANY_POLICY]));
                kit.dac.set(POLICIES, false, &policies(&[ANY_POLICY]));
            }),
        )
        .boringssl(301),
    ]
}
