//! The options of `matter-mfg` about the run itself: its ledger, its order, how it is told.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use cli::{Failure, Trust, parse, parse_arguments, parse_number, report as tell_line, report_json, say};
use matter_ledger::{Ledger, Unique};
use matter_mfg::{AuditPolicy, JobFile, Phase, Plan, Report, Run, Text};
use matter_spake2p::{InstructionSet, Lanes};
use serde_json::{Map, Value, json};

/// How long nothing is said when nobody sees a bar.
const SILENCE: Duration = Duration::from_secs(10);
/// How often the bar is drawn.
const REDRAW: Duration = Duration::from_millis(100);

#[derive(Default, clap::Args)]
#[command(next_help_heading = "Run")]
pub(crate) struct RunOptions {
    /// Database of all runs and devices, which runs may share [default: ledger.sqlite in --outdir]
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,
    /// What no two devices of the ledger may share: passcode,serial,pair,key (pair: discriminator and passcode)
    #[arg(long, value_name = "LIST", num_args = 0..=1, default_missing_value = "", action = clap::ArgAction::Append)]
    unique: Option<Vec<String>>,
    /// Makes the devices for an order, which gets no more than --order-size over all runs of the ledger
    #[arg(long, value_name = "ID")]
    order: Option<String>,
    /// Devices of the order, 1..=4294967295
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    order_size: Option<String>,
    /// Continues the unfinished run of the same options in --outdir, or starts one when there is none
    #[arg(long)]
    resume: bool,
    /// Replaces folders of devices with the same name, which only runs from a seed or with supplied certificates find
    #[arg(long)]
    force: bool,
    /// Audits finished devices before they appear: none, sample (one in a hundred) or full [default: sample]
    #[arg(long, value_name = "WHICH")]
    audit: Option<String>,
    /// Marks a device as scrapped, with --reason, --outdir or --ledger beside it and nothing else
    #[arg(long, value_name = "UUID")]
    scrap: Option<String>,
    /// Marks a device as replaced by another one, as --scrap
    #[arg(long, value_name = "UUID")]
    replace: Option<String>,
    /// Why a device is taken out of use
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Says only results and errors
    #[arg(long)]
    pub(crate) quiet: bool,
    /// Prints the results as one JSON document
    #[arg(long)]
    json: bool,
    /// Derives with these instructions, to measure them: avx512, avx2, sse2, sha2, portable
    #[arg(long, hide = true, value_name = "NAME")]
    instructions: Option<String>,
}

/// Taking a device out of use needs none of the options of a run.
#[derive(clap::Parser)]
#[command(name = "matter-mfg")]
struct Retire {
    #[arg(long)]
    scrap: Option<String>,
    #[arg(long, conflicts_with = "scrap")]
    replace: Option<String>,
    #[arg(long)]
    reason: Option<String>,
    #[arg(long)]
    ledger: Option<PathBuf>,
    #[arg(long, default_value = "out")]
    outdir: PathBuf,
    #[arg(long)]
    quiet: bool,
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    _trust: Trust,
}

/// Takes a device out of use when the arguments ask for it.
///
/// # Errors
///
/// [`Failure::Input`] when the device or the ledger is not there.
pub(crate) fn retire() -> Result<bool, Failure> {
    let asks = |argument: &str| {
        ["--scrap", "--replace"].iter().any(|name| {
            argument
                .strip_prefix(name)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
        })
    };
    if !std::env::args_os()
        .skip(1)
        .any(|argument| argument.to_str().is_some_and(asks))
    {
        return Ok(false);
    }
    let given = parse_arguments::<Retire>(&[])?;
    let reason = given.reason.unwrap_or_default();
    let path = given.ledger.unwrap_or_else(|| Run::default_ledger(&given.outdir));
    let wrong = |error: matter_ledger::Error| Failure::Input(matter_mfg::Error::from(error).to_string());
    let mut ledger = Ledger::open_existing(&path).map_err(wrong)?;
    let lower = |uuid: String| uuid.to_ascii_lowercase();
    let (uuid, state) = if let Some(uuid) = given.scrap.map(lower) {
        ledger.scrap(&uuid, &reason).map_err(wrong)?;
        (uuid, "scrapped")
    } else {
        let uuid = given.replace.map(lower).unwrap_or_default();
        ledger.replace(&uuid, &reason).map_err(wrong)?;
        (uuid, "replaced")
    };
    if given.json {
        report_json(json!({"uuid": uuid, "state": state, "ledger": path.display().to_string()}));
    } else {
        tell_line(format_args!("device {uuid} is {state}"));
    }
    Ok(true)
}

impl RunOptions {
    /// Takes what is in a job's file and not on the command line.
    pub(crate) fn adopt(&mut self, file: &JobFile) {
        let text = |text: &Option<Text>| text.as_ref().map(|text| text.expose().to_owned());
        self.ledger = self.ledger.take().or_else(|| file.ledger.clone());
        self.unique = self.unique.take().or_else(|| Some(vec![text(&file.unique)?]));
        self.audit = self.audit.take().or_else(|| text(&file.audit));
        self.order = self.order.take().or_else(|| text(&file.order));
        self.order_size = self.order_size.take().or_else(|| text(&file.order_size));
    }

    /// Prepares the run of a plan.
    ///
    /// # Errors
    ///
    /// [`Failure::Input`] when a value cannot be used.
    pub(crate) fn run<'p>(&self, plan: &'p Plan) -> Result<Run<'p>, Failure> {
        if self.reason.is_some() {
            return Err(Failure::option("--reason", "needs --scrap or --replace beside it"));
        }
        let unique = self.unique.as_ref().map(|lists| lists.join(","));
        let mut run = Run::new(plan).with_resume(self.resume).with_force(self.force);
        if let Some(path) = &self.ledger {
            run = run.with_ledger(path.clone());
        }
        if let Some(unique) = parse::<Unique>("--unique", unique.as_deref())? {
            run = run.with_unique(unique);
        }
        if let Some(policy) = parse::<AuditPolicy>("--audit", self.audit.as_deref())? {
            run = run.with_audit(policy);
        }
        let size = parse_number("--order-size", self.order_size.as_deref(), 1, u32::MAX)?;
        if self.order.is_some() != size.is_some() {
            return Err(Failure::option(
                "--order",
                "needs --order-size beside it, and the other way round",
            ));
        }
        if let (Some(order), Some(size)) = (&self.order, size) {
            if order.trim().is_empty() {
                return Err(Failure::option("--order", "is empty"));
            }
            run = run.with_order(order.clone(), size);
        }
        if let Some(name) = &self.instructions {
            run = run.with_lanes(lanes(name)?);
        }
        Ok(run)
    }

    /// Says a sentence unless nobody wants to hear it.
    pub(crate) fn say(&self, line: impl std::fmt::Display) {
        if !self.quiet {
            say(line);
        }
    }

    /// Shows how far the run is.
    pub(crate) fn bar(&self, of: u32) -> Bar {
        Bar {
            of,
            start: Instant::now(),
            last: None,
            first: None,
            quiet: self.quiet,
            terminal: std::io::stderr().is_terminal(),
            drawn: false,
        }
    }

    /// Prints the result as JSON, if that is wanted.
    pub(crate) fn json(&self, plan: &Plan, report: &Report) -> bool {
        if !self.json {
            return false;
        }
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
        let made = f64::from((report.devices - report.earlier).max(1));
        let phases = Phase::ALL.iter().map(|phase| {
            let each = report.timings.get(*phase).as_secs_f64() * 1000.0 / made;
            (phase.to_string(), json!(each))
        });
        report_json(json!({
            "devices": report.devices,
            "count": plan.count(),
            "earlier": report.earlier,
            "test": plan.test_reason().is_some(),
            "top": report.top.display().to_string(),
            "ledger": path(&report.ledger),
            "summary": path(&report.summary),
            "dacs": path(&report.dacs),
            "manifest": path(&report.manifest),
            "pictures": path(&report.qr_zip),
            "labels": path(&report.labels),
            "seconds": report.elapsed.as_secs_f64(),
            "milliseconds_per_device": Value::Object(phases.collect::<Map<_, _>>()),
            "warnings": plan.warnings().iter().chain(&report.notes).collect::<Vec<_>>(),
            "checked": report.is_reconciled,
            "error": report.error.as_ref().map(ToString::to_string),
        }));
        true
    }
}

fn lanes(name: &str) -> Result<Lanes, Failure> {
    let set = match name {
        "avx512" => InstructionSet::Avx512,
        "avx2" => InstructionSet::Avx2,
        "sse2" => InstructionSet::Sse2,
        "sha2" => InstructionSet::Sha2,
        "portable" => InstructionSet::Portable,
        _ => {
            return Err(Failure::option(
                "--instructions",
                "is not one of avx512, avx2, sse2, sha2, portable",
            ));
        }
    };
    Lanes::new(set).ok_or_else(|| Failure::option("--instructions", "this processor does not have them"))
}

/// How far a run is: a line that is drawn again on a terminal, and a line every ten seconds otherwise.
pub(crate) struct Bar {
    of: u32,
    start: Instant,
    last: Option<Instant>,
    /// What was complete when the first one was.
    first: Option<u32>,
    quiet: bool,
    terminal: bool,
    drawn: bool,
}

impl Bar {
    pub(crate) fn show(&mut self, complete: u32) {
        let now = Instant::now();
        let pause = if self.terminal { REDRAW } else { SILENCE };
        let first = *self.first.get_or_insert(complete - 1);
        if self.quiet || (now.duration_since(self.last.unwrap_or(self.start)) < pause && complete != self.of) {
            return;
        }
        if !self.terminal && self.last.is_none() && complete == self.of {
            return;
        }
        self.last = Some(now);
        let seconds = now.duration_since(self.start).as_secs_f64().max(0.001);
        let rate = f64::from(complete - first) / seconds;
        let left = f64::from(self.of - complete) / rate.max(0.001);
        let line = format!(
            "{complete} of {} devices, {rate:.0} per second, {left:.0} s left",
            self.of
        );
        if self.terminal {
            self.drawn = true;
            let _ = write!(std::io::stderr(), "\r{line:<70}");
        } else {
            say(line);
        }
    }

    pub(crate) fn end(&self) {
        if self.drawn {
            say("");
        }
    }
}
