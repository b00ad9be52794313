//! Duplicates in a certificate are found as by comparing each item with all before it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::as_conversions)]

#[path = "support/der.rs"]
mod der;
#[path = "support/kit.rs"]
mod kit;

use matter_attestation::{Profile, Rule, Verification};
use proptest::collection::vec;
use proptest::prelude::*;

use self::der::{SEQUENCE, SET, UTF8, seq, tlv};
use self::kit::{Cert, Kit};

/// The sentences of a rule's findings about a DAC.
fn texts(dac: &Cert, rule: Rule) -> Vec<String> {
    let der = dac.encode();
    let report = Verification::new().with_dac(&der).run(Profile::Strict);
    let findings = report.findings().iter().filter(|finding| finding.rule() == rule);
    findings.map(|finding| finding.text()).collect()
}

fn kind(number: u8) -> [u8; 3] {
    [0x2A, 3, number]
}

/// Number of earlier values equal to the one at `at`.
fn earlier<T: PartialEq>(values: &[T], at: usize) -> usize {
    values[..at].iter().filter(|value| **value == values[at]).count()
}

proptest! {
    #[test]
    fn an_extension_is_reported_at_its_second_occurrence(numbers in vec(0u8..5, 0..12)) {
        let mut dac = Kit::new().dac;
        dac.extensions.clear();
        // Each has its own length, which identifies the position in the sentence.
        for (number, len) in numbers.iter().zip(1..) {
            dac.add(&kind(*number), false, &vec![0; len]);
        }
        let der = dac.encode();
        let expected = (0..numbers.len()).filter(|at| earlier(&numbers, *at) == 1).map(|at| {
            let value = tlv(der::OCTETS, &vec![0; at + 1]);
            let encoded = [der::oid(&kind(numbers[at])), value.clone()].concat();
            let start = der.windows(encoded.len()).position(|window| window == encoded).unwrap();
            format!("again at byte {}", start + encoded.len() - value.len())
        });
        let texts = texts(&dac, Rule::ExtensionDuplicate);
        let expected: Vec<_> = expected.collect();
        prop_assert_eq!(texts.len(), expected.len());
        for (text, place) in texts.iter().zip(&expected) {
            prop_assert!(text.contains(&format!("({place})")), "{} is not {}", text, place);
        }
    }

    #[test]
    fn an_attribute_is_reported_at_every_repetition_in_its_name(names in vec(vec(0u8..4, 1..5), 1..5)) {
        let attribute = |number: &u8| seq(&[&der::oid(&kind(*number)), &tlv(UTF8, b"x")]);
        let rdns = names.iter().map(|name| tlv(SET, &name.iter().flat_map(attribute).collect::<Vec<_>>()));
        let mut dac = Kit::new().dac;
        dac.subject = tlv(SEQUENCE, &rdns.collect::<Vec<_>>().concat());
        let repetitions = |name: &Vec<u8>| (0..name.len()).filter(|at| earlier(name, *at) > 0).count();
        let expected: usize = names.iter().map(repetitions).sum();
        prop_assert_eq!(texts(&dac, Rule::NameAttributeRepeated).len(), expected);
    }
}
