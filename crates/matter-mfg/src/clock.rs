use std::time::{Duration, SystemTime, UNIX_EPOCH};

use matter_attestation::DateTime;

use crate::Error;

/// Returns the current time in UTC, without fractions of a second.
///
/// # Errors
///
/// [`Error::Clock`] when the system's clock shows a time before 1970 or after 9999.
pub(crate) fn now() -> Result<DateTime, Error> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|_| Error::Clock)?;
    DateTime::from_unix_duration(Duration::from_secs(since.as_secs())).map_err(|_| Error::Clock)
}

/// The time as it stands in file names: `YYYY-MM-DD-HH-MM-SS`.
pub(crate) fn stamp(time: &DateTime) -> String {
    format!(
        "{:04}-{:02}-{:02}-{:02}-{:02}-{:02}",
        time.year(),
        time.month(),
        time.day(),
        time.hour(),
        time.minutes(),
        time.seconds()
    )
}
