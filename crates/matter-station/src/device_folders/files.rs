use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::{Component, Path, PathBuf};

use esp_flash_plan::PlanFile;
use factory_fs::Exposure;
use matter_factory_data::FolderFile;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{Bytes, Dir};
use crate::Error;

/// The description of a device's defect.
#[derive(Debug)]
pub(super) struct Reason(String);

impl Reason {
    pub(super) fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }

    pub(super) fn of(self, uuid: &str) -> Error {
        Error::Device {
            uuid: uuid.into(),
            reason: self.0,
        }
    }
}

/// The files of a device: those of its plan and its label, possibly in different folders.
pub(super) struct DeviceFiles {
    /// The folder with the plan.
    dir: Dir,
    /// The file name of the plan.
    plan: String,
    /// All folders of the device.
    places: Vec<PathBuf>,
}

impl DeviceFiles {
    pub(super) fn open(places: &[PathBuf], uuid: &str) -> Result<Self, Reason> {
        for place in places {
            let dir = Dir::open(place).map_err(|error| unreadable(place, &error))?;
            for name in [FolderFile::FlashPlan.name(uuid), EARLIER_PLAN.into()] {
                let kind = dir
                    .kind(&name)
                    .map_err(|error| unreadable(&place.join(&name), &error))?;
                if kind.is_some() {
                    let (plan, places) = (name, places.to_vec());
                    return Ok(Self { dir, plan, places });
                }
            }
        }
        let missing = FolderFile::FlashPlan.name(uuid);
        let place = places.first().map(|place| place.display().to_string());
        Err(Reason::new(format!(
            "{missing} is missing from {}; make the device with --flash-plan",
            place.unwrap_or_default()
        )))
    }

    /// Reads the plan. Returns it with the SHA-256 of its file.
    pub(super) fn plan(&self, uuid: &str) -> Result<(PlanFile, [u8; 32]), Reason> {
        let bytes = self.read(&self.plan, MAX_PLAN)?;
        let wrong = |reason: &dyn std::fmt::Display| Reason::new(format!("{} {reason}", self.plan));
        let plan: PlanFile =
            serde_json::from_slice(&bytes).map_err(|error| wrong(&format_args!("is not a plan: {error}")))?;
        if plan.device() != uuid {
            let other = plan.device();
            return Err(wrong(&format_args!("belongs to another device, {other}")));
        }
        Ok((plan, Sha256::digest(&*bytes).into()))
    }

    /// Reads the label codes, from the folder that has them.
    pub(super) fn codes(&self, uuid: &str) -> Result<Bytes, Reason> {
        let name = FolderFile::OnboardingCodes.name(uuid);
        for place in &self.places {
            let dir = Dir::open(place).map_err(|error| unreadable(place, &error))?;
            match dir.open_file(&name) {
                Ok(file) => return read(file, MAX_CODES).map_err(|error| unreadable(&place.join(&name), &error)),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(unreadable(&place.join(&name), &error)),
            }
        }
        Err(Reason::new(format!("{name}, the label table, is missing")))
    }

    /// Reads a file next to the plan, with a maximum length.
    pub(super) fn read(&self, name: &str, limit: u64) -> Result<Bytes, Reason> {
        let failed = |error| unreadable(&self.dir.path().join(name), &error);
        read(self.dir.open_file(name).map_err(failed)?, limit).map_err(failed)
    }

    /// Reads a key file inside the device's folder, such as `internal/secure-boot-digest0.bin`.
    pub(super) fn read_key_inside(&self, name: &str, wants_owner: bool) -> Result<Bytes, Reason> {
        let path = Path::new(name);
        let parts: Vec<_> = path.components().collect();
        let place = self.dir.path().join(path);
        let failed = |error| unreadable(&place, &error);
        let (dir, name) = match parts.as_slice() {
            [Component::Normal(name)] => (self.dir.try_clone().map_err(failed)?, name),
            [Component::Normal(folder), Component::Normal(name)] => (self.dir.child(folder).map_err(failed)?, name),
            _ => {
                let reason = format!("its plan contains the key file '{name}', which is not in its folder");
                return Err(Reason::new(reason));
            }
        };
        read_key(&dir, name.as_ref(), wants_owner)
    }
}

/// Reads a key file: a regular file that is readable only by its owner, unless that is not required.
pub(super) fn read_key(dir: &Dir, name: &Path, wants_owner: bool) -> Result<Bytes, Reason> {
    let path = dir.path().join(name);
    let failed = |error| unreadable(&path, &error);
    let file = dir.open_file(name).map_err(failed)?;
    if wants_owner && Exposure::of_file(&file, &path).map_err(failed)?.is_open() {
        return Err(Reason::new(format!(
            "{}: this key is readable by other users; run chmod 600",
            path.display()
        )));
    }
    read(file, MAX_KEY).map_err(failed)
}

fn read(file: File, limit: u64) -> io::Result<Bytes> {
    let len = file.metadata()?.len();
    if len > limit {
        let reason = format!("is too long: {len} bytes; at most {limit} are allowed");
        return Err(io::Error::new(ErrorKind::InvalidData, reason));
    }
    // Reserve everything at once: a growing buffer would leave copies of the key.
    let room = usize::try_from(len).unwrap_or_default().saturating_add(1);
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    file.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn unreadable(path: &Path, error: &io::Error) -> Reason {
    Reason::new(format!("{}: {error}", path.display()))
}

/// The file name of a plan written by `flash-image plan`.
const EARLIER_PLAN: &str = "plan.json";
/// Much larger than any plan.
const MAX_PLAN: u64 = 1 << 20;
const MAX_CODES: u64 = 1 << 12;
/// Large enough for a PEM file with a P-256 key.
const MAX_KEY: u64 = 1 << 12;
