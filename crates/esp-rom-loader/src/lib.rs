#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

mod command;
mod efuse;
mod error;
mod loader;
mod port;
mod reset;
mod slip;

pub use command::{Command, checksum};
pub use efuse::{
    BlockCoding, BlockState, Burn, Burned, COMMAND_PROGRAM, COMMAND_READ, EfuseBlock, EfuseField, EfuseMap,
    EfuseRegisters, Efuses, FinalStage, KeyDigestStage, LockProof, OP_CODE_READ, OP_CODE_WRITE, Purpose,
    SecretKeyStage, SettingStage, TimingField,
};
pub use error::Error;
/// The crate with chips and revisions.
pub use esp_flash_image;
pub use loader::{BoardIdentity, ConnectSettings, Loader, SecurityInfo};
pub use port::{Port, PortAddress, ports};
pub use reset::Reset;
pub use slip::{SlipDecoder, slip_encode};
