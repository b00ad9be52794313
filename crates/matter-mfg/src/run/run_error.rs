use std::fmt;

use super::RunReport;
use crate::{Error, Field};

/// Error when a run ended early, with a report of the work done until then.
///
/// Message and source are those of [`RunError::error`], to which it converts.
///
/// # Examples
///
/// ```
/// use matter_mfg::{Error, Plan, Run};
///
/// fn make(plan: &Plan) -> Result<u32, Error> {
///     match Run::new(plan).execute(|_, _| {}) {
///         Ok(report) => Ok(report.devices),
///         Err(failed) => {
///             println!("{} of {} devices are complete: {failed}", failed.report.devices, plan.count());
///             Err(failed.into())
///         }
///     }
/// }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct RunError {
    /// The reason it ended.
    pub error: Error,
    /// The work done: complete devices remain, and the run can be continued.
    pub report: Box<RunReport>,
}

impl RunError {
    /// Returns the message with the caller's names of fields.
    #[must_use]
    pub fn with_names(&self, names: impl Fn(Field) -> String) -> String {
        self.error.with_names(names)
    }
}

impl From<RunError> for Error {
    fn from(failed: RunError) -> Self {
        failed.error
    }
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for RunError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.source()
    }
}
