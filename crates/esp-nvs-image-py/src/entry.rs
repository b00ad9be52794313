//! Entries of an image.

use esp_nvs_image::{Encoding, Key, Namespace, Number, OwnedEntry, OwnedValue};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyFloat, PyInt, PyString, PyTuple};

use crate::error::{refuse, refuse_argument};
use crate::whole::Whole;

/// A key with its namespace, its type and its value.
#[pyclass(frozen, eq, module = "esp_nvs_image")]
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry(OwnedEntry);

#[pymethods]
impl Entry {
    #[new]
    #[pyo3(signature = (namespace, key, r#type, value))]
    fn new(namespace: &str, key: &str, r#type: &str, value: &Bound<'_, PyAny>) -> PyResult<Self> {
        Ok(Self(OwnedEntry {
            namespace: Namespace::new(namespace).map_err(refuse)?,
            key: Key::new(key).map_err(refuse)?,
            value: to_value(r#type, value)?,
        }))
    }

    /// The namespace.
    #[getter]
    fn namespace(&self) -> &str {
        self.0.namespace.as_str()
    }

    /// The key in the namespace.
    #[getter]
    fn key(&self) -> &str {
        self.0.key.as_str()
    }

    /// "u8", "i8" to "u64", "i64", "float", "double", "string" or "blob".
    #[getter]
    fn r#type(&self) -> &'static str {
        type_name(&self.0.value)
    }

    /// The value: int, float, str or bytes.
    #[getter]
    fn value<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        from_value(py, &self.0.value)
    }

    /// Omits the value, which may be a secret.
    fn __repr__(&self) -> String {
        let Self(entry) = self;
        format!("<Entry {}/{} {}>", entry.namespace, entry.key, type_name(&entry.value))
    }
}

impl From<OwnedEntry> for Entry {
    fn from(entry: OwnedEntry) -> Self {
        Self(entry)
    }
}

/// Converts an `Entry`, or a tuple of its arguments.
pub(crate) fn to_entry(item: &Bound<'_, PyAny>) -> PyResult<OwnedEntry> {
    if let Ok(entry) = item.cast::<Entry>() {
        return Ok(entry.get().0.clone());
    }
    let tuple = item.cast::<PyTuple>()?;
    let (namespace, key, kind, value) = tuple.extract::<(
        Bound<'_, PyString>,
        Bound<'_, PyString>,
        Bound<'_, PyString>,
        Bound<'_, PyAny>,
    )>()?;
    Entry::new(&namespace.to_cow()?, &key.to_cow()?, &kind.to_cow()?, &value).map(|entry| entry.0)
}

fn type_name(value: &OwnedValue) -> &'static str {
    match value {
        OwnedValue::Number(number) => number.type_name(),
        OwnedValue::Str(_) => "string",
        _ => "blob",
    }
}

/// Converts a value to a type.
pub(crate) fn to_value(kind: &str, value: &Bound<'_, PyAny>) -> PyResult<OwnedValue> {
    let wrong = || {
        refuse_argument(
            "value",
            format_args!("is not a value of type {}", kind.escape_default()),
        )
    };
    match kind {
        "string" => {
            let text = value.cast::<PyString>().map_err(|_| wrong())?;
            Ok(OwnedValue::Str(text.to_cow()?.into_owned()))
        }
        "blob" => value.extract::<Vec<u8>>().map(OwnedValue::Blob).map_err(|_| wrong()),
        "float" | "double" if !(value.is_instance_of::<PyFloat>() || value.is_instance_of::<PyInt>()) => Err(wrong()),
        "float" | "double" => {
            let range = || refuse_argument("value", format_args!("is not in the range of a {kind}"));
            let number = value.extract::<f64>().map_err(|_| range())?;
            Ok(OwnedValue::Number(match kind {
                "double" => Number::Double(number),
                _ => Number::Float(to_float(number).ok_or_else(range)?),
            }))
        }
        _ => {
            let encoding = match kind.parse::<Encoding>() {
                Ok(Encoding::Binary | Encoding::Hex2Bin | Encoding::Base64) | Err(_) => {
                    let types = "u8, i8, u16, i16, u32, i32, u64, i64, float, double, string or blob";
                    return Err(refuse_argument("type", format_args!("is not {types}")));
                }
                Ok(encoding) => encoding,
            };
            let number = value.cast::<PyInt>().map_err(|_| wrong())?;
            let number = number.extract::<Whole>()?.get();
            encoding
                .parse(&number.to_string())
                .map_err(|error| refuse_argument("value", error))
        }
    }
}

#[expect(
    clippy::as_conversions,
    reason = "rounds to the nearest; infinite results are rejected"
)]
fn to_float(number: f64) -> Option<f32> {
    let float = number as f32;
    (float.is_finite() || !number.is_finite()).then_some(float)
}

/// Converts a value to int, float, str or bytes.
pub(crate) fn from_value<'py>(py: Python<'py>, value: &OwnedValue) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        OwnedValue::Number(Number::U8(v)) => v.into_pyobject(py)?.into_any(),
        OwnedValue::Number(Number::I8(v)) => v.into_pyobject(py)?.into_any(),
        OwnedValue::Number(Number::U16(v)) => v.into_pyobject(py)?.into_any(),
        OwnedValue::Number(Number::I16(v)) => v.into_pyobject(py)?.into_any(),
        OwnedValue::Number(Number::U32(v)) => v.into_pyobject(py)?.into_any(),
        OwnedValue::Number(Number::I32(v)) => v.into_pyobject(py)?.into_any(),
        OwnedValue::Number(Number::U64(v)) => v.into_pyobject(py)?.into_any(),
        OwnedValue::Number(Number::I64(v)) => v.into_pyobject(py)?.into_any(),
        OwnedValue::Number(Number::Float(v)) => PyFloat::new(py, f64::from(*v)).into_any(),
        OwnedValue::Number(Number::Double(v)) => PyFloat::new(py, *v).into_any(),
        OwnedValue::Str(text) => PyString::new(py, text).into_any(),
        OwnedValue::Blob(bytes) => PyBytes::new(py, bytes).into_any(),
        _ => return Err(refuse("value has a type that this module does not support")),
    })
}
