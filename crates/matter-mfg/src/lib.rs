#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod cells;
mod clock;
mod columns;
mod device;
mod error;
mod folder;
mod inputs;
mod job;
mod ledger;
mod plan;
mod random;
mod run;
mod table;
mod tables;
mod test_pki;
mod timing;

pub use clock::{now, parse_time};
pub use columns::Columns;
pub use error::Error;
pub use inputs::{read_certificate, read_declaration, read_private_key};
pub use job::{Attestation, Job, Pai, RotatingIdPolicy};
pub use ledger::{Ledger, Unique};
pub use plan::Plan;
pub use run::{Report, Run};
pub use table::{Table, TableRow, read_table};
pub use test_pki::TestPki;
pub use timing::{Phase, Timings};
