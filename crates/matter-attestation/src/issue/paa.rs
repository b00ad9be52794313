use alloc::vec::Vec;

use spki::SubjectPublicKeyInfoRef;
use x509_cert::TbsCertificate;
use x509_cert::builder::Result;
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::ext::Extension;
use x509_cert::name::Name;

use super::extensions::Authority;
use crate::{Error, PaaSubject};

/// The profile of a product attestation authority's certificate (Matter Core Specification 6.2.2.5): self-signed, path
/// length 1.
///
/// Only for use with x509-cert's builder; [`issue_paa`](crate::issue_paa) is the easy way.
#[derive(Clone, Debug)]
pub struct PaaProfile {
    subject: Name,
}

impl PaaProfile {
    /// Makes the profile of one certificate.
    ///
    /// # Errors
    ///
    /// [`Error::EncodingFailed`], which no subject gives.
    pub fn new(subject: &PaaSubject) -> core::result::Result<Self, Error> {
        Ok(Self {
            subject: subject.subject().to_name()?,
        })
    }
}

impl BuilderProfile for PaaProfile {
    fn get_issuer(&self, subject: &Name) -> Name {
        subject.clone()
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
            path_len: Some(1),
            key_id: None,
        }
        .extensions(spk)
    }
}
