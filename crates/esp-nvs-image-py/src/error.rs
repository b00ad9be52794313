//! The one exception class.

use std::fmt::Display;

use pyo3::exceptions::PyValueError;
use pyo3::{PyErr, create_exception};

create_exception!(
    esp_nvs_image,
    Error,
    PyValueError,
    "Why something cannot be written or read, in one sentence without secrets."
);

/// Turns an error of a crate into the exception, with its sentence.
pub(crate) fn refuse(error: impl Display) -> PyErr {
    Error::new_err(error.to_string())
}

/// The same with the argument that it is about.
pub(crate) fn refuse_argument(argument: &str, error: impl Display) -> PyErr {
    Error::new_err(format!("{argument}: {error}"))
}
