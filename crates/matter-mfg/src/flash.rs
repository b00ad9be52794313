//! The flash image of each device, and the plan by which its chip is locked.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use esp_flash_image::{EncryptionScheme, FlashKey};
use esp_flash_plan::{DeviceImage, DeviceKeys, DeviceParts, DevicePlan, FlashPlan, NvsEncryption, PlanDocument};
use esp_nvs_image::NvsKeys;
use esp_secure_boot::BootloaderKeyV1;
use esp_secure_cert::EfuseKey;
use matter_audit::FlashDump;
use matter_factory_data::{FolderFile, InternalFile, KeyFile, StorageLayout};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::job::Job;
use crate::keys_folder::KeysFolder;
use crate::message::message;
use crate::{Error, Field};

/// The flash contents that all devices of a run share, and the places of each device's images.
///
/// Each device gets one image of its flash and a plan for its chip; the keys for the eFuses are written into a folder
/// of their own, one file each, before the device is published.
#[derive(Clone)]
pub struct FlashJob {
    plan: Arc<FlashPlan>,
    nvs: String,
    nvs_keys: Option<String>,
    secure_cert: Option<String>,
    keys_dir: Option<PathBuf>,
    bootloader_key: Option<(BootloaderKeyV1, PathBuf)>,
}

impl FlashJob {
    /// Takes a checked profile and the label of the partition for the factory data.
    #[must_use]
    pub fn new(plan: FlashPlan, nvs: String) -> Self {
        Self {
            plan: Arc::new(plan),
            nvs,
            nvs_keys: None,
            secure_cert: None,
            keys_dir: None,
            bootloader_key: None,
        }
    }

    /// Sets the label of the partition for the keys of encrypted factory data.
    #[must_use]
    pub fn with_nvs_keys(mut self, label: Option<String>) -> Self {
        self.nvs_keys = label;
        self
    }

    /// Sets the label of the `esp_secure_cert` partition.
    #[must_use]
    pub fn with_secure_cert(mut self, label: Option<String>) -> Self {
        self.secure_cert = label;
        self
    }

    /// Sets the folder for the devices' keys, required by flash encryption and by NVS encryption with HMAC keys.
    #[must_use]
    pub fn with_keys_dir(mut self, path: Option<PathBuf>) -> Self {
        self.keys_dir = path;
        self
    }

    /// Sets the key of the bootloader's digest for secure boot version 1, and its file.
    #[must_use]
    pub fn with_bootloader_key(mut self, key: Option<(BootloaderKeyV1, PathBuf)>) -> Self {
        self.bootloader_key = key;
        self
    }

    /// Returns the folder for keys, if any are written.
    pub(crate) fn keys_dir(&self) -> Option<&Path> {
        self.keys_dir
            .as_deref()
            .filter(|_| self.scheme().is_some() || self.has_hmac())
    }

    /// Returns whether the keys of NVS encryption are derived from an HMAC key in the eFuses.
    pub(crate) fn has_hmac(&self) -> bool {
        self.plan.profile().nvs_encryption() == NvsEncryption::Hmac
    }

    /// Applies the profile to the other fields of a job, and refuses fields that contradict it.
    pub(crate) fn prepare(job: &mut Job) -> Result<(), Error> {
        let Some(flash) = &job.flash else { return Ok(()) };
        let profile = flash.plan.profile();
        let refuse = |reason| Err(Error::field(Field::FlashPlan, reason));
        if job.without_image {
            return refuse(message![
                "requires the factory partition, which ",
                Field::NoImage,
                " omits"
            ]);
        }
        if job.storage.ds_peripheral && job.storage.target != profile.chip() {
            let (chip, target) = (profile.chip(), job.storage.target);
            return refuse(message![
                format!("is for {chip}, but "),
                Field::Target,
                format!(" is {target}")
            ]);
        }
        let needs_keys = flash.scheme().is_some() || flash.has_hmac();
        if needs_keys && flash.keys_dir.is_none() {
            return refuse(message!["names no folder for the devices' keys"]);
        }
        match profile.nvs_encryption() {
            NvsEncryption::NvsKeys => job.encrypt = true,
            NvsEncryption::Hmac if job.encrypt => {
                return refuse(message![
                    "derives the keys of NVS encryption from the eFuses; omit ",
                    Field::Encrypt,
                    ", which puts them into a partition"
                ]);
            }
            NvsEncryption::Off if job.encrypt => {
                return refuse(message![
                    "has no partition for the keys of ",
                    Field::Encrypt,
                    "; use NVS encryption with nvs_keys"
                ]);
            }
            NvsEncryption::Off | NvsEncryption::Hmac => {}
        }
        Ok(())
    }

    /// Refuses a profile without a partition for an image, or with one for an image that is not made.
    pub(crate) fn check_layout(&self, layout: &StorageLayout<'_>) -> Result<(), Error> {
        let reason = match (layout.has_secure_cert(), &self.secure_cert) {
            (true, None) => "names no partition for the images of esp_secure_cert".into(),
            (false, Some(label)) => message![
                format!("names the partition '{label}' for esp_secure_cert, whose images require "),
                Field::DacInSecureCert
            ],
            _ => return Ok(()),
        };
        Err(Error::field(Field::FlashPlan, reason))
    }

    /// Makes the flash of a device with the keys `secrets`, and reads it back. `buffer` is reused.
    pub(crate) fn device(
        &self,
        uuid: &str,
        images: &DeviceImages<'_>,
        secrets: &Secrets,
        buffer: Vec<u8>,
    ) -> Result<DeviceFlash, Error> {
        let refused = |error: esp_flash_plan::Error| Error::field(Field::FlashPlan, error.to_string());
        let mut parts = DeviceParts::new();
        let labels = [
            (Some(&self.nvs), images.nvs),
            (self.nvs_keys.as_ref(), images.nvs_keys.map(|keys| (keys, false))),
            (self.secure_cert.as_ref(), images.secure_cert),
        ];
        for (label, image) in labels {
            if let (Some(label), Some((bytes, holds_plain_key))) = (label, image) {
                parts = parts.with_image(DeviceImage::new(label, bytes).with_plain_key(holds_plain_key));
            }
        }
        let path = |path: &'_ Path| path.to_str().map(ToOwned::to_owned).ok_or_else(not_utf8);
        let bootloader = match &self.bootloader_key {
            Some((key, file)) => Some((key, path(file)?)),
            None => None,
        };
        let mut keys = DeviceKeys::new();
        if let Some((key, file)) = &secrets.flash {
            keys = keys.with_flash_key(key, file);
        }
        if let Some(file) = &secrets.hmac_file {
            keys = keys.with_hmac_file(file);
        }
        if let Some(block) = images.dac_key {
            keys = keys.with_ecdsa_key(block.id().into(), InternalFile::EfuseKey.path());
        }
        if let Some((key, file)) = &bootloader {
            keys = keys.with_bootloader_key(key, file, &secrets.iv);
        }
        let plan = self.plan.device_in(buffer, &parts, &keys).map_err(refused)?;
        let different = self.plan.first_difference(&plan, &parts, &keys).map_err(refused)?;
        match different {
            Some(part) => Err(Error::read_back(format_args!("flash image: '{part}' differs"))),
            None => Ok(DeviceFlash {
                plan,
                document: Vec::new(),
            }
            .described(uuid)?),
        }
    }

    /// Returns the flash encryption scheme.
    pub(crate) fn scheme(&self) -> Option<EncryptionScheme> {
        self.plan.profile().encryption_scheme()
    }

    /// Describes an image of a device's flash for the audit.
    pub(crate) fn dump(&self, path: PathBuf) -> FlashDump {
        let dump = FlashDump::new(path).with_table_offset(self.plan.profile().table().offset());
        match self.scheme() {
            Some(scheme) => dump.with_scheme(scheme),
            None => dump,
        }
    }

    /// Draws a device's own secrets and stores the keys in their folder.
    pub(crate) fn draw<R: CryptoRng + ?Sized>(
        &self,
        uuid: &str,
        keys: Option<&KeysFolder>,
        rng: &mut R,
    ) -> Result<Secrets, Error> {
        let mut secrets = Secrets::default();
        rng.fill_bytes(&mut secrets.iv);
        let file = |file: KeyFile| match keys {
            Some(keys) => keys.path_of(file, uuid),
            None => Ok(file.name(uuid)),
        };
        if let Some(scheme) = self.scheme() {
            let drawn = self.draw_flash_key(scheme, rng)?;
            let kept = match keys {
                Some(keys) => keys.keep(KeyFile::FlashEncryption, uuid, drawn.expose_bytes())?,
                None => Zeroizing::new(drawn.expose_bytes().to_vec()),
            };
            let key = FlashKey::new(scheme, &kept).map_err(Error::encode)?;
            secrets.flash = Some((key, file(KeyFile::FlashEncryption)?));
        }
        if self.has_hmac() {
            secrets.hmac_file = Some(file(KeyFile::NvsHmac)?);
        }
        Ok(secrets)
    }

    /// An ESP32 uses one coding scheme for all of its keys.
    fn draw_flash_key<R: CryptoRng + ?Sized>(&self, scheme: EncryptionScheme, rng: &mut R) -> Result<FlashKey, Error> {
        let key = FlashKey::generate(scheme, rng);
        let coded = self.bootloader_key.as_ref().map(|(key, _)| key.expose_bytes().len());
        match coded.and_then(|len| key.expose_bytes().get(..len)) {
            Some(bytes) => FlashKey::new(scheme, bytes).map_err(Error::encode),
            None => Ok(key),
        }
    }

    /// Tries the profile with images as long as a device's, before the first device is made.
    pub(crate) fn try_device(&self, images: &DeviceImages<'_>, rng: &mut impl CryptoRng) -> Result<Tried, Error> {
        let secrets = self.draw(STAND_IN, None, rng)?;
        let device = self.device(STAND_IN, images, &secrets, Vec::new())?;
        let warnings = device.plan.warnings().iter().map(ToString::to_string).collect();
        let len = device.len();
        // Independent of the locations of the profile and its parts.
        let secrets = Secrets {
            flash: match self.scheme() {
                Some(scheme) => Some((
                    FlashKey::new(scheme, &vec![7; scheme.key_len()]).map_err(Error::encode)?,
                    STAND_IN.into(),
                )),
                None => None,
            },
            hmac_file: secrets.hmac_file,
            iv: [0; 128],
        };
        let shared = Self {
            bootloader_key: self.bootloader_key.clone().map(|(key, _)| (key, STAND_IN.into())),
            ..self.clone()
        };
        let shared = shared.device(STAND_IN, &DeviceImages::default(), &secrets, Vec::new())?;
        let labels = format!("{:?}", (&self.nvs, &self.nvs_keys, &self.secure_cert));
        Ok(Tried {
            len,
            document_len: device.document.len(),
            warnings,
            shared: [labels.as_bytes(), &shared.document].concat(),
        })
    }
}

/// Omits the parts, which are long and may hold keys.
impl fmt::Debug for FlashJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlashJob")
            .field("chip", &self.plan.profile().chip())
            .field("nvs", &self.nvs)
            .field("nvs_keys", &self.nvs_keys)
            .field("secure_cert", &self.secure_cert)
            .field("keys_dir", &self.keys_dir)
            .finish_non_exhaustive()
    }
}

/// The images of a device for its flash, and whether a private key is readable in them.
#[derive(Clone, Copy, Default)]
pub(crate) struct DeviceImages<'i> {
    pub(crate) nvs: Option<(&'i [u8], bool)>,
    pub(crate) nvs_keys: Option<&'i [u8]>,
    pub(crate) secure_cert: Option<(&'i [u8], bool)>,
    /// The key block for the private key of the DAC, whose file is in the device's folder.
    pub(crate) dac_key: Option<EfuseKey>,
}

/// The keys of a device's chip, with the names of their files.
pub(crate) struct Secrets {
    flash: Option<(FlashKey, String)>,
    hmac_file: Option<String>,
    iv: [u8; 128],
}

impl Default for Secrets {
    fn default() -> Self {
        Self {
            flash: None,
            hmac_file: None,
            iv: [0; 128],
        }
    }
}

/// The result of a trial before the first device.
#[derive(Debug)]
pub(crate) struct Tried {
    /// Size of a device's flash image in bytes.
    pub(crate) len: u64,
    /// Size of its plan in bytes.
    pub(crate) document_len: usize,
    pub(crate) warnings: Vec<String>,
    /// A digest of what all devices share: the same profile and the same parts give the same bytes.
    pub(crate) shared: Vec<u8>,
}

/// The flash of a device, and its plan as a document.
pub(crate) struct DeviceFlash {
    plan: DevicePlan,
    document: Vec<u8>,
}

impl DeviceFlash {
    fn described(mut self, uuid: &str) -> Result<Self, Error> {
        let file = FolderFile::Flash.name(uuid);
        let document = PlanDocument::new(&self.plan, uuid).with_merged_file(&file);
        self.document = serde_json::to_vec_pretty(&document).map_err(Error::encode)?;
        self.document.push(b'\n');
        Ok(self)
    }

    /// Returns whether flash encryption is on, so that a hash of the whole image cannot be guessed without the device's
    /// key.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.plan.regions().iter().any(|region| region.is_encrypted())
    }

    /// Returns the plan in JSON.
    pub(crate) fn document(&self) -> &[u8] {
        &self.document
    }

    /// Returns the digests of the keys that secure boot trusts.
    pub(crate) fn digests(&self) -> impl Iterator<Item = &[u8; 32]> {
        self.plan.digest_files().iter().map(|(_, digest)| digest)
    }

    /// Returns the buffer for the next device.
    pub(crate) fn into_buffer(self) -> Vec<u8> {
        self.plan.into_bytes()
    }

    /// Returns the length of the image.
    fn len(&self) -> u64 {
        let end = self.plan.regions().last().map(|region| region.end());
        end.unwrap_or_default().into()
    }

    /// Writes the flash from address 0 on, with 0xFF between its parts.
    pub(crate) fn write(&self, mut write: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        let mut end = 0;
        for file in self.plan.files() {
            let mut gap = usize::try_from(file.offset()).unwrap_or(end).saturating_sub(end);
            while let Some(erased) = ERASED.get(..gap.min(ERASED.len())).filter(|erased| !erased.is_empty()) {
                write(erased)?;
                gap = gap.saturating_sub(erased.len());
            }
            write(file.bytes())?;
            end = usize::try_from(file.offset())
                .unwrap_or(end)
                .saturating_add(file.bytes().len());
        }
        Ok(())
    }
}

/// Erased flash.
static ERASED: [u8; 0x1_0000] = [0xFF; 0x1_0000];
/// The name of the trial device.
const STAND_IN: &str = "stand-in";

/// Returns the error for a file that no command can name.
pub(crate) fn not_utf8() -> Error {
    Error::field(Field::FlashPlan, "names a key folder or file whose path is not UTF-8")
}

/// Derives the keys of NVS encryption from an HMAC key, which is stored in the folder of keys.
pub(crate) fn hmac_keys(uuid: &str, keys: Option<&KeysFolder>, rng: &mut impl CryptoRng) -> Result<NvsKeys, Error> {
    let drawn = esp_nvs_image::HmacKey::generate(rng).map_err(Error::encode)?;
    let key = match keys {
        Some(keys) => {
            let kept = keys.keep(KeyFile::NvsHmac, uuid, drawn.expose())?;
            esp_nvs_image::HmacKey::decode(&kept).map_err(Error::encode)?
        }
        None => drawn,
    };
    NvsKeys::from_hmac_key(&key).map_err(Error::encode)
}

#[cfg(test)]
mod tests {
    use esp_flash_image::{Chip, ImageHeader, ImageWriter, PartitionTable, TableOptions};
    use esp_flash_plan::{EncryptionMode, FlashEncryption, SecurityProfile, SharedParts};

    use super::*;
    use crate::random::{Purpose, Random};

    fn job(app: &[u8], with: fn(SecurityProfile) -> SecurityProfile) -> FlashJob {
        let csv = "nvs,data,nvs,0x9000,0x3000\nfactory,app,factory,0x20000,0x10000\nlast,data,nvs,0x80000,0x3000";
        let table = PartitionTable::from_csv(csv, &TableOptions::new()).unwrap();
        let mut writer = ImageWriter::new(ImageHeader::new(Chip::Esp32c3).with_flash_codes(2, 0));
        writer.push(0x4038_0000, app).unwrap();
        let image = writer.finish().unwrap();
        let profile = with(SecurityProfile::new(Chip::Esp32c3, "4MB".parse().unwrap(), table));
        let parts = SharedParts::new(&image).with_app("factory", &image);
        FlashJob::new(FlashPlan::new(profile, &parts).unwrap(), "last".into())
    }

    fn encrypted(profile: SecurityProfile) -> SecurityProfile {
        profile.with_flash_encryption(FlashEncryption::new(EncryptionMode::Development))
    }

    fn images(nvs: &[u8]) -> DeviceImages<'_> {
        DeviceImages {
            nvs: Some((nvs, false)),
            ..DeviceImages::default()
        }
    }

    #[test]
    fn image_is_written_piece_by_piece_as_it_would_be_merged() {
        let mut rng = Random::open(None, Purpose::Run).unwrap();
        let job = job(b"code", encrypted);
        let secrets = job.draw("device", None, &mut rng).unwrap();
        let flash = job
            .device("device", &images(&[5; 0x3000]), &secrets, Vec::new())
            .unwrap();
        let mut written = Vec::new();
        flash
            .write(|bytes| {
                written.extend_from_slice(bytes);
                Ok(())
            })
            .unwrap();
        assert_eq!(written.len(), 0x8_3000);
        assert_eq!(u64::try_from(written.len()).unwrap(), flash.len());
        assert!(written == flash.plan.merged());
        assert_eq!(written[0x8_0000..], [5; 0x3000]);
    }

    #[test]
    fn same_profile_and_parts_are_known_again_and_others_are_not() {
        let mut rng = Random::open(None, Purpose::Run).unwrap();
        let mut shared = |job: &FlashJob| job.try_device(&images(&[5; 0x3000]), &mut rng).unwrap().shared;
        let first = shared(&job(b"code", encrypted));
        assert_eq!(first, shared(&job(b"code", encrypted)));
        let elsewhere = job(b"code", encrypted).with_keys_dir(Some("keys".into()));
        assert_eq!(first, shared(&elsewhere));
        let others = [
            job(b"edoc", encrypted),
            job(b"code", |profile| profile),
            job(b"code", |profile| encrypted(profile).with_fill_gaps(true)),
            job(b"code", encrypted).with_secure_cert(Some("nvs".into())),
        ];
        for other in others {
            assert!(first != shared(&other));
        }
    }
}
