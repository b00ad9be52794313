//! JSON as the input of `nvs-image generate`.

use std::path::Path;

use cli::say;
use esp_nvs_image::{BlobVersion, CsvWarningKind, Encoder, Error, OwnedEntry, PartitionSize, Sizer};
use serde_json::value::RawValue;

const BYTE_ORDER_MARK: char = '\u{feff}';

/// Returns whether an input is JSON rather than CSV.
pub(crate) fn is_json(path: &Path, text: &str) -> bool {
    let named = path
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    named || text.trim_start_matches(BYTE_ORDER_MARK).trim_start().starts_with('[')
}

/// Makes an image. The error has file, line and column: where reading ended, or an entry's start.
pub(crate) fn generate(name: &str, text: &str, size: PartitionSize, version: BlobVersion) -> Result<Vec<u8>, String> {
    let text = text.trim_start_matches(BYTE_ORDER_MARK);
    if !text.trim_start().starts_with('[') {
        // serde_json would quote the text there, which may be a secret.
        return Err(format!(
            "{name}:1:1: not a list of entries, [{{\"namespace\", \"key\", \"type\", \"value\"}}]"
        ));
    }
    let entries = serde_json::from_str::<Vec<OwnedEntry>>(text).map_err(|error| {
        // serde_json appends the place to the reason.
        let place = format!(" at line {} column {}", error.line(), error.column());
        let message = error.to_string();
        let reason = message.strip_suffix(&place).unwrap_or(&message);
        format!("{name}:{}:{}: {reason}", error.line(), error.column())
    })?;
    let mut image = vec![0xFF; size.bytes()];
    let wrong = |error: Error| format!("{name}: {error}");
    let mut encoder = Encoder::with_version(&mut image, size, version).map_err(wrong)?;
    for (index, entry) in entries.iter().enumerate() {
        encoder
            .push(&entry.namespace, &entry.key, entry.value.as_value())
            .map_err(|error| {
                let (line, column) = place(text, index);
                let reason = match error {
                    Error::PartitionFull { .. } => too_small(&entries, size, version),
                    error => error.to_string(),
                };
                format!("{name}:{line}:{column}: {reason}")
            })?;
    }
    let len = encoder.finish().len();
    image.truncate(len);
    for (index, entry) in entries.iter().enumerate() {
        if entry.key.has_unseen_edge() || entry.namespace.has_unseen_edge() {
            let (line, column) = place(text, index);
            say(format_args!(
                "warning: {name}:{line}:{column}: {}",
                CsvWarningKind::UnseenEdge
            ));
        }
    }
    Ok(image)
}

/// Returns line and column of an entry's start, from 1.
fn place(text: &str, index: usize) -> (usize, usize) {
    let entries = serde_json::from_str::<Vec<&RawValue>>(text).unwrap_or_default();
    let start = entries.get(index).map_or(0, |entry| {
        entry.get().as_ptr().addr().saturating_sub(text.as_ptr().addr())
    });
    let before = text.get(..start).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

fn too_small(entries: &[OwnedEntry], size: PartitionSize, version: BlobVersion) -> String {
    let mut sizer = Sizer::new(version);
    let pushed = entries
        .iter()
        .try_for_each(|entry| sizer.push(&entry.namespace, &entry.value.as_value()));
    match pushed.and_then(|()| sizer.partition_size()) {
        Ok(needed) => format!("entries do not fit into {size} bytes; {needed} are needed"),
        Err(_) => format!("entries do not fit into {size} bytes or into the largest partition"),
    }
}
