//! Good devices built value by value, so that each value can be broken.

use std::sync::OnceLock;

use esp_nvs_image::{BlobVersion, Encoder, Key, Namespace, Number, OwnedValue, PartitionSize};
use esp_secure_cert::{Flags, RawRecord, RecordType, Writer};
use matter_attestation::{
    Certificate, CertificationDeclaration, CertificationType, DacSubject, DateTime, Issuer, PaaStore, PaaSubject,
    PaiSubject, PrivateKey, SerialNumber, TEST_CD_SIGNING_KEY_ID, Validity, issue_paa, test_cd_signing_key,
};
use matter_factory_data::{Artifacts, DeviceReport, Expected, audit, recompute};
use matter_setup_payload::{CommissioningFlow, SetupPayload};
use matter_spake2p::{Iterations, PbkdfParameters, Salt, Verifier};
use matter_types::{Discriminator, Passcode, ProductId, VendorId};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

pub(crate) const VENDOR: u16 = 0x1234;
pub(crate) const PRODUCT: u16 = 0x8000;
pub(crate) const PASSCODE: u32 = 19_861_989;
pub(crate) const DISCRIMINATOR: u16 = 0xABC;

pub(crate) fn key(number: u64) -> PrivateKey {
    PrivateKey::generate(&mut ChaCha20Rng::seed_from_u64(number))
}

pub(crate) fn year(year: u16) -> DateTime {
    DateTime::new(year, 1, 1, 0, 0, 0).unwrap()
}

fn serial(number: u8) -> SerialNumber {
    SerialNumber::new(&[number]).unwrap()
}

/// The certificates used to make devices.
pub(crate) struct World {
    pub(crate) paa: Certificate,
    pub(crate) pai: Certificate,
    pub(crate) other_pai: Certificate,
    pub(crate) dac: Certificate,
}

pub(crate) fn issue(
    vendor: u16,
    product: u16,
    validity: Validity,
    pai: &Certificate,
    pai_key: &PrivateKey,
) -> Certificate {
    let subject = DacSubject::new(
        "4b8ad4a2",
        VendorId::new(vendor).unwrap(),
        ProductId::new(product).unwrap(),
    );
    let issuer = Issuer::new(pai, pai_key).unwrap();
    issuer
        .issue_dac(&subject.unwrap(), &key(3).public_key(), validity, serial(3))
        .unwrap()
}

pub(crate) fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let validity = Validity::without_expiry(year(2020));
        let paa = issue_paa(&key(1), &PaaSubject::new("PAA").unwrap(), validity, serial(1)).unwrap();
        let pai = |vendor, number| {
            let subject = PaiSubject::new("PAI", VendorId::new(vendor).unwrap()).unwrap();
            let issuer = Issuer::new(&paa, &key_of_paa()).unwrap().issue_pai(
                &subject,
                &key(number).public_key(),
                validity,
                serial(2),
            );
            issuer.unwrap()
        };
        let (own, other_pai) = (pai(VENDOR, 2), pai(0x1235, 4));
        let dac = issue(VENDOR, PRODUCT, validity, &own, &key(2));
        World {
            paa,
            pai: own,
            other_pai,
            dac,
        }
    })
}

fn key_of_paa() -> PrivateKey {
    key(1)
}

pub(crate) fn declaration(vendor: u16, product: u16) -> Vec<u8> {
    let (vendor, product) = (VendorId::new(vendor).unwrap(), ProductId::new(product).unwrap());
    let kind = CertificationType::DevelopmentAndTest;
    let content = CertificationDeclaration::new(vendor, &[product], 0x0016, "ZIG20142ZB330001-24", kind).unwrap();
    content.sign(&test_cd_signing_key(), TEST_CD_SIGNING_KEY_ID).unwrap()
}

pub(crate) fn salt() -> [u8; 16] {
    [
        0x5A, 0x11, 0xC3, 0x08, 0x9F, 0x44, 0xE1, 0x7B, 0x26, 0xD0, 0x3C, 0x92, 0xAB, 0x6E, 0x05, 0xF7,
    ]
}

pub(crate) fn verifier(passcode: u32, salt: &[u8]) -> Verifier {
    let parameters = PbkdfParameters {
        iterations: Iterations::MIN,
        salt: Salt::new(salt).unwrap(),
    };
    Verifier::derive(&Passcode::new(passcode).unwrap(), &parameters).unwrap()
}

fn good_verifier() -> &'static Verifier {
    static VERIFIER: OnceLock<Verifier> = OnceLock::new();
    VERIFIER.get_or_init(|| verifier(PASSCODE, &salt()))
}

/// One record of an esp_secure_cert partition.
#[derive(Clone)]
pub(crate) struct Record {
    pub(crate) kind: RecordType,
    pub(crate) subtype: u8,
    pub(crate) flags: Flags,
    pub(crate) data: Vec<u8>,
}

#[derive(Clone)]
pub(crate) struct Device {
    pub(crate) entries: Vec<(Namespace, Key, OwnedValue)>,
    pub(crate) records: Vec<Record>,
    pub(crate) size: u32,
    pub(crate) nvs: Option<Vec<u8>>,
    pub(crate) secure_cert: Option<Vec<u8>>,
    pub(crate) payload: SetupPayload,
    pub(crate) qr: String,
    pub(crate) manual: String,
    pub(crate) picture: String,
    pub(crate) discriminator: String,
    pub(crate) passcode: String,
    pub(crate) expected: Expected<'static>,
    pub(crate) is_recomputed: bool,
    /// Files that must not contain keys, and files that may contain the DAC's.
    pub(crate) files: Vec<Vec<u8>>,
    pub(crate) key_files: Vec<Vec<u8>>,
    pub(crate) efuse_key: Option<Vec<u8>>,
}

pub(crate) fn payload(
    vendor: u16,
    product: u16,
    discriminator: u16,
    passcode: u32,
    flow: CommissioningFlow,
) -> SetupPayload {
    let discriminator = Discriminator::new(discriminator).unwrap();
    let (vendor, product) = (VendorId::new(vendor).unwrap(), ProductId::new(product).unwrap());
    SetupPayload::new(vendor, product, discriminator, Passcode::new(passcode).unwrap()).with_flow(flow)
}

impl Device {
    /// Everything in NVS.
    pub(crate) fn in_nvs() -> Self {
        let payload = payload(VENDOR, PRODUCT, DISCRIMINATOR, PASSCODE, CommissioningFlow::Standard);
        let mut device = Self {
            entries: Vec::new(),
            records: Vec::new(),
            size: 0x6000,
            nvs: None,
            secure_cert: None,
            qr: String::new(),
            manual: String::new(),
            picture: String::new(),
            discriminator: DISCRIMINATOR.to_string(),
            passcode: PASSCODE.to_string(),
            payload: payload.clone(),
            expected: expected(),
            is_recomputed: true,
            files: Vec::new(),
            key_files: vec![
                key(3).to_pkcs8_pem().unwrap().as_bytes().to_vec(),
                key(3).expose_scalar().to_vec(),
            ],
            efuse_key: None,
        };
        device.print(&payload);
        let salt = Salt::new(&salt()).unwrap();
        let world = world();
        device.put("discriminator", OwnedValue::Number(Number::U32(DISCRIMINATOR.into())));
        device.put("iteration-count", OwnedValue::Number(Number::U32(1000)));
        device.put("salt", OwnedValue::Str(salt.to_base64().as_str().into()));
        device.put("vendor-id", OwnedValue::Number(Number::U32(VENDOR.into())));
        device.put("vendor-name", OwnedValue::Str("Vendor".into()));
        device.put("product-id", OwnedValue::Number(Number::U32(PRODUCT.into())));
        device.put("product-name", OwnedValue::Str("Light".into()));
        device.put("hardware-ver", OwnedValue::Number(Number::U32(1)));
        device.put("mfg-date", OwnedValue::Str("2026-05-01".into()));
        device.put(
            "rd-id-uid",
            OwnedValue::Blob(salt.as_bytes().iter().map(|byte| byte ^ 0x5A).collect()),
        );
        device.put("serial-num", OwnedValue::Str("SN0001".into()));
        device.put("dac-cert", OwnedValue::Blob(world.dac.as_der().into()));
        device.put("dac-key", OwnedValue::Blob(key(3).expose_scalar().to_vec()));
        device.put("dac-pub-key", OwnedValue::Blob(key(3).public_key().as_bytes().to_vec()));
        device.put("pai-cert", OwnedValue::Blob(world.pai.as_der().into()));
        device.put("verifier", OwnedValue::Str(good_verifier().to_base64().as_str().into()));
        device.put("cert-dclrn", OwnedValue::Blob(declaration(VENDOR, PRODUCT)));
        device.put("locale-sz", OwnedValue::Number(Number::U32(2)));
        device.put("locale/0", OwnedValue::Str("en-US".into()));
        device.put("locale/1", OwnedValue::Str("de".into()));
        device.put("fl-sz/1", OwnedValue::Number(Number::U32(1)));
        device.put("fl-k/1/0", OwnedValue::Str("room".into()));
        device.put("fl-v/1/0", OwnedValue::Str("kitchen".into()));
        device
    }

    /// Certificates and key in the `esp_secure_cert` partition.
    fn with_chain(mut self, flags: Flags, key_bytes: &[u8]) -> Self {
        for name in ["dac-cert", "dac-key", "dac-pub-key", "pai-cert"] {
            self.remove(name);
        }
        let world = world();
        self.record(RecordType::DEV_CERT, 0, world.dac.as_der());
        self.record(RecordType::CA_CERT, 0, world.pai.as_der());
        self.record(RecordType::PRIV_KEY, 0, key_bytes);
        self.records.last_mut().unwrap().flags = flags;
        self
    }

    /// Everything possible in the `esp_secure_cert` partition, with the key in plain text.
    pub(crate) fn in_secure_cert() -> Self {
        let sec1 = key(3).to_sec1_der();
        let mut device = Self::in_nvs().with_chain(Flags::PLAIN, &sec1);
        for name in ["discriminator", "iteration-count", "salt", "verifier", "rd-id-uid"] {
            device.remove(name);
        }
        device.record(RecordType::MATTER_1, 0, &DISCRIMINATOR.to_le_bytes());
        device.record(RecordType::MATTER_1, 1, good_verifier().expose_bytes());
        device.record(RecordType::MATTER_1, 2, &salt());
        device.record(RecordType::MATTER_1, 3, &1000u32.to_le_bytes());
        device.record(RecordType::MATTER_1, 4, &salt());
        device
    }

    /// The key in an eFuse block.
    pub(crate) fn in_efuse() -> Self {
        let mut device = Self::in_nvs().with_chain(Flags::EFUSE_ECDSA, &[]);
        device.key_files.clear();
        let mut block = [0; 40];
        block[0] = 5;
        device.record(RecordType::SEC_CFG, 0, &block);
        device
    }

    pub(crate) fn print(&mut self, payload: &SetupPayload) {
        self.qr = payload.qr_text().as_str().into();
        self.picture.clone_from(&self.qr);
        self.manual = payload.manual_code().grouped().as_str().into();
        self.payload = payload.clone();
    }

    pub(crate) fn put(&mut self, name: &str, value: OwnedValue) {
        self.put_in("chip-factory", name, value);
    }

    pub(crate) fn put_in(&mut self, namespace: &str, name: &str, value: OwnedValue) {
        let name = Key::new(name).unwrap();
        let entry = (Namespace::new(namespace).unwrap(), name, value);
        match self.entries.iter_mut().find(|(_, key, _)| *key == name) {
            Some(old) => *old = entry,
            None => self.entries.push(entry),
        }
    }

    pub(crate) fn remove(&mut self, name: &str) {
        let before = self.entries.len();
        self.entries.retain(|(_, key, _)| key.as_str() != name);
        assert_eq!(self.entries.len() + 1, before, "{name}");
    }

    pub(crate) fn record(&mut self, kind: RecordType, subtype: u8, data: &[u8]) {
        self.records.push(Record {
            kind,
            subtype,
            flags: Flags::PLAIN,
            data: data.to_vec(),
        });
    }

    pub(crate) fn record_mut(&mut self, kind: RecordType, subtype: u8) -> &mut Record {
        self.records
            .iter_mut()
            .find(|record| record.kind == kind && record.subtype == subtype)
            .unwrap()
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let size = PartitionSize::new(self.size).unwrap();
        let mut image = vec![0xFF; size.bytes()];
        let mut encoder = Encoder::with_version(&mut image, size, BlobVersion::V2).unwrap();
        for (namespace, key, value) in &self.entries {
            encoder.push(namespace, key, value.as_value()).unwrap();
        }
        let len = encoder.finish().len();
        image.truncate(len);
        image
    }

    pub(crate) fn encode_records(&self) -> Vec<u8> {
        let mut buffer = vec![0; 0x2000];
        let size = esp_secure_cert::PartitionSize::DEFAULT;
        let mut writer = Writer::new(&mut buffer, size);
        for record in &self.records {
            let raw = RawRecord::new(record.kind, record.subtype, &record.data).with_flags(record.flags);
            writer.push_raw(&raw).unwrap();
        }
        writer.finish().to_vec()
    }

    /// Modifies the finished NVS image.
    pub(crate) fn patch(&mut self, change: impl FnOnce(&mut Vec<u8>)) {
        let mut image = self.encode();
        change(&mut image);
        self.nvs = Some(image);
    }

    /// Modifies the finished secure-cert image.
    pub(crate) fn patch_records(&mut self, change: impl FnOnce(&mut Vec<u8>)) {
        let mut image = self.encode_records();
        change(&mut image);
        self.secure_cert = Some(image);
    }

    pub(crate) fn audit(&self) -> DeviceReport {
        let nvs = self.nvs.clone().unwrap_or_else(|| self.encode());
        let secure_cert = self.secure_cert.clone().unwrap_or_else(|| self.encode_records());
        let files = self
            .files
            .iter()
            .map(|bytes| ("file", bytes.as_slice()))
            .collect::<Vec<_>>();
        let key_files = self.key_files.iter().map(|bytes| ("key", bytes.as_slice()));
        let key_files = key_files.collect::<Vec<_>>();
        let mut artifacts = Artifacts::new()
            .with_files(&files)
            .with_key_files(&key_files)
            .with_nvs(&nvs)
            .with_qr(&self.qr)
            .with_manual(&self.manual)
            .with_picture(&self.picture)
            .with_numbers(&self.discriminator, &self.passcode)
            .with_expected(&self.expected);
        if !self.records.is_empty() {
            artifacts = artifacts.with_secure_cert(&secure_cert);
        }
        if let Some(bytes) = &self.efuse_key {
            artifacts = artifacts.with_efuse_key("efuse-key", bytes);
        }
        let mut report = audit(&artifacts);
        if self.is_recomputed {
            recompute([&mut report]);
        }
        report
    }
}

pub(crate) fn expected() -> Expected<'static> {
    static STORE: OnceLock<PaaStore> = OnceLock::new();
    let store = STORE.get_or_init(|| {
        let mut store = PaaStore::new();
        store.insert(world().paa.as_der()).unwrap();
        store
    });
    Expected::new()
        .with_paa_store(store)
        .at(year(2026))
        .with_product(VendorId::new(VENDOR).unwrap(), ProductId::new(PRODUCT).unwrap())
        .with_flow(CommissioningFlow::Standard)
}
