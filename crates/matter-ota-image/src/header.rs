use matter_tlv::{Tag, Writer};
use matter_types::{ProductId, VendorId};

use crate::layout::{
    DIGEST, DIGEST_TYPE, FILE_IDENTIFIER, FIXED_HEADER_LEN, MAX_APPLICABLE_VERSION, MIN_APPLICABLE_VERSION,
    PAYLOAD_SIZE, PRODUCT_ID, RELEASE_NOTES_URL, SOFTWARE_VERSION, SOFTWARE_VERSION_STRING, VENDOR_ID,
};
use crate::{ApplicableVersions, Digest, Error, Payload, ReleaseNotesUrl, SoftwareVersion, SoftwareVersionString};

/// The header of an image, validated as a whole (Matter Core Specification 11.21).
///
/// # Examples
///
/// ```
/// use matter_ota_image::{DigestType, OtaHeader, PayloadHasher, SoftwareVersion, SoftwareVersionString};
/// use matter_ota_image::matter_types::{ProductId, VendorId};
///
/// let mut hasher = PayloadHasher::new(DigestType::Sha256);
/// hasher.update(b"firmware");
/// let header = OtaHeader::new(
///     VendorId::new(0xFFF1)?,
///     ProductId::new(0x8000)?,
///     SoftwareVersion::new(2),
///     SoftwareVersionString::new("1.0")?,
///     hasher.finish(),
/// )?;
/// let mut buffer = [0; OtaHeader::MAX_ENCODED_LEN];
/// let encoded = header.encode(&mut buffer)?;
/// assert_eq!(encoded.len(), 76);
/// assert_eq!(header.total_size(), 84);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OtaHeader<'a> {
    vendor_id: Option<VendorId>,
    product_id: Option<ProductId>,
    software_version: SoftwareVersion,
    software_version_string: SoftwareVersionString<'a>,
    payload: Payload,
    applicable: ApplicableVersions,
    release_notes_url: Option<ReleaseNotesUrl<'a>>,
}

impl<'a> OtaHeader<'a> {
    /// The maximum encoded length: the fixed part, and every field at its maximum.
    pub const MAX_ENCODED_LEN: usize = FIXED_HEADER_LEN + 2 + 2 * 4 + 3 * 6 + 10 + (3 + 64) + (4 + 256) + 3 + (3 + 64);

    /// Makes a header for an image for one product.
    ///
    /// # Errors
    ///
    /// [`Error::PayloadTooLarge`] when the size of the file does not fit into 64 bits.
    pub fn new(
        vendor_id: VendorId,
        product_id: ProductId,
        software_version: SoftwareVersion,
        software_version_string: SoftwareVersionString<'a>,
        payload: Payload,
    ) -> Result<Self, Error> {
        let header = Self::unnamed(software_version, software_version_string, payload)?;
        Ok(header.with_vendor_id(Some(vendor_id)).with_product_id(Some(product_id)))
    }

    /// Makes a header without IDs.
    pub(crate) fn unnamed(
        software_version: SoftwareVersion,
        software_version_string: SoftwareVersionString<'a>,
        payload: Payload,
    ) -> Result<Self, Error> {
        let room = u64::MAX.saturating_sub(u64::try_from(Self::MAX_ENCODED_LEN).unwrap_or(u64::MAX));
        if payload.size > room {
            return Err(Error::PayloadTooLarge { size: payload.size });
        }
        Ok(Self {
            vendor_id: None,
            product_id: None,
            software_version,
            software_version_string,
            payload,
            applicable: ApplicableVersions::default(),
            release_notes_url: None,
        })
    }

    /// Sets the vendor; `None`, encoded as 0, means more than one.
    #[must_use]
    pub const fn with_vendor_id(self, vendor_id: Option<VendorId>) -> Self {
        Self { vendor_id, ..self }
    }

    /// Sets the product; `None`, encoded as 0, means more than one.
    #[must_use]
    pub const fn with_product_id(self, product_id: Option<ProductId>) -> Self {
        Self { product_id, ..self }
    }

    /// Restricts the versions to which the image applies.
    ///
    /// # Errors
    ///
    /// [`Error::ApplicableNotBelowVersion`] when the image is not newer than all of them.
    pub fn with_applicable_versions(self, applicable: ApplicableVersions) -> Result<Self, Error> {
        applicable.check_below(self.software_version)?;
        Ok(Self { applicable, ..self })
    }

    /// Adds the URL of the release notes.
    #[must_use]
    pub const fn with_release_notes_url(self, url: ReleaseNotesUrl<'a>) -> Self {
        Self {
            release_notes_url: Some(url),
            ..self
        }
    }

    /// Returns the vendor; `None` for more than one.
    #[must_use]
    pub const fn vendor_id(&self) -> Option<VendorId> {
        self.vendor_id
    }

    /// Returns the product; `None` for more than one.
    #[must_use]
    pub const fn product_id(&self) -> Option<ProductId> {
        self.product_id
    }

    /// Returns the version.
    #[must_use]
    pub const fn software_version(&self) -> SoftwareVersion {
        self.software_version
    }

    /// Returns the version string.
    #[must_use]
    pub const fn software_version_string(&self) -> SoftwareVersionString<'a> {
        self.software_version_string
    }

    /// Returns size and digest of the payload.
    #[must_use]
    pub const fn payload(&self) -> Payload {
        self.payload
    }

    /// Returns the digest of the payload.
    #[must_use]
    pub const fn digest(&self) -> &Digest {
        &self.payload.digest
    }

    /// Returns the versions to which the image applies.
    #[must_use]
    pub const fn applicable_versions(&self) -> ApplicableVersions {
        self.applicable
    }

    /// Returns the URL of the release notes.
    #[must_use]
    pub const fn release_notes_url(&self) -> Option<ReleaseNotesUrl<'a>> {
        self.release_notes_url
    }

    /// Returns the length of the encoding in bytes.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        let mut buffer = [0; Self::MAX_ENCODED_LEN];
        self.encode(&mut buffer).map_or(Self::MAX_ENCODED_LEN, <[u8]>::len)
    }

    /// Returns the size of the whole file in bytes.
    #[must_use]
    pub fn total_size(&self) -> u64 {
        let len = u64::try_from(self.encoded_len()).unwrap_or(u64::MAX);
        self.payload.size.saturating_add(len)
    }

    /// Writes the header to the start of `buffer` and returns it. The payload follows it in the file.
    ///
    /// # Errors
    ///
    /// [`Error::BufferTooSmall`]; not with [`OtaHeader::MAX_ENCODED_LEN`] bytes.
    pub fn encode<'b>(&self, buffer: &'b mut [u8]) -> Result<&'b [u8], Error> {
        let too_small = Error::BufferTooSmall {
            needed: Self::MAX_ENCODED_LEN,
        };
        let (fixed, rest) = buffer.split_first_chunk_mut::<FIXED_HEADER_LEN>().ok_or(too_small)?;
        let len = self.structure(rest).map_err(|_| too_small)?;
        let header_size = u32::try_from(len).map_err(|_| too_small)?;
        // Does not overflow: the check of the payload size leaves room for every header.
        let total = self.payload.size.saturating_add(u64::from(header_size) + 16);
        let [i0, i1, i2, i3] = FILE_IDENTIFIER.to_le_bytes();
        let [t0, t1, t2, t3, t4, t5, t6, t7] = total.to_le_bytes();
        let [h0, h1, h2, h3] = header_size.to_le_bytes();
        *fixed = [i0, i1, i2, i3, t0, t1, t2, t3, t4, t5, t6, t7, h0, h1, h2, h3];
        buffer.get(..FIXED_HEADER_LEN.saturating_add(len)).ok_or(too_small)
    }

    fn structure(&self, buffer: &mut [u8]) -> Result<usize, matter_tlv::Error> {
        let mut writer = Writer::new(buffer);
        writer.start_structure(Tag::Anonymous)?;
        let vendor = self.vendor_id.map_or(0, VendorId::get);
        let product = self.product_id.map_or(0, ProductId::get);
        writer.put_unsigned(Tag::Context(VENDOR_ID), vendor.into())?;
        writer.put_unsigned(Tag::Context(PRODUCT_ID), product.into())?;
        writer.put_unsigned(Tag::Context(SOFTWARE_VERSION), self.software_version.get().into())?;
        writer.put_utf8(
            Tag::Context(SOFTWARE_VERSION_STRING),
            self.software_version_string.get(),
        )?;
        writer.put_unsigned(Tag::Context(PAYLOAD_SIZE), self.payload.size)?;
        if let Some(min) = self.applicable.min() {
            writer.put_unsigned(Tag::Context(MIN_APPLICABLE_VERSION), min.get().into())?;
        }
        if let Some(max) = self.applicable.max() {
            writer.put_unsigned(Tag::Context(MAX_APPLICABLE_VERSION), max.get().into())?;
        }
        if let Some(url) = self.release_notes_url {
            writer.put_utf8(Tag::Context(RELEASE_NOTES_URL), url.get())?;
        }
        writer.put_unsigned(Tag::Context(DIGEST_TYPE), self.digest().kind().get().into())?;
        writer.put_bytes(Tag::Context(DIGEST), self.digest().as_bytes())?;
        writer.end()?;
        writer.finish().map(<[u8]>::len)
    }
}
