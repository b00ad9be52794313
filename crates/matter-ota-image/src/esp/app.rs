use core::fmt;

use esp_flash_image::{Chip, Image};
use esp_secure_boot::{Error as BootError, SignedImage};

use super::EspFinding;

/// The expected properties of an app image.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct ExpectedApp<'a> {
    /// The version in its description: the version string in the OTA header.
    pub version: Option<&'a str>,
    /// The chip that it runs on.
    pub chip: Option<Chip>,
    /// Digests of public keys, one of which must have signed it; empty to accept any key.
    pub trusted: &'a [[u8; 32]],
    /// Whether it must be signed.
    pub must_be_signed: bool,
}

/// The signature after an app image.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "a single value, and boxing needs an allocator")]
pub enum EspSignature<'a> {
    /// No signature.
    None,
    /// The 68 bytes of a secure boot version 1 signature. The image does not contain the key, so it cannot be verified.
    V1,
    /// A version 2 signature sector.
    V2(SignedImage<'a>),
}

impl fmt::Display for EspSignature<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("not signed"),
            Self::V1 => f.write_str("secure boot v1"),
            Self::V2(signed) => match signed.kind() {
                Ok(kind) => write!(f, "secure boot v2, {kind}"),
                Err(_) => f.write_str("secure boot v2, mixed keys"),
            },
        }
    }
}

/// A complete app image of an ESP32 as payload, with correct checksum and hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EspApp<'a> {
    image: Image<'a>,
    signature: EspSignature<'a>,
    after: Option<EspFinding>,
}

impl<'a> EspApp<'a> {
    /// Reads a payload.
    ///
    /// # Errors
    ///
    /// [`EspFinding::Image`] when it is not a complete app image.
    pub fn parse(payload: &'a [u8]) -> Result<Self, EspFinding> {
        let image = Image::parse(payload).map_err(|error| EspFinding::Image { error })?;
        let (signature, after) = read_signature(payload, image.trailing());
        Ok(Self {
            image,
            signature,
            after,
        })
    }

    /// Returns the image.
    #[must_use]
    pub const fn image(&self) -> &Image<'a> {
        &self.image
    }

    /// Returns the signature.
    #[must_use]
    pub const fn signature(&self) -> &EspSignature<'a> {
        &self.signature
    }

    /// Returns the digests of the public keys in the signature, as stored in the eFuses.
    pub fn key_digests(&self) -> impl Iterator<Item = &[u8; 32]> {
        let signed = match &self.signature {
            EspSignature::V2(signed) => Some(signed),
            _ => None,
        };
        signed
            .into_iter()
            .flat_map(|signed| signed.blocks().map(|block| block.key_digest()))
    }

    /// Returns errors, warnings and notes about it.
    pub fn findings(&self, expected: &ExpectedApp<'_>) -> impl Iterator<Item = EspFinding> + use<> {
        let header = self.image.header();
        let chip = header.chip();
        let description = self.image.app_description();
        let version = expected.version.zip(description);
        let version = version.filter(|(version, found)| !is_same_version(version, found.version()));
        let is_signed = self.signature != EspSignature::None;
        let found = [
            chip.is_none()
                .then_some(EspFinding::ChipUnknown { id: header.chip_id() }),
            expected
                .chip
                .filter(|_| chip.is_some() && chip != expected.chip)
                .map(|expected| EspFinding::ChipOther {
                    expected,
                    id: header.chip_id(),
                }),
            (!self.image.has_hash()).then_some(EspFinding::NoHash),
            description.is_none().then_some(EspFinding::NoDescription),
            version.map(|_| EspFinding::Version),
            self.after.clone(),
            (!is_signed && self.after.is_none()).then_some(EspFinding::NotSigned {
                must: expected.must_be_signed || !expected.trusted.is_empty(),
            }),
            self.verify(expected.trusted),
        ];
        found.into_iter().flatten()
    }

    fn verify(&self, trusted: &[[u8; 32]]) -> Option<EspFinding> {
        let signed = match &self.signature {
            EspSignature::V2(signed) => signed,
            EspSignature::V1 if !trusted.is_empty() => return Some(EspFinding::V1NotVerified),
            _ => return None,
        };
        let refused = |error| Some(EspFinding::Signature { error });
        if !trusted.is_empty() {
            return signed.verify_digests(trusted).err().and_then(refused);
        }
        // Without a trusted key, every block must verify with the key that it contains.
        let mut blocks = signed.blocks();
        let wrong = blocks.find_map(|block| signed.verify_digests(&[*block.key_digest()]).err());
        wrong.and_then(refused)
    }
}

/// Returns the signature after an image, or a finding about the bytes there.
fn read_signature<'a>(payload: &'a [u8], after: &[u8]) -> (EspSignature<'a>, Option<EspFinding>) {
    const V1_LEN: usize = 68;
    if after.is_empty() {
        return (EspSignature::None, None);
    }
    // A 4-byte version, which is 0, and the two numbers of the signature.
    if after.len() == V1_LEN && after.starts_with(&[0; 4]) {
        return (EspSignature::V1, None);
    }
    let count = after.len();
    match SignedImage::parse(payload) {
        Ok(signed) => (EspSignature::V2(signed), None),
        Err(BootError::NotSigned | BootError::Length { .. } | BootError::Empty) => {
            (EspSignature::None, Some(EspFinding::Behind { count }))
        }
        Err(error) => (EspSignature::None, Some(EspFinding::Signature { error })),
    }
}

/// The description has room for 32 bytes, and ESP-IDF truncates longer versions; the last byte may be a zero.
fn is_same_version(header: &str, description: &str) -> bool {
    header == description || (description.len() >= 31 && header.starts_with(description))
}
