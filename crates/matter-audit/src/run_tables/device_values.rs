//! The values of existing devices, for comparison with tables.
//!
//! Values are stored as hashes under a key of this audit, since they include passcodes.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, DefaultHasher, Hash};
use std::path::Path;

use base16ct::lower::encode_string as hex;
use esp_nvs_image::{Entry, Number, NvsKeys, StoredValue};
use matter_factory_data::DeviceReport;
use zeroize::Zeroizing;

use crate::device_files::DeviceFiles;
use crate::label_codes::digits;

/// The columns that identify a row's device, the most reliable first; two devices hardly ever share their values.
const IDENTITIES: [&str; 6] = [QR, SERIAL, SALT, VERIFIER, PASSCODE, MANUAL];
pub(super) const QR: &str = "qrcode";
pub(super) const MANUAL: &str = "manualcode";
pub(super) const PASSCODE: &str = "pincode";
pub(super) const SERIAL: &str = "serial-num";
pub(super) const DISCRIMINATOR: &str = "discriminator";
pub(super) const ITERATIONS: &str = "iteration-count";
pub(super) const SALT: &str = "salt";
pub(super) const VERIFIER: &str = "verifier";
const ROTATING_ID: &str = "rd-id-uid";
/// The common name of the DAC; tables have no column of this name.
pub(super) const NAME: &str = "CN";
pub(super) const CERTIFICATE: &str = "certs";

/// The form of a value, for comparing different spellings.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CellForm {
    Text,
    Number,
    Hex,
    Digits,
}

/// Hash of a column and of an identifying value.
pub(super) type IdentityHash = (u64, u64);

/// Index of a device in [`DeviceValues`].
pub(super) type DeviceIndex = usize;

/// A value of a device.
struct DeviceValue {
    column: u64,
    value: u64,
    form: CellForm,
    /// The NVS type, as in `config.csv`.
    encoding: &'static str,
}

struct ValuesOfDevice {
    name: String,
    top: u64,
    facts: Vec<DeviceValue>,
    picture: Option<u64>,
    has_name: bool,
    has_label: bool,
}

/// Keyed hashing. The hasher of `std` panics if the system has no random bytes.
struct Keyed(Zeroizing<[u8; 32]>);

impl BuildHasher for Keyed {
    type Hasher = DefaultHasher;

    fn build_hasher(&self) -> DefaultHasher {
        let mut hasher = DefaultHasher::new();
        self.0.hash(&mut hasher);
        hasher
    }
}

/// All devices.
pub(crate) struct DeviceValues {
    hasher: Keyed,
    devices: Vec<ValuesOfDevice>,
    names: BTreeMap<String, DeviceIndex>,
    /// The device of each identifying value; `None` if two devices share it.
    places: BTreeMap<IdentityHash, Option<DeviceIndex>>,
}

impl DeviceValues {
    /// Creates an empty list whose values are hashed under a random key.
    pub(crate) const fn new(key: Zeroizing<[u8; 32]>) -> Self {
        Self {
            hasher: Keyed(key),
            devices: Vec::new(),
            names: BTreeMap::new(),
            places: BTreeMap::new(),
        }
    }

    /// Adds a device that is in a folder of devices.
    pub(crate) fn add(&mut self, device: &DeviceFiles, report: &DeviceReport, keys: Option<&NvsKeys>, name: &str) {
        let mut facts = Vec::new();
        self.add_entries(device, keys, &mut facts);
        let mut add = |column: &str, form: CellForm, value: Option<&str>| {
            let column = self.hasher.hash_one(column);
            let known = value.map(|value| self.fact(column, form, "", value));
            facts.extend(known.into_iter().flatten());
        };
        let codes = device.codes(&mut Vec::new());
        add(QR, CellForm::Text, codes.qr.as_deref().map(String::as_str));
        add(MANUAL, CellForm::Digits, codes.manual.as_deref().map(String::as_str));
        add(
            PASSCODE,
            CellForm::Number,
            codes.passcode.as_deref().map(String::as_str),
        );
        let discriminator = report.discriminator().map(|number| number.get().to_string());
        add(DISCRIMINATOR, CellForm::Number, discriminator.as_deref());
        if let Some(parameters) = report.parameters() {
            add(ITERATIONS, CellForm::Number, Some(&parameters.iterations.to_string()));
            add(SALT, CellForm::Text, Some(parameters.salt.to_base64().as_str()));
        }
        if let Some(verifier) = report.verifier() {
            add(VERIFIER, CellForm::Text, Some(verifier.to_base64().as_str()));
        }
        if let Some(id) = report.rotating_id() {
            add(ROTATING_ID, CellForm::Hex, Some(&Zeroizing::new(hex(id))));
        }
        add(NAME, CellForm::Text, report.common_name());
        let certificate = report.dac().map(|dac| self.hasher.hash_one(dac));
        facts.extend(certificate.map(|value| DeviceValue {
            column: self.hasher.hash_one(CERTIFICATE),
            value,
            form: CellForm::Text,
            encoding: "",
        }));
        let picture = device
            .file(device.picture)
            .map(|file| self.hasher.hash_one(file.bytes.as_slice()));
        let top = device.path.parent().unwrap_or(Path::new(""));
        self.insert(ValuesOfDevice {
            name: name.to_owned(),
            top: self.hasher.hash_one(top),
            facts,
            picture,
            has_name: report.common_name().is_some(),
            has_label: codes.qr.is_some(),
        });
    }

    fn insert(&mut self, device: ValuesOfDevice) {
        let number = self.devices.len();
        self.names.entry(device.name.clone()).or_insert(number);
        for identity in IDENTITIES.iter().chain(&[NAME]) {
            let column = self.hasher.hash_one(*identity);
            // The same value may be in NVS and elsewhere.
            let mut values = device.facts.iter().filter(|fact| fact.column == column);
            if let Some(fact) = values.next() {
                let place = self.places.entry((column, fact.value));
                place.and_modify(|place| *place = None).or_insert(Some(number));
            }
        }
        self.devices.push(device);
    }

    fn add_entries(&self, device: &DeviceFiles, keys: Option<&NvsKeys>, facts: &mut Vec<DeviceValue>) {
        let Some(file) = device.file(device.nvs) else { return };
        let own = device
            .file(device.keys)
            .and_then(|file| NvsKeys::decode(&file.bytes).ok());
        let plain = own.as_ref().or(keys).map(|keys| {
            let mut image = file.bytes.clone();
            // Damage is a finding of the device.
            let _ = esp_nvs_image::decrypt(&mut image, keys);
            image
        });
        for entry in esp_nvs_image::recover(plain.as_ref().unwrap_or(&file.bytes)).entries {
            let column = self.hasher.hash_one(entry.key.as_str());
            let (form, encoding, text) = cell(&entry);
            facts.extend(self.fact(column, form, encoding, &text));
        }
    }

    fn fact(&self, column: u64, form: CellForm, encoding: &'static str, text: &str) -> Option<DeviceValue> {
        Some(DeviceValue {
            column,
            value: self.value(form, text)?,
            form,
            encoding,
        })
    }

    /// Returns the hash of a value; `None` if it is not in this form.
    fn value(&self, form: CellForm, text: &str) -> Option<u64> {
        Some(match form {
            CellForm::Text => self.hasher.hash_one(text),
            CellForm::Number => self.hasher.hash_one(number(text)?),
            CellForm::Hex => self.hasher.hash_one(&*Zeroizing::new(text.trim().to_ascii_lowercase())),
            CellForm::Digits => self.hasher.hash_one(&*Zeroizing::new(digits(text).collect::<String>())),
        })
    }

    /// Returns the devices in a folder.
    pub(super) fn devices_in(&self, top: &Path) -> impl Iterator<Item = DeviceIndex> + '_ {
        let top = self.hasher.hash_one(top);
        let devices = self.devices.iter().enumerate();
        devices
            .filter(move |(_, device)| device.top == top)
            .map(|(number, _)| number)
    }

    pub(super) fn name(&self, device: DeviceIndex) -> &str {
        self.devices.get(device).map_or("", |device| &device.name)
    }

    /// Returns the device with a name.
    pub(super) fn named(&self, name: &str) -> Option<DeviceIndex> {
        self.names.get(&name.to_ascii_lowercase()).copied()
    }

    /// Returns whether a device has a certificate with a name, and a label.
    pub(super) fn has(&self, device: DeviceIndex) -> (bool, bool) {
        self.devices
            .get(device)
            .map_or((false, false), |device| (device.has_name, device.has_label))
    }

    /// Returns the device with a value in a column, if the value is unique.
    pub(super) fn device_with(&self, column: &str, text: &str) -> Option<DeviceIndex> {
        self.places.get(&self.identity(column, text)?).copied().flatten()
    }

    /// Returns the device of a row.
    pub(super) fn device_of<'r>(&self, row: impl Iterator<Item = (&'r str, &'r str)> + Clone) -> Option<DeviceIndex> {
        IDENTITIES.iter().find_map(|identity| {
            let (column, cell) = row
                .clone()
                .find(|(column, cell)| column == identity && !cell.is_empty())?;
            self.device_with(column, cell)
        })
    }

    /// Returns the values that identify the device of a row in other tables.
    pub(super) fn identities<'r>(&self, row: impl Iterator<Item = (&'r str, &'r str)>) -> Vec<IdentityHash> {
        let identities = row.filter(|(column, cell)| IDENTITIES.contains(column) && !cell.is_empty());
        identities
            .filter_map(|(column, cell)| self.identity(column, cell))
            .collect()
    }

    /// Returns the hash of a value that identifies a device.
    pub(super) fn identity(&self, column: &str, text: &str) -> Option<IdentityHash> {
        let form = match column {
            PASSCODE => CellForm::Number,
            MANUAL => CellForm::Digits,
            _ => CellForm::Text,
        };
        Some((self.hasher.hash_one(column), self.value(form, text)?))
    }

    /// Returns whether a device has a value in a column; `None` if the device lacks it.
    pub(super) fn agrees(&self, device: DeviceIndex, column: &str, text: &str) -> Option<bool> {
        let column = self.hasher.hash_one(column);
        let facts = &self.devices.get(device)?.facts;
        let mut known = facts.iter().filter(|fact| fact.column == column).peekable();
        let first = known.peek()?;
        if first.form == CellForm::Hex && (text.is_empty() || text.contains(['.', '/', '\\'])) {
            // The path of the source file, as the vendor's tool writes it; the file may have moved or never existed.
            return None;
        }
        Some(known.any(|fact| self.value(fact.form, text) == Some(fact.value)))
    }

    /// Returns whether a device has a certificate; `None` if it has none at hand.
    pub(super) fn has_certificate(&self, device: DeviceIndex, der: &[u8]) -> Option<bool> {
        let column = self.hasher.hash_one(CERTIFICATE);
        let value = self.hasher.hash_one(der);
        let mut own = self
            .devices
            .get(device)?
            .facts
            .iter()
            .filter(|fact| fact.column == column);
        own.next().map(|fact| fact.value == value)
    }

    /// Returns whether a device has a picture; `None` if it has none at hand.
    pub(super) fn has_picture(&self, device: DeviceIndex, png: &[u8]) -> Option<bool> {
        let picture = self.devices.get(device)?.picture?;
        Some(picture == self.hasher.hash_one(png))
    }

    /// Returns the NVS types of a device's key; empty if it has no such key.
    pub(super) fn encodings(&self, device: DeviceIndex, key: &str) -> Vec<&'static str> {
        let column = self.hasher.hash_one(key);
        let facts = self.devices.get(device).map(|device| device.facts.as_slice());
        let facts = facts.unwrap_or_default().iter();
        let stored = facts.filter(|fact| fact.column == column && !fact.encoding.is_empty());
        stored.map(|fact| fact.encoding).collect()
    }
}

/// Parses a number in decimal, or in hexadecimal after `0x`.
fn number(text: &str) -> Option<i128> {
    let text = text.trim();
    match text.strip_prefix("0x").or(text.strip_prefix("0X")) {
        // `from_str_radix` accepts a sign.
        Some(digits) if digits.starts_with(['+', '-']) => None,
        Some(digits) => i128::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// Returns an entry in the form of a table's cell.
fn cell(entry: &Entry<'_>) -> (CellForm, &'static str, Zeroizing<String>) {
    let (form, text) = match &entry.value {
        StoredValue::Str(text) => (CellForm::Text, (*text).to_owned()),
        StoredValue::Blob(blob) => {
            let mut bytes = Zeroizing::new(Vec::with_capacity(blob.len()));
            blob.chunks().for_each(|chunk| bytes.extend_from_slice(chunk));
            (CellForm::Hex, hex(&bytes))
        }
        StoredValue::Number(Number::Float(number)) => (CellForm::Text, format!("{number:?}")),
        StoredValue::Number(Number::Double(number)) => (CellForm::Text, format!("{number:?}")),
        StoredValue::Number(number) => (CellForm::Number, number.to_string()),
        _ => (CellForm::Text, String::new()),
    };
    (form, entry.value.type_name(), Zeroizing::new(text))
}
