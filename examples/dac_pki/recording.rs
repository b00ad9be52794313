//! The ledger that records issued certificates, and its log.

use std::path::{Path, PathBuf};

use clap::Args;
use cli::{Failure, Password, Trust, ledger_place, open_p256_signer, read_public_half};
use matter_attestation::{Certificate, PublicKey};
use matter_issuance::{Error, KeyHash, LogSigner, Refusal, Registrar};
use matter_ledger::Ledger;
use matter_signer::VerifyingKey;

use crate::Common;

/// The name of the tool in the log.
const TOOL: &str = concat!("dac-pki ", env!("CARGO_PKG_VERSION"));

/// Options for writing to a log.
#[derive(Args)]
pub(crate) struct LogOptions {
    /// Location of the P-256 key that signs the log of --ledger: file:PATH, pkcs11:... (RFC 7512; PIN from its
    /// pin-source or MATTER_PIN) or exec:PROGRAM
    #[arg(long, value_name = "URI")]
    log_signer: Option<String>,
    /// Public key with which another station or service signs the log; may be given several times
    #[arg(long, value_name = "FILE")]
    log_key: Vec<PathBuf>,
    /// Key of the ledger's passcodes, made with a new ledger [default: FILE.key of --ledger; required for a URL]
    #[arg(long, value_name = "FILE")]
    ledger_key: Option<PathBuf>,
    /// Name of the deciding operator in the log, 1 to 64 characters
    #[arg(long, value_name = "NAME")]
    operator: Option<String>,
}

/// Options for recording certificates.
#[derive(Args)]
pub(crate) struct Recording {
    /// Ledger that records the certificates and refuses known keys and serial numbers, with --log-signer and
    /// --operator: a file, or postgresql://USER@HOST/DATABASE
    #[arg(long, value_name = "LEDGER")]
    ledger: Option<PathBuf>,
    #[command(flatten)]
    log: LogOptions,
}

/// A ledger opened for writing to its log, and the operator.
pub(crate) struct Book {
    pub(crate) registrar: Registrar,
    pub(crate) operator: String,
}

impl Recording {
    /// Opens the ledger, if one is given.
    pub(crate) fn open_with(&self, password: &Password, common: &Common) -> Result<Option<Book>, Failure> {
        if let Some(ledger) = &self.ledger {
            let password = password.read()?;
            let password = password.as_deref().map(String::as_str);
            return self.log.open(ledger, password, common.trust).map(Some);
        }
        let LogOptions {
            log_signer,
            log_key,
            ledger_key,
            operator,
        } = &self.log;
        for (option, is_given) in [
            ("--log-signer", log_signer.is_some()),
            ("--log-key", !log_key.is_empty()),
            ("--ledger-key", ledger_key.is_some()),
            ("--operator", operator.is_some()),
        ] {
            if is_given {
                return Err(Failure::option(option, "requires --ledger"));
            }
        }
        Ok(None)
    }
}

impl LogOptions {
    /// Opens a ledger for writing.
    pub(crate) fn open(&self, ledger: &Path, password: Option<&str>, trust: Trust) -> Result<Book, Failure> {
        let (Some(signer), Some(operator)) = (&self.log_signer, &self.operator) else {
            let reason = "requires --log-signer and --operator, the log's key and the deciding operator";
            return Err(Failure::option("--ledger", reason));
        };
        let signer = open_p256_signer("--log-signer", signer, password, trust)?;
        let trusted = log_keys(&self.log_key)?;
        let place = ledger_place(Some(ledger), self.ledger_key.as_deref())?;
        let place = place.ok_or_else(|| Failure::option("--ledger", "is missing"))?;
        let ledger = Ledger::open(place).map_err(|error| Failure::option("--ledger", error))?;
        let registrar = Registrar::new(ledger, LogSigner::new(signer), TOOL);
        Ok(Book {
            registrar: trusted.into_iter().fold(registrar, Registrar::with_trusted_log_key),
            operator: operator.clone(),
        })
    }
}

impl Book {
    /// Records certificates, all of them or none.
    pub(crate) fn record(&mut self, certificates: &[Certificate]) -> Result<(), Failure> {
        decided(self.registrar.record(certificates, &self.operator))
    }

    /// Returns the recorded certificate of a key: the program was stopped before it was written to its file.
    pub(crate) fn recorded(&mut self, key: &PublicKey) -> Result<Option<Certificate>, Failure> {
        let known = self.registrar.find_key(KeyHash::of(key)).map_err(failed)?;
        Ok(known.filter(|known| known.order.is_none()).and_then(|known| known.dac))
    }
}

/// Reads the public keys of the signers of a log.
pub(crate) fn log_keys(paths: &[PathBuf]) -> Result<Vec<PublicKey>, Failure> {
    let keys = paths.iter().map(|path| match read_public_half("--log-key", path)? {
        VerifyingKey::P256(key) => Ok(PublicKey::from(&key)),
        other => {
            let (path, kind) = (path.display(), other.kind());
            Err(Failure::Input(format!(
                "--log-key {path}: the key is {kind}, not P-256"
            )))
        }
    });
    keys.collect()
}

/// Turns a decision into a message and an exit code.
pub(crate) fn decided<T>(result: Result<Result<T, Refusal>, Error>) -> Result<T, Failure> {
    result.map_err(failed)?.map_err(|refusal| match refusal {
        Refusal::OperatorMalformed => Failure::option("--operator", refusal),
        Refusal::OrderMalformed => Failure::option("ORDER", refusal),
        refusal => Failure::No(refusal.to_string()),
    })
}

/// Maps failures of the ledger or a signer, and a manipulated log.
pub(crate) fn failed(error: Error) -> Failure {
    match error {
        Error::Log(fault) => Failure::No(format!("--ledger: log: {fault}")),
        Error::LogSigner(_) => Failure::Work(format!("--log-signer: cannot sign: {}", cli::cause(&error))),
        error => Failure::Work(error.to_string()),
    }
}
