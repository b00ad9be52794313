//! `matter-mfg --scrap` and `--replace`: takes a device out of use.

use std::path::PathBuf;

use cli::{Failure, Trust, ledger_place, parse_arguments, report, report_json};
use matter_ledger::{Error as LedgerError, Ledger};
use matter_mfg::{Error, Run};
use serde_json::json;

use crate::option;

/// The device to take out of use, and the reason.
#[derive(Default, clap::Args)]
pub(crate) struct Retirement {
    /// Mark a device as scrapped; requires --reason, and --outdir or --ledger, and nothing else
    #[arg(long, value_name = "UUID")]
    scrap: Option<String>,
    /// Mark a device as replaced by another one, with the same options as --scrap
    #[arg(long, value_name = "UUID", conflicts_with = "scrap")]
    replace: Option<String>,
    /// Reason for taking a device out of use
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
}

/// Taking a device out of use requires no options of a run.
#[derive(clap::Parser)]
#[command(name = "matter-mfg")]
struct Retire {
    #[command(flatten)]
    retirement: Retirement,
    #[arg(long)]
    ledger: Option<PathBuf>,
    #[arg(long)]
    ledger_key: Option<PathBuf>,
    #[arg(long, default_value = "out")]
    outdir: PathBuf,
    #[arg(long)]
    quiet: bool,
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    _trust: Trust,
}

/// Takes a device out of use if the arguments request it.
///
/// # Errors
///
/// [`Failure::Input`] if the device or the ledger does not exist.
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
    let Retirement { scrap, replace, reason } = given.retirement;
    let reason = reason.unwrap_or_default();
    let place = ledger_place(given.ledger.as_deref(), given.ledger_key.as_deref())?;
    let place = place.unwrap_or_else(|| Run::default_ledger(&given.outdir).into());
    let wrong = |error| match error {
        LedgerError::Unavailable { .. } => Failure::Work(error.to_string()),
        error => Failure::Input(Error::from(error).with_names(option)),
    };
    let mut ledger = Ledger::open_existing(&place).map_err(wrong)?;
    let lower = |uuid: String| uuid.to_ascii_lowercase();
    let (uuid, state) = if let Some(uuid) = scrap.map(lower) {
        ledger.scrap(&uuid, &reason).map_err(wrong)?;
        (uuid, "scrapped")
    } else {
        let uuid = replace.map(lower).unwrap_or_default();
        ledger.replace(&uuid, &reason).map_err(wrong)?;
        (uuid, "replaced")
    };
    if given.json {
        report_json(json!({"uuid": uuid, "state": state, "ledger": place.to_string()}));
    } else {
        report(format_args!("device {uuid} is {state}"));
    }
    Ok(true)
}
