//! The codes on a device's label.

use matter_setup_payload::{
    CommissioningFlow, DataValue, DiscoveryCapabilities, ManualPayload as Manual, OptionalData, SetupPayload as Payload,
};
use matter_types::{Discriminator, Passcode, ProductId, VendorId};
use pyo3::prelude::*;

use crate::error::{refuse, refuse_argument};
use crate::whole::Whole;

/// The content of a QR code.
#[pyclass(frozen, module = "esp_nvs_image")]
#[derive(Debug)]
pub(crate) struct SetupPayload(Payload);

#[pymethods]
impl SetupPayload {
    #[new]
    #[pyo3(signature = (*, passcode, discriminator, vendor_id = None, product_id = None, flow = Whole::new(0),
        discovery = Whole::new(2), serial_number = None),
        text_signature = "(*, passcode, discriminator, vendor_id=None, product_id=None, flow=0, discovery=2, serial_number=None)")]
    fn new(
        passcode: Whole,
        discriminator: Whole,
        vendor_id: Option<Whole>,
        product_id: Option<Whole>,
        flow: Whole,
        discovery: Whole,
        serial_number: Option<&str>,
    ) -> PyResult<Self> {
        let passcode = Passcode::new(passcode.or_max()).map_err(refuse)?;
        let discriminator = Discriminator::new(discriminator.or_max()).map_err(refuse)?;
        let (vendor, product) = to_ids(vendor_id, product_id)?;
        let mask = u8::try_from(discovery.get()).unwrap_or_default();
        let mut payload = Payload::without_ids(discriminator, passcode)
            .with_ids(vendor, product)
            .map_err(refuse)?
            .with_flow(CommissioningFlow::new(flow.or_max()).map_err(refuse)?)
            .with_discovery(DiscoveryCapabilities::new(mask).map_err(refuse)?);
        if let Some(serial) = serial_number {
            let data = OptionalData::new().with_serial_number(serial);
            payload = payload.with_data(data.map_err(|error| refuse_argument("serial_number", error))?);
        }
        Ok(Self(payload))
    }

    /// Parses the text of a QR code strictly.
    #[staticmethod]
    fn from_qr(text: &str) -> PyResult<Self> {
        text.parse().map(Self).map_err(refuse)
    }

    /// Returns the text of the QR code, which contains the passcode.
    fn qr_text(&self) -> String {
        self.0.qr_text().as_str().into()
    }

    /// Returns the manual pairing code, which contains the passcode, with dashes if `grouped`.
    #[pyo3(signature = (*, grouped = false))]
    fn manual_code(&self, grouped: bool) -> String {
        let code = self.0.manual_code();
        if grouped {
            code.grouped().as_str().into()
        } else {
            code.as_str().into()
        }
    }

    /// The passcode, a secret.
    #[getter]
    fn passcode(&self) -> u32 {
        self.0.passcode().expose()
    }

    /// The discriminator, 12 bits.
    #[getter]
    const fn discriminator(&self) -> u16 {
        self.0.discriminator().get()
    }

    /// The vendor id, if the code has one.
    #[getter]
    fn vendor_id(&self) -> Option<u16> {
        self.0.vendor_id().map(VendorId::get)
    }

    /// The product id, if the code has one.
    #[getter]
    fn product_id(&self) -> Option<u16> {
        self.0.product_id().map(ProductId::get)
    }

    /// The commissioning flow: 0 standard, 1 user intent, 2 custom.
    #[getter]
    const fn flow(&self) -> u8 {
        self.0.flow().get()
    }

    /// The discovery capabilities, a sum of 2 (BLE), 4 (on network), 8 (Wi-Fi PAF), 16 (NFC) and 32 (Thread).
    #[getter]
    const fn discovery(&self) -> u8 {
        self.0.discovery().get()
    }

    /// The serial number, if the code has one.
    #[getter]
    fn serial_number(&self) -> Option<String> {
        match self.0.data().serial_number()? {
            DataValue::Utf8(text) => Some(text.into()),
            DataValue::Unsigned(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// Omits the passcode.
    fn __repr__(&self) -> String {
        let id = |id: Option<u16>| id.map_or_else(|| "None".into(), |id| format!("{id:#06X}"));
        let (vendor, product) = (id(self.vendor_id()), id(self.product_id()));
        format!(
            "<SetupPayload vendor_id={vendor} product_id={product} discriminator={}>",
            self.discriminator()
        )
    }
}

/// The content of a manual pairing code, a subset of the QR code.
#[pyclass(frozen, module = "esp_nvs_image")]
#[derive(Debug)]
pub(crate) struct ManualPayload(Manual);

#[pymethods]
impl ManualPayload {
    /// Parses 11 or 21 digits strictly, with or without dashes.
    #[staticmethod]
    fn from_code(text: &str) -> PyResult<Self> {
        text.parse().map(Self).map_err(refuse)
    }

    /// The passcode, a secret.
    #[getter]
    fn passcode(&self) -> u32 {
        self.0.passcode().expose()
    }

    /// The top four bits of the discriminator.
    #[getter]
    const fn short_discriminator(&self) -> u8 {
        self.0.short_discriminator().get()
    }

    /// The vendor id, if the code has one.
    #[getter]
    fn vendor_id(&self) -> Option<u16> {
        self.0.ids()?.vendor_id.map(VendorId::get)
    }

    /// The product id, if the code has one.
    #[getter]
    fn product_id(&self) -> Option<u16> {
        self.0.ids()?.product_id.map(ProductId::get)
    }

    /// Omits the passcode.
    fn __repr__(&self) -> String {
        format!("<ManualPayload short_discriminator={}>", self.short_discriminator())
    }
}

/// Parses either code strictly.
#[pyfunction]
pub(crate) fn parse_code(py: Python<'_>, text: &str) -> PyResult<Py<PyAny>> {
    if text.starts_with("MT:") {
        return Ok(Py::new(py, SetupPayload::from_qr(text)?)?.into_any());
    }
    Ok(Py::new(py, ManualPayload::from_code(text)?)?.into_any())
}

/// Converts two optional ids, where 0 and `None` mean "not specified".
pub(crate) fn to_ids(vendor: Option<Whole>, product: Option<Whole>) -> PyResult<(Option<VendorId>, Option<ProductId>)> {
    let is_given = |id: &Whole| id.get() != 0;
    let vendor = vendor
        .filter(is_given)
        .map(|id| VendorId::new(id.or_max()).map_err(refuse));
    // All 16-bit numbers except 0 are product ids.
    let product = product.filter(is_given).map(|id| match u16::try_from(id.get()) {
        Ok(id) => ProductId::new(id).map_err(refuse),
        Err(_) => Err(refuse_argument("product_id", "is not in the range 0x0001 to 0xFFFF")),
    });
    Ok((vendor.transpose()?, product.transpose()?))
}
