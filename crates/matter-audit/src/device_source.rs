//! The inputs of the audit: folders of devices, and individual files, of which several may belong to one device.

use std::path::{Path, PathBuf};

use esp_nvs_image::NvsKeys;
use matter_attestation::Part;
use matter_factory_data::FolderFile;
use zeroize::Zeroizing;

use crate::FlashDump;
use crate::audit_input::read;
use crate::device_files::is_uuid;
use crate::label_codes::LabelCodes;
use crate::{AuditInput, Error};

/// A kind of file of which a device has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileKind {
    Nvs,
    NvsKeys,
    SecureCert,
    /// A table or a text with both codes.
    Codes,
    /// A text with only the code of the QR picture.
    Qr,
    /// A text with only the manual code.
    Manual,
    Picture,
}

impl FileKind {
    /// Returns the kind of a file by its name.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        Some(match FolderFile::of_name(name)? {
            FolderFile::Nvs => Self::Nvs,
            FolderFile::NvsKeys => Self::NvsKeys,
            FolderFile::OnboardingCodes => Self::Codes,
            FolderFile::QrPicture => Self::Picture,
            FolderFile::SecureCert => Self::SecureCert,
            _ => return None,
        })
    }

    /// Returns the kind of a file by its content; `None` for files that are not audited individually.
    pub(crate) fn of_content(name: &str, bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(b"\x89PNG") {
            Some(Self::Picture)
        } else if NvsKeys::decode(bytes).is_ok() {
            Some(Self::NvsKeys)
        } else if esp_secure_cert::Image::new(bytes).records().next().is_some() || name.contains("secure_cert") {
            Some(Self::SecureCert)
        } else if name.ends_with(".csv") {
            Some(Self::Codes)
        } else if let Some(codes) = LabelCodes::lines(bytes) {
            Some(match (codes.qr, codes.manual) {
                (Some(_), None) => Self::Qr,
                (None, Some(_)) => Self::Manual,
                _ => Self::Codes,
            })
        } else if Part::read(bytes).is_ok() || bytes.starts_with(b"-----BEGIN ") {
            None
        } else if name.ends_with(".bin") || !bytes.is_empty() && bytes.len().is_multiple_of(0x1000) {
            Some(Self::Nvs)
        } else {
            None
        }
    }

    /// Returns whether it is the label or a part of it.
    pub(crate) const fn is_label(self) -> bool {
        matches!(self, Self::Codes | Self::Qr | Self::Manual | Self::Picture)
    }

    /// Returns whether a device that has one kind cannot have the other.
    fn excludes(self, other: Self) -> bool {
        let both = [self, other];
        self == other || both.contains(&Self::Codes) && (both.contains(&Self::Qr) || both.contains(&Self::Manual))
    }
}

/// One device before it is examined.
#[derive(Default)]
pub(crate) struct DeviceSource {
    pub(crate) folder: Option<PathBuf>,
    /// Whether its folder is in a folder of devices and was not given itself.
    pub(crate) in_output: bool,
    pub(crate) dump: Option<FlashDump>,
    /// The name of its folder, or the common prefix of its file names, in lower case.
    pub(crate) uuid: Option<String>,
    pub(crate) files: Vec<SingleFile>,
}

/// A file that was given individually.
pub(crate) struct SingleFile {
    pub(crate) path: PathBuf,
    pub(crate) kind: Option<FileKind>,
    /// Its contents, if its name does not determine its kind, or if it is a pipe, which can be read only once.
    pub(crate) bytes: Option<Zeroizing<Vec<u8>>>,
}

impl SingleFile {
    pub(crate) fn new(path: &Path) -> Result<Self, Error> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let mut file = Self {
            path: path.into(),
            kind: FileKind::of_name(&name),
            bytes: None,
        };
        if file.kind.is_none() || !path.is_file() {
            let bytes = read(AuditInput::Path, path)?;
            file.kind = file.kind.or_else(|| FileKind::of_content(&name, &bytes));
            file.bytes = Some(bytes);
        }
        Ok(file)
    }
}

impl DeviceSource {
    /// Returns the source for a device's folder, which may be in a folder of devices.
    pub(crate) fn folder(path: PathBuf, in_output: bool) -> Self {
        let uuid = lower_name(&path).filter(|name| is_uuid(name));
        Self {
            folder: Some(path),
            in_output,
            uuid,
            ..Self::default()
        }
    }

    /// Returns the name of the device before it is examined.
    pub(crate) fn name(&self) -> String {
        let first = self.files.first().map(|file| &file.path);
        let path = self.folder.as_ref().or(first);
        let path = path.map(|path| path.display().to_string());
        self.uuid.clone().or(path).unwrap_or_default()
    }

    /// Returns whether a file that names no device can belong to this one, which was given before it: a label for the
    /// device of a folder, otherwise a kind that it lacks.
    fn takes(&self, file: &SingleFile) -> bool {
        let Some(kind) = file.kind else {
            return self.folder.is_none();
        };
        let has = |file: &SingleFile| file.kind.is_some_and(|own| own.excludes(kind));
        let is_image = matches!(kind, FileKind::Nvs | FileKind::SecureCert);
        if self.folder.is_some() {
            !self.in_output && kind.is_label() && !self.files.iter().any(has)
        } else {
            !(self.dump.is_some() && is_image || self.files.iter().any(has))
        }
    }
}

/// Adds a file. It belongs to the device with the UUID at the start of its name or of its folder; otherwise to the
/// device given before it, unless that already has a file of its kind.
pub(crate) fn add_file(sources: &mut Vec<DeviceSource>, file: SingleFile) {
    let uuid = uuid_of(&file.path);
    let named = sources.iter().position(|source| uuid.is_some() && source.uuid == uuid);
    let last = sources.len().checked_sub(1);
    let fits = |source: &DeviceSource| source.takes(&file) && (uuid.is_none() || source.uuid.is_none());
    let place = named.or_else(|| last.filter(|last| sources.get(*last).is_some_and(fits)));
    match place.and_then(|index| sources.get_mut(index)) {
        Some(source) => {
            source.files.push(file);
            source.uuid = source.uuid.take().or(uuid);
        }
        None => sources.push(DeviceSource {
            uuid,
            files: vec![file],
            ..DeviceSource::default()
        }),
    }
}

fn lower_name(path: &Path) -> Option<String> {
    Some(path.file_name()?.to_str()?.to_ascii_lowercase())
}

/// Returns the UUID with which a file's name begins, or the one of its folder.
fn uuid_of(path: &Path) -> Option<String> {
    let own = lower_name(path).and_then(|name| name.get(..36).map(str::to_owned));
    let folder = path.parent().and_then(lower_name);
    own.filter(|name| is_uuid(name)).or(folder.filter(|name| is_uuid(name)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    const A: &str = "063b8835-9d21-4509-8019-b75c665fd089";
    const B: &str = "163b8835-9d21-4509-8019-b75c665fd089";

    fn groups(files: &[(&str, FileKind)]) -> Vec<usize> {
        let mut sources = Vec::new();
        for (name, kind) in files {
            let file = SingleFile {
                path: name.into(),
                kind: Some(*kind),
                bytes: None,
            };
            add_file(&mut sources, file);
        }
        sources.iter().map(|source| source.files.len()).collect()
    }

    #[test]
    fn files_are_of_one_device_until_a_kind_comes_again() {
        use FileKind::{Codes, Manual, Nvs, Picture, Qr, SecureCert};
        let all = [("n", Nvs), ("s", SecureCert), ("c", Codes), ("p", Picture)];
        assert_eq!(groups(&all), [4]);
        assert_eq!(groups(&[("a", Nvs), ("b", Codes), ("c", Nvs), ("d", Codes)]), [2, 2]);
        assert_eq!(groups(&[("a", Nvs), ("b", Nvs)]), [1, 1]);
        assert_eq!(groups(&[("q", Qr), ("m", Manual), ("n", Nvs)]), [3]);
        assert_eq!(groups(&[("q", Qr), ("c", Codes)]), [1, 1]);
        assert_eq!(groups(&[("m", Manual), ("q", Qr), ("n", Manual)]), [2, 1]);
    }

    #[test]
    fn a_uuid_decides() {
        use FileKind::{Codes, Nvs, Picture};
        let name = |uuid: &str, end: &str| format!("{uuid}{end}");
        let [an, bn] = [A, B].map(|uuid| name(uuid, "-partition.bin"));
        let [ac, bc] = [A, B].map(|uuid| name(uuid, "-onb_codes.csv"));
        assert_eq!(groups(&[(&an, Nvs), (&bn, Nvs), (&ac, Codes), (&bc, Codes)]), [2, 2]);
        assert_eq!(groups(&[(&an, Nvs), (&bc, Codes)]), [1, 1]);
        assert_eq!(groups(&[("image", Nvs), (&ac, Codes), ("label", Picture)]), [3]);
        // Two files of one kind under one name belong to one device, which is a finding.
        assert_eq!(groups(&[(&an, Nvs), (&an, Nvs)]), [2]);
        let inside = format!("out/{A}/label.txt");
        assert_eq!(groups(&[(&an, Nvs), (&bn, Nvs), (&inside, Codes)]), [2, 1]);
    }

    #[test]
    fn labels_follow_a_folder() {
        let mut sources = vec![DeviceSource::folder(format!("out/{A}").into(), false)];
        let add = |sources: &mut Vec<DeviceSource>, name: &str, kind| {
            let file = SingleFile {
                path: name.into(),
                kind: Some(kind),
                bytes: None,
            };
            add_file(sources, file);
        };
        for (name, kind) in [
            ("scan", FileKind::Qr),
            ("photo", FileKind::Picture),
            ("image", FileKind::Nvs),
        ] {
            add(&mut sources, name, kind);
        }
        let sizes = |sources: &[DeviceSource]| sources.iter().map(|source| source.files.len()).collect::<Vec<_>>();
        assert_eq!(sizes(&sources), [2, 1]);
        // After several devices the name decides, not the order.
        let mut sources = [A, B].map(|uuid| DeviceSource::folder(format!("out/{uuid}").into(), true));
        let mut sources = sources.iter_mut().map(std::mem::take).collect::<Vec<_>>();
        add(&mut sources, "scan", FileKind::Qr);
        add(&mut sources, &format!("{A}-onb_codes.csv"), FileKind::Codes);
        assert_eq!(sizes(&sources), [1, 0, 1]);
    }

    #[test]
    fn files_are_recognized_by_content() {
        let of = |bytes: &[u8]| FileKind::of_content("file", bytes);
        assert_eq!(of(b"\x89PNG\r\n"), Some(FileKind::Picture));
        assert_eq!(of(b"MT:Y.K9042C00KA0648G00"), Some(FileKind::Qr));
        assert_eq!(of(b"34970112332\n"), Some(FileKind::Manual));
        assert_eq!(of(b"34970112332\nMT:Y.K9042C00KA0648G00"), Some(FileKind::Codes));
        assert_eq!(of(b""), None);
        assert_eq!(of(&[0xFF; 0x1000]), Some(FileKind::Nvs));
        assert_eq!(of(b"-----BEGIN CERTIFICATE-----"), None);
        assert_eq!(of(b"{}"), None);
        assert_eq!(FileKind::of_content("cut.bin", b"{}"), Some(FileKind::Nvs));
        assert_eq!(FileKind::of_content("codes.csv", b"qrcode"), Some(FileKind::Codes));
    }
}
