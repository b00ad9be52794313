use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use esp_nvs_image::{Key, Namespace, Number, OwnedValue};
use matter_setup_payload::{CommissioningFlow, DiscoveryCapabilities, SetupPayload};
use matter_spake2p::{PaseCredential, PbkdfParameters, Verifier};
use matter_types::{Discriminator, Passcode, ProductId, VendorId};

use crate::keys::{self, NAMESPACE};
use crate::reader::within;
use crate::{
    AttestationCredentials, Declaration, Error, FixedLabel, Locale, ProductInformation, RotatingId, SecureCertNumbers,
    SupportedMode,
};

/// A vendor's key and value in the factory partition, in addition to Matter's.
///
/// # Examples
///
/// ```
/// # use matter_factory_data::DeviceRecord;
/// # use matter_factory_data::matter_spake2p::{Iterations, PbkdfParameters, Salt};
/// # use matter_factory_data::matter_types::{Discriminator, ProductId, VendorId};
/// # let parameters = PbkdfParameters { iterations: Iterations::MIN, salt: Salt::new(&[7; 32])? };
/// # let (vendor, product) = (VendorId::new(0xFFF1)?, ProductId::new(0x8000)?);
/// # let mut record = DeviceRecord::with_dynamic_passcode(vendor, product, Discriminator::new(3840)?, parameters);
///
/// use matter_factory_data::FactoryEntry;
/// use matter_factory_data::esp_nvs_image::{Key, Namespace, OwnedValue};
///
/// record.add_entry(FactoryEntry {
///     namespace: Namespace::new("cloud")?,
///     key: Key::new("endpoint")?,
///     value: OwnedValue::Str("https://example.com".into()),
/// })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct FactoryEntry {
    /// The namespace.
    pub namespace: Namespace,
    /// The key.
    pub key: Key,
    /// The value.
    pub value: OwnedValue,
}

/// The complete data of one device, validated once.
///
/// The partition image, the onboarding codes and all other outputs are made from one record, so they cannot disagree:
/// the verifier comes with the passcode that opens it, the credentials match the record's vendor and product, and no
/// key is stored twice.
///
/// A record decoded from an image has no passcode, because the device does not store it. Neither has the record of a
/// device that generates its passcode ([`DeviceRecord::with_dynamic_passcode`]).
///
/// # Examples
///
/// ```
/// use matter_factory_data::DeviceRecord;
/// use matter_factory_data::matter_spake2p::{Iterations, PaseCredential, PbkdfParameters, Salt};
/// use matter_factory_data::matter_types::{Discriminator, Passcode, ProductId, VendorId};
///
/// let parameters = PbkdfParameters { iterations: Iterations::new(1000)?, salt: Salt::new(&[7; 32])? };
/// let pase = PaseCredential::derive(Passcode::new(20202021)?, parameters)?;
/// let (vendor, product) = (VendorId::new(0xFFF1)?, ProductId::new(0x8000)?);
/// let mut record = DeviceRecord::new(vendor, product, Discriminator::new(3840)?, &pase);
/// record.product.vendor_name = Some("Example".parse()?);
///
/// let image = record.encode_nvs("0x6000".parse()?)?;
/// assert_eq!(DeviceRecord::decode_nvs(&image)?.product, record.product);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct DeviceRecord {
    vendor_id: VendorId,
    product_id: ProductId,
    discriminator: Discriminator,
    passcode: Option<Passcode>,
    parameters: PbkdfParameters,
    verifier: Option<Verifier>,
    credentials: Option<AttestationCredentials>,
    extra: Vec<FactoryEntry>,
    /// The keys of `extra`.
    extra_keys: BTreeSet<(Namespace, Key)>,
    /// The commissioning flow; only on the label.
    pub flow: CommissioningFlow,
    /// The discovery capabilities; only on the label.
    pub discovery: DiscoveryCapabilities,
    /// The Certification Declaration.
    pub declaration: Option<Declaration>,
    /// The unique id for the rotating device id.
    pub rotating_id: Option<RotatingId>,
    /// Two random numbers of the vendor's tool; stored only if the commissionable data is in `esp_secure_cert`.
    pub secure_cert_numbers: Option<SecureCertNumbers>,
    /// Information about the product.
    pub product: ProductInformation,
    /// The supported languages.
    pub locales: Vec<Locale>,
    /// The fixed labels of its endpoints.
    pub fixed_labels: Vec<FixedLabel>,
    /// The modes of its endpoints.
    pub supported_modes: Vec<SupportedMode>,
}

impl DeviceRecord {
    /// Creates a record with the values that every device must have.
    #[must_use]
    pub fn new(vendor: VendorId, product: ProductId, discriminator: Discriminator, pase: &PaseCredential) -> Self {
        let mut record = Self::stored(
            vendor,
            product,
            discriminator,
            *pase.parameters(),
            Some(pase.verifier().clone()),
        );
        record.passcode = Some(pase.passcode().clone());
        record
    }

    /// Creates the record of a device that generates and displays its passcode.
    ///
    /// The passcode is not known in advance, so there is no verifier and no onboarding code. Salt and iteration count
    /// are stored nevertheless, like the vendor's tool does with `--enable-dynamic-passcode` (observed with version
    /// 1.0.29).
    #[must_use]
    pub const fn with_dynamic_passcode(
        vendor: VendorId,
        product: ProductId,
        discriminator: Discriminator,
        parameters: PbkdfParameters,
    ) -> Self {
        Self::stored(vendor, product, discriminator, parameters, None)
    }

    /// The part of a record that an image contains.
    pub(crate) const fn stored(
        vendor_id: VendorId,
        product_id: ProductId,
        discriminator: Discriminator,
        parameters: PbkdfParameters,
        verifier: Option<Verifier>,
    ) -> Self {
        Self {
            vendor_id,
            product_id,
            discriminator,
            passcode: None,
            parameters,
            verifier,
            credentials: None,
            extra: Vec::new(),
            extra_keys: BTreeSet::new(),
            flow: CommissioningFlow::Standard,
            discovery: DiscoveryCapabilities::BLE,
            declaration: None,
            rotating_id: None,
            secure_cert_numbers: None,
            product: ProductInformation::EMPTY,
            locales: Vec::new(),
            fixed_labels: Vec::new(),
            supported_modes: Vec::new(),
        }
    }

    /// Returns the vendor and product of the DAC: the record's, or the DAC origin named by the declaration (Matter Core
    /// Specification 6.3.1, `dac_origin_vendor_id`).
    #[must_use]
    pub fn dac_ids(&self) -> (VendorId, ProductId) {
        let own = (self.vendor_id, self.product_id);
        self.declaration
            .as_ref()
            .map_or(own, |declaration| declaration.dac_ids(own))
    }

    /// Sets the attestation credentials. Set a declaration that names another DAC origin first.
    ///
    /// # Errors
    ///
    /// [`Error::DacVendorId`] or [`Error::DacProductId`] when the certificate is for another product.
    pub fn set_credentials(&mut self, credentials: AttestationCredentials) -> Result<(), Error> {
        let (expected, product) = self.dac_ids();
        let found = credentials.dac().vendor_id();
        if found != Some(expected) {
            return Err(Error::DacVendorId { expected, found });
        }
        let (expected, found) = (product, credentials.dac().product_id());
        if found != Some(expected) {
            return Err(Error::DacProductId { expected, found });
        }
        self.credentials = Some(credentials);
        Ok(())
    }

    /// Adds a vendor entry.
    ///
    /// # Errors
    ///
    /// [`Error::KeyReserved`] for a key of a field of the record, [`Error::WrongType`] or [`Error::NumberOutOfRange`]
    /// for a location capability (`loc-capability`) that the firmware refuses, [`esp_nvs_image::Error::DuplicateKey`]
    /// for a duplicate key.
    pub fn add_entry(&mut self, entry: FactoryEntry) -> Result<(), Error> {
        let key = entry.key;
        if entry.namespace == NAMESPACE && keys::is_field_key(&key) {
            return Err(Error::KeyReserved { key });
        }
        if entry.namespace == NAMESPACE && key == keys::LOCATION_CAPABILITY {
            check_location_capability(&entry.value)?;
        }
        if !self.extra_keys.insert((entry.namespace, entry.key)) {
            return Err(esp_nvs_image::Error::DuplicateKey { key }.into());
        }
        self.extra.push(entry);
        Ok(())
    }

    /// Returns the vendor id.
    #[must_use]
    pub const fn vendor_id(&self) -> VendorId {
        self.vendor_id
    }

    /// Returns the product id.
    #[must_use]
    pub const fn product_id(&self) -> ProductId {
        self.product_id
    }

    /// Returns the discriminator.
    #[must_use]
    pub const fn discriminator(&self) -> Discriminator {
        self.discriminator
    }

    /// Returns the passcode. A record decoded from an image has none, and neither has one with a dynamic passcode.
    #[must_use]
    pub const fn passcode(&self) -> Option<&Passcode> {
        self.passcode.as_ref()
    }

    /// Returns salt and iteration count.
    #[must_use]
    pub const fn parameters(&self) -> &PbkdfParameters {
        &self.parameters
    }

    /// Returns the verifier; a device that generates its passcode has none.
    #[must_use]
    pub const fn verifier(&self) -> Option<&Verifier> {
        self.verifier.as_ref()
    }

    /// Returns the attestation credentials, if there are any.
    #[must_use]
    pub const fn credentials(&self) -> Option<&AttestationCredentials> {
        self.credentials.as_ref()
    }

    /// Returns the vendor entries.
    #[must_use]
    pub fn entries(&self) -> &[FactoryEntry] {
        &self.extra
    }

    /// Returns the content of the onboarding codes; `None` for a record without a passcode.
    #[must_use]
    pub fn setup_payload(&self) -> Option<SetupPayload> {
        let passcode = self.passcode.clone()?;
        let payload = SetupPayload::new(self.vendor_id, self.product_id, self.discriminator, passcode);
        Some(payload.with_flow(self.flow).with_discovery(self.discovery))
    }
}

fn check_location_capability(value: &OwnedValue) -> Result<(), Error> {
    let key = keys::LOCATION_CAPABILITY;
    match value {
        OwnedValue::Number(Number::U32(number)) => {
            within::<u32>(&key, *number, keys::MAX_LOCATION_CAPABILITY).map(|_| ())
        }
        _ => Err(Error::WrongType { key, expected: "u32" }),
    }
}
