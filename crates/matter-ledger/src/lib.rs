#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod database_file;
mod devices;
mod error;
mod issuance;
mod ledger;
mod listing;
mod log;
mod order;
mod passcode_key;
mod row_sums;
mod runs;
mod schema;
mod statements;

pub use devices::{DeviceTrait, GivenTraits, NewDevice, NewImage, Unique};
pub use error::Error;
pub use issuance::{Issuance, IssuanceState, Issuing, IssuingOrder, NewCertificate, NewIssuance, NewOrder, OrderState};
pub use ledger::Ledger;
pub use listing::{ListedDevice, ListedImage, Listing};
pub use log::{LogHead, LogRow};
pub use order::Order;
pub use runs::{NewRun, Parameter, Progress, RunId, RunState};
