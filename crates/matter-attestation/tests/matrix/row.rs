//! A line of the matrix.

use matter_attestation::{Object, Rule};

use super::kit::Kit;

pub(crate) struct Row {
    pub(crate) rule: Rule,
    pub(crate) object: Object,
    /// The number of the SDK's verifier result, entered from its source; 0 if it accepts.
    pub(crate) sdk: u16,
    /// The same for a verifier built with BoringSSL.
    pub(crate) boringssl: u16,
    /// The broken part, and the change that breaks it.
    pub(crate) broken: &'static str,
    pub(crate) break_it: fn(&mut Kit),
    /// The case just inside of the rule, and the change that makes it.
    pub(crate) inside: &'static str,
    pub(crate) keep_it: fn(&mut Kit),
    /// Further rules that are necessarily broken, too.
    pub(crate) also: &'static [(Rule, Object)],
}

impl Row {
    pub(crate) fn also(mut self, also: &'static [(Rule, Object)]) -> Self {
        self.also = also;
        self
    }

    pub(crate) const fn boringssl(mut self, number: u16) -> Self {
        self.boringssl = number;
        self
    }
}

pub(crate) fn row(
    rule: Rule,
    (object, sdk): (Object, u16),
    (broken, break_it): (&'static str, fn(&mut Kit)),
    (inside, keep_it): (&'static str, fn(&mut Kit)),
) -> Row {
    Row {
        rule,
        object,
        sdk,
        boringssl: sdk,
        broken,
        break_it,
        inside,
        keep_it,
        also: &[],
    }
}

/// One row for each of several certificates, with the same changes.
macro_rules! each {
    ($rows:ident, $rule:expr, [$($part:ident: $object:ident $sdk:literal $(/ $boringssl:literal)?),+],
     $broken:literal, $break_it:expr, $inside:literal, $keep_it:expr) => {
        $($rows.push(crate::row::row(
            $rule,
            (matter_attestation::Object::$object, $sdk),
            ($broken, |kit| {
                let change: fn(&mut crate::kit::Cert) = $break_it;
                change(&mut kit.$part);
            }),
            ($inside, |kit| {
                let change: fn(&mut crate::kit::Cert) = $keep_it;
                change(&mut kit.$part);
            }),
        )$(.boringssl($boringssl))?);)+
    };
}
pub(crate) use each;
