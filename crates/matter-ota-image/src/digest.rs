use core::fmt;
use core::str::FromStr;

use sha2::{Sha256, Sha384, Sha512};
use sha3::{Sha3_224, Sha3_256, Sha3_384, Sha3_512};

use crate::Error;

/// A digest algorithm (IANA, "Named Information Hash Algorithm Registry").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum DigestType {
    /// SHA-256.
    Sha256 = 1,
    /// The first 128 bits of SHA-256.
    Sha256_128 = 2,
    /// The first 120 bits of SHA-256.
    Sha256_120 = 3,
    /// The first 96 bits of SHA-256.
    Sha256_96 = 4,
    /// The first 64 bits of SHA-256.
    Sha256_64 = 5,
    /// The first 32 bits of SHA-256.
    Sha256_32 = 6,
    /// SHA-384.
    Sha384 = 7,
    /// SHA-512.
    Sha512 = 8,
    /// SHA3-224.
    Sha3_224 = 9,
    /// SHA3-256.
    Sha3_256 = 10,
    /// SHA3-384.
    Sha3_384 = 11,
    /// SHA3-512.
    Sha3_512 = 12,
}

impl DigestType {
    /// All digest types, in ascending order.
    pub const ALL: [Self; 12] = [
        Self::Sha256,
        Self::Sha256_128,
        Self::Sha256_120,
        Self::Sha256_96,
        Self::Sha256_64,
        Self::Sha256_32,
        Self::Sha384,
        Self::Sha512,
        Self::Sha3_224,
        Self::Sha3_256,
        Self::Sha3_384,
        Self::Sha3_512,
    ];

    /// Makes a digest type from its number.
    ///
    /// # Errors
    ///
    /// [`Error::DigestType`] outside of 1 to 12.
    pub fn new(code: u8) -> Result<Self, Error> {
        let known = Self::ALL.into_iter().find(|kind| kind.get() == code);
        known.ok_or(Error::DigestType { code })
    }

    /// Returns the number.
    #[must_use]
    pub const fn get(self) -> u8 {
        #[expect(clippy::as_conversions, reason = "the discriminants are bytes")]
        {
            self as u8
        }
    }

    /// Returns the length of a digest in bytes.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "no digest is empty")]
    pub const fn len(self) -> usize {
        match self {
            Self::Sha256 | Self::Sha3_256 => 32,
            Self::Sha256_128 => 16,
            Self::Sha256_120 => 15,
            Self::Sha256_96 => 12,
            Self::Sha256_64 => 8,
            Self::Sha256_32 => 4,
            Self::Sha384 | Self::Sha3_384 => 48,
            Self::Sha512 | Self::Sha3_512 => 64,
            Self::Sha3_224 => 28,
        }
    }

    /// Returns the name in the registry, such as `sha-256`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha-256",
            Self::Sha256_128 => "sha-256-128",
            Self::Sha256_120 => "sha-256-120",
            Self::Sha256_96 => "sha-256-96",
            Self::Sha256_64 => "sha-256-64",
            Self::Sha256_32 => "sha-256-32",
            Self::Sha384 => "sha-384",
            Self::Sha512 => "sha-512",
            Self::Sha3_224 => "sha3-224",
            Self::Sha3_256 => "sha3-256",
            Self::Sha3_384 => "sha3-384",
            Self::Sha3_512 => "sha3-512",
        }
    }

    /// Returns whether the Distributed Compliance Ledger accepts this type: those of at least 256 bits.
    #[must_use]
    pub const fn is_for_ledger(self) -> bool {
        self.len() >= 32
    }
}

impl FromStr for DigestType {
    type Err = Error;

    /// Parses a registry name in upper or lower case, also with underscores or without the first hyphen, as other tools write it.
    fn from_str(text: &str) -> Result<Self, Error> {
        let given = || {
            text.bytes()
                .map(|byte| if byte == b'_' { b'-' } else { byte.to_ascii_lowercase() })
        };
        let known = Self::ALL.into_iter().find(|kind| {
            let name = kind.name();
            let (family, length) = name.split_once('-').unwrap_or((name, ""));
            given().eq(name.bytes()) || given().eq(family.bytes().chain(length.bytes()))
        });
        known.ok_or(Error::DigestName)
    }
}

impl fmt::Display for DigestType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A digest and its type.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest {
    kind: DigestType,
    bytes: [u8; 64],
}

impl Digest {
    /// Makes a digest of the length that its type requires.
    ///
    /// # Errors
    ///
    /// [`Error::DigestLength`].
    pub fn new(kind: DigestType, digest: &[u8]) -> Result<Self, Error> {
        if digest.len() != kind.len() {
            return Err(Error::DigestLength {
                code: kind.get(),
                len: digest.len(),
            });
        }
        Ok(Self::cut(kind, digest))
    }

    /// Makes a digest from the start of a longer one.
    fn cut(kind: DigestType, digest: &[u8]) -> Self {
        let mut bytes = [0; 64];
        let room = bytes.iter_mut().take(kind.len());
        room.zip(digest).for_each(|(to, from)| *to = *from);
        Self { kind, bytes }
    }

    /// Returns the type.
    #[must_use]
    pub const fn kind(&self) -> DigestType {
        self.kind
    }

    /// Returns the digest.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.kind.len()).unwrap_or_default()
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({}, {self})", self.kind)
    }
}

impl fmt::Display for Digest {
    /// Formats the digest in lower-case hexadecimal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Size and digest of a payload, as stated in a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Payload {
    /// Size in bytes.
    pub size: u64,
    /// The digest of these bytes.
    pub digest: Digest,
}

/// Computes size and digest of a payload in pieces.
///
/// # Examples
///
/// ```
/// use matter_ota_image::{DigestType, PayloadHasher};
///
/// let mut hasher = PayloadHasher::new(DigestType::Sha256);
/// hasher.update(b"test ");
/// hasher.update(b"payload");
/// let payload = hasher.finish();
/// assert_eq!(payload.size, 12);
/// assert!(payload.digest.to_string().starts_with("813ca528"));
/// ```
#[derive(Clone)]
pub struct PayloadHasher {
    kind: DigestType,
    size: u64,
    state: State,
}

#[derive(Clone)]
enum State {
    Sha256(Sha256),
    Sha384(Sha384),
    Sha512(Sha512),
    Sha3_224(Sha3_224),
    Sha3_256(Sha3_256),
    Sha3_384(Sha3_384),
    Sha3_512(Sha3_512),
}

impl PayloadHasher {
    /// Makes a hasher without any bytes.
    #[must_use]
    pub fn new(kind: DigestType) -> Self {
        let state = match kind {
            DigestType::Sha256
            | DigestType::Sha256_128
            | DigestType::Sha256_120
            | DigestType::Sha256_96
            | DigestType::Sha256_64
            | DigestType::Sha256_32 => State::Sha256(Sha256::default()),
            DigestType::Sha384 => State::Sha384(Sha384::default()),
            DigestType::Sha512 => State::Sha512(Sha512::default()),
            DigestType::Sha3_224 => State::Sha3_224(Sha3_224::default()),
            DigestType::Sha3_256 => State::Sha3_256(Sha3_256::default()),
            DigestType::Sha3_384 => State::Sha3_384(Sha3_384::default()),
            DigestType::Sha3_512 => State::Sha3_512(Sha3_512::default()),
        };
        Self { kind, size: 0, state }
    }

    /// Adds the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        use sha2::Digest as _;
        // A caller cannot pass 2^64 bytes.
        self.size = self.size.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        match &mut self.state {
            State::Sha256(state) => state.update(bytes),
            State::Sha384(state) => state.update(bytes),
            State::Sha512(state) => state.update(bytes),
            State::Sha3_224(state) => state.update(bytes),
            State::Sha3_256(state) => state.update(bytes),
            State::Sha3_384(state) => state.update(bytes),
            State::Sha3_512(state) => state.update(bytes),
        }
    }

    /// Returns the size and the digest of all bytes.
    #[must_use]
    pub fn finish(self) -> Payload {
        use sha2::Digest as _;
        let cut = |digest: &[u8]| Digest::cut(self.kind, digest);
        let digest = match self.state {
            State::Sha256(state) => cut(&state.finalize()),
            State::Sha384(state) => cut(&state.finalize()),
            State::Sha512(state) => cut(&state.finalize()),
            State::Sha3_224(state) => cut(&state.finalize()),
            State::Sha3_256(state) => cut(&state.finalize()),
            State::Sha3_384(state) => cut(&state.finalize()),
            State::Sha3_512(state) => cut(&state.finalize()),
        };
        Payload {
            size: self.size,
            digest,
        }
    }
}

impl fmt::Debug for PayloadHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PayloadHasher({}, {} bytes)", self.kind, self.size)
    }
}
