//! Features of all command lines: alternative spellings of ids, examples at the end of each `--help`, `help` as a
//! command, shell completions, and manual pages.

use std::ffi::OsString;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, Command};
use clap_complete::Shell;
use clap_mangen::Man;

use crate::{Failure, print_exact};

const COMPLETIONS: &str = "completions";
const MAN: &str = "man";
const SHELLS: [&str; 5] = ["bash", "elvish", "fish", "powershell", "zsh"];
/// Spellings of ids in the binaries.
const SPELLINGS: [(&str, &str); 4] = [
    ("vid", "vendor-id"),
    ("pid", "product-id"),
    ("origin-vid", "origin-vendor-id"),
    ("origin-pid", "origin-product-id"),
];

/// Adds the common features.
pub(crate) fn extend(command: Command) -> Command {
    let shells = PossibleValuesParser::new(SHELLS);
    let completions = Arg::new(COMPLETIONS)
        .long(COMPLETIONS)
        .value_name("SHELL")
        .value_parser(shells)
        .exclusive(true)
        .help("Print completions for a shell");
    let man = Arg::new(MAN)
        .long(MAN)
        .action(ArgAction::SetTrue)
        .exclusive(true)
        .help("Print the manual page");
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

/// Appends to the help of each command its own examples.
fn with_examples(command: Command) -> Command {
    let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let name = command.get_name().to_owned();
    match examples.split_once('\n') {
        Some((heading, lines)) => with_examples_of(command, &name, heading, lines),
        None => command,
    }
}

/// As [`with_examples`], for the subcommands of the command with these words.
fn with_examples_of(command: Command, words: &str, heading: &str, lines: &str) -> Command {
    command.mut_subcommands(|below| {
        let words = format!("{words} {}", below.get_name());
        let mut is_own = false;
        let mut goes_on = false;
        let own = lines.lines().filter(|line| {
            let tail = line.trim_start().strip_prefix(&words);
            // A continued line ends with a backslash, as in a shell.
            is_own = if goes_on {
                is_own
            } else {
                tail.is_some_and(|tail| tail.is_empty() || tail.starts_with(' '))
            };
            goes_on = line.ends_with('\\');
            is_own
        });
        let text = own.fold(heading.to_owned(), |text, line| format!("{text}\n{line}"));
        with_examples_of(below.after_help(text), &words, heading, lines)
    })
}

/// Turns `help` alone into `--help` for a binary without commands; with commands clap does this.
pub(crate) fn with_help(mut arguments: Vec<OsString>, command: &Command) -> Vec<OsString> {
    if !command.has_subcommands()
        && let [_, word] = arguments.as_mut_slice()
        && word == "help"
    {
        *word = "--help".into();
    }
    arguments
}

/// Writes completions or the manual page, if they are requested alone.
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
