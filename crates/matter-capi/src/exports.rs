//! The functions of the C interface: they convert the caller's pointers to references, call the
//! safe modules, and write results.

#![expect(unsafe_code, reason = "the border to C")]
#![expect(
    clippy::missing_safety_doc,
    reason = "the README and the header's text state the requirements for all functions"
)]

pub(crate) mod audit;
pub(crate) mod codes;
pub(crate) mod general;
pub(crate) mod nvs;
pub(crate) mod nvs_values;
pub(crate) mod secure_cert;
pub(crate) mod verifier;
