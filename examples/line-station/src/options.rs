//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use cli::{Failure, Password, Trust, ledger_place};
use matter_ledger::LedgerPlace;

use crate::issuing::IssueOptions;

/// The end of `--help`.
const EXAMPLES: &str = "\
Examples:
  line-station run --order 2026-47 --ledger out/ledger.sqlite --devices out/fff1_8000 --profile profile.json \\
    --port auto --burn --labels zpl:192.168.1.50
  line-station run --order 2026-47 --ledger out/ledger.sqlite --devices out/fff1_8000 --profile profile.json --plan-only
  line-station status 2026-47 --ledger out/ledger.sqlite
  line-station report 2026-47 --ledger out/ledger.sqlite --out report --sign key.pem";

/// Puts each device of an order on one board: claims it, writes and checks its flash, burns eFuses, prints the label, and
/// records all of it.
///
/// Exit codes: 0 all boards of this call are done, 1 some were refused or quarantined, 2 bad usage or unusable input (no
/// board was touched), 3 failed while working.
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
    /// Writes the manifest of an order as CSV and JSON, and a page about it in HTML
    Report(ReportOptions),
    /// Works on boards
    Run(Box<RunOptions>),
    /// Shows how far an order is
    Status(StatusOptions),
}

/// Where the ledger is.
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
        place.ok_or_else(|| Failure::option("--ledger", "is needed"))
    }

    /// Returns its file or URL as it was given.
    pub(crate) const fn path(&self) -> &PathBuf {
        &self.ledger
    }

    /// Returns the file of the key as it was given.
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
    /// Folder of the finished devices, as matter-mfg --flash-plan leaves it
    #[arg(long, value_name = "DIR")]
    pub(crate) devices: PathBuf,
    /// Flash profile of the order
    #[arg(long, value_name = "FILE")]
    pub(crate) profile: PathBuf,
    /// Ports, one for each slot: a serial port (/dev/ttyUSB0, COM3), socket://HOST:PORT, or auto for all that look like boards
    #[arg(long, value_name = "ADDRESS", num_args = 1.., required_unless_present = "plan_only")]
    pub(crate) port: Vec<String>,
    /// Boards worked on at once, 1 to 64 [default: one for each port]
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub(crate) slots: Option<String>,
    /// Speed of the serial line while flash is written, in baud, 9600 to 5000000
    #[arg(long, value_name = "N", allow_hyphen_values = true, default_value = "921600")]
    pub(crate) baud: String,
    /// What talks to the boards
    #[arg(long, value_enum, default_value_t = EngineName::Rom)]
    pub(crate) engine: EngineName,
    /// Name of this station in the ledger
    #[arg(long, value_name = "NAME", default_value = "station")]
    pub(crate) station: String,
    /// Who works here [default: the environment's USER or USERNAME]
    #[arg(long, value_name = "NAME")]
    pub(crate) operator: Option<String>,
    /// Prints the commands for the boards in work and for the next device, and touches neither board nor ledger
    #[arg(long, conflicts_with_all = ["burn", "rework", "once", "scan", "labels", "give_up_missing"])]
    pub(crate) plan_only: bool,
    /// Burns eFuses, which nothing takes back; asks for the order's id first
    #[arg(long)]
    pub(crate) burn: bool,
    /// The order's id, instead of typing it
    #[arg(long, value_name = "ID", requires = "burn")]
    pub(crate) confirm: Option<String>,
    /// Works again on boards that are done or were given up, until it is stopped; the reason goes into the ledger
    #[arg(long, value_name = "REASON")]
    pub(crate) rework: Option<String>,
    /// Gives up boards of this station that are not ready and not in their slots any more, when the order has no free device;
    /// with --once, the one of each slot that stays empty
    #[arg(long)]
    pub(crate) give_up_missing: bool,
    /// Each slot works on one board, and the run ends
    #[arg(long)]
    pub(crate) once: bool,
    #[command(flatten)]
    pub(crate) make: MakeOptions,
    #[command(flatten, next_help_heading = "Certificates for keys made on the boards")]
    pub(crate) issue: IssueOptions,
    #[command(flatten)]
    pub(crate) labels: LabelOptions,
    /// Prints what happens as JSON, one object in a line
    #[arg(long)]
    pub(crate) json: bool,
}

/// How devices are made on the spot.
#[derive(Args)]
#[command(next_help_heading = "Devices made on the spot")]
pub(crate) struct MakeOptions {
    /// Has matter-mfg make devices when the order has no free one, with the options of this job; --devices is its --outdir
    #[arg(long, value_name = "JOB.json", conflicts_with = "plan_only")]
    pub(crate) make: Option<PathBuf>,
    /// How many are made at once, 1 to 10000
    #[arg(
        long,
        value_name = "N",
        allow_hyphen_values = true,
        default_value = "16",
        requires = "make"
    )]
    pub(crate) make_batch: String,
    /// The program instead of the matter-mfg beside this one
    #[arg(long, value_name = "FILE", hide = true)]
    pub(crate) make_program: Option<PathBuf>,
}

/// What becomes of the labels.
#[derive(Args)]
#[command(next_help_heading = "Labels")]
pub(crate) struct LabelOptions {
    /// Label of each device: a folder for its file, or zpl:HOST[:PORT] of a label printer [port: 9100]
    #[arg(long, value_name = "DIR|zpl:HOST")]
    pub(crate) labels: Option<String>,
    /// What label files are
    #[arg(long, value_enum, default_value_t = LabelFormatName::Svg, requires = "labels")]
    pub(crate) label_format: LabelFormatName,
    /// Width and height of the label in a pdf or svg file, in millimetres or with `in` behind them in inches [default: 50x30]
    #[arg(long, value_name = "WxH", requires = "labels")]
    pub(crate) label_size: Option<String>,
    /// Dots per inch of a label printer: 152, 203, 300 or 600
    #[arg(
        long,
        value_name = "DPI",
        allow_hyphen_values = true,
        default_value = "203",
        requires = "labels"
    )]
    pub(crate) label_density: String,
    /// Compares the code on the printed label before a board is done: a scanner types it on standard input
    #[arg(long)]
    pub(crate) scan: bool,
    /// The scanner's serial port, or a file with the codes; instead of standard input
    #[arg(long, value_name = "PORT|FILE", requires = "scan")]
    pub(crate) scan_from: Option<PathBuf>,
}

/// What talks to the boards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum EngineName {
    /// The ROM's protocol, by this program
    Rom,
    /// The programs esptool and espefuse, for chips that this one does not know
    Esptool,
}

/// What label files are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LabelFormatName {
    /// A page as large as the label
    Pdf,
    /// The QR code alone
    Png,
    /// A drawing of the label
    Svg,
    /// Text for a label printer
    Zpl,
}

#[derive(Args)]
pub(crate) struct StatusOptions {
    /// The order
    #[arg(value_name = "ORDER")]
    pub(crate) order: String,
    #[command(flatten)]
    pub(crate) ledger: LedgerOptions,
    /// Prints one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct ReportOptions {
    /// The order
    #[arg(value_name = "ORDER")]
    pub(crate) order: String,
    #[command(flatten)]
    pub(crate) ledger: LedgerOptions,
    /// Folder for manifest.csv, manifest.json, its signature, and report.html; made if it is missing
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Folder of the finished devices, for their codes [default: the folders that the ledger names]
    #[arg(long, value_name = "DIR")]
    pub(crate) devices: Option<PathBuf>,
    /// Leaves out the codes, which hold the passcodes, and the hashes that would tell them
    #[arg(long)]
    pub(crate) no_passcode_in_manifest: bool,
    /// P-256 key that signs the manifest, in PEM or DER
    #[arg(long, value_name = "KEY", conflicts_with = "signer")]
    pub(crate) sign: Option<PathBuf>,
    /// The same, wherever it is: file:PATH, pkcs11:... or exec:PROGRAM
    #[arg(long, value_name = "URI")]
    pub(crate) signer: Option<String>,
    #[command(flatten)]
    pub(crate) password: Password,
    /// Replaces the files of an earlier report
    #[arg(long)]
    pub(crate) force: bool,
    /// Prints the counts as one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}
