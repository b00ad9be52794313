//! eFuses: what there is, what a chip holds, and burning.

mod map;
mod tables;

pub use map::{
    BlockCoding, COMMAND_PROGRAM, COMMAND_READ, EfuseBlock, EfuseField, EfuseMap, EfuseRegisters, OP_CODE_READ,
    OP_CODE_WRITE, Purpose, TimingField,
};
