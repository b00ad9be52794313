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

/// What to manufacture. Values that stand alone are right by their types; [`crate::Plan::new`] checks the rest.
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
    /// Whether the factory partition is encrypted, each with a key of its own in a keys partition.
    pub encrypt: bool,
    /// Whether the factory partition is left out.
    pub without_image: bool,
    /// What is written beside the images of a device.
    pub internal: InternalFiles,
    /// How often PBKDF2 iterates.
    pub iterations: Iterations,
    /// The passcode of a single device; drawn when there is none.
    pub passcode: Option<Passcode>,
    /// The salt of a single device, together with the verifier that was derived with it.
    pub salt: Option<Salt>,
    /// The verifier of a single device, which is derived again and compared.
    pub verifier: Option<Verifier>,
    /// Whether the devices draw passcodes of their own, so that they store no verifier.
    pub dynamic_passcode: bool,
    /// A passcode for each device.
    pub passcodes: Option<ValueList<Passcode>>,
    /// The discriminator of a single device; drawn when there is none.
    pub discriminator: Option<Discriminator>,
    /// A discriminator for each device.
    pub discriminators: Option<ValueList<Discriminator>>,
    /// How devices are commissioned.
    pub flow: CommissioningFlow,
    /// How devices are found.
    pub discovery: DiscoveryCapabilities,
    /// What is known about the product. The serial number is for a single device, and drawn when there is none.
    pub product: ProductInformation,
    /// A serial number for each device.
    pub serial_numbers: Option<ValueList<SerialNumber>>,
    /// Whether devices get a unique id for rotating device ids.
    pub rotating_id: RotatingIdPolicy,
    /// The languages that the devices know.
    pub locales: Vec<Locale>,
    /// The fixed labels of their endpoints.
    pub fixed_labels: Vec<FixedLabel>,
    /// The modes of their endpoints.
    pub supported_modes: Vec<SupportedMode>,
    /// The MQTT broker of ESP RainMaker.
    pub mqtt_host: Option<MqttHost>,
    /// The Certification Declaration.
    pub declaration: Option<Declaration>,
    /// Whether a declaration for another product is only warned about.
    pub allow_declaration_mismatch: bool,
    /// Who signs the devices' certificates.
    pub attestation: Attestation,
    /// Where devices' data is kept.
    pub storage: Storage,
    /// What is in the flash of each device and how its chip is locked; `None` for no image of the whole flash.
    pub flash: Option<FlashJob>,
    /// When certificates begin to be valid; `None` for now.
    pub valid_from: Option<DateTime>,
    /// For how many days certificates are valid; `None` for 36500, or as long as the PAI.
    pub lifetime_days: Option<u32>,
    /// Further values: which columns, and a row for each device.
    pub values: Option<(Columns, Table)>,
    /// What is written about all devices.
    pub lists: BatchFiles,
    /// How many threads; `None` for one on each core.
    pub threads: Option<NonZeroUsize>,
    /// Where all random numbers of a test run come from, which then is the same on every machine.
    pub seed: Option<Seed>,
    /// What is to be told of the inputs that the job was made of: the first of [`crate::Plan::warnings`].
    pub warnings: Vec<Message>,
}

/// What is written beside the images of a device, in its folder `internal`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum InternalFiles {
    /// The files of the reference tool: certificates, the private key, and the table that the NVS image is made of.
    #[default]
    All,
    /// Certificates, public key and declaration: nothing secret.
    Certificates,
    /// Nothing: the images have the only copies.
    None,
}

impl InternalFiles {
    /// Tells whether a file is written. Digests for eFuses always are: they are in nothing else.
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
            _ => Err(ParseError::new("is none of all, certs and none")),
        }
    }
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

    /// The vendor and product in the devices' DACs and their PAI: those of the origin where the declaration has one, for a
    /// product that is sold under other ids (Matter Core Specification 6.2.3 and 6.3.1, `dac_origin_vendor_id`).
    pub(crate) fn dac_ids(&self) -> (VendorId, ProductId) {
        let own = (self.vendor_id, self.product_id);
        self.declaration
            .as_ref()
            .map_or(own, |declaration| declaration.dac_ids(own))
    }

    /// The folder in which the devices' folders are.
    pub(crate) fn top(&self) -> PathBuf {
        self.outdir.join(self.product_folder())
    }

    /// Its name: lower-case without leading zeros, as the reference tool has it.
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
