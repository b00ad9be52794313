use alloc::string::String;
use alloc::vec::Vec;
use core::convert::Infallible;
use core::fmt;

use super::{Finding, Object, Profile, Rule, SdkResults};
use crate::fault::{Fault, FaultSink};

/// Collects findings, object by object.
#[derive(Clone, Debug)]
pub(crate) struct Findings {
    pub(crate) profile: Profile,
    pub(crate) list: Vec<Finding>,
}

impl Findings {
    pub(crate) const fn new(profile: Profile) -> Self {
        Self {
            profile,
            list: Vec::new(),
        }
    }

    /// Returns the sink for the findings of a reader and the rules about one object.
    pub(crate) const fn about(&mut self, object: Object) -> AboutObject<'_> {
        AboutObject { object, findings: self }
    }

    /// Adds a finding without values.
    pub(crate) fn add(&mut self, rule: Rule, object: Object) {
        self.list.push(Finding::new(rule, object, String::new(), self.profile));
    }

    /// Adds a finding with values.
    pub(crate) fn add_with(&mut self, rule: Rule, object: Object, detail: fmt::Arguments<'_>) {
        let detail = alloc::fmt::format(detail);
        self.list.push(Finding::new(rule, object, detail, self.profile));
    }

    /// Adds a finding with SDK results that differ from the rule's.
    pub(crate) fn add_as(
        &mut self,
        rule: Rule,
        object: Object,
        sdk_results: impl Into<SdkResults>,
        detail: fmt::Arguments<'_>,
    ) {
        let finding = Finding::new(rule, object, alloc::fmt::format(detail), self.profile);
        self.list
            .push(finding.with_sdk_results(sdk_results.into(), self.profile));
    }
}

/// Adds findings about one object.
pub(crate) struct AboutObject<'a> {
    object: Object,
    findings: &'a mut Findings,
}

impl AboutObject<'_> {
    pub(crate) const fn object(&self) -> Object {
        self.object
    }

    pub(crate) fn add(&mut self, rule: Rule) {
        self.findings.add(rule, self.object);
    }

    pub(crate) fn add_at(&mut self, rule: Rule, offset: usize) {
        self.add_with(rule, format_args!("at byte {offset}"));
    }

    pub(crate) fn add_with(&mut self, rule: Rule, detail: fmt::Arguments<'_>) {
        self.findings.add_with(rule, self.object, detail);
    }

    pub(crate) fn add_as(&mut self, rule: Rule, sdk_results: impl Into<SdkResults>, detail: fmt::Arguments<'_>) {
        self.findings.add_as(rule, self.object, sdk_results, detail);
    }
}

/// The tolerant view: every fault is a finding.
impl FaultSink for AboutObject<'_> {
    type Refusal = Infallible;

    fn report(&mut self, fault: Fault<'_>) -> Result<(), Infallible> {
        self.add_with(fault.rule, fault.detail);
        Ok(())
    }
}
