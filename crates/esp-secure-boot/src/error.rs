mod signing_failure;

use core::fmt;

pub use self::signing_failure::SigningFailure;
use crate::{BootKeyKind, SECTOR};

/// Why an image, a signature or a key is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The image to be signed ends with a signature already.
    AlreadySigned,
    /// The image has a signature by that key already.
    AlreadySignedByKey {
        /// Its block.
        block: usize,
    },
    /// A signature block is not as the format wants it.
    Block {
        /// Its slot.
        block: usize,
        /// What is wrong.
        problem: BlockProblem,
    },
    /// There is a signature block behind an empty slot, which no device looks at.
    BlockBehindEmptySlot {
        /// Its slot.
        block: usize,
    },
    /// A bootloader key of version 1 has neither 32 nor 24 bytes.
    BootloaderKeyLength {
        /// Its bytes.
        len: usize,
    },
    /// The digest is SHA-256 where the key wants SHA-384, or the other way round.
    DigestKind {
        /// The kind of the key.
        kind: BootKeyKind,
    },
    /// There is nothing to sign, or nothing before a signature.
    Empty,
    /// The image is not what was signed.
    ImageChanged {
        /// The first block that is of another image.
        block: usize,
    },
    /// The key and the signer, or the key and what it is used for, are of different kinds.
    KeyKind {
        /// The kind that is wanted.
        wanted: BootKeyKind,
        /// The kind of the key.
        found: BootKeyKind,
    },
    /// The length of a signed image is not a multiple of a sector, or a device would not find its signature.
    Length {
        /// Its bytes.
        len: usize,
    },
    /// Blocks of different kinds are in one image, of which a device accepts one.
    MixedSchemes {
        /// The first block that differs.
        block: usize,
        /// The kind of block 0.
        first: BootKeyKind,
        /// The kind of that block.
        other: BootKeyKind,
    },
    /// No block's public key is a trusted one.
    NoTrustedKey {
        /// How many blocks there are.
        blocks: usize,
    },
    /// The bytes are no application image.
    NotAnImage,
    /// The image has no signature.
    NotSigned,
    /// A public key is of no algorithm, or curve, of secure boot.
    PublicKeyAlgorithm,
    /// A public key is not a SubjectPublicKeyInfo, or its point is compressed.
    PublicKeyForm,
    /// The coordinates of a public key have another length than the curve's.
    PublicKeyLength {
        /// The kind of the key.
        kind: BootKeyKind,
    },
    /// A public key is no point of its curve.
    PublicKeyPoint {
        /// The kind of the key.
        kind: BootKeyKind,
    },
    /// The public exponent of an RSA key is not 65537.
    RsaExponent,
    /// An RSA key has not 3072 bits.
    RsaKeySize {
        /// Its bits.
        bits: u32,
    },
    /// The modulus of an RSA key is even.
    RsaModulusEven,
    /// A signature sector has bytes behind its blocks that are not 0xFF.
    SectorRest {
        /// Where the first one is in the sector.
        offset: usize,
    },
    /// A private scalar of P-256 is not 32 bytes between 1 and the order of the curve.
    Scalar,
    /// A signature is not by the key that stands beside it.
    SignatureInvalid {
        /// Its block.
        block: usize,
    },
    /// A signed image was signed as if it were not: the device looks at the inner signature alone.
    SignedTwice,
    /// A signer failed.
    SigningFailed(SigningFailure),
    /// A signer made a signature that the public key does not verify: it has another key.
    SigningKeyDiffers,
    /// Three signatures are there already.
    TooManyBlocks,
    /// Signatures of this kind are neither made nor verified: P-192, or a feature that was not built.
    Unsupported {
        /// The kind.
        kind: BootKeyKind,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadySigned => {
                f.write_str("the image is signed already; sign the unsigned one, or append a signature to this one")
            }
            Self::AlreadySignedByKey { block } => {
                write!(
                    f,
                    "signature block {block} is of this key already; append one of another key"
                )
            }
            Self::Block { block, problem } => write!(f, "signature block {block}: {problem}"),
            Self::BlockBehindEmptySlot { block } => write!(
                f,
                "signature block {block} is behind an empty slot, where no device looks; sign the image anew"
            ),
            Self::BootloaderKeyLength { len } => {
                write!(
                    f,
                    "a secure boot V1 bootloader key of {len} bytes; it has 32, or 24 with 3/4 coding"
                )
            }
            Self::DigestKind { kind } => {
                write!(
                    f,
                    "the digest is not the one that {kind} signs; hash the image for a key of that kind"
                )
            }
            Self::Empty => f.write_str("the image is empty; a signature needs at least one byte"),
            Self::ImageChanged { block } => write!(
                f,
                "signature block {block} is of another image: it was changed after signing; sign the unsigned one anew"
            ),
            Self::KeyKind { wanted, found } => write!(f, "an {found} key where an {wanted} key is needed"),
            Self::Length { len } => write!(
                f,
                "a signed image of {len} bytes is not a multiple of {SECTOR}, and its signature not found; sign it padded"
            ),
            Self::MixedSchemes { block, first, other } => write!(
                f,
                "signature block {block} is {other} and block 0 {first}; a device accepts one scheme, use keys of one"
            ),
            Self::NoTrustedKey { blocks } => write!(
                f,
                "none of {blocks} signatures is by a trusted key; sign with a trusted one, or trust the key's digest"
            ),
            Self::NotAnImage => f.write_str("not an application image: it has no header that starts with 0xE9"),
            Self::NotSigned => f.write_str("the image is not signed: it does not end with a signature"),
            Self::PublicKeyAlgorithm => {
                f.write_str("the public key is of another algorithm than RSA and ECDSA P-192, P-256 and P-384")
            }
            Self::PublicKeyForm => {
                f.write_str("not a public key as SubjectPublicKeyInfo in DER, with an uncompressed point")
            }
            Self::PublicKeyLength { kind } => write!(
                f,
                "coordinates of an {kind} key of another length than {} bytes",
                kind.number_len()
            ),
            Self::PublicKeyPoint { kind } => write!(f, "the public key is no point of its curve ({kind})"),
            Self::RsaExponent => f.write_str("the public exponent of the RSA key is not 65537; make a key with it"),
            Self::RsaKeySize { bits } => write!(f, "an RSA key of {bits} bits; secure boot wants 3072"),
            Self::RsaModulusEven => f.write_str("the modulus of the RSA key is even; it belongs to no key"),
            Self::SectorRest { offset } => write!(
                f,
                "byte {offset} of the signature sector is not 0xFF, though no block is there; sign the image anew"
            ),
            Self::Scalar => f.write_str("the private scalar is not between 1 and the order of P-256"),
            Self::SignatureInvalid { block } => write!(
                f,
                "signature block {block}: its signature is not by the key in it; sign the image anew"
            ),
            Self::SignedTwice => f.write_str(
                "the image was signed, and then signed with its signature; the device looks at the inner one: sign the unsigned image",
            ),
            Self::SigningFailed(_) => f.write_str("the signer failed"),
            Self::SigningKeyDiffers => {
                f.write_str("the signer has another private key than that of the public key; give the key's own")
            }
            Self::TooManyBlocks => f.write_str("three signatures are there already, which is the limit"),
            Self::Unsupported { kind } => write!(f, "{kind} signatures are neither made nor verified in this build"),
        }
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::SigningFailed(failure) => failure.cause(),
            _ => None,
        }
    }
}

/// What is wrong with a signature block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BlockProblem {
    /// The checksum is not that of the block.
    Crc,
    /// The curve has another number than 1, 2, or 3 with SHA-384.
    Curve {
        /// The number.
        curve: u8,
    },
    /// The number of the digest is not 0 or 1.
    Hash {
        /// The number.
        hash: u8,
    },
    /// A block has not 1216 bytes.
    Length {
        /// Its bytes.
        len: usize,
    },
    /// The first byte is not 0xE7.
    Magic,
    /// The public key is no point of its curve, or no modulus of 3072 bits.
    PublicKey,
    /// A reserved byte is not 0.
    Reserved {
        /// Where it is in the block.
        offset: usize,
    },
    /// The RSA exponent is not 65537.
    RsaExponent,
    /// 2^6144 mod n is wrong.
    RsaFactor,
    /// -(n^-1) mod 2^32 is wrong.
    RsaInverse,
    /// The version is neither 2 nor 3.
    Version {
        /// The version.
        version: u8,
    },
}

impl fmt::Display for BlockProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Crc => f.write_str("its checksum is wrong; sign the image anew"),
            Self::Curve { curve } => {
                write!(f, "curve {curve}; it is 1 or 2 with SHA-256 and 3 with SHA-384")
            }
            Self::Hash { hash } => write!(f, "digest {hash}; it is 0 for SHA-256 or 1 for SHA-384"),
            Self::Length { len } => write!(f, "{len} bytes; it has 1216"),
            Self::Magic => f.write_str("it does not start with 0xE7"),
            Self::PublicKey => f.write_str("its public key belongs to no private key; sign the image anew"),
            Self::Reserved { offset } => write!(f, "reserved byte {offset} is not 0; sign the image anew"),
            Self::RsaExponent => f.write_str("its RSA exponent is not 65537; sign with another key"),
            Self::RsaFactor => f.write_str("2^6144 mod n is not that of its RSA key; sign the image anew"),
            Self::RsaInverse => f.write_str("-(n^-1) mod 2^32 is not that of its RSA key; sign the image anew"),
            Self::Version { version } => write!(f, "version {version}; it is 2 for RSA or 3 for ECDSA"),
        }
    }
}
