//! A mutator of DER (ITU-T X.690): elements are removed, repeated, exchanged and changed, and the enclosing lengths are updated.

use crate::random::{Random, mutate_field};

/// Deeper elements stay as they are: certificates have about ten levels.
const MAX_DEPTH: usize = 24;

const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const CONSTRUCTED: u8 = 0x20;

/// Tags that a change of type draws from: those that X.509, PKCS#10, PKCS#8 and CMS use.
const TAGS: [u8; 20] = [
    0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0A, 0x0C, 0x13, 0x16, 0x17, 0x18, 0x30, 0x31, 0x80, 0x82, 0xA0, 0xA1, 0xA3, 0x86,
];

#[derive(Clone)]
struct Element {
    tag: u8,
    content: Content,
}

#[derive(Clone)]
enum Content {
    Bytes(Vec<u8>),
    /// Children, after bytes of the element itself: the number of unused bits of a BIT STRING that contains DER.
    Elements(Vec<u8>, Vec<Element>),
}

/// Mutates DER after `header` bytes, which libFuzzer mutates occasionally; input that does not parse is mutated as plain bytes.
pub fn mutate_der(header: usize, data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let mut random = Random::new(seed);
    let elements = data.get(header..size).and_then(|der| parse(der, MAX_DEPTH));
    let (Some(mut elements), false) = (elements, random.below(4) == 0) else {
        return libfuzzer_sys::fuzzer_mutate(data, size, max_size);
    };
    for _ in 0..=random.below(3) {
        let count = elements.iter().map(count).sum();
        change(&mut elements, &mut random.below(count), &mut random);
    }
    let mut encoded = Vec::with_capacity(size);
    elements.iter().for_each(|element| element.encode(&mut encoded));
    let end = header + encoded.len();
    if encoded.is_empty() || end > max_size {
        return libfuzzer_sys::fuzzer_mutate(data, size, max_size);
    }
    data[header..end].copy_from_slice(&encoded);
    if header > 0 && random.below(8) == 0 {
        data[random.below(header)] = random.byte();
    }
    end
}

/// Parses elements that fill `der` exactly.
fn parse(mut der: &[u8], depth: usize) -> Option<Vec<Element>> {
    let mut elements = Vec::new();
    while let Some((&tag, rest)) = der.split_first() {
        // No tag has more than one byte here.
        let (len, rest) = (tag & 0x1F != 0x1F).then(|| length(rest))??;
        let (content, rest) = rest.split_at_checked(len)?;
        der = rest;
        let content = nested(tag, content, depth).unwrap_or_else(|| Content::Bytes(content.to_vec()));
        elements.push(Element { tag, content });
    }
    (!elements.is_empty()).then_some(elements)
}

/// Parses content that is DER itself, also within the strings of extensions, keys and signatures.
fn nested(tag: u8, content: &[u8], depth: usize) -> Option<Content> {
    let prefix = match tag {
        BIT_STRING => 1,
        OCTET_STRING => 0,
        tag if tag & CONSTRUCTED != 0 => 0,
        _ => return None,
    };
    let (prefix, rest) = content.split_at_checked(prefix)?;
    let elements = parse(rest, depth.checked_sub(1)?)?;
    Some(Content::Elements(prefix.to_vec(), elements))
}

fn length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    if first < 0x80 {
        return Some((first.into(), rest));
    }
    let (digits, rest) = rest.split_at_checked((first & 0x7F).into())?;
    let len = (1..=4).contains(&digits.len()).then(|| {
        digits.iter().fold(0_usize, |len, digit| len << 8 | usize::from(*digit))
    })?;
    Some((len, rest))
}

fn count(element: &Element) -> usize {
    1 + match &element.content {
        Content::Bytes(_) => 0,
        Content::Elements(_, elements) => elements.iter().map(count).sum(),
    }
}

/// Changes the element number `at`, in the order of their tags.
fn change(elements: &mut Vec<Element>, at: &mut usize, random: &mut Random) -> bool {
    for i in 0..elements.len() {
        if *at == 0 {
            change_one(elements, i, random);
            return true;
        }
        *at -= 1;
        if let Content::Elements(_, children) = &mut elements[i].content
            && change(children, at, random)
        {
            return true;
        }
    }
    false
}

fn change_one(elements: &mut Vec<Element>, i: usize, random: &mut Random) {
    let other = random.below(elements.len());
    match random.below(8) {
        0 => drop(elements.remove(i)),
        1 => elements.insert(other, elements[i].clone()),
        2 => elements.swap(i, other),
        3 => elements[i] = elements[other].clone(),
        4 => elements[i].tag = TAGS[random.below(TAGS.len())],
        _ => match &mut elements[i].content {
            Content::Bytes(bytes) => mutate_field(bytes),
            Content::Elements(prefix, children) => {
                if random.below(2) == 0 {
                    children.truncate(random.below(children.len() + 1));
                } else if let Some(byte) = prefix.first_mut() {
                    *byte = random.byte() % 9;
                } else {
                    children.reverse();
                }
            }
        },
    }
}

impl Element {
    fn encode(&self, out: &mut Vec<u8>) {
        let content = match &self.content {
            Content::Bytes(bytes) => bytes.clone(),
            Content::Elements(prefix, elements) => {
                let mut content = prefix.clone();
                elements.iter().for_each(|element| element.encode(&mut content));
                content
            }
        };
        out.push(self.tag);
        let digits = content.len().to_be_bytes();
        let digits = &digits[digits.iter().position(|digit| *digit != 0).unwrap_or(digits.len() - 1)..];
        if let [digit @ 0..0x80] = digits {
            out.push(*digit);
        } else {
            out.push(0x80 | u8::try_from(digits.len()).unwrap_or(8));
            out.extend_from_slice(digits);
        }
        out.extend_from_slice(&content);
    }
}
