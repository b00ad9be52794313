#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![no_std]
#![warn(clippy::disallowed_types)]
#![forbid(unsafe_code)]

#[cfg(feature = "alloc")]
extern crate alloc;

mod block;
mod digest;
mod error;
mod key_kind;
mod layout;
mod public_key;
mod sector;
#[cfg(feature = "alloc")]
mod sign;
mod signed_image;
#[cfg(any(feature = "p256", feature = "p384", feature = "rsa"))]
mod signer;
mod v1;
mod verify;

pub use block::SignatureBlock;
pub use digest::{ImageDigest, ImageHasher};
pub use error::{BlockProblem, Error, SigningFailure};
pub use key_kind::BootKeyKind;
pub use layout::{MAX_BLOCKS, SECTOR};
pub use public_key::BootPublicKey;
pub use sector::SignatureSector;
#[cfg(all(feature = "alloc", any(feature = "p256", feature = "p384", feature = "rsa")))]
pub use sign::{append_v2, sign_v2};
pub use signed_image::SignedImage;
#[cfg(any(feature = "p256", feature = "p384", feature = "rsa"))]
pub use signer::BootSigner;
#[cfg(feature = "rsa")]
pub use signer::PssSigner;
#[cfg(all(feature = "alloc", feature = "p256"))]
pub use v1::app::sign_app_v1;
#[cfg(feature = "p256")]
pub use v1::app::{app_signature_v1, verify_app_v1};
pub use v1::bootloader::bootloader_digest_v1;
#[cfg(feature = "alloc")]
pub use v1::bootloader::bootloader_v1;
pub use v1::key::{BootloaderKeyV1, reflashable_key_v1};

/// The crate of P-256 keys and signatures.
#[cfg(feature = "p256")]
pub use p256;
/// The crate of P-384 keys and signatures.
#[cfg(feature = "p384")]
pub use p384;
/// The crate of RSA keys and signatures.
#[cfg(feature = "rsa")]
pub use rsa;
/// The crate of the trait `PrehashSigner` used in [`BootSigner`].
#[cfg(any(feature = "p256", feature = "p384", feature = "rsa"))]
pub use signature;
/// The crate of object identifiers, one of which is in [`Error::PublicKeyAlgorithm`].
pub use spki;
/// The crate of the trait `ConstantTimeEq`, which a version 1 key implements.
pub use subtle;
/// The crate of the trait `Zeroize`, which a version 1 key implements.
pub use zeroize;
