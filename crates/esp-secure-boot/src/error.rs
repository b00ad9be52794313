mod signing_failure;

use core::fmt;

use spki::ObjectIdentifier;

pub use self::signing_failure::SigningFailure;
use crate::v1::bootloader::MAGIC;
use crate::{BootKeyKind, SECTOR};

/// A reason to refuse an image, a signature or a key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The image to sign already ends with a signature.
    AlreadySigned,
    /// The image already has a signature with this key.
    AlreadySignedByKey {
        /// The number of the block.
        block: usize,
    },
    /// A signature block is malformed.
    Block {
        /// Its slot.
        block: usize,
        /// The problem.
        problem: BlockProblem,
    },
    /// A signature block follows an empty slot, so devices ignore it.
    BlockBehindEmptySlot {
        /// Its slot.
        block: usize,
    },
    /// A bootloader key of version 1 does not have 32 or 24 bytes.
    BootloaderKeyLength {
        /// Its length in bytes.
        len: usize,
    },
    /// The digest is SHA-256 for a key that uses SHA-384, or vice versa.
    DigestKind {
        /// The kind of the key.
        kind: BootKeyKind,
    },
    /// The image is empty, or its content before the signature is.
    Empty,
    /// The image was changed after signing.
    ImageChanged {
        /// The first block that does not match the image.
        block: usize,
    },
    /// The key's kind differs from the kind that the signer or the purpose requires.
    KeyKind {
        /// The required kind.
        wanted: BootKeyKind,
        /// The kind of the key.
        found: BootKeyKind,
    },
    /// The length of a signed image is not a multiple of the sector size, so a device would not find its signature.
    Length {
        /// Its length in bytes.
        len: usize,
    },
    /// The blocks of an image have different kinds; a device accepts only one.
    MixedSchemes {
        /// The first block that differs.
        block: usize,
        /// The kind of block 0.
        first: BootKeyKind,
        /// The kind of that block.
        other: BootKeyKind,
    },
    /// No block has a trusted public key.
    NoTrustedKey {
        /// Number of blocks.
        blocks: usize,
    },
    /// The bytes are not an application image.
    NotAnImage {
        /// Their length, at least 24 for a header.
        len: usize,
        /// The first byte, if there is one.
        magic: Option<u8>,
    },
    /// The image has no signature.
    NotSigned,
    /// The algorithm or curve of a public key is not one of secure boot.
    PublicKeyAlgorithm {
        /// The algorithm, or the curve of an ECDSA key.
        oid: ObjectIdentifier,
    },
    /// A public key is not a SubjectPublicKeyInfo, or its point is not uncompressed.
    PublicKeyForm,
    /// The coordinates of a public key have the wrong length for the curve.
    PublicKeyLength {
        /// The kind of the key.
        kind: BootKeyKind,
        /// The wrong length in bytes.
        len: usize,
    },
    /// A public key is not a point on its curve.
    PublicKeyPoint {
        /// The kind of the key.
        kind: BootKeyKind,
    },
    /// The public exponent of an RSA key is not 65537.
    RsaExponent {
        /// The exponent, unless it has more than 64 bits.
        exponent: Option<u64>,
    },
    /// An RSA key does not have 3072 bits.
    RsaKeySize {
        /// Number of bits.
        bits: u32,
    },
    /// The modulus of an RSA key is even.
    RsaModulusEven,
    /// A signature sector has bytes other than 0xFF after its blocks.
    SectorRest {
        /// The offset of the first such byte in the sector.
        offset: usize,
        /// The byte.
        value: u8,
    },
    /// A private P-256 scalar is not between 1 and the order of the curve.
    Scalar,
    /// A signature does not verify with the public key in its block.
    SignatureInvalid {
        /// The number of the block.
        block: usize,
    },
    /// A signed image was signed again as if unsigned: the device uses only the inner signature.
    SignedTwice,
    /// A signer failed.
    SigningFailed(SigningFailure),
    /// A signer made a signature that the public key does not verify: its private key is another one.
    SigningKeyDiffers,
    /// The image already has three signatures.
    TooManyBlocks,
    /// This kind of signature is not supported: P-192, or a disabled feature.
    Unsupported {
        /// The kind.
        kind: BootKeyKind,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadySigned => {
                f.write_str("the image is already signed; sign the unsigned image, or append a signature to this one")
            }
            Self::AlreadySignedByKey { block } => {
                write!(
                    f,
                    "signature block {block} already has this key; append a signature with another key"
                )
            }
            Self::Block { block, problem } => write!(f, "signature block {block}: {problem}"),
            Self::BlockBehindEmptySlot { block } => write!(
                f,
                "signature block {block} follows an empty slot, so devices ignore it; sign the image again"
            ),
            Self::BootloaderKeyLength { len } => {
                write!(
                    f,
                    "secure boot V1 bootloader key has {len} bytes; it needs 32, or 24 with 3/4 coding"
                )
            }
            Self::DigestKind { kind } => {
                write!(
                    f,
                    "the digest does not suit {kind}; hash the image for a key of that kind"
                )
            }
            Self::Empty => f.write_str("the image is empty; a signature needs at least one byte"),
            Self::ImageChanged { block } => write!(
                f,
                "signature block {block} does not match the image: it was changed after signing; sign the unsigned image again"
            ),
            Self::KeyKind { wanted, found } => write!(f, "key is {found}; an {wanted} key is needed"),
            Self::Length { len } => write!(
                f,
                "signed image has {len} bytes, not a multiple of {SECTOR}, so its signature would not be found; sign the padded image"
            ),
            Self::MixedSchemes { block, first, other } => write!(
                f,
                "signature block {block} is {other} but block 0 is {first}; a device accepts one scheme, so use keys of one scheme"
            ),
            Self::NoTrustedKey { blocks } => write!(
                f,
                "none of the {blocks} signatures is by a trusted key; sign with a trusted key, or trust the key's digest"
            ),
            Self::NotAnImage { len, magic } => {
                f.write_str("not an application image: it has no header that starts with 0xE9")?;
                match magic {
                    Some(magic) if *magic != MAGIC => write!(f, "; it starts with {magic:#04X}"),
                    _ => write!(f, "; it has {len} bytes, fewer than the 24 of a header"),
                }
            }
            Self::NotSigned => f.write_str("the image is not signed: it does not end with a signature"),
            Self::PublicKeyAlgorithm { oid } => {
                write!(
                    f,
                    "the public key's algorithm is not RSA or ECDSA on P-192, P-256 or P-384 but {oid}"
                )
            }
            Self::PublicKeyForm => {
                f.write_str("not a public key: a SubjectPublicKeyInfo in DER with an uncompressed point is needed")
            }
            Self::PublicKeyLength {
                kind: BootKeyKind::Rsa3072,
                ..
            } => f.write_str("RSA keys have no coordinates"),
            Self::PublicKeyLength { kind, len } => {
                let needed = kind.number_len();
                write!(f, "coordinates of an {kind} key must have {needed} bytes, not {len}")
            }
            Self::PublicKeyPoint { kind } => write!(f, "the public key is not a point on its curve ({kind})"),
            Self::RsaExponent { exponent } => {
                f.write_str("the public exponent of the RSA key is not 65537 but ")?;
                match exponent {
                    Some(exponent) => write!(f, "{exponent}")?,
                    None => f.write_str("has more than 64 bits")?,
                }
                f.write_str("; generate a key with 65537")
            }
            Self::RsaKeySize { bits } => write!(f, "RSA key has {bits} bits; secure boot requires 3072"),
            Self::RsaModulusEven => f.write_str("the modulus of the RSA key is even, so it is not a valid key"),
            Self::SectorRest { offset, value } => write!(
                f,
                "byte {offset} of the signature sector is {value:#04X}, not 0xFF, outside any block; sign the image again"
            ),
            Self::Scalar => f.write_str("the private scalar is 0 or not below the order of P-256"),
            Self::SignatureInvalid { block } => write!(
                f,
                "signature block {block}: the signature does not verify with its public key; sign the image again"
            ),
            Self::SignedTwice => f.write_str(
                "the image was signed twice; the device uses only the inner signature: sign the unsigned image",
            ),
            Self::SigningFailed(_) => f.write_str("the signer failed"),
            Self::SigningKeyDiffers => {
                f.write_str("the signer's private key does not match the public key; give the matching key")
            }
            Self::TooManyBlocks => f.write_str("the image already has three signatures, which is the limit"),
            Self::Unsupported { kind } => write!(f, "{kind} signatures are not supported in this build"),
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

/// A problem in a signature block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BlockProblem {
    /// The checksum is wrong.
    Crc,
    /// The curve number is not 1 or 2, or 3 with SHA-384.
    Curve {
        /// The number.
        curve: u8,
    },
    /// The digest number is not 0 or 1.
    Hash {
        /// The number.
        hash: u8,
    },
    /// A block does not have 1216 bytes.
    Length {
        /// Its length in bytes.
        len: usize,
    },
    /// The first byte is not 0xE7.
    Magic {
        /// The byte.
        found: u8,
    },
    /// The public key is not a point on its curve, or not a 3072-bit modulus.
    PublicKey,
    /// A reserved byte is not 0.
    Reserved {
        /// The offset in the block.
        offset: usize,
    },
    /// The RSA exponent is not 65537.
    RsaExponent {
        /// The exponent.
        exponent: u32,
    },
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
            Self::Crc => f.write_str("wrong checksum; sign the image again"),
            Self::Curve { curve } => {
                write!(f, "curve {curve}; allowed: 1 or 2 with SHA-256, 3 with SHA-384")
            }
            Self::Hash { hash } => write!(f, "digest {hash}; allowed: 0 for SHA-256, 1 for SHA-384"),
            Self::Length { len } => write!(f, "{len} bytes; 1216 are needed"),
            Self::Magic { found } => write!(f, "does not start with 0xE7 but with {found:#04X}"),
            Self::PublicKey => f.write_str("invalid public key; sign the image again"),
            Self::Reserved { offset } => write!(f, "reserved byte {offset} is not 0; sign the image again"),
            Self::RsaExponent { exponent } => {
                write!(f, "RSA exponent is not 65537 but {exponent}; sign with another key")
            }
            Self::RsaFactor => f.write_str("2^6144 mod n does not match the RSA key; sign the image again"),
            Self::RsaInverse => f.write_str("-(n^-1) mod 2^32 does not match the RSA key; sign the image again"),
            Self::Version { version } => write!(f, "version {version}; allowed: 2 for RSA, 3 for ECDSA"),
        }
    }
}
