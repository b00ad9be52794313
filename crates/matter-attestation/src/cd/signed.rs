use alloc::vec::Vec;

use p256::ecdsa::DerSignature;
use signature::Signer;

use super::content::tag;
use super::declaration::CertificationDeclaration;
use super::test_key::TEST_CD_SIGNING_KEY_ID;
use super::{cms, content};
use crate::{Error, KeyId, PublicKey};

/// A Certification Declaration with its signature, which may be invalid.
///
/// It keeps the signed bytes unchanged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedDeclaration {
    content: CertificationDeclaration,
    tlv: Vec<u8>,
    signer_key_id: KeyId,
    signature: Vec<u8>,
}

impl SignedDeclaration {
    /// Decodes the CMS envelope and the TLV in it, without verifying the signature.
    ///
    /// Both are decoded strictly, except that unknown members after the known ones are skipped.
    ///
    /// # Errors
    ///
    /// [`Error::CdCmsMalformed`] and [`Error::CdCmsField`] for the envelope, [`Error::CdTlvMalformed`],
    /// [`Error::CdMember`], [`Error::CdFormatVersion`], [`Error::CdCertificationType`], [`Error::CdProductIdCount`],
    /// [`Error::CdCertificateIdLength`], [`Error::CdDacOriginIncomplete`] and [`Error::CdAuthorizedPaaCount`] for the
    /// content.
    pub fn decode(input: &[u8]) -> Result<Self, Error> {
        let (tlv, signer_key_id, signature) = cms::decode(input)?;
        Ok(Self {
            content: content::decode(tlv)?,
            tlv: tlv.into(),
            signer_key_id,
            signature: signature.into(),
        })
    }

    /// Returns the content.
    #[must_use]
    pub const fn content(&self) -> &CertificationDeclaration {
        &self.content
    }

    /// Returns the signed bytes.
    #[must_use]
    pub fn as_tlv(&self) -> &[u8] {
        &self.tlv
    }

    /// Returns the subject key identifier of the signer's certificate.
    #[must_use]
    pub const fn signer_key_id(&self) -> KeyId {
        self.signer_key_id
    }

    /// Returns whether the declaration names the published test key, [`TEST_CD_SIGNING_KEY_ID`], as its signer.
    #[must_use]
    pub fn has_test_signer(&self) -> bool {
        self.signer_key_id == TEST_CD_SIGNING_KEY_ID
    }

    /// Verifies that the content was signed with the private half of `public_key`.
    ///
    /// # Errors
    ///
    /// [`Error::SignatureInvalid`] when it was not.
    pub fn verify(&self, public_key: &PublicKey) -> Result<(), Error> {
        public_key.verify_der(&self.tlv, &self.signature)
    }
}

impl CertificationDeclaration {
    /// Signs the content and wraps it as CMS (Matter Core Specification 6.3.1; RFC 5652).
    ///
    /// `signer_key_id` is the subject key identifier of the signer's certificate.
    ///
    /// # Errors
    ///
    /// [`Error::CdMemberNotIssuable`] when security level or information is not 0 or the version number is 0, which
    /// decoded content may have; [`Error::SigningFailed`] when the signer fails; [`Error::EncodingFailed`], which does
    /// not occur for valid content.
    pub fn sign<S: Signer<DerSignature>>(&self, signer: &S, signer_key_id: KeyId) -> Result<Vec<u8>, Error> {
        let issuable = [
            (self.security_level == 0, tag::SECURITY_LEVEL),
            (self.security_information == 0, tag::SECURITY_INFORMATION),
            (self.version_number != 0, tag::VERSION_NUMBER),
        ];
        if let Some((_, tag)) = issuable.into_iter().find(|(issuable, _)| !issuable) {
            return Err(Error::CdMemberNotIssuable { tag });
        }
        let tlv = self.encode_tlv()?;
        let signature = signer.try_sign(&tlv)?;
        cms::encode(&tlv, signer_key_id, signature.as_bytes()).map_err(|_| Error::EncodingFailed)
    }
}
