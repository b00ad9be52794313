#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod cells;
mod clock;
mod columns;
mod dac_folder;
mod device;
mod error;
mod growing;
mod inputs;
mod job;
mod job_file;
mod list;
mod manifest;
mod outputs;
mod plan;
mod qr_zip;
mod random;
mod run;
mod sheet;
mod spelling;
mod stack;
mod storage;
mod supplied_dac;
mod table;
mod tables;
mod test_pki;
mod timing;

pub use clock::{now, parse_time};
pub use columns::Columns;
pub use error::Error;
pub use inputs::{read_certificate, read_declaration, read_private_key};
pub use job::{Attestation, Authority, Job, Pai, RotatingIdPolicy};
pub use job_file::{JobFile, Text};
pub use list::List;
pub use outputs::Lists;
pub use plan::Plan;
pub use random::Seed;
pub use run::{AuditPolicy, Report, Run};
pub use sheet::LabelFormat;
pub use spelling::MqttHost;
pub use stack::wiping_stack;
pub use storage::{Storage, Target};
pub use supplied_dac::SuppliedDac;
pub use table::{Table, TableRow, read_table};
pub use test_pki::TestPki;
pub use timing::{Phase, Timings};
