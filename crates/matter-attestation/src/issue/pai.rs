use alloc::vec::Vec;

use spki::SubjectPublicKeyInfoRef;
use x509_cert::TbsCertificate;
use x509_cert::builder::Result;
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::ext::Extension;
use x509_cert::name::Name;

use super::extensions::Authority;
use super::issuer;
use crate::{Certificate, Error, KeyId, PaiSubject};

/// The profile of a product attestation intermediate's certificate (Matter Core Specification 6.2.2.4): path length 0.
///
/// Only for use with x509-cert's builder; [`Issuer::issue_pai`](crate::Issuer::issue_pai) is the easy way and checks
/// more.
#[derive(Clone, Debug)]
pub struct PaiProfile {
    issuer: Name,
    authority_key_id: KeyId,
    subject: Name,
}

impl PaiProfile {
    /// Makes the profile of one certificate that the holder of `issuer`, a PAA, signs.
    ///
    /// # Errors
    ///
    /// [`Error::NotACertificateAuthority`], [`Error::IssuerPathLength`] when the issuer may not have a CA below itself,
    /// [`Error::SubjectKeyIdMissing`] when the issuer has none, and [`Error::IssuerVendorIdMismatch`] or
    /// [`Error::IssuerProductIdMismatch`] when it serves another vendor or product.
    pub fn new(issuer: &Certificate, subject: &PaiSubject) -> core::result::Result<Self, Error> {
        let authority_key_id = issuer::authority_key_id(issuer)?;
        if issuer.path_len() == Some(0) {
            return Err(Error::IssuerPathLength {
                path_len: issuer.path_len(),
            });
        }
        issuer::check_ids(issuer, subject.subject())?;
        Ok(Self {
            issuer: issuer::name(issuer)?,
            authority_key_id,
            subject: subject.subject().to_name()?,
        })
    }
}

impl BuilderProfile for PaiProfile {
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
            path_len: Some(0),
            key_id: Some(self.authority_key_id),
        }
        .extensions(spk)
    }
}
