use std::fmt::{Display, Write as _};
use std::io::{self, IsTerminal, Write};

use zeroize::Zeroizing;

use crate::Failure;

/// Returns whether a character can control a terminal or change the direction of text.
fn commands(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Replaces control characters: texts come from files, certificates and file names.
#[must_use]
pub fn clean(text: impl Display) -> Zeroizing<String> {
    let text = Zeroizing::new(text.to_string());
    let mut clean = Zeroizing::new(String::with_capacity(3 * text.len()));
    clean.extend(
        text.chars()
            .map(|letter| if commands(letter) { '\u{FFFD}' } else { letter }),
    );
    clean
}

/// Writes a line to stderr, ignoring errors.
pub fn say(line: impl Display) {
    let _ = writeln!(io::stderr(), "{}", *painted(clean(line), has_colours(&io::stderr())));
}

/// Colours the severity at the start of a line (ECMA-48, SGR).
fn painted(line: Zeroizing<String>, has_colours: bool) -> Zeroizing<String> {
    const COLOURS: [(&str, u8); 3] = [("error:", 31), ("warning:", 33), ("note:", 36)];
    let word = COLOURS
        .iter()
        .find_map(|(word, colour)| Some((word, colour, line.strip_prefix(word)?)));
    match word.filter(|_| has_colours) {
        Some((word, colour, rest)) => Zeroizing::new(format!("\x1b[{colour}m{word}\x1b[0m{rest}")),
        None => line,
    }
}

/// Returns whether to use colours: on a terminal that has them, unless disabled (no-color.org).
pub fn has_colours(stream: &impl IsTerminal) -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    stream.is_terminal() && !is_set("NO_COLOR") && !is_dumb
}

/// Formats a number with its noun: "1 device", "2 devices".
#[must_use]
pub fn counted(number: impl TryInto<u64> + Copy + Display, noun: &str) -> String {
    let is_one = number.try_into().is_ok_and(|number| number == 1);
    format!("{number} {noun}{}", if is_one { "" } else { "s" })
}

/// Writes bytes to stdout without keeping a copy of them, as the standard library's buffer would.
fn write(bytes: &[u8]) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd;
        let stdout = io::stdout().as_fd().try_clone_to_owned()?;
        std::fs::File::from(stdout).write_all(bytes)
    }
    #[cfg(not(unix))]
    {
        // Transcodes UTF-8 for a Windows console.
        let mut stdout = io::stdout().lock();
        stdout.write_all(bytes).and_then(|()| stdout.flush())
    }
}

fn write_line(text: &str) -> Result<(), Failure> {
    let mut line = Zeroizing::new(String::with_capacity(text.len() + 1));
    line.push_str(text);
    line.push('\n');
    write(line.as_bytes()).map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Failure::Closed,
        _ => Failure::Work(format!("cannot write to stdout: {error}")),
    })
}

/// Writes a line of a result to stdout.
///
/// # Errors
///
/// [`Failure::Closed`] if the reader has closed it, [`Failure::Work`] if the line cannot be written.
pub fn print(line: impl Display) -> Result<(), Failure> {
    write_line(&painted(clean(line), has_colours(&io::stdout())))
}

/// Writes a JSON document to stdout. JSON permits some control characters; they are escaped.
///
/// # Errors
///
/// As [`print`].
pub fn print_json(document: impl Display) -> Result<(), Failure> {
    let text = Zeroizing::new(document.to_string());
    let mut escaped = Zeroizing::new(String::with_capacity(text.len() + 64));
    for letter in text.chars() {
        // Line ends between members belong to the document; others are inside strings.
        if commands(letter) && letter != '\n' {
            let _ = write!(*escaped, "\\u{:04x}", u32::from(letter));
        } else {
            escaped.push(letter);
        }
    }
    write_line(&escaped)
}

/// Writes lines without foreign text to stdout.
///
/// # Errors
///
/// As [`print`].
pub fn print_text(text: &str) -> Result<(), Failure> {
    write_line(text)
}

/// Writes a document to stdout unchanged, but on a terminal without control characters.
///
/// # Errors
///
/// As [`print`].
pub fn print_exact(text: &str) -> Result<(), Failure> {
    if io::stdout().is_terminal() {
        return text.lines().try_for_each(print);
    }
    write_line(text)
}

/// Reports completed work on stdout, even if it cannot be written there.
pub fn report(line: impl Display) {
    lost(print(line));
}

/// As [`report`], for a JSON document.
pub fn report_json(document: impl Display) {
    lost(print_json(document));
}

fn lost(printed: Result<(), Failure>) {
    if let Err(Failure::Work(reason)) = printed {
        say(format_args!("warning: {reason}; the work is done"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_word_has_a_colour() {
        let painted = |line: &str, colours| painted(line.to_owned().into(), colours).to_string();
        assert_eq!(
            painted("error: a warning: b", true),
            "\x1b[31merror:\x1b[0m a warning: b"
        );
        assert_eq!(painted("warning: a", true), "\x1b[33mwarning:\x1b[0m a");
        for (line, colours) in [("error: a", false), ("no error: a", true), ("errors", true), ("", true)] {
            assert_eq!(painted(line, colours), line);
        }
    }
}
