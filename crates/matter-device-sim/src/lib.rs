#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

mod device;
mod fault;
mod fleet;
mod key;
mod memory;
#[cfg(unix)]
mod pty;
mod request;
mod session;

pub use device::{Device, SessionEnd};
pub use fault::{Fault, Moment};
pub use fleet::Fleet;
/// The crate of the issuing protocol.
pub use matter_issuance;
#[cfg(unix)]
pub use pty::Pty;
