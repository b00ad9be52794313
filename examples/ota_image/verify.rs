//! `verify`: whether a file is accepted, by the specification and the SDK or by the SDK's parser alone.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use cli::{Failure, print};
use matter_types::Severity;

use crate::findings::show;
use crate::options::{Allow, PayloadOptions};
use crate::scan::Scanned;

/// Who judges.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Profile {
    Strict,
    Sdk,
}

/// What `verify` takes.
#[derive(Args)]
pub(crate) struct Verify {
    /// The file
    file: PathBuf,
    /// strict: what the specification and the SDK's parser both accept, with a payload that is whole; sdk: exactly what the
    /// SDK's parser accepts, which looks at the header alone
    #[arg(long, value_enum, default_value_t = Profile::Strict)]
    profile: Profile,
    #[command(flatten)]
    allow: Allow,
    #[command(flatten)]
    payload: PayloadOptions,
    /// Writes JSON: [{"id", "severity", "object", "text", "sdk_code"?, "remedy"?}]
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
                // What the parser does not see is worth a note. A text too long is so only when the parser has refused it.
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
