#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![no_std]
#![warn(clippy::disallowed_types)]
// Allowed in one function: `lanes::Lanes::run`, which calls what needs a processor feature after asking for it.
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

/// The crate of the passcode.
pub use matter_types;
/// The crate of the generators that salts and shares are drawn with.
pub use rand_core;
/// The crate of `ConstantTimeEq`, which verifiers and keys have.
pub use subtle;
/// The crate of `Zeroize`, which verifiers and keys have.
pub use zeroize;
