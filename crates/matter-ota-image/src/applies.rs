use core::fmt;
use core::iter::FusedIterator;

use matter_types::{ProductId, VendorId};

use crate::{OtaHeader, SoftwareVersion};

/// A device that requests an image from a provider (Matter Core Specification 11.20.3.2).
///
/// # Examples
///
/// ```
/// use matter_ota_image::{DigestType, OtaHeader, PayloadHasher, Requestor, SoftwareVersion, SoftwareVersionString};
/// use matter_ota_image::matter_types::{ProductId, VendorId};
///
/// let (vendor, product) = (VendorId::new(0xFFF1)?, ProductId::new(0x8000)?);
/// let payload = PayloadHasher::new(DigestType::Sha256).finish();
/// let text = SoftwareVersionString::new("1.0")?;
/// let header = OtaHeader::new(vendor, product, SoftwareVersion::new(2), text, payload)?;
/// let requestor = Requestor::new(vendor, product, SoftwareVersion::new(2));
/// let reasons: Vec<String> = requestor.obstacles(&header).map(|reason| reason.to_string()).collect();
/// assert_eq!(reasons, ["version 2 is not newer than the device's 2"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requestor {
    vendor_id: VendorId,
    product_id: ProductId,
    current: SoftwareVersion,
}

impl Requestor {
    /// Makes a requestor from a device and the version that it runs.
    #[must_use]
    pub const fn new(vendor_id: VendorId, product_id: ProductId, current: SoftwareVersion) -> Self {
        Self {
            vendor_id,
            product_id,
            current,
        }
    }

    /// Returns the reasons why a provider does not offer the image to this device; empty if it does.
    pub fn obstacles(&self, header: &OtaHeader<'_>) -> impl FusedIterator<Item = Obstacle> + use<> {
        let (version, current) = (header.software_version(), self.current);
        let range = header.applicable_versions();
        let vendor = header.vendor_id().filter(|vendor| *vendor != self.vendor_id);
        let product = header.product_id().filter(|product| *product != self.product_id);
        let reasons = [
            vendor.map(|image| Obstacle::Vendor {
                image,
                device: self.vendor_id,
            }),
            product.map(|image| Obstacle::Product {
                image,
                device: self.product_id,
            }),
            (version <= current).then_some(Obstacle::NotNewer { version, current }),
            range
                .min()
                .filter(|min| current < *min)
                .map(|min| Obstacle::BelowMin { min, current }),
            range
                .max()
                .filter(|max| current > *max)
                .map(|max| Obstacle::AboveMax { max, current }),
        ];
        reasons.into_iter().flatten().fuse()
    }
}

/// A reason why a provider does not offer an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Obstacle {
    /// The device's version is above the largest applicable one.
    AboveMax {
        /// The largest applicable version.
        max: SoftwareVersion,
        /// The device's version.
        current: SoftwareVersion,
    },
    /// The device's version is below the smallest applicable one.
    BelowMin {
        /// The smallest applicable version.
        min: SoftwareVersion,
        /// The device's version.
        current: SoftwareVersion,
    },
    /// The image is not newer.
    NotNewer {
        /// The image's version.
        version: SoftwareVersion,
        /// The device's version.
        current: SoftwareVersion,
    },
    /// The image is for a different product.
    Product {
        /// The image's product.
        image: ProductId,
        /// The device's product.
        device: ProductId,
    },
    /// The image is for a different vendor.
    Vendor {
        /// The image's vendor.
        image: VendorId,
        /// The device's vendor.
        device: VendorId,
    },
}

impl Obstacle {
    /// Returns a stable name.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::AboveMax { .. } => "above-max-applicable",
            Self::BelowMin { .. } => "below-min-applicable",
            Self::NotNewer { .. } => "not-newer",
            Self::Product { .. } => "product-id",
            Self::Vendor { .. } => "vendor-id",
        }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AboveMax { max, current } => {
                write!(
                    f,
                    "the device's version {current} is above {max}, the largest applicable version"
                )
            }
            Self::BelowMin { min, current } => {
                write!(
                    f,
                    "the device's version {current} is below {min}, the smallest applicable version"
                )
            }
            Self::NotNewer { version, current } => {
                write!(f, "version {version} is not newer than the device's {current}")
            }
            Self::Product { image, device } => write!(f, "product ID is {image}; the device's is {device}"),
            Self::Vendor { image, device } => write!(f, "vendor ID is {image}; the device's is {device}"),
        }
    }
}
