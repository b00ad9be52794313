use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;

use esp_nvs_image::PartitionSize;
use factory_fs::Table;
use matter_attestation::DateTime;
use matter_factory_data::{
    Declaration, FixedLabel, InternalFile, Locale, ProductInformation, RotatingId, SerialNumber, SupportedMode,
};
use matter_setup_payload::{CommissioningFlow, DiscoveryCapabilities};
use matter_spake2p::{Iterations, Salt, Verifier};
use matter_types::{Discriminator, Passcode, ProductId, VendorId};

use crate::{Attestation, BatchFiles, Columns, FlashJob, Message, MqttHost, ParseError, Seed, Storage, ValueList};

/// A description of the devices to manufacture. The types validate single values; [`crate::Plan::new`] checks the rest.
///
/// # Examples
///
/// ```
/// use matter_mfg::matter_types::{ProductId, VendorId};
/// use matter_mfg::{Job, LabelFormat, RotatingIdPolicy};
///
/// let mut job = Job::new(VendorId::new(0xFFF1)?, ProductId::new(0x8000)?);
/// job.outdir = "out".into();
/// job.count = Some(100);
/// job.size = "0x6000".parse()?;
/// job.product.vendor_name = Some("Example".parse()?);
/// job.product.product_name = Some("Lamp".parse()?);
/// job.rotating_id = RotatingIdPolicy::Random;
/// job.lists.labels = Some(LabelFormat::Pdf);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Job {
    /// The output folder.
    pub outdir: PathBuf,
    /// The number of devices; `None` for one, or one for each row of `values`.
    pub count: Option<u32>,
    /// The vendor id.
    pub vendor_id: VendorId,
    /// The product id.
    pub product_id: ProductId,
    /// The size of the factory partition.
    pub size: PartitionSize,
    /// Whether the factory partition is encrypted, each with a key of its own in a keys partition.
    pub encrypt: bool,
    /// Whether the factory partition is omitted.
    pub without_image: bool,
    /// The files written beside the images of a device.
    pub internal: InternalFiles,
    /// The PBKDF2 iteration count.
    pub iterations: Iterations,
    /// The passcode of a single device; drawn if `None`.
    pub passcode: Option<Passcode>,
    /// The salt of a single device, given together with the verifier derived from it.
    pub salt: Option<Salt>,
    /// The verifier of a single device, which is derived again and compared.
    pub verifier: Option<Verifier>,
    /// Whether the devices draw passcodes of their own and store no verifier.
    pub dynamic_passcode: bool,
    /// A passcode for each device.
    pub passcodes: Option<ValueList<Passcode>>,
    /// The discriminator of a single device; drawn if `None`.
    pub discriminator: Option<Discriminator>,
    /// A discriminator for each device.
    pub discriminators: Option<ValueList<Discriminator>>,
    /// The commissioning flow.
    pub flow: CommissioningFlow,
    /// The discovery capabilities.
    pub discovery: DiscoveryCapabilities,
    /// Information about the product. The serial number is for a single device, and drawn if absent.
    pub product: ProductInformation,
    /// A serial number for each device.
    pub serial_numbers: Option<ValueList<SerialNumber>>,
    /// Whether devices get a unique id for rotating device ids.
    pub rotating_id: RotatingIdPolicy,
    /// The supported locales.
    pub locales: Vec<Locale>,
    /// The fixed labels of their endpoints.
    pub fixed_labels: Vec<FixedLabel>,
    /// The modes of their endpoints.
    pub supported_modes: Vec<SupportedMode>,
    /// The MQTT broker of ESP RainMaker.
    pub mqtt_host: Option<MqttHost>,
    /// The Certification Declaration.
    pub declaration: Option<Declaration>,
    /// Whether a declaration for another product is only a warning.
    pub allow_declaration_mismatch: bool,
    /// The signer of the devices' certificates.
    pub attestation: Attestation,
    /// The location of the devices' data.
    pub storage: Storage,
    /// The flash contents of each device and the locking of its chip; `None` for no image of the whole flash.
    pub flash: Option<FlashJob>,
    /// Start of the certificates' validity; `None` for now.
    pub valid_from: Option<DateTime>,
    /// Validity of certificates in days; `None` for 36500, or as long as the PAI.
    pub lifetime_days: Option<u32>,
    /// Further values: the columns, and a row for each device.
    pub values: Option<(Columns, Table)>,
    /// The files about all devices.
    pub lists: BatchFiles,
    /// The number of threads; `None` for one on each core.
    pub threads: Option<NonZeroUsize>,
    /// The seed of all random numbers of a test run, which makes its output reproducible.
    pub seed: Option<Seed>,
    /// Warnings about the inputs of the job: the first of [`crate::Plan::warnings`].
    pub warnings: Vec<Message>,
}

/// The files beside the images of a device, in its folder `internal`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum InternalFiles {
    /// The files of the reference tool: certificates, the private key, and the CSV of the NVS image.
    #[default]
    All,
    /// Certificates, public key and declaration: no secrets.
    Certificates,
    /// No files: the images are the only copies.
    None,
}

impl InternalFiles {
    /// Returns whether a file is written. Digests for eFuses always are: no other file has them.
    pub(crate) const fn has(self, file: InternalFile) -> bool {
        match file {
            InternalFile::DacDer
            | InternalFile::DacPem
            | InternalFile::DacPublicKey
            | InternalFile::Declaration
            | InternalFile::PaiDer => !matches!(self, Self::None),
            InternalFile::SecureBootDigest0 | InternalFile::SecureBootDigest1 | InternalFile::SecureBootDigest2 => true,
            _ => matches!(self, Self::All),
        }
    }
}

impl FromStr for InternalFiles {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "all" => Ok(Self::All),
            "certs" => Ok(Self::Certificates),
            "none" => Ok(Self::None),
            _ => Err(ParseError::new("must be 'all', 'certs' or 'none'")),
        }
    }
}

/// Whether devices get a unique id for rotating device ids.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum RotatingIdPolicy {
    /// Devices get no unique id.
    #[default]
    None,
    /// Each device gets a random one.
    Random,
    /// A single device gets this one.
    Given(RotatingId),
}

impl Job {
    /// The iteration count of the reference tool.
    pub const DEFAULT_ITERATIONS: Iterations = match Iterations::new(10_000) {
        Ok(iterations) => iterations,
        Err(_) => unreachable!(),
    };
    /// The largest partition size: all of the largest flash of an ESP32.
    pub const MAX_SIZE: u32 = 0x200_0000;
    /// The partition size of the reference tool.
    pub const DEFAULT_SIZE: PartitionSize = match PartitionSize::new(0x6000) {
        Ok(size) => size,
        Err(_) => unreachable!(),
    };

    /// Returns vendor and product of the devices' DACs and PAI: the origin of the declaration if it has one, for a
    /// product sold under other ids (Matter Core Specification 6.2.3 and 6.3.1, `dac_origin_vendor_id`).
    pub(crate) fn dac_ids(&self) -> (VendorId, ProductId) {
        let own = (self.vendor_id, self.product_id);
        self.declaration
            .as_ref()
            .map_or(own, |declaration| declaration.dac_ids(own))
    }

    /// Returns the folder that contains the devices' folders.
    pub(crate) fn top(&self) -> PathBuf {
        self.outdir.join(self.product_folder())
    }

    /// Returns its name: lower case without leading zeros, as in the reference tool.
    pub(crate) fn product_folder(&self) -> String {
        Self::folder_of(self.vendor_id, self.product_id)
    }

    pub(crate) fn folder_of(vendor: VendorId, product: ProductId) -> String {
        format!("{:x}_{:x}", vendor.get(), product.get())
    }

    /// Describes one device with the reference tool's defaults, written to `out` in the current folder.
    #[must_use]
    pub fn new(vendor_id: VendorId, product_id: ProductId) -> Self {
        Self {
            outdir: "out".into(),
            count: None,
            vendor_id,
            product_id,
            size: Self::DEFAULT_SIZE,
            encrypt: false,
            without_image: false,
            internal: InternalFiles::default(),
            iterations: Self::DEFAULT_ITERATIONS,
            passcode: None,
            salt: None,
            verifier: None,
            dynamic_passcode: false,
            passcodes: None,
            discriminator: None,
            discriminators: None,
            flow: CommissioningFlow::default(),
            discovery: DiscoveryCapabilities::default(),
            product: ProductInformation::default(),
            serial_numbers: None,
            rotating_id: RotatingIdPolicy::default(),
            locales: Vec::new(),
            fixed_labels: Vec::new(),
            supported_modes: Vec::new(),
            mqtt_host: None,
            declaration: None,
            allow_declaration_mismatch: false,
            attestation: Attestation::default(),
            storage: Storage::default(),
            flash: None,
            valid_from: None,
            lifetime_days: None,
            values: None,
            lists: BatchFiles::default(),
            threads: None,
            seed: None,
            warnings: Vec::new(),
        }
    }
}
