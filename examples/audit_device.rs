//! `audit-device`: checks finished devices from their bytes alone.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Parser, ValueEnum};
use cli::{
    Failure, Trust, insert_paa_folder, ledger_place_to_list, now, parse_json, parse_quietly, parse_time,
    read_declaration, read_file,
};
use matter_attestation::{Object, PaaStore, Part, RevocationSet};
use matter_audit::{Audit, AuditInput, AuditReport, Error, Sampling};
use matter_factory_data::{Expected, Severity};
use matter_setup_payload::CommissioningFlow;
use matter_types::{ProductId, VendorId};

#[path = "audit_device/flash_arguments.rs"]
mod flash_arguments;
#[path = "audit_device/manifest_key.rs"]
mod manifest_key;
#[path = "audit_device/show.rs"]
mod show;

use flash_arguments::FlashArguments;
use show::show;

/// End of `--help`.
const EXAMPLES: &str = "\
Examples:
  audit-device out --paa paa/ --vid 0xFFF1 --pid 0x8000 --cd CD.der
  audit-device out --ledger out/ledger.sqlite --json
  audit-device --flash-dump flash.bin --partition-table partitions.csv
  audit-device --flash-dump merged.bin --flash-key flash_key.bin";

/// Audit devices: images, label, attestation, secrets, and values that must differ between devices.
///
/// Exit codes: 0 clean, 1 findings at or above --fail-on, 2 bad usage or unreadable input, 3 runtime failure.
#[derive(Parser)]
#[command(name = "audit-device", version, args_override_self = true, after_help = EXAMPLES)]
struct Arguments {
    /// Folder of a device, folder of such folders, or single files: an image, a keys partition, codes as a table or
    /// text, a picture. A file belongs to the same device as the file before it, unless its name has another UUID or
    /// its kind repeats
    #[arg(required_unless_present_any = ["flash_dump", "ledger", "manifest"])]
    path: Vec<PathBuf>,
    /// Trusted PAA in PEM or DER, or a folder of PAAs; may be given several times
    #[arg(long, value_name = "FILE|DIR")]
    paa: Vec<PathBuf>,
    /// Expected vendor id
    #[arg(long, value_name = "ID", requires = "pid")]
    vid: Option<String>,
    /// Expected product id
    #[arg(long, value_name = "ID", requires = "vid")]
    pid: Option<String>,
    /// Expected commissioning flow: 0 standard, 1 user-intent, 2 custom
    #[arg(long, value_name = "0|1|2")]
    commissioning_flow: Option<String>,
    /// Expected Certification Declaration
    #[arg(long, value_name = "FILE")]
    cd: Option<PathBuf>,
    /// NVS keys partition, or HMAC key to derive the keys from, of devices without keys in their folders
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// Revoked certificates: the Matter SDK's revocation set in JSON
    #[arg(long, value_name = "FILE")]
    revocation_set: Option<PathBuf>,
    /// Ledger of runs, a file or postgresql://USER@HOST/DATABASE; given alone, it is only searched for duplicates
    #[arg(long, value_name = "FILE|URL")]
    ledger: Option<PathBuf>,
    /// Manifest of the run; without it devices are compared with the manifests beside them
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// Signer of the manifest: a certificate or public key in PEM or DER, or pai for the PAI of its devices
    #[arg(long, value_name = "FILE|pai")]
    manifest_key: Option<PathBuf>,
    #[command(flatten)]
    flash: FlashArguments,
    /// Time at which the certificates must be valid [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Treat devices as test devices: findings allowed in tests become warnings; implied by a manifest or ledger marked
    /// as test
    #[arg(long)]
    test: bool,
    /// Expect no stored verifier: the firmware draws its own passcode
    #[arg(long)]
    dynamic_passcode: bool,
    /// Expect no attestation credentials: the devices get them from elsewhere
    #[arg(long)]
    no_attestation: bool,
    /// Devices for which the verifier is derived again and the QR picture is read
    #[arg(long, value_name = "RECOMPUTE", default_value = "all", value_parser = sampling())]
    recompute: Sampling,
    /// Lowest severity that makes the exit code 1
    #[arg(long, value_enum, default_value_t = FailOn::Error)]
    fail_on: FailOn,
    #[command(flatten)]
    trust: Trust,
    /// Write JSON: {"devices": [{"path", "uuid", "findings"}], "batch", "summary"}
    #[arg(long)]
    json: bool,
    /// Show every finding instead of three per check and a table of checks
    #[arg(long)]
    verbose: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum FailOn {
    Error,
    Warning,
}

/// The values of `--recompute`.
fn sampling() -> impl TypedValueParser<Value = Sampling> {
    PossibleValuesParser::new(["all", "sample", "none"]).try_map(|name| name.parse::<Sampling>())
}

fn main() -> ExitCode {
    cli::exit(|| cli::parse_arguments(&[]).and_then(|arguments| run(&arguments)))
}

fn run(arguments: &Arguments) -> Result<(), Failure> {
    let vendor = arguments.vid.as_deref();
    let vendor = vendor.map(|text| parse_quietly::<VendorId>("--vid", text, "0x0001 to 0xFFF4"));
    let product = arguments.pid.as_deref();
    let product = product.map(|text| parse_quietly::<ProductId>("--pid", text, "0x0001 to 0xFFFF"));
    let (vendor, product) = (vendor.transpose()?, product.transpose()?);
    let paas = read_paas(&arguments.paa)?;
    let declaration = arguments.cd.as_deref().map(|path| read_declaration("--cd", path));
    let declaration = declaration.transpose()?;
    let flow = cli::parse_number("--commissioning-flow", arguments.commissioning_flow.as_deref(), 0, 2)?;
    let flow = flow.and_then(|flow| CommissioningFlow::new(flow).ok());
    let revoked = arguments
        .revocation_set
        .as_deref()
        .map(read_revocation_set)
        .transpose()?;
    let time = match &arguments.at {
        Some(text) => parse_time(text).map_err(|error| Failure::option("--at", error))?,
        None => now()?,
    };
    let mut expected = Expected::new().at(time);
    if !paas.is_empty() {
        expected = expected.with_paa_store(&paas);
    }
    if let Some((vid, pid)) = vendor.zip(product) {
        expected = expected.with_product(vid, pid);
    }
    if let Some(declaration) = &declaration {
        expected = expected.with_declaration(declaration.as_der());
    }
    if let Some(flow) = flow {
        expected = expected.with_flow(flow);
    }
    if let Some(set) = &revoked {
        expected = expected.with_revocation_set(set);
    }
    if arguments.test {
        expected = expected.for_tests();
    }
    if arguments.dynamic_passcode {
        expected = expected.with_dynamic_passcode();
    }
    if arguments.no_attestation {
        expected = expected.without_attestation();
    }
    if let Some(keys) = &arguments.keys {
        arguments.trust.check_key("--keys", keys)?;
    }
    let report = audit(arguments, expected)?;
    let (fails, least) = match arguments.fail_on {
        FailOn::Error => ("errors", Severity::Error),
        FailOn::Warning => ("errors or warnings", Severity::Warning),
    };
    show(&report, arguments.json, arguments.verbose)?;
    if report.is_clean(least) {
        Ok(())
    } else {
        Err(Failure::No(format!("the audit found {fails}")))
    }
}

fn audit(arguments: &Arguments, expected: Expected<'_>) -> Result<AuditReport, Failure> {
    let mut audit = Audit::new(expected).with_recompute(arguments.recompute);
    for path in &arguments.path {
        audit = audit.with_path(path);
    }
    if let Some(dump) = arguments.flash.dump(arguments.trust)? {
        audit = audit.with_flash_dump(dump);
    }
    if let Some(keys) = &arguments.keys {
        audit = audit.with_keys(keys);
    }
    if let Some(manifest) = &arguments.manifest {
        audit = audit.with_manifest(manifest);
    }
    if let Some(path) = &arguments.manifest_key {
        audit = audit.with_manifest_key(manifest_key::read(path)?);
    }
    if let Some(ledger) = &arguments.ledger {
        audit = audit.with_ledger(ledger_place_to_list(ledger)?);
    }
    audit.execute().map_err(failure)
}

fn failure(error: Error) -> Failure {
    match error {
        Error::File { input, path, source } => {
            Failure::Input(format!("{} {}: {source}", argument(input), path.display()))
        }
        error => Failure::Work(error.to_string()),
    }
}

/// Returns the argument that gives the audit a file.
const fn argument(input: AuditInput) -> &'static str {
    match input {
        AuditInput::FlashDump => "--flash-dump",
        AuditInput::FlashKey => "--flash-key",
        AuditInput::Keys => "--keys",
        AuditInput::Ledger => "--ledger",
        AuditInput::Manifest => "--manifest",
        AuditInput::PartitionTable => "--partition-table",
        _ => "PATH",
    }
}

fn read_paas(paths: &[PathBuf]) -> Result<PaaStore, Failure> {
    let mut store = PaaStore::new();
    for path in paths {
        if path.is_dir() {
            insert_paa_folder(path, &mut store)?;
            continue;
        }
        let wrong = |reason: &dyn Display| Failure::option("--paa", format_args!("{}: {reason}", path.display()));
        for paa in cli::read_paas("--paa", path, None)? {
            if Part::read(paa.as_der()).is_ok_and(|part| part.object() != Object::Paa) {
                return Err(wrong(&"is a certificate, but not of a PAA, which is self-signed"));
            }
            let added = store.insert(paa.as_der());
            added.map_err(|error| wrong(&error))?;
        }
    }
    Ok(store)
}

fn read_revocation_set(path: &Path) -> Result<RevocationSet, Failure> {
    let set = parse_json(path, &read_file("--revocation-set", path)?);
    set.map_err(|failure| match failure {
        Failure::Input(reason) => Failure::option("--revocation-set", reason),
        other => other,
    })
}
