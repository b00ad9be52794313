//! Findings about an image or a device.

use esp_nvs_image::Finding as ImageFinding;
use matter_factory_data::Finding as DeviceFinding;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::error::refuse;

/// A result of a check or an audit.
#[pyclass(frozen, eq, get_all, module = "esp_nvs_image")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The stable name of the check.
    id: String,
    /// "error", "warning" or "note".
    severity: String,
    /// One sentence without secrets.
    text: String,
    /// The byte offset in the image, for a finding of check and recover.
    offset: Option<usize>,
    /// The audited object, for a finding of an audit.
    object: Option<String>,
    /// The number of the Matter SDK's result, if a commissioner ends with one.
    sdk_code: Option<u16>,
    /// The remedy, if there is one.
    remedy: Option<String>,
}

#[pymethods]
impl Finding {
    /// Returns the members that are not None, like the JSON of the command line tools.
    fn as_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        dict.set_item("id", &self.id)?;
        dict.set_item("severity", &self.severity)?;
        if let Some(offset) = self.offset {
            dict.set_item("offset", offset)?;
        }
        if let Some(object) = &self.object {
            dict.set_item("object", object)?;
        }
        dict.set_item("text", &self.text)?;
        if let Some(code) = self.sdk_code {
            dict.set_item("sdk_code", code)?;
        }
        if let Some(remedy) = &self.remedy {
            dict.set_item("remedy", remedy)?;
        }
        Ok(dict)
    }

    fn __repr__(&self) -> String {
        format!("<Finding {} [{}]: {}>", self.severity, self.id, self.text)
    }
}

impl From<&ImageFinding> for Finding {
    fn from(finding: &ImageFinding) -> Self {
        Self {
            id: finding.kind.id().into(),
            severity: finding.severity.to_string(),
            text: finding.to_string(),
            offset: finding.offset,
            object: None,
            sdk_code: None,
            remedy: None,
        }
    }
}

impl From<&DeviceFinding> for Finding {
    fn from(finding: &DeviceFinding) -> Self {
        Self {
            id: finding.check.to_string(),
            severity: finding.severity.name().into(),
            text: finding.text.clone(),
            offset: None,
            object: Some(finding.object.clone()),
            sdk_code: finding.sdk_code.map(|code| code.number()),
            remedy: finding.remedy.map(Into::into),
        }
    }
}

/// Returns whether the findings include none of this severity or a higher one.
pub(crate) fn is_clean<'f>(findings: impl IntoIterator<Item = &'f Finding>, severity: &str) -> PyResult<bool> {
    let weight = |name: &str| ["note", "warning", "error"].iter().position(|known| *known == name);
    let least = weight(severity).ok_or_else(|| refuse("severity is not note, warning or error"))?;
    Ok(findings
        .into_iter()
        .all(|finding| weight(&finding.severity) < Some(least)))
}
