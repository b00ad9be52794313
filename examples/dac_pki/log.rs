//! `dac-pki log`: the log of decisions.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use base16ct::lower::encode_string as hex;
use clap::{Args, Subcommand};
use cli::{Failure, Growing, print, print_json, read_file, report, report_json};
use matter_attestation::PublicKey;
use matter_issuance::{Accounts, Error, Log as Verifier, LogSummary};
use matter_ledger::{LogHead, LogRow};
use serde_json::json;

use self::line::{Line, head_line, row_line};
use crate::Common;
use crate::order::open_to_look;
use crate::recording::{failed, log_keys};

#[path = "log/line.rs"]
mod line;

#[derive(Subcommand)]
pub(crate) enum Log {
    /// Verify a log from its first entry to its signed head, and compare it with its ledger: exit code 1 if anything
    /// was changed
    Verify(Verify),
    /// Show the last entries of a log without verifying it
    Show(Show),
    /// Write a log with its head as JSON lines, for log verify --file
    Export(Export),
}

#[derive(Args)]
pub(crate) struct Verify {
    /// Ledger of the log: a file, or postgresql://USER@HOST/DATABASE
    #[arg(long, value_name = "LEDGER", required_unless_present = "file")]
    ledger: Option<PathBuf>,
    /// File written by log export, instead of a ledger
    #[arg(long, value_name = "FILE", conflicts_with = "ledger")]
    file: Option<PathBuf>,
    /// Key of the ledger's passcodes [default: FILE.key of --ledger; required for a URL]
    #[arg(long, value_name = "FILE")]
    ledger_key: Option<PathBuf>,
    /// Public key that may have signed the head; may be given several times
    #[arg(long, value_name = "FILE", required = true)]
    log_key: Vec<PathBuf>,
    /// Known entry, its number and its hash: a log without it was rolled back
    #[arg(long, value_name = "SEQ:HASH")]
    at_least: Option<String>,
}

#[derive(Args)]
pub(crate) struct Show {
    /// Ledger of the log: a file, or postgresql://USER@HOST/DATABASE
    #[arg(long, value_name = "LEDGER")]
    ledger: PathBuf,
    /// Key of the ledger's passcodes [default: FILE.key of --ledger; required for a URL]
    #[arg(long, value_name = "FILE")]
    ledger_key: Option<PathBuf>,
    /// Number of entries, 1 to 4294967295
    #[arg(long, value_name = "N", default_value = "20", allow_hyphen_values = true)]
    last: String,
}

#[derive(Args)]
pub(crate) struct Export {
    /// Ledger of the log: a file, or postgresql://USER@HOST/DATABASE
    #[arg(long, value_name = "LEDGER")]
    ledger: PathBuf,
    /// Key of the ledger's passcodes [default: FILE.key of --ledger; required for a URL]
    #[arg(long, value_name = "FILE")]
    ledger_key: Option<PathBuf>,
    /// File to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl Log {
    pub(crate) fn run(&self, common: &Common) -> Result<(), Failure> {
        match self {
            Self::Verify(arguments) => arguments.run(common.json),
            Self::Show(arguments) => arguments.run(common.json),
            Self::Export(arguments) => arguments.run(common),
        }
    }
}

impl Verify {
    fn run(&self, json: bool) -> Result<(), Failure> {
        let mut log = self.verifier(&log_keys(&self.log_key)?)?;
        let summary = match (&self.ledger, &self.file) {
            (Some(ledger), _) => {
                let mut ledger = open_to_look(ledger, self.ledger_key.as_deref())?;
                let mut accounts = Accounts::new();
                let head = ledger.read_log(|row| {
                    log.add(&row)?;
                    accounts.add(&row);
                    Ok::<_, Error>(())
                });
                let summary = log.finish(&head.map_err(failed)?);
                if summary.is_ok() {
                    let compared = accounts.compare(&mut ledger).map_err(failed)?;
                    compared.map_err(|difference| Failure::No(format!("--ledger: {difference}")))?;
                }
                summary
            }
            (None, Some(file)) => {
                let head = read_lines(file, |row| log.add(&row).map_err(|fault| failed(fault.into())))?;
                log.finish(&head)
            }
            (None, None) => return Err(Failure::option("--ledger", "is missing")),
        };
        tell(&summary.map_err(|fault| failed(fault.into()))?, json)
    }

    fn verifier(&self, trusted: &[PublicKey]) -> Result<Verifier, Failure> {
        let log = Verifier::new(trusted);
        let Some(text) = &self.at_least else { return Ok(log) };
        let parsed = text.split_once(':').and_then(|(seq, hash)| {
            let hash = hash.parse::<matter_issuance::KeyHash>().ok()?;
            // `parse` accepts a sign.
            let seq = seq.parse().ok().filter(|_| !seq.starts_with('+'))?;
            Some((seq, *hash.as_bytes()))
        });
        let wrong = || {
            Failure::option(
                "--at-least",
                "not a number and 64 lower-case hexadecimal digits, as in 12:ab01...",
            )
        };
        let (seq, hash) = parsed.ok_or_else(wrong)?;
        Ok(log.with_at_least(seq, hash))
    }
}

fn tell(summary: &LogSummary, json: bool) -> Result<(), Failure> {
    let head = format!("{}:{}", summary.entries, hex(&summary.hash));
    let signer = summary.signer.map(|signer| signer.to_string());
    if json {
        let document = json!({"entries": summary.entries, "head": head, "signer": signer});
        return print_json(format_args!("{document:#}"));
    }
    match signer {
        Some(signer) => print(format_args!(
            "{} entries, the last one {head}, signed by {signer}",
            summary.entries
        )),
        None => print("the log is empty"),
    }
}

impl Show {
    fn run(&self, json: bool) -> Result<(), Failure> {
        let last = cli::parse_number("--last", Some(&self.last), 1, u32::MAX)?.unwrap_or(1);
        let last = usize::try_from(last).unwrap_or(usize::MAX);
        let mut rows: VecDeque<LogRow> = VecDeque::new();
        let mut ledger = open_to_look(&self.ledger, self.ledger_key.as_deref())?;
        let read = ledger.read_log(|row| {
            if rows.len() == last {
                rows.pop_front();
            }
            rows.push_back(row);
            Ok::<_, Error>(())
        });
        read.map_err(failed)?;
        if json {
            let all = rows.iter().map(|row| row_line(row).unwrap_or_default());
            let all = all.collect::<Vec<_>>().join(",\n");
            return print_json(format_args!("[{all}]"));
        }
        rows.iter()
            .try_for_each(|row| print(format_args!("{} {} {}", row.seq, row.time, row.entry)))
    }
}

impl Export {
    fn run(&self, common: &Common) -> Result<(), Failure> {
        let mut ledger = open_to_look(&self.ledger, self.ledger_key.as_deref())?;
        let files = common
            .files()
            .input("--ledger", &self.ledger)
            .output("--out", &self.out);
        files.check()?;
        let mut growing: Growing = files.grow(&self.out)?;
        let mut count = 0_u64;
        let head = ledger.read_log(|row| {
            count = row.seq;
            let line = row_line(&row).ok_or_else(|| malformed(row.seq))?;
            growing.write(format!("{line}\n").as_bytes()).map_err(Ended::Failure)
        });
        let head = match head {
            Ok(head) => head,
            Err(Ended::Failure(failure)) => return Err(failure),
            Err(Ended::Ledger(error)) => return Err(failed(error.into())),
        };
        growing.write(format!("{}\n", head_line(&head)).as_bytes())?;
        growing.publish()?;
        let out = self.out.display();
        if common.json {
            report_json(format_args!("{:#}", json!({"file": out.to_string(), "entries": count})));
        } else {
            report(format_args!("{out}: {count} entries"));
        }
        Ok(())
    }
}

/// Reason why a log could not be read to its end.
enum Ended {
    Failure(Failure),
    Ledger(matter_ledger::Error),
}

impl From<matter_ledger::Error> for Ended {
    fn from(error: matter_ledger::Error) -> Self {
        Self::Ledger(error)
    }
}

fn malformed(seq: u64) -> Ended {
    Ended::Failure(Failure::No(format!("--ledger: log: entry {seq} is not a JSON object")))
}

/// Reads an exported log.
fn read_lines(path: &Path, mut see: impl FnMut(LogRow) -> Result<(), Failure>) -> Result<LogHead, Failure> {
    let bytes = read_file("--file", path)?;
    let wrong = |number: usize, reason: &str| Failure::Input(format!("--file {}:{number}: {reason}", path.display()));
    let text = std::str::from_utf8(&bytes).map_err(|_| wrong(1, "is not UTF-8"))?;
    let mut head = None;
    let mut count = 0;
    for (line, number) in text.lines().zip(1..) {
        count = number;
        match Line::read(line) {
            _ if head.is_some() => return Err(wrong(number, "follows the head, which must be the last line")),
            Some(Line::Row(row)) => see(row)?,
            Some(Line::Head(found)) => head = Some(found),
            None => return Err(wrong(number, "is not a line written by dac-pki log export")),
        }
    }
    head.ok_or_else(|| wrong(count, "the head, the last line, is missing: the file is truncated"))
}
