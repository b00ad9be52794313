//! A second, very simple reader of headers: the structure is split into a list of tokens, which is compared with the list
//! of fields. It returns the result of the SDK's parser: the fields, or an error code.
//!
//! Rules: connectedhomeip, `OTAImageHeader.cpp` and `TLVReader.cpp`. Verified against the SDK's own parser in
//! `vectors.rs`.

#![allow(dead_code, reason = "not every test needs all of it")]

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields {
    pub(crate) vendor: u64,
    pub(crate) product: u64,
    pub(crate) version: u64,
    pub(crate) text: Vec<u8>,
    pub(crate) size: u64,
    pub(crate) min: Option<u64>,
    pub(crate) max: Option<u64>,
    pub(crate) url: Option<Vec<u8>>,
    pub(crate) digest_type: u64,
    pub(crate) digest: Vec<u8>,
}

#[derive(Clone, Debug)]
enum Content {
    Number(u64),
    Text(Vec<u8>),
    Octets(Vec<u8>),
    Open(u8),
    Close,
    Else,
}

#[derive(Clone, Debug)]
struct Token {
    /// Profile and number in one; context tags are in the profile 0xFFFFFFFF.
    tag: u64,
    content: Content,
}

const CONTEXT: u64 = 0xFFFF_FFFF_0000_0000;
const NONE: u64 = CONTEXT + 256;
const IMPLICIT: u64 = CONTEXT + 257;

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |sum, byte| sum * 256 + u64::from(*byte))
}

/// The token at `at`, in a container of the type `inside` (0: in none, 1: in an unknown one).
fn token(bytes: &[u8], at: usize, inside: u8) -> Result<(Token, usize), u8> {
    let Some(control) = bytes.get(at) else { return Err(0x21) };
    let kind = control % 32;
    if kind > 0x18 {
        return Err(0x23);
    }
    let tag_len = [0, 1, 2, 4, 2, 4, 6, 8][usize::from(control / 32)];
    let value_len = match kind {
        0..=7 | 0x0C..=0x13 => 1 << (kind % 4),
        0x0A => 4,
        0x0B => 8,
        _ => 0,
    };
    let head = bytes.get(at..at + 1 + tag_len + value_len).ok_or(0x22)?;
    let (tag, value) = head[1..].split_at(tag_len);
    let tag = match control / 32 {
        0 => NONE,
        1 => CONTEXT + number(tag),
        2 | 3 => number(tag),
        4 | 5 => IMPLICIT,
        _ => (number(&tag[..2]) << 48) + (number(&tag[2..4]) << 32) + number(&tag[4..]),
    };
    let value = number(value);
    let is_string = (0x0C..=0x13).contains(&kind);
    if is_string && value >= 1 << 32 {
        return Err(0x2D);
    }
    if kind == 0x18 {
        return match (inside, tag) {
            (0, _) => Err(0x23),
            (_, NONE) => Ok((
                Token {
                    tag,
                    content: Content::Close,
                },
                at + head.len(),
            )),
            _ => Err(0x24),
        };
    }
    let wrong_tag = match inside {
        0 => (CONTEXT..NONE).contains(&tag),
        0x15 => tag == NONE,
        0x16 => tag != NONE,
        _ => false,
    };
    if tag == IMPLICIT {
        return Err(0x25);
    }
    if wrong_tag {
        return Err(0x24);
    }
    let mut end = at + head.len();
    let content = match kind {
        4..=7 => Content::Number(value),
        0x0C..=0x13 => {
            let start = end;
            end = start.saturating_add(usize::try_from(value).unwrap());
            let string = bytes.get(start..end).ok_or(0x22)?.to_vec();
            if kind < 0x10 {
                Content::Text(string)
            } else {
                Content::Octets(string)
            }
        }
        0x15..=0x17 => Content::Open(kind),
        _ => Content::Else,
    };
    Ok((Token { tag, content }, end))
}

/// All tokens up to the end of the outermost container, and the error code if there is one.
fn tokens(bytes: &[u8]) -> (Vec<Token>, Option<u8>) {
    let (mut found, mut at, mut open) = (Vec::new(), 0, Vec::new());
    loop {
        let inside = open.last().copied().unwrap_or(0);
        let (token, end) = match token(bytes, at, inside) {
            Ok(next) => next,
            Err(code) => return (found, Some(code)),
        };
        at = end;
        found.push(token.clone());
        match token.content {
            Content::Open(kind) => open.push(kind),
            Content::Close => {
                open.pop();
                match open.len() {
                    0 => return (found, None),
                    1 => {}
                    // The SDK no longer knows the type of the container.
                    _ => *open.last_mut().unwrap() = 1,
                }
            }
            _ if open.is_empty() => return (found, None),
            _ => {}
        }
    }
}

struct Fed {
    tokens: std::vec::IntoIter<Token>,
    broken: Option<u8>,
}

impl Fed {
    fn next(&mut self) -> Result<Token, u8> {
        match self.tokens.next() {
            Some(Token {
                content: Content::Close,
                ..
            }) => Err(0x21),
            Some(token) => Ok(token),
            None => Err(self.broken.unwrap_or(0x21)),
        }
    }
}

fn is(token: &Token, tag: u64) -> Result<(), u8> {
    if token.tag == CONTEXT + tag { Ok(()) } else { Err(0x2B) }
}

fn integer(token: &Token, bits: u32) -> Result<u64, u8> {
    match token.content {
        Content::Number(value) if u128::from(value) < 1u128 << bits => Ok(value),
        Content::Number(_) => Err(0x8F),
        _ => Err(0x26),
    }
}

fn text(token: &Token, max: usize) -> Result<Vec<u8>, u8> {
    let Content::Text(text) = &token.content else {
        return Err(0x26);
    };
    let text: Vec<u8> = text.iter().copied().take_while(|byte| *byte != 0x1F).collect();
    if text.len() > max { Err(0x1E) } else { Ok(text) }
}

pub(crate) fn structure(bytes: &[u8]) -> Result<Fields, u8> {
    let (tokens, broken) = tokens(bytes);
    let mut fed = Fed {
        tokens: tokens.into_iter(),
        broken,
    };
    let first = fed.next()?;
    if first.tag != NONE {
        return Err(0x2B);
    }
    let Content::Open(0x15) = first.content else {
        return Err(0x26);
    };
    let mut fields = Fields::default();
    for (tag, bits, field) in [
        (0, 16, &mut fields.vendor),
        (1, 16, &mut fields.product),
        (2, 32, &mut fields.version),
    ] {
        let token = fed.next()?;
        is(&token, tag)?;
        *field = integer(&token, bits)?;
    }
    let token = fed.next()?;
    is(&token, 3)?;
    fields.text = text(&token, 64)?;
    let token = fed.next()?;
    is(&token, 4)?;
    fields.size = integer(&token, 64)?;
    let mut token = fed.next()?;
    if is(&token, 5).is_ok() {
        fields.min = Some(integer(&token, 32)?);
        token = fed.next()?;
    }
    if is(&token, 6).is_ok() {
        fields.max = Some(integer(&token, 32)?);
        token = fed.next()?;
    }
    if is(&token, 7).is_ok() {
        fields.url = Some(text(&token, 256)?);
        token = fed.next()?;
    }
    is(&token, 8)?;
    fields.digest_type = integer(&token, 8)?;
    let token = fed.next()?;
    is(&token, 9)?;
    fields.digest = match token.content {
        Content::Octets(bytes) | Content::Text(bytes) => bytes,
        _ => return Err(0x26),
    };
    match fed.broken {
        Some(code) => Err(code),
        None => Ok(fields),
    }
}

/// The SDK parser's result for a file.
pub(crate) fn judge(file: &[u8]) -> Result<Fields, u8> {
    let fixed = file.get(..16).ok_or(0x19)?;
    if fixed[..4] != [0x1E, 0xF1, 0xEE, 0x1B] {
        return Err(0xDA);
    }
    let size = usize::try_from(number(&fixed[12..])).unwrap();
    if size > 1024 {
        return Err(0x0B);
    }
    structure(file[16..].get(..size).ok_or(0x19)?)
}
