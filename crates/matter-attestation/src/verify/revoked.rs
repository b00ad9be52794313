//! Looking PAI and DAC up in a revocation set (Matter Core Specification 6.2.4).

use crate::finding::Findings;
use crate::lint::Facts;
use crate::{Object, RevocationSet, RevocationStatus, Rule, SdkResult};

/// Looks a certificate up, and says what is not known about it.
pub(super) fn look_up(set: &RevocationSet, facts: &Facts, object: Object, findings: &mut Findings) -> bool {
    let (Some(issuer), Some(serial)) = (facts.authority_key_id, facts.serial) else {
        return false;
    };
    match set.status(facts.issuer(), issuer, serial) {
        RevocationStatus::Revoked => return true,
        RevocationStatus::NotRevoked => {}
        RevocationStatus::NoData => findings.add(Rule::RevocationNoData, object),
        RevocationStatus::Disregarded => findings.add(Rule::RevocationDisregarded, object),
    }
    false
}

/// Reports what is revoked; the SDK has a result of its own for both together.
pub(super) fn report(pai: bool, dac: bool, findings: &mut Findings) {
    for (revoked, rule, object) in [
        (pai, Rule::PaiRevoked, Object::Pai),
        (dac, Rule::DacRevoked, Object::Dac),
    ] {
        if revoked {
            let result = if pai && dac {
                Some(SdkResult::PaiAndDacRevoked)
            } else {
                rule.sdk_result(object)
            };
            findings.add_as(rule, object, result, format_args!(""));
        }
    }
}
