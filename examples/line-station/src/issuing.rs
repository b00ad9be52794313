//! Certificates for keys that the boards make themselves: the options, and the issuing desk.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use cli::{
    Failure, Trust, open_p256_signer, parse, parse_number, read_certificate, read_declaration, read_public_half,
};
use matter_attestation::Object;
use matter_issuance::protocol::KeyMode;
use matter_issuance::session::SessionSettings;
use matter_issuance::{Desk, DeskQueue, Error, LogSigner, Policy};
use matter_ledger::{Ledger, LedgerPlace};
use matter_signer::VerifyingKey;
use matter_station::{FirmwareStep, Issuing};

/// Number of requests that may wait for the desk.
const WAITING: usize = 1024;

/// Options for issuing, spelled as in `dac-pki provision`.
#[derive(Args)]
pub(crate) struct IssueOptions {
    /// Order of certificates, different from --order: each board makes its key in its firmware and gets a DAC
    #[arg(long, value_name = "ID", requires_all = ["issuer", "signer", "cd", "log_signer"])]
    issue_order: Option<String>,
    /// Certificate of the PAI
    #[arg(long, value_name = "CERT", requires = "issue_order")]
    issuer: Option<PathBuf>,
    /// Location of the PAI's key: file:PATH, pkcs11:... (RFC 7512; PIN from its pin-source or MATTER_PIN) or
    /// exec:PROGRAM
    #[arg(long, value_name = "URI", requires = "issue_order")]
    signer: Option<String>,
    /// Certification Declaration of the product
    #[arg(long, value_name = "FILE", requires = "issue_order")]
    cd: Option<PathBuf>,
    /// Certificate of the PAA above the PAI, for verifying the whole chain
    #[arg(long, value_name = "FILE", requires = "issue_order")]
    paa: Option<PathBuf>,
    /// Accept a test declaration: type 0, or signed with the published test key
    #[arg(long, requires = "issue_order")]
    allow_test_cd: bool,
    /// Location of the P-256 key that signs the log's head: file:PATH, pkcs11:..., exec:PROGRAM
    #[arg(long, value_name = "URI", requires = "issue_order")]
    log_signer: Option<String>,
    /// Public key with which another station, a service or an operator signs the log; may be given several times
    #[arg(long, value_name = "FILE", requires = "issue_order")]
    log_key: Vec<PathBuf>,
    /// Required key storage: efuse-ecdsa, flash or hmac-ecdsa; boards with another are refused
    #[arg(long, value_name = "MODE", requires = "issue_order")]
    key_mode: Option<String>,
    /// Seconds that a board may take for an answer, including its start, 1 to 3600
    #[arg(
        long,
        value_name = "SECONDS",
        allow_hyphen_values = true,
        default_value = "10",
        requires = "issue_order"
    )]
    answer_time: String,
}

/// A running desk, stopped on drop.
pub(crate) struct Issue {
    step: Arc<Issuing>,
    _queue: DeskQueue,
}

impl Issue {
    /// Returns the step that the station performs with each board.
    pub(crate) fn step(&self) -> Arc<dyn FirmwareStep> {
        self.step.clone()
    }
}

impl IssueOptions {
    /// Opens the desk, if requested.
    pub(crate) fn start(&self, place: &LedgerPlace, station: &str, trust: Trust) -> Result<Option<Issue>, Failure> {
        let (Some(order), Some(issuer), Some(signer), Some(cd), Some(log_signer)) = (
            &self.issue_order,
            &self.issuer,
            &self.signer,
            &self.cd,
            &self.log_signer,
        ) else {
            return Ok(None);
        };
        let settings = self.settings(order, station)?;
        let pai = read_certificate("--issuer", Some(Object::Pai), issuer, None)?;
        let signer = open_p256_signer("--signer", signer, None, trust)?;
        let log = open_p256_signer("--log-signer", log_signer, None, trust)?;
        let declaration = read_declaration("--cd", cd)?;
        let ledger = Ledger::open_existing(place.clone()).map_err(|error| Failure::option("--ledger", error))?;
        let desk = Desk::new(
            ledger,
            pai,
            signer,
            declaration.as_der(),
            LogSigner::new(log),
            self.policy()?,
        );
        let queue = desk.and_then(|desk| DeskQueue::spawn(desk, WAITING));
        let queue = queue.map_err(|error| failed(&error))?;
        let handle = queue.handle();
        let wanted = order.clone();
        let found = handle.registrar(move |registrar| registrar.order(&wanted));
        if found.map_err(|error| failed(&error))?.is_none() {
            let reason = format_args!("{order} is not in the ledger; open it with dac-pki order open");
            return Err(Failure::option("--issue-order", reason));
        }
        Ok(Some(Issue {
            step: Arc::new(Issuing::new(handle, settings)),
            _queue: queue,
        }))
    }

    fn settings(&self, order: &str, station: &str) -> Result<SessionSettings, Failure> {
        let mut settings = SessionSettings::new(order, station);
        if let Some(key_mode) = parse::<KeyMode>("--key-mode", self.key_mode.as_deref())? {
            settings = settings.with_key_mode(key_mode);
        }
        let seconds = parse_number("--answer-time", Some(&self.answer_time), 1, 3600)?.unwrap_or(10);
        let answer = Duration::from_secs(seconds.into());
        Ok(settings.with_times(answer, answer.saturating_mul(6)))
    }

    fn policy(&self) -> Result<Policy, Failure> {
        let mut policy = Policy::new(concat!("line-station ", env!("CARGO_PKG_VERSION")));
        if let Some(path) = &self.paa {
            policy = policy.with_paa(read_certificate("--paa", Some(Object::Paa), path, None)?);
        }
        if self.allow_test_cd {
            policy = policy.with_test_declarations();
        }
        for path in &self.log_key {
            let VerifyingKey::P256(key) = read_public_half("--log-key", path)? else {
                return Err(Failure::option(
                    "--log-key",
                    format_args!("{} is not of P-256", path.display()),
                ));
            };
            policy = policy.with_trusted_log_key((&key).into());
        }
        Ok(policy)
    }
}

/// Maps errors of PAI, declaration, signer or desk to a failure.
fn failed(error: &Error) -> Failure {
    match error {
        Error::Attestation(_) | Error::Chain { .. } if !error.is_retryable() => {
            Failure::Input(format!("--issuer, --signer, --paa and --cd: {error}"))
        }
        Error::Log(fault) => Failure::No(format!("--ledger: log: {fault}")),
        Error::LogSigner(_) => Failure::Work(format!("--log-signer: cannot sign: {error}")),
        error => Failure::Work(error.to_string()),
    }
}
