//! The finished device folders of a run as a device source.

mod codes;
mod files;
mod index;
mod keys;
mod known;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use esp_flash_plan::{Action, FlashPlan, KeyPurpose, PlanFile, Step};
use factory_fs::Dir;
use matter_factory_data::FolderFile;
use matter_ledger::LedgerPlace;
use md5::Md5;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use self::files::{DeviceFiles, Reason};
use self::index::Index;
use self::known::KnownDevices;
use crate::{BoardTarget, DeviceSource, Error, FlashPart, KeyStore, StationDevice, StationRegion};

/// The devices in the finished folders below a path: the output folder of `matter-mfg --flash-plan`, or the folders of
/// `flash-image plan --out DIR/UUID` next to the device folders.
///
/// A device is read when a board gets it, and completely checked: its plan by the rules of [`PlanFile`] and, if given,
/// against a profile; its flash image by length, MD5 and SHA-256; its keys by length, file type and permissions; its label
/// against the ledger. Folders that appear later are found, too.
pub struct DeviceFolders {
    root: PathBuf,
    plan: Option<FlashPlan>,
    target: BoardTarget,
    keys_dir: Option<PathBuf>,
    has_open_keys: bool,
    index: Mutex<Index>,
    known: Mutex<KnownDevices>,
}

impl DeviceFolders {
    /// Searches for device folders below a path, three levels deep. The requirements on boards come from the profile or,
    /// without one, from the plan of the first device.
    ///
    /// # Errors
    ///
    /// [`Error::File`] when the folder cannot be read, or has no device and no profile is given; [`Error::Device`] when the
    /// first device's plan cannot be read or does not match the profile.
    pub fn open(root: &Path, plan: Option<FlashPlan>) -> Result<Self, Error> {
        let index = Index::scan(root).map_err(|source| file(root, source))?;
        let target = match (&plan, index.first()) {
            (Some(plan), _) => target_of_profile(plan).map_err(|error| file(root, invalid(error.to_string())))?,
            (None, Some(uuid)) => {
                let named = |reason: Reason| reason.of(uuid);
                let files = DeviceFiles::open(index.places(uuid), uuid).map_err(named)?;
                target_of_file(&files.plan(uuid).map_err(named)?.0).map_err(named)?
            }
            (None, None) => {
                let reason = "contains no device with a flash plan; matter-mfg --flash-plan PROFILE makes them";
                return Err(file(root, invalid(reason)));
            }
        };
        Ok(Self {
            root: root.into(),
            plan,
            target,
            keys_dir: None,
            has_open_keys: false,
            index: Mutex::new(index),
            known: Mutex::default(),
        })
    }

    /// Reads the chip keys from this folder, regardless of the paths in the plans.
    #[must_use]
    pub fn with_keys_dir(mut self, path: Option<PathBuf>) -> Self {
        self.keys_dir = path;
        self
    }

    /// Accepts key files that are readable by other users.
    #[must_use]
    pub const fn with_open_keys(mut self, has_open_keys: bool) -> Self {
        self.has_open_keys = has_open_keys;
        self
    }

    /// Compares each device with the ledger: product, serial number, discriminator and the hashes of its images. Without a
    /// ledger, a device has no serial number.
    #[must_use]
    pub fn with_ledger(mut self, place: impl Into<LedgerPlace>) -> Self {
        self.known = Mutex::new(KnownDevices::new(place.into()));
        self
    }

    /// Returns the key block for the DAC's private key, if the devices store it in eFuses: the profile passed to
    /// [`DeviceFolders::open`] must reserve it. `None` for other devices, and if there are no devices.
    ///
    /// # Errors
    ///
    /// The errors of [`DeviceFolders::open`] without a profile.
    pub fn ecdsa_block(root: &Path) -> Result<Option<usize>, Error> {
        if Index::scan(root).map_err(|source| file(root, source))?.len() == 0 {
            return Ok(None);
        }
        let target = Self::open(root, None)?.target;
        let is_ecdsa = |step: &&Step| step.purpose() == Some(KeyPurpose::EcdsaKey);
        let block = target.steps.iter().find(is_ecdsa).and_then(Step::block);
        let names = target.chip.facts().key_blocks.names;
        Ok(names.iter().position(|name| Some(*name) == block))
    }

    /// Returns the number of device folders.
    #[must_use]
    pub fn len(&self) -> usize {
        self.index().len()
    }

    /// Returns whether there are no devices.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns whether a device folder exists, including one created after opening.
    ///
    /// # Errors
    ///
    /// [`Error::File`] when the folder can no longer be read.
    pub fn contains(&self, uuid: &str) -> Result<bool, Error> {
        self.places(uuid).map(|places| !places.is_empty())
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the folders of a device; searches again if there are none.
    fn places(&self, uuid: &str) -> Result<Vec<PathBuf>, Error> {
        let mut index = self.index();
        if index.places(uuid).is_empty() {
            *index = Index::scan(&self.root).map_err(|source| file(&self.root, source))?;
        }
        Ok(index.places(uuid).to_vec())
    }

    fn read(&self, uuid: &str) -> Result<Result<StationDevice, Reason>, Error> {
        let places = self.places(uuid)?;
        if places.is_empty() {
            let reason = format!("no folder with this name below {}", self.root.display());
            return Ok(Err(Reason::new(reason)));
        }
        // An unavailable ledger is not a fault of the device.
        let known = {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.device(uuid)?
        };
        let read = || {
            let files = DeviceFiles::open(&places, uuid)?;
            let (plan, plan_sha256) = files.plan(uuid)?;
            self.check_plan(&plan)?;
            let flash = flash(&files, uuid, &plan)?;
            let codes = files.codes(uuid)?;
            let (label, serial) = codes::label(&codes, known.as_ref())?;
            if let Some(known) = &known {
                known.check_image(&FolderFile::Flash.name(uuid), &flash)?;
            }
            let keys = keys::Keys {
                uuid,
                dir: self.keys_dir.as_deref(),
                has_open: self.has_open_keys,
                plan: self.plan.as_ref(),
            };
            let keys = keys.read(&files, &plan)?;
            self.check_flash(&plan, &flash, &keys)?;
            Ok(StationDevice {
                uuid: uuid.into(),
                serial,
                target: target_of_file(&plan)?,
                regions: regions(&plan),
                keys,
                parts: vec![FlashPart {
                    offset: 0,
                    bytes: flash,
                }],
                label,
                plan_sha256,
                commands: plan.commands_of_merged(&FolderFile::Flash.name(uuid)),
            })
        };
        Ok(read())
    }

    /// Checks the encrypted parts of the flash: the firmware must be that of the profile, and the key that of the device.
    fn check_flash(&self, plan: &PlanFile, flash: &[u8], keys: &KeyStore) -> Result<(), Reason> {
        let Some(profile) = &self.plan else { return Ok(()) };
        let file = plan.efuse_steps().find_map(|step| match step.action() {
            Action::BurnKey { purpose, file, .. } if purpose.is_flash_encryption() => Some(file),
            _ => None,
        });
        let Some(key) = file.and_then(|file| keys.expose_key(file)) else {
            return Ok(());
        };
        profile
            .check_flash(plan, flash, key)
            .map_err(|error| Reason::new(format!("its flash image does not match the profile: {error}")))
    }

    fn check_plan(&self, plan: &PlanFile) -> Result<(), Reason> {
        if let Some(profile) = &self.plan {
            return profile
                .check_file(plan)
                .map_err(|error| Reason::new(format!("its plan does not match the profile: {error}")));
        }
        // Without a profile, all devices must be like the first one.
        let target = target_of_file(plan)?;
        let is_same = target.chip == self.target.chip
            && target.flash_size == self.target.flash_size
            && target.min_revision == self.target.min_revision
            && target
                .steps
                .iter()
                .map(nameless)
                .eq(self.target.steps.iter().map(nameless));
        if is_same {
            return Ok(());
        }
        Err(Reason::new("its plan differs from those of the other devices"))
    }
}

impl DeviceSource for DeviceFolders {
    fn target(&self) -> &BoardTarget {
        &self.target
    }

    fn device(&self, uuid: &str) -> Result<StationDevice, Error> {
        self.read(uuid)?.map_err(|reason| reason.of(uuid))
    }
}

/// Omits the profile, which is long.
impl fmt::Debug for DeviceFolders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceFolders")
            .field("root", &self.root)
            .field("devices", &self.len())
            .finish_non_exhaustive()
    }
}

/// Reads the flash image; compares the regions with the plan, and the rest with erased flash.
fn flash(files: &DeviceFiles, uuid: &str, plan: &PlanFile) -> Result<Vec<u8>, Reason> {
    let name = FolderFile::Flash.name(uuid);
    let mut bytes = files.read(&name, u64::from(plan.flash_end()))?;
    let flash = std::mem::take(&mut *bytes);
    let (found, expected) = (flash.len(), plan.flash_end());
    if usize::try_from(expected).ok() != Some(found) {
        let reason = format!("{name} has {found} bytes, but its plan ends at {expected}");
        return Err(Reason::new(reason));
    }
    let mut rest = flash.as_slice();
    let mut end = 0;
    for region in plan.regions() {
        let gap = usize::try_from(region.offset().saturating_sub(end)).unwrap_or(usize::MAX);
        let len = usize::try_from(region.length()).unwrap_or(usize::MAX);
        let (gap, after) = rest.split_at_checked(gap).unwrap_or_default();
        let (bytes, after) = after.split_at_checked(len).unwrap_or_default();
        rest = after;
        end = region.end();
        let source = region.source();
        if gap.iter().any(|byte| *byte != 0xFF) {
            let offset = region.offset();
            return Err(Reason::new(format!(
                "{name} is not erased before '{source}' at {offset:#x}"
            )));
        }
        if *Md5::digest(bytes) != *region.md5() || *Sha256::digest(bytes) != *region.sha256() {
            let reason = format!("'{source}' in {name} does not match its plan: MD5 or SHA-256 differ");
            return Err(Reason::new(reason));
        }
    }
    Ok(flash)
}

/// Returns everything that is written and compared: the regions of the plan, and the erased flash between them.
fn regions(plan: &PlanFile) -> Vec<StationRegion> {
    let mut regions = Vec::with_capacity(plan.regions().len().saturating_mul(2));
    let mut end = 0;
    for region in plan.regions() {
        if let Some(length @ 1..) = region.offset().checked_sub(end) {
            regions.push(gap(end, length));
        }
        end = region.end();
        regions.push(StationRegion {
            offset: region.offset(),
            length: region.length(),
            source: region.source().into(),
            encrypted: region.is_encrypted(),
            md5: *region.md5(),
            sha256: *region.sha256(),
        });
    }
    regions
}

fn gap(offset: u32, length: u32) -> StationRegion {
    static ERASED: [u8; 4096] = [0xFF; 4096];
    let (mut md5, mut sha256) = (Md5::new(), Sha256::new());
    let mut left = usize::try_from(length).unwrap_or(usize::MAX);
    while left > 0 {
        let chunk = ERASED.get(..left.min(ERASED.len())).unwrap_or_default();
        md5.update(chunk);
        sha256.update(chunk);
        left = left.saturating_sub(chunk.len());
    }
    StationRegion {
        offset,
        length,
        source: "gap".into(),
        encrypted: false,
        md5: md5.finalize().into(),
        sha256: sha256.finalize().into(),
    }
}

fn target_of_profile(plan: &FlashPlan) -> Result<BoardTarget, esp_flash_plan::Error> {
    let steps = plan.steps()?;
    Ok(BoardTarget {
        chip: plan.profile().chip(),
        min_revision: plan.min_revision(),
        flash_size: plan.profile().flash_size().get(),
        steps: steps.into_iter().filter(Step::is_efuse).collect(),
    })
}

fn target_of_file(plan: &PlanFile) -> Result<BoardTarget, Reason> {
    Ok(BoardTarget {
        chip: plan.chip(),
        min_revision: plan.min_revision(),
        // Plans of earlier releases do not state it: the flash must hold at least the written range.
        flash_size: plan.flash_size().map_or(plan.flash_end(), |size| size.get()),
        steps: plan.efuse_steps().cloned().collect(),
    })
}

/// Returns a step's action without its file name.
fn nameless(step: &Step) -> Action {
    match step.action() {
        Action::BurnKey {
            block, purpose, half, ..
        } => Action::BurnKey {
            block,
            purpose: *purpose,
            file: String::new(),
            half: *half,
        },
        action => action.clone(),
    }
}

fn file(path: &Path, source: std::io::Error) -> Error {
    Error::File {
        path: path.into(),
        source,
    }
}

fn invalid(reason: impl Into<String>) -> std::io::Error {
    std::io::Error::new(std::io::ErrorKind::InvalidData, reason.into())
}

type Bytes = Zeroizing<Vec<u8>>;
