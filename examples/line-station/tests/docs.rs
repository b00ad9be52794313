//! docs/line.md lists every reason for which a board is refused or given up, with the operator's action; BLESS=1
//! regenerates its tables.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::fs;
use std::path::Path;

use matter_station::{BoardRefusal, QuarantineReason};

type Row = (&'static str, String, &'static str);

/// Returns the document with the rows of a table between its marks.
fn filled(document: &str, name: &str, rows: &[Row]) -> String {
    let (begin, end) = (format!("<!-- {name}: begin -->\n"), format!("<!-- {name}: end -->"));
    let start = document.find(&begin).unwrap() + begin.len();
    let stop = document.find(&end).unwrap();
    let rows = rows
        .iter()
        .map(|(code, text, remedy)| format!("| `{code}` | {text} | {remedy} |\n"));
    format!(
        "{}{}{}",
        &document[..start],
        rows.collect::<String>(),
        &document[stop..]
    )
}

#[test]
fn page_has_all_reasons_and_remedies() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/line.md");
    let document = fs::read_to_string(&path).unwrap();
    let refusals = BoardRefusal::ALL
        .iter()
        .map(|reason| (reason.code(), reason.to_string(), reason.remedy()));
    let reasons = QuarantineReason::ALL
        .iter()
        .map(|reason| (reason.code(), reason.to_string(), reason.remedy()));
    let expected = filled(&document, "refusals", &refusals.collect::<Vec<_>>());
    let expected = filled(&expected, "quarantines", &reasons.collect::<Vec<_>>());
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &expected).unwrap();
    }
    // Does not print both texts, which are long.
    let is_current = fs::read_to_string(&path).unwrap() == expected;
    assert!(is_current, "docs/line.md is not current: BLESS=1");
    println!(
        "{} refusals, {} reasons",
        BoardRefusal::ALL.len(),
        QuarantineReason::ALL.len()
    );
}
