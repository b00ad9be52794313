//! How tables in CSV are written: with a byte order mark or without, with commas or semicolons.

/// What programs for tables write before a text in UTF-8.
pub(crate) const BOM: &[u8] = b"\xEF\xBB\xBF";

/// The text of a table in CSV, and what is between its cells.
pub(crate) fn table(bytes: &[u8]) -> (&[u8], u8) {
    let text = bytes.strip_prefix(BOM).unwrap_or(bytes);
    (text, delimiter(text))
}

/// What is between the cells of a table that begins so: a comma or, as some programs have it, a semicolon.
pub(crate) fn delimiter(text: &[u8]) -> u8 {
    let header = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    if header.contains(&b';') && !header.contains(&b',') {
        b';'
    } else {
        b','
    }
}
