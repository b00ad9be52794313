//! The confirmation before eFuses are burned.

use std::io::BufRead;

use cli::{Failure, say};

/// Largest size of an answer in bytes: more than any order's id has.
const MAX_LEN: u64 = 4096;

/// Requests the order's id, or takes it from the command line.
///
/// # Errors
///
/// [`Failure::Input`] if it is a different one.
pub(crate) fn confirm(order: &str, given: Option<&str>, input: &mut impl BufRead) -> Result<(), Failure> {
    if let Some(given) = given {
        return match given == order {
            true => Ok(()),
            false => Err(Failure::option(
                "--confirm",
                "is not the id of --order; no board was touched",
            )),
        };
    }
    say(format_args!(
        "eFuses will be burned on every board of order {order}, which cannot be undone. Type the order's id to continue:"
    ));
    let typed = read_line(input).map_err(|error| Failure::option("--burn", error))?;
    match typed.as_deref() == Some(order) {
        true => Ok(()),
        false => Err(Failure::option(
            "--burn",
            "the answer is not the order's id; no board was touched",
        )),
    }
}

/// Reads one line and not a byte more: the next one may come from a scanner.
fn read_line(input: &mut impl BufRead) -> std::io::Result<Option<String>> {
    let mut line = Vec::new();
    std::io::Read::take(input, MAX_LEN).read_until(b'\n', &mut line)?;
    let line = line.strip_suffix(b"\n").unwrap_or(&line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    Ok(str::from_utf8(line).ok().map(ToOwned::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_orders_id_confirms() {
        for (typed, is_right) in [
            ("L-47\n", true),
            ("L-47\r\nMT:Y.K9042C00KA0648G00\n", true),
            ("L-47", true),
            ("", false),
            ("yes\n", false),
            ("L-47 \n", false),
            ("\u{FEFF}L-47\n", false),
        ] {
            assert_eq!(
                confirm("L-47", None, &mut typed.as_bytes()).is_ok(),
                is_right,
                "{typed:?}"
            );
        }
        assert!(confirm("L-47", Some("L-47"), &mut "".as_bytes()).is_ok());
        assert!(confirm("L-47", Some("L-48"), &mut "L-47\n".as_bytes()).is_err());
    }

    #[test]
    fn the_next_line_stays_for_the_scanner() {
        let mut input = "L-47\nMT:1\n".as_bytes();
        confirm("L-47", None, &mut input).unwrap();
        assert_eq!(input, b"MT:1\n");
    }
}
