//! The members of a declaration's content: presence, order and types.

use matter_attestation::Rule;

use super::content::{Change, Line};
use super::kit::{Kit, key_id, paas, products, u16_member};

/// Fills the content to a length with an unknown member; such a declaration is too long for an answer.
fn fill(kit: &mut Kit, len: usize) {
    kit.left_out = "elements";
    let missing = len - kit.cd.content().len() - 4;
    let size = u16::try_from(missing).unwrap().to_le_bytes();
    kit.cd
        .set(12, [&[0x31, 12, size[0], size[1]][..], &vec![0; missing]].concat());
    assert_eq!(kit.cd.content().len(), len);
}

pub(crate) fn rows() -> Vec<Line> {
    let nothing: Change = |_| {};
    vec![
        (
            Rule::CdContentMalformed,
            603,
            "a byte after the structure",
            |kit| kit.cd.end = vec![0x18, 0],
            "none",
            |kit| kit.cd.end = vec![0x18],
        ),
        (
            Rule::CdContentMalformed,
            603,
            "a structure without an end",
            |kit| kit.cd.end.clear(),
            "with one",
            nothing,
        ),
        (
            Rule::CdMember,
            603,
            "no format version",
            |kit| kit.cd.remove(0),
            "all members",
            nothing,
        ),
        (
            Rule::CdMember,
            603,
            "no vendor id",
            |kit| kit.cd.remove(1),
            "all members",
            nothing,
        ),
        (
            Rule::CdMember,
            603,
            "no product ids",
            |kit| kit.cd.remove(2),
            "all members",
            nothing,
        ),
        (
            Rule::CdMember,
            603,
            "no device type",
            |kit| kit.cd.remove(3),
            "all members",
            nothing,
        ),
        (
            Rule::CdMember,
            603,
            "no certificate id",
            |kit| kit.cd.remove(4),
            "all members",
            nothing,
        ),
        (
            Rule::CdMember,
            603,
            "no security level",
            |kit| kit.cd.remove(5),
            "all members",
            nothing,
        ),
        (
            Rule::CdMember,
            603,
            "no security information",
            |kit| kit.cd.remove(6),
            "all members",
            nothing,
        ),
        (
            Rule::CdMember,
            603,
            "no version number",
            |kit| kit.cd.remove(7),
            "all members",
            nothing,
        ),
        (
            Rule::CdMember,
            603,
            "no certification type",
            |kit| kit.cd.remove(8),
            "all members",
            nothing,
        ),
        (
            Rule::CdMember,
            603,
            "security information before security level",
            |kit| kit.cd.members.swap(5, 6),
            "in order",
            nothing,
        ),
        (
            Rule::CdMember,
            603,
            "a vendor id above 16 bits",
            |kit| kit.cd.set(1, vec![0x26, 1, 0xF1, 0xFF, 1, 0]),
            "one of 16 bits in 32",
            |kit| kit.cd.set(1, vec![0x26, 1, 0xF1, 0xFF, 0, 0]),
        ),
        (
            Rule::CdMember,
            603,
            "a product id above 16 bits",
            |kit| kit.cd.set(2, vec![0x36, 2, 5, 0, 0x80, 6, 0, 0, 1, 0, 0x18]),
            "one of 16 bits in 32",
            |kit| kit.cd.set(2, vec![0x36, 2, 6, 0, 0x80, 0, 0, 0x18]),
        ),
        (
            Rule::CdMember,
            603,
            "certification type 256",
            |kit| kit.cd.set(8, u16_member(8, 256)),
            "type 0 in 16 bits",
            |kit| kit.cd.set(8, u16_member(8, 0)),
        ),
        (
            Rule::CdMember,
            603,
            "the certificate id as bytes",
            |kit| kit.cd.set(4, [&[0x30, 4, 19][..], b"CSA00000SWC00000-00"].concat()),
            "as text",
            nothing,
        ),
        (
            Rule::CdMember,
            603,
            "an authorized PAA of 19 bytes",
            |kit| kit.cd.set(11, paas(&[key_id(1), vec![5; 19]])),
            "of 20 bytes",
            |kit| kit.cd.set(11, paas(&[key_id(1), vec![5; 20]])),
        ),
        (
            Rule::CdMember,
            0,
            "the device type once more at the end",
            |kit| kit.cd.members.push((99, vec![0x24, 3, 0x16])),
            "an unknown member",
            |kit| kit.cd.members.push((99, vec![0x24, 99, 1])),
        ),
        (
            Rule::CdMember,
            603,
            "a device type above 32 bits",
            |kit| kit.cd.set(3, [&[0x27, 3][..], &(1u64 << 32).to_le_bytes()].concat()),
            "one of 16 bits in 64",
            |kit| kit.cd.set(3, [&[0x27, 3][..], &0x16u64.to_le_bytes()].concat()),
        ),
        (
            Rule::CdMember,
            603,
            "security level 256",
            |kit| kit.cd.set(5, u16_member(5, 256)),
            "security level 0 in 16 bits",
            |kit| kit.cd.set(5, u16_member(5, 0)),
        ),
        (
            Rule::CdMember,
            603,
            "security information above 16 bits",
            |kit| kit.cd.set(6, vec![0x26, 6, 0, 0, 1, 0]),
            "0 in 32 bits",
            |kit| kit.cd.set(6, vec![0x26, 6, 0, 0, 0, 0]),
        ),
        (
            Rule::CdMember,
            603,
            "a version number above 16 bits",
            |kit| kit.cd.set(7, vec![0x26, 7, 0, 0, 1, 0]),
            "65535 in 32 bits",
            |kit| kit.cd.set(7, vec![0x26, 7, 0xFF, 0xFF, 0, 0]),
        ),
        (
            Rule::CdMember,
            603,
            "a format version above 16 bits",
            |kit| kit.cd.set(0, vec![0x26, 0, 1, 0, 1, 0]),
            "version 1 in 32 bits",
            |kit| kit.cd.set(0, vec![0x26, 0, 1, 0, 0, 0]),
        ),
        (
            Rule::CdMember,
            603,
            "the vendor id as a signed number",
            |kit| kit.cd.set(1, vec![0x22, 1, 0xF1, 0xFF, 0, 0]),
            "as an unsigned number",
            |kit| kit.cd.set(1, vec![0x26, 1, 0xF1, 0xFF, 0, 0]),
        ),
        (
            Rule::CdContentMalformed,
            603,
            "a product id with a tag",
            |kit| kit.cd.set(2, vec![0x36, 2, 0x25, 0, 0, 0x80, 0x18]),
            "without",
            |kit| kit.cd.set(2, products(&[0x8000])),
        ),
        (
            Rule::CdMember,
            603,
            "the product ids as a structure",
            |kit| kit.cd.set(2, vec![0x35, 2, 0x05, 0, 0x80, 0x18]),
            "as an array",
            |kit| kit.cd.set(2, products(&[0x8000])),
        ),
        (
            Rule::CdMember,
            603,
            "an authorized PAA of 21 bytes",
            |kit| kit.cd.set(11, paas(&[vec![1; 21], key_id(1)])),
            "of 20 bytes",
            |kit| kit.cd.set(11, paas(&[vec![1; 20], key_id(1)])),
        ),
        (
            Rule::CdMember,
            603,
            "an origin vendor id above 16 bits",
            |kit| {
                kit.cd.set(9, vec![0x26, 9, 0xF1, 0xFF, 1, 0]);
                kit.cd.set(10, u16_member(10, 0x8000));
            },
            "one of 16 bits in 32",
            |kit| {
                kit.cd.set(9, vec![0x26, 9, 0xF1, 0xFF, 0, 0]);
                kit.cd.set(10, u16_member(10, 0x8000));
            },
        ),
        (
            Rule::CdMember,
            603,
            "an origin product id above 16 bits",
            |kit| {
                kit.cd.set(9, u16_member(9, 0xFFF1));
                kit.cd.set(10, vec![0x26, 10, 0, 0x80, 1, 0]);
            },
            "one of 16 bits in 32",
            |kit| {
                kit.cd.set(9, u16_member(9, 0xFFF1));
                kit.cd.set(10, vec![0x26, 10, 0, 0x80, 0, 0]);
            },
        ),
        (
            Rule::CdTooLong,
            603,
            "791 bytes",
            |kit| fill(kit, 791),
            "790 bytes",
            |kit| fill(kit, 790),
        ),
    ]
}
