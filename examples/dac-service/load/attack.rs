//! Requests of many kinds, in random order, that must all be rejected.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::http::{Method, StatusCode};
use clap::Args;
use cli::Failure;
use dac_service::lab::{Lab, LabDevice, TlsClient};
use serde::Serialize;
use tokio::task::JoinSet;

use crate::order::used;
use crate::{Target, block_on, failed};

mod attacker;

use attacker::{Attacker, nonce, outcome_of};

/// Devices whose identities are stolen, mixed up and replayed.
const DEVICES: usize = 16;

#[derive(Args)]
pub(crate) struct Attack {
    #[command(flatten)]
    target: Target,
    /// Number of requests
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    requests: u32,
    /// Number of the first attacked device, which gets a certificate first
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Number of concurrent connections, 1 to 100
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=100))]
    connections: u16,
    /// Seed of the random numbers
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// The kind of an attack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    BodyTooLarge,
    BrokenJson,
    BrokenRequest,
    CertificateExpired,
    CertificateNone,
    CertificateOfOtherAuthority,
    CertificateRevoked,
    GarbageHttp,
    GarbageTls,
    IdentityOfOther,
    IdentityUnsigned,
    KeyOfOther,
    NonceInvented,
    NonceReplayed,
    NonceStolen,
    RoleApp,
    RoleCloud,
    RoleNobody,
    SecondKey,
    SerialUnknown,
}

const KINDS: [Kind; 20] = [
    Kind::BodyTooLarge,
    Kind::BrokenJson,
    Kind::BrokenRequest,
    Kind::CertificateExpired,
    Kind::CertificateNone,
    Kind::CertificateOfOtherAuthority,
    Kind::CertificateRevoked,
    Kind::GarbageHttp,
    Kind::GarbageTls,
    Kind::IdentityOfOther,
    Kind::IdentityUnsigned,
    Kind::KeyOfOther,
    Kind::NonceInvented,
    Kind::NonceReplayed,
    Kind::NonceStolen,
    Kind::RoleApp,
    Kind::RoleCloud,
    Kind::RoleNobody,
    Kind::SecondKey,
    Kind::SerialUnknown,
];

/// The printed report.
#[derive(Serialize)]
struct Report {
    requests: u32,
    issued: u64,
    /// Number of outcomes by kind and outcome.
    outcomes: BTreeMap<Kind, BTreeMap<String, u32>>,
    unexpected: Vec<String>,
}

impl Attack {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let lab = self.target.lab()?;
        lab.skip_to(self.from);
        let report = block_on(self.attack(&lab))?;
        cli::print_json(serde_json::to_string(&report).map_err(failed)?)?;
        if report.issued > 0 || !report.unexpected.is_empty() {
            return Err(Failure::No("requests had an unexpected outcome".into()));
        }
        Ok(())
    }

    async fn attack(&self, lab: &Lab) -> Result<Report, Failure> {
        let devices = (0..DEVICES)
            .map(|_| lab.device())
            .collect::<Result<Vec<_>, _>>()
            .map_err(failed)?;
        let unsold = lab.device_of("LAMP-UNSOLD").map_err(failed)?;
        let shared = Arc::new(Shared {
            clients: Clients::new(lab)?,
            // A different key of the device that gets a certificate.
            second_key: lab
                .device_of(devices.first().map_or("", LabDevice::serial))
                .map_err(failed)?,
            devices,
            unsold,
        });
        shared.certify_first(self.target.address(0)).await?;
        let before = used(lab, &self.target).await?;
        let mut tasks = JoinSet::new();
        let share = self.requests.div_ceil(u32::from(self.connections));
        for index in 0..self.connections {
            let address = self.target.address(index.into());
            let mut attacker = Attacker::new(shared.clone(), address, self.seed.wrapping_add(index.into()));
            tasks.spawn(async move { attacker.work(share).await });
        }
        let mut outcomes = BTreeMap::<Kind, BTreeMap<String, u32>>::new();
        let mut unexpected = Vec::new();
        while let Some(done) = tasks.join_next().await {
            for (kind, outcome, is_expected) in done.map_err(failed)?? {
                if !is_expected && unexpected.len() < 100 {
                    unexpected.push(format!("{kind:?}: {outcome}"));
                }
                *outcomes.entry(kind).or_default().entry(outcome).or_default() += 1;
            }
        }
        // The service is still working.
        let client = lab.client("monitor").map_err(failed)?;
        let mut monitor = client.connect(self.target.address(0)).await.map_err(failed)?;
        let ready = monitor.send(Method::GET, "/readyz").await.map_err(failed)?;
        if ready.status != StatusCode::OK {
            unexpected.push(format!("readiness: {}", ready.status));
        }
        Ok(Report {
            requests: outcomes.values().flat_map(BTreeMap::values).sum(),
            issued: used(lab, &self.target).await?.saturating_sub(before),
            outcomes,
            unexpected,
        })
    }
}

/// State shared by all attackers.
struct Shared {
    clients: Clients,
    devices: Vec<LabDevice>,
    second_key: LabDevice,
    unsold: LabDevice,
}

struct Clients {
    by_name: BTreeMap<&'static str, TlsClient>,
    anonymous: TlsClient,
}

impl Clients {
    fn new(lab: &Lab) -> Result<Self, Failure> {
        let names = [
            "app", "cloud-1", "cloud-2", "expired", "monitor", "unlisted", "revoked", "stranger",
        ];
        let by_name = names.map(|name| Ok((name, lab.client(name).map_err(failed)?)));
        Ok(Self {
            by_name: by_name.into_iter().collect::<Result<_, Failure>>()?,
            anonymous: lab.anonymous().map_err(failed)?,
        })
    }

    fn get(&self, name: &str) -> &TlsClient {
        self.by_name.get(name).unwrap_or(&self.anonymous)
    }
}

impl Shared {
    async fn certify_first(&self, address: SocketAddr) -> Result<(), Failure> {
        let mut cloud = self.clients.get("cloud-1").connect(address).await.map_err(failed)?;
        let nonce = nonce(&mut cloud).await?;
        let request = self.first().request(nonce).map_err(failed)?;
        let reply = cloud.post("/v1/dacs", &request).await.map_err(failed)?;
        if reply.status.is_success() {
            return Ok(());
        }
        Err(Failure::No(format!(
            "the first device gets no certificate: {}",
            outcome_of(&reply)
        )))
    }

    fn first(&self) -> &LabDevice {
        self.devices.first().unwrap_or(&self.unsold)
    }
}
