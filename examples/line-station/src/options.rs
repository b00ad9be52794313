//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use cli::{Failure, Password, Trust, ledger_place};
use matter_ledger::LedgerPlace;

use crate::issuing::IssueOptions;

/// End of `--help`.
const EXAMPLES: &str = "\
Examples:
  line-station run --order 2026-47 --ledger out/ledger.sqlite --devices out/fff1_8000 --profile profile.json \\
    --port auto --burn --labels zpl:192.168.1.50
  line-station run --order 2026-47 --ledger out/ledger.sqlite --devices out/fff1_8000 --profile profile.json --plan-only
  line-station status 2026-47 --ledger out/ledger.sqlite
  line-station report 2026-47 --ledger out/ledger.sqlite --out report --sign key.pem";

/// Put each device of an order on one board: claim it, write and check its flash, burn eFuses, print the label, and
/// record everything.
///
/// Exit codes: 0 all boards of this call are done, 1 some were refused or quarantined, 2 bad usage or unusable input
/// (no board was touched), 3 runtime failure.
#[derive(Parser)]
#[command(name = "line-station", version, args_override_self = true, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) trust: Trust,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Write the manifest of an order as CSV and JSON, and an HTML page about it
    Report(ReportOptions),
    /// Provision boards
    Run(Box<RunOptions>),
    /// Show the progress of an order
    Status(StatusOptions),
}

/// The location of the ledger.
#[derive(Args)]
pub(crate) struct LedgerOptions {
    /// Ledger with the order: a file, or postgresql://USER@HOST/DATABASE with --ledger-key
    #[arg(long, value_name = "PATH|URL")]
    ledger: PathBuf,
    /// File with the key of the passcodes of a ledger on a server
    #[arg(long, value_name = "FILE")]
    ledger_key: Option<PathBuf>,
}

impl LedgerOptions {
    /// Returns the ledger's place.
    pub(crate) fn place(&self) -> Result<LedgerPlace, Failure> {
        let place = ledger_place(Some(&self.ledger), self.ledger_key.as_deref())?;
        place.ok_or_else(|| Failure::option("--ledger", "is missing"))
    }

    /// Returns its file or URL as given.
    pub(crate) const fn path(&self) -> &PathBuf {
        &self.ledger
    }

    /// Returns the file of the key as given.
    pub(crate) const fn key(&self) -> Option<&PathBuf> {
        self.ledger_key.as_ref()
    }
}

#[derive(Args)]
pub(crate) struct RunOptions {
    /// Order whose devices go on the boards
    #[arg(long, value_name = "ID")]
    pub(crate) order: String,
    #[command(flatten)]
    pub(crate) ledger: LedgerOptions,
    /// Folder of the finished devices, made by matter-mfg --flash-plan
    #[arg(long, value_name = "DIR")]
    pub(crate) devices: PathBuf,
    /// Flash profile of the order
    #[arg(long, value_name = "FILE")]
    pub(crate) profile: PathBuf,
    /// Port of each slot: a serial port (/dev/ttyUSB0, COM3), socket://HOST:PORT, or auto for all ports that look like
    /// boards
    #[arg(long, value_name = "ADDRESS", num_args = 1.., required_unless_present = "plan_only")]
    pub(crate) port: Vec<String>,
    /// Number of boards worked on at once, 1 to 64 [default: one per port]
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub(crate) slots: Option<String>,
    /// Speed of the serial line while writing flash, in baud, 9600 to 5000000
    #[arg(long, value_name = "N", allow_hyphen_values = true, default_value = "921600")]
    pub(crate) baud: String,
    /// Engine that talks to the boards
    #[arg(long, value_enum, default_value_t = EngineName::Rom)]
    pub(crate) engine: EngineName,
    /// Name of this station in the ledger
    #[arg(long, value_name = "NAME", default_value = "station")]
    pub(crate) station: String,
    /// Name of the operator [default: the environment's USER or USERNAME]
    #[arg(long, value_name = "NAME")]
    pub(crate) operator: Option<String>,
    /// Print the commands for the boards in progress and for the next device, without touching a board or the ledger
    #[arg(long, conflicts_with_all = ["burn", "rework", "once", "scan", "labels", "give_up_missing"])]
    pub(crate) plan_only: bool,
    /// Burn eFuses, which cannot be undone, after confirmation with the order's id
    #[arg(long)]
    pub(crate) burn: bool,
    /// Confirmation of --burn: the order's id, instead of typing it
    #[arg(long, value_name = "ID", requires = "burn")]
    pub(crate) confirm: Option<String>,
    /// Rework boards that are done or were given up, until stopped; the reason is recorded in the ledger
    #[arg(long, value_name = "REASON")]
    pub(crate) rework: Option<String>,
    /// Give up this station's unfinished boards that are no longer in their slots once the order has no free device;
    /// with --once, the board of each slot that stays empty
    #[arg(long)]
    pub(crate) give_up_missing: bool,
    /// End the run after one board per slot
    #[arg(long)]
    pub(crate) once: bool,
    #[command(flatten)]
    pub(crate) make: MakeOptions,
    #[command(flatten, next_help_heading = "Certificates for keys made on the boards")]
    pub(crate) issue: IssueOptions,
    #[command(flatten)]
    pub(crate) labels: LabelOptions,
    /// Print events as JSON, one object per line
    #[arg(long)]
    pub(crate) json: bool,
}

/// Options for making devices on demand.
#[derive(Args)]
#[command(next_help_heading = "Devices made on the spot")]
pub(crate) struct MakeOptions {
    /// Job file of matter-mfg, to make devices when the order has no free one; --devices is its --outdir
    #[arg(long, value_name = "JOB.json", conflicts_with = "plan_only")]
    pub(crate) make: Option<PathBuf>,
    /// Number of devices made at once, 1 to 10000
    #[arg(
        long,
        value_name = "N",
        allow_hyphen_values = true,
        default_value = "16",
        requires = "make"
    )]
    pub(crate) make_batch: String,
    /// Program to run instead of the matter-mfg beside this one
    #[arg(long, value_name = "FILE", hide = true)]
    pub(crate) make_program: Option<PathBuf>,
}

/// Options for labels.
#[derive(Args)]
#[command(next_help_heading = "Labels")]
pub(crate) struct LabelOptions {
    /// Destination of labels: a folder for files, or zpl:HOST[:PORT] of a label printer [port: 9100]
    #[arg(long, value_name = "DIR|zpl:HOST")]
    pub(crate) labels: Option<String>,
    /// Format of label files
    #[arg(long, value_enum, default_value_t = LabelFormatName::Svg, requires = "labels")]
    pub(crate) label_format: LabelFormatName,
    /// Width and height of the label in a pdf or svg file, in millimetres, or in inches with the suffix `in` [default:
    /// 50x30]
    #[arg(long, value_name = "WxH", requires = "labels")]
    pub(crate) label_size: Option<String>,
    /// Resolution of the label printer in dots per inch: 152, 203, 300 or 600
    #[arg(
        long,
        value_name = "DPI",
        allow_hyphen_values = true,
        default_value = "203",
        requires = "labels"
    )]
    pub(crate) label_density: String,
    /// Compare the code on the printed label, typed on standard input by a scanner, before a board is done
    #[arg(long)]
    pub(crate) scan: bool,
    /// Serial port of the scanner, or a file with the codes, instead of standard input
    #[arg(long, value_name = "PORT|FILE", requires = "scan")]
    pub(crate) scan_from: Option<PathBuf>,
}

/// The engine that talks to the boards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum EngineName {
    /// Built-in implementation of the ROM's protocol
    Rom,
    /// Programs esptool and espefuse, for chips that the built-in engine does not support
    Esptool,
}

/// Format of label files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LabelFormatName {
    /// Page of the size of the label
    Pdf,
    /// QR code alone
    Png,
    /// Drawing of the label
    Svg,
    /// Text for a label printer
    Zpl,
}

#[derive(Args)]
pub(crate) struct StatusOptions {
    /// Order to show
    #[arg(value_name = "ORDER")]
    pub(crate) order: String,
    #[command(flatten)]
    pub(crate) ledger: LedgerOptions,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct ReportOptions {
    /// Order to report
    #[arg(value_name = "ORDER")]
    pub(crate) order: String,
    #[command(flatten)]
    pub(crate) ledger: LedgerOptions,
    /// Folder for manifest.csv, manifest.json, its signature, and report.html; created if missing
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Folder of the finished devices, for their codes [default: the folders recorded in the ledger]
    #[arg(long, value_name = "DIR")]
    pub(crate) devices: Option<PathBuf>,
    /// Omit the codes, which contain the passcodes, and the hashes that would reveal them
    #[arg(long)]
    pub(crate) no_passcode_in_manifest: bool,
    /// P-256 key that signs the manifest, in PEM or DER
    #[arg(long, value_name = "KEY", conflicts_with = "signer")]
    pub(crate) sign: Option<PathBuf>,
    /// Location of that key instead: file:PATH, pkcs11:... (RFC 7512; PIN from its pin-source or MATTER_PIN) or
    /// exec:PROGRAM
    #[arg(long, value_name = "URI")]
    pub(crate) signer: Option<String>,
    #[command(flatten)]
    pub(crate) password: Password,
    /// Replace the files of an earlier report
    #[arg(long)]
    pub(crate) force: bool,
    /// Print the counts as one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}
