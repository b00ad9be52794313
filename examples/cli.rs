//! What the binaries have in common: exit codes, error sentences, arguments.

use std::ffi::OsString;
use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::str::FromStr;

use clap::Parser;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Why a binary ends without success.
#[derive(Debug)]
pub enum Failure {
    /// Bad usage or unusable input; nothing was written. Exit code 2.
    Input(String),
    /// Something failed while working. Exit code 3.
    Work(String),
}

impl Failure {
    /// Says what is wrong with an option's value, without the value.
    pub fn option(option: &str, reason: impl Display) -> Self {
        Self::Input(format!("{option}: {reason}"))
    }
}

/// Runs a binary's work and turns its failure into a sentence on stderr and an exit code.
pub fn exit(work: impl FnOnce() -> Result<(), Failure>) -> ExitCode {
    let (sentence, code) = match work() {
        Ok(()) => return ExitCode::SUCCESS,
        Err(Failure::Input(sentence)) => (sentence, 2),
        Err(Failure::Work(sentence)) => (sentence, 3),
    };
    say(format_args!("error: {sentence}"));
    ExitCode::from(code)
}

/// Writes a line to stderr; when nobody can read it, it is lost.
pub fn say(line: impl Display) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Writes a line to stdout.
///
/// # Errors
///
/// [`Failure::Work`] when the reader is gone.
pub fn print(line: impl Display) -> Result<(), Failure> {
    writeln!(std::io::stdout(), "{line}").map_err(|error| Failure::Work(format!("cannot write to stdout: {error}")))
}

/// Shows how far the work is, on a terminal only.
pub fn progress(complete: u32, of: u32) {
    let mut stderr = std::io::stderr();
    if stderr.is_terminal() {
        let _ = write!(stderr, "\r{complete} of {of}");
    }
}

/// Ends the line of [`progress`].
pub fn end_progress() {
    let mut stderr = std::io::stderr();
    if stderr.is_terminal() {
        let _ = writeln!(stderr);
    }
}

/// Parses the arguments. Options of several letters behind a single dash, which `single_dash` pairs with their
/// usual names, are understood as well. `--help` and `--version` end the process.
///
/// # Errors
///
/// [`Failure::Input`] with one sentence that does not repeat any value.
pub fn parse_arguments<T: Parser>(single_dash: &[(&str, &str)]) -> Result<T, Failure> {
    let arguments = std::env::args_os().collect::<Vec<_>>();
    // A path may be any bytes, but not in one word with its option.
    let unreadable =
        |argument: &OsString| argument.to_str().is_none() && argument.as_encoded_bytes().first() == Some(&b'-');
    if arguments.iter().any(unreadable) {
        return Err(Failure::Input("an option is not UTF-8".into()));
    }
    let arguments = arguments.into_iter().map(|argument| expand(argument, single_dash));
    T::try_parse_from(arguments).map_err(|error| {
        if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
            error.exit();
        }
        Failure::Input(sentence(&error))
    })
}

fn expand(argument: OsString, single_dash: &[(&str, &str)]) -> OsString {
    let Some(text) = argument.to_str() else { return argument };
    let (name, value) = text
        .split_once('=')
        .map_or((text, None), |(name, value)| (name, Some(value)));
    match (single_dash.iter().find(|(short, _)| *short == name), value) {
        (Some((_, long)), Some(value)) => format!("{long}={value}").into(),
        (Some((_, long)), None) => (*long).into(),
        (None, _) => argument,
    }
}

fn sentence(error: &clap::Error) -> String {
    let argument = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(", "),
        _ => String::new(),
    };
    // Everything behind a name may be a secret: `--passcode=20202021`.
    let name = argument.split(['=', ' ']).next().unwrap_or_default();
    match error.kind() {
        ErrorKind::UnknownArgument if name.starts_with('-') => format!("unknown option {name}; --help lists all"),
        ErrorKind::UnknownArgument => "an argument is neither an option nor the value of one; --help lists all".into(),
        ErrorKind::MissingRequiredArgument => format!("missing: {argument}; --help lists all"),
        ErrorKind::InvalidValue => format!("{name} needs a value; --help lists all"),
        ErrorKind::TooManyValues => format!("{name} takes no value"),
        ErrorKind::InvalidUtf8 => "an argument is not UTF-8".into(),
        _ => "the arguments cannot be understood; --help lists all".into(),
    }
}

/// Parses an option's value, if it was given.
///
/// # Errors
///
/// [`Failure::Input`] naming the option and what the type allows.
pub fn parse<T: FromStr<Err: Display>>(option: &str, text: Option<&str>) -> Result<Option<T>, Failure> {
    text.map(str::parse)
        .transpose()
        .map_err(|error| Failure::option(option, error))
}

/// Parses an option's value where a number out of range may be another option's secret: the error shows the range only.
///
/// # Errors
///
/// [`Failure::Input`] naming the option and the range.
pub fn parse_quietly<T: FromStr>(option: &str, text: &str, range: &str) -> Result<T, Failure> {
    text.parse()
        .map_err(|_| Failure::option(option, format_args!("not a number in {range}")))
}

/// Parses a decimal or `0x` hexadecimal number in a range.
///
/// # Errors
///
/// [`Failure::Input`] naming the option and the range.
pub fn parse_number(option: &str, text: Option<&str>, min: u32, max: u32) -> Result<Option<u32>, Failure> {
    let Some(text) = text else { return Ok(None) };
    let number = matter_types::parse_u32(text)
        .ok()
        .filter(|number| (min..=max).contains(number));
    number
        .map(Some)
        .ok_or_else(|| Failure::option(option, format_args!("not a number in {min}..={max}")))
}
