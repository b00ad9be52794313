#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

mod board;
mod device_folders;
mod error;
#[cfg(feature = "issuance")]
mod issuing;
mod observer;
mod outcome;
mod reason;
mod slot;
mod station;
mod station_device;
mod work;

/// The crate with the ledger of devices and orders.
pub use matter_ledger;
/// The crate with the wrapper that zeroizes secrets on drop.
pub use zeroize;

pub use board::esptool::EsptoolPort;
pub use board::rom::{RomBoard, RomPort};
pub use board::{Board, BoardFacts, BoardFault, Channel, Connect, EfuseBurn, EfuseState, FirmwareFault, FirmwareStep};
pub use device_folders::DeviceFolders;
pub use error::Error;
#[cfg(feature = "issuance")]
pub use issuing::{IssuedDac, Issuing};
pub use observer::{Event, Labels, Observer};
pub use outcome::{Outcome, Quarantine, Refusal, RetryCause};
pub use reason::{BoardRefusal, QuarantineReason};
pub use slot::Slot;
pub use station::{BurnConsent, Patience, Station};
pub use station_device::{BoardTarget, DeviceLabel, DeviceSource, FlashPart, KeyStore, StationDevice, StationRegion};
