#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

mod attestation;
mod cells;
mod columns;
mod dac_folder;
mod device;
mod device_label;
mod device_tables;
mod error;
mod field;
mod flash;
mod growing;
mod inputs;
mod job;
mod keys_folder;
mod label_sheet;
mod manifest;
mod message;
mod millimetres;
mod outputs;
mod plan;
mod qr_zip;
mod random;
mod run;
mod spelling;
mod storage;
mod supplied_dac;
mod test_pki;
mod timing;
mod value_list;
mod zpl;

pub use attestation::{Attestation, AttestationInputs, AttestationMode, Authority, Pai};
pub use columns::Columns;
pub use device_label::{DeviceLabel, LabelError};
pub use error::Error;
pub use field::Field;
pub use flash::FlashJob;
pub use job::{InternalFiles, Job, RotatingIdPolicy};
pub use label_sheet::{DrawnLabels, LabelFormat, LabelSheet, LabelStock};
pub use matter_audit::Sampling;
pub use matter_ledger::ParseError;
/// The wrapper that wipes secrets when they are dropped.
pub use zeroize;
/// The types of the fields of a [`Job`].
pub use {
    esp_flash_image, esp_flash_plan, esp_nvs_image, esp_secure_boot, esp_secure_cert, factory_fs, matter_attestation,
    matter_factory_data, matter_setup_payload, matter_signer, matter_spake2p, matter_types,
};
/// The audit of finished devices and the ledger that lists them.
pub use {matter_audit, matter_ledger};

pub use message::Message;
pub use millimetres::{Extent, ExtentError, LengthError, Millimetres, OffsetError, PrintOffset};
pub use outputs::BatchFiles;
pub use plan::{Plan, now};
pub use random::Seed;
pub use run::{Run, RunError, RunReport};
pub use spelling::{MqttHost, parse_fixed_label, parse_supported_mode};
pub use storage::Storage;
pub use supplied_dac::SuppliedDac;
pub use test_pki::TestPki;
pub use timing::{Phase, Timings};
pub use value_list::ValueList;
pub use zpl::{DensityUnknown, PrintDensity, ZplLabel};
