use std::fmt::{Display, Write as _};
use std::io::{self, IsTerminal, Write};

use zeroize::Zeroizing;

use crate::Failure;

/// Tells whether a character could command a terminal, or turn the direction in which text is read.
fn commands(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Replaces what could command a terminal: texts come from files, certificates and names of files.
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

/// Writes a line to stderr; when nobody can read it, it is lost.
pub fn say(line: impl Display) {
    let _ = writeln!(io::stderr(), "{}", *painted(clean(line), has_colours(&io::stderr())));
}

/// Gives the word at the beginning of a line that says how grave it is its colour (ECMA-48, SGR).
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

/// Tells whether colours are shown: on a terminal that has some, unless nobody wants them (no-color.org).
pub fn has_colours(stream: &impl IsTerminal) -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    stream.is_terminal() && !is_set("NO_COLOR") && !is_dumb
}

/// Writes a number with its noun: "1 device", "2 devices".
#[must_use]
pub fn counted(number: impl TryInto<u64> + Copy + Display, noun: &str) -> String {
    let is_one = number.try_into().is_ok_and(|number| number == 1);
    format!("{number} {noun}{}", if is_one { "" } else { "s" })
}

/// Writes bytes to stdout, and keeps no copy of them, as the standard library's buffer does.
fn write(bytes: &[u8]) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd;
        let stdout = io::stdout().as_fd().try_clone_to_owned()?;
        std::fs::File::from(stdout).write_all(bytes)
    }
    #[cfg(not(unix))]
    {
        // It turns UTF-8 into what a console shows.
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
/// [`Failure::Closed`] when the reader is gone, [`Failure::Work`] when the line cannot be written.
pub fn print(line: impl Display) -> Result<(), Failure> {
    write_line(&painted(clean(line), has_colours(&io::stdout())))
}

/// Writes a JSON document to stdout. JSON itself lets some control characters through; they are escaped.
///
/// # Errors
///
/// As [`print`].
pub fn print_json(document: impl Display) -> Result<(), Failure> {
    let text = Zeroizing::new(document.to_string());
    let mut escaped = Zeroizing::new(String::with_capacity(text.len() + 64));
    for letter in text.chars() {
        // Line ends between members are the document's own; others are inside of strings.
        if commands(letter) && letter != '\n' {
            let _ = write!(*escaped, "\\u{:04x}", u32::from(letter));
        } else {
            escaped.push(letter);
        }
    }
    write_line(&escaped)
}

/// Writes lines to stdout in which nothing is anybody else's.
///
/// # Errors
///
/// As [`print`].
pub fn print_text(text: &str) -> Result<(), Failure> {
    write_line(text)
}

/// Writes a document to stdout as it is, but on a terminal without what could command it.
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

/// Says on stdout what is done. It is done even when nobody can read that.
pub fn report(line: impl Display) {
    lost(print(line));
}

/// As [`report`], with a JSON document.
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
