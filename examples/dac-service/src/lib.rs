#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod api;
mod app;
mod body;
mod clients;
mod config;
mod dacs;
mod devices;
mod devices_api;
pub mod lab;
mod log;
mod metrics;
mod nonces;
mod nonces_api;
mod office;
mod onboarding;
mod orders;
mod peer;
mod problem;
mod rates;
mod routes;
mod server;
mod status;
mod tls;

pub use app::App;
pub use body::MAX_BODY;
pub use clients::{Client, Clients, Fingerprint, Role};
pub use config::{Config, Limits};
pub use dacs::{PROOF_CONTEXT, proof_message};
pub use devices::{Devices, Identity, IdentityFault, REQUEST_CONTEXT, request_message};
pub use log::Logger;
pub use nonces::Nonce;
pub use onboarding::{OnboardingKey, Setup};
pub use problem::{Problem, ProblemDocument};
pub use routes::{ROUTES, Route};
pub use server::Server;
pub use status::OPENAPI;
