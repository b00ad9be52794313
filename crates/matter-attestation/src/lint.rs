//! The rules of one certificate (Matter Core Specification 6.2.2; RFC 5280): the reader's faults become findings, and
//! the parts that it reads are checked against the rules for a PAA, a PAI or a DAC.

mod extensions;
mod facts;
mod names;

use p256::ecdsa::DerSignature;

pub(crate) use self::facts::Facts;
use crate::finding::{AboutObject, Findings};
use crate::x509::{self, Frame, is_larger_signature};
use crate::{Object, Rule};

/// Adds a finding for every rule that the certificate breaks, and returns its content unless the frame cannot be read.
pub(crate) fn lint(der: &[u8], object: Object, findings: &mut Findings) -> Option<Facts> {
    let lint = &mut findings.about(object);
    let Ok(frame) = Frame::read(der, lint);
    let frame = frame?;
    let mut facts = Facts::new(der, &frame);
    let Ok(serial) = x509::serial(&frame, lint);
    let Ok(is_known_algorithm) = x509::algorithms(&frame, lint);
    facts.serial = serial;
    facts.has_larger_signature = is_known_algorithm && is_larger_signature(frame.signature);
    facts.has_verifiable_signature = signature(&frame, lint) && is_known_algorithm && !facts.has_larger_signature;
    let Ok((not_before, not_after)) = x509::validity(&frame, lint);
    (facts.not_before, facts.not_after) = (not_before, not_after);
    let Ok(public_key) = x509::public_key(&frame, lint);
    facts.public_key = public_key;
    facts.is_crl_signer = object == Object::Dac && extensions::is_crl_signer(&frame);
    if facts.is_crl_signer {
        lint.add(Rule::CrlSigner);
    }
    facts.ids = names::check(&frame, facts.is_crl_signer, lint);
    extensions::check(&frame, &mut facts, lint);
    Some(facts)
}

/// Checks that the signature consists of two numbers, for P-256 or a larger curve of the issuer.
fn signature(frame: &Frame<'_>, lint: &mut AboutObject<'_>) -> bool {
    let well_formed = DerSignature::from_bytes(frame.signature).is_ok() || is_larger_signature(frame.signature);
    if !well_formed {
        lint.add(Rule::CertificateSignatureMalformed);
    }
    well_formed
}
