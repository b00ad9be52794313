//! The issuing desk as used by the service: in its own thread, with problem documents as answers.

use std::path::Path;

use axum::http::StatusCode;
use cli::{Failure, Trust};
use matter_attestation::{Certificate, Object, PublicKey};
use matter_issuance::{
    Desk, DeskHandle, DeskQueue, DeviceId, Error, Issued, KeyHash, KnownKey, LogSigner, OrderUse, Policy, Proof,
    Refusal, Registrar, Request, State,
};
use matter_ledger::{Ledger, LedgerPlace, NewOrder};
use matter_signer::{Error as SignerError, P256Signer};
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use crate::config::IssuingConfig;
use crate::problem::Problem;

/// Number of requests that may wait for the desk.
const WAITING: usize = 4096;
/// Seconds after which a client should retry.
const RETRY_SECONDS: u64 = 2;

/// The service's issuing desk, which holds the ledger, the signer and the log.
#[derive(Debug)]
pub(crate) struct Office {
    /// When dropped, ends the desk's thread after the waiting requests.
    _queue: DeskQueue,
    handle: DeskHandle,
    pai: Vec<u8>,
}

/// A key with a certificate.
#[derive(Debug)]
pub(crate) struct Certified {
    pub(crate) device: String,
    pub(crate) key: KeyHash,
    pub(crate) state: State,
    pub(crate) dac: Certificate,
}

impl Office {
    /// Opens ledger and signers.
    pub(crate) fn open(config: &IssuingConfig) -> Result<Self, Failure> {
        let place = config.ledger.parse::<LedgerPlace>();
        let place = place.map_err(|error| Failure::option("issuing.ledger", error))?;
        let place = match &config.ledger_key {
            Some(path) => place.with_key_file(path.clone()),
            None if place.file().is_none() => {
                let reason = "is required for a ledger on a server: the file with the key of its passcodes";
                return Err(Failure::option("issuing.ledger_key", reason));
            }
            None => place,
        };
        let pai = cli::read_certificate("issuing.pai", Some(Object::Pai), &config.pai, None)?;
        let signer = open_signer("issuing.signer", &config.signer, config.signer_password_file.as_deref())?;
        let password = config.log_signer_password_file.as_deref();
        let log = open_signer("issuing.log_signer", &config.log_signer, password)?;
        let declaration = cli::read_file("issuing.declaration", &config.declaration)?;
        let policy = policy(config)?;
        let ledger = Ledger::open(place).map_err(|error| Failure::Work(format!("issuing.ledger: {error}")))?;
        let der = pai.as_der().to_vec();
        let desk = Desk::new(ledger, pai, signer, &declaration, LogSigner::new(log), policy);
        let desk = desk.map_err(|error| match error.is_retryable() {
            true => Failure::Work(format!("issuing: {error}")),
            false => Failure::Input(format!("issuing: {error}")),
        })?;
        let queue = DeskQueue::spawn(desk, WAITING).map_err(|error| Failure::Work(format!("issuing: {error}")))?;
        Ok(Self {
            handle: queue.handle(),
            _queue: queue,
            pai: der,
        })
    }

    pub(crate) fn pai(&self) -> &[u8] {
        &self.pai
    }

    pub(crate) fn declaration(&self) -> &[u8] {
        self.handle.declaration()
    }

    pub(crate) async fn issue(&self, request: Request) -> Result<Issued, Problem> {
        let (done, answer) = oneshot::channel();
        let sent = self.handle.issue_then(request, |issued| drop(done.send(issued)));
        wait(sent, answer).await?.map_err(|refusal| problem_of(&refusal))
    }

    pub(crate) async fn installed(&self, key: KeyHash) -> Result<State, Problem> {
        let (done, answer) = oneshot::channel();
        let sent = self.handle.installed_then(key, |noted| drop(done.send(noted)));
        wait(sent, answer).await?.map_err(|refusal| problem_of(&refusal))?;
        self.state_of(key).await
    }

    pub(crate) async fn proved(&self, proof: Proof) -> Result<State, Problem> {
        let (done, answer) = oneshot::channel();
        let sent = self.handle.proved_then(proof, |noted| drop(done.send(noted)));
        wait(sent, answer).await?.map_err(|refusal| problem_of(&refusal))?;
        Ok(State::Proved)
    }

    async fn state_of(&self, key: KeyHash) -> Result<State, Problem> {
        let found = self.by_key(key).await?;
        found
            .map(|found| found.state)
            .ok_or_else(|| problem_of(&Refusal::KeyUnknown))
    }

    /// Records a refusal in the log.
    pub(crate) async fn refuse(&self, device: DeviceId, station: &str, refusal: Refusal) -> Result<(), Problem> {
        let station = station.to_owned();
        self.work(move |registrar| registrar.refuse(&device, &station, &refusal))
            .await
    }

    pub(crate) async fn by_key(&self, key: KeyHash) -> Result<Option<Certified>, Problem> {
        let found = self.work(move |registrar| registrar.find_key(key)).await?;
        Ok(found.and_then(Certified::of))
    }

    pub(crate) async fn by_device(&self, device: DeviceId) -> Result<Option<Certified>, Problem> {
        let found = self.work(move |registrar| registrar.find_device(&device)).await?;
        Ok(found.and_then(Certified::of))
    }

    pub(crate) async fn open_order(&self, order: NewOrder) -> Result<OrderUse, Problem> {
        let id = order.id.clone();
        let opened = self.work(move |registrar| registrar.open_order(&order)).await?;
        opened.map_err(|refusal| problem_of(&refusal))?;
        self.order(id).await
    }

    pub(crate) async fn approve_order(&self, id: String, operator: String) -> Result<OrderUse, Problem> {
        let order = id.clone();
        let approved = self
            .work(move |registrar| registrar.approve_order(&order, &operator))
            .await?;
        approved.map_err(|refusal| problem_of(&refusal))?;
        self.order(id).await
    }

    pub(crate) async fn order(&self, id: String) -> Result<OrderUse, Problem> {
        let order = id.clone();
        let found = self.work(move |registrar| registrar.order(&order)).await?;
        found.ok_or_else(|| problem_of(&Refusal::OrderUnknown { order: id }))
    }

    /// Checks that the ledger answers and that the last signature succeeded.
    pub(crate) async fn ready(&self) -> Result<(), Problem> {
        self.work(Registrar::ping).await?;
        if self.handle.is_signer_well() {
            return Ok(());
        }
        Err(Problem::unavailable(
            "signer",
            "the last signature with the PAI's key failed",
            RETRY_SECONDS,
        ))
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Registrar) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Problem> {
        let (done, answer) = oneshot::channel();
        // The requester may have left.
        let sent = self.handle.registrar_then(work, |result| drop(done.send(result)));
        wait(sent, answer).await
    }
}

impl Certified {
    fn of(known: KnownKey) -> Option<Self> {
        Some(Self {
            device: known.device,
            key: known.key,
            state: known.state,
            dac: known.dac?,
        })
    }
}

async fn wait<T>(sent: Result<(), Error>, answer: oneshot::Receiver<Result<T, Error>>) -> Result<T, Problem> {
    let result = match sent {
        Ok(()) => answer.await.unwrap_or(Err(Error::Stopped)),
        Err(error) => Err(error),
    };
    result.map_err(|error| unavailable(&error))
}

/// Maps an error of the desk. Details are only in the service's log, not in the answer.
fn unavailable(error: &Error) -> Problem {
    let (code, detail) = match error {
        Error::QueueFull { .. } => ("busy", "too many requests are waiting; repeat the same request later"),
        Error::Ledger(_) | Error::Log(_) | Error::StoredCertificate { .. } => (
            "ledger",
            "the ledger is unavailable; nothing was issued; repeat the same request later",
        ),
        Error::Stopped => ("stopping", "the service is stopping; repeat the same request later"),
        _ => (
            "signer",
            "the signer is unavailable; nothing was issued; repeat the same request later",
        ),
    };
    let mut cause = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        cause.push_str(": ");
        cause.push_str(&error.to_string());
        source = error.source();
    }
    Problem::unavailable(code, detail, RETRY_SECONDS).with_cause(cause)
}

/// Converts a refusal to a problem document.
pub(crate) fn problem_of(refusal: &Refusal) -> Problem {
    let status = match refusal {
        Refusal::DeviceIdMalformed | Refusal::KeyHashMalformed | Refusal::OrderMalformed => StatusCode::BAD_REQUEST,
        Refusal::KeyUnknown | Refusal::OrderUnknown { .. } => StatusCode::NOT_FOUND,
        Refusal::NotAuthorised { .. } | Refusal::SameOperator { .. } | Refusal::OperatorMalformed => {
            StatusCode::FORBIDDEN
        }
        Refusal::Csr(_) | Refusal::CsrTooLong { .. } | Refusal::KeyPublished | Refusal::CertificateTooLong { .. } => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        _ => StatusCode::CONFLICT,
    };
    Problem::new(status, refusal.code(), refusal.to_string())
}

fn open_signer(name: &str, uri: &str, password_file: Option<&Path>) -> Result<P256Signer, Failure> {
    let uri = cli::parse_signer(name, uri, Trust::default())?;
    let password = password_file.map(|path| {
        let bytes = cli::read_file(name, path)?;
        let text = std::str::from_utf8(&bytes);
        let text = text.map_err(|_| Failure::option(name, "the password file is not UTF-8"))?;
        Ok::<_, Failure>(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned()))
    });
    let password = password.transpose()?;
    let secrets = cli::signer_secrets(password.as_deref().map(String::as_str))?;
    uri.open_p256(&secrets).map_err(|error| {
        let sentence = format!("{name}: {error}");
        // A token or a program that does not answer; any other error is a fault of the configuration.
        match error {
            SignerError::Token { .. } | SignerError::ProgramFailed { .. } | SignerError::ProgramTimeout { .. } => {
                Failure::Work(sentence)
            }
            _ => Failure::Input(sentence),
        }
    })
}

fn policy(config: &IssuingConfig) -> Result<Policy, Failure> {
    let mut policy = Policy::new(concat!("dac-service ", env!("CARGO_PKG_VERSION")));
    if let Some(paa) = &config.paa {
        policy = policy.with_paa(cli::read_certificate("issuing.paa", Some(Object::Paa), paa, None)?);
    }
    if let Some(text) = &config.not_after {
        let time = cli::parse_time(text).map_err(|reason| Failure::option("issuing.not_after", reason))?;
        policy = policy.with_not_after(time);
    }
    if config.two_operators {
        policy = policy.with_two_operators();
    }
    if config.allow_test_declaration {
        policy = policy.with_test_declarations();
    }
    for path in &config.trusted_log_keys {
        policy = policy.with_trusted_log_key(read_public_key(path)?);
    }
    Ok(policy)
}

fn read_public_key(path: &Path) -> Result<PublicKey, Failure> {
    let bytes = cli::read_file("issuing.trusted_log_keys", path)?;
    let key = match matter_signer::VerifyingKey::decode(&bytes) {
        Some(matter_signer::VerifyingKey::P256(key)) => Some(PublicKey::from(&key)),
        _ => None,
    };
    key.ok_or_else(|| {
        Failure::Input(format!(
            "issuing.trusted_log_keys {}: is not a P-256 public key in PEM or DER",
            path.display()
        ))
    })
}
