//! The attestation elements and their signature.

use matter_attestation::Object::Elements;
use matter_attestation::Rule;

use super::kit::Kit;
use super::row::{Row, row};

type Change = fn(&mut Kit);

/// A member with a byte string.
fn bytes(tag: u8, value: &[u8]) -> Vec<u8> {
    let len = u16::try_from(value.len()).unwrap().to_le_bytes();
    [&[0x31, tag, len[0], len[1]], value].concat()
}

/// Fills the elements to a length with firmware information.
fn fill(kit: &mut Kit, len: usize) {
    // Start, declaration, nonce, timestamp, firmware information, end.
    let without = 1 + (4 + kit.cd.encode().len()) + (4 + 32) + 3 + 4 + 1;
    kit.more = [vec![0x24, 3, 0], bytes(4, &vec![0; len - without])].concat();
}

/// Elements with these members.
fn elements(members: &[Vec<u8>]) -> Option<Vec<u8>> {
    Some([vec![0x15], members.concat(), vec![0x18]].concat())
}

/// An entry of vendor FFF1, profile 003E, tag 1 (Matter Core Specification A.2.3), with these bytes.
fn vendor_entry(kind: u8, value: &[u8]) -> Vec<u8> {
    [&[kind, 0xF1, 0xFF, 0x3E, 0, 1, 0], value].concat()
}

pub(crate) fn rows() -> Vec<Row> {
    let nothing: Change = |_| {};
    let lines: Vec<(Rule, u16, &str, Change, &str, Change)> = vec![
        (
            Rule::ElementsTooLong,
            701,
            "901 bytes",
            |kit| fill(kit, 901),
            "900 bytes",
            |kit| fill(kit, 900),
        ),
        (
            Rule::ElementsMalformed,
            501,
            "no timestamp",
            |kit| kit.more.clear(),
            "all members",
            nothing,
        ),
        (
            Rule::ElementsMalformed,
            501,
            "no declaration",
            |kit| kit.elements = elements(&[bytes(2, &[7; 32]), vec![0x24, 3, 0]]),
            "all members",
            nothing,
        ),
        (
            Rule::ElementsMalformed,
            501,
            "no nonce",
            |kit| {
                let cd = kit.cd.encode();
                kit.elements = elements(&[bytes(1, &cd), vec![0x24, 3, 0]]);
            },
            "all members",
            nothing,
        ),
        (
            Rule::ElementsMalformed,
            501,
            "the nonce before the declaration",
            |kit| {
                let cd = kit.cd.encode();
                kit.elements = elements(&[bytes(2, &[7; 32]), bytes(1, &cd), vec![0x24, 3, 0]]);
            },
            "in order",
            nothing,
        ),
        (
            Rule::ElementsMalformed,
            501,
            "a timestamp above 32 bits",
            |kit| kit.more = vec![0x27, 3, 0, 0, 0, 0, 1, 0, 0, 0],
            "of 32 bits",
            |kit| kit.more = vec![0x26, 3, 0xFF, 0xFF, 0xFF, 0xFF],
        ),
        (
            Rule::ElementsMalformed,
            501,
            "tag 5 before tag 4",
            |kit| kit.more = [&[0x24, 3, 0, 0x24, 5, 0][..], &bytes(4, b"firmware")].concat(),
            "tag 4 before tag 5",
            |kit| kit.more = [&[0x24, 3, 0][..], &bytes(4, b"firmware"), &[0x24, 5, 0]].concat(),
        ),
        (
            Rule::ElementsMalformed,
            501,
            "a number as a vendor's entry",
            |kit| kit.more = [vec![0x24, 3, 0], vendor_entry(0xC4, &[7])].concat(),
            "bytes",
            |kit| kit.more = [vec![0x24, 3, 0], vendor_entry(0xD0, &[1, 7])].concat(),
        ),
        (
            Rule::ElementsMalformed,
            501,
            "a structure without an end",
            |kit| {
                let cd = kit.cd.encode();
                let mut cut = elements(&[bytes(1, &cd), bytes(2, &[7; 32]), vec![0x24, 3, 0]]).unwrap();
                cut.pop();
                kit.elements = Some(cut);
            },
            "with one",
            nothing,
        ),
        (
            Rule::ElementsMalformed,
            501,
            "firmware information as text",
            |kit| kit.more = [&[0x24, 3, 0, 0x2C, 4, 8][..], b"firmware"].concat(),
            "as bytes",
            |kit| kit.more = [&[0x24, 3, 0][..], &bytes(4, b"firmware")].concat(),
        ),
        (
            Rule::ElementsMalformed,
            501,
            "the timestamp as text",
            |kit| kit.more = vec![0x2C, 3, 1, b'0'],
            "as a number",
            |kit| kit.more = vec![0x24, 3, 48],
        ),
        (
            Rule::ElementsMalformed,
            501,
            "the nonce as text",
            |kit| {
                let cd = kit.cd.encode();
                let nonce = [&[0x2C, 2, 32][..], &[7; 32]].concat();
                kit.elements = elements(&[bytes(1, &cd), nonce, vec![0x24, 3, 0]]);
            },
            "as bytes",
            nothing,
        ),
        (
            Rule::ElementsMalformed,
            501,
            "a vendor's entry before the timestamp",
            |kit| kit.more = [vendor_entry(0xD0, &[1, 7]), vec![0x24, 3, 0]].concat(),
            "two entries after it",
            |kit| {
                let second = [&[0xD0, 0xF1, 0xFF, 0x3E, 0, 2, 0][..], &[1, 7]].concat();
                kit.more = [vec![0x24, 3, 0], vendor_entry(0xD0, &[1, 7]), second].concat();
            },
        ),
        (
            Rule::ElementsMalformed,
            501,
            "a byte after the structure",
            |kit| {
                let cd = kit.cd.encode();
                let mut longer = elements(&[bytes(1, &cd), bytes(2, &[7; 32]), vec![0x24, 3, 0]]).unwrap();
                longer.push(0);
                kit.elements = Some(longer);
            },
            "none",
            nothing,
        ),
        (
            Rule::ElementsNonceLength,
            0,
            "a nonce of 33 bytes",
            |kit| {
                kit.nonce = vec![7; 33];
                kit.asked_nonce = vec![7; 33];
            },
            "of 32 bytes",
            nothing,
        ),
        (
            Rule::ElementsChallengeLength,
            0,
            "a challenge of 17 bytes",
            |kit| {
                kit.challenge = vec![9; 17];
                kit.asked_challenge = vec![9; 17];
            },
            "of 16 bytes",
            nothing,
        ),
        (
            Rule::ElementsNonceLength,
            0,
            "a nonce of 31 bytes",
            |kit| {
                kit.nonce = vec![7; 31];
                kit.asked_nonce = vec![7; 31];
            },
            "of 32 bytes",
            nothing,
        ),
        (
            Rule::ElementsNonce,
            502,
            "another nonce than the commissioner's",
            |kit| kit.asked_nonce[31] = 8,
            "the commissioner's",
            nothing,
        ),
        (
            Rule::ElementsDeclaration,
            0,
            "another declaration than the one given",
            |kit| {
                let mut other = kit.cd.clone();
                other.set(7, vec![0x24, 7, 2]);
                kit.device_cd = Some(other);
            },
            "the one given",
            |kit| kit.device_cd = Some(kit.cd.clone()),
        ),
        (
            Rule::ElementsChallengeLength,
            0,
            "a challenge of 15 bytes",
            |kit| {
                kit.challenge = vec![9; 15];
                kit.asked_challenge = vec![9; 15];
            },
            "of 16 bytes",
            nothing,
        ),
        (
            Rule::ElementsSignatureLength,
            500,
            "a signature of 63 bytes",
            |kit| kit.signature = Some(vec![1; 63]),
            "of 64 bytes",
            nothing,
        ),
        (
            Rule::ElementsSignatureLength,
            503,
            "a signature of 65 bytes",
            |kit| kit.signature = Some(vec![1; 65]),
            "of 64 bytes",
            nothing,
        ),
        (
            Rule::ElementsSignature,
            500,
            "another challenge than was signed",
            |kit| kit.asked_challenge[0] = 8,
            "the one that was signed",
            nothing,
        ),
        (
            Rule::ElementsSignature,
            500,
            "r and s are 0",
            |kit| kit.signature = Some(vec![0; 64]),
            "the DAC's key's",
            nothing,
        ),
        (
            Rule::PartMissing,
            701,
            "an empty signature",
            |kit| kit.signature = Some(Vec::new()),
            "one of 64 bytes",
            nothing,
        ),
    ];
    lines
        .into_iter()
        .map(|(rule, sdk, broken, break_it, inside, keep_it)| {
            let row = row(rule, (Elements, sdk), (broken, break_it), (inside, keep_it));
            match rule {
                Rule::PartMissing => row.also(&[(Rule::ElementsSignatureLength, Elements)]),
                _ => row,
            }
        })
        .collect()
}
