//! SPAKE2+ verifiers.

use matter_spake2p::{Iterations, PbkdfParameters, Salt, Verifier};
use matter_types::Passcode;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyList};

use crate::error::refuse;
use crate::whole::Whole;

/// Derives the verifier of a passcode, 97 bytes: w0 and L.
#[pyfunction]
pub(crate) fn verifier<'py>(
    py: Python<'py>,
    passcode: Whole,
    salt: PyBackedBytes,
    iterations: Whole,
) -> PyResult<Bound<'py, PyBytes>> {
    let passcode = Passcode::new(passcode.or_max()).map_err(refuse)?;
    let parameters = PbkdfParameters {
        iterations: Iterations::new(iterations.or_max()).map_err(refuse)?,
        salt: Salt::new(&salt).map_err(refuse)?,
    };
    let verifier = py.detach(|| Verifier::derive(&passcode, &parameters)).map_err(refuse)?;
    Ok(PyBytes::new(py, verifier.expose_bytes()))
}

/// Derives the verifiers of many passcodes with their salts, several at a time and without the
/// interpreter's lock.
#[pyfunction]
pub(crate) fn verifiers<'py>(
    py: Python<'py>,
    devices: &Bound<'py, PyAny>,
    iterations: Whole,
) -> PyResult<Bound<'py, PyList>> {
    let iterations = Iterations::new(iterations.or_max()).map_err(refuse)?;
    let devices = devices.try_iter()?.map(|device| {
        let (passcode, salt) = device?.extract::<(Whole, PyBackedBytes)>()?;
        Ok((
            Passcode::new(passcode.or_max()).map_err(refuse)?,
            Salt::new(&salt).map_err(refuse)?,
        ))
    });
    let devices = devices.collect::<PyResult<Vec<_>>>()?;
    let verifiers = py.detach(|| Verifier::derive_each(devices, iterations).collect::<Result<Vec<_>, _>>());
    let verifiers = verifiers.map_err(refuse)?;
    PyList::new(
        py,
        verifiers
            .iter()
            .map(|verifier| PyBytes::new(py, verifier.expose_bytes())),
    )
}
