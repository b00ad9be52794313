//! The files of one device, as they lie in its folder.

use std::fs;
use std::path::{Path, PathBuf};

use esp_nvs_image::NvsKeys;
use matter_attestation::Certificate;
use matter_factory_data::{Artifacts, Attested, Check, Expected, Finding, Report, audit};
use zeroize::Zeroizing;

use super::codes::Codes;
use super::source::{Group, Kind, Source};
use super::{FlashDump, finding};
use crate::Error;
use crate::device::EFUSE_KEY;
use crate::inputs::read_limited;

/// What the command line calls the paths that are audited.
pub(super) const PATH: &str = "PATH";

/// A file of a device, with its name in the device's folder.
pub(super) struct DeviceFile {
    pub(super) name: String,
    pub(super) bytes: Zeroizing<Vec<u8>>,
    /// Whether others than the owner may read or change it.
    pub(super) is_open: bool,
}

/// Everything that there is of one device, read and not yet looked into.
#[derive(Default)]
pub(super) struct DeviceFiles {
    pub(super) path: PathBuf,
    pub(super) uuid: Option<String>,
    pub(super) is_folder: bool,
    pub(super) files: Vec<DeviceFile>,
    /// Folders that others than the owner may read or change.
    pub(super) open_folders: Vec<String>,
    pub(super) nvs: Option<usize>,
    pub(super) secure_cert: Option<usize>,
    pub(super) codes: Option<usize>,
    pub(super) picture: Option<usize>,
    pub(super) keys: Option<usize>,
    pub(super) secure_cert_size: Option<esp_secure_cert::PartitionSize>,
    /// What was found while reading.
    pub(super) findings: Vec<Finding>,
}

/// Where the key that goes into an image comes from.
const KEY_FILES: [&str; 3] = [
    "internal/DAC_key.pem",
    "internal/DAC_key.der",
    "internal/DAC_private_key.bin",
];

/// Tells whether a name in a folder makes it that of a device.
pub(super) fn is_of_device(name: &str) -> bool {
    matches!(Kind::of_name(name), Some(Kind::Nvs | Kind::SecureCert | Kind::Codes))
}

/// Tells whether a name is a UUID, as devices' folders have it.
pub(super) fn is_uuid(name: &str) -> bool {
    name.len() == 36 && uuid::Uuid::parse_str(name).is_ok()
}

impl DeviceFiles {
    /// Reads a device's folder, or the files that are all there is of it.
    pub(super) fn read(source: &Source) -> Result<Self, Error> {
        match source {
            Source::Folder(path) => {
                let mut device = Self {
                    path: path.into(),
                    is_folder: true,
                    ..Self::default()
                };
                let name = path.file_name().and_then(|name| name.to_str());
                device.uuid = name.filter(|name| is_uuid(name)).map(Into::into);
                device.read_folder(path, "")?;
                Ok(device)
            }
            Source::Files(group) => Self::read_group(group),
        }
    }

    fn read_group(group: &Group) -> Result<Self, Error> {
        let mut device = group
            .dump
            .as_ref()
            .map_or_else(|| Ok(Self::default()), FlashDump::read)?;
        if let (None, Some((path, _))) = (&group.dump, group.files.first()) {
            device.path.clone_from(path);
        }
        device.uuid.clone_from(&group.uuid);
        for (path, kind) in &group.files {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
            let name = name.unwrap_or_default();
            if kind.is_none() {
                let reason = "neither an image nor codes; certificates, declarations and keys are audited in their \
                              device's folder";
                device.findings.push(finding(Check::ArtifactMalformed, &name, reason));
            }
            device.read_file(path, name, *kind)?;
        }
        Ok(device)
    }

    fn read_folder(&mut self, folder: &Path, prefix: &str) -> Result<(), Error> {
        let wrong = |error| Error::file(PATH, folder, error);
        if is_open(folder) {
            self.open_folders
                .push(if prefix.is_empty() { "./" } else { prefix }.into());
        }
        let mut entries = fs::read_dir(folder)
            .map_err(wrong)?
            .collect::<Result<Vec<_>, _>>()
            .map_err(wrong)?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            // Folders of folders are no tool's.
            if !entry.path().is_dir() {
                let kind = Kind::of_name(&name);
                self.read_file(&entry.path(), name, kind)?;
            } else if prefix.is_empty() {
                self.read_folder(&entry.path(), &format!("{name}/"))?;
            }
        }
        Ok(())
    }

    fn read_file(&mut self, path: &Path, name: String, kind: Option<Kind>) -> Result<(), Error> {
        let bytes = read_limited(path).map_err(|reason| Error::file(PATH, path, reason))?;
        let is_open = is_open(path);
        self.add(kind, DeviceFile { name, bytes, is_open });
        Ok(())
    }

    /// Adds a file, of a kind that the audit looks into or another.
    pub(super) fn add(&mut self, kind: Option<Kind>, file: DeviceFile) {
        let place = kind.map(|kind| match kind {
            Kind::Nvs => &mut self.nvs,
            Kind::NvsKeys => &mut self.keys,
            Kind::SecureCert => &mut self.secure_cert,
            Kind::Codes => &mut self.codes,
            Kind::Picture => &mut self.picture,
        });
        if let Some(place) = place {
            if place.is_some() {
                self.findings.push(finding(Check::ArtifactTwice, &file.name, ""));
            } else {
                *place = Some(self.files.len());
            }
        }
        self.files.push(file);
    }

    fn file(&self, index: Option<usize>) -> Option<&DeviceFile> {
        self.files.get(index?)
    }

    /// The codes of the device's label.
    pub(super) fn codes(&self) -> Codes {
        let file = self.file(self.codes);
        // What is wrong with them was found already.
        let codes = file.and_then(|file| Codes::read(file, &mut Vec::new()));
        codes.unwrap_or_default()
    }

    /// Audits the device. Verifiers are left for later, when there are many.
    pub(super) fn audit(
        &self,
        expected: &Expected<'_>,
        attested: Option<&Attested<'_>>,
        keys: Option<&NvsKeys>,
        pictures: bool,
    ) -> Report {
        let mut findings = self.findings.clone();
        let codes = self.file(self.codes).and_then(|file| Codes::read(file, &mut findings));
        let picture = self
            .file(self.picture)
            .filter(|_| pictures)
            .and_then(|file| show(file, &mut findings));
        let own_keys = self.file(self.keys).and_then(|file| {
            let keys = NvsKeys::decode(&file.bytes);
            keys.map_err(|error| findings.push(finding(Check::ArtifactMalformed, &file.name, error)))
                .ok()
        });
        let mut artifacts = Artifacts::new().with_expected(expected);
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
        if let Some(codes) = &codes {
            if let Some(qr) = &codes.qr {
                artifacts = artifacts.with_qr(qr);
            }
            if let Some(manual) = &codes.manual {
                artifacts = artifacts.with_manual(manual);
            }
            // With a dynamic passcode there is none to print.
            if let (Some(discriminator), Some(passcode)) = (&codes.discriminator, &codes.passcode)
                && !passcode.is_empty()
            {
                artifacts = artifacts.with_numbers(discriminator, passcode);
            }
        }
        let [key_files, files] = self.other_files();
        artifacts = artifacts.with_key_files(&key_files).with_files(&files);
        if let Some(file) = self.files.iter().find(|file| file.name == EFUSE_KEY) {
            artifacts = artifacts.with_efuse_key(&file.name, &file.bytes);
        }
        let mut report = audit(&artifacts);
        findings.into_iter().for_each(|finding| report.push(finding));
        self.check_surroundings(&mut report);
        report
    }

    /// The files beside the images: those that may hold the DAC's key, and those in which there is none.
    fn other_files(&self) -> [Vec<(&str, &[u8])>; 2] {
        let images = [self.nvs, self.secure_cert];
        let files = self.files.iter().enumerate();
        let others = files.filter(|(index, file)| !images.contains(&Some(*index)) && file.name != EFUSE_KEY);
        let others = others.map(|(_, file)| (file.name.as_str(), file.bytes.as_slice()));
        let (key_files, files) = others.partition(|(name, _)| KEY_FILES.contains(name));
        [key_files, files]
    }

    /// What is around the images: modes, the folder's name.
    fn check_surroundings(&self, report: &mut Report) {
        let images = [self.nvs, self.secure_cert];
        let open = self.files.iter().filter(|file| file.is_open && is_secret(&file.name));
        let open = self.open_folders.iter().chain(open.map(|file| &file.name));
        let open = open.map(String::as_str).collect::<Vec<_>>();
        if !open.is_empty() {
            report.push(finding(Check::FileMode, "files", open.join(", ")));
        }
        // One file may be a label alone, a device has an image.
        if self.is_folder && images == [None, None] && !report.has(Check::ArtifactMissing) {
            report.push(finding(Check::ArtifactMissing, "folder", ""));
        } else if self.is_folder && self.nvs.is_none() && self.secure_cert.is_some() {
            let text = "vendor and product are in NVS, of which there is no image beside secure cert";
            report.push(finding(Check::ArtifactMissing, "nvs", text));
        }
        self.compare_copies(report);
        let known = [self.nvs, self.keys, self.secure_cert, self.codes, self.picture];
        for file in known.into_iter().filter(|_| self.is_folder) {
            let Some((uuid, file)) = self.uuid.as_ref().zip(self.file(file)) else {
                continue;
            };
            let is_own = file
                .name
                .get(..uuid.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(uuid));
            if !is_own {
                let text = format!("the folder is {uuid}, the file {}", file.name);
                report.push(finding(Check::ManifestDiffers, "folder", text));
            }
        }
        let name = report.common_name().filter(|name| is_uuid(name));
        if let (Some(uuid), Some(name)) = (&self.uuid, name)
            && !uuid.eq_ignore_ascii_case(name)
        {
            let what = if self.is_folder { "folder" } else { "file name" };
            let text = format!("the {what} is {uuid}, the DAC's common name {name}");
            report.push(finding(Check::ManifestDiffers, what, text));
        }
    }
}

impl DeviceFiles {
    /// Compares certificates and declaration with those of the images.
    fn compare_copies(&self, report: &mut Report) {
        let decode = |bytes: &[u8]| Certificate::decode(bytes).ok().map(|found| found.as_der().to_vec());
        let copies = [
            ("internal/DAC_cert.der", report.dac()),
            ("internal/DAC_cert.pem", report.dac()),
            ("internal/PAI_cert.der", report.pai()),
            ("internal/CD.der", report.declaration()),
        ];
        let differs = |name: &str, stored: &[u8]| {
            let file = self.files.iter().find(|file| file.name == name);
            // What is the same needs no decoding.
            file.is_some_and(|file| {
                file.bytes.as_slice() != stored && decode(&file.bytes).is_none_or(|copy| copy != stored)
            })
        };
        let differ = copies.map(|(name, stored)| stored.filter(|stored| differs(name, stored)).map(|_| name));
        for name in differ.into_iter().flatten() {
            report.push(finding(Check::StorageDisagrees, name, "not what the image holds"));
        }
    }
}

/// Certificates and public keys are no secrets.
fn is_secret(name: &str) -> bool {
    ![
        "DAC_cert.pem",
        "DAC_cert.der",
        "DAC_public_key.bin",
        "PAI_cert.der",
        "CD.der",
    ]
    .iter()
    .any(|end| name.ends_with(end))
}

#[cfg(unix)]
pub(super) fn is_open(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
pub(super) fn is_open(_: &Path) -> bool {
    false
}

#[cfg(feature = "pictures")]
fn show(file: &DeviceFile, findings: &mut Vec<Finding>) -> Option<Zeroizing<String>> {
    let shown = super::picture::read(&file.bytes);
    shown
        .map_err(|reason| findings.push(finding(Check::LabelPicture, &file.name, reason)))
        .ok()
}

#[cfg(not(feature = "pictures"))]
fn show(_: &DeviceFile, _: &mut Vec<Finding>) -> Option<Zeroizing<String>> {
    None
}
