//! Single keys of an image.

use esp_nvs_image::{Editor, Key, Namespace, OwnedValue};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;

use crate::encryption::{Keys, plain};
use crate::entry::{from_value, to_value};
use crate::error::refuse;

/// Returns the value of a key, or `default` if the key does not exist.
#[pyfunction]
#[pyo3(signature = (image, namespace, key, default = None, *, keys = None))]
pub(crate) fn get_value<'py>(
    py: Python<'py>,
    image: PyBackedBytes,
    namespace: &str,
    key: &str,
    default: Option<Bound<'py, PyAny>>,
    keys: Option<&Bound<'py, Keys>>,
) -> PyResult<Bound<'py, PyAny>> {
    let keys = keys.map(Bound::get);
    let value = py.detach(|| {
        let image = plain(&image, keys)?;
        let entries = esp_nvs_image::decode(&image)?;
        Ok::<_, esp_nvs_image::Error>(entries.get(namespace, key).map(OwnedValue::from))
    });
    match value.map_err(refuse)? {
        Some(value) => from_value(py, &value),
        None => Ok(default.unwrap_or_else(|| py.None().into_bound(py))),
    }
}

/// Returns the image with the value set as the firmware does: the value is appended, and the old
/// one marked as erased.
#[pyfunction]
#[pyo3(signature = (image, namespace, key, r#type, value, *, keys = None))]
pub(crate) fn set_value<'py>(
    py: Python<'py>,
    image: PyBackedBytes,
    namespace: &str,
    key: &str,
    r#type: &str,
    value: &Bound<'py, PyAny>,
    keys: Option<&Bound<'py, Keys>>,
) -> PyResult<Bound<'py, PyBytes>> {
    let value = to_value(r#type, value)?;
    edit(py, &image, namespace, key, keys, |editor, namespace, key| {
        editor.set(namespace, key, value.as_value()).map(drop)
    })
}

/// Returns the image without the key, which need not exist. Its namespace remains.
#[pyfunction]
#[pyo3(signature = (image, namespace, key, *, keys = None))]
pub(crate) fn remove_value<'py>(
    py: Python<'py>,
    image: PyBackedBytes,
    namespace: &str,
    key: &str,
    keys: Option<&Bound<'py, Keys>>,
) -> PyResult<Bound<'py, PyBytes>> {
    edit(py, &image, namespace, key, keys, |editor, namespace, key| {
        editor.remove(namespace, key).map(drop)
    })
}

fn edit<'py>(
    py: Python<'py>,
    image: &[u8],
    namespace: &str,
    key: &str,
    keys: Option<&Bound<'py, Keys>>,
    work: impl FnOnce(&mut Editor<'_>, &Namespace, &Key) -> Result<(), esp_nvs_image::Error> + Send,
) -> PyResult<Bound<'py, PyBytes>> {
    let namespace = Namespace::new(namespace).map_err(refuse)?;
    let key = Key::new(key).map_err(refuse)?;
    let mut image = image.to_vec();
    let keys = keys.map(Bound::get);
    py.detach(|| {
        let mut editor = match keys {
            Some(keys) => Editor::encrypted(&mut image, keys.keys()),
            None => Editor::new(&mut image),
        };
        work(&mut editor, &namespace, &key)
    })
    .map_err(refuse)?;
    Ok(PyBytes::new(py, &image))
}
