#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

mod claim;
mod claim_steps;
mod clock;
mod database_file;
mod devices;
mod error;
mod issuance;
mod ledger;
mod line;
mod listing;
mod log;
mod order;
mod parse_error;
mod passcode_key;
mod place;
#[cfg(feature = "postgres")]
mod postgres;
mod row_sums;
mod runs;
mod schema;
mod sqlite;
mod statements;
mod tables;

pub use claim::{Claim, ClaimState, Mac};
pub use claim_steps::{BurnPhase, ClaimFacts, JournalEntry};
pub use devices::{DeviceTrait, GivenTraits, NewDevice, NewImage, Unique};
pub use error::Error;
pub use issuance::{Issuance, IssuanceState, Issuing, IssuingOrder, NewCertificate, NewIssuance, NewOrder, OrderState};
pub use ledger::Ledger;
pub use line::{LineCounts, LineListing, LineRow, RefusedBoard};
pub use listing::{ListedDevice, ListedImage, Listing};
pub use log::{LogHead, LogRow};
/// The crate with IDs, discriminators and passcodes.
pub use matter_types;
pub use order::Order;
pub use parse_error::ParseError;
pub use place::LedgerPlace;
/// The crate with the wrapper that zeroizes secrets on drop.
pub use zeroize;

pub use runs::{NewRun, Parameter, Progress, RunId, RunState};
