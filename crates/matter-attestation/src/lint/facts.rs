use alloc::vec::Vec;

use der::DateTime;

use crate::issuer_verifier::KeyTable;
use crate::x509::{CertificateDer, Frame, RawIds, is_on_larger_curve};
use crate::{KeyId, PublicKey, SerialNumber};

/// The readable content of a certificate.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    der: CertificateDer,
    /// The signature is ECDSA with SHA-256, so it can be verified.
    pub(crate) has_verifiable_signature: bool,
    /// The signature is of a larger curve than P-256.
    pub(crate) has_larger_signature: bool,
    /// The key is on a larger curve than P-256, so its signatures are not verified.
    pub(crate) is_on_larger_curve: bool,
    /// The name constraints can be read.
    pub(crate) has_name_constraints: bool,
    /// The policy constraints require a policy.
    pub(crate) requires_policy: bool,
    /// It signs CRLs and is not a CA.
    pub(crate) is_crl_signer: bool,
    pub(crate) ids: RawIds,
    pub(crate) serial: Option<SerialNumber>,
    pub(crate) not_before: Option<DateTime>,
    pub(crate) not_after: Option<DateTime>,
    pub(crate) public_key: Option<PublicKey>,
    pub(crate) subject_key_id: Option<KeyId>,
    pub(crate) authority_key_id: Option<KeyId>,
    /// The issuer's serial number in the authority key identifier, which should be absent.
    pub(crate) authority_serial: Option<Vec<u8>>,
    /// The content of the serial number.
    pub(crate) serial_bytes: Vec<u8>,
}

impl Facts {
    pub(super) fn new(der: &[u8], frame: &Frame<'_>) -> Self {
        Self {
            der: CertificateDer::new(der, frame),
            has_verifiable_signature: false,
            has_larger_signature: false,
            is_on_larger_curve: is_on_larger_curve(frame),
            has_name_constraints: false,
            requires_policy: false,
            is_crl_signer: false,
            ids: RawIds::default(),
            serial: None,
            not_before: None,
            not_after: None,
            public_key: None,
            subject_key_id: None,
            authority_key_id: None,
            authority_serial: None,
            serial_bytes: frame.serial.value.into(),
        }
    }

    pub(crate) fn der(&self) -> &[u8] {
        self.der.as_der()
    }

    /// The issuer in DER, with tag and length.
    pub(crate) fn issuer(&self) -> &[u8] {
        self.der.issuer()
    }

    /// The subject in DER, with tag and length.
    pub(crate) fn subject(&self) -> &[u8] {
        self.der.subject()
    }

    /// Whether the certificate is signed with this key.
    pub(crate) fn is_signed_with(&self, key: &PublicKey) -> bool {
        let (signed, signature) = self.der.signed();
        key.verify_der(signed, signature).is_ok()
    }

    /// The same for a key with a table.
    pub(crate) fn is_signed_with_table(&self, key: &KeyTable) -> bool {
        let (signed, signature) = self.der.signed();
        key.verify_der(signed, signature).is_ok()
    }

    /// Whether a time is within the validity, if it can be read.
    pub(crate) fn is_valid_at(&self, time: DateTime) -> bool {
        self.not_before.is_some_and(|start| start <= time) && self.not_after.is_some_and(|end| time <= end)
    }
}
