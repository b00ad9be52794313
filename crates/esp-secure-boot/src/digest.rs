use core::fmt;

use sha2::{Digest, Sha256, Sha384};

use crate::block::is_signature_sector;
use crate::layout::SECTOR;
use crate::{BootKeyKind, Error};

/// The SHA-256 or SHA-384 of an image's content, which secure boot version 2 signs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ImageDigest {
    /// Zeros after the digest's length.
    bytes: [u8; 48],
    len: usize,
}

impl ImageDigest {
    /// Hashes content whose length is a multiple of the sector size.
    pub(crate) fn of(kind: BootKeyKind, content: &[u8]) -> Self {
        let mut hash = Hash::new(kind);
        hash.update(content);
        hash.finish()
    }

    /// Returns the digest: 32 bytes, or 48 for P-384.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

impl fmt::Debug for ImageDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ImageDigest(")?;
        hex(f, self.as_bytes())?;
        f.write_str(")")
    }
}

pub(crate) fn hex(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

/// Either hash function.
#[derive(Clone, Debug)]
enum Hash {
    Sha256(Sha256),
    Sha384(Sha384),
}

impl Hash {
    fn new(kind: BootKeyKind) -> Self {
        match kind {
            BootKeyKind::EcdsaP384 => Self::Sha384(Sha384::new()),
            _ => Self::Sha256(Sha256::new()),
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(hash) => hash.update(bytes),
            Self::Sha384(hash) => hash.update(bytes),
        }
    }

    fn finish(self) -> ImageDigest {
        let mut bytes = [0; 48];
        let mut put = |digest: &[u8]| {
            bytes.iter_mut().zip(digest).for_each(|(to, from)| *to = *from);
            digest.len()
        };
        let len = match self {
            Self::Sha256(hash) => put(&hash.finalize()),
            Self::Sha384(hash) => put(&hash.finalize()),
        };
        ImageDigest { bytes, len }
    }
}

/// Hashes an image in pieces, for [`SignatureSector::new`](crate::SignatureSector::new).
///
/// # Examples
///
/// ```
/// use esp_secure_boot::{BootKeyKind, ImageHasher};
///
/// let mut hasher = ImageHasher::new(BootKeyKind::EcdsaP256);
/// hasher.update(&[0xE9; 1000]);
/// hasher.update(&[0x00; 1000]);
/// // This many bytes of 0xFF go between the image and its signature sector.
/// assert_eq!(hasher.padding(), 2096);
/// let digest = hasher.finish()?;
/// assert_eq!(digest.as_bytes().len(), 32);
/// # Ok::<(), esp_secure_boot::Error>(())
/// ```
#[derive(Clone)]
pub struct ImageHasher {
    kind: BootKeyKind,
    hash: Hash,
    len: u64,
    /// The last sector, complete or partial.
    last: [u8; SECTOR],
    last_len: usize,
}

impl ImageHasher {
    /// Makes a hasher for signatures of a kind.
    #[must_use]
    pub fn new(kind: BootKeyKind) -> Self {
        Self {
            kind,
            hash: Hash::new(kind),
            len: 0,
            last: [0xFF; SECTOR],
            last_len: 0,
        }
    }

    /// Adds the next bytes of the image.
    pub fn update(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
        self.len = self.len.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        let free = SECTOR.saturating_sub(self.last_len);
        let keep = if bytes.len() <= free {
            bytes
        } else {
            let after = bytes.get(free..).unwrap_or_default();
            let last = match after.len() % SECTOR {
                0 => SECTOR,
                part => part,
            };
            self.last_len = 0;
            after.get(after.len().saturating_sub(last)..).unwrap_or_default()
        };
        let to = self.last.get_mut(self.last_len..).unwrap_or_default();
        to.iter_mut().zip(keep).for_each(|(to, from)| *to = *from);
        self.last_len = self.last_len.saturating_add(keep.len()).min(SECTOR);
    }

    /// Returns the number of 0xFF bytes needed to fill the last sector.
    #[must_use]
    pub fn padding(&self) -> usize {
        if self.len == 0 {
            0
        } else {
            SECTOR.saturating_sub(self.last_len)
        }
    }

    /// Pads the image with 0xFF and returns the digest.
    ///
    /// # Errors
    ///
    /// [`Error::Empty`] without bytes, [`Error::AlreadySigned`] when the image ends with a signature sector: a device would
    /// not find a signature that covers it.
    pub fn finish(mut self) -> Result<ImageDigest, Error> {
        if self.len == 0 {
            return Err(Error::Empty);
        }
        if self.last_len == SECTOR && is_signature_sector(&self.last) {
            return Err(Error::AlreadySigned);
        }
        let padding = [0xFF; SECTOR];
        self.hash.update(padding.get(self.last_len..).unwrap_or_default());
        Ok(self.hash.finish())
    }
}

impl fmt::Debug for ImageHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImageHasher")
            .field("kind", &self.kind)
            .field("len", &self.len)
            .finish_non_exhaustive()
    }
}
