//! The expected properties of audited devices, and the trusted PAAs.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use matter_attestation::{Certificate, DateTime, PaaStore};
use matter_factory_data::{Declaration, Expected as Known};
use matter_setup_payload::CommissioningFlow;
use matter_types::{ProductId, VendorId};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;

use crate::codes::to_ids;
use crate::error::{refuse, refuse_argument};
use crate::whole::Whole;

/// The expected properties of devices, and the trusted PAAs. Properties that are not given are not
/// compared.
#[pyclass(frozen, module = "esp_nvs_image")]
#[derive(Debug)]
pub(crate) struct Expected {
    product: Option<(VendorId, ProductId)>,
    paas: Option<PaaStore>,
    declaration: Option<Declaration>,
    flow: Option<CommissioningFlow>,
    time: Option<DateTime>,
    for_tests: bool,
    dynamic_passcode: bool,
    attestation: bool,
}

#[pymethods]
impl Expected {
    #[new]
    #[pyo3(signature = (*, vendor_id = None, product_id = None, paas = None, declaration = None, flow = None, at = None,
        for_tests = false, dynamic_passcode = false, attestation = true))]
    #[expect(clippy::too_many_arguments, reason = "keywords in Python")]
    fn new(
        vendor_id: Option<Whole>,
        product_id: Option<Whole>,
        paas: Option<Vec<PyBackedBytes>>,
        declaration: Option<PyBackedBytes>,
        flow: Option<Whole>,
        at: Option<Whole>,
        for_tests: bool,
        dynamic_passcode: bool,
        attestation: bool,
    ) -> PyResult<Self> {
        let (vendor, product) = to_ids(vendor_id, product_id)?;
        if vendor.is_some() != product.is_some() {
            return Err(refuse("vendor_id and product_id must be given together"));
        }
        let declaration = declaration.map(|bytes| Declaration::decode(bytes.to_vec()));
        Ok(Self {
            product: vendor.zip(product),
            paas: paas.map(|paas| to_store(&paas)).transpose()?,
            declaration: declaration
                .transpose()
                .map_err(|error| refuse_argument("declaration", error))?,
            flow: flow
                .map(|flow| CommissioningFlow::new(flow.or_max()))
                .transpose()
                .map_err(refuse)?,
            time: at.map(to_time).transpose()?,
            for_tests,
            dynamic_passcode,
            attestation,
        })
    }
}

impl Expected {
    /// Returns the given expectations, or none; certificates must be valid now unless a time is
    /// given.
    pub(crate) fn known<'a>(given: Option<&'a Bound<'_, Self>>) -> PyResult<Known<'a>> {
        let given = given.map(Bound::get);
        let time = match given.and_then(|given| given.time) {
            Some(time) => time,
            None => now()?,
        };
        let mut known = Known::new().at(time);
        let Some(given) = given else { return Ok(known) };
        if let Some((vendor, product)) = given.product {
            known = known.with_product(vendor, product);
        }
        if let Some(paas) = &given.paas {
            known = known.with_paa_store(paas);
        }
        if let Some(declaration) = &given.declaration {
            known = known.with_declaration(declaration.as_der());
        }
        if let Some(flow) = given.flow {
            known = known.with_flow(flow);
        }
        if given.for_tests {
            known = known.for_tests();
        }
        if given.dynamic_passcode {
            known = known.with_dynamic_passcode();
        }
        if !given.attestation {
            known = known.without_attestation();
        }
        Ok(known)
    }
}

/// Decodes PAAs in PEM or DER.
fn to_store(paas: &[PyBackedBytes]) -> PyResult<PaaStore> {
    let mut store = PaaStore::new();
    for paa in paas {
        let certificate = Certificate::decode(paa).map_err(|error| refuse_argument("paas", error))?;
        store
            .insert(certificate.as_der())
            .map_err(|error| refuse_argument("paas", error))?;
    }
    Ok(store)
}

fn to_time(seconds: Whole) -> PyResult<DateTime> {
    DateTime::from_unix_duration(Duration::from_secs(seconds.or_max()))
        .map_err(|_| refuse_argument("at", "is not a time from 1970 to 9999, in seconds since 1970"))
}

fn now() -> PyResult<DateTime> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok();
    let time = since.and_then(|since| DateTime::from_unix_duration(Duration::from_secs(since.as_secs())).ok());
    time.ok_or_else(|| refuse("the system clock is not in the years 1970 to 9999"))
}
