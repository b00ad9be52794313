use matter_types::{ProductId, VendorId};

use crate::{Digest, Error, OtaHeader, OtaUrl, Payload, SoftwareVersion};

/// The record of an image in the Distributed Compliance Ledger (`MsgCreateModelVersion`), validated as a whole.
///
/// Size and checksum cover the *whole file*, including the header; the digest in the header covers only the payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelVersion<'a> {
    header: OtaHeader<'a>,
    vendor_id: VendorId,
    product_id: ProductId,
    cd_version_number: u16,
    file: Payload,
    url: OtaUrl<'a>,
    firmware_information: Option<&'a str>,
    is_valid: bool,
}

impl<'a> ModelVersion<'a> {
    /// The maximum length of the firmware information in bytes.
    pub const MAX_FIRMWARE_INFORMATION_LEN: usize = 512;

    /// Makes a record. `file` is the size and digest of the whole file, as computed by a
    /// [`PayloadHasher`](crate::PayloadHasher); `cd_version_number` is that of the Certification Declaration.
    ///
    /// # Errors
    ///
    /// [`Error::VendorIdZero`] and [`Error::ProductIdZero`], because a record belongs to one model;
    /// [`Error::DigestNotForLedger`].
    pub fn new(header: OtaHeader<'a>, file: Payload, url: OtaUrl<'a>, cd_version_number: u16) -> Result<Self, Error> {
        if !file.digest.kind().is_for_ledger() {
            return Err(Error::DigestNotForLedger {
                code: file.digest.kind().get(),
            });
        }
        Ok(Self {
            vendor_id: header.vendor_id().ok_or(Error::VendorIdZero)?,
            product_id: header.product_id().ok_or(Error::ProductIdZero)?,
            header,
            cd_version_number,
            file,
            url,
            firmware_information: None,
            is_valid: true,
        })
    }

    /// Adds the firmware information.
    ///
    /// # Errors
    ///
    /// [`Error::FirmwareInformationTooLong`].
    pub fn with_firmware_information(self, text: &'a str) -> Result<Self, Error> {
        let len = text.len();
        if len > Self::MAX_FIRMWARE_INFORMATION_LEN {
            return Err(Error::FirmwareInformationTooLong { len });
        }
        Ok(Self {
            firmware_information: Some(text),
            ..self
        })
    }

    /// Marks the version as withdrawn: it must not be installed any more.
    #[must_use]
    pub const fn withdrawn(self) -> Self {
        Self {
            is_valid: false,
            ..self
        }
    }

    /// Returns the header of the image.
    #[must_use]
    pub const fn header(&self) -> &OtaHeader<'a> {
        &self.header
    }

    /// Returns the vendor.
    #[must_use]
    pub const fn vendor_id(&self) -> VendorId {
        self.vendor_id
    }

    /// Returns the product.
    #[must_use]
    pub const fn product_id(&self) -> ProductId {
        self.product_id
    }

    /// Returns the version of the Certification Declaration.
    #[must_use]
    pub const fn cd_version_number(&self) -> u16 {
        self.cd_version_number
    }

    /// Returns the smallest applicable version; 0 if the header has none.
    #[must_use]
    pub fn min_applicable_version(&self) -> SoftwareVersion {
        self.header.applicable_versions().min().unwrap_or(SoftwareVersion::MIN)
    }

    /// Returns the largest applicable version; one less than the image version if the header has none.
    #[must_use]
    pub fn max_applicable_version(&self) -> SoftwareVersion {
        let before = SoftwareVersion::new(self.header.software_version().get().saturating_sub(1));
        self.header.applicable_versions().max().unwrap_or(before)
    }

    /// Returns the URL of the file.
    #[must_use]
    pub const fn ota_url(&self) -> OtaUrl<'a> {
        self.url
    }

    /// Returns the size of the file in bytes.
    #[must_use]
    pub const fn ota_file_size(&self) -> u64 {
        self.file.size
    }

    /// Returns the digest of the file.
    #[must_use]
    pub const fn ota_checksum(&self) -> &Digest {
        &self.file.digest
    }

    /// Returns the firmware information.
    #[must_use]
    pub const fn firmware_information(&self) -> Option<&'a str> {
        self.firmware_information
    }

    /// Returns whether the version may be installed.
    #[must_use]
    pub const fn is_valid(&self) -> bool {
        self.is_valid
    }
}
