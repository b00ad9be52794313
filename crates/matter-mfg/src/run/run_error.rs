use std::fmt;

use super::RunReport;
use crate::{Error, Field};

/// Why a run ended early, with what it had done until then.
///
/// Its text and its source are those of [`RunError::error`], to which it converts.
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
    /// Why it ended.
    pub error: Error,
    /// What it had done: the devices that are complete stay, and the run can be continued.
    pub report: Box<RunReport>,
}

impl RunError {
    /// Returns the sentence with the caller's names of fields.
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
