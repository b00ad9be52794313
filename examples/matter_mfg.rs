//! `matter-mfg`: manufactures Matter devices, with the options of the vendor's `esp-matter-mfg-tool`.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use cli::{Failure, parse, parse_number, parse_quietly, print};
use matter_mfg::{
    Attestation, Columns, Error, Job, Pai, Phase, Plan, Report, RotatingIdPolicy, parse_time, read_certificate,
    read_declaration, read_private_key, read_table,
};

#[path = "matter_mfg/run_options.rs"]
mod run_options;

use run_options::RunOptions;

/// Options of several letters that the vendor's tool spells with one dash.
const SINGLE_DASH: [(&str, &str); 7] = [
    ("-cd", "--cert-dclrn"),
    ("-cn", "--cn-prefix"),
    ("-cf", "--commissioning-flow"),
    ("-dm", "--discovery-mode"),
    ("-lt", "--lifetime"),
    ("-vf", "--valid-from"),
    ("-ds", "--ds-peripheral"),
];

/// Makes the factory partitions, onboarding codes and certificates of Matter devices on ESP32.
///
/// Numbers are decimal or 0x hexadecimal. What is not given is drawn from the system's cryptographic random numbers.
/// Exit codes: 0 done, 2 bad usage or unusable input (nothing was written), 3 failed while working.
#[derive(Parser)]
#[command(name = "matter-mfg", version, args_override_self = true)]
struct Arguments {
    /// Number of devices, 1..=4294967295 [default: 1, or the rows of --mcsv, which win]
    #[arg(short = 'n', long, value_name = "N", allow_hyphen_values = true)]
    count: Option<String>,
    /// Vendor id, 0x0001..=0xFFF4
    #[arg(short = 'v', long, value_name = "ID", allow_hyphen_values = true)]
    vendor_id: String,
    /// Product id, 0x0001..=0xFFFF
    #[arg(short = 'p', long, value_name = "ID", allow_hyphen_values = true)]
    product_id: String,
    /// Folder for the output
    #[arg(long, value_name = "DIR", default_value = "out")]
    outdir: PathBuf,
    /// Partition size in bytes, a multiple of 0x1000 in 0x3000..=0x2000000 [default: 0x6000]
    #[arg(short = 's', long, value_name = "BYTES", allow_hyphen_values = true)]
    size: Option<String>,
    /// Threads, 1..=1024 [default: one on each core]
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    jobs: Option<String>,

    /// Passcode of a single device, 1..=99999998 without twelve trivial ones
    #[arg(long, value_name = "N", allow_hyphen_values = true, help_heading = "Commissioning")]
    passcode: Option<String>,
    /// Discriminator of a single device, 0..=4095
    #[arg(long, value_name = "N", allow_hyphen_values = true, help_heading = "Commissioning")]
    discriminator: Option<String>,
    /// PBKDF2 iterations, 1000..=100000 [default: 10000]
    #[arg(long, value_name = "N", allow_hyphen_values = true, help_heading = "Commissioning")]
    iteration_count: Option<String>,
    /// Commissioning flow (also -cf): 0 standard, 1 user intent, 2 custom [default: 0]
    #[arg(long, value_name = "N", allow_hyphen_values = true, help_heading = "Commissioning")]
    commissioning_flow: Option<String>,
    /// Sum of discovery modes (also -dm): 2 BLE, 4 on network, 8 Wi-Fi PAF, 16 NFC, 32 Thread [default: 2]
    #[arg(
        long,
        value_name = "MASK",
        allow_hyphen_values = true,
        help_heading = "Commissioning"
    )]
    discovery_mode: Option<String>,

    /// Signs certificates with the PAI of --cert and --key
    #[arg(long, help_heading = "Attestation")]
    pai: bool,
    /// Certificate of the PAI, PEM or DER
    #[arg(short = 'c', long, value_name = "FILE", help_heading = "Attestation")]
    cert: Option<PathBuf>,
    /// Private key of the PAI, PEM or DER, PKCS#8 or SEC1
    #[arg(short = 'k', long, value_name = "FILE", help_heading = "Attestation")]
    key: Option<PathBuf>,
    /// Certification Declaration (also -cd), DER
    #[arg(long, value_name = "FILE", help_heading = "Attestation")]
    cert_dclrn: Option<PathBuf>,
    /// Lifetime of the certificates in days (also -lt), from 1 [default: 36500, or as long as the PAI]
    #[arg(long, value_name = "DAYS", allow_hyphen_values = true, help_heading = "Attestation")]
    lifetime: Option<String>,
    /// Start of the certificates (also -vf): YYYY-MM-DD or YYYY-MM-DD HH:MM:SS, in UTC [default: now]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, help_heading = "Attestation")]
    valid_from: Option<String>,
    /// Makes a throw-away PAA, PAI and declaration in test-pki/ in the output folder: for development only
    #[arg(long, help_heading = "Attestation")]
    test_pki: bool,
    /// Beginning of the common name of the --test-pki PAI (also -cn), 1..=57 bytes [default: ESP32]
    #[arg(long, value_name = "TEXT", help_heading = "Attestation")]
    cn_prefix: Option<String>,
    #[arg(long, hide = true)]
    ds_peripheral: bool,

    /// Vendor's name, 1..=32 bytes
    #[arg(long, value_name = "TEXT", help_heading = "Device information")]
    vendor_name: Option<String>,
    /// Product's name, 1..=32 bytes
    #[arg(long, value_name = "TEXT", help_heading = "Device information")]
    product_name: Option<String>,
    /// Hardware version, 0..=65535
    #[arg(
        long,
        value_name = "N",
        allow_hyphen_values = true,
        help_heading = "Device information"
    )]
    hw_ver: Option<String>,
    /// Hardware version as a text, 1..=64 bytes
    #[arg(long, value_name = "TEXT", help_heading = "Device information")]
    hw_ver_str: Option<String>,
    /// Day of manufacture: YYYYMMDD or YYYY-MM-DD, up to 16 characters with the vendor's own behind it
    #[arg(
        long,
        value_name = "DATE",
        allow_hyphen_values = true,
        help_heading = "Device information"
    )]
    mfg_date: Option<String>,
    /// Serial number of a single device, 1..=32 bytes [default: 32 random hexadecimal digits]
    #[arg(long, value_name = "TEXT", help_heading = "Device information")]
    serial_num: Option<String>,
    /// Gives every device a unique id for rotating device ids
    #[arg(long, help_heading = "Device information")]
    enable_rotating_device_id: bool,
    /// That id for a single device, 32 hexadecimal digits [default: random]
    #[arg(long, value_name = "HEX", help_heading = "Device information")]
    rd_id_uid: Option<String>,
    /// Which columns of --mcsv are used: rows key,type,encoding[,REPEAT]
    #[arg(long, value_name = "FILE", help_heading = "Device information")]
    csv: Option<PathBuf>,
    /// Values of those columns: a header and a row for each device
    #[arg(long, value_name = "FILE", help_heading = "Device information")]
    mcsv: Option<PathBuf>,

    #[command(flatten)]
    run: RunOptions,
}

fn main() -> ExitCode {
    cli::exit(|| {
        if run_options::retire()? {
            return Ok(());
        }
        let arguments = cli::parse_arguments::<Arguments>(&SINGLE_DASH)?;
        let job = job(&arguments)?;
        let options = &arguments.run;
        let plan = matter_mfg::now()
            .and_then(|time| Plan::new(job, time))
            .map_err(failure)?;
        for warning in plan.warnings() {
            options.say(format_args!("warning: {warning}"));
        }
        let run = options.run(&plan)?;
        let mut bar = options.bar(plan.count());
        let report = run.execute(|complete| bar.show(complete));
        bar.end();
        for note in &report.notes {
            options.say(format_args!("note: {note}"));
        }
        tell(&plan, report, options)
    })
}

fn failure(error: Error) -> Failure {
    if error.is_input() {
        Failure::Input(error.to_string())
    } else {
        Failure::Work(error.to_string())
    }
}

fn job(arguments: &Arguments) -> Result<Job, Failure> {
    let given = arguments;
    let vendor = parse_quietly("--vendor-id", &given.vendor_id, "0x0001..=0xFFF4")?;
    let product = parse_quietly("--product-id", &given.product_id, "0x0001..=0xFFFF")?;
    let mut job = Job::new(vendor, product);
    job.outdir.clone_from(&given.outdir);
    job.count = parse_number("--count", given.count.as_deref(), 1, u32::MAX)?;
    job.size = parse("--size", given.size.as_deref())?.unwrap_or(job.size);
    let threads = parse_number("--jobs", given.jobs.as_deref(), 1, 1024)?;
    job.threads = threads
        .and_then(|threads| usize::try_from(threads).ok())
        .and_then(NonZeroUsize::new);

    job.passcode = parse("--passcode", given.passcode.as_deref())?;
    let discriminator = given.discriminator.as_deref();
    job.discriminator = discriminator
        .map(|text| parse_quietly("--discriminator", text, "0..=4095"))
        .transpose()?;
    job.iterations = parse("--iteration-count", given.iteration_count.as_deref())?.unwrap_or(job.iterations);
    job.flow = parse("--commissioning-flow", given.commissioning_flow.as_deref())?.unwrap_or(job.flow);
    job.discovery = parse("--discovery-mode", given.discovery_mode.as_deref())?.unwrap_or(job.discovery);

    job.declaration = read("--cert-dclrn", given.cert_dclrn.as_deref(), read_declaration)?;
    job.attestation = attestation(given)?;
    job.lifetime_days = parse_number("--lifetime", given.lifetime.as_deref(), 1, 2_932_896)?;
    let start = given.valid_from.as_deref().map(parse_time).transpose();
    job.valid_from = start.map_err(|reason| Failure::option("--valid-from", reason))?;

    job.vendor_name = parse("--vendor-name", given.vendor_name.as_deref())?;
    job.product_name = parse("--product-name", given.product_name.as_deref())?;
    let version = parse_number("--hw-ver", given.hw_ver.as_deref(), 0, u16::MAX.into())?;
    job.hardware_version = version.and_then(|version| u16::try_from(version).ok());
    job.hardware_version_string = parse("--hw-ver-str", given.hw_ver_str.as_deref())?;
    job.manufacturing_date = parse("--mfg-date", given.mfg_date.as_deref())?;
    job.serial_number = parse("--serial-num", given.serial_num.as_deref())?;
    job.rotating_id = match (
        given.enable_rotating_device_id,
        parse("--rd-id-uid", given.rd_id_uid.as_deref())?,
    ) {
        (true, Some(id)) => RotatingIdPolicy::Given(id),
        (true, None) => RotatingIdPolicy::Random,
        (false, None) => RotatingIdPolicy::None,
        (false, Some(_)) => {
            return Err(Failure::option(
                "--rd-id-uid",
                "needs --enable-rotating-device-id beside it",
            ));
        }
    };
    let columns = read("--csv", given.csv.as_deref(), read_table)?;
    let values = read("--mcsv", given.mcsv.as_deref(), read_table)?;
    job.values = match (columns, values) {
        (Some(columns), Some(values)) => Some((Columns::new(&columns).map_err(failure)?, values)),
        (None, None) => None,
        (Some(_), None) => return Err(Failure::option("--csv", "needs --mcsv beside it")),
        (None, Some(_)) => return Err(Failure::option("--mcsv", "needs --csv beside it")),
    };
    Ok(job)
}

fn attestation(given: &Arguments) -> Result<Attestation, Failure> {
    if given.ds_peripheral {
        let reason = "needs an esp_secure_cert partition, which this version does not write";
        return Err(Failure::option("--ds-peripheral", reason));
    }
    if let (false, Some(_)) = (given.test_pki, &given.cn_prefix) {
        return Err(Failure::option(
            "--cn-prefix",
            "names a PAI that is made, which only --test-pki does",
        ));
    }
    let certificate = read("--cert", given.cert.as_deref(), read_certificate)?;
    let key = read("--key", given.key.as_deref(), read_private_key)?;
    match (given.test_pki, given.pai, certificate, key) {
        (true, false, None, None) => {
            let common_name_prefix = given.cn_prefix.clone().unwrap_or_else(|| "ESP32".into());
            Ok(Attestation::TestPki { common_name_prefix })
        }
        (true, ..) => Err(Failure::option(
            "--test-pki",
            "makes its own PAI; --pai, --cert and --key are not allowed",
        )),
        (false, true, Some(certificate), Some(key)) => Ok(Attestation::Pai(Box::new(Pai { certificate, key }))),
        (false, true, ..) => Err(Failure::option("--pai", "needs --cert and --key beside it")),
        (false, false, None, None) => Ok(Attestation::None),
        (false, false, Some(_), _) => Err(Failure::option("--cert", "needs --pai beside it")),
        (false, false, None, Some(_)) => Err(Failure::option("--key", "needs --pai beside it")),
    }
}

fn read<T>(
    option: &'static str,
    path: Option<&Path>,
    reader: fn(&'static str, &Path) -> Result<T, Error>,
) -> Result<Option<T>, Failure> {
    path.map(|path| reader(option, path)).transpose().map_err(failure)
}

fn tell(plan: &Plan, report: Report, options: &RunOptions) -> Result<(), Failure> {
    let told = options.json(plan, &report)?;
    let (devices, count, top) = (report.devices, plan.count(), report.top.display());
    if let Some(error) = report.error {
        if error.is_input() && devices == report.earlier {
            return Err(failure(error));
        }
        return Err(Failure::Work(format!(
            "{error}; {devices} of {count} devices are complete in {top}{}",
            if devices > 0 { "; --resume continues" } else { "" }
        )));
    }
    let each = |time: std::time::Duration| time.as_secs_f64() * 1000.0 / f64::from((devices - report.earlier).max(1));
    let phases = Phase::ALL
        .map(|phase| format!("{phase} {:.2}", each(report.timings.get(phase))))
        .join(", ");
    options.say(format_args!(
        "{} devices in {:.2} s; milliseconds for each: {phases}",
        devices - report.earlier,
        report.elapsed.as_secs_f64()
    ));
    if told {
        return Ok(());
    }
    print(format_args!("devices: {devices} in {top}"))?;
    for (name, path) in [("summary", &report.summary), ("certificates", &report.dacs)] {
        if let Some(path) = path {
            print(format_args!("{name}: {}", path.display()))?;
        }
    }
    if let Some(pki) = plan.test_pki() {
        let origin = if pki.is_reused() { "used again" } else { "made" };
        print(format_args!(
            "test run: throw-away PKI {origin} in {}; not for products",
            pki.folder().display()
        ))?;
    }
    Ok(())
}
