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
mod manifest;
mod outputs;
mod plan;
mod qr_zip;
mod random;
mod run;
mod sheet;
mod storage;
mod table;
mod tables;
mod test_pki;
mod timing;

pub use clock::{now, parse_time};
pub use columns::Columns;
pub use error::Error;
pub use inputs::{read_certificate, read_declaration, read_private_key};
pub use job::{Attestation, Job, Pai, RotatingIdPolicy};
pub use outputs::Lists;
pub use plan::Plan;
pub use run::{Report, Run};
pub use sheet::LabelFormat;
pub use storage::{Storage, Target};
pub use table::{Table, TableRow, read_table};
pub use test_pki::TestPki;
pub use timing::{Phase, Timings};
