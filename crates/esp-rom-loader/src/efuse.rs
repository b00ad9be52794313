//! eFuses: their maps, reading, and burning.

mod burn;
mod coding;
mod controller;
mod key;
mod map;
mod stage;
mod tables;

pub use burn::{BlockState, Burn, Burned};
pub use controller::Efuses;
pub(crate) use controller::KeptEfuses;
pub use map::{
    BlockCoding, COMMAND_PROGRAM, COMMAND_READ, EfuseBlock, EfuseField, EfuseMap, EfuseRegisters, OP_CODE_READ,
    OP_CODE_WRITE, Purpose, TimingField,
};
pub(crate) use stage::BurnStage;
pub use stage::{FinalStage, KeyDigestStage, LockProof, SecretKeyStage, SettingStage};
