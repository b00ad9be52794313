//! The rules of one certificate (Matter Core Specification 6.2.2; RFC 5280).

mod extensions;
mod facts;
mod fields;
mod subject;

pub(crate) use self::facts::{Facts, RawIds};
use crate::finding::Findings;
use crate::raw::{Frame, Malformed};
use crate::{Certificate, Object, Rule};

/// Adds a finding for every rule that the certificate breaks, and returns what it says, unless its frame makes no sense.
pub(crate) fn lint(der: &[u8], object: Object, findings: &mut Findings) -> Option<Facts> {
    let mut lint = Lint { object, findings };
    let frame = match Frame::read(der) {
        Ok(frame) => frame,
        Err(malformed) => {
            lint.malformed(Rule::CertificateMalformed, malformed);
            return None;
        }
    };
    if frame.len < der.len() {
        let count = der.len() - frame.len;
        lint.add(Rule::CertificateTrailingBytes, format_args!("{count} of them"));
    }
    if frame.len > Certificate::MAX_LEN {
        lint.add(Rule::CertificateTooLong, format_args!("{} octets", frame.len));
    }
    if frame.version != 2 {
        lint.add(
            Rule::CertificateVersion,
            format_args!("version {}", frame.version.saturating_add(1)),
        );
    }
    let mut facts = Facts::new(der, &frame);
    facts.serial = fields::serial(&frame, &mut lint);
    let known = fields::algorithms(&frame, &mut lint);
    facts.has_verifiable_signature = fields::signature(&frame, &mut lint) && known;
    (facts.not_before, facts.not_after) = fields::validity(&frame, &mut lint);
    facts.public_key = fields::public_key(&frame, &mut lint);
    facts.ids = subject::names(&frame, &mut lint);
    extensions::check(&frame, &mut facts, &mut lint);
    Some(facts)
}

/// Where findings about one certificate go.
struct Lint<'a> {
    object: Object,
    findings: &'a mut Findings,
}

impl Lint<'_> {
    fn add(&mut self, rule: Rule, detail: core::fmt::Arguments<'_>) {
        self.findings.add_with(rule, self.object, detail);
    }

    fn plain(&mut self, rule: Rule) {
        self.findings.add(rule, self.object);
    }

    fn malformed(&mut self, rule: Rule, at: Malformed) {
        self.add(rule, format_args!("at octet {}", at.0));
    }
}
