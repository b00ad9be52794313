//! What the binaries have in common: exit codes, error sentences, arguments.

use std::ffi::OsString;
use std::fmt::Display;
use std::fs::{File, OpenOptions};
use std::io::{IsTerminal, Read, Write};
use std::path::Path;
use std::process::ExitCode;
use std::str::FromStr;

use clap::Parser;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use zeroize::Zeroizing;

#[path = "cli/paas.rs"]
mod paas;

pub use paas::insert_paa_folder;

/// Why a binary ends without success.
#[derive(Debug)]
pub enum Failure {
    /// The answer is no. Exit code 1.
    No(String),
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
        Err(Failure::No(sentence)) => (sentence, 1),
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

/// Reads an input file of at most 64 MiB, which may hold secrets.
///
/// # Errors
///
/// [`Failure::Input`] naming what the file is for.
pub fn read_file(what: &str, path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    const MAX: u64 = 64 * 1024 * 1024;
    let wrong = |reason: &dyn Display| Failure::Input(format!("{what} {}: {reason}", path.display()));
    let file = File::open(path).map_err(|error| wrong(&error))?;
    let mut bytes = Zeroizing::new(Vec::new());
    let read = file
        .take(MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| wrong(&error))?;
    if u64::try_from(read).is_ok_and(|read| read <= MAX) {
        Ok(bytes)
    } else {
        Err(wrong(&"is larger than 64 MiB"))
    }
}

/// Checks that a file may be written.
///
/// # Errors
///
/// [`Failure::Input`] when it exists and `force` is not set.
pub fn check_free(path: &Path, force: bool) -> Result<(), Failure> {
    if !force && path.symlink_metadata().is_ok() {
        return Err(Failure::Input(format!(
            "{}: exists already; --force replaces it",
            path.display()
        )));
    }
    Ok(())
}

/// Writes a file that only its owner can read: beside its place first, and moved there when it is complete.
///
/// # Errors
///
/// [`Failure::Input`] when the file exists and `force` is not set, [`Failure::Work`] when it cannot be written.
pub fn write_file(path: &Path, bytes: &[u8], force: bool) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::Work(format!("cannot write {}: {error}", path.display()));
    check_free(path, force)?;
    let name = path
        .file_name()
        .ok_or_else(|| Failure::Input(format!("{}: is no file name", path.display())))?;
    let mut hidden = OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{}.tmp", std::process::id()));
    let hidden = path.with_file_name(hidden);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&hidden).map_err(failed)?;
    let written = file.write_all(bytes).and_then(|()| std::fs::rename(&hidden, path));
    written.map_err(|error| {
        // The draft is of no use to anybody; that it cannot be removed changes nothing about the error.
        let _ = std::fs::remove_file(&hidden);
        failed(error)
    })
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
    parse_arguments_with(single_dash, &[])
}

/// The same with options that take several values, of which the first may stand behind an equals sign.
///
/// # Errors
///
/// As [`parse_arguments`].
pub fn parse_arguments_with<T: Parser>(single_dash: &[(&str, &str)], multiple: &[&str]) -> Result<T, Failure> {
    let arguments = std::env::args_os().collect::<Vec<_>>();
    // A path may be any bytes, but not in one word with its option.
    let unreadable =
        |argument: &OsString| argument.to_str().is_none() && argument.as_encoded_bytes().first() == Some(&b'-');
    if arguments.iter().any(unreadable) {
        return Err(Failure::Input("an option is not UTF-8".into()));
    }
    let arguments = arguments.into_iter().map(|argument| expand(argument, single_dash));
    let arguments = arguments.flat_map(|argument| split(argument, multiple));
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

/// Puts the first value of an option that takes several into an argument of its own.
fn split(argument: OsString, multiple: &[&str]) -> Vec<OsString> {
    match argument.to_str().and_then(|text| text.split_once('=')) {
        Some((name, value)) if multiple.contains(&name) => vec![name.into(), value.into()],
        _ => vec![argument],
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
        ErrorKind::InvalidValue => match (error.get(ContextKind::ValidValue), error.get(ContextKind::InvalidValue)) {
            (Some(ContextValue::Strings(valid)), _) if !valid.is_empty() => {
                format!("{name} needs a value that it knows: {}", valid.join(", "))
            }
            (_, Some(ContextValue::String(value))) if value.is_empty() => {
                format!("{name} needs a value that is not empty; --help tells which")
            }
            _ => format!("{name} needs a value that it knows; --help lists all"),
        },
        ErrorKind::ArgumentConflict => format!("{name} is not allowed beside another option; --help tells which"),
        ErrorKind::MissingSubcommand
        | ErrorKind::InvalidSubcommand
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => "a command is needed; --help lists all".into(),
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
