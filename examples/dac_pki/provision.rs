//! `dac-pki provision`: a station that issues certificates to devices that make their own keys.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use cli::{Failure, Files, ledger_place, open_p256_signer, parse, parse_number, read_certificate, read_file};
use matter_attestation::Object;
use matter_issuance::protocol::KeyMode;
use matter_issuance::session::{SessionSettings, Station};
use matter_issuance::{Desk, DeskHandle, DeskQueue, Error, LogSigner, Policy};
use matter_ledger::Ledger;

use self::sessions::{Outcome, Source};
use crate::Common;
use crate::issue::Authority;
use crate::recording::{self, log_keys};

#[path = "provision/sessions.rs"]
mod sessions;

/// Number of requests per session that may wait for the desk.
const WAITING: usize = 4;

#[derive(Args)]
#[command(group(clap::ArgGroup::new("place").required(true).args(["listen", "device", "devices"])))]
pub(crate) struct Provision {
    /// Order of the devices
    #[arg(long, value_name = "ID")]
    order: String,
    /// Ledger with the order: a file, or postgresql://USER@HOST/DATABASE with --ledger-key
    #[arg(long, value_name = "PATH|URL")]
    ledger: PathBuf,
    /// File with the key of the passcodes of a ledger on a server
    #[arg(long, value_name = "FILE")]
    ledger_key: Option<PathBuf>,
    #[command(flatten)]
    authority: Authority,
    /// Certification Declaration of the product
    #[arg(long, value_name = "FILE")]
    cd: PathBuf,
    /// Certificate of the PAA above the PAI, for verifying the whole chain
    #[arg(long, value_name = "FILE")]
    paa: Option<PathBuf>,
    /// Accept a test declaration: type 0, or signed with the published test key
    #[arg(long)]
    allow_test_cd: bool,
    /// Location of the P-256 key that signs the log's head: file:PATH, pkcs11:..., exec:PROGRAM
    #[arg(long, value_name = "URI")]
    log_signer: String,
    /// Public key with which another station, a service or an operator signs the log; may be given several times
    #[arg(long, value_name = "FILE")]
    log_key: Vec<PathBuf>,
    /// Name of this station in the log
    #[arg(long, value_name = "NAME")]
    station: String,
    /// Address HOST:PORT on which to wait for devices
    #[arg(long, value_name = "HOST:PORT")]
    listen: Option<String>,
    /// Device to dial: HOST:PORT, or the path of a serial line
    #[arg(long, value_name = "ADDRESS", num_args = 1..)]
    device: Vec<String>,
    /// File with the addresses of devices to dial, one per line
    #[arg(long, value_name = "FILE")]
    devices: Option<PathBuf>,
    /// End after this many seconds without a device, 1 to 86400 [default: never]
    #[arg(long, value_name = "SECONDS", allow_hyphen_values = true, requires = "listen")]
    idle: Option<String>,
    /// Number of concurrent sessions, 1 to 1024
    #[arg(long, value_name = "N", allow_hyphen_values = true, default_value = "64")]
    jobs: String,
    /// Required key storage: efuse-ecdsa, flash or hmac-ecdsa; devices with another are refused
    #[arg(long, value_name = "MODE")]
    key_mode: Option<String>,
    /// Seconds that a device may take for an answer, 1 to 3600
    #[arg(long, value_name = "SECONDS", allow_hyphen_values = true, default_value = "10")]
    answer_time: String,
    /// Issue another certificate for a new key to devices that have one; the reason is logged
    #[arg(long, value_name = "REASON")]
    allow_new_key: Option<String>,
    /// Refuse orders that a single operator has opened alone
    #[arg(long)]
    two_operators: bool,
}

impl Provision {
    pub(crate) fn run(&self, common: &Common) -> Result<(), Failure> {
        let jobs = parse_number("--jobs", Some(&self.jobs), 1, 1024)?.unwrap_or(64);
        let jobs = usize::try_from(jobs).unwrap_or(64);
        let settings = self.settings()?;
        let idle = parse_number("--idle", self.idle.as_deref(), 1, 86_400)?;
        self.files(common).check()?;
        let addresses = self.addresses()?;
        let queue = DeskQueue::spawn(self.desk(common)?, jobs.saturating_mul(WAITING)).map_err(failed)?;
        let station = Station::new(self.checked(queue.handle())?, settings);
        let source = match &self.listen {
            Some(address) => Source::listen(address, idle.map(|seconds| Duration::from_secs(seconds.into())))?,
            None => Source::Dial(addresses),
        };
        let outcome = sessions::run(&station, source, jobs, common.json)?;
        queue.stop();
        self.conclude(&outcome, common)
    }

    fn settings(&self) -> Result<SessionSettings, Failure> {
        let mut settings = SessionSettings::new(&self.order, &self.station);
        if let Some(key_mode) = parse::<KeyMode>("--key-mode", self.key_mode.as_deref())? {
            settings = settings.with_key_mode(key_mode);
        }
        if let Some(reason) = &self.allow_new_key {
            settings = settings.with_new_key(reason);
        }
        let seconds = parse_number("--answer-time", Some(&self.answer_time), 1, 3600)?.unwrap_or(10);
        let answer = Duration::from_secs(seconds.into());
        Ok(settings.with_times(answer, answer.saturating_mul(6)))
    }

    fn files(&self, common: &Common) -> Files {
        self.authority
            .named(common.files())
            .input("--cd", &self.cd)
            .optional_input("--paa", self.paa.as_ref())
            .optional_input("--devices", self.devices.as_ref())
    }

    /// Returns the addresses of devices to dial.
    fn addresses(&self) -> Result<Vec<String>, Failure> {
        let Some(path) = &self.devices else {
            return Ok(self.device.clone());
        };
        let bytes = read_file("--devices", path)?;
        let text = std::str::from_utf8(&bytes).map_err(|error| Failure::option("--devices", error))?;
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        Ok(lines.map(ToOwned::to_owned).collect())
    }

    fn desk(
        &self,
        common: &Common,
    ) -> Result<Desk<impl matter_attestation::CertificateSigner + Send + 'static>, Failure> {
        let (pai, signer) = self.authority.read(Object::Pai, common.trust)?;
        let mut policy = Policy::new(concat!("dac-pki ", env!("CARGO_PKG_VERSION")));
        if let Some(path) = &self.paa {
            policy = policy.with_paa(read_certificate("--paa", Some(Object::Paa), path, None)?);
        }
        if self.allow_test_cd {
            policy = policy.with_test_declarations();
        }
        if self.two_operators {
            policy = policy.with_two_operators();
        }
        for key in log_keys(&self.log_key)? {
            policy = policy.with_trusted_log_key(key);
        }
        let log = open_p256_signer("--log-signer", &self.log_signer, None, common.trust)?;
        let declaration = cli::read_declaration("--cd", &self.cd)?;
        let place = ledger_place(Some(&self.ledger), self.ledger_key.as_deref())?;
        let place = place.ok_or_else(|| Failure::option("--ledger", "is empty"))?;
        let ledger = Ledger::open_existing(place).map_err(|error| Failure::option("--ledger", error))?;
        Desk::new(ledger, pai, signer, declaration.as_der(), LogSigner::new(log), policy).map_err(failed)
    }

    /// Refuses a missing order before any device is contacted.
    fn checked(&self, desk: DeskHandle) -> Result<DeskHandle, Failure> {
        let order = self.order.clone();
        let found = desk
            .registrar(move |registrar| registrar.order(&order))
            .map_err(failed)?;
        match found {
            Some(_) => Ok(desk),
            None => Err(Failure::option(
                "--order",
                format_args!("{} is not in the ledger; open it with dac-pki order open", self.order),
            )),
        }
    }

    fn conclude(&self, outcome: &Outcome, common: &Common) -> Result<(), Failure> {
        let counts: Vec<_> = outcome
            .counts
            .iter()
            .map(|(code, count)| format!("{count} {code}"))
            .collect();
        if common.json {
            let document = serde_json::json!({
                "order": self.order,
                "station": self.station,
                "sessions": outcome.lines,
                "outcomes": outcome.counts,
            });
            cli::print_json(document)?;
        }
        if let Some(error) = &outcome.failure {
            return Err(failed(error.clone()));
        }
        let summary = counts.join(", ");
        cli::say(format_args!("order {}: {summary}", self.order));
        if outcome.counts.keys().any(|outcome| outcome != sessions::PROVED) {
            return Err(Failure::No("some sessions ended without a proved device".into()));
        }
        Ok(())
    }
}

/// Maps errors of PAI, declaration, signer or desk to a failure.
fn failed(error: Error) -> Failure {
    match error {
        Error::Attestation(_) | Error::Chain { .. } if !error.is_retryable() => {
            Failure::Input(format!("--issuer, --issuer-key or --signer, --paa and --cd: {error}"))
        }
        error => recording::failed(error),
    }
}
