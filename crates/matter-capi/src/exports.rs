//! The functions that C calls: they make references of the caller's pointers, call the safe modules, and write results.

#![expect(unsafe_code, reason = "the border to C")]
#![expect(
    clippy::missing_safety_doc,
    reason = "the README has the promises for all functions, as the header's text"
)]

pub(crate) mod audit;
pub(crate) mod codes;
pub(crate) mod general;
pub(crate) mod nvs;
pub(crate) mod nvs_values;
pub(crate) mod secure_cert;
pub(crate) mod verifier;
