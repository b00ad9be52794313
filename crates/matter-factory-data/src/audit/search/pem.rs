//! PEM that says it holds a private key in plain.

use super::positions;

const BEGIN: &[u8] = b"-----BEGIN ";
const LABELS: [&[u8]; 2] = [b"EC PRIVATE KEY-----", b"PRIVATE KEY-----"];
const DASHES: &[u8] = b"-----";
/// Far more than a key has.
const MAX_BODY: usize = 8 << 10;

pub(super) struct Block<'b> {
    pub(super) offset: usize,
    /// What stands behind the first line, up to the next one with dashes.
    pub(super) body: &'b [u8],
    /// Where the body ends.
    pub(super) end: usize,
}

/// The blocks in order; each begins behind the body of the one before it.
pub(super) fn key_blocks(bytes: &[u8]) -> impl Iterator<Item = Block<'_>> {
    let mut start = 0;
    core::iter::from_fn(move || {
        let block = next(bytes, start)?;
        start = block.end;
        Some(block)
    })
}

fn next(bytes: &[u8], start: usize) -> Option<Block<'_>> {
    let rest = bytes.get(start..)?;
    positions(rest, BEGIN).find_map(|at| {
        let line = rest.get(at + BEGIN.len()..)?;
        let body = LABELS.iter().find_map(|label| line.strip_prefix(*label))?;
        let offset = start + at;
        let begin = bytes.len() - body.len();
        let body = body.get(..MAX_BODY).unwrap_or(body);
        let len = positions(body, DASHES).next().unwrap_or(body.len());
        Some(Block {
            offset,
            body: body.get(..len)?,
            end: begin + len,
        })
    })
}
