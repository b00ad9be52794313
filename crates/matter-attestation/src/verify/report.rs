use alloc::vec::Vec;

use crate::{Finding, Profile, SdkResult, Severity};

/// The findings of a [`Verification`](crate::Verification).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerificationReport {
    profile: Profile,
    findings: Vec<Finding>,
}

impl VerificationReport {
    pub(super) const fn new(profile: Profile, findings: Vec<Finding>) -> Self {
        Self { profile, findings }
    }

    /// Returns whether there is no error.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        self.errors().next().is_none()
    }

    /// Returns the findings: those about the certificates from the PAA down, then declaration, elements and revocation.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Returns the findings that refuse the device.
    pub fn errors(&self) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(|finding| finding.severity() == Severity::Error)
    }

    /// Returns the profile that determines the severities.
    #[must_use]
    pub const fn profile(&self) -> Profile {
        self.profile
    }

    /// Returns the single result of a commissioner built on the Matter SDK with OpenSSL, which does not depend on the
    /// profile.
    #[must_use]
    pub fn sdk_result(&self) -> SdkResult {
        self.first(Finding::sdk_result)
    }

    /// Returns the same for a commissioner built with BoringSSL, such as Home Assistant's.
    #[must_use]
    pub fn boringssl_result(&self) -> SdkResult {
        self.first(Finding::boringssl_result)
    }

    fn first(&self, result: fn(&Finding) -> Option<SdkResult>) -> SdkResult {
        self.findings
            .iter()
            .filter_map(|finding| Some((result(finding)?, finding.object())))
            .min_by_key(|(result, object)| result.step(*object))
            .map_or(SdkResult::Success, |(result, _)| result)
    }
}
