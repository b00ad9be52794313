//! Certificate policies (RFC 5280, 6.1), which BoringSSL always checks, and OpenSSL only on request, which the SDK does
//! not make. The PAA is the trust anchor, whose policies are ignored.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use crate::lint::Facts;
use crate::x509::{Extensions, Malformed, Tlv, Walker, id, tag};

/// The content of the OBJECT IDENTIFIER anyPolicy, 2.5.29.32.0.
const ANY: &[u8] = &[0x55, 0x1D, 0x20, 0];

/// A policy of the issuer and the equivalent policy of the subject.
type Mapping<'a> = (&'a [u8], &'a [u8]);

/// The policies of one certificate, the mappings between them and the constraints on certificates below.
#[derive(Clone, Debug, Default)]
struct Policies<'a> {
    /// The policies, or `None` without the extension.
    policies: Option<BTreeSet<&'a [u8]>>,
    mappings: Vec<Mapping<'a>>,
    require_explicit: Option<u64>,
    inhibit_mapping: Option<u64>,
    inhibit_any: Option<u64>,
}

impl<'a> Policies<'a> {
    fn read(extensions: &Extensions<'a>) -> Result<Self, Malformed> {
        let content = |number| extensions.find(number).map(|extension| extension.value.inside());
        let mut read = Self::default();
        if let Some(content) = content(id::CERTIFICATE_POLICIES) {
            read.policies = Some(policies(content)?);
        }
        if let Some(content) = content(id::POLICY_MAPPINGS) {
            read.mappings = mappings(content)?;
        }
        if let Some(content) = content(id::POLICY_CONSTRAINTS) {
            let whole = content.only(tag::SEQUENCE)?;
            let mut fields = whole.inside();
            let mut number = |tag| fields.next_if(tag)?.map(|number| number.small_number()).transpose();
            (read.require_explicit, read.inhibit_mapping) = (number(tag::IMPLICIT_0)?, number(tag::IMPLICIT_1)?);
            fields.finish()?;
            if read.require_explicit.is_none() && read.inhibit_mapping.is_none() {
                return Err(whole.malformed());
            }
        }
        if let Some(content) = content(id::INHIBIT_ANY_POLICY) {
            read.inhibit_any = Some(content.only(tag::INTEGER)?.small_number()?);
        }
        Ok(read)
    }
}

/// Decodes policies, which must not be duplicated (RFC 5280, 4.2.1.4).
fn policies(content: Walker<'_>) -> Result<BTreeSet<&[u8]>, Malformed> {
    let mut found = BTreeSet::new();
    let whole = content.only(tag::SEQUENCE)?;
    let mut list = whole.inside();
    while !list.is_empty() {
        let information = list.expect(tag::SEQUENCE)?;
        let mut fields = information.inside();
        let policy = fields.object_identifier()?;
        fields.next_if(tag::SEQUENCE)?;
        fields.finish()?;
        if !found.insert(policy) {
            return Err(information.malformed());
        }
    }
    if found.is_empty() {
        return Err(whole.malformed());
    }
    Ok(found)
}

/// Decodes mappings, none from or to anyPolicy (RFC 5280, 4.2.1.5).
fn mappings(content: Walker<'_>) -> Result<Vec<Mapping<'_>>, Malformed> {
    let whole = content.only(tag::SEQUENCE)?;
    let (mut found, mut list) = (Vec::new(), whole.inside());
    while !list.is_empty() {
        let pair: Tlv<'_> = list.expect(tag::SEQUENCE)?;
        let mut fields = pair.inside();
        let (from, to) = (fields.object_identifier()?, fields.object_identifier()?);
        fields.finish()?;
        if from == ANY || to == ANY {
            return Err(pair.malformed());
        }
        found.push((from, to));
    }
    if found.is_empty() {
        return Err(whole.malformed());
    }
    Ok(found)
}

/// Checks the form of all policy extensions, and returns whether there are constraints.
pub(crate) fn check(extensions: &Extensions<'_>) -> Result<bool, Malformed> {
    let read = Policies::read(extensions)?;
    Ok(read.require_explicit.is_some())
}

/// Whether PAI or DAC require a policy that is valid for both, but there is none.
pub(crate) fn is_missing(pai: &Facts, dac: &Facts) -> bool {
    /// One more than the number of certificates below the trust anchor.
    const NEVER: u64 = 3;
    if !pai.requires_policy && !dac.requires_policy {
        return false;
    }
    let (Some((frame, of_pai)), Some((_, of_dac))) = (super::read(pai), super::read(dac)) else {
        return false;
    };
    let (Ok(above), Ok(below)) = (Policies::read(&of_pai), Policies::read(&of_dac)) else {
        return false;
    };
    // Self-issued certificates do not decrement the counters.
    let step = u64::from(frame.issuer.raw != frame.subject.raw);
    let explicit = above.require_explicit.unwrap_or(NEVER).min(NEVER - step);
    let any_allowed = above.inhibit_any.unwrap_or(NEVER) > 0;
    let explicit = match below.require_explicit {
        Some(0) => 0,
        _ => explicit.saturating_sub(1),
    };
    explicit == 0 && !is_any_valid(&above, &below, any_allowed)
}

fn is_any_valid(above: &Policies<'_>, below: &Policies<'_>, any_allowed: bool) -> bool {
    let (Some(from), Some(to)) = (&above.policies, &below.policies) else {
        return false;
    };
    let mapped = |policy: &&[u8]| above.mappings.iter().any(|(from, _)| from == policy);
    let mut expected: BTreeSet<&[u8]> = from.iter().copied().filter(|policy| !mapped(policy)).collect();
    for (issuer, subject) in &above.mappings {
        // anyPolicy in the issuer represents each mapped policy.
        if from.contains(issuer) || from.contains(ANY) {
            expected.insert(subject);
        }
    }
    let any_below = any_allowed && to.contains(ANY);
    let named = |policy: &&&[u8]| **policy != ANY;
    expected.contains(ANY) && (any_below || to.iter().any(|policy| *policy != ANY))
        || any_below && !expected.is_empty()
        || to.iter().filter(named).any(|policy| expected.contains(policy))
}
