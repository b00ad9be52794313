use core::fmt;

use crate::Error;
use crate::layout::{RSA_3072, RSA_BLOCK, RSA_BLOCK_CHECKED, RSA_BLOCK_START, SIGNATURE_HEADER, SIGNATURE_VERSION};

/// A signature algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SignatureAlgorithm {
    /// RSASSA-PSS with 3072 bits, SHA-256 and a salt of 32 bytes.
    Rsa3072,
    /// ECDSA on P-192 with SHA-256. Read but not written, as in the vendor's tool.
    EcdsaP192,
    /// ECDSA on P-256 with SHA-256.
    EcdsaP256,
    /// ECDSA on P-384 with SHA-384.
    EcdsaP384,
}

impl SignatureAlgorithm {
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Rsa3072 => 0,
            Self::EcdsaP192 => 1,
            Self::EcdsaP256 => 2,
            Self::EcdsaP384 => 3,
        }
    }

    const fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            0 => Self::Rsa3072,
            1 => Self::EcdsaP192,
            2 => Self::EcdsaP256,
            3 => Self::EcdsaP384,
            _ => return None,
        })
    }

    /// Length of a coordinate in bytes.
    const fn coordinate(self) -> usize {
        match self {
            Self::Rsa3072 => 0,
            Self::EcdsaP192 => 24,
            Self::EcdsaP256 => 32,
            Self::EcdsaP384 => 48,
        }
    }
}

impl fmt::Display for SignatureAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rsa3072 => "RSA-3072",
            Self::EcdsaP192 => "ECDSA P-192",
            Self::EcdsaP256 => "ECDSA P-256",
            Self::EcdsaP384 => "ECDSA P-384",
        })
    }
}

/// The data of a SIGNATURE_BLOCK.
///
/// The public key in it proves nothing, because any signer can insert their own. Verification
/// compares it with a trusted key; on a device with a digest in the eFuses.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SignatureBlock<'a> {
    algorithm: SignatureAlgorithm,
    offset: u32,
    signed_len: u32,
    public_key: &'a [u8],
    signature: &'a [u8],
    body: &'a [u8],
}

impl<'a> SignatureBlock<'a> {
    /// Decodes the data of a record.
    ///
    /// # Errors
    ///
    /// [`Error::SignatureBlock`] unless it is version 1 of a known algorithm with its length,
    /// reserved bytes are 0 and, for RSA, magic and checksum are correct.
    pub fn decode(data: &'a [u8]) -> Result<Self, Error> {
        Self::read(data).ok_or_else(|| {
            let header = data.first_chunk::<SIGNATURE_HEADER>();
            Error::SignatureBlock {
                len: data.len(),
                version: header.map(|[version, ..]| *version),
                algorithm: header.map(|[.., algorithm, _, _, _]| *algorithm),
            }
        })
    }

    fn read(data: &'a [u8]) -> Option<Self> {
        let (header, body) = data.split_first_chunk::<SIGNATURE_HEADER>()?;
        let &[SIGNATURE_VERSION, 0, 0, 0, a, b, c, d, e, f, g, h, algorithm, 0, 0, 0] = header else {
            return None;
        };
        let algorithm = SignatureAlgorithm::from_code(algorithm)?;
        let (public_key, signature) = match algorithm {
            SignatureAlgorithm::Rsa3072 => rsa_parts(body)?,
            _ => {
                let (curve, points) = body.split_first()?;
                let len = 2 * algorithm.coordinate();
                if *curve != algorithm.code() || points.len() != 2 * len {
                    return None;
                }
                points.split_at_checked(len)?
            }
        };
        Some(Self {
            algorithm,
            offset: u32::from_le_bytes([a, b, c, d]),
            signed_len: u32::from_le_bytes([e, f, g, h]),
            public_key,
            signature,
            body,
        })
    }

    /// Returns the algorithm.
    #[must_use]
    pub const fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// Returns the offset of the signed bytes, as stated in the block; 0 in every image that the
    /// firmware accepts.
    #[must_use]
    pub const fn offset(&self) -> u32 {
        self.offset
    }

    /// Returns the number of signed bytes, as stated in the block.
    #[must_use]
    pub const fn signed_len(&self) -> u32 {
        self.signed_len
    }

    /// Returns the stored public key, little-endian: X and Y, or the RSA modulus.
    #[must_use]
    pub const fn public_key(&self) -> &'a [u8] {
        self.public_key
    }

    /// Returns the stored signature, little-endian: r and s, or the RSA signature.
    #[must_use]
    pub const fn signature(&self) -> &'a [u8] {
        self.signature
    }

    /// Returns whether the range stated in the block is exactly the first `len` bytes of the image.
    #[must_use]
    pub fn covers(&self, len: usize) -> bool {
        self.offset == 0 && usize::try_from(self.signed_len) == Ok(len)
    }

    /// Returns the bytes after the algorithm: for RSA the signature block of secure boot.
    #[cfg(feature = "rsa")]
    pub(crate) const fn body(&self) -> &'a [u8] {
        self.body
    }

    /// Returns the header of a block.
    #[cfg(any(feature = "ecdsa", feature = "rsa"))]
    pub(crate) fn header(algorithm: SignatureAlgorithm, signed_len: u32) -> [u8; SIGNATURE_HEADER] {
        let [a, b, c, d] = signed_len.to_le_bytes();
        [
            SIGNATURE_VERSION,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            a,
            b,
            c,
            d,
            algorithm.code(),
            0,
            0,
            0,
        ]
    }
}

impl fmt::Debug for SignatureBlock<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignatureBlock")
            .field("algorithm", &self.algorithm)
            .field("offset", &self.offset)
            .field("signed_len", &self.signed_len)
            .finish_non_exhaustive()
    }
}

/// Finds modulus and signature in a signature block of secure boot version 2.
///
/// Source: ESP-IDF Programming Guide, "Secure Boot v2", "Signature Block Format".
///
/// ```text
/// +---------------------------+ 0
/// | magic 0xE7, version 2     |
/// | 0 x 2                     | 2
/// | SHA-256 of the data       | 4
/// | modulus n                 | 36
/// | exponent              u32 | 420
/// | 2^6144 mod n              | 424
/// | -(n^-1) mod 2^32      u32 | 808
/// | signature                 | 812
/// | CRC-32 of 0..1196     u32 | 1196
/// | 0 x 16                    | 1200
/// +---------------------------+ 1216
/// ```
fn rsa_parts(block: &[u8]) -> Option<(&[u8], &[u8])> {
    let (checked, crc) = block.split_at_checked(RSA_BLOCK_CHECKED)?;
    let whole = block.len() == RSA_BLOCK && checked.starts_with(&RSA_BLOCK_START);
    if !whole || crc.first_chunk() != Some(&rsa_block_crc(checked)) {
        return None;
    }
    let modulus = checked.get(36..36 + RSA_3072)?;
    let signature = checked.get(812..812 + RSA_3072)?;
    Some((modulus, signature))
}

/// Computes the checksum of a secure boot signature block: the common CRC-32, unlike that of
/// records.
pub(crate) fn rsa_block_crc(checked: &[u8]) -> [u8; 4] {
    crc32fast::hash(checked).to_le_bytes()
}
