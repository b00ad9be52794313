//! A valid device of each chip, whose parts a test can change; images are assembled byte by byte.

#![allow(dead_code, reason = "not every test file uses all")]
#![allow(
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

use esp_flash_image::{
    BootScheme, Chip, ChipRevision, EncryptionScheme, FlashKey, FlashSize, PartitionTable, TableOptions,
};
use esp_flash_plan::{
    DeviceImage, DeviceKeys, DeviceParts, DevicePlan, EncryptionMode, Error, FlashEncryption, FlashPlan, NvsEncryption,
    SecureBoot, SecurityProfile, SharedParts,
};
use esp_secure_boot::{BootPublicKey, BootSigner, BootloaderKeyV1, PssSigner, sign_app_v1, sign_v2};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use rsa::pkcs8::DecodePrivateKey;
use sha2::{Digest, Sha256};

pub(crate) const CSV: &str = "\
nvs,      data, nvs,      0x10000, 0x6000
otadata,  data, ota,      0x16000, 0x2000
nvs_keys, data, nvs_keys, 0x18000, 0x1000
cert,     data, 0x3f,     0x19000, 0x2000, encrypted
plain,    data, 0x40,     0x1b000, 0x2000
ota_0,    app,  ota_0,    0x20000, 0x40000
ota_1,    app,  ota_1,    0x60000, 0x40000
";

/// An image header as written by a build.
#[derive(Clone, Copy)]
pub(crate) struct Header {
    pub(crate) chip_id: u16,
    pub(crate) min_revision: u16,
    pub(crate) max_revision: u16,
    /// 2 for 4 MB.
    pub(crate) flash_size: u8,
}

impl Header {
    pub(crate) fn of(chip: Chip) -> Self {
        Self {
            chip_id: chip.image_id(),
            min_revision: 0,
            max_revision: 399,
            flash_size: 2,
        }
    }
}

/// An image with one segment of `len` bytes, its checksum and its SHA-256.
pub(crate) fn image(header: Header, len: usize) -> Vec<u8> {
    let mut image = vec![0xE9, 1, 2, header.flash_size << 4, 0, 0, 0x08, 0x40, 0xEE, 0, 0, 0];
    image.extend(header.chip_id.to_le_bytes());
    image.push(0);
    image.extend(header.min_revision.to_le_bytes());
    image.extend(header.max_revision.to_le_bytes());
    image.extend([0, 0, 0, 0, 1]);
    assert_eq!(image.len(), 24);
    let data: Vec<u8> = (0..len).map(|index| (index * 7 + index / 251) as u8).collect();
    image.extend(0x3C00_0020_u32.to_le_bytes());
    image.extend((len as u32).to_le_bytes());
    image.extend(&data);
    while image.len() % 16 != 15 {
        image.push(0);
    }
    image.push(data.iter().fold(0xEF, |sum, byte| sum ^ byte));
    let hash = Sha256::digest(&image);
    image.extend(hash);
    image
}

pub(crate) enum Signer {
    Rsa(rsa::PublicKey, Box<PssSigner<ChaCha20Rng>>),
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
}

impl Signer {
    pub(crate) fn rsa(number: u8) -> Self {
        let pem = match number {
            0 => include_str!("../data/rsa0.pem"),
            _ => include_str!("../data/rsa1.pem"),
        };
        let key = rsa::PrivateKey::from_pkcs8_pem(pem).unwrap();
        let signer = PssSigner::new(key.clone(), ChaCha20Rng::from_seed([7; 32]));
        Self::Rsa(key.to_public_key(), Box::new(signer))
    }

    pub(crate) fn p256(byte: u8) -> Self {
        Self::P256(p256::ecdsa::SigningKey::from_slice(&[byte; 32]).unwrap())
    }

    pub(crate) fn p384(byte: u8) -> Self {
        Self::P384(p384::ecdsa::SigningKey::from_slice(&[byte; 48]).unwrap())
    }

    pub(crate) fn of(scheme: BootScheme) -> Self {
        match scheme {
            BootScheme::V2Rsa => Self::rsa(0),
            _ => Self::p256(1),
        }
    }

    pub(crate) fn public(&self) -> BootPublicKey {
        match self {
            Self::Rsa(key, _) => key.try_into().unwrap(),
            Self::P256(key) => key.verifying_key().into(),
            Self::P384(key) => key.verifying_key().into(),
        }
    }

    pub(crate) fn sign(&self, image: &[u8]) -> Vec<u8> {
        let signer = match self {
            Self::Rsa(_, signer) => BootSigner::Rsa3072(&**signer),
            Self::P256(key) => BootSigner::P256(key),
            Self::P384(key) => BootSigner::P384(key),
        };
        sign_v2(image, &self.public(), signer).unwrap()
    }

    pub(crate) fn sign_v1(&self, image: &[u8]) -> Vec<u8> {
        match self {
            Self::P256(key) => sign_app_v1(image, &self.public(), key).unwrap(),
            _ => panic!("not P-256"),
        }
    }
}

/// All inputs of a plan.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) profile: SecurityProfile,
    pub(crate) bootloader: Vec<u8>,
    pub(crate) bootloader_offset: Option<u32>,
    pub(crate) signed_table: Option<Vec<u8>>,
    pub(crate) apps: Vec<(&'static str, Vec<u8>)>,
    pub(crate) shared: Vec<(&'static str, Vec<u8>)>,
    pub(crate) images: Vec<(&'static str, Vec<u8>, bool)>,
    pub(crate) flash_key: Option<FlashKey>,
    pub(crate) key_file: &'static str,
    pub(crate) hmac_file: Option<&'static str>,
    pub(crate) v1: Option<BootloaderKeyV1>,
    pub(crate) prefix: &'static str,
    pub(crate) ecdsa_block: Option<usize>,
}

pub(crate) fn table() -> PartitionTable {
    PartitionTable::from_csv(CSV, &TableOptions::new().with_offset(0xF000)).unwrap()
}

pub(crate) fn table_of(csv: &str) -> PartitionTable {
    PartitionTable::from_csv(csv, &TableOptions::new().with_offset(0xF000)).unwrap()
}

pub(crate) fn flash_key(scheme: EncryptionScheme) -> FlashKey {
    let bytes: Vec<u8> = (0..scheme.key_len()).map(|index| index as u8 ^ 0x5A).collect();
    FlashKey::new(scheme, &bytes).unwrap()
}

pub(crate) const IV: [u8; 128] = [0x3C; 128];

impl Case {
    /// A chip without any protection.
    pub(crate) fn open(chip: Chip) -> Self {
        Self {
            profile: SecurityProfile::new(chip, FlashSize::new(0x40_0000).unwrap(), table())
                .with_revision(ChipRevision::new(3, 1).unwrap()),
            bootloader: image(Header::of(chip), 0x3000),
            bootloader_offset: None,
            signed_table: None,
            apps: vec![("ota_0", image(Header::of(chip), 0x8000))],
            shared: Vec::new(),
            images: vec![
                ("nvs", vec![0x11; 0x6000], false),
                ("nvs_keys", vec![0x22; 0x1000], false),
                ("cert", vec![0x33; 0x1234], true),
            ],
            flash_key: None,
            key_file: "flash-key.bin",
            hmac_file: None,
            v1: None,
            prefix: "",
            ecdsa_block: None,
        }
    }

    /// A production device with all protection that the chip supports.
    pub(crate) fn locked(chip: Chip) -> Self {
        let mut case = Self::open(chip).encrypted(EncryptionMode::Release);
        if let Some(fact) = chip.facts().secure_boot.first() {
            case = case.booting(fact.scheme, &Signer::of(fact.scheme));
            // The scheme may depend on secure boot.
            case.flash_key = case.profile.encryption_scheme().map(flash_key);
        }
        if chip.facts().nvs_hmac {
            case = case.with_hmac();
        } else {
            case.profile = case.profile.with_nvs_encryption(NvsEncryption::NvsKeys);
        }
        case
    }

    pub(crate) fn with_hmac(mut self) -> Self {
        self.profile = self.profile.with_nvs_encryption(NvsEncryption::Hmac);
        self.hmac_file = Some("hmac-key.bin");
        self
    }

    pub(crate) fn encrypted(mut self, mode: EncryptionMode) -> Self {
        self.profile = self.profile.with_flash_encryption(FlashEncryption::new(mode));
        self.flash_key = self.profile.encryption_scheme().map(flash_key);
        self
    }

    pub(crate) fn encrypted_with(mut self, mode: EncryptionMode, scheme: EncryptionScheme) -> Self {
        let encryption = FlashEncryption::new(mode).with_scheme(scheme);
        self.profile = self.profile.with_flash_encryption(encryption);
        self.flash_key = Some(flash_key(scheme));
        self
    }

    /// Enables secure boot and signs the images.
    pub(crate) fn booting(mut self, scheme: BootScheme, signer: &Signer) -> Self {
        self.profile = self
            .profile
            .with_secure_boot(SecureBoot::new(scheme).with_key(signer.public()));
        if scheme == BootScheme::V1 {
            self.signed_table = Some(signer.sign_v1(&self.profile.table().encode()));
            self.v1 = Some(BootloaderKeyV1::new(&[0x77; 32]).unwrap());
        } else {
            self.bootloader = signer.sign(&self.bootloader);
        }
        for (_, app) in &mut self.apps {
            *app = if scheme == BootScheme::V1 {
                signer.sign_v1(app)
            } else {
                signer.sign(app)
            };
        }
        self
    }

    pub(crate) fn shared_plan(&self) -> Result<FlashPlan, Error> {
        let mut parts = SharedParts::new(&self.bootloader);
        if let Some(offset) = self.bootloader_offset {
            parts = parts.with_bootloader_offset(offset);
        }
        if let Some(table) = &self.signed_table {
            parts = parts.with_signed_table(table);
        }
        for (label, app) in &self.apps {
            parts = parts.with_app(label, app);
        }
        for (label, image) in &self.shared {
            parts = parts.with_image(label, image);
        }
        FlashPlan::new(self.profile.clone(), &parts)
    }

    pub(crate) fn plan(&self) -> Result<DevicePlan, Error> {
        let plan = self.shared_plan()?;
        let mut parts = DeviceParts::new().with_file_prefix(self.prefix);
        for (label, image, holds_plain_key) in &self.images {
            parts = parts.with_image(DeviceImage::new(label, image).with_plain_key(*holds_plain_key));
        }
        let mut keys = DeviceKeys::new();
        if let Some(key) = &self.flash_key {
            keys = keys.with_flash_key(key, self.key_file);
        }
        if let Some(file) = self.hmac_file {
            keys = keys.with_hmac_file(file);
        }
        if let Some(block) = self.ecdsa_block {
            keys = keys.with_ecdsa_key(block, "ecdsa-key.pem");
        }
        if let Some(key) = &self.v1 {
            keys = keys.with_bootloader_key(key, "boot-key.bin", &IV);
        }
        plan.device(&parts, &keys)
    }
}
