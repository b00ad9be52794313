use alloc::vec::Vec;

use matter_attestation::{DateTime, DeclarationSigners, PaaStore, RevocationSet};
use matter_setup_payload::CommissioningFlow;
use matter_types::{ProductId, VendorId};

/// The expected properties of devices, and the trusted certificates. Properties that are not set are not compared.
///
/// # Examples
///
/// ```
/// use matter_factory_data::matter_types::{ProductId, VendorId};
/// use matter_factory_data::{Artifacts, Expected, audit};
///
/// let (vendor, product) = (VendorId::new(0xFFF1)?, ProductId::new(0x8000)?);
/// let expected = Expected::new().with_product(vendor, product).without_attestation();
/// let report = audit(&Artifacts::new().with_nvs(&[0xFF; 0x6000]).with_expected(&expected));
/// assert!(!report.findings().is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Expected<'a> {
    pub(super) product: Option<(VendorId, ProductId)>,
    pub(super) declaration: Option<&'a [u8]>,
    pub(super) flow: Option<CommissioningFlow>,
    pub(super) paa_store: Option<&'a PaaStore>,
    pub(super) signers: Option<&'a DeclarationSigners>,
    pub(super) revocation: Option<&'a RevocationSet>,
    pub(super) time: Option<DateTime>,
    pub(super) for_tests: bool,
    pub(super) dynamic_passcode: bool,
    pub(super) without_attestation: bool,
}

impl<'a> Expected<'a> {
    /// Creates an empty set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets vendor and product.
    #[must_use]
    pub const fn with_product(mut self, vendor_id: VendorId, product_id: ProductId) -> Self {
        self.product = Some((vendor_id, product_id));
        self
    }

    /// Sets the Certification Declaration of all devices, in its CMS envelope.
    #[must_use]
    pub const fn with_declaration(mut self, cms: &'a [u8]) -> Self {
        self.declaration = Some(cms);
        self
    }

    /// Sets the commissioning flow.
    #[must_use]
    pub const fn with_flow(mut self, flow: CommissioningFlow) -> Self {
        self.flow = Some(flow);
        self
    }

    /// Sets the trusted PAAs; for a test device that of its [`TestChain`](matter_attestation::TestChain).
    #[must_use]
    pub const fn with_paa_store(mut self, store: &'a PaaStore) -> Self {
        self.paa_store = Some(store);
        self
    }

    /// Sets the accepted signers of declarations; by default the CSA, and the test signer with a finding.
    #[must_use]
    pub const fn with_declaration_signers(mut self, signers: &'a DeclarationSigners) -> Self {
        self.signers = Some(signers);
        self
    }

    /// Sets the revoked certificates.
    #[must_use]
    pub const fn with_revocation_set(mut self, set: &'a RevocationSet) -> Self {
        self.revocation = Some(set);
        self
    }

    /// Sets the time at which the certificates must be valid.
    #[must_use]
    pub const fn at(mut self, time: DateTime) -> Self {
        self.time = Some(time);
        self
    }

    /// Marks the devices as test devices: test credentials are then only a warning.
    #[must_use]
    pub const fn for_tests(mut self) -> Self {
        self.for_tests = true;
        self
    }

    /// Declares that the firmware generates its passcode, so neither verifier nor salt is stored.
    #[must_use]
    pub const fn with_dynamic_passcode(mut self) -> Self {
        self.dynamic_passcode = true;
        self
    }

    /// Declares that the devices get their attestation credentials elsewhere.
    #[must_use]
    pub const fn without_attestation(mut self) -> Self {
        self.without_attestation = true;
        self
    }

    /// Returns the trusted PAAs in DER.
    pub fn trusted(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.paa_store.into_iter().flat_map(PaaStore::certificates)
    }

    /// Returns the inputs that were not given, so that the attestation of devices is not checked against them.
    #[must_use]
    pub fn missing(&self) -> Vec<&'static str> {
        let parts = [
            ("trusted PAAs", self.paa_store.is_none()),
            ("revoked certificates", self.revocation.is_none()),
            ("vendor and product", self.product.is_none()),
            ("a declaration", self.declaration.is_none()),
        ];
        let missing = parts.iter().filter(|(_, is_missing)| *is_missing);
        missing.map(|(what, _)| *what).collect()
    }

    /// Returns whether the firmware generates its passcode.
    #[must_use]
    pub const fn has_dynamic_passcode(&self) -> bool {
        self.dynamic_passcode
    }
}
