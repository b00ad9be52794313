//! The four extensions of every attestation certificate, in the order in which they are issued.

use alloc::vec;
use alloc::vec::Vec;

use der::asn1::OctetString;
use der::flagset::FlagSet;
use spki::SubjectPublicKeyInfoRef;
use x509_cert::builder::Result;
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, BasicConstraints, KeyUsage, KeyUsages, SubjectKeyIdentifier};
use x509_cert::ext::{Extension, ToExtension};
use x509_cert::name::Name;

use crate::KeyId;

pub(super) struct Authority {
    /// `None` for a certificate that is no authority.
    pub(super) path_len: Option<u8>,
    /// The issuer's subject key identifier, copied; `None` where subject and issuer are one.
    pub(super) key_id: Option<KeyId>,
}

impl Authority {
    /// Returns basic constraints, key usage, subject key identifier and authority key identifier.
    pub(super) fn extensions(&self, spki: SubjectPublicKeyInfoRef<'_>) -> Result<Vec<Extension>> {
        let constraints = BasicConstraints {
            ca: self.path_len.is_some(),
            path_len_constraint: self.path_len,
        };
        let usage: FlagSet<KeyUsages> = match self.path_len {
            Some(_) => KeyUsages::KeyCertSign | KeyUsages::CRLSign,
            None => KeyUsages::DigitalSignature.into(),
        };
        let subject_key_id = SubjectKeyIdentifier::try_from(spki)?;
        let authority_octets = match self.key_id {
            Some(id) => OctetString::new(*id.as_bytes())?,
            None => subject_key_id.0.clone(),
        };
        let authority_key_id = AuthorityKeyIdentifier {
            key_identifier: Some(authority_octets),
            ..AuthorityKeyIdentifier::default()
        };
        // The name and the list are for extensions whose criticality depends on them; none of these does.
        let name = Name::default();
        Ok(vec![
            (true, &constraints).to_extension(&name, &[])?,
            (true, &KeyUsage(usage)).to_extension(&name, &[])?,
            (false, &subject_key_id).to_extension(&name, &[])?,
            (false, &authority_key_id).to_extension(&name, &[])?,
        ])
    }
}
