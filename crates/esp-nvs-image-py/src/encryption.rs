//! Keys of encrypted partitions, and their use.

use std::ops::Deref;

use esp_nvs_image::{HmacKey, NvsKeys};
use getrandom::SysRng;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;
use rand_core::UnwrapErr;
use zeroize::Zeroizing;

use crate::error::refuse;

/// The two AES-256 keys of an encrypted partition.
#[pyclass(frozen, module = "esp_nvs_image")]
#[derive(Debug)]
pub(crate) struct Keys(NvsKeys);

#[pymethods]
impl Keys {
    /// Generates keys with the operating system's random numbers.
    #[staticmethod]
    fn generate() -> PyResult<Self> {
        NvsKeys::generate(&mut random()?).map(Self).map_err(refuse)
    }

    /// Reads a key partition: the keys, their checksum, and ignored bytes after it.
    #[staticmethod]
    fn from_partition(partition: PyBackedBytes) -> PyResult<Self> {
        NvsKeys::decode(&partition).map(Self).map_err(refuse)
    }

    /// Derives the keys from the 32-byte HMAC key in the device's eFuses.
    #[staticmethod]
    fn from_hmac_key(key: PyBackedBytes) -> PyResult<Self> {
        let key = HmacKey::decode(&key).map_err(refuse)?;
        NvsKeys::from_hmac_key(&key).map(Self).map_err(refuse)
    }

    /// Returns the key partition of 4096 bytes, which is secret.
    fn partition<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, key_partition(&self.0).as_slice())
    }

    #[expect(clippy::unused_self, reason = "a method of Python")]
    fn __repr__(&self) -> &'static str {
        "<Keys [elided]>"
    }
}

impl Keys {
    pub(crate) const fn keys(&self) -> &NvsKeys {
        &self.0
    }
}

pub(crate) fn key_partition(keys: &NvsKeys) -> Zeroizing<[u8; NvsKeys::PARTITION_LEN]> {
    let mut partition = Zeroizing::new([0; NvsKeys::PARTITION_LEN]);
    keys.encode_partition(&mut partition);
    partition
}

/// Returns the operating system's random number generator after a test draw, because `UnwrapErr`
/// panics on errors.
pub(crate) fn random() -> PyResult<UnwrapErr<SysRng>> {
    getrandom::fill(&mut [0; 32]).map_err(|_| refuse("the operating system provides no random numbers"))?;
    Ok(UnwrapErr(SysRng))
}

/// Encrypts a whole image as the firmware does.
#[pyfunction]
pub(crate) fn encrypt<'py>(
    py: Python<'py>,
    image: PyBackedBytes,
    keys: &Bound<'py, Keys>,
) -> PyResult<Bound<'py, PyBytes>> {
    let mut image = image.to_vec();
    let keys = keys.get();
    py.detach(|| esp_nvs_image::encrypt(&mut image, keys.keys()))
        .map_err(refuse)?;
    Ok(PyBytes::new(py, &image))
}

/// Decrypts a whole image: the inverse of `encrypt`.
#[pyfunction]
pub(crate) fn decrypt<'py>(
    py: Python<'py>,
    image: PyBackedBytes,
    keys: &Bound<'py, Keys>,
) -> PyResult<Bound<'py, PyBytes>> {
    let mut image = image.to_vec();
    let keys = keys.get();
    py.detach(|| esp_nvs_image::decrypt(&mut image, keys.keys()))
        .map_err(refuse)?;
    Ok(PyBytes::new(py, &image))
}

/// A plain image.
pub(crate) enum Plain<'a> {
    Given(&'a [u8]),
    Decrypted(Zeroizing<Vec<u8>>),
}

impl Deref for Plain<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Given(image) => image,
            Self::Decrypted(image) => image,
        }
    }
}

/// Returns the plain image.
pub(crate) fn plain<'a>(image: &'a [u8], keys: Option<&Keys>) -> Result<Plain<'a>, esp_nvs_image::Error> {
    let Some(keys) = keys else {
        return Ok(Plain::Given(image));
    };
    let mut image = Zeroizing::new(image.to_vec());
    esp_nvs_image::decrypt(&mut image, keys.keys())?;
    Ok(Plain::Decrypted(image))
}
