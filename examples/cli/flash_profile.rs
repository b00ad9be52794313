//! The flash profile: a JSON file with the chip, the parts that all devices share, and the protection.

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use esp_flash_image::{BootScheme, Chip, ChipRevision, EncryptionScheme, FlashSize, PartitionTable, TableOptions};
use esp_flash_plan::{
    EncryptionMode, FlashEncryption, FlashPlan, NvsEncryption, SecureBoot, SecurityProfile, SharedParts,
};
use esp_secure_boot::BootloaderKeyV1;
use serde::de::{self, Deserialize, Deserializer, Visitor};
use zeroize::Zeroizing;

use crate::boot_keys::read_boot_key;
use crate::inputs::wrong;
use crate::{Failure, Trust, parse_json, read_file};

/// A profile with its files, checked with the parts that all devices share.
#[derive(Debug)]
#[non_exhaustive]
pub struct FlashProfile {
    /// The checked profile.
    pub plan: FlashPlan,
    /// The partition of a device's factory data.
    pub nvs: String,
    /// The partition of the keys of encrypted factory data.
    pub nvs_keys: Option<String>,
    /// The `esp_secure_cert` partition.
    pub secure_cert: Option<String>,
    /// The folder for the devices' keys.
    pub keys_dir: Option<PathBuf>,
    /// The key of the bootloader's digest and its file, for secure boot version 1.
    pub bootloader_key: Option<(BootloaderKeyV1, PathBuf)>,
}

/// A profile as it is in the file.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    chip: Spelled<Chip>,
    revision: Option<Spelled<ChipRevision>>,
    flash_size: Spelled<FlashSize>,
    partition_table: PathBuf,
    #[serde(default = "default_offset")]
    partition_table_offset: Address,
    bootloader: PathBuf,
    apps: BTreeMap<String, PathBuf>,
    images: Images,
    secure_boot: Option<WrittenBoot>,
    flash_encryption: Option<WrittenEncryption>,
    nvs_encryption: Option<WrittenNvs>,
    #[serde(default)]
    fill_gaps: bool,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Images {
    nvs: String,
    nvs_keys: Option<String>,
    secure_cert: Option<String>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenBoot {
    scheme: WrittenScheme,
    keys: Vec<PathBuf>,
    bootloader_key: Option<PathBuf>,
}

#[derive(Clone, Copy, serde::Deserialize)]
enum WrittenScheme {
    #[serde(rename = "v1")]
    V1,
    #[serde(rename = "v2-rsa")]
    V2Rsa,
    #[serde(rename = "v2-ecdsa")]
    V2Ecdsa,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenEncryption {
    mode: WrittenMode,
    scheme: Option<WrittenCipher>,
    keys_dir: PathBuf,
}

#[derive(Clone, Copy, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum WrittenMode {
    Development,
    Release,
}

#[derive(Clone, Copy, serde::Deserialize)]
enum WrittenCipher {
    #[serde(rename = "esp32")]
    Esp32,
    #[serde(rename = "xts-128")]
    Xts128,
    #[serde(rename = "xts-128-derived")]
    Xts128Derived,
    #[serde(rename = "xts-256")]
    Xts256,
}

#[derive(Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum WrittenNvs {
    NvsKeys,
    Hmac,
}

/// The file of a profile, and its options.
#[derive(Clone, Copy, Debug)]
pub struct FlashProfileFile<'p> {
    path: &'p Path,
    digests: &'p str,
    reserved_block: Option<usize>,
}

impl<'p> FlashProfileFile<'p> {
    /// Creates it from the path.
    #[must_use]
    pub const fn new(path: &'p Path) -> Self {
        Self {
            path,
            digests: "",
            reserved_block: None,
        }
    }

    /// Sets the folder, with a trailing slash, in which commands find the digests of secure boot keys.
    #[must_use]
    pub const fn with_digest_folder(mut self, folder: &'p str) -> Self {
        self.digests = folder;
        self
    }

    /// Reserves an eFuse key block for another use, such as the key of a DAC.
    #[must_use]
    pub const fn with_reserved_block(mut self, block: Option<usize>) -> Self {
        self.reserved_block = block;
        self
    }

    /// Reads the profile and all files that it names, which are relative to it.
    ///
    /// # Errors
    ///
    /// [`Failure::Input`] with the file, and the place in it or the member.
    pub fn read(self, option: &str, trust: Trust) -> Result<FlashProfile, Failure> {
        let Self { path, digests, .. } = self;
        let written: Written = parse_json(path, &read_file(option, path)?)?;
        let files = Files {
            folder: path.parent().unwrap_or_else(|| Path::new("")),
            trust,
        };
        let member = |name: &str, reason: &str| wrong(option, path, format_args!("{name}: {reason}"));
        written.check_nvs().map_err(|(name, reason)| member(name, reason))?;
        let scheme = written.secure_boot.as_ref().map(|boot| BootScheme::from(boot.scheme));
        let table_bytes = files.read("partition_table", &written.partition_table)?;
        let table = read_table(&written, &table_bytes, scheme)
            .map_err(|reason| wrong("partition_table", &files.path(&written.partition_table), reason))?;
        let bootloader = files.read("bootloader", &written.bootloader)?;
        let apps = written
            .apps
            .iter()
            .map(|(label, file)| Ok((label.as_str(), files.read("apps", file)?)));
        let apps = apps.collect::<Result<Vec<_>, Failure>>()?;

        let mut profile = written.profile(table);
        if let Some(block) = self.reserved_block {
            profile = profile.with_reserved_block(block);
        }
        let mut bootloader_key = None;
        if let (Some(boot), Some(scheme)) = (&written.secure_boot, scheme) {
            bootloader_key = files
                .bootloader_key(boot, scheme)
                .map_err(|reason| member("secure_boot", &reason))?;
            profile = profile.with_secure_boot(files.secure_boot(boot, scheme, digests)?);
        }
        let mut parts = SharedParts::new(&bootloader);
        if scheme == Some(BootScheme::V1) {
            parts = parts.with_signed_table(&table_bytes);
        }
        for (label, app) in &apps {
            parts = parts.with_app(label, app);
        }
        let plan = FlashPlan::new(profile, &parts).map_err(|error| wrong(option, path, error))?;
        let keys_dir = written.flash_encryption.as_ref();
        let keys_dir = keys_dir.map(|encryption| files.path(&encryption.keys_dir));
        let Images {
            nvs,
            nvs_keys,
            secure_cert,
        } = written.images;
        Ok(FlashProfile {
            plan,
            nvs,
            nvs_keys,
            secure_cert,
            keys_dir,
            bootloader_key,
        })
    }
}

impl Written {
    /// Refuses NVS encryption without its prerequisites. Returns the member and the reason.
    fn check_nvs(&self) -> Result<(), (&'static str, &'static str)> {
        let has_label = self.images.nvs_keys.is_some();
        match self.nvs_encryption {
            Some(WrittenNvs::NvsKeys) if !has_label => Err((
                "nvs_encryption",
                "nvs_keys requires \"nvs_keys\" among the images: the partition for the keys",
            )),
            Some(WrittenNvs::Hmac) if has_label => {
                Err(("images", "nvs_keys has no effect with \"nvs_encryption\": \"hmac\""))
            }
            Some(WrittenNvs::Hmac) if self.flash_encryption.is_none() => Err((
                "nvs_encryption",
                "hmac requires flash_encryption with keys_dir, where the HMAC key of each device is written",
            )),
            _ => Ok(()),
        }
    }

    /// Returns the part of the profile that depends on no file but the table.
    fn profile(&self, table: PartitionTable) -> SecurityProfile {
        let mut profile = SecurityProfile::new(self.chip.0, self.flash_size.0, table)
            .with_fill_gaps(self.fill_gaps)
            .with_nvs_encryption(match self.nvs_encryption {
                None => NvsEncryption::Off,
                Some(WrittenNvs::NvsKeys) => NvsEncryption::NvsKeys,
                Some(WrittenNvs::Hmac) => NvsEncryption::Hmac,
            });
        if let Some(revision) = &self.revision {
            profile = profile.with_revision(revision.0);
        }
        if let Some(encryption) = &self.flash_encryption {
            let typed = FlashEncryption::new(encryption.mode.into());
            profile = profile.with_flash_encryption(match encryption.scheme {
                Some(scheme) => typed.with_scheme(scheme.into()),
                None => typed,
            });
        }
        profile
    }
}

/// The files that a profile names.
struct Files<'p> {
    folder: &'p Path,
    trust: Trust,
}

impl Files<'_> {
    fn path(&self, file: &Path) -> PathBuf {
        self.folder.join(file)
    }

    fn read(&self, what: &str, file: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
        read_file(what, &self.path(file))
    }

    fn secure_boot(&self, boot: &WrittenBoot, scheme: BootScheme, digests: &str) -> Result<SecureBoot, Failure> {
        let mut typed = SecureBoot::new(scheme);
        for (index, file) in boot.keys.iter().enumerate() {
            let path = self.path(file);
            typed = typed
                .with_key(read_boot_key("secure_boot.keys", &path)?)
                .with_digest_file(&format!("{digests}secure-boot-digest{index}.bin"));
        }
        Ok(typed)
    }

    /// Reads the secret key of the bootloader's digest, which only version 1 uses.
    fn bootloader_key(
        &self,
        boot: &WrittenBoot,
        scheme: BootScheme,
    ) -> Result<Option<(BootloaderKeyV1, PathBuf)>, String> {
        match (&boot.bootloader_key, scheme) {
            (Some(_), BootScheme::V2Rsa | BootScheme::V2Ecdsa) => {
                Err("bootloader_key applies only to the scheme v1".into())
            }
            (None, BootScheme::V1) => Err("v1 requires bootloader_key: a file of 32 or 24 secret bytes".into()),
            (None, _) => Ok(None),
            (Some(file), _) => {
                let path = self.path(file);
                let sentence = |failure| match failure {
                    Failure::Input(sentence) | Failure::Work(sentence) | Failure::No(sentence) => sentence,
                    Failure::Closed => String::new(),
                };
                self.trust.check_key("bootloader_key", &path).map_err(sentence)?;
                let bytes = self.read("bootloader_key", file).map_err(sentence)?;
                let key = BootloaderKeyV1::new(&bytes);
                let key = key.map_err(|error| format!("bootloader_key {}: {error}", path.display()))?;
                Ok(Some((key, path)))
            }
        }
    }
}

fn read_table(written: &Written, bytes: &[u8], scheme: Option<BootScheme>) -> Result<PartitionTable, String> {
    if let Some(reason) = factory_fs::utf16(bytes) {
        return Err(reason.to_string());
    }
    let mut options = TableOptions::new()
        .with_offset(written.partition_table_offset.0)
        .with_flash_size(written.flash_size.0)
        .with_primary_bootloader_offset(written.chip.0.facts().bootloader_offset);
    if let Some(scheme) = scheme {
        options = options.with_secure_boot(scheme);
    }
    // Followed by its signature.
    let is_signed = scheme == Some(BootScheme::V1) && PartitionTable::is_binary(bytes);
    let table = if is_signed {
        bytes.get(..TABLE_LEN).unwrap_or(bytes)
    } else {
        bytes
    };
    if scheme == Some(BootScheme::V1) && !is_signed {
        return Err(
            "secure boot v1 requires the binary table with its signature (espsecure sign-data --version 1)".into(),
        );
    }
    PartitionTable::read(table, &options).map_err(|error| error.to_string())
}

/// Length of a binary partition table in bytes (ESP-IDF, "Partition Tables").
const TABLE_LEN: usize = 0xC00;

impl From<WrittenScheme> for BootScheme {
    fn from(scheme: WrittenScheme) -> Self {
        match scheme {
            WrittenScheme::V1 => Self::V1,
            WrittenScheme::V2Rsa => Self::V2Rsa,
            WrittenScheme::V2Ecdsa => Self::V2Ecdsa,
        }
    }
}

impl From<WrittenMode> for EncryptionMode {
    fn from(mode: WrittenMode) -> Self {
        match mode {
            WrittenMode::Development => Self::Development,
            WrittenMode::Release => Self::Release,
        }
    }
}

impl From<WrittenCipher> for EncryptionScheme {
    fn from(scheme: WrittenCipher) -> Self {
        match scheme {
            WrittenCipher::Esp32 => Self::Esp32,
            WrittenCipher::Xts128 => Self::Xts128,
            WrittenCipher::Xts128Derived => Self::Xts128Derived,
            WrittenCipher::Xts256 => Self::Xts256,
        }
    }
}

/// A value written as text.
struct Spelled<T>(T);

impl<'de, T: FromStr<Err: Display>> Deserialize<'de> for Spelled<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(de::Error::custom)
    }
}

/// An address in flash: a number, or a text in decimal or hexadecimal.
struct Address(u32);

const fn default_offset() -> Address {
    Address(TableOptions::DEFAULT_OFFSET)
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Number;
        impl Visitor<'_> for Number {
            type Value = Address;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an address: a number below 2^32, or a text such as \"0x8000\"")
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Address, E> {
                let address = u32::try_from(number);
                address
                    .map(Address)
                    .map_err(|_| E::invalid_value(de::Unexpected::Unsigned(number), &self))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Address, E> {
                let address = matter_types::parse_u32(text);
                address
                    .map(Address)
                    .map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_any(Number)
    }
}
