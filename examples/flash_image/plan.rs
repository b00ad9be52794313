//! `plan`: the flash of one device and the steps that lock its chip.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use cli::{Failure, Files, FlashProfile, FlashProfileFile, Trust, counted, print, print_json, random, read_file, say};
use esp_flash_image::FlashKey;
use esp_flash_plan::{DeviceImage, DeviceKeys, DeviceParts, DevicePlan, NvsEncryption, PlanDocument};
use esp_nvs_image::{HmacKey, Legibility, NvsKeys, decrypt, encrypt};
use factory_fs::Dir;
use getrandom::rand_core::Rng;
use matter_factory_data::{DeviceRecord, FolderFile, KeyFile, Place};
use zeroize::Zeroizing;

type Bytes = Zeroizing<Vec<u8>>;

/// The arguments of `plan`.
#[derive(Args)]
pub(crate) struct Plan {
    /// Profile with the chip, the shared parts and the protection, in JSON; files are relative to it
    profile: PathBuf,
    /// Folder of a device made by matter-mfg
    #[arg(long, value_name = "DIR")]
    device: PathBuf,
    /// Folder for the flash image, plan.json and the files that the commands name
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Flash encryption key of the device, if it exists [default: a new one in keys_dir of the profile]
    #[arg(long, value_name = "FILE")]
    flash_key: Option<PathBuf>,
    /// HMAC key of the device's encrypted NVS, if it exists, 32 bytes [default: a new one in keys_dir]
    #[arg(long, value_name = "FILE")]
    hmac_key: Option<PathBuf>,
    /// Print plan.json instead of the commands
    #[arg(long)]
    json: bool,
}

/// The images in a device's folder.
struct Device {
    name: String,
    nvs: Bytes,
    nvs_keys: Option<Bytes>,
    secure_cert: Option<Bytes>,
    /// The image in which the private key is readable.
    plain_key: Option<Place>,
}

/// A key of a device and its file for the commands; whether the file is to be written.
struct Kept<K> {
    key: K,
    file: PathBuf,
    is_new: bool,
}

impl Plan {
    pub(crate) fn run(&self, force: bool, trust: Trust) -> Result<(), Failure> {
        let profile = FlashProfileFile::new(&self.profile).read("PROFILE", trust)?;
        let mut device = Device::read(&self.device)?;
        let hmac = self.nvs(&profile, &mut device, trust)?;
        let flash = self.flash_key(&profile, &device.name, trust)?;

        let plan = plan(&profile, &device, flash.as_ref(), hmac.as_ref())?;
        let merged_name = FolderFile::Flash.name(&device.name);
        let merged = Zeroizing::new(plan.merged());
        let is_one_file = plan.files().map(|file| file.offset()).eq([0]);
        let mut document = PlanDocument::new(&plan, &device.name);
        if is_one_file {
            document = document.with_merged_file(&merged_name);
        }
        let text = serde_json::to_string_pretty(&document)
            .map_err(|error| Failure::Work(format!("cannot encode the plan: {error}")))?;
        let text = format!("{text}\n");

        let mut outputs = vec![
            (self.out.join(&merged_name), merged.as_slice()),
            (self.out.join(PLAN), text.as_bytes()),
        ];
        if !is_one_file {
            outputs.extend(plan.files().map(|file| (self.out.join(file.name()), file.bytes())));
        }
        let digests = plan.digest_files().iter();
        outputs.extend(digests.map(|(name, digest)| (self.out.join(name), digest.as_slice())));
        let files = outputs
            .iter()
            .fold(Files::new(force, trust), |files, (path, _)| files.output("--out", path));
        create(&self.out)?;
        files.check()?;
        // Before any file refers to them.
        keep(flash.as_ref(), hmac.as_ref(), trust)?;
        let outputs = outputs
            .iter()
            .map(|(path, bytes)| (path.as_path(), *bytes))
            .collect::<Vec<_>>();
        files.publish(&outputs)?;
        if self.json {
            return print_json(text.trim_end());
        }
        self.show(&plan, &document, &outputs)
    }

    fn show(&self, plan: &DevicePlan, document: &PlanDocument<'_>, outputs: &[(&Path, &[u8])]) -> Result<(), Failure> {
        for warning in plan.warnings() {
            say(format_args!("warning: {warning}"));
        }
        for (path, bytes) in outputs {
            say(format_args!("{}: {}", path.display(), counted(bytes.len(), "byte")));
        }
        say(format_args!("commands, to be run in {}:", self.out.display()));
        document.commands().iter().try_for_each(print)
    }

    /// Converts the NVS image as the profile requires. Returns the HMAC key from which its keys are derived.
    fn nvs(&self, profile: &FlashProfile, device: &mut Device, trust: Trust) -> Result<Option<Kept<HmacKey>>, Failure> {
        let wrong = |reason: &str| Err(Failure::Input(format!("--device {}: {reason}", self.device.display())));
        let is_plain = Legibility::of(&device.nvs) == Legibility::Legible;
        let wanted = profile.plan.profile().nvs_encryption();
        if wanted != NvsEncryption::Hmac && self.hmac_key.is_some() {
            return Err(Failure::option(
                "--hmac-key",
                "requires a profile with \"nvs_encryption\": \"hmac\"",
            ));
        }
        match (wanted, &device.nvs_keys) {
            (NvsEncryption::Off, None) if is_plain => {
                let plain = device.nvs.clone();
                self.look(device, &plain, false)?;
                Ok(None)
            }
            (NvsEncryption::Off, _) => wrong("its NVS is encrypted, but the profile has no nvs_encryption"),
            (NvsEncryption::NvsKeys, Some(keys)) => {
                let keys = NvsKeys::decode(keys).map_err(|error| self.nvs_error(error))?;
                let plain = self.decrypt(&device.nvs, &keys, "the keys partition beside it")?;
                self.look(device, &plain, true)?;
                Ok(None)
            }
            (NvsEncryption::NvsKeys, None) => wrong("its NVS has no keys partition; make the device with --encrypt"),
            (NvsEncryption::Hmac, Some(_)) => wrong(
                "its NVS keys are in a partition, but the profile requires them in the eFuses; make the device without --encrypt",
            ),
            (NvsEncryption::Hmac, None) if is_plain => {
                if self.hmac_key.is_some() {
                    return Err(Failure::option(
                        "--hmac-key",
                        "applies to an encrypted NVS, but this one is not encrypted",
                    ));
                }
                let file = self.key_file(profile, KeyFile::NvsHmac, &device.name, "--hmac-key")?;
                let key = HmacKey::generate(&mut random()?).map_err(|error| self.nvs_error(error))?;
                let keys = NvsKeys::from_hmac_key(&key).map_err(|error| self.nvs_error(error))?;
                let plain = device.nvs.clone();
                self.look(device, &plain, true)?;
                encrypt(&mut device.nvs, &keys).map_err(|error| self.nvs_error(error))?;
                self.decrypt(&device.nvs, &keys, "its HMAC key")?;
                Ok(Some(Kept {
                    key,
                    file,
                    is_new: true,
                }))
            }
            (NvsEncryption::Hmac, None) => {
                let Some(path) = &self.hmac_key else {
                    return wrong("its NVS is encrypted; give its HMAC key with --hmac-key FILE");
                };
                trust.check_key("--hmac-key", path)?;
                let key = HmacKey::decode(&read_file("--hmac-key", path)?);
                let key = key.map_err(|error| Failure::option("--hmac-key", error))?;
                let keys = NvsKeys::from_hmac_key(&key).map_err(|error| self.nvs_error(error))?;
                let plain = self.decrypt(&device.nvs, &keys, "--hmac-key")?;
                self.look(device, &plain, true)?;
                let file = cli::resolve(path)?;
                Ok(Some(Kept {
                    key,
                    file,
                    is_new: false,
                }))
            }
        }
    }

    fn nvs_error(&self, error: esp_nvs_image::Error) -> Failure {
        Failure::Input(format!("--device {}: NVS: {error}", self.device.display()))
    }

    /// Decrypts the NVS, and refuses keys that do not fit.
    fn decrypt(&self, nvs: &[u8], keys: &NvsKeys, whose: &str) -> Result<Bytes, Failure> {
        let mut plain = Zeroizing::new(nvs.to_vec());
        decrypt(&mut plain, keys).map_err(|error| self.nvs_error(error))?;
        if Legibility::of(&plain) == Legibility::Legible {
            return Ok(plain);
        }
        let device = self.device.display();
        Err(Failure::Input(format!(
            "--device {device}: its NVS is not encrypted with {whose}"
        )))
    }

    /// Reads the device's data, which determines the place of its private key.
    fn look(&self, device: &mut Device, plain: &[u8], is_encrypted: bool) -> Result<(), Failure> {
        let read = DeviceRecord::decode(plain, device.secure_cert.as_ref().map(|image| image.as_slice()));
        let (record, layout) =
            read.map_err(|error| Failure::Input(format!("--device {}: {error}", self.device.display())))?;
        let holds_key = record.credentials().is_some_and(|found| found.key().is_some()) && !layout.is_keyless();
        let place = Some(layout.attestation()).filter(|_| holds_key);
        device.plain_key = place.filter(|place| *place != Place::Nvs || !is_encrypted);
        Ok(())
    }

    fn flash_key(&self, profile: &FlashProfile, device: &str, trust: Trust) -> Result<Option<Kept<FlashKey>>, Failure> {
        let Some(scheme) = profile.plan.profile().encryption_scheme() else {
            return match &self.flash_key {
                Some(_) => Err(Failure::option(
                    "--flash-key",
                    "requires a profile with flash_encryption",
                )),
                None => Ok(None),
            };
        };
        if let Some(path) = &self.flash_key {
            trust.check_key("--flash-key", path)?;
            let key = FlashKey::new(scheme, &read_file("--flash-key", path)?);
            let key = key.map_err(|error| Failure::Input(format!("--flash-key {}: {error}", path.display())))?;
            let file = cli::resolve(path)?;
            return Ok(Some(Kept {
                key,
                file,
                is_new: false,
            }));
        }
        let file = self.key_file(profile, KeyFile::FlashEncryption, device, "--flash-key")?;
        let drawn = FlashKey::generate(scheme, &mut random()?);
        // An ESP32 uses one coding scheme for all of its keys.
        let coded = profile.bootloader_key.as_ref().map(|(key, _)| key.expose_bytes().len());
        let key = match coded.and_then(|len| drawn.expose_bytes().get(..len)) {
            Some(bytes) => FlashKey::new(scheme, bytes),
            None => Ok(drawn),
        };
        let key = key.map_err(|error| Failure::Work(error.to_string()))?;
        Ok(Some(Kept {
            key,
            file,
            is_new: true,
        }))
    }

    /// Returns the path for a new key.
    fn key_file(&self, profile: &FlashProfile, file: KeyFile, device: &str, option: &str) -> Result<PathBuf, Failure> {
        let Some(folder) = &profile.keys_dir else {
            let reason = "keys_dir, the folder for keys, is missing";
            return Err(Failure::Input(format!("PROFILE {}: {reason}", self.profile.display())));
        };
        create(folder)?;
        let path = cli::resolve(folder)?.join(file.name(device));
        if path.symlink_metadata().is_ok() {
            return Err(Failure::Input(format!(
                "{}: exists already, and keys are never replaced because a chip may use them; give it with {option}, \
                 or move it away",
                path.display()
            )));
        }
        Ok(path)
    }
}

impl Device {
    /// Finds the images in a device's folder by their names.
    fn read(folder: &Path) -> Result<Self, Failure> {
        let wrong = |reason: &dyn std::fmt::Display| Failure::Input(format!("--device {}: {reason}", folder.display()));
        let mut found: [Option<(String, Bytes)>; 3] = [None, None, None];
        for entry in fs::read_dir(folder).map_err(|error| wrong(&error))? {
            let path = entry.map_err(|error| wrong(&error))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let kind = FolderFile::of_name(&name);
            let wanted = [FolderFile::Nvs, FolderFile::NvsKeys, FolderFile::SecureCert];
            let Some(place) = wanted.iter().position(|wanted| kind == Some(*wanted)) else {
                continue;
            };
            let suffix = kind.map_or("", FolderFile::suffix);
            let device = name.strip_suffix(suffix).unwrap_or(&name).to_owned();
            let slot = found.get_mut(place);
            let image = read_file("--device", &path)?;
            if let Some((other, _)) = slot.and_then(|slot| slot.replace((device.clone(), image))) {
                return Err(wrong(&format_args!(
                    "contains files of two devices, {other} and {device}"
                )));
            }
        }
        let [nvs, nvs_keys, secure_cert] = found;
        let (name, nvs) = nvs.ok_or_else(|| wrong(&"contains no file that ends with -partition.bin"))?;
        for other in [&nvs_keys, &secure_cert] {
            if let Some((other, _)) = other.as_ref().filter(|(other, _)| *other != name) {
                return Err(wrong(&format_args!(
                    "contains files of two devices, {name} and {other}"
                )));
            }
        }
        Ok(Self {
            name,
            nvs,
            nvs_keys: nvs_keys.map(|(_, image)| image),
            secure_cert: secure_cert.map(|(_, image)| image),
            plain_key: None,
        })
    }
}

/// Makes the plan and reads the flash back.
fn plan(
    profile: &FlashProfile,
    device: &Device,
    flash: Option<&Kept<FlashKey>>,
    hmac: Option<&Kept<HmacKey>>,
) -> Result<DevicePlan, Failure> {
    let refused = |error: esp_flash_plan::Error| Failure::Input(format!("device {}: {error}", device.name));
    let images = [
        ("nvs", Some(Place::Nvs), Some(&profile.nvs), Some(&device.nvs)),
        ("nvs_keys", None, profile.nvs_keys.as_ref(), device.nvs_keys.as_ref()),
        (
            "secure_cert",
            Some(Place::SecureCert),
            profile.secure_cert.as_ref(),
            device.secure_cert.as_ref(),
        ),
    ];
    let mut parts = DeviceParts::new();
    for (member, place, label, image) in images {
        match (label, image) {
            (Some(label), Some(image)) => {
                let holds_key = place.is_some() && place == device.plain_key;
                parts = parts.with_image(DeviceImage::new(label, image).with_plain_key(holds_key));
            }
            (None, Some(_)) => {
                let reason = format!(
                    "device {}: its {member} image has no partition in the profile",
                    device.name
                );
                return Err(Failure::Input(reason));
            }
            (Some(label), None) if member == "secure_cert" => {
                let reason = format!("device {}: it has no image for the partition '{label}'", device.name);
                return Err(Failure::Input(reason));
            }
            _ => {}
        }
    }
    let mut iv = [0; 128];
    random()?.fill_bytes(&mut iv);
    let name = |path: &Path| {
        let name = path.to_str().map(ToOwned::to_owned);
        name.ok_or_else(|| Failure::Input(format!("{}: is not UTF-8, which commands require", path.display())))
    };
    let flash = flash.map(|kept| Ok((&kept.key, name(&kept.file)?))).transpose()?;
    let hmac = hmac.map(|kept| name(&kept.file)).transpose()?;
    let bootloader = profile.bootloader_key.as_ref();
    let bootloader = bootloader.map(|(key, file)| Ok((key, name(file)?))).transpose()?;
    let mut keys = DeviceKeys::new();
    if let Some((key, file)) = &flash {
        keys = keys.with_flash_key(key, file);
    }
    if let Some(file) = &hmac {
        keys = keys.with_hmac_file(file);
    }
    if let Some((key, file)) = &bootloader {
        keys = keys.with_bootloader_key(key, file, &iv);
    }
    let plan = profile.plan.device(&parts, &keys).map_err(refused)?;
    match profile.plan.first_difference(&plan, &parts, &keys).map_err(refused)? {
        Some(part) => Err(Failure::Work(format!(
            "device {}: '{part}' differs when read back",
            device.name
        ))),
        None => Ok(plan),
    }
}

/// Writes new keys; they are on disk when this returns.
fn keep(flash: Option<&Kept<FlashKey>>, hmac: Option<&Kept<HmacKey>>, trust: Trust) -> Result<(), Failure> {
    let flash = flash
        .filter(|kept| kept.is_new)
        .map(|kept| (kept.file.as_path(), kept.key.expose_bytes()));
    let hmac = hmac
        .filter(|kept| kept.is_new)
        .map(|kept| (kept.file.as_path(), kept.key.expose().as_slice()));
    let keys = flash.into_iter().chain(hmac).collect::<Vec<_>>();
    let files = keys.iter().fold(Files::new(false, trust), |files, (path, _)| {
        files.output("keys_dir", path)
    });
    files.check()?;
    files.publish(&keys)
}

/// Creates a missing folder.
fn create(folder: &Path) -> Result<(), Failure> {
    let created = Dir::create(folder);
    created
        .map(drop)
        .map_err(|error| Failure::Input(format!("{}: {error}", folder.display())))
}

const PLAN: &str = "plan.json";
