use std::fmt;

use matter_factory_data::ProductInformation;

macro_rules! fields {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)+) => {
        /// An input of a job or of a run, as named by errors and warnings.
        ///
        /// Its [name](Field::name) is the member of a job file; a command line puts two dashes before it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Field {
            $($(#[$doc])* $variant,)+
            /// A field of the product, by its [name](matter_factory_data::ProductField::name).
            Product(&'static str),
        }

        impl Field {
            /// All fields except those of the product.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Returns the name of the field, such as `vendor-id`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                    Self::Product(name) => name,
                }
            }
        }
    };
}

fields! {
    /// [`Job::allow_declaration_mismatch`](crate::Job::allow_declaration_mismatch)
    AllowDeclarationMismatch = "allow-cd-mismatch",
    /// [`Run::with_insecure_permissions`](crate::Run::with_insecure_permissions)
    AllowInsecurePermissions = "allow-insecure-permissions",
    /// The certificate of the PAI or PAA.
    Certificate = "cert",
    /// The columns of [`Job::values`](crate::Job::values).
    Columns = "csv",
    /// Prefix of the common name of a PAI to make.
    CommonNamePrefix = "cn-prefix",
    /// [`Storage::commissionable_data_in_secure_cert`](crate::Storage)
    CommissionableDataInSecureCert = "commissionable-data-in-secure-cert",
    /// [`Job::count`](crate::Job::count)
    Count = "count",
    /// The certificate of a supplied DAC.
    DacCertificate = "dac-cert",
    /// A folder of supplied DACs.
    DacFolder = "dac-dir",
    /// [`Storage::dac_in_secure_cert`](crate::Storage)
    DacInSecureCert = "dac-in-secure-cert",
    /// The key of a supplied DAC.
    DacKey = "dac-key",
    /// [`Job::declaration`](crate::Job::declaration)
    Declaration = "cert-dclrn",
    /// [`Job::discovery`](crate::Job::discovery)
    Discovery = "discovery-mode",
    /// [`Job::discriminator`](crate::Job::discriminator)
    Discriminator = "discriminator",
    /// [`Job::discriminators`](crate::Job::discriminators)
    Discriminators = "discriminators",
    /// [`Storage::ds_peripheral`](crate::Storage)
    DsPeripheral = "ds-peripheral",
    /// [`Job::dynamic_passcode`](crate::Job::dynamic_passcode)
    DynamicPasscode = "enable-dynamic-passcode",
    /// [`Storage::efuse_key`](crate::Storage)
    EfuseKey = "efuse-key-id",
    /// [`Job::encrypt`](crate::Job::encrypt)
    Encrypt = "encrypt",
    /// [`Job::fixed_labels`](crate::Job::fixed_labels)
    FixedLabels = "fixed-labels",
    /// [`Job::flash`](crate::Job::flash)
    FlashPlan = "flash-plan",
    /// [`Job::flow`](crate::Job::flow)
    Flow = "commissioning-flow",
    /// [`Run::with_force`](crate::Run::with_force)
    Force = "force",
    /// [`Job::internal`](crate::Job::internal)
    Internal = "internal",
    /// [`Job::iterations`](crate::Job::iterations)
    Iterations = "iteration-count",
    /// The file of a job.
    JobFile = "job",
    /// The private key of the PAI or PAA.
    Key = "key",
    /// Columns and rows of [`LabelStock`](crate::LabelStock)
    LabelGrid = "label-grid",
    /// [`LabelStock::margins`](crate::LabelStock::margins)
    LabelMargins = "label-margins",
    /// [`LabelSheet::with_cut_marks`](crate::LabelSheet::with_cut_marks)
    LabelMarks = "label-marks",
    /// [`LabelSheet::with_module`](crate::LabelSheet::with_module)
    LabelModule = "label-module",
    /// [`LabelSheet::with_offset`](crate::LabelSheet::with_offset)
    LabelOffset = "label-offset",
    /// [`LabelStock::page`](crate::LabelStock::page)
    LabelPage = "label-page",
    /// [`LabelStock::pitch`](crate::LabelStock::pitch)
    LabelPitch = "label-pitch",
    /// [`LabelStock::label`](crate::LabelStock::label)
    LabelSize = "label-size",
    /// [`LabelSheet::with_start`](crate::LabelSheet::with_start)
    LabelStart = "label-start",
    /// The name of [`LabelStock`](crate::LabelStock)
    LabelStock = "label-stock",
    /// [`BatchFiles::labels`](crate::BatchFiles::labels)
    Labels = "labels",
    /// [`Run::with_ledger`](crate::Run::with_ledger)
    Ledger = "ledger",
    /// [`Job::lifetime_days`](crate::Job::lifetime_days)
    Lifetime = "lifetime",
    /// [`Job::locales`](crate::Job::locales)
    Locales = "locales",
    /// [`BatchFiles::manifest_signer`](crate::BatchFiles::manifest_signer)
    ManifestSigner = "sign-manifest",
    /// [`Job::mqtt_host`](crate::Job::mqtt_host)
    MqttHost = "mqtt-host",
    /// [`Job::without_image`](crate::Job::without_image)
    NoImage = "no-bin",
    /// [`BatchFiles::no_passcode_in_manifest`](crate::BatchFiles::no_passcode_in_manifest)
    NoPasscodeInManifest = "no-passcode-in-manifest",
    /// [`Storage::no_secure_cert_image`](crate::Storage)
    NoSecureCertImage = "no-secure-cert-bin",
    /// [`Run::with_order`](crate::Run::with_order): its id.
    Order = "order",
    /// [`Run::with_order`](crate::Run::with_order): its devices.
    OrderSize = "order-size",
    /// [`Job::outdir`](crate::Job::outdir)
    OutputFolder = "outdir",
    /// [`Attestation::Paa`](crate::Attestation::Paa)
    Paa = "paa",
    /// [`Attestation::Pai`](crate::Attestation::Pai)
    Pai = "pai",
    /// [`Job::passcode`](crate::Job::passcode)
    Passcode = "passcode",
    /// [`Job::passcodes`](crate::Job::passcodes)
    Passcodes = "passcodes",
    /// The password of encrypted keys.
    Password = "password",
    /// [`Storage::port`](crate::Storage)
    Port = "port",
    /// [`Job::product_id`](crate::Job::product_id)
    ProductId = "product-id",
    /// [`BatchFiles::qr_zip`](crate::BatchFiles::qr_zip)
    QrZip = "qr-zip",
    /// The reason for taking a device out of use.
    Reason = "reason",
    /// [`Run::with_resume`](crate::Run::with_resume)
    Resume = "resume",
    /// [`Job::rotating_id`](crate::Job::rotating_id) of a single device.
    RotatingId = "rd-id-uid",
    /// [`Storage::rotating_id_in_secure_cert`](crate::Storage)
    RotatingIdInSecureCert = "rd-id-uid-in-secure-cert",
    /// [`Job::salt`](crate::Job::salt)
    Salt = "salt",
    /// A device that is taken out of use.
    Scrap = "scrap",
    /// [`Job::seed`](crate::Job::seed)
    Seed = "seed",
    /// [`Job::serial_numbers`](crate::Job::serial_numbers)
    SerialNumbers = "serials",
    /// The location of the private key of the PAI or PAA.
    Signer = "signer",
    /// [`Job::size`](crate::Job::size)
    Size = "size",
    /// [`Job::supported_modes`](crate::Job::supported_modes)
    SupportedModes = "supported-modes",
    /// [`Storage::target`](crate::Storage)
    Target = "target",
    /// [`Attestation::TestPki`](crate::Attestation::TestPki)
    TestPki = "test-pki",
    /// [`Run::with_unique`](crate::Run::with_unique)
    Unique = "unique",
    /// [`Job::valid_from`](crate::Job::valid_from)
    ValidFrom = "valid-from",
    /// The rows of [`Job::values`](crate::Job::values).
    Values = "mcsv",
    /// [`Job::vendor_id`](crate::Job::vendor_id)
    VendorId = "vendor-id",
    /// [`Job::verifier`](crate::Job::verifier)
    Verifier = "verifier",
}

impl Field {
    /// Returns the field with a name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let product = || {
            let mut fields = ProductInformation::FIELDS.iter();
            fields
                .find(|field| field.name() == name)
                .map(|field| Self::Product(field.name()))
        };
        Self::ALL
            .iter()
            .find(|field| field.name() == name)
            .copied()
            .or_else(product)
    }

    /// The serial number of a single device.
    pub(crate) const SERIAL_NUMBER: Self = Self::Product("serial-num");
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
