use core::fmt;

use esp_flash_image::{Chip, Image};
use esp_secure_boot::{Error as BootError, SignedImage};

use super::EspFinding;

/// What an app image should be.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct ExpectedApp<'a> {
    /// The version in its description: the version string of the OTA image's header.
    pub version: Option<&'a str>,
    /// The chip that it runs on.
    pub chip: Option<Chip>,
    /// Digests of public keys of which one must have signed it; none of them are asked for when there are none.
    pub trusted: &'a [[u8; 32]],
    /// Whether it must be signed.
    pub must_be_signed: bool,
}

/// The signature behind an app image.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one of it, and no box without an allocator"
)]
pub enum EspSignature<'a> {
    /// There is none.
    None,
    /// 68 bytes as version 1 of secure boot has them. Their key is not in the image, so that nothing can be verified.
    V1,
    /// A signature sector of version 2.
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

/// An app image of an ESP32 as payload, whole: its checksum and hash are right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EspApp<'a> {
    image: Image<'a>,
    signature: EspSignature<'a>,
    behind: Option<EspFinding>,
}

impl<'a> EspApp<'a> {
    /// Reads a payload.
    ///
    /// # Errors
    ///
    /// [`EspFinding::Image`] when it is no whole app image.
    pub fn parse(payload: &'a [u8]) -> Result<Self, EspFinding> {
        let image = Image::parse(payload).map_err(|error| EspFinding::Image { error })?;
        let (signature, behind) = read_signature(payload, image.trailing());
        Ok(Self {
            image,
            signature,
            behind,
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

    /// Returns the digests of the public keys in the signature, as the eFuses have them.
    pub fn key_digests(&self) -> impl Iterator<Item = &[u8; 32]> {
        let signed = match &self.signature {
            EspSignature::V2(signed) => Some(signed),
            _ => None,
        };
        signed
            .into_iter()
            .flat_map(|signed| signed.blocks().map(|block| block.key_digest()))
    }

    /// Returns what is wrong with it, or worth knowing.
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
            self.behind.clone(),
            (!is_signed && self.behind.is_none()).then_some(EspFinding::NotSigned {
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
        // Without a key that is trusted, every block must be right by the key that is in it.
        let mut blocks = signed.blocks();
        let wrong = blocks.find_map(|block| signed.verify_digests(&[*block.key_digest()]).err());
        wrong.and_then(refused)
    }
}

/// Finds the signature behind an image; or what is there instead.
fn read_signature<'a>(payload: &'a [u8], behind: &[u8]) -> (EspSignature<'a>, Option<EspFinding>) {
    const V1_LEN: usize = 68;
    if behind.is_empty() {
        return (EspSignature::None, None);
    }
    // Four bytes of version, which is 0, and the two numbers of the signature.
    if behind.len() == V1_LEN && behind.starts_with(&[0; 4]) {
        return (EspSignature::V1, None);
    }
    let count = behind.len();
    match SignedImage::parse(payload) {
        Ok(signed) => (EspSignature::V2(signed), None),
        Err(BootError::NotSigned | BootError::Length { .. } | BootError::Empty) => {
            (EspSignature::None, Some(EspFinding::Behind { count }))
        }
        Err(error) => (EspSignature::None, Some(EspFinding::Signature { error })),
    }
}

/// The description has room for 32 bytes, and ESP-IDF cuts longer versions; the last byte may be a zero.
fn is_same_version(header: &str, description: &str) -> bool {
    header == description || (description.len() >= 31 && header.starts_with(description))
}
