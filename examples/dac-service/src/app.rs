//! State shared by all requests.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use cli::Failure;
use matter_spake2p::Iterations;
use tokio::sync::Semaphore;

use crate::clients::{Client, Clients, Fingerprint};
use crate::config::{Config, Limits};
use crate::devices::Devices;
use crate::log::Logger;
use crate::metrics::Metrics;
use crate::nonces::Nonces;
use crate::office::Office;
use crate::onboarding::{OnboardingKey, Verifiers};
use crate::peer::ConnectionsOf;
use crate::problem::Problem;
use crate::rates::Rates;
use crate::tls::Tls;

/// Largest number of clients, and of devices, whose rates are tracked.
const CLIENTS: usize = 10_000;
const DEVICES: usize = 100_000;
const HOUR: Duration = Duration::from_secs(3600);

/// The state that a reload replaces.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) tls: Tls,
    pub(crate) clients: Clients,
    pub(crate) devices: Devices,
    /// Incremented by each reload.
    pub(crate) generation: u64,
}

impl Live {
    fn read(config: &Config, generation: u64) -> Result<Self, Failure> {
        Ok(Self {
            tls: Tls::read(&config.tls)?,
            clients: Clients::new(&config.clients, config.tls.roles_from_ou).map_err(Failure::Input)?,
            devices: Devices::read(&config.orders, &config.identities)?,
            generation,
        })
    }
}

/// A service without its connections.
#[derive(Debug)]
pub struct App {
    path: PathBuf,
    live: RwLock<Arc<Live>>,
    /// Held during a reload.
    reloading: Mutex<()>,
    limits: Limits,
    station: Arc<str>,
    two_operators: bool,
    nonces: Nonces,
    client_rates: Rates<Fingerprint>,
    device_rates: Rates<Box<str>>,
    requests: Semaphore,
    connections_of: ConnectionsOf,
    metrics: Metrics,
    logger: Logger,
    office: Office,
    onboarding: OnboardingKey,
    verifiers: Verifiers,
}

impl App {
    /// Reads all files that a configuration names, and opens ledger and signers.
    ///
    /// # Errors
    ///
    /// [`Failure::Input`] for an unusable file, [`Failure::Work`] if ledger or token cannot be reached.
    pub fn open(path: &Path, logger: Logger) -> Result<(Arc<Self>, Config), Failure> {
        let config = Config::read(path)?;
        let live = Live::read(&config, 0)?;
        let issuing = &config.issuing;
        let onboarding = OnboardingKey::read(&issuing.onboarding_key)?;
        let iterations = Iterations::new(issuing.iterations)
            .map_err(|error| Failure::Input(format!("issuing.iterations: {error}")))?;
        let limits = config.limits;
        let requests = usize::try_from(limits.requests).unwrap_or(Semaphore::MAX_PERMITS);
        let app = Self {
            path: path.into(),
            live: RwLock::new(Arc::new(live)),
            reloading: Mutex::default(),
            limits,
            station: issuing.station.as_str().into(),
            two_operators: issuing.two_operators,
            nonces: Nonces::new(&limits),
            client_rates: Rates::new(limits.client_rate, Duration::from_secs(1), limits.client_burst, CLIENTS),
            device_rates: Rates::new(limits.device_rate, HOUR, limits.device_burst, DEVICES),
            requests: Semaphore::new(requests),
            connections_of: ConnectionsOf::default(),
            metrics: Metrics::default(),
            logger,
            office: Office::open(issuing)?,
            onboarding,
            verifiers: Verifiers::spawn(iterations, requests)?,
        };
        Ok((Arc::new(app), config))
    }

    /// Reads certificates, revocation lists, clients, and lists of sold devices again. If any of them is unusable, all
    /// remain unchanged.
    ///
    /// # Errors
    ///
    /// Errors of [`App::open`].
    pub fn reload(&self) -> Result<(), Failure> {
        let _only_one = self.reloading.lock().unwrap_or_else(PoisonError::into_inner);
        let generation = self.live().generation.wrapping_add(1);
        let read = Config::read(&self.path).and_then(|config| Live::read(&config, generation));
        match read {
            Ok(live) => {
                *self.live.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(live);
                self.metrics.reloads.add();
                Ok(())
            }
            Err(failure) => {
                self.metrics.reloads_failed.add();
                Err(failure)
            }
        }
    }

    pub(crate) fn live(&self) -> Arc<Live> {
        self.live.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) const fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(crate) const fn station(&self) -> &Arc<str> {
        &self.station
    }

    pub(crate) const fn two_operators(&self) -> bool {
        self.two_operators
    }

    pub(crate) const fn nonces(&self) -> &Nonces {
        &self.nonces
    }

    pub(crate) const fn requests(&self) -> &Semaphore {
        &self.requests
    }

    pub(crate) const fn connections_of(&self) -> &ConnectionsOf {
        &self.connections_of
    }

    pub(crate) const fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Returns the log.
    #[must_use]
    pub const fn logger(&self) -> &Logger {
        &self.logger
    }

    pub(crate) const fn office(&self) -> &Office {
        &self.office
    }

    pub(crate) const fn onboarding(&self) -> &OnboardingKey {
        &self.onboarding
    }

    pub(crate) const fn verifiers(&self) -> &Verifiers {
        &self.verifiers
    }

    pub(crate) fn admit_client(&self, client: &Client) -> Result<(), Problem> {
        self.client_rates
            .take(client.fingerprint(), Instant::now())
            .map_err(|wait| {
                let detail = "this client sends more requests than limits.client_rate allows";
                Problem::too_many("client-rate", detail, wait.as_secs())
            })
    }

    pub(crate) fn admit_device(&self, serial: &str) -> Result<(), Problem> {
        self.device_rates.take(serial.into(), Instant::now()).map_err(|wait| {
            let detail = "there are more requests for this device than limits.device_rate allows";
            Problem::too_many("device-rate", detail, wait.as_secs())
        })
    }
}
