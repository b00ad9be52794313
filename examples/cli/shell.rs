//! What all binaries' command lines have: second spellings of ids, examples at the end of each `--help`, `help` as a word,
//! completions for shells, and manual pages.

use std::ffi::OsString;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, Command};
use clap_complete::Shell;
use clap_mangen::Man;

use crate::{Failure, print_exact};

const COMPLETIONS: &str = "completions";
const MAN: &str = "man";
const SHELLS: [&str; 5] = ["bash", "elvish", "fish", "powershell", "zsh"];
/// What an id is called in one binary or another.
const SPELLINGS: [(&str, &str); 4] = [
    ("vid", "vendor-id"),
    ("pid", "product-id"),
    ("origin-vid", "origin-vendor-id"),
    ("origin-pid", "origin-product-id"),
];

/// Adds what all binaries have.
pub(crate) fn extend(command: Command) -> Command {
    let shells = PossibleValuesParser::new(SHELLS);
    let completions = Arg::new(COMPLETIONS)
        .long(COMPLETIONS)
        .value_name("SHELL")
        .value_parser(shells)
        .exclusive(true)
        .help("Prints completions for a shell");
    let man = Arg::new(MAN)
        .long(MAN)
        .action(ArgAction::SetTrue)
        .exclusive(true)
        .help("Prints the manual page");
    let heading = "Shell";
    with_examples(with_spellings(command))
        .arg(completions.help_heading(heading))
        .arg(man.help_heading(heading))
}

fn with_spellings(command: Command) -> Command {
    let command = command.mut_args(|argument| {
        let long = argument.get_long().map(ToOwned::to_owned);
        let other = SPELLINGS.iter().find_map(|(short, long_name)| match long.as_deref()? {
            name if name == *short => Some(*long_name),
            name if name == *long_name => Some(*short),
            _ => None,
        });
        match other {
            Some(other) => argument.visible_alias(other),
            None => argument,
        }
    });
    command.mut_subcommands(with_spellings)
}

/// Ends the help of each command with those of the binary's examples that are its own.
fn with_examples(command: Command) -> Command {
    let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let name = command.get_name().to_owned();
    match examples.split_once('\n') {
        Some((heading, lines)) => with_examples_of(command, &name, heading, lines),
        None => command,
    }
}

/// The same for the commands below one that is called with these words.
fn with_examples_of(command: Command, words: &str, heading: &str, lines: &str) -> Command {
    command.mut_subcommands(|below| {
        let words = format!("{words} {}", below.get_name());
        let mut is_own = false;
        let mut goes_on = false;
        let own = lines.lines().filter(|line| {
            let behind = line.trim_start().strip_prefix(&words);
            // A line that goes on in the next one ends with a backslash, as for a shell.
            is_own = if goes_on {
                is_own
            } else {
                behind.is_some_and(|behind| behind.is_empty() || behind.starts_with(' '))
            };
            goes_on = line.ends_with('\\');
            is_own
        });
        let text = own.fold(heading.to_owned(), |text, line| format!("{text}\n{line}"));
        with_examples_of(below.after_help(text), &words, heading, lines)
    })
}

/// `help` alone is `--help` in a binary without commands, which have it of their own.
pub(crate) fn with_help(mut arguments: Vec<OsString>, command: &Command) -> Vec<OsString> {
    if !command.has_subcommands()
        && let [_, word] = arguments.as_mut_slice()
        && word == "help"
    {
        *word = "--help".into();
    }
    arguments
}

/// Writes completions or the manual page, if nothing else is asked for.
pub(crate) fn write(command: &mut Command, arguments: &[OsString]) -> Option<Result<(), Failure>> {
    let name = command.get_name().to_owned();
    let words = arguments.iter().skip(1).filter_map(|word| word.to_str());
    let words = words.flat_map(|word| word.splitn(2, '=')).collect::<Vec<_>>();
    let mut text = Vec::new();
    if let ["--completions", shell] = words.as_slice() {
        let shell = shell.parse::<Shell>().ok()?;
        clap_complete::generate(shell, command, name, &mut text);
    } else if words == ["--man"] {
        let written = Man::new(command.clone()).render(&mut text);
        if let Err(error) = written {
            return Some(Err(Failure::Work(error.to_string())));
        }
    } else {
        return None;
    }
    Some(print_exact(&String::from_utf8_lossy(&text)))
}
