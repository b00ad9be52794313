//! The execution of a run and its output; these options are not in job files.

use std::path::{Path, PathBuf};

use cli::{Failure, Files, Trust, Written as _, ledger_place, parse, parse_number, report, say};
use matter_ledger::Unique;
use matter_mfg::{LabelFormat, Plan, Run, Sampling};
use matter_spake2p::{InstructionSet, Lanes};

use crate::failure;
use crate::options::Options;
use crate::retire::Retirement;

#[derive(Default, clap::Args)]
#[command(next_help_heading = "Run")]
pub(crate) struct Settings {
    /// Continue the unfinished run with the same options in --outdir, or start one if there is none
    #[arg(long)]
    resume: bool,
    /// Replace device folders with the same name, which occur only with a seed or supplied certificates
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    retirement: Retirement,
    /// Draw the first sheet of --labels into this file (.svg or .pdf), with example codes and label outlines; makes no
    /// device
    #[arg(long, value_name = "FILE", help_heading = "Labels")]
    pub(crate) label_preview: Option<PathBuf>,
    /// Print only results and errors
    #[arg(long)]
    pub(crate) quiet: bool,
    /// Write the results as one JSON document
    #[arg(long)]
    pub(crate) json: bool,
    /// Instruction set for deriving verifiers, for measurements: avx512, avx2, sse2, sha-ni, arm-sha2, neon, sha2,
    /// portable
    #[arg(long, hide = true, value_name = "NAME")]
    instructions: Option<String>,
}

impl Settings {
    /// Prepares the run of a plan.
    pub(crate) fn run<'p>(&self, plan: &'p Plan, options: &Options) -> Result<Run<'p>, Failure> {
        if self.retirement.reason.is_some() {
            return Err(Failure::option("--reason", "requires --scrap or --replace"));
        }
        let mut run = Run::new(plan)
            .with_resume(self.resume)
            .with_force(self.force)
            .with_insecure_permissions(options.trust.allow_insecure_permissions);
        if let Some(place) = ledger_place(options.ledger.as_deref(), options.ledger_key.as_deref())? {
            run = run.with_ledger(place);
        }
        if let Some(lists) = &options.unique {
            let names = lists.iter().map(cli::Text::expose).collect::<Vec<_>>().join(",");
            let unique = names.parse::<Unique>();
            run = run.with_unique(unique.map_err(|error| Failure::option("--unique", error))?);
        }
        if let Some(policy) = parse::<Sampling>("--audit", options.audit.written())? {
            run = run.with_audit(policy);
        }
        let size = parse_number("--order-size", options.order_size.written(), 1, u32::MAX)?;
        match (options.order.written(), size) {
            (None, None) => {}
            (Some(order), Some(_)) if order.trim().is_empty() => return Err(Failure::option("--order", "is empty")),
            (Some(order), Some(size)) => run = run.with_order(order.to_owned(), size),
            _ => {
                let reason = "requires --order-size, and vice versa";
                return Err(Failure::option("--order", reason));
            }
        }
        if let Some(name) = &self.instructions {
            run = run.with_lanes(lanes(name)?);
        }
        Ok(run)
    }

    /// Draws the first sheet of labels instead of making devices.
    pub(crate) fn preview(&self, plan: &Plan, path: &Path, trust: Trust) -> Result<(), Failure> {
        let extension = path.extension().map(|text| text.to_ascii_lowercase());
        let format = match extension.as_deref().and_then(std::ffi::OsStr::to_str) {
            Some("svg") => LabelFormat::Svg,
            Some("pdf") => LabelFormat::Pdf,
            _ => {
                return Err(Failure::option(
                    "--label-preview",
                    "must be a file name ending in .svg or .pdf",
                ));
            }
        };
        if !plan.has_labels() {
            return Err(Failure::option("--label-preview", "requires --labels svg or pdf"));
        }
        let files = Files::new(self.force, trust).output("--label-preview", path);
        files.check()?;
        let drawn = plan.preview_labels(format).map_err(failure)?;
        files.publish(&[(path, &drawn)])?;
        report(format_args!("preview: {}; no device was made", path.display()));
        Ok(())
    }

    /// Writes a line to stderr unless --quiet is given.
    pub(crate) fn say(&self, line: impl std::fmt::Display) {
        if !self.quiet {
            say(line);
        }
    }
}

fn lanes(name: &str) -> Result<Lanes, Failure> {
    let set = match name {
        "avx512" => InstructionSet::Avx512,
        "avx2" => InstructionSet::Avx2,
        "sse2" => InstructionSet::Sse2,
        "sha-ni" => InstructionSet::ShaNi,
        "arm-sha2" => InstructionSet::ArmSha2,
        "neon" => InstructionSet::Neon,
        "sha2" => InstructionSet::Sha2,
        "portable" => InstructionSet::Portable,
        _ => {
            return Err(Failure::option(
                "--instructions",
                "must be one of avx512, avx2, sse2, sha-ni, arm-sha2, neon, sha2, portable",
            ));
        }
    };
    Lanes::new(set).ok_or_else(|| Failure::option("--instructions", "not supported by this processor"))
}
