use alloc::string::String;

use der::DateTime;
use matter_types::{ProductId, VendorId};

use super::{Crl, RevocationEntry, RevocationFault};
use crate::{Certificate, Error, KeyId};

/// What a vendor enters into the ledger about its list: who signs it for which authority, and where it is (Matter Core
/// Specification 6.2.4 and 11.23.8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevocationPoint {
    vendor_id: VendorId,
    product_id: Option<ProductId>,
    is_paa: bool,
    signer: Certificate,
    delegator: Option<Certificate>,
    issuer_key_id: KeyId,
    data_url: String,
}

impl RevocationPoint {
    /// States that `signer` signs the list at `data_url` for the authority with this subject key identifier, which is a
    /// PAA or else a PAI.
    #[must_use]
    pub fn new(vendor_id: VendorId, is_paa: bool, issuer_key_id: KeyId, signer: Certificate, data_url: &str) -> Self {
        Self {
            vendor_id,
            product_id: None,
            is_paa,
            signer,
            delegator: None,
            issuer_key_id,
            data_url: data_url.into(),
        }
    }

    /// Sets the product id, for a PAI that has one.
    #[must_use]
    pub const fn with_product_id(mut self, product_id: ProductId) -> Self {
        self.product_id = Some(product_id);
        self
    }

    /// Sets the authority's certificate, where another signs its list.
    #[must_use]
    pub fn with_delegator(mut self, delegator: Certificate) -> Self {
        self.delegator = Some(delegator);
        self
    }

    /// Returns the certificate whose key signs the list.
    #[must_use]
    pub const fn signer(&self) -> &Certificate {
        &self.signer
    }

    /// Returns where the list is.
    #[must_use]
    pub fn data_url(&self) -> &str {
        &self.data_url
    }

    /// Builds what a revocation set has to say about this point's authority from its list.
    ///
    /// The signer is a PAA or a PAI, or a PAA or a PAI delegated it. Its path ends at one of `paas`; every certificate
    /// on it was valid when the list was made. `all` are the points of the ledger, this one may be among them: where
    /// several share authority and vendor, the list must name this one's URL. Entries that name another authority as the
    /// issuer of their certificate are left out.
    ///
    /// Unlike the SDK's script (connectedhomeip, `credentials/generate_revocation_set.py`) this verifies the signature
    /// of the list and its dates at `at`.
    ///
    /// # Errors
    ///
    /// Those of [`Crl::verify`], and [`Error::Revocation`] with the [`RevocationFault`] that applies first.
    pub fn entry(&self, all: &[Self], crl: &Crl, paas: &[Certificate], at: DateTime) -> Result<RevocationEntry, Error> {
        self.check(all, crl, paas, at)
            .map(|checked| self.checked_entry(crl, checked))
    }

    /// Returns the entry of a list that [`RevocationPoint::check`] accepted.
    pub(super) fn checked_entry(
        &self,
        crl: &Crl,
        (authority, delegator): (&Certificate, Option<&Certificate>),
    ) -> RevocationEntry {
        RevocationEntry::new(
            authority.subject_der(),
            self.issuer_key_id,
            crl.revoked_by(authority.subject_der()),
            self.signer.clone(),
            delegator.cloned(),
        )
    }

    /// Makes the checks of [`RevocationPoint::entry`], and returns the authority, and itself once more where another
    /// signs its list.
    pub(super) fn check<'a>(
        &'a self,
        all: &[Self],
        crl: &Crl,
        paas: &'a [Certificate],
        at: DateTime,
    ) -> Result<(&'a Certificate, Option<&'a Certificate>), Error> {
        self.check_ids()?;
        let paa = self.paa(paas).ok_or(RevocationFault::SignerUnknown)?;
        crl.verify(&self.signer, at)?;
        let path = [Some(paa), self.delegator.as_ref()];
        if !path
            .iter()
            .flatten()
            .all(|ca| ca.validity().contains(crl.this_update()))
        {
            return Err(RevocationFault::SignerValidity.into());
        }
        self.check_uri(all, crl)?;

        let delegator = match &self.delegator {
            Some(delegator) => Some(delegator),
            // A PAA's delegate; the entry is disregarded unless it says so.
            None if self.is_paa && self.signer != *paa => Some(paa),
            None => None,
        };
        let authority = delegator.unwrap_or(&self.signer);
        if authority.subject_key_id() != Some(self.issuer_key_id) || (self.is_paa && authority != paa) {
            return Err(RevocationFault::PointKeyId.into());
        }
        Ok((authority, delegator))
    }

    /// Checks the point's ids against those in the certificates, a PAI's against the delegator's where there is one.
    fn check_ids(&self) -> Result<(), RevocationFault> {
        if self.is_paa {
            return match self.signer.vendor_id() {
                Some(vendor_id) if vendor_id != self.vendor_id => Err(RevocationFault::PointVendorId),
                _ => Ok(()),
            };
        }
        let authority = self.delegator.as_ref().unwrap_or(&self.signer);
        if authority.vendor_id() != Some(self.vendor_id) {
            return Err(RevocationFault::PointVendorId);
        }
        if authority.product_id().is_some() && authority.product_id() != self.product_id {
            return Err(RevocationFault::PointProductId);
        }
        Ok(())
    }

    /// Finds the PAA at the end of the signer's path.
    fn paa<'a>(&self, paas: &'a [Certificate]) -> Option<&'a Certificate> {
        let top = match &self.delegator {
            Some(delegator) => {
                let delegated = delegator.may_issue() && self.signer.verify_issued_by(delegator).is_ok();
                delegated.then_some(delegator)?
            }
            None => &self.signer,
        };
        paas.iter()
            .find(|paa| *paa == top || (paa.may_issue() && top.verify_issued_by(paa).is_ok()))
    }

    fn check_uri(&self, all: &[Self], crl: &Crl) -> Result<(), RevocationFault> {
        // The whole points, with their certificates, are compared last.
        let shared = all.iter().any(|other| {
            other.issuer_key_id == self.issuer_key_id && other.vendor_id == self.vendor_id && other != self
        });
        if shared && crl.distribution_uri() != Some(&self.data_url) {
            return Err(RevocationFault::PointUri);
        }
        Ok(())
    }
}
