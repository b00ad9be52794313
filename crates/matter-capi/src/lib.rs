#![doc = include_str!("../README.md")]

mod audit;
mod border;
mod codes;
mod error;
mod exports;
mod message;
mod nvs;
mod secure_cert;

pub use audit::{
    MATTER_AUDIT_DYNAMIC_PASSCODE, MATTER_AUDIT_FOR_TESTS, MATTER_AUDIT_RECOMPUTE, MATTER_AUDIT_WITHOUT_ATTESTATION,
    MatterAudit, MatterAuditCounts,
};
pub use codes::{MATTER_SETUP_DATA_SIZE, MatterDiscovery, MatterFlow, MatterManualPayload, MatterSetupPayload};
pub use error::MatterError;
pub use exports::audit::*;
pub use exports::codes::*;
pub use exports::general::*;
pub use exports::nvs::*;
pub use exports::nvs_values::*;
pub use exports::secure_cert::*;
pub use exports::verifier::*;
pub use message::{MATTER_MESSAGE_SIZE, MatterMessage};
pub use nvs::{MatterNvs, MatterNvsKind, MatterNvsVersion};
pub use secure_cert::{MATTER_SECURE_CERT_INTEGRITY, MATTER_SECURE_CERT_SIZE, MatterKeyStorage, MatterSecureCert};
