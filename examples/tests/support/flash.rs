//! A firmware project in a folder: a bootloader, an app, a partition table, keys and a profile, made for the tests.

use std::fs;
use std::path::{Path, PathBuf};

use chacha20::ChaCha20Rng;
use esp_flash_image::{
    BootScheme, Chip, EncryptionScheme, FlashKey, ImageHeader, ImageWriter, MmuPage, PartitionTable, SecurePad,
    TableOptions, secure_pad,
};
use esp_secure_boot::{BootPublicKey, BootSigner, PssSigner, sign_app_v1, sign_v2};
use getrandom::rand_core::SeedableRng;
use p256::pkcs8::{EncodePrivateKey, EncodePublicKey, LineEnding};
use rsa::pkcs8::DecodePrivateKey;
use serde_json::{Value, json};

pub const CSV: &str = "\
nvs,      data, nvs,      0x9000,  0x6000
otadata,  data, ota,      0xf000,  0x2000
nvs_keys, data, nvs_keys, 0x11000, 0x1000
fctry,    data, nvs,      0x12000, 0x6000
esp_secure_cert, data, 0x3f,     0x18000, 0x2000, encrypted
ota_0,    app,  ota_0,    0x20000, 0x20000
ota_1,    app,  ota_1,    0x40000, 0x20000
";

/// A public RSA key of 3072 bits.
const RSA: &str = include_str!("../../../crates/esp-flash-plan/tests/data/rsa0.pem");

/// The files of a firmware.
pub struct Project {
    pub folder: PathBuf,
    pub chip: Chip,
    pub profile: Value,
    pub bootloader: Vec<u8>,
    pub app: Vec<u8>,
}

impl Project {
    /// Writes an unprotected project and its profile.
    pub fn new(folder: &Path, chip: Chip) -> Self {
        fs::create_dir_all(folder).unwrap();
        let image = |len: usize| {
            let mut writer = ImageWriter::new(ImageHeader::new(chip).with_flash_codes(2, 0));
            let data = (0..len)
                .map(|index| (index * 7 + index / 251) as u8)
                .collect::<Vec<_>>();
            writer.push(0x4038_0000, &data).unwrap();
            writer.finish().unwrap()
        };
        let profile = json!({
            "chip": chip.name(), "flash_size": "4MB", "partition_table": "partitions.csv", "bootloader": "bootloader.bin",
            "apps": {"ota_0": "app.bin"}, "images": {"nvs": "fctry"},
        });
        let project = Self {
            folder: folder.into(),
            chip,
            profile,
            bootloader: image(0x1800),
            app: image(0x2000),
        };
        fs::write(folder.join("partitions.csv"), CSV).unwrap();
        project.write();
        project
    }

    /// Writes the files that may have changed.
    pub fn write(&self) {
        fs::write(self.folder.join("bootloader.bin"), &self.bootloader).unwrap();
        fs::write(self.folder.join("app.bin"), &self.app).unwrap();
        fs::write(self.path(), serde_json::to_string_pretty(&self.profile).unwrap()).unwrap();
    }

    pub fn path(&self) -> PathBuf {
        self.folder.join("profile.json")
    }

    pub fn keys(&self) -> PathBuf {
        self.folder.join("keys")
    }

    /// Enables flash encryption.
    pub fn encrypted(mut self, mode: &str) -> Self {
        self.profile["flash_encryption"] = json!({"mode": mode, "keys_dir": "keys"});
        self.write();
        self
    }

    /// Stores the keys of NVS encryption in a partition, or derives them.
    pub fn with_nvs(mut self, scheme: &str) -> Self {
        self.profile["nvs_encryption"] = scheme.into();
        if scheme == "nvs_keys" {
            self.profile["images"]["nvs_keys"] = "nvs_keys".into();
        }
        self.write();
        self
    }

    /// Enables secure boot, and signs.
    pub fn signed(mut self, scheme: BootScheme) -> Self {
        let p256 = p256::ecdsa::SigningKey::from_slice(&[3; 32]).unwrap();
        let rsa = rsa::PrivateKey::from_pkcs8_pem(RSA).unwrap();
        let pss = PssSigner::new(rsa.clone(), ChaCha20Rng::from_seed([7; 32]));
        let (key, signer): (BootPublicKey, _) = match scheme {
            BootScheme::V2Rsa => ((&rsa.to_public_key()).try_into().unwrap(), BootSigner::Rsa3072(&pss)),
            _ => (p256.verifying_key().into(), BootSigner::P256(&p256)),
        };
        let mode = if scheme == BootScheme::V1 {
            SecurePad::V1
        } else {
            SecurePad::V2
        };
        let padded = secure_pad(&self.app, mode, MmuPage::new(self.chip, 0x1_0000).unwrap()).unwrap();
        let mut boot = json!({"scheme": scheme.name(), "keys": ["boot-key.pem"]});
        // A private key, of which the public half is used, and a public one.
        let pem = match scheme {
            BootScheme::V2Rsa => RSA.to_owned(),
            BootScheme::V1 => p256::SecretKey::from(&p256)
                .to_pkcs8_pem(LineEnding::LF)
                .unwrap()
                .to_string(),
            _ => p256.verifying_key().to_public_key_pem(LineEnding::LF).unwrap(),
        };
        fs::write(self.folder.join("boot-key.pem"), pem).unwrap();
        if scheme == BootScheme::V1 {
            self.app = sign_app_v1(&padded, &key, &p256).unwrap();
            let table = PartitionTable::from_csv(CSV, &TableOptions::new()).unwrap().encode();
            let table = sign_app_v1(&table, &key, &p256).unwrap();
            fs::write(self.folder.join("partitions.bin"), table).unwrap();
            self.profile["partition_table"] = "partitions.bin".into();
            secret(&self.folder.join("bootloader-key.bin"), &[9; 32]);
            boot["bootloader_key"] = "bootloader-key.bin".into();
        } else {
            self.bootloader = sign_v2(&self.bootloader, &key, signer).unwrap();
            self.app = sign_v2(&padded, &key, signer).unwrap();
        }
        self.profile["secure_boot"] = boot;
        self.write();
        self
    }

    /// Enables everything that the chip supports, for production.
    pub fn locked(self) -> Self {
        let facts = self.chip.facts();
        let boot = facts.secure_boot.first().map(|fact| fact.scheme);
        let nvs = if facts.nvs_hmac { "hmac" } else { "nvs_keys" };
        let project = self.encrypted("release").with_nvs(nvs);
        match boot {
            Some(scheme) => project.signed(scheme),
            None => project,
        }
    }

    /// Reads a device's flash encryption key.
    pub fn flash_key(&self, uuid: &str, scheme: EncryptionScheme) -> FlashKey {
        FlashKey::new(
            scheme,
            &fs::read(self.keys().join(format!("{uuid}-flash-key.bin"))).unwrap(),
        )
        .unwrap()
    }
}

/// Writes a file for its owner only.
pub fn secret(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }
}
