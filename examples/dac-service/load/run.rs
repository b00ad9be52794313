//! Certificates for many devices, as fast as possible or at a rate.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use clap::Args;
use cli::Failure;
use dac_service::api::{DacAnswer, NonceAnswer, NonceRequest};
use dac_service::lab::{Connection, Lab, LabDevice, TlsClient, to_pem};
use dac_service::{Nonce, ProblemDocument};
use matter_attestation::{Certificate, DeclarationSigners, Profile, Verification};
use serde::Serialize;
use tokio::task::JoinSet;
use tokio::time::{sleep, sleep_until};

use crate::order::used;
use crate::{Target, block_on, failed};

/// Pause before a failed request is repeated.
const RETRY_PAUSE: Duration = Duration::from_millis(200);
/// Number of repetitions.
const RETRIES: u32 = 600;

#[derive(Args)]
pub(crate) struct Run {
    #[command(flatten)]
    target: Target,
    /// Number of devices
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    count: u32,
    /// Number of the first device, from 0
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Number of concurrent connections, 1 to 1000
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=1000))]
    connections: u16,
    /// Devices per second [default: as many as possible]; latencies count from the time at which a request was due
    #[arg(long)]
    rate: Option<f64>,
    /// Name of the client
    #[arg(long, default_value = "cloud-1")]
    client: String,
    /// Repeat requests that fail with 503 or without an answer
    #[arg(long)]
    patient: bool,
    /// Accept refusals because the order is full
    #[arg(long)]
    until_full: bool,
    /// Folder for the certificates in PEM
    #[arg(long)]
    out: Option<PathBuf>,
}

/// The printed report.
#[derive(Serialize)]
struct Report {
    devices: usize,
    issued: usize,
    repeated: usize,
    refused: BTreeMap<String, usize>,
    retries: usize,
    seconds: f64,
    per_second: f64,
    latency_ms: Latencies,
    strict: usize,
    order_used: u64,
}

#[derive(Serialize)]
struct Latencies {
    p50: f64,
    p90: f64,
    p99: f64,
    max: f64,
}

#[derive(Default)]
struct Outcome {
    issued: usize,
    repeated: usize,
    refused: BTreeMap<String, usize>,
    retries: usize,
    latencies: Vec<Duration>,
    answers: Vec<(String, DacAnswer)>,
}

/// State shared by the connections.
struct Shared {
    client: TlsClient,
    devices: Vec<LabDevice>,
    next: AtomicUsize,
    start: Instant,
    interval: Option<Duration>,
    patient: bool,
}

impl Run {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let lab = self.target.lab()?;
        lab.skip_to(self.from);
        let devices = prepare(&lab, self.count)?;
        let interval = match self.rate {
            Some(rate) if rate > 0.0 => Some(Duration::try_from_secs_f64(1.0 / rate).map_err(failed)?),
            Some(_) => return Err(Failure::option("--rate", "must be greater than 0")),
            None => None,
        };
        let count = devices.len();
        let (outcome, seconds, order_used) = block_on(async {
            let shared = Arc::new(Shared {
                client: lab.client(&self.client).map_err(failed)?,
                devices,
                next: AtomicUsize::new(0),
                start: Instant::now(),
                interval,
                patient: self.patient,
            });
            let outcome = self.load(&shared).await?;
            let seconds = shared.start.elapsed().as_secs_f64();
            Ok((outcome, seconds, used(&lab, &self.target).await?))
        })?;
        let strict = verify(&lab, &outcome.answers)?;
        if let Some(folder) = &self.out {
            write(folder, &outcome.answers)?;
        }
        let done = outcome.issued + outcome.repeated;
        let mut latencies = outcome.latencies;
        latencies.sort_unstable();
        let refused = outcome.refused;
        let unexpected = refused.keys().any(|code| !(self.until_full && code == "order-full"));
        let report = Report {
            devices: count,
            issued: outcome.issued,
            repeated: outcome.repeated,
            refused,
            retries: outcome.retries,
            seconds,
            per_second: as_float(done) / seconds,
            latency_ms: Latencies {
                p50: part(&latencies, 50),
                p90: part(&latencies, 90),
                p99: part(&latencies, 99),
                max: part(&latencies, 100),
            },
            strict,
            order_used,
        };
        cli::print_json(serde_json::to_string(&report).map_err(failed)?)?;
        if unexpected || strict != done {
            return Err(Failure::No("devices lack a valid certificate".into()));
        }
        Ok(())
    }

    async fn load(&self, shared: &Arc<Shared>) -> Result<Outcome, Failure> {
        let outcome = Arc::new(Mutex::new(Outcome::default()));
        let mut tasks = JoinSet::new();
        for index in 0..usize::from(self.connections) {
            let (shared, outcome, address) = (shared.clone(), outcome.clone(), self.target.address(index));
            tasks.spawn(async move {
                let mut worker = Worker {
                    shared,
                    address,
                    connection: None,
                    nonces: Vec::new(),
                    outcome: Outcome::default(),
                };
                let result = worker.work().await;
                let mut all = outcome.lock().unwrap_or_else(PoisonError::into_inner);
                all.add(worker.outcome);
                result
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.map_err(failed)??;
        }
        let outcome = std::mem::take(&mut *outcome.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(outcome)
    }
}

impl Outcome {
    fn add(&mut self, other: Self) {
        self.issued += other.issued;
        self.repeated += other.repeated;
        self.retries += other.retries;
        self.latencies.extend(other.latencies);
        self.answers.extend(other.answers);
        for (code, count) in other.refused {
            *self.refused.entry(code).or_default() += count;
        }
    }
}

/// One connection.
struct Worker {
    shared: Arc<Shared>,
    address: std::net::SocketAddr,
    connection: Option<Connection>,
    nonces: Vec<Nonce>,
    outcome: Outcome,
}

/// Reason for a request without an answer of its own.
enum Fault {
    /// The request may be repeated.
    Passing(String),
    /// The request must not be repeated.
    Lasting(Failure),
}

impl Worker {
    async fn work(&mut self) -> Result<(), Failure> {
        let shared = self.shared.clone();
        loop {
            let index = shared.next.fetch_add(1, Ordering::Relaxed);
            let Some(device) = shared.devices.get(index) else {
                return Ok(());
            };
            let due = match shared.interval {
                Some(interval) => {
                    let after = interval.saturating_mul(u32::try_from(index).map_err(failed)?);
                    let due = shared.start.checked_add(after);
                    due.ok_or_else(|| failed("--rate is too low for so many devices"))?
                }
                None => Instant::now(),
            };
            sleep_until(due.into()).await;
            self.certify(device, due).await?;
        }
    }

    async fn certify(&mut self, device: &LabDevice, due: Instant) -> Result<(), Failure> {
        let mut tries = 0;
        loop {
            let start = if self.shared.interval.is_some() {
                due
            } else {
                Instant::now()
            };
            match self.ask(device).await {
                Ok(()) => {
                    self.outcome.latencies.push(start.elapsed());
                    return Ok(());
                }
                Err(Fault::Passing(_)) if self.shared.patient && tries < RETRIES => {
                    tries += 1;
                    self.outcome.retries += 1;
                    self.connection = None;
                    self.nonces.clear();
                    sleep(RETRY_PAUSE).await;
                }
                Err(Fault::Passing(reason)) => return Err(Failure::Work(reason)),
                Err(Fault::Lasting(failure)) => return Err(failure),
            }
        }
    }

    async fn ask(&mut self, device: &LabDevice) -> Result<(), Fault> {
        let passing = |error: &dyn std::fmt::Display| Fault::Passing(error.to_string());
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self
                .shared
                .client
                .connect(self.address)
                .await
                .map_err(|error| passing(&error))?,
        };
        if self.nonces.is_empty() {
            let reply = connection
                .post(
                    "/v1/nonces",
                    &NonceRequest {
                        count: NonceRequest::MAX,
                    },
                )
                .await;
            let reply = reply.map_err(|error| passing(&error))?;
            if reply.status != StatusCode::CREATED {
                return Err(Fault::Passing(format!("no nonces: {}", reply.status)));
            }
            self.nonces = reply
                .json::<NonceAnswer>()
                .map_err(|error| Fault::Lasting(failed(error)))?
                .nonces;
        }
        let nonce = self.nonces.pop().ok_or_else(|| Fault::Passing("no nonces".into()))?;
        let request = device.request(nonce).map_err(|error| Fault::Lasting(failed(error)))?;
        let reply = connection
            .post("/v1/dacs", &request)
            .await
            .map_err(|error| passing(&error))?;
        match reply.status {
            StatusCode::CREATED | StatusCode::OK => {
                let answer = reply
                    .json::<DacAnswer>()
                    .map_err(|error| Fault::Lasting(failed(error)))?;
                if answer.key != device.key_hash().to_string() {
                    return Err(Fault::Lasting(Failure::No(
                        "an answer belongs to another device".into(),
                    )));
                }
                self.outcome.answers.push((device.serial().into(), answer));
                if reply.status == StatusCode::CREATED {
                    self.outcome.issued += 1;
                } else {
                    self.outcome.repeated += 1;
                }
            }
            status => {
                let problem = reply.json::<ProblemDocument>();
                let code = problem.map_or_else(|_| status.to_string(), |problem| problem.code);
                let may_pass = status.is_server_error() || code == "nonce";
                if may_pass && self.shared.patient {
                    return Err(Fault::Passing(code));
                }
                *self.outcome.refused.entry(code).or_default() += 1;
            }
        }
        self.connection = Some(connection);
        Ok(())
    }
}

/// Makes the devices on all cores.
fn prepare(lab: &Lab, count: u32) -> Result<Vec<LabDevice>, Failure> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let count = usize::try_from(count).map_err(failed)?;
    let made = std::thread::scope(|scope| {
        let parts = (0..threads).map(|index| {
            let share = count / threads + usize::from(index < count % threads);
            scope.spawn(move || (0..share).map(|_| lab.device()).collect::<Result<Vec<_>, _>>())
        });
        let parts = parts.collect::<Vec<_>>();
        parts
            .into_iter()
            .map(std::thread::ScopedJoinHandle::join)
            .collect::<Vec<_>>()
    });
    let mut devices = Vec::with_capacity(count);
    for part in made {
        let part = part.map_err(|_| Failure::Work("a thread has panicked".into()))?;
        devices.extend(part.map_err(failed)?);
    }
    Ok(devices)
}

/// Counts the certificates that pass all checks of the strict profile, have unique serial numbers, and name their
/// device.
fn verify(lab: &Lab, answers: &[(String, DacAnswer)]) -> Result<usize, Failure> {
    let paa = cli::read_certificate("paa.pem", None, &lab.folder().join("paa.pem"), None)?;
    let signers = DeclarationSigners::new().with_test_key(true);
    let Some((_, first)) = answers.first() else {
        return Ok(0);
    };
    let common = Verification::new()
        .with_paa(paa.as_der())
        .with_pai(&first.pai.0)
        .with_declaration(&first.cd.0)
        .with_declaration_signers(&signers);
    let prepared = common.prepare(Profile::Strict);
    let mut serials = std::collections::BTreeSet::new();
    let accepted = answers.iter().filter(|(serial, answer)| {
        let report = prepared.verify(&answer.dac.0);
        let certificate = Certificate::from_der(&answer.dac.0);
        certificate.is_ok_and(|dac| {
            report.is_accepted()
                && dac.common_name() == Some(serial)
                && serials.insert(dac.serial().as_bytes().to_vec())
                && answer.pai == first.pai
        })
    });
    Ok(accepted.count())
}

fn write(folder: &Path, answers: &[(String, DacAnswer)]) -> Result<(), Failure> {
    std::fs::create_dir_all(folder).map_err(failed)?;
    for (serial, answer) in answers {
        let pem = to_pem("CERTIFICATE", &answer.dac.0).map_err(failed)?;
        std::fs::write(folder.join(format!("{serial}.pem")), pem).map_err(failed)?;
    }
    Ok(())
}

/// Returns a percentile of the latencies, in milliseconds.
fn part(sorted: &[Duration], percent: usize) -> f64 {
    let index = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(index).map_or(0.0, |latency| latency.as_secs_f64() * 1000.0)
}

fn as_float(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}
