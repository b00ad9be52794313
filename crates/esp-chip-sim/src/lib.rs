#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

mod board;
mod efuse;
mod error;
mod fault;
mod flash;
mod line;
mod peripherals;
mod port;
#[cfg(unix)]
mod pty;
mod random;
mod serve;
mod sim;
mod slip;
mod state;

pub use error::Error;
/// The crate with chips and revisions.
pub use esp_flash_image;
pub use fault::{Fault, Moment};
pub use port::SimPort;
#[cfg(unix)]
pub use pty::Pty;
pub use serve::ServeEnd;
pub use sim::{Burns, ChipSim};
