//! `verify`: whether a file is accepted, by the specification and the SDK or by the SDK's parser alone.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use cli::{Failure, print};
use matter_types::Severity;

use crate::findings::show;
use crate::options::{Allow, PayloadOptions};
use crate::scan::Scanned;

/// The rules to apply.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Profile {
    Strict,
    Sdk,
}

/// The arguments of `verify`.
#[derive(Args)]
pub(crate) struct Verify {
    /// File to check
    file: PathBuf,
    /// Rules: strict for the specification and the SDK's parser, with a complete payload; sdk for the SDK's parser
    /// alone, which reads only the header
    #[arg(long, value_enum, default_value_t = Profile::Strict)]
    profile: Profile,
    #[command(flatten)]
    allow: Allow,
    #[command(flatten)]
    payload: PayloadOptions,
    /// Write JSON: [{"id", "severity", "object", "text", "sdk_code"?, "remedy"?}]
    #[arg(long)]
    json: bool,
}

impl Verify {
    pub(crate) fn run(&self) -> Result<(), Failure> {
        let rules = self.payload.read()?;
        let scanned = Scanned::read(&self.file, |_| Ok(()))?;
        let mut judged = scanned.judge(&rules, &self.allow.allow);
        if self.profile == Profile::Sdk {
            for judged in &mut judged {
                // Findings that the parser ignores become notes. An overlong text counts only if the parser has refused
                // it.
                if judged.sdk_code().is_none() || scanned.header().is_ok() {
                    judged.severity = judged.severity.min(Severity::Note);
                } else {
                    judged.severity = Severity::Error;
                }
            }
        }
        show(&judged, self.json)?;
        let Some(error) = judged.iter().find(|judged| judged.is_error()) else {
            if !self.json {
                return print(format_args!("{}: accepted", self.file.display()));
            }
            return Ok(());
        };
        let code = match error.sdk_code() {
            Some(code) => format!("SDK result {code} {}", code.name()),
            None => "the SDK's parser accepts its header".into(),
        };
        Err(Failure::No(format!("{}: not accepted; {code}", self.file.display())))
    }
}
