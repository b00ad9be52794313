use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;

use zeroize::Zeroizing;

/// Returns a cell that no spreadsheet evaluates as a formula: text that starts like one gets an apostrophe as prefix.
///
/// Spreadsheet programs evaluate cells that start with `=`, `+`, `-` or `@`, also after a tab or a carriage return;
/// numbers are safe (OWASP, "CSV Injection"). [`unguard_formula`] removes the apostrophe.
///
/// # Examples
///
/// ```
/// use matter_factory_data::{guard_formula, unguard_formula};
///
/// let cell = guard_formula("=1+1");
/// assert_eq!((cell.as_str(), unguard_formula(&cell)), ("'=1+1", "=1+1"));
/// ```
#[must_use]
pub fn guard_formula(text: &str) -> Zeroizing<String> {
    Zeroizing::new(if is_like_formula(text.trim_start_matches('\'')) {
        format!("'{text}")
    } else {
        text.to_owned()
    })
}

/// Returns the text of a cell without the apostrophe of [`guard_formula`].
#[must_use]
pub fn unguard_formula(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(text) if is_like_formula(text.trim_start_matches('\'')) => text,
        _ => cell,
    }
}

fn is_like_formula(text: &str) -> bool {
    // A float of Rust may be a word, such as `inf`.
    let is_number = text.parse::<f64>().is_ok() && text.contains(|c: char| c.is_ascii_digit());
    text.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_begin_like_formulas_are_no_formulas() {
        for text in [
            "=1+1", "+A1", "-cmd", "@SUM(A1)", "\t=1", "\r=1", "--1", "+inf", "-NaN", "'=1", "''@a",
        ] {
            assert_eq!(*guard_formula(text), format!("'{text}"));
            assert_eq!(unguard_formula(&guard_formula(text)), text);
        }
        for text in ["", "a=1", "-5", "+3.5", "1e5", " =1", "'", "'a"] {
            assert_eq!(*guard_formula(text), text);
            assert_eq!(unguard_formula(text), text);
        }
    }
}
