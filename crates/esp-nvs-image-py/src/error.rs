//! The exception class.

use std::fmt::Display;

use pyo3::exceptions::PyValueError;
use pyo3::{PyErr, create_exception};

create_exception!(
    esp_nvs_image,
    Error,
    PyValueError,
    "The error of all functions. Its text is one sentence without secrets."
);

/// Converts an error of a crate to the exception.
pub(crate) fn refuse(error: impl Display) -> PyErr {
    Error::new_err(error.to_string())
}

/// As [`refuse`], with the name of the argument.
pub(crate) fn refuse_argument(argument: &str, error: impl Display) -> PyErr {
    Error::new_err(format!("{argument}: {error}"))
}
