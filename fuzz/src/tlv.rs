//! A mutator of Matter TLV (Matter Core Specification, appendix A): elements are removed, repeated, exchanged and changed whole.

use std::ops::Range;

use crate::random::{Random, mutate_field};

/// Mutates TLV after `header` bytes; what does not parse is mutated as plain bytes.
pub fn mutate_tlv(header: usize, data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let mut random = Random::new(seed);
    let elements = data.get(header..size).map(elements).unwrap_or_default();
    if elements.is_empty() || random.below(4) == 0 {
        return libfuzzer_sys::fuzzer_mutate(data, size, max_size);
    }
    let tlv = &data[header..size];
    let Spans { whole, value } = elements[random.below(elements.len())].clone();
    let other = elements[random.below(elements.len())].whole.clone();
    let (before, after) = (&tlv[..whole.start], &tlv[whole.end..]);
    let mut field;
    let changed = match random.below(6) {
        0 => [before, after].concat(),
        1 => [&tlv[..other.start], &tlv[whole], &tlv[other.start..]].concat(),
        2 => [before, &tlv[other], after].concat(),
        3 => {
            // Another control byte: form of the tag in the upper three bits, type in the lower five.
            let mut changed = tlv.to_vec();
            changed[whole.start] = random.byte();
            changed
        }
        4 => {
            // A string of another length, whose length field follows where it has one byte.
            field = tlv[value.clone()].to_vec();
            mutate_field(&mut field);
            let mut changed = [&tlv[..value.start], &field, &tlv[value.end..]].concat();
            let is_string = matches!(tlv[whole.start] & 0x1F, 0x0C | 0x10);
            if is_string && let Ok(len) = u8::try_from(field.len()) {
                changed[value.start - 1] = len;
            }
            changed
        }
        _ => {
            field = tlv[whole].to_vec();
            let bit = random.below(field.len() * 8);
            field[bit / 8] ^= 1 << (bit % 8);
            [before, &field, after].concat()
        }
    };
    let end = header + changed.len();
    if end > max_size {
        return libfuzzer_sys::fuzzer_mutate(data, size, max_size);
    }
    data[header..end].copy_from_slice(&changed);
    end
}

/// The range of an element, including contained elements and the end of container, and the range of its value without tag
/// and length.
#[derive(Clone)]
struct Spans {
    whole: Range<usize>,
    value: Range<usize>,
}

/// Returns all elements up to the first incomplete one.
fn elements(tlv: &[u8]) -> Vec<Spans> {
    let mut spans: Vec<Spans> = Vec::new();
    let mut open = Vec::new();
    let mut at = 0;
    while let Some(Spans { whole, value }) = element(tlv, at) {
        let end = whole.end;
        match tlv[at] & 0x1F {
            0x15..=0x17 => open.push(spans.len()),
            0x18 => {
                let Some(start) = open.pop() else { break };
                spans[start].whole.end = end;
                spans[start].value.end = at;
                at = end;
                continue;
            }
            _ => {}
        }
        spans.push(Spans { whole, value });
        at = end;
    }
    // Containers without an end extend to the end of the parsed bytes.
    for start in open {
        spans[start].whole.end = at;
        spans[start].value.end = at;
    }
    spans
}

/// Returns one element; for a container, only its head.
fn element(tlv: &[u8], start: usize) -> Option<Spans> {
    let control = *tlv.get(start)?;
    let tag = [0, 1, 2, 4, 2, 4, 6, 8][usize::from(control >> 5)];
    let fixed = start + 1 + tag;
    let value = match control & 0x1F {
        kind @ (0x00..=0x07) => fixed..fixed + (1 << (kind & 3)),
        0x0A => fixed..fixed + 4,
        0x0B => fixed..fixed + 8,
        kind @ 0x0C..=0x13 => {
            let digits = tlv.get(fixed..fixed + (1 << (kind & 3)))?;
            let len = digits.iter().rev().try_fold(0_usize, |len, digit| {
                Some(len.checked_mul(256)? + usize::from(*digit))
            })?;
            let from = fixed + digits.len();
            from..from.checked_add(len)?
        }
        0x08 | 0x09 | 0x14..=0x18 => fixed..fixed,
        _ => return None,
    };
    (value.end <= tlv.len()).then_some(Spans {
        whole: start..value.end,
        value,
    })
}
