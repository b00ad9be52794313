//! Images: encoding from entries and CSV files, decoding, checking.

use esp_nvs_image::{BlobVersion, CsvCompat, CsvFile, Encoder, Error, OwnedEntry, PartitionSize, Sizer};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyString};

use crate::encryption::{Keys, plain};
use crate::entry::{Entry, to_entry};
use crate::error::{refuse, refuse_argument};
use crate::finding::Finding;
use crate::whole::Whole;

/// Encodes entries into an image identical to the reference generator's.
#[pyfunction]
#[pyo3(signature = (entries, size, *, version = Whole::new(2)), text_signature = "(entries, size, *, version=2)")]
pub(crate) fn encode<'py>(
    py: Python<'py>,
    entries: &Bound<'py, PyAny>,
    size: Whole,
    version: Whole,
) -> PyResult<Bound<'py, PyBytes>> {
    let (size, version) = (to_size(size)?, to_version(version)?);
    let entries = entries
        .try_iter()?
        .map(|item| to_entry(&item?))
        .collect::<PyResult<Vec<_>>>()?;
    let image = py.detach(|| encode_entries(&entries, size, version)).map_err(refuse)?;
    Ok(PyBytes::new(py, &image))
}

/// Encodes CSV text in the reference generator's format. Rows of type `file` need `load`, which
/// reads the file.
#[pyfunction]
#[pyo3(signature = (text, size, *, version = Whole::new(2), compat = false, load = None, name = "csv"),
    text_signature = "(text, size, *, version=2, compat=False, load=None, name='csv')")]
pub(crate) fn encode_csv<'py>(
    py: Python<'py>,
    text: &Bound<'py, PyString>,
    size: Whole,
    version: Whole,
    compat: bool,
    load: Option<&Bound<'py, PyAny>>,
    name: &str,
) -> PyResult<Bound<'py, PyBytes>> {
    let (size, version) = (to_size(size)?, to_version(version)?);
    let compat = to_compat(compat);
    let text = text.to_cow()?;
    let files = [CsvFile { name, text: &text }];
    let Some(load) = load else {
        let refused = |_: &str| Err("the argument load is needed for it".into());
        let image = py.detach(|| esp_nvs_image::encode_csv(&files, size, version, compat, refused));
        return Ok(PyBytes::new(py, &image.map_err(refuse)?));
    };
    // An exception of `load` is passed to the caller instead of its message.
    let mut raised = None;
    let read = |path: &str| match load.call1((path,)).and_then(|bytes| bytes.extract::<Vec<u8>>()) {
        Ok(bytes) => Ok(bytes),
        Err(error) => {
            raised = Some(error);
            Err("file cannot be read".into())
        }
    };
    let image = esp_nvs_image::encode_csv(&files, size, version, compat, read);
    match (image, raised) {
        (_, Some(error)) => Err(error),
        (image, None) => Ok(PyBytes::new(py, &image.map_err(refuse)?)),
    }
}

/// Decodes all entries of an image; any damage is an error.
#[pyfunction]
#[pyo3(signature = (image, *, keys = None))]
pub(crate) fn decode(py: Python<'_>, image: PyBackedBytes, keys: Option<&Bound<'_, Keys>>) -> PyResult<Vec<Entry>> {
    let keys = keys.map(Bound::get);
    py.detach(|| {
        let image = plain(&image, keys)?;
        let entries = esp_nvs_image::decode(&image)?;
        Ok::<_, Error>(entries.iter().map(|entry| OwnedEntry::from(entry).into()).collect())
    })
    .map_err(refuse)
}

/// Decodes the readable entries; returns them and the damage.
#[pyfunction]
#[pyo3(signature = (image, *, keys = None))]
pub(crate) fn recover(
    py: Python<'_>,
    image: PyBackedBytes,
    keys: Option<&Bound<'_, Keys>>,
) -> PyResult<(Vec<Entry>, Vec<Finding>)> {
    let keys = keys.map(Bound::get);
    py.detach(|| {
        let image = plain(&image, keys)?;
        let read = esp_nvs_image::recover(&image);
        let entries = read.entries.iter().map(|entry| OwnedEntry::from(entry).into());
        Ok::<_, Error>((entries.collect(), read.damage.iter().map(Finding::from).collect()))
    })
    .map_err(refuse)
}

/// Returns findings about parts of an image that the firmware rejects, erases, drops or misreads.
#[pyfunction]
#[pyo3(signature = (image, *, keys = None))]
pub(crate) fn check(py: Python<'_>, image: PyBackedBytes, keys: Option<&Bound<'_, Keys>>) -> PyResult<Vec<Finding>> {
    let keys = keys.map(Bound::get);
    py.detach(|| {
        let image = plain(&image, keys)?;
        Ok::<_, Error>(esp_nvs_image::check(&image).iter().map(Finding::from).collect())
    })
    .map_err(refuse)
}

/// Returns the entries of an image as JSON, like the command `dump`.
#[pyfunction]
#[pyo3(signature = (image, *, keys = None))]
pub(crate) fn to_json(py: Python<'_>, image: PyBackedBytes, keys: Option<&Bound<'_, Keys>>) -> PyResult<String> {
    let keys = keys.map(Bound::get);
    py.detach(|| {
        let image = plain(&image, keys).map_err(|error| error.to_string())?;
        let entries = esp_nvs_image::decode(&image).map_err(|error| error.to_string())?;
        serde_json::to_string_pretty(&entries).map_err(|error| error.to_string())
    })
    .map_err(refuse)
}

/// Returns the entries of an image as CSV text for `encode_csv` and the reference generator.
#[pyfunction]
#[pyo3(signature = (image, *, keys = None))]
pub(crate) fn to_csv(py: Python<'_>, image: PyBackedBytes, keys: Option<&Bound<'_, Keys>>) -> PyResult<String> {
    let keys = keys.map(Bound::get);
    py.detach(|| {
        let image = plain(&image, keys)?;
        esp_nvs_image::to_csv(&esp_nvs_image::decode(&image)?)
    })
    .map_err(refuse)
}

pub(crate) fn to_size(size: Whole) -> PyResult<PartitionSize> {
    PartitionSize::new(size.or_max()).map_err(|error| refuse_argument("size", error))
}

pub(crate) fn to_version(version: Whole) -> PyResult<BlobVersion> {
    match version.get() {
        1 => Ok(BlobVersion::V1),
        2 => Ok(BlobVersion::V2),
        _ => Err(refuse_argument("version", "is not 1 or 2")),
    }
}

pub(crate) const fn to_compat(compat: bool) -> CsvCompat {
    if compat { CsvCompat::On } else { CsvCompat::Off }
}

fn encode_entries(entries: &[OwnedEntry], size: PartitionSize, version: BlobVersion) -> Result<Vec<u8>, String> {
    let mut image = vec![0xFF; size.bytes()];
    let mut encoder = Encoder::with_version(&mut image, size, version).map_err(|error| error.to_string())?;
    for entry in entries {
        let OwnedEntry { namespace, key, value } = entry;
        encoder.push(namespace, key, value.as_value()).map_err(|error| {
            let reason = match error {
                Error::PartitionFull { .. } => too_small(entries, size, version),
                error => error.to_string(),
            };
            format!("namespace '{namespace}', key '{key}': {reason}")
        })?;
    }
    let len = encoder.finish().len();
    image.truncate(len);
    Ok(image)
}

fn too_small(entries: &[OwnedEntry], size: PartitionSize, version: BlobVersion) -> String {
    let mut sizer = Sizer::new(version);
    let pushed = entries
        .iter()
        .try_for_each(|entry| sizer.push(&entry.namespace, &entry.value.as_value()));
    match pushed.and_then(|()| sizer.partition_size()) {
        Ok(needed) => format!("entries do not fit into {size} bytes; {needed} are needed"),
        Err(_) => format!("entries do not fit into {size} bytes or into the largest partition"),
    }
}
