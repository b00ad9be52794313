//! The audit of finished devices from bytes or files.

use std::path::PathBuf;

use matter_audit::{Audit, Sampling};
use matter_factory_data::{Artifacts, audit, recompute as recompute_verifiers};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;

use crate::encryption::Keys;
use crate::error::{refuse, refuse_argument};
use crate::expected::Expected;
use crate::finding::{Finding, is_clean};

/// Audits one device from bytes: integrity of the images, every value that the firmware reads,
/// label, attestation and secrets.
#[pyfunction]
#[pyo3(signature = (*, nvs = None, nvs_keys = None, secure_cert = None, qr = None, manual = None, expected = None,
    recompute = true))]
#[expect(clippy::too_many_arguments, reason = "keywords in Python")]
pub(crate) fn audit_device(
    py: Python<'_>,
    nvs: Option<PyBackedBytes>,
    nvs_keys: Option<&Bound<'_, Keys>>,
    secure_cert: Option<PyBackedBytes>,
    qr: Option<&str>,
    manual: Option<&str>,
    expected: Option<&Bound<'_, Expected>>,
    recompute: bool,
) -> PyResult<Vec<Finding>> {
    let expected = Expected::known(expected)?;
    let mut device = Artifacts::new().with_expected(&expected);
    if let Some(nvs) = &nvs {
        device = device.with_nvs(nvs);
    }
    if let Some(keys) = nvs_keys {
        device = device.with_nvs_keys(keys.get().keys());
    }
    if let Some(image) = &secure_cert {
        device = device.with_secure_cert(image);
    }
    if let Some(text) = qr {
        device = device.with_qr(text);
    }
    if let Some(text) = manual {
        device = device.with_manual(text);
    }
    Ok(py.detach(|| {
        let mut report = audit(&device);
        if recompute {
            recompute_verifiers([&mut report]);
        }
        report.findings().iter().map(Finding::from).collect()
    }))
}

/// Audits devices on disk: device folders, folders of device folders, single files.
#[pyfunction]
#[pyo3(signature = (paths, *, keys = None, manifest = None, ledger = None, expected = None, recompute = "all"))]
pub(crate) fn audit_paths(
    py: Python<'_>,
    paths: Vec<PathBuf>,
    keys: Option<PathBuf>,
    manifest: Option<PathBuf>,
    ledger: Option<PathBuf>,
    expected: Option<&Bound<'_, Expected>>,
    recompute: &str,
) -> PyResult<AuditReport> {
    let recompute = match recompute {
        "none" => Sampling::None,
        "sample" => Sampling::Sample,
        "all" => Sampling::All,
        _ => return Err(refuse_argument("recompute", "is not none, sample or all")),
    };
    let mut audit = Audit::new(Expected::known(expected)?).with_recompute(recompute);
    for path in paths {
        audit = audit.with_path(path);
    }
    if let Some(path) = keys {
        audit = audit.with_keys(path);
    }
    if let Some(path) = manifest {
        audit = audit.with_manifest(path);
    }
    if let Some(path) = ledger {
        audit = audit.with_ledger(path);
    }
    py.detach(|| audit.execute().map(|report| AuditReport::from(&report)))
        .map_err(refuse)
}

/// The result of an audit.
#[pyclass(frozen, get_all, module = "esp_nvs_image")]
#[derive(Debug)]
pub(crate) struct AuditReport {
    /// The devices, in the order of their paths.
    devices: Vec<AuditedDevice>,
    /// Findings about several devices, or about a missing device.
    batch: Vec<Finding>,
}

/// The findings about one device.
#[pyclass(frozen, get_all, module = "esp_nvs_image")]
#[derive(Clone, Debug)]
pub(crate) struct AuditedDevice {
    /// The folder or file of the device.
    path: PathBuf,
    /// The UUID of the device, if its folder or its certificate has one.
    uuid: Option<String>,
    /// The findings.
    findings: Vec<Finding>,
}

#[pymethods]
impl AuditReport {
    /// Returns whether there are no findings of this severity or a higher one.
    #[pyo3(signature = (severity = "error"))]
    fn is_clean(&self, severity: &str) -> PyResult<bool> {
        let devices = self.devices.iter().flat_map(|device| &device.findings);
        is_clean(devices.chain(&self.batch), severity)
    }

    fn __repr__(&self) -> String {
        format!("<AuditReport of {} devices>", self.devices.len())
    }
}

#[pymethods]
impl AuditedDevice {
    /// Returns whether there are no findings of this severity or a higher one.
    #[pyo3(signature = (severity = "error"))]
    fn is_clean(&self, severity: &str) -> PyResult<bool> {
        is_clean(&self.findings, severity)
    }

    fn __repr__(&self) -> String {
        format!(
            "<AuditedDevice {}: {} findings>",
            self.path.display(),
            self.findings.len()
        )
    }
}

impl From<&matter_audit::AuditReport> for AuditReport {
    fn from(report: &matter_audit::AuditReport) -> Self {
        let devices = report.devices.iter().map(|device| AuditedDevice {
            path: device.path.clone(),
            uuid: device.uuid.clone(),
            findings: device.findings.iter().map(Finding::from).collect(),
        });
        Self {
            devices: devices.collect(),
            batch: report.batch.iter().map(Finding::from).collect(),
        }
    }
}
