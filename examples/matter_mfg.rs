//! `matter-mfg`: manufactures Matter devices, with the options of the vendor's `esp-matter-mfg-tool`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use cli::{Failure, Passcode, Password, Trust, Verifier, read_argument, report as tell_line};
use matter_mfg::{Error, JobFile, Phase, Plan, Report, Text};
use zeroize::Zeroizing;

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
/// Options with several values, the first of which may stand behind an equals sign.
const MULTIPLE: [&str; 4] = ["--calendar-types", "--locales", "--fixed-labels", "--supported-modes"];

macro_rules! define {
    (
        texts { $($field:ident: $type:ident = $group:ident $key:literal, $name:literal, $value:literal, $description:literal;)* }
        $($lists:tt)*
    ) => {
        /// Makes the factory partitions, onboarding codes and certificates of Matter devices on ESP32.
        ///
        /// Numbers are decimal or 0x hexadecimal. What is not given is drawn from the system's cryptographic random numbers.
        /// Exit codes: 0 done, 2 bad usage or unusable input (nothing was written), 3 failed while working.
        #[derive(Parser)]
        #[command(name = "matter-mfg", version, args_override_self = true)]
        struct Arguments {
            /// Number of devices, 1..=4294967295 [default: 1, or the rows of --mcsv, which win]
            #[arg(short = 'n', long, value_name = "N", allow_hyphen_values = true)]
            count: Option<Text>,
            /// Vendor id, 0x0001..=0xFFF4
            #[arg(
                short = 'v',
                long,
                value_name = "ID",
                allow_hyphen_values = true,
                required_unless_present = "job"
            )]
            vendor_id: Option<Text>,
            /// Product id, 0x0001..=0xFFFF
            #[arg(
                short = 'p',
                long,
                value_name = "ID",
                allow_hyphen_values = true,
                required_unless_present = "job"
            )]
            product_id: Option<Text>,
            /// Folder for the output [default: out]
            #[arg(long, value_name = "DIR")]
            outdir: Option<PathBuf>,
            /// Partition size in bytes, a multiple of 0x1000 in 0x3000..=0x2000000 [default: 0x6000]
            #[arg(short = 's', long, value_name = "BYTES", allow_hyphen_values = true)]
            size: Option<Text>,
            /// Encrypts every partition with a key of its own, beside it in a keys partition of 4096 bytes
            #[arg(short = 'e', long)]
            encrypt: bool,
            /// Leaves the factory partitions out; certificates, codes and tables are written
            #[arg(long)]
            no_bin: bool,
            /// Options from a JSON object (docs/job.schema.json); those of the command line win
            #[arg(long, value_name = "FILE")]
            job: Option<PathBuf>,
            /// Draws everything from this seed, for tests only: 2..=64 hexadecimal digits, or - for standard input; the same output on
            /// every machine
            #[arg(long, value_name = "HEX")]
            seed: Option<Text>,
            /// How much is said on stderr: debug, info or error
            #[arg(long, value_name = "LEVEL", default_value = "info", hide_possible_values = true)]
            log_level: LogLevel,
            /// Threads, 1..=1024 [default: one on each core]
            #[arg(long, value_name = "N", allow_hyphen_values = true)]
            jobs: Option<Text>,

            #[command(flatten, next_help_heading = "Commissioning")]
            passcode: Passcode,
            /// Discriminator of a single device, 0..=4095
            #[arg(long, value_name = "N", allow_hyphen_values = true, help_heading = "Commissioning")]
            discriminator: Option<Text>,
            /// A passcode for each device: one on each line, or the column 'passcode' of a table
            #[arg(long, value_name = "FILE", help_heading = "Commissioning")]
            passcodes: Option<PathBuf>,
            /// A discriminator for each device: one on each line, or the column 'discriminator' of a table
            #[arg(long, value_name = "FILE", help_heading = "Commissioning")]
            discriminators: Option<PathBuf>,
            /// Leaves the verifier to the device, which draws passcodes of its own
            #[arg(long, help_heading = "Commissioning")]
            enable_dynamic_passcode: bool,
            /// Salt of a single device, 16..=32 bytes in base64; needs --verifier and --passcode
            #[arg(long, value_name = "BASE64", help_heading = "Commissioning")]
            salt: Option<Text>,
            #[command(flatten, next_help_heading = "Commissioning")]
            verifier: Verifier,
            /// PBKDF2 iterations, 1000..=100000 [default: 10000]
            #[arg(long, value_name = "N", allow_hyphen_values = true, help_heading = "Commissioning")]
            iteration_count: Option<Text>,
            /// Commissioning flow (also -cf): 0 standard, 1 user intent, 2 custom [default: 0]
            #[arg(long, value_name = "N", allow_hyphen_values = true, help_heading = "Commissioning")]
            commissioning_flow: Option<Text>,
            /// Sum of discovery modes (also -dm): 2 BLE, 4 on network, 8 Wi-Fi PAF, 16 NFC, 32 Thread [default: 2]
            #[arg(
                long,
                value_name = "MASK",
                allow_hyphen_values = true,
                help_heading = "Commissioning"
            )]
            discovery_mode: Option<Text>,

            /// Makes a PAI with the PAA of --cert and --key, or takes that of an earlier run, and signs certificates with it
            #[arg(long, help_heading = "Attestation")]
            paa: bool,
            /// Signs certificates with the PAI of --cert and --key, or takes DACs that it has signed
            #[arg(long, help_heading = "Attestation")]
            pai: bool,
            /// Certificate of the PAA or PAI, PEM or DER
            #[arg(short = 'c', long, value_name = "FILE", help_heading = "Attestation")]
            cert: Option<PathBuf>,
            /// Its private key, PEM or DER, PKCS#8 or SEC 1
            #[arg(short = 'k', long, value_name = "FILE", help_heading = "Attestation")]
            key: Option<PathBuf>,
            #[command(flatten, next_help_heading = "Attestation")]
            password: Password,
            /// DAC of a single device that the PAI of --cert has signed, PEM or DER
            #[arg(long, value_name = "FILE", help_heading = "Attestation")]
            dac_cert: Option<PathBuf>,
            /// Its private key, PEM or DER, PKCS#8 or SEC 1
            #[arg(long, value_name = "FILE", help_heading = "Attestation")]
            dac_key: Option<PathBuf>,
            /// Folder with a DAC and its key for each device: PEM, DER, PKCS#8, PKCS#12 or raw
            #[arg(long, value_name = "DIR", help_heading = "Attestation")]
            dac_dir: Option<PathBuf>,
            /// Certification Declaration (also -cd), DER
            #[arg(long, value_name = "FILE", help_heading = "Attestation")]
            cert_dclrn: Option<PathBuf>,
            /// Takes a declaration that does not cover the product
            #[arg(long, help_heading = "Attestation")]
            allow_cd_mismatch: bool,
            /// Lifetime of the certificates in days (also -lt), from 1 [default: 36500, or as long as their issuer]
            #[arg(long, value_name = "DAYS", allow_hyphen_values = true, help_heading = "Attestation")]
            lifetime: Option<Text>,
            /// Start of the certificates (also -vf): YYYY-MM-DD or YYYY-MM-DD HH:MM:SS, in UTC [default: now]
            #[arg(long, value_name = "TIME", allow_hyphen_values = true, help_heading = "Attestation")]
            valid_from: Option<Text>,
            /// Makes a throw-away PAA, PAI and declaration in test-pki/ in the output folder: for development only
            #[arg(long, help_heading = "Attestation")]
            test_pki: bool,
            /// Beginning of the common name of a PAI that is made (also -cn), 1..=57 bytes [default: ESP32]
            #[arg(long, value_name = "TEXT", help_heading = "Attestation")]
            cn_prefix: Option<Text>,

            /// Puts certificates and key of a device into an esp_secure_cert partition and not into NVS
            #[arg(long, help_heading = "Secure cert partition")]
            dac_in_secure_cert: bool,
            /// The same for discriminator, verifier, salt and iteration count; only with the other two
            #[arg(long, help_heading = "Secure cert partition")]
            commissionable_data_in_secure_cert: bool,
            /// The same for the unique id for rotating device ids [default: random]; only with the other two
            #[arg(long, help_heading = "Secure cert partition")]
            rd_id_uid_in_secure_cert: bool,
            /// Makes no such partition; refused where a device's key would then be in none
            #[arg(long, help_heading = "Secure cert partition")]
            no_secure_cert_bin: bool,
            /// Keeps the key in an eFuse for the ECDSA peripheral (also -ds): in a file for espefuse and in no partition
            #[arg(long, help_heading = "Secure cert partition")]
            ds_peripheral: bool,
            /// The eFuse key block for that, 0..=5; 0..=4 on esp32h2 and esp32s31; -1 is none
            #[arg(
                long,
                value_name = "N",
                allow_hyphen_values = true,
                help_heading = "Secure cert partition"
            )]
            efuse_key_id: Option<Text>,
            /// The chip [default: esp32]
            #[arg(long, value_name = "NAME", help_heading = "Secure cert partition")]
            target: Option<Text>,
            /// Serial port of a chip. Nothing is burned or written here: refused beside the options above, with the commands for it
            #[arg(long, value_name = "PORT", help_heading = "Secure cert partition")]
            port: Option<Text>,

            $(
                #[doc = $description]
                #[arg(long = $name, value_name = $value, allow_hyphen_values = matches!($value, "N" | "DATE"), help_heading = "Device information")]
                $field: Option<Text>,
            )*
            /// A serial number for each device: one on each line, or the column 'serial-num' of a table
            #[arg(long, value_name = "FILE", help_heading = "Device information")]
            serials: Option<PathBuf>,
            /// Gives every device a unique id for rotating device ids
            #[arg(long, help_heading = "Device information")]
            enable_rotating_device_id: bool,
            /// That id for a single device, 32 hexadecimal digits, or - for standard input [default: random]
            #[arg(long, value_name = "HEX", help_heading = "Device information")]
            rd_id_uid: Option<Text>,
            /// Calendars: Buddhist, Chinese, Coptic, Ethiopian, Gregorian, Hebrew, Indian, Islamic, Japanese, Korean, Persian,
            /// Taiwanese
            #[arg(long, value_name = "NAME", num_args = 1.., action = clap::ArgAction::Append, help_heading = "Device information")]
            calendar_types: Option<Vec<Text>>,
            /// Languages such as en-US, 1..=35 characters each
            #[arg(long, value_name = "TAG", num_args = 1.., action = clap::ArgAction::Append, help_heading = "Device information")]
            locales: Option<Vec<Text>>,
            /// Fixed labels as ENDPOINT/LABEL/VALUE, texts of 1..=16 bytes
            #[arg(long, value_name = "LABEL", num_args = 1.., action = clap::ArgAction::Append, help_heading = "Device information")]
            fixed_labels: Option<Vec<Text>>,
            /// Modes as MODE/LABEL/ENDPOINT, behind that perhaps /VALUE\\MANUFACTURER, VALUE\\MANUFACTURER
            #[arg(long, value_name = "MODE", num_args = 1.., action = clap::ArgAction::Append, help_heading = "Device information")]
            supported_modes: Option<Vec<Text>>,
            /// MQTT broker of ESP RainMaker, 1..=253 visible ASCII characters
            #[arg(long, value_name = "HOST", help_heading = "Device information")]
            mqtt_host: Option<Text>,
            /// Which columns of --mcsv are used: rows key,type,encoding[,REPEAT]
            #[arg(long, value_name = "FILE", help_heading = "Device information")]
            csv: Option<PathBuf>,
            /// Values of those columns: a header and a row for each device
            #[arg(long, value_name = "FILE", help_heading = "Device information")]
            mcsv: Option<PathBuf>,

            /// Label sheets for a printer, A4 with 28 labels each: svg (a file for each page), pdf or none [default: none]
            #[arg(long, value_name = "FORMAT", help_heading = "Lists of all devices")]
            labels: Option<Text>,
            /// All QR code pictures in one zip file
            #[arg(long, help_heading = "Lists of all devices")]
            qr_zip: bool,
            /// Signs the manifest with this P-256 key, PEM or DER; `pai` takes that of the run's PAI
            #[arg(long, value_name = "FILE", help_heading = "Lists of all devices")]
            sign_manifest: Option<PathBuf>,
            /// Leaves passcodes, and the codes that hold them, out of the manifest
            #[arg(long, help_heading = "Lists of all devices")]
            no_passcode_in_manifest: bool,

            #[command(flatten)]
            run: RunOptions,
            #[command(flatten)]
            trust: Trust,
        }

        impl Arguments {
            /// Puts the fields of the product before those of a job's file.
            fn take_over_product(&mut self, file: &mut JobFile) {
                $(file.$field = self.$field.take().or(file.$field.take());)*
            }
        }
    };
}
matter_factory_data::product_fields!(define);

/// How much is said on stderr.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
enum LogLevel {
    Error,
    Info,
    Debug,
}

fn main() -> ExitCode {
    cli::exit(|| {
        if run_options::retire()? {
            return Ok(());
        }
        let mut arguments = cli::parse_arguments_with::<Arguments>(&SINGLE_DASH, &MULTIPLE)?;
        let mut options = std::mem::take(&mut arguments.run);
        let trust = arguments.trust;
        options.quiet |= arguments.log_level == LogLevel::Error;
        let debug = arguments.log_level == LogLevel::Debug;
        let job_path = arguments.job.clone();
        let secrets = Secrets::given(&mut arguments)?;
        let mut file = job_file(arguments).map_err(failure)?;
        secrets.fill(&mut file)?;
        file.allow_insecure_permissions |= trust.allow_insecure_permissions;
        let trust = file.allow_insecure_permissions;
        options.adopt(&file);
        let mut inputs = file.inputs();
        inputs.extend(job_path.map(|path| ("--job", path)));
        let job = file.into_job().map_err(failure)?;
        if debug {
            options.say(format_args!("debug: {job:?}"));
        }
        let plan = matter_mfg::now()
            .and_then(|time| Plan::new(job, time))
            .map_err(failure)?;
        for warning in plan.warnings() {
            options.say(format_args!("warning: {warning}"));
        }
        let run = options.run(&plan)?.with_inputs(inputs).with_insecure_permissions(trust);
        let mut bar = options.bar(plan.count());
        let report = run.execute(|complete| bar.show(complete));
        bar.end();
        for note in &report.notes {
            options.say(format_args!("note: {note}"));
        }
        tell(&plan, report, &options)
    })
}

/// The secrets of the command line.
struct Secrets {
    passcode: Option<Text>,
    verifier: Option<Text>,
    password: Option<Text>,
    seed: Option<Text>,
    rd_id_uid: Option<Text>,
}

impl Secrets {
    fn given(arguments: &mut Arguments) -> Result<Self, Failure> {
        // A seed and an id may be on standard input as well.
        let line = |option: &str, given: Option<Text>| match given {
            Some(argument) => read_argument(option, argument.expose().to_owned())
                .map(|read| text(&read))
                .map(Some),
            None => Ok(None),
        };
        Ok(Self {
            passcode: arguments.passcode.given()?.as_ref().map(text),
            verifier: arguments.verifier.given()?.as_ref().map(text),
            password: arguments.password.given()?.as_ref().map(text),
            seed: line("--seed", arguments.seed.take())?,
            rd_id_uid: line("--rd-id-uid", arguments.rd_id_uid.take())?,
        })
    }

    /// Puts them before those of a job's file, and those of the environment behind.
    fn fill(self, file: &mut JobFile) -> Result<(), Failure> {
        let fill = |member: &mut Option<Text>, given: Option<Text>| *member = given.or(member.take());
        fill(&mut file.passcode, self.passcode);
        fill(&mut file.verifier, self.verifier);
        fill(&mut file.password, self.password);
        fill(&mut file.seed, self.seed);
        fill(&mut file.rd_id_uid, self.rd_id_uid);
        for (member, variable) in [
            (&mut file.passcode, Passcode::from_environment()?),
            (&mut file.verifier, Verifier::from_environment()?),
            (&mut file.password, Password::from_environment()?),
        ] {
            if member.is_none() {
                *member = variable.as_ref().map(text);
            }
        }
        Ok(())
    }
}

fn text(secret: &Zeroizing<String>) -> Text {
    Text::from(secret.as_str())
}

fn failure(error: Error) -> Failure {
    match error {
        Error::Missing { .. } => Failure::No(error.to_string()),
        _ if error.is_input() => Failure::Input(error.to_string()),
        _ => Failure::Work(error.to_string()),
    }
}

/// The options of `--job` and those of the command line, which win.
fn job_file(mut arguments: Arguments) -> Result<JobFile, Error> {
    let mut file = match &arguments.job {
        Some(path) => JobFile::read("--job", path)?,
        None => JobFile::default(),
    };
    arguments.take_over_product(&mut file);
    macro_rules! take_over {
        (values $($value:ident),+; flags $($flag:ident),+; lists $($list:ident),+) => {
            $(file.$value = arguments.$value.or(file.$value);)+
            $(file.$flag |= arguments.$flag;)+
            $(if let Some(list) = arguments.$list { file.$list = list; })+
        };
    }
    take_over!(
        values
            count, vendor_id, product_id, outdir, size, jobs, discriminator, passcodes,
            discriminators, salt, iteration_count, commissioning_flow, discovery_mode, cert, key,
            dac_cert, dac_key, dac_dir, cert_dclrn, lifetime, valid_from, cn_prefix, port, efuse_key_id, target, labels,
            sign_manifest, serials, mqtt_host, csv, mcsv;
        flags
            encrypt, no_bin, enable_dynamic_passcode, paa, pai, allow_cd_mismatch, test_pki, ds_peripheral,
            enable_rotating_device_id, dac_in_secure_cert, commissionable_data_in_secure_cert, rd_id_uid_in_secure_cert,
            no_secure_cert_bin, qr_zip, no_passcode_in_manifest;
        lists
            calendar_types, locales, fixed_labels, supported_modes
    );
    Ok(file)
}

fn tell(plan: &Plan, report: Report, options: &RunOptions) -> Result<(), Failure> {
    let told = options.json(plan, &report);
    let (devices, count, top) = (report.devices, plan.count(), report.top.display());
    if let Some(error) = report.error {
        if error.is_input() && devices == report.earlier || matches!(error, Error::Missing { .. }) {
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
    tell_line(format_args!("devices: {devices} in {top}"));
    if report.is_reconciled {
        tell_line(format_args!(
            "checked: folders, tables, manifest and ledger have the same {devices} devices"
        ));
    }
    for (name, path) in [
        ("summary", &report.summary),
        ("certificates", &report.dacs),
        ("manifest", &report.manifest),
        ("pictures", &report.qr_zip),
        ("labels", &report.labels),
    ] {
        if let Some(path) = path {
            tell_line(format_args!("{name}: {}", path.display()));
        }
    }
    if let Some(reused) = plan.is_pai_reused() {
        let origin = if reused { "used again" } else { "made" };
        tell_line(format_args!(
            "PAI: {origin} in {}",
            report.top.join("staging").display()
        ));
    }
    if plan.is_seeded() {
        tell_line(format_args!("test run: everything comes from --seed; not for products"));
    }
    if let Some(pki) = plan.test_pki() {
        let origin = if pki.is_reused() { "used again" } else { "made" };
        tell_line(format_args!(
            "test run: throw-away PKI {origin} in {}; not for products",
            pki.folder().display()
        ));
    }
    Ok(())
}
