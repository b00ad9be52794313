//! The lines of an exported log.

use base16ct::lower::{decode_vec, encode_string as hex};
use matter_ledger::{LogHead, LogRow};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// A line of an export.
pub(super) enum Line {
    Row(LogRow),
    Head(LogHead),
}

/// The entry is kept verbatim, since the hash covers its text.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct RowLine<'a> {
    seq: u64,
    time: String,
    #[serde(borrow)]
    entry: &'a RawValue,
    previous: String,
    hash: String,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct HeadLine {
    head: u64,
    hash: String,
    key: String,
    signature: String,
}

/// Writes an entry; `None` if it is not JSON.
pub(super) fn row_line(row: &LogRow) -> Option<String> {
    let line = RowLine {
        seq: row.seq,
        time: row.time.clone(),
        entry: serde_json::from_str(&row.entry).ok()?,
        previous: hex(&row.previous),
        hash: hex(&row.hash),
    };
    let line = serde_json::to_string(&line).ok()?;
    // Line ends between the parts of an entry would break the line format.
    (!line.contains(['\n', '\r'])).then_some(line)
}

/// Writes the head, which is the last line.
pub(super) fn head_line(head: &LogHead) -> String {
    let line = HeadLine {
        head: head.seq,
        hash: hex(&head.hash),
        key: hex(&head.key),
        signature: hex(&head.signature),
    };
    // Numbers and digits, whose serialization cannot fail.
    serde_json::to_string(&line).unwrap_or_default()
}

impl Line {
    /// Parses a line.
    pub(super) fn read(text: &str) -> Option<Self> {
        let hash = |text: &str| decode_vec(text).ok()?.try_into().ok();
        if let Ok(line) = serde_json::from_str::<RowLine<'_>>(text) {
            return Some(Self::Row(LogRow {
                seq: line.seq,
                time: line.time,
                entry: line.entry.get().to_owned(),
                previous: hash(&line.previous)?,
                hash: hash(&line.hash)?,
            }));
        }
        let line = serde_json::from_str::<HeadLine>(text).ok()?;
        Some(Self::Head(LogHead {
            seq: line.head,
            hash: hash(&line.hash)?,
            key: decode_vec(&line.key).ok()?,
            signature: decode_vec(&line.signature).ok()?,
        }))
    }
}
