use std::num::NonZeroUsize;
use std::path::PathBuf;

use esp_nvs_image::PartitionSize;
use matter_attestation::{Certificate, DateTime, PrivateKey};
use matter_factory_data::{
    Declaration, HardwareVersionString, ManufacturingDate, ProductName, RotatingId, SerialNumber, VendorName,
};
use matter_setup_payload::{CommissioningFlow, DiscoveryCapabilities};
use matter_spake2p::Iterations;
use matter_types::{Discriminator, Passcode, ProductId, VendorId};

use crate::{Columns, Lists, Storage, Table};

/// What to manufacture. Values that stand alone are right by their types; [`crate::Plan::new`] checks the rest.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Job {
    /// Where the output goes.
    pub outdir: PathBuf,
    /// How many devices; `None` for one, or one for each row of `values`.
    pub count: Option<u32>,
    /// The vendor.
    pub vendor_id: VendorId,
    /// The product.
    pub product_id: ProductId,
    /// The size of the factory partition.
    pub size: PartitionSize,
    /// How often PBKDF2 iterates.
    pub iterations: Iterations,
    /// The passcode of a single device; drawn when there is none.
    pub passcode: Option<Passcode>,
    /// The discriminator of a single device; drawn when there is none.
    pub discriminator: Option<Discriminator>,
    /// How devices are commissioned.
    pub flow: CommissioningFlow,
    /// How devices are found.
    pub discovery: DiscoveryCapabilities,
    /// The vendor's name.
    pub vendor_name: Option<VendorName>,
    /// The product's name.
    pub product_name: Option<ProductName>,
    /// The hardware's version.
    pub hardware_version: Option<u16>,
    /// The hardware's version as a text.
    pub hardware_version_string: Option<HardwareVersionString>,
    /// The day of manufacture.
    pub manufacturing_date: Option<ManufacturingDate>,
    /// The serial number of a single device; drawn when there is none.
    pub serial_number: Option<SerialNumber>,
    /// Whether devices get a unique id for rotating device ids.
    pub rotating_id: RotatingIdPolicy,
    /// The Certification Declaration.
    pub declaration: Option<Declaration>,
    /// Who signs the devices' certificates.
    pub attestation: Attestation,
    /// Where devices' data is kept.
    pub storage: Storage,
    /// When certificates begin to be valid; `None` for now.
    pub valid_from: Option<DateTime>,
    /// For how many days certificates are valid; `None` for 36500, or as long as the PAI.
    pub lifetime_days: Option<u32>,
    /// Further values: which columns, and a row for each device.
    pub values: Option<(Columns, Table)>,
    /// What is written about all devices.
    pub lists: Lists,
    /// How many threads; `None` for one on each core.
    pub threads: Option<NonZeroUsize>,
}

/// Whether devices get a unique id for rotating device ids.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum RotatingIdPolicy {
    /// They get none.
    #[default]
    None,
    /// Each gets one of its own.
    Random,
    /// A single device gets this one.
    Given(RotatingId),
}

/// Who signs the devices' certificates.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Attestation {
    /// Nobody: devices get no certificate.
    #[default]
    None,
    /// A product attestation intermediate.
    Pai(Box<Pai>),
    /// A throw-away PKI in `test-pki/` in the output folder, with a declaration signed by the published test key.
    TestPki {
        /// What the common name of the PAI begins with.
        common_name_prefix: String,
    },
}

/// A product attestation intermediate.
#[derive(Clone, Debug)]
pub struct Pai {
    /// Its certificate.
    pub certificate: Certificate,
    /// Its key.
    pub key: PrivateKey,
}

impl Job {
    /// The iteration count of the reference tool.
    pub const DEFAULT_ITERATIONS: Iterations = match Iterations::new(10_000) {
        Ok(iterations) => iterations,
        Err(_) => unreachable!(),
    };
    /// The partition size of the reference tool.
    pub const DEFAULT_SIZE: PartitionSize = match PartitionSize::new(0x6000) {
        Ok(size) => size,
        Err(_) => unreachable!(),
    };

    /// Describes one device with the reference tool's defaults, written to `out` in the current folder.
    #[must_use]
    pub fn new(vendor_id: VendorId, product_id: ProductId) -> Self {
        Self {
            outdir: "out".into(),
            count: None,
            vendor_id,
            product_id,
            size: Self::DEFAULT_SIZE,
            iterations: Self::DEFAULT_ITERATIONS,
            passcode: None,
            discriminator: None,
            flow: CommissioningFlow::default(),
            discovery: DiscoveryCapabilities::default(),
            vendor_name: None,
            product_name: None,
            hardware_version: None,
            hardware_version_string: None,
            manufacturing_date: None,
            serial_number: None,
            rotating_id: RotatingIdPolicy::default(),
            declaration: None,
            attestation: Attestation::default(),
            storage: Storage::default(),
            valid_from: None,
            lifetime_days: None,
            values: None,
            lists: Lists::default(),
            threads: None,
        }
    }
}
