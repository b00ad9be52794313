#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![no_std]
#![warn(clippy::disallowed_types)]
// Allowed in one function, `lanes::Lanes::run`, whose calls require a processor feature that is checked before.
#![deny(unsafe_code)]

#[cfg(any(feature = "std", test))]
extern crate std;

mod base64;
mod bulk;
mod credential;
mod declassify;
mod error;
mod exchange;
mod instruction_set;
mod iterations;
mod lanes;
mod point;
mod prover_key;
mod salt;
mod self_check;
mod verifier;

pub use base64::Base64;
pub use bulk::DeriveEach;
pub use credential::{PaseCredential, PbkdfParameters};
pub use error::Error;
pub use exchange::{Confirmation, Context, ProverExchange, SessionKeys, Share, VerifierExchange};
pub use instruction_set::InstructionSet;
pub use iterations::Iterations;
pub use lanes::Lanes;
pub use prover_key::ProverKey;
pub use salt::Salt;
pub use self_check::{self_check, self_check_by_exchange};
pub use verifier::Verifier;

/// For the passcode.
pub use matter_types;
/// For the generators of salts and shares.
pub use rand_core;
/// For `ConstantTimeEq` of verifiers and keys.
pub use subtle;
/// For `Zeroize` of verifiers and keys.
pub use zeroize;
