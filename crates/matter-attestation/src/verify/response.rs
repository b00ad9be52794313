use crate::finding::Findings;
use crate::lint::Facts;
use crate::{AttestationElements, Error, Object, Rule, SdkResult};

/// A device's answer to an attestation request, and the values that it is compared with.
#[derive(Clone, Copy, Debug)]
pub struct AttestationResponse<'a> {
    /// The attestation elements.
    pub elements: &'a [u8],
    /// The signature: r and s, 32 bytes each.
    pub signature: &'a [u8],
    /// The attestation challenge of the secure session, 16 bytes.
    pub challenge: &'a [u8],
    /// The nonce in the request, 32 bytes.
    pub nonce: &'a [u8],
}

impl<'a> AttestationResponse<'a> {
    /// Checks elements and signature, and returns the declaration in them.
    pub(super) fn check(&self, dac: Option<&Facts>, findings: &mut Findings) -> Option<&'a [u8]> {
        if self.challenge.is_empty() || self.nonce.is_empty() || self.signature.is_empty() {
            findings.add_with(
                Rule::PartMissing,
                Object::Elements,
                format_args!("challenge, nonce or signature"),
            );
        }
        if self.elements.len() > AttestationElements::MAX_LEN {
            let len = self.elements.len();
            findings.add_with(Rule::ElementsTooLong, Object::Elements, format_args!("{len} bytes"));
        }
        self.check_signature(dac, findings);
        let elements = match AttestationElements::decode(self.elements) {
            Ok(elements) => elements,
            Err(Error::ElementsMember { tag, offset }) => {
                let detail = format_args!("member {tag} at byte {offset}");
                findings.add_with(Rule::ElementsMalformed, Object::Elements, detail);
                return None;
            }
            Err(error) => {
                findings.add_with(Rule::ElementsMalformed, Object::Elements, format_args!("{error}"));
                return None;
            }
        };
        let nonce = elements.nonce();
        if nonce != self.nonce {
            findings.add(Rule::ElementsNonce, Object::Elements);
        }
        if nonce.len() != AttestationElements::NONCE_LEN {
            let detail = format_args!("{} bytes", nonce.len());
            findings.add_with(Rule::ElementsNonceLength, Object::Elements, detail);
        }
        Some(elements.declaration())
    }

    fn check_signature(&self, dac: Option<&Facts>, findings: &mut Findings) {
        if self.challenge.len() != AttestationElements::CHALLENGE_LEN {
            let detail = format_args!("{} bytes", self.challenge.len());
            findings.add_with(Rule::ElementsChallengeLength, Object::Elements, detail);
        }
        let len = self.signature.len();
        if len != SIGNATURE_LEN {
            // The SDK's buffer holds at most 64 bytes; a shorter signature is invalid for it.
            let result = if len > SIGNATURE_LEN {
                SdkResult::AttestationSignatureInvalidFormat
            } else {
                SdkResult::AttestationSignatureInvalid
            };
            findings.add_as(
                Rule::ElementsSignatureLength,
                Object::Elements,
                Some(result),
                format_args!("{len} bytes"),
            );
            return;
        }
        let message = [self.elements, self.challenge].concat();
        if let Some(dac) = dac {
            let verified = dac
                .public_key
                .is_some_and(|key| key.verify_raw(&message, self.signature).is_ok());
            if !verified {
                findings.add(Rule::ElementsSignature, Object::Elements);
            }
        }
    }
}

/// The length of r and s together.
const SIGNATURE_LEN: usize = 64;
