#![doc = include_str!("../README.md")]
#![no_std]
// The bulk derivation will need one dispatch to SIMD code; until then nothing is allowed.
#![deny(unsafe_code)]

#[cfg(feature = "std")]
extern crate std;

mod base64;
mod credential;
mod error;
mod iterations;
mod salt;
mod verifier;

pub use base64::Base64;
pub use credential::{PaseCredential, PbkdfParameters};
pub use error::Error;
pub use iterations::Iterations;
pub use salt::Salt;
pub use verifier::Verifier;
