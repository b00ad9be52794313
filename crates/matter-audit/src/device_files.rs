//! The files of one device in its folder.

use std::cell::OnceCell;
use std::fs;
use std::path::{Path, PathBuf};

use esp_nvs_image::{Legibility, NvsKeys};
use factory_fs::{Input, utf16};
use matter_factory_data::{
    Artifacts, Attested, Check, DeviceReport, Expected, Finding, FolderFile, InternalFile, KeySet, audit, reads_better,
};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::FlashDump;
use crate::access::Access;
use crate::audit_input::read;
use crate::device_source::{DeviceSource, FileKind, SingleFile};
use crate::image_place::place_of;
use crate::label_codes::LabelCodes;
use crate::{AuditInput, Error};

/// A file of a device, with its name in the device's folder.
pub(crate) struct DeviceFile {
    pub(crate) name: String,
    pub(crate) bytes: Zeroizing<Vec<u8>>,
    /// Access of other users.
    pub(crate) access: Access,
    /// Whether the file was given individually, under any name.
    pub(crate) is_given: bool,
    digest: OnceCell<[u8; 32]>,
}

impl DeviceFile {
    pub(crate) fn new(name: String, bytes: Zeroizing<Vec<u8>>, access: Access, is_given: bool) -> Self {
        Self {
            name,
            bytes,
            access,
            is_given,
            digest: OnceCell::new(),
        }
    }

    pub(crate) fn sha256(&self) -> &[u8; 32] {
        self.digest.get_or_init(|| Sha256::digest(&self.bytes).into())
    }
}

/// The files of one device, read but not yet examined.
#[derive(Default)]
pub(crate) struct DeviceFiles {
    pub(crate) path: PathBuf,
    pub(crate) uuid: Option<String>,
    /// Its name before it is examined: the UUID if known, otherwise the path.
    pub(crate) name: String,
    pub(crate) is_folder: bool,
    /// Whether it consists only of individually given files.
    pub(crate) is_given: bool,
    pub(crate) files: Vec<DeviceFile>,
    /// Its folders, and the access of other users to them.
    pub(crate) folders: Vec<(String, Access)>,
    pub(crate) nvs: Option<usize>,
    pub(crate) secure_cert: Option<usize>,
    pub(crate) codes: Option<usize>,
    pub(crate) picture: Option<usize>,
    pub(crate) keys: Option<usize>,
    /// Indices of codes and pictures given in addition to the device's own, which must agree.
    pub(crate) more_codes: Vec<usize>,
    pub(crate) more_pictures: Vec<usize>,
    /// The rest of a flash dump, raw and decrypted.
    pub(crate) flash: Vec<(&'static str, Zeroizing<Vec<u8>>)>,
    /// The reason why the keys in a dump do not decrypt its store.
    pub(crate) wrong_keys: Option<&'static str>,
    /// The unreadable keys partition of a dump without a readable one, and the reason.
    pub(crate) damaged_keys: Option<(String, &'static str)>,
    pub(crate) secure_cert_size: Option<esp_secure_cert::PartitionSize>,
    /// Findings made while reading.
    pub(crate) findings: Vec<Finding>,
}

/// The maximum depth of folders in a device's folder; tools create only one level.
const MAX_DEPTH: u8 = 4;

/// Files that may contain the DAC's private key.
const KEY_FILES: [InternalFile; 3] = [
    InternalFile::DacKeyPem,
    InternalFile::DacKeyDer,
    InternalFile::DacPrivateKey,
];

/// Returns whether a file name marks its folder as a device's.
pub(crate) fn is_of_device(name: &str) -> bool {
    matches!(
        FileKind::of_name(name),
        Some(FileKind::Nvs | FileKind::SecureCert | FileKind::Codes)
    )
}

/// Returns whether a name is a UUID, as the names of devices' folders are.
pub(crate) fn is_uuid(name: &str) -> bool {
    name.len() == uuid::fmt::Hyphenated::LENGTH && uuid::Uuid::parse_str(name).is_ok()
}

impl DeviceFiles {
    /// Reads all files of a device.
    pub(crate) fn read(source: &DeviceSource) -> Result<Self, Error> {
        let mut device = source
            .dump
            .as_ref()
            .map_or_else(|| Ok(Self::default()), FlashDump::read)?;
        device.uuid.clone_from(&source.uuid);
        device.name = source.name();
        if let Some(folder) = &source.folder {
            device.path.clone_from(folder);
            device.is_folder = true;
            device.read_folder(folder, "", 0)?;
        } else if let (None, Some(file)) = (&source.dump, source.files.first()) {
            device.path.clone_from(&file.path);
            device.is_given = true;
        }
        for SingleFile { path, kind, bytes } in &source.files {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let bytes = match bytes {
                Some(bytes) => bytes.clone(),
                None => read(AuditInput::Path, path)?,
            };
            if kind.is_none() {
                let reason = "not an image or codes; certificates, declarations and keys are audited in their \
                              device's folder";
                let reason = utf16(&bytes).map_or_else(|| reason.to_owned(), |error| error.to_string());
                device
                    .findings
                    .push(Finding::of(Check::ArtifactMalformed, &name, reason));
            }
            let file = DeviceFile::new(name, bytes, Access::of(path), true);
            device.add(*kind, file);
        }
        Ok(device)
    }

    fn read_folder(&mut self, folder: &Path, prefix: &str, depth: u8) -> Result<(), Error> {
        let wrong = |error| Error::file(AuditInput::Path, folder, error);
        let name = if prefix.is_empty() { "./" } else { prefix };
        self.folders.push((name.into(), Access::of(folder)));
        let entries = fs::read_dir(folder).map_err(wrong)?.collect::<Result<Vec<_>, _>>();
        let mut entries = entries.map_err(wrong)?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            let metadata = fs::metadata(&path).map_err(|error| Error::file(AuditInput::Path, &path, error))?;
            if metadata.is_file() {
                self.read_file(&path, name)?;
            } else if entry.file_type().is_ok_and(|kind| kind.is_dir()) && depth < MAX_DEPTH {
                self.read_folder(&path, &format!("{name}/"), depth + 1)?;
            } else {
                // A pipe would block the audit; some links to a parent folder are thousands of folders.
                let text = "not a file or folder of a device";
                self.findings.push(Finding::of(Check::NotChecked, name, text));
            }
        }
        Ok(())
    }

    fn read_file(&mut self, path: &Path, name: String) -> Result<(), Error> {
        if fs::metadata(path).is_ok_and(|metadata| metadata.len() > Input::MAX_FILE) {
            let text = "larger than 64 MiB, the limit for a device's files";
            self.findings.push(Finding::of(Check::ArtifactMalformed, name, text));
            return Ok(());
        }
        let bytes = read(AuditInput::Path, path)?;
        let file = DeviceFile::new(name, bytes, Access::of(path), false);
        self.add(FileKind::of_name(&file.name), file);
        Ok(())
    }

    /// Adds a file of a kind that the audit examines, or of another one. A given file may equal an existing one, and
    /// several files may be read for the label.
    pub(crate) fn add(&mut self, kind: Option<FileKind>, file: DeviceFile) {
        let index = self.files.len();
        let place = match kind {
            None => None,
            Some(FileKind::Nvs) => Some(&mut self.nvs),
            Some(FileKind::NvsKeys) => Some(&mut self.keys),
            Some(FileKind::SecureCert) => Some(&mut self.secure_cert),
            Some(FileKind::Picture) => Some(&mut self.picture),
            Some(FileKind::Codes | FileKind::Qr | FileKind::Manual) => Some(&mut self.codes),
        };
        match (place, kind) {
            (Some(place @ None), _) => *place = Some(index),
            (Some(_), Some(FileKind::Codes | FileKind::Qr | FileKind::Manual)) if file.is_given => {
                self.more_codes.push(index)
            }
            (Some(_), Some(FileKind::Picture)) if file.is_given => self.more_pictures.push(index),
            (Some(Some(first)), _) => {
                let first = self.files.get(*first);
                if let Some(first) = first.filter(|first| !file.is_given || first.bytes != file.bytes) {
                    let text = format!("{} beside {}", file.name, first.name);
                    self.findings.push(Finding::of(Check::ArtifactTwice, &file.name, text));
                }
            }
            (None, _) => {}
        }
        self.files.push(file);
    }

    /// Returns the file with a name in a list. An individually given file may have another name.
    pub(crate) fn listed(&self, name: &str) -> Option<&DeviceFile> {
        let named = self.files.iter().find(|file| file.name == name);
        let place = match FileKind::of_name(name).filter(|_| self.is_given) {
            Some(FileKind::Nvs) => self.nvs,
            Some(FileKind::NvsKeys) => self.keys,
            Some(FileKind::SecureCert) => self.secure_cert,
            _ => None,
        };
        named.or_else(|| self.file(place))
    }

    pub(crate) fn file(&self, index: Option<usize>) -> Option<&DeviceFile> {
        self.files.get(index?)
    }

    /// Returns the codes of the device's label from all of its files. A contradiction between two of them is a finding.
    pub(crate) fn codes(&self, findings: &mut Vec<Finding>) -> LabelCodes {
        let mut codes = LabelCodes::default();
        for file in self
            .codes
            .iter()
            .chain(&self.more_codes)
            .filter_map(|index| self.files.get(*index))
        {
            let Some(others) = LabelCodes::read(file, findings) else {
                continue;
            };
            for what in codes.join(others) {
                let text = format!("the {what} differs from the device's other label");
                findings.push(Finding::of(Check::LabelCodes, &file.name, text));
            }
        }
        codes
    }

    /// Returns the text of the QR code's picture; all given pictures must agree.
    fn shown(&self, findings: &mut Vec<Finding>) -> Option<Zeroizing<String>> {
        let files = self.picture.iter().chain(&self.more_pictures);
        let mut shown = None;
        for file in files.filter_map(|index| self.files.get(*index)) {
            let Some(text) = show(file, findings) else { continue };
            if shown.as_ref().is_some_and(|shown| *shown != text) {
                findings.push(Finding::of(
                    Check::LabelPicture,
                    &file.name,
                    "its QR code differs from that of the other picture",
                ));
            }
            shown.get_or_insert(text);
        }
        shown
    }

    /// Audits the device. Verifiers are derived later, many at a time.
    pub(crate) fn audit(
        &self,
        expected: &Expected<'_>,
        attested: Option<&Attested<'_>>,
        keys: Option<&NvsKeys>,
        known: &KeySet,
        pictures: bool,
    ) -> DeviceReport {
        let mut findings = self.findings.clone();
        let codes = self.codes(&mut findings);
        let picture = if pictures { self.shown(&mut findings) } else { None };
        let own_keys = self.file(self.keys).and_then(|file| {
            let keys = NvsKeys::decode(&file.bytes);
            keys.map_err(|error| findings.push(Finding::of(Check::ArtifactMalformed, &file.name, error)))
                .ok()
        });
        if let (Some(why), Some(keys)) = (self.wrong_keys, own_keys.as_ref().or(keys)) {
            let store = self.file(self.nvs);
            if store.is_some_and(|file| reads_better(&file.bytes, keys)) {
                let text = format!("{why}; the store requires the given keys");
                findings.push(Finding::of(Check::ArtifactMalformed, "nvs_keys", text));
            }
        }
        if let (Some(why), None, Some(store)) = (self.wrong_keys, own_keys.as_ref().or(keys), self.file(self.nvs))
            && Legibility::of(&store.bytes) == Legibility::Encrypted
        {
            findings.push(Finding::of(Check::ArtifactMalformed, "nvs_keys", why));
        }
        // If keys were given separately, the partition may be unreadable only because of flash encryption.
        if let (Some((partition, why)), None) = (&self.damaged_keys, own_keys.as_ref().or(keys)) {
            let text = format!("the checksum of the keys partition is wrong: {why}");
            findings.push(Finding::of(Check::ArtifactMalformed, partition, text));
        }
        let mut artifacts = Artifacts::new()
            .with_expected(expected)
            .with_known_keys(known)
            .with_name(&self.name);
        if let Some(file) = self.file(self.nvs) {
            artifacts = artifacts.with_nvs(&file.bytes);
        }
        if let Some(keys) = own_keys.as_ref().or(keys) {
            artifacts = artifacts.with_nvs_keys(keys);
        }
        if let Some(file) = self.file(self.secure_cert) {
            artifacts = artifacts.with_secure_cert(&file.bytes);
        }
        if let Some(size) = self.secure_cert_size {
            artifacts = artifacts.with_secure_cert_size(size);
        }
        if let Some(attested) = attested {
            artifacts = artifacts.with_attested(attested);
        }
        if let Some(picture) = &picture {
            artifacts = artifacts.with_picture(picture);
        }
        if let Some(qr) = &codes.qr {
            artifacts = artifacts.with_qr(qr);
        }
        if let Some(manual) = &codes.manual {
            artifacts = artifacts.with_manual(manual);
        }
        if let (Some(discriminator), Some(passcode)) = (&codes.discriminator, &codes.passcode) {
            artifacts = artifacts.with_numbers(discriminator, passcode);
        }
        let [key_files, mut files] = self.other_files();
        let merged = self.flash_beside_images();
        if let Some((name, rest)) = &merged {
            files.retain(|(other, _)| other != name);
            files.push((name, rest));
        }
        let flash = self.flash.iter().map(|(name, bytes)| (*name, bytes.as_slice()));
        let flash = flash.collect::<Vec<_>>();
        artifacts = artifacts
            .with_key_files(&key_files)
            .with_files(&files)
            .with_flash(&flash);
        if let Some(file) = self
            .files
            .iter()
            .find(|file| file.name == InternalFile::EfuseKey.path())
        {
            artifacts = artifacts.with_efuse_key(&file.name, &file.bytes);
        }
        let mut report = audit(&artifacts);
        findings.into_iter().for_each(|finding| report.push(finding));
        self.check_surroundings(&mut report);
        report
    }

    /// Returns the image of the whole flash without the images that are examined separately: the rest must not contain
    /// the DAC's key.
    fn flash_beside_images(&self) -> Option<(&str, Zeroizing<Vec<u8>>)> {
        let is_flash = |file: &&DeviceFile| FolderFile::of_name(&file.name) == Some(FolderFile::Flash);
        let flash = self.files.iter().find(is_flash)?;
        let mut rest = flash.bytes.clone();
        for image in [self.nvs, self.secure_cert]
            .into_iter()
            .filter_map(|index| self.file(index))
        {
            if let Some(found) = place_of(&image.bytes, &rest).and_then(|place| rest.get_mut(place)) {
                found.fill(0xFF);
            }
        }
        Some((&flash.name, rest))
    }

    /// Returns the files beside the images: those that may contain the DAC's key, and those that must not.
    fn other_files(&self) -> [Vec<(&str, &[u8])>; 2] {
        let images = [self.nvs, self.secure_cert];
        let files = self.files.iter().enumerate();
        let others =
            files.filter(|(index, file)| !images.contains(&Some(*index)) && file.name != InternalFile::EfuseKey.path());
        let others = others.map(|(_, file)| (file.name.as_str(), file.bytes.as_slice()));
        let (key_files, files) = others.partition(|(name, _)| KEY_FILES.iter().any(|file| file.path() == *name));
        [key_files, files]
    }
}

#[cfg(feature = "pictures")]
fn show(file: &DeviceFile, findings: &mut Vec<Finding>) -> Option<Zeroizing<String>> {
    let shown = crate::picture::read(&file.bytes);
    shown
        .map_err(|reason| findings.push(Finding::of(Check::LabelPicture, &file.name, reason)))
        .ok()
}

#[cfg(not(feature = "pictures"))]
fn show(_: &DeviceFile, _: &mut Vec<Finding>) -> Option<Zeroizing<String>> {
    None
}
