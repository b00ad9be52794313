//! Reporting of faults. One reader for each format serves both views: the strict types stop at the first fault with an
//! [`Error`], the lint turns every fault into a finding and continues.

use core::fmt;

use crate::{Error, Rule};

/// A broken rule, and the error of the strict view if it enforces the rule.
pub(crate) struct Fault<'a> {
    pub(crate) rule: Rule,
    /// The values found; may be empty.
    pub(crate) detail: fmt::Arguments<'a>,
    pub(crate) error: Option<Error>,
}

impl<'a> Fault<'a> {
    /// A fault that both views report.
    pub(crate) const fn refused(rule: Rule, detail: fmt::Arguments<'a>, error: Error) -> Self {
        Self {
            rule,
            detail,
            error: Some(error),
        }
    }

    /// A fault that the strict view tolerates.
    pub(crate) const fn noted(rule: Rule, detail: fmt::Arguments<'a>) -> Self {
        Self {
            rule,
            detail,
            error: None,
        }
    }
}

/// Receives the faults found by a reader.
pub(crate) trait FaultSink {
    /// The error that stops reading: [`Error`] for the strict view, [`core::convert::Infallible`] for the lint.
    type Refusal;

    fn report(&mut self, fault: Fault<'_>) -> Result<(), Self::Refusal>;

    fn refuse(&mut self, rule: Rule, detail: fmt::Arguments<'_>, error: Error) -> Result<(), Self::Refusal> {
        self.report(Fault::refused(rule, detail, error))
    }

    fn note(&mut self, rule: Rule, detail: fmt::Arguments<'_>) -> Result<(), Self::Refusal> {
        self.report(Fault::noted(rule, detail))
    }
}

/// The strict view: the first fault that it does not tolerate is returned as an error.
pub(crate) struct Strict;

impl FaultSink for Strict {
    type Refusal = Error;

    fn report(&mut self, fault: Fault<'_>) -> Result<(), Error> {
        fault.error.map_or(Ok(()), Err)
    }
}
