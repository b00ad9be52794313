//! The three profiles for x509-cert's builder: names, and the four extensions of every attestation certificate, in the
//! order of encoding.

use alloc::vec;
use alloc::vec::Vec;

use der::Decode;
use der::asn1::OctetString;
use der::flagset::FlagSet;
use spki::SubjectPublicKeyInfoRef;
use x509_cert::TbsCertificate;
use x509_cert::builder::Result as BuilderResult;
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, BasicConstraints, KeyUsage, KeyUsages, SubjectKeyIdentifier};
use x509_cert::ext::{Extension, ToExtension};
use x509_cert::name::Name;

use super::subject::Subject;
use crate::{Certificate, DacSubject, Error, KeyId, PaaSubject, PaiSubject};

/// The profile of a device attestation certificate (Matter Core Specification 6.2.2.3).
///
/// For use with x509-cert's builder; [`Issuer::issue_dac`](crate::Issuer::issue_dac) is easier to use and checks more.
#[derive(Clone, Debug)]
pub struct DacProfile(Profile);

impl DacProfile {
    /// Creates the profile of a certificate signed by `issuer`, a PAI.
    ///
    /// # Errors
    ///
    /// [`Error::NotACertificateAuthority`], [`Error::IssuerPathLength`] when the issuer is not a PAI,
    /// [`Error::SubjectKeyIdMissing`] or [`Error::IssuerVendorIdMissing`] when the issuer has none, and
    /// [`Error::IssuerVendorIdMismatch`] or [`Error::IssuerProductIdMismatch`] when it is for another vendor or
    /// product.
    pub fn new(issuer: &Certificate, subject: &DacSubject) -> Result<Self, Error> {
        let key_id = authority_key_id(issuer)?;
        let path_len = issuer.path_len();
        if path_len != Some(0) {
            return Err(Error::IssuerPathLength { path_len });
        }
        if issuer.vendor_id().is_none() {
            return Err(Error::IssuerVendorIdMissing);
        }
        Profile::below(issuer, key_id, subject.subject(), None).map(Self)
    }
}

/// The profile of a product attestation intermediate's certificate (Matter Core Specification 6.2.2.4): path length 0.
///
/// For use with x509-cert's builder; [`Issuer::issue_pai`](crate::Issuer::issue_pai) is easier to use and checks more.
#[derive(Clone, Debug)]
pub struct PaiProfile(Profile);

impl PaiProfile {
    /// Creates the profile of a certificate signed by `issuer`, a PAA.
    ///
    /// # Errors
    ///
    /// [`Error::NotACertificateAuthority`], [`Error::IssuerPathLength`] when the issuer may not issue CA certificates,
    /// [`Error::SubjectKeyIdMissing`] when the issuer has none, and [`Error::IssuerVendorIdMismatch`] or
    /// [`Error::IssuerProductIdMismatch`] when it is for another vendor or product.
    pub fn new(issuer: &Certificate, subject: &PaiSubject) -> Result<Self, Error> {
        let key_id = authority_key_id(issuer)?;
        let path_len = issuer.path_len();
        if path_len == Some(0) {
            return Err(Error::IssuerPathLength { path_len });
        }
        Profile::below(issuer, key_id, subject.subject(), Some(0)).map(Self)
    }
}

/// The profile of a product attestation authority's certificate (Matter Core Specification 6.2.2.5): self-signed, path
/// length 1.
///
/// For use with x509-cert's builder; [`issue_paa`](crate::issue_paa) is easier to use.
#[derive(Clone, Debug)]
pub struct PaaProfile(Profile);

impl PaaProfile {
    /// Creates the profile of a certificate.
    ///
    /// # Errors
    ///
    /// [`Error::EncodingFailed`], which does not occur for a valid subject.
    pub fn new(subject: &PaaSubject) -> Result<Self, Error> {
        Ok(Self(Profile {
            issuer: None,
            subject: subject.subject().to_name()?,
            path_len: Some(1),
        }))
    }
}

#[derive(Clone, Debug)]
struct Profile {
    /// The issuer's subject and subject key identifier; `None` for a self-signed certificate.
    issuer: Option<(Name, KeyId)>,
    subject: Name,
    /// `None` for a certificate that is not a CA.
    path_len: Option<u8>,
}

impl Profile {
    fn below(issuer: &Certificate, key_id: KeyId, subject: &Subject, path_len: Option<u8>) -> Result<Self, Error> {
        check_ids(issuer, subject)?;
        let name = Name::from_der(issuer.subject_der()).map_err(|_| Error::EncodingFailed)?;
        Ok(Self {
            issuer: Some((name, key_id)),
            subject: subject.to_name()?,
            path_len,
        })
    }

    /// Returns basic constraints, key usage, subject key identifier and authority key identifier.
    fn extensions(&self, spki: SubjectPublicKeyInfoRef<'_>) -> BuilderResult<Vec<Extension>> {
        let constraints = BasicConstraints {
            ca: self.path_len.is_some(),
            path_len_constraint: self.path_len,
        };
        let usage: FlagSet<KeyUsages> = match self.path_len {
            Some(_) => KeyUsages::KeyCertSign | KeyUsages::CRLSign,
            None => KeyUsages::DigitalSignature.into(),
        };
        let subject_key_id = SubjectKeyIdentifier::try_from(spki)?;
        let authority = match &self.issuer {
            Some((_, id)) => OctetString::new(*id.as_bytes())?,
            None => subject_key_id.0.clone(),
        };
        let authority_key_id = AuthorityKeyIdentifier {
            key_identifier: Some(authority),
            ..AuthorityKeyIdentifier::default()
        };
        // The builder passes name and list for extensions with a criticality that depends on them, which these do not
        // have.
        let name = Name::default();
        Ok(vec![
            (true, &constraints).to_extension(&name, &[])?,
            (true, &KeyUsage(usage)).to_extension(&name, &[])?,
            (false, &subject_key_id).to_extension(&name, &[])?,
            (false, &authority_key_id).to_extension(&name, &[])?,
        ])
    }
}

macro_rules! builder_profile {
    ($($profile:ident),+) => {$(
        impl BuilderProfile for $profile {
            fn get_issuer(&self, subject: &Name) -> Name {
                self.0.issuer.as_ref().map_or(subject, |(name, _)| name).clone()
            }

            fn get_subject(&self) -> Name {
                self.0.subject.clone()
            }

            fn build_extensions(
                &self,
                spk: SubjectPublicKeyInfoRef<'_>,
                _issuer_spk: SubjectPublicKeyInfoRef<'_>,
                _tbs: &TbsCertificate,
            ) -> BuilderResult<Vec<Extension>> {
                self.0.extensions(spk)
            }
        }
    )+};
}

builder_profile!(DacProfile, PaiProfile, PaaProfile);

/// Returns the authority key identifier of certificates from this issuer.
pub(super) fn authority_key_id(issuer: &Certificate) -> Result<KeyId, Error> {
    if !issuer.may_issue() {
        return Err(Error::NotACertificateAuthority);
    }
    issuer.subject_key_id().ok_or(Error::SubjectKeyIdMissing)
}

/// Checks that the subject has the ids to which the issuer is restricted.
fn check_ids(issuer: &Certificate, subject: &Subject) -> Result<(), Error> {
    if let Some(vendor_id) = issuer.vendor_id()
        && subject.vendor_id != Some(vendor_id)
    {
        return Err(Error::IssuerVendorIdMismatch {
            issuer: vendor_id,
            subject: subject.vendor_id,
        });
    }
    if let Some(product_id) = issuer.product_id()
        && subject.product_id != Some(product_id)
    {
        return Err(Error::IssuerProductIdMismatch {
            issuer: product_id,
            subject: subject.product_id,
        });
    }
    Ok(())
}
