mod tlv;

use alloc::vec::Vec;

use p256::ecdsa::{DerSignature, Signature};
use signature::Signer;

use crate::Error;

/// The attestation elements of a device's attestation response (Matter Core Specification 11.18.4.9).
///
/// # Examples
///
/// ```
/// use matter_attestation::{AttestationElements, PrivateKey, sign_elements};
///
/// let key = PrivateKey::from_scalar(&[1; 32])?;
/// let elements = AttestationElements::new(b"a declaration", &[7; 32], 0).encode()?;
/// let signature = sign_elements(&elements, &[9; 16], &key)?;
/// key.public_key().verify_raw(&[&elements[..], &[9; 16]].concat(), &signature)?;
/// assert_eq!(AttestationElements::decode(&elements)?.declaration(), b"a declaration");
/// # Ok::<(), matter_attestation::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttestationElements<'a> {
    declaration: &'a [u8],
    nonce: &'a [u8],
    timestamp: u32,
    firmware_information: Option<&'a [u8]>,
    vendor_reserved: Vec<VendorReserved<'a>>,
}

/// A vendor-specific entry; these follow the specified members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VendorReserved<'a> {
    /// The vendor that defines the profile.
    pub vendor_id: u16,
    /// The vendor-specific profile number.
    pub profile: u16,
    /// The tag number in the profile.
    pub tag: u32,
    /// The value.
    pub data: &'a [u8],
}

impl<'a> AttestationElements<'a> {
    /// The maximum length of the encoding in bytes, `RESP_MAX`.
    pub const MAX_LEN: usize = 900;
    /// The length of the nonce in bytes.
    pub const NONCE_LEN: usize = 32;
    /// The length of the attestation challenge in bytes.
    pub const CHALLENGE_LEN: usize = 16;

    /// Creates elements from the required members: a declaration in its CMS envelope, the commissioner's nonce, and the
    /// time in seconds since 2000, or 0.
    #[must_use]
    pub const fn new(declaration: &'a [u8], nonce: &'a [u8; 32], timestamp: u32) -> Self {
        Self {
            declaration,
            nonce,
            timestamp,
            firmware_information: None,
            vendor_reserved: Vec::new(),
        }
    }

    /// Adds the firmware information, whose content is not specified.
    #[must_use]
    pub const fn with_firmware_information(mut self, information: &'a [u8]) -> Self {
        self.firmware_information = Some(information);
        self
    }

    /// Adds a vendor-specific entry.
    #[must_use]
    pub fn with_vendor_reserved(mut self, entry: VendorReserved<'a>) -> Self {
        self.vendor_reserved.push(entry);
        self
    }

    /// Decodes the elements; unknown context tags are skipped if they are in ascending order.
    ///
    /// # Errors
    ///
    /// [`Error::ElementsMalformed`] when the input is not one TLV structure, [`Error::ElementsMember`] when a member is
    /// missing, out of order or of another type.
    pub fn decode(input: &'a [u8]) -> Result<Self, Error> {
        tlv::decode(input)
    }

    /// Encodes the elements.
    ///
    /// # Errors
    ///
    /// [`Error::ElementsTooLong`] above 900 bytes.
    pub fn encode(&self) -> Result<Vec<u8>, Error> {
        tlv::encode(self)
    }

    /// Returns the declaration in its CMS envelope.
    #[must_use]
    pub const fn declaration(&self) -> &'a [u8] {
        self.declaration
    }

    /// Returns the nonce, of 32 bytes unless it was decoded with another length.
    #[must_use]
    pub const fn nonce(&self) -> &'a [u8] {
        self.nonce
    }

    /// Returns the time in seconds since 2000, or 0 if the device has no clock.
    #[must_use]
    pub const fn timestamp(&self) -> u32 {
        self.timestamp
    }

    /// Returns the firmware information.
    #[must_use]
    pub const fn firmware_information(&self) -> Option<&'a [u8]> {
        self.firmware_information
    }

    /// Returns the vendor-specific entries.
    #[must_use]
    pub fn vendor_reserved(&self) -> &[VendorReserved<'a>] {
        &self.vendor_reserved
    }
}

/// Signs attestation elements with the DAC's key, as a device does, and returns r and s, 32 bytes each.
///
/// The signature covers the elements followed by the challenge, 16 bytes from the secure session (Matter Core
/// Specification 11.18.4.9).
///
/// # Errors
///
/// [`Error::SigningFailed`] when the signer fails.
pub fn sign_elements<S: Signer<DerSignature>>(
    elements: &[u8],
    challenge: &[u8; 16],
    signer: &S,
) -> Result<[u8; 64], Error> {
    let message = [elements, challenge].concat();
    let signature = signer.try_sign(&message)?;
    let signature = Signature::from_der(signature.as_bytes())?;
    Ok(signature.to_bytes().into())
}
