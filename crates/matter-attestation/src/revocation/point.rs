use alloc::string::String;

use der::DateTime;
use matter_types::{ProductId, VendorId};

use super::{Crl, RevocationEntry, RevocationFault};
use crate::{Certificate, Error, KeyId};

/// A vendor's entry in the Distributed Compliance Ledger (DCL) about a revocation list: its signer, its authority and
/// its URL (Matter Core Specification 6.2.4 and 11.23.8).
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
    /// Creates a point: `signer` signs the list at `data_url` for the authority with this subject key identifier, a PAA
    /// or otherwise a PAI.
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

    /// Sets the product id of a PAI that has one.
    #[must_use]
    pub const fn with_product_id(mut self, product_id: ProductId) -> Self {
        self.product_id = Some(product_id);
        self
    }

    /// Sets the authority's certificate, if its list has another signer.
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

    /// Returns the URL of the list.
    #[must_use]
    pub fn data_url(&self) -> &str {
        &self.data_url
    }

    /// Builds the revocation set entry of this point's authority from its list.
    ///
    /// The signer must be a PAA or a PAI, or the delegate of one. Its path must end at one of `paas`, and every
    /// certificate on it must have been valid when the list was issued. `all` are the points of the DCL and may
    /// include this one: if several have the same authority and vendor, the list must name this point's URL. Entries
    /// with another certificate issuer are skipped.
    ///
    /// Unlike the SDK's script (connectedhomeip, `credentials/generate_revocation_set.py`), this verifies the signature
    /// of the list and its dates at `at`.
    ///
    /// # Errors
    ///
    /// The errors of [`Crl::verify`], and [`Error::Revocation`] with the first [`RevocationFault`] that applies.
    pub fn entry(&self, all: &[Self], crl: &Crl, paas: &[Certificate], at: DateTime) -> Result<RevocationEntry, Error> {
        self.check(all, crl, paas, at)
            .map(|checked| self.checked_entry(crl, checked))
    }

    /// Returns the entry for a list that [`RevocationPoint::check`] accepted.
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

    /// Makes the checks of [`RevocationPoint::entry`]; returns the authority, and again as delegator if its list has
    /// another signer.
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
            // A PAA's delegate; without the delegator the entry would be ignored.
            None if self.is_paa && self.signer != *paa => Some(paa),
            None => None,
        };
        let authority = delegator.unwrap_or(&self.signer);
        if authority.subject_key_id() != Some(self.issuer_key_id) || (self.is_paa && authority != paa) {
            let authority = if self.is_paa { paa } else { authority };
            return Err(RevocationFault::PointKeyId {
                point: self.issuer_key_id,
                authority: authority.subject_key_id(),
            }
            .into());
        }
        Ok((authority, delegator))
    }

    /// Checks the point's ids against those in the certificates; for a PAI with a delegate, against the delegator's.
    fn check_ids(&self) -> Result<(), RevocationFault> {
        let vendor = |authority: Option<VendorId>| RevocationFault::PointVendorId {
            point: self.vendor_id,
            authority,
        };
        if self.is_paa {
            return match self.signer.vendor_id() {
                Some(vendor_id) if vendor_id != self.vendor_id => Err(vendor(Some(vendor_id))),
                _ => Ok(()),
            };
        }
        let authority = self.delegator.as_ref().unwrap_or(&self.signer);
        if authority.vendor_id() != Some(self.vendor_id) {
            return Err(vendor(authority.vendor_id()));
        }
        if authority.product_id().is_some() && authority.product_id() != self.product_id {
            return Err(RevocationFault::PointProductId {
                point: self.product_id,
                authority: authority.product_id(),
            });
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
        // Compare whole points last, because they contain certificates.
        let shared = all.iter().any(|other| {
            other.issuer_key_id == self.issuer_key_id && other.vendor_id == self.vendor_id && other != self
        });
        if shared && crl.distribution_uri() != Some(&self.data_url) {
            return Err(RevocationFault::PointUri);
        }
        Ok(())
    }
}
