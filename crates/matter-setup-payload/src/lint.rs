use core::fmt;

pub use matter_types::Severity;
use matter_types::{Passcode, VendorId};

use crate::data::value::SERIAL_NUMBER;
use crate::{
    CommissioningFlow, ConcatenatedPayloads, DataValue, DiscoveryCapabilities, ManualPayload, SetupPayload, packed,
};

/// The well-known passcode of connectedhomeip's examples.
const EXAMPLE_PASSCODE: u32 = 20_202_021;

/// A possible problem in the field with a valid code.
///
/// `Display` is one sentence, with the commissioner and the version that was tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finding {
    /// The discovery capabilities are empty or have reserved bits.
    DiscoveryReserved {
        /// The whole mask.
        mask: u8,
    },
    /// The passcode is the one of the SDK's examples.
    ExamplePasscode,
    /// Vendor and product are missing although the flow is not the standard one.
    IdsMissing,
    /// The manual code does not distinguish the user-intent flow from the custom flow.
    ManualFlowUnclear,
    /// The discovery capabilities have bits that were added late to the specification.
    NewDiscovery,
    /// The serial number is numeric.
    NumericSerialNumber,
    /// The code contains several payloads.
    SeveralPayloads,
    /// The data has a tag from 0x01 to 0x04.
    StandardTag {
        /// The tag.
        tag: u8,
    },
    /// The vendor is a test vendor.
    TestVendor {
        /// The vendor.
        vendor: VendorId,
    },
    /// The payload length in bytes is a multiple of three.
    ThreeBytes,
    /// A manufacturer-specific number is unsigned.
    UnsignedNumber {
        /// The tag.
        tag: u8,
    },
    /// A manufacturer-specific number needs more than 32 bits.
    WideNumber {
        /// The tag.
        tag: u8,
    },
}

impl Finding {
    /// Returns the severity.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            Self::DiscoveryReserved { .. } => Severity::Error,
            Self::ManualFlowUnclear | Self::NumericSerialNumber => Severity::Note,
            _ => Severity::Warning,
        }
    }

    /// Returns a stable name.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::DiscoveryReserved { .. } => "discovery-reserved",
            Self::ExamplePasscode => "example-passcode",
            Self::IdsMissing => "ids-missing",
            Self::ManualFlowUnclear => "manual-flow-unclear",
            Self::NewDiscovery => "new-discovery",
            Self::NumericSerialNumber => "numeric-serial-number",
            Self::SeveralPayloads => "several-payloads",
            Self::StandardTag { .. } => "standard-tag",
            Self::TestVendor { .. } => "test-vendor",
            Self::ThreeBytes => "three-bytes",
            Self::UnsignedNumber { .. } => "unsigned-number",
            Self::WideNumber { .. } => "wide-number",
        }
    }
}

impl fmt::Display for Finding {
    #[rustfmt::skip]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DiscoveryReserved { mask } => {
                write!(f, "discovery capabilities {mask} are empty or have reserved bits; a sum of 2, 4, 8, 16 and 32 is allowed")
            }
            Self::ExamplePasscode => f.write_str("passcode is the well-known one of the SDK's examples"),
            Self::IdsMissing => f.write_str(
                "vendor and product are missing; commissioners need them to look up the steps of the flow"
            ),
            Self::ManualFlowUnclear => {
                f.write_str("manual code does not distinguish the user-intent flow from the custom flow; commissioners assume custom")
            }
            Self::NewDiscovery => f.write_str(
                "connectedhomeip 2025.7 and older reject pairing with NFC or Thread among the discovery capabilities"
            ),
            Self::NumericSerialNumber => {
                f.write_str("serial number is numeric; use a string, which every commissioner displays unchanged")
            }
            Self::SeveralPayloads => f.write_str(
                "code contains several payloads: connectedhomeip 2025.7 reads them for pairing but not as one setup payload, \
                 and several other readers reject the whole text"
            ),
            Self::StandardTag { tag } => {
                write!(f, "tag {tag:#04x} makes connectedhomeip 2025.7 reject the whole code")
            }
            Self::TestVendor { vendor } => write!(f, "vendor {vendor} is for tests; products must not use it"),
            Self::ThreeBytes => f.write_str(
                "payload length is a multiple of three bytes, which matter.js up to 0.17.9 rejects; another length of the \
                 serial number helps"
            ),
            Self::UnsignedNumber { tag } => write!(
                f,
                "tag {tag:#04x} is an unsigned integer, which makes connectedhomeip 2025.7 reject the whole code; use a signed one"
            ),
            Self::WideNumber { tag } => write!(
                f,
                "tag {tag:#04x} needs more than 32 bits, which makes connectedhomeip 2025.7 reject the whole code"
            ),
        }
    }
}

impl SetupPayload {
    /// Returns problems with real commissioners, and values that are unwise on a product.
    ///
    /// # Examples
    ///
    /// ```
    /// use matter_setup_payload::{Finding, SetupPayload};
    ///
    /// let payload: SetupPayload = "MT:Y.K9042C00KA0648G00".parse()?;
    /// assert!(payload.lint().any(|finding| finding == Finding::ExamplePasscode));
    /// # Ok::<(), matter_setup_payload::Error>(())
    /// ```
    pub fn lint(&self) -> impl Iterator<Item = Finding> + '_ {
        let (flow, data, discovery) = (self.flow(), self.data(), self.discovery());
        let mask = discovery.get();
        let reserved = DiscoveryCapabilities::new(mask).is_err();
        let new_ways =
            discovery.contains(DiscoveryCapabilities::NFC) || discovery.contains(DiscoveryCapabilities::THREAD);
        let no_ids = flow != CommissioningFlow::Standard && self.vendor_id().is_none();
        let three = !data.is_empty() && (packed::LEN + data.len()).is_multiple_of(3);
        passcode(self.passcode())
            .chain(test_vendor(self.vendor_id()))
            .chain(reserved.then_some(Finding::DiscoveryReserved { mask }))
            .chain((new_ways && !reserved).then_some(Finding::NewDiscovery))
            .chain(no_ids.then_some(Finding::IdsMissing))
            .chain((flow == CommissioningFlow::UserIntent).then_some(Finding::ManualFlowUnclear))
            .chain(three.then_some(Finding::ThreeBytes))
            .chain(data.iter().filter_map(|(tag, value)| member(tag, value)))
    }
}

impl ManualPayload {
    /// Returns values that are unwise on a product.
    pub fn lint(&self) -> impl Iterator<Item = Finding> + '_ {
        let missing = self.ids().is_some_and(|ids| ids.vendor_id.is_none());
        passcode(self.passcode())
            .chain(test_vendor(self.ids().and_then(|ids| ids.vendor_id)))
            .chain(missing.then_some(Finding::IdsMissing))
    }
}

impl ConcatenatedPayloads<'_> {
    /// Returns findings about the combination of several payloads; each payload has its own
    /// findings.
    pub fn lint(&self) -> impl Iterator<Item = Finding> + '_ {
        (self.len() > 1).then_some(Finding::SeveralPayloads).into_iter()
    }
}

fn passcode(passcode: &Passcode) -> impl Iterator<Item = Finding> + use<> {
    (passcode.expose() == EXAMPLE_PASSCODE)
        .then_some(Finding::ExamplePasscode)
        .into_iter()
}

fn test_vendor(vendor: Option<VendorId>) -> Option<Finding> {
    let vendor = vendor.filter(|vendor| vendor.is_test())?;
    Some(Finding::TestVendor { vendor })
}

fn member(tag: u8, value: DataValue<'_>) -> Option<Finding> {
    match (tag, value) {
        (SERIAL_NUMBER, DataValue::Unsigned(_)) => Some(Finding::NumericSerialNumber),
        (0x01..=0x04, _) => Some(Finding::StandardTag { tag }),
        (0x80.., DataValue::Unsigned(number)) if u32::try_from(number).is_ok() => Some(Finding::UnsignedNumber { tag }),
        (0x80.., DataValue::Unsigned(_)) => Some(Finding::WideNumber { tag }),
        (0x80.., DataValue::Signed(number)) if i32::try_from(number).is_err() => Some(Finding::WideNumber { tag }),
        _ => None,
    }
}
