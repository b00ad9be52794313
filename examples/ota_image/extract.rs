//! `extract`: the payload of a complete file.

use std::path::PathBuf;

use clap::Args;
use cli::{Failure, Files};

use crate::findings::{Finding, refuse_errors};
use crate::options::{Allow, PayloadRules};
use crate::scan::Scanned;

/// The arguments of `extract`.
#[derive(Args)]
pub(crate) struct Extract {
    /// File to read
    file: PathBuf,
    /// Payload to write
    output: PathBuf,
    #[command(flatten)]
    allow: Allow,
}

impl Extract {
    pub(crate) fn run(&self, files: Files) -> Result<(), Failure> {
        let files = files.input("FILE", &self.file).output("OUT", &self.output);
        files.check()?;
        let mut writing = files.grow(&self.output)?;
        let scanned = Scanned::read(&self.file, |piece| writing.write(piece))?;
        let mut judged = scanned.judge(&PayloadRules::none(), &self.allow.allow);
        // Findings about ESP32 payloads are ignored here: the payload is copied unchanged.
        judged.retain(|judged| matches!(judged.finding, Finding::File(_)));
        refuse_errors(&self.file, &judged)?;
        writing.publish()
    }
}
