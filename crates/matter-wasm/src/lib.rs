#![doc = include_str!("../README.md")]
#![deny(unsafe_code)]

mod abi;
mod chain;
mod codes;
mod device;
mod dropped;
mod facts;
mod flash;
mod inspector;
mod nvs_map;
mod picture;
mod report;
mod secret;
mod secure_cert_records;

pub use inspector::Inspector;
pub use picture::read_qr;
pub use report::{
    CertificateNode, Fact, FactGroup, FileSummary, FlashSummary, FoundProblem, LabelSummary, Link, MapEntry, MapPage,
    NvsMap, PartitionSummary, Report, SecureCertRecord,
};
pub use secret::Revealed;
