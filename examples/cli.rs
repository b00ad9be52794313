//! Code shared by the binaries: exit codes, error messages, arguments, files, secrets.

use std::ffi::OsString;
use std::fmt::Display;
use std::process::ExitCode;
use std::str::FromStr;

use clap::Parser;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use factory_fs::CellPlace;

#[path = "cli/boot_keys.rs"]
mod boot_keys;
#[path = "cli/certificates.rs"]
mod certificates;
#[path = "cli/files.rs"]
mod files;
#[path = "cli/findings.rs"]
mod findings;
#[path = "cli/flash_profile.rs"]
mod flash_profile;
#[path = "cli/given.rs"]
mod given;
#[path = "cli/hash_tables.rs"]
mod hash_tables;
#[path = "cli/inputs.rs"]
mod inputs;
#[path = "cli/labels.rs"]
mod labels;
#[path = "cli/ledgers.rs"]
mod ledgers;
#[path = "cli/memory.rs"]
mod memory;
#[path = "cli/paas.rs"]
mod paas;
#[path = "cli/progress.rs"]
mod progress;
#[path = "cli/secrets.rs"]
mod secrets;
#[path = "cli/shell.rs"]
mod shell;
#[path = "cli/signers.rs"]
mod signers;
#[path = "cli/terminal.rs"]
mod terminal;
#[path = "cli/text.rs"]
mod text;
#[path = "cli/times.rs"]
mod times;

pub use boot_keys::{read_boot_key, to_boot_key};
pub use certificates::{parts, read_certificate, read_paas, read_part};
pub use files::{Files, Growing, Trust, read_file, read_input, resolve};
pub use findings::{FindingLine, show_findings};
pub use flash_profile::{FlashProfile, FlashProfileFile};
pub use given::Given;
pub use inputs::{
    check_columns, parse_json, read_declaration, read_private_key, read_table, read_table_with_header, told,
    told_unless,
};
pub use labels::{LabelSheetArguments, LabelTexts};
pub use ledgers::{ledger_place, ledger_place_to_list};
pub use paas::insert_paa_folder;
pub use progress::Progress;
pub use secrets::{Passcode, Password, Verifier, random, read_argument};
pub use signers::{
    cause, open_p256_signer, open_signer, parse_signer, read_public_half, read_signing_key, read_verifying_key,
    signer_secrets,
};
pub use terminal::{clean, counted, has_colours, print, print_exact, print_json, print_text, report, report_json, say};
pub use text::{Text, Written};
pub use times::{now, parse_time};

/// Reason for an unsuccessful end of a binary.
#[derive(Debug)]
pub enum Failure {
    /// The answer is no. Exit code 1.
    No(String),
    /// The reader of the output has closed it, as `head` does. No message; exit code 141, as of a process ended by
    /// SIGPIPE.
    Closed,
    /// Bad usage or unusable input; nothing was written. Exit code 2.
    Input(String),
    /// A runtime failure. Exit code 3.
    Work(String),
}

impl Failure {
    /// Returns the failure for a cell of a table.
    pub fn at(place: &CellPlace, reason: impl Display) -> Self {
        Self::Input(format!("{place}: {reason}"))
    }

    /// Returns the failure for an option's value, without the value.
    pub fn option(option: &str, reason: impl Display) -> Self {
        Self::Input(format!("{option}: {reason}"))
    }
}

/// Runs a binary's work, and turns its failure into a message on stderr and an exit code. No secret stays in memory.
pub fn exit(work: impl FnOnce() -> Result<(), Failure>) -> ExitCode {
    memory::keep_to_this_process();
    factory_fs::clean_up_at_signals();
    let done = hash_tables::check_random_source().and_then(|()| factory_fs::wiping_stack(work));
    let (sentence, code) = match done {
        Ok(()) => return ExitCode::SUCCESS,
        // 128 and SIGPIPE: not 0, since the unread answer may have been a no.
        Err(Failure::Closed) => return ExitCode::from(141),
        Err(Failure::No(sentence)) => (sentence, 1),
        Err(Failure::Input(sentence)) => (sentence, 2),
        Err(Failure::Work(sentence)) => (sentence, 3),
    };
    say(format_args!("error: {sentence}"));
    ExitCode::from(code)
}

/// Parses the arguments. Also accepts options of several letters after a single dash, which `single_dash` maps to their
/// usual names. `--help` and `--version` end the process.
///
/// # Errors
///
/// [`Failure::Input`] with a message that does not repeat any value.
pub fn parse_arguments<T: Parser>(single_dash: &[(&str, &str)]) -> Result<T, Failure> {
    parse_arguments_with(single_dash, &[])
}

/// Parses arguments with options that take several values, the first of which may follow an equals sign.
///
/// # Errors
///
/// As [`parse_arguments`].
pub fn parse_arguments_with<T: Parser>(single_dash: &[(&str, &str)], multiple: &[&str]) -> Result<T, Failure> {
    let arguments = std::env::args_os().collect::<Vec<_>>();
    // A path may be any bytes, but not in one argument with its option.
    let unreadable =
        |argument: &OsString| argument.to_str().is_none() && argument.as_encoded_bytes().first() == Some(&b'-');
    if arguments.iter().any(unreadable) {
        return Err(Failure::Input("an option is not UTF-8".into()));
    }
    let given = arguments.clone();
    let arguments = arguments.into_iter().map(|argument| expand(argument, single_dash));
    let arguments = arguments.flat_map(|argument| split(argument, multiple));
    let refused = |error: clap::Error| {
        if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
            error.exit();
        }
        Failure::Input(sentence(&error, &given))
    };
    let mut command = shell::extend(T::command());
    let arguments = shell::with_help(arguments.collect(), &command);
    if let Some(written) = shell::write(&mut command, &arguments) {
        written?;
        // As after --help.
        std::process::exit(0);
    }
    let matches = command.try_get_matches_from_mut(arguments).map_err(refused)?;
    T::from_arg_matches(&matches).map_err(refused)
}

/// Parses the arguments of a binary with commands. `foreign` maps commands of other tools to ours.
///
/// # Errors
///
/// As [`parse_arguments`].
pub fn parse_commands<T: Parser>(foreign: &[(&str, &str)]) -> Result<T, Failure> {
    parse_arguments(&[]).map_err(|failure| {
        let arguments = std::env::args_os().skip(1).zip(1..);
        let mut commands = arguments.filter(|(argument, _)| !argument.as_encoded_bytes().starts_with(b"-"));
        let command = commands.next();
        let ours = command.and_then(|(given, place)| {
            let (name, ours) = foreign.iter().find(|(name, _)| given == *name)?;
            Some(format!(
                "argument {place}, {name}, is a command of another tool; use {ours}"
            ))
        });
        ours.map_or(failure, Failure::Input)
    })
}

fn expand(argument: OsString, single_dash: &[(&str, &str)]) -> OsString {
    let Some(text) = argument.to_str() else { return argument };
    let (name, value) = text
        .split_once('=')
        .map_or((text, None), |(name, value)| (name, Some(value)));
    match (single_dash.iter().find(|(short, _)| *short == name), value) {
        (Some((_, long)), Some(value)) => return format!("{long}={value}").into(),
        (Some((_, long)), None) => return (*long).into(),
        (None, _) => {}
    }
    // A single letter takes an attached value.
    let attached = single_dash.iter().filter(|(short, _)| short.len() == "-p".len());
    let attached = attached.filter_map(|(short, long)| Some((long, text.strip_prefix(short)?)));
    match attached.into_iter().find(|(_, value)| !value.is_empty()) {
        Some((long, value)) if !text.starts_with("--") => format!("{long}={value}").into(),
        _ => argument,
    }
}

/// Splits off the first value of an option that takes several.
fn split(argument: OsString, multiple: &[&str]) -> Vec<OsString> {
    match argument.to_str().and_then(|text| text.split_once('=')) {
        Some((name, value)) if multiple.contains(&name) => vec![name.into(), value.into()],
        _ => vec![argument],
    }
}

/// Returns the position of the argument with this start, counted from 1 after the command.
fn place_of(name: &str, arguments: &[OsString]) -> usize {
    let begins = |argument: &OsString| argument.to_str().is_some_and(|text| text.starts_with(name));
    arguments.iter().skip(1).position(begins).map_or(0, |index| index + 1)
}

fn sentence(error: &clap::Error, arguments: &[OsString]) -> String {
    let argument = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(", "),
        _ => String::new(),
    };
    // The text after a name may be a secret: `--passcode=20202021`.
    let name = argument.split(['=', ' ']).next().unwrap_or_default();
    match error.kind() {
        // Not repeated: it may contain a value, as in `--passcode20202021`.
        ErrorKind::UnknownArgument if name.starts_with('-') => {
            let place = place_of(name, arguments);
            match error.get(ContextKind::SuggestedArg) {
                Some(ContextValue::String(known)) => {
                    format!("argument {place} is an unknown option; did you mean {known}? --help lists all")
                }
                _ => format!("argument {place} is an unknown option; --help lists all"),
            }
        }
        ErrorKind::UnknownArgument => "unexpected argument; --help lists all".into(),
        ErrorKind::MissingRequiredArgument => format!("missing: {argument}; --help lists all"),
        ErrorKind::InvalidValue => match (error.get(ContextKind::ValidValue), error.get(ContextKind::InvalidValue)) {
            (Some(ContextValue::Strings(valid)), _) if !valid.is_empty() => {
                format!("{name} must be one of {}", valid.join(", "))
            }
            (_, Some(ContextValue::String(value))) if value.is_empty() => {
                format!("{name} requires a non-empty value; --help lists all")
            }
            _ => format!("{name} requires a valid value; --help lists all"),
        },
        ErrorKind::ArgumentConflict => format!("{name} cannot be used with another given option; see --help"),
        // The argument may be a value and is not repeated; known names are not secret.
        ErrorKind::InvalidSubcommand => match error.get(ContextKind::SuggestedSubcommand) {
            // The most similar one is last.
            Some(ContextValue::Strings(known)) => known.last().map_or_else(
                || "unknown command; --help lists all".into(),
                |known| format!("unknown command; did you mean {known}? --help lists all"),
            ),
            _ => "unknown command; --help lists all".into(),
        },
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            "missing command; --help lists all".into()
        }
        ErrorKind::TooManyValues => format!("{name} takes no value"),
        ErrorKind::InvalidUtf8 => "an argument is not UTF-8".into(),
        _ => "invalid arguments; --help lists all".into(),
    }
}

/// Parses an option's value, if it was given.
///
/// # Errors
///
/// [`Failure::Input`] with the option and the values that the type allows.
pub fn parse<T: FromStr<Err: Display>>(option: &str, text: Option<&str>) -> Result<Option<T>, Failure> {
    text.map(str::parse)
        .transpose()
        .map_err(|error| Failure::option(option, error))
}

/// Parses an option's value that may be another option's secret by mistake: the error shows only the range.
///
/// # Errors
///
/// [`Failure::Input`] with the option and the range.
pub fn parse_quietly<T: FromStr>(option: &str, text: &str, range: &str) -> Result<T, Failure> {
    // Hexadecimal ranges are those of ids. Passcodes have no letters, so a text with letters may be repeated.
    let remedy = match matter_types::parse_id(text).err().filter(|_| range.starts_with("0x")) {
        Some(matter_types::Error::PrefixMissing { value }) => format!("; write {value:#06X}"),
        Some(matter_types::Error::LeadingZero { .. }) => {
            "; digits with a leading zero may be decimal or hexadecimal: drop the zero, or write 0x before them".into()
        }
        _ => String::new(),
    };
    text.parse()
        .map_err(|_| Failure::option(option, format_args!("not a number in the range {range}{remedy}")))
}

/// Parses a device type like [`parse_number`], but refuses a leading zero, with which other tools write hexadecimal
/// digits.
///
/// # Errors
///
/// [`Failure::Input`] with the option, and the range or the remedy.
pub fn parse_device_type(option: &str, text: &str) -> Result<Option<u32>, Failure> {
    if let Err(error @ matter_types::Error::LeadingZero { .. }) = matter_types::parse_id(text) {
        return Err(Failure::option(option, error));
    }
    parse_number(option, Some(text), 0, u32::MAX)
}

/// Parses a number in a range, in decimal or in hexadecimal after `0x`.
///
/// # Errors
///
/// [`Failure::Input`] with the option and the range.
pub fn parse_number(option: &str, text: Option<&str>, min: u32, max: u32) -> Result<Option<u32>, Failure> {
    let Some(text) = text else { return Ok(None) };
    let number = matter_types::parse_u32(text)
        .ok()
        .filter(|number| (min..=max).contains(number));
    number
        .map(Some)
        .ok_or_else(|| Failure::option(option, format_args!("not a number in the range {min} to {max}")))
}
