use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use matter_attestation::{PrivateKey, PublicKey, Severity};
use matter_spake2p::{PbkdfParameters, Verifier};
use matter_types::{Discriminator, Passcode, ProductId, VendorId};

use super::{Check, Finding};
use crate::{KeyPlace, RotatingId, SerialNumber};

/// The report of the audit of one device.
pub struct DeviceReport {
    pub(super) findings: Vec<Finding>,
    pub(super) traces: Traces,
    pub(super) new_keys: Vec<PrivateKey>,
    pub(super) customer_keys: Vec<PublicKey>,
}

/// The values that distinguish a device from others, for [`BatchAudit`](crate::BatchAudit) and
/// [`recompute`](crate::recompute).
pub(super) struct Traces {
    pub(super) key_place: KeyPlace,
    pub(super) product: Option<(VendorId, ProductId)>,
    pub(super) discriminator: Option<Discriminator>,
    pub(super) serial: Option<SerialNumber>,
    pub(super) rotating_id: Option<RotatingId>,
    pub(super) public_key: Option<PublicKey>,
    /// The issuer's name and the serial number of the DAC.
    pub(super) certificate: Option<(Vec<u8>, Vec<u8>)>,
    pub(super) common_name: Option<String>,
    pub(super) dac: Option<Vec<u8>>,
    pub(super) pai: Option<Vec<u8>>,
    pub(super) declaration: Option<Vec<u8>>,
    pub(super) parameters: Option<PbkdfParameters>,
    pub(super) verifier: Option<Verifier>,
    pub(super) passcode: Option<Passcode>,
    pub(super) shared: Option<SharedParts>,
}

/// The parts that devices of the same product share, for [`Attested::new`](crate::Attested::new).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SharedParts {
    /// The PAI in DER.
    pub pai: Option<Vec<u8>>,
    /// The Certification Declaration in its CMS envelope.
    pub declaration: Option<Vec<u8>>,
    /// Vendor and product.
    pub product: Option<(VendorId, ProductId)>,
}

impl DeviceReport {
    /// Returns the findings: images, values, label, attestation, secrets.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Adds a finding of the caller, which may check more than bytes.
    pub fn push(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Returns whether there is no finding of this severity or a higher one.
    #[must_use]
    pub fn is_clean(&self, severity: Severity) -> bool {
        self.findings.iter().all(|finding| finding.severity < severity)
    }

    /// Returns whether a check has a finding.
    #[must_use]
    pub fn has(&self, check: Check) -> bool {
        self.findings.iter().any(|finding| finding.check == check)
    }

    /// Returns the location of the private key.
    #[must_use]
    pub const fn key_place(&self) -> KeyPlace {
        self.traces.key_place
    }

    /// Returns vendor and product, if both can be read.
    #[must_use]
    pub const fn product(&self) -> Option<(VendorId, ProductId)> {
        self.traces.product
    }

    /// Returns the discriminator, if it can be read.
    #[must_use]
    pub const fn discriminator(&self) -> Option<Discriminator> {
        self.traces.discriminator
    }

    /// Returns iteration count and salt, if both can be read.
    #[must_use]
    pub const fn parameters(&self) -> Option<&PbkdfParameters> {
        self.traces.parameters.as_ref()
    }

    /// Returns the verifier, if it can be read.
    #[must_use]
    pub const fn verifier(&self) -> Option<&Verifier> {
        self.traces.verifier.as_ref()
    }

    /// Returns the unique id for the rotating device id, if there is one.
    #[must_use]
    pub fn rotating_id(&self) -> Option<&[u8]> {
        self.traces.rotating_id.as_ref().map(|id| id.expose_bytes().as_slice())
    }

    /// Returns the serial number, if there is one.
    #[must_use]
    pub fn serial_number(&self) -> Option<&str> {
        self.traces.serial.as_ref().map(SerialNumber::as_str)
    }

    /// Returns the common name of the DAC, if it can be read.
    #[must_use]
    pub fn common_name(&self) -> Option<&str> {
        self.traces.common_name.as_deref()
    }

    /// Returns the serial number of the DAC, if it can be read.
    #[must_use]
    pub fn certificate_serial(&self) -> Option<&[u8]> {
        let (_, serial) = self.traces.certificate.as_ref()?;
        Some(serial)
    }

    /// Returns the stored DAC in DER.
    #[must_use]
    pub fn dac(&self) -> Option<&[u8]> {
        self.traces.dac.as_deref()
    }

    /// Returns the stored PAI in DER.
    #[must_use]
    pub fn pai(&self) -> Option<&[u8]> {
        self.traces.pai.as_deref()
    }

    /// Returns the stored Certification Declaration in its CMS envelope.
    #[must_use]
    pub fn declaration(&self) -> Option<&[u8]> {
        self.traces.declaration.as_deref()
    }

    /// Returns the public key of the DAC, if it can be read.
    #[must_use]
    pub const fn public_key(&self) -> Option<&PublicKey> {
        self.traces.public_key.as_ref()
    }

    /// Returns the passcode, if the label contains one.
    #[must_use]
    pub const fn passcode(&self) -> Option<&Passcode> {
        self.traces.passcode.as_ref()
    }

    /// Returns the stored private key and keys of known owners found in the device's files, except those given as
    /// [known](crate::Artifacts::with_known_keys). The files of other devices are to be searched for them.
    #[must_use]
    pub fn new_keys(&self) -> &[PrivateKey] {
        &self.new_keys
    }

    /// Returns the public keys of private keys in the NVS image outside Matter's namespace; tables of the batch may
    /// contain these private keys, too.
    #[must_use]
    pub fn customer_keys(&self) -> &[PublicKey] {
        &self.customer_keys
    }

    /// Returns the parts that the device may share with others, unless they were given as already checked.
    #[must_use]
    pub const fn shared_parts(&self) -> Option<&SharedParts> {
        self.traces.shared.as_ref()
    }
}

impl fmt::Debug for DeviceReport {
    /// Omits the values kept for comparing devices, some of which are secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceReport")
            .field("findings", &self.findings)
            .finish_non_exhaustive()
    }
}
