#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

mod accounts;
mod desk;
mod error;
mod ids;
mod journal;
mod known_keys;
mod log;
mod log_signer;
mod policy;
pub mod protocol;
mod queue;
mod refusal;
mod registrar;
mod request;
pub mod session;
mod state;

/// Certificates and their signers; the ledger of orders and devices; ids.
pub use {matter_attestation, matter_ledger, matter_types};

pub use accounts::{Accounts, Discrepancy};
pub use desk::{Desk, Issued};
pub use error::Error;
pub use ids::{DeviceId, KeyHash};
pub use log::{Log, LogFault, LogSummary};
pub use log_signer::LogSigner;
pub use policy::Policy;
pub use queue::{DeskHandle, DeskQueue};
pub use refusal::Refusal;
pub use registrar::{KnownKey, OrderUse, Proof, Registrar};
pub use request::Request;
pub use state::State;
