use alloc::vec::Vec;

use spki::SubjectPublicKeyInfoRef;
use x509_cert::TbsCertificate;
use x509_cert::builder::Result;
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::ext::Extension;
use x509_cert::name::Name;

use super::extensions::Authority;
use super::issuer;
use crate::{Certificate, DacSubject, Error, KeyId};

/// The profile of a device attestation certificate (Matter Core Specification 6.2.2.3).
///
/// Only for use with x509-cert's builder; [`Issuer::issue_dac`](crate::Issuer::issue_dac) is the easy way and checks
/// more.
#[derive(Clone, Debug)]
pub struct DacProfile {
    issuer: Name,
    authority_key_id: KeyId,
    subject: Name,
}

impl DacProfile {
    /// Makes the profile of one certificate that the holder of `issuer`, a PAI, signs.
    ///
    /// # Errors
    ///
    /// [`Error::NotACertificateAuthority`], [`Error::IssuerPathLength`] when the issuer is not a PAI,
    /// [`Error::SubjectKeyIdMissing`] or [`Error::IssuerVendorIdMissing`] when the issuer has none, and
    /// [`Error::IssuerVendorIdMismatch`] or [`Error::IssuerProductIdMismatch`] when it serves another vendor or product.
    pub fn new(issuer: &Certificate, subject: &DacSubject) -> core::result::Result<Self, Error> {
        let authority_key_id = issuer::authority_key_id(issuer)?;
        if issuer.path_len() != Some(0) {
            return Err(Error::IssuerPathLength {
                path_len: issuer.path_len(),
            });
        }
        if issuer.vendor_id().is_none() {
            return Err(Error::IssuerVendorIdMissing);
        }
        issuer::check_ids(issuer, subject.subject())?;
        Ok(Self {
            issuer: issuer::name(issuer)?,
            authority_key_id,
            subject: subject.subject().to_name()?,
        })
    }
}

impl BuilderProfile for DacProfile {
    fn get_issuer(&self, _subject: &Name) -> Name {
        self.issuer.clone()
    }

    fn get_subject(&self) -> Name {
        self.subject.clone()
    }

    fn build_extensions(
        &self,
        spk: SubjectPublicKeyInfoRef<'_>,
        _issuer_spk: SubjectPublicKeyInfoRef<'_>,
        _tbs: &TbsCertificate,
    ) -> Result<Vec<Extension>> {
        Authority {
            path_len: None,
            key_id: Some(self.authority_key_id),
        }
        .extensions(spk)
    }
}
