//! Partition tables.

#[cfg(feature = "alloc")]
mod binary;
#[cfg(feature = "alloc")]
mod check;
#[cfg(feature = "alloc")]
mod csv;
#[cfg(feature = "alloc")]
mod fault;
mod flash_size;
mod kind;
#[cfg(feature = "alloc")]
mod options;
#[cfg(feature = "alloc")]
mod table;

#[cfg(feature = "alloc")]
pub use fault::{TableError, TableErrorKind};
pub use flash_size::FlashSize;
pub use kind::PartitionType;
#[cfg(feature = "alloc")]
pub use options::TableOptions;
#[cfg(feature = "alloc")]
pub use table::{Partition, PartitionTable};
