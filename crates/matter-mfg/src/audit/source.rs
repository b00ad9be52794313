//! What is given to the audit: folders of devices, and files one by one, of which several may be of one device.

use std::path::{Path, PathBuf};

use esp_nvs_image::NvsKeys;
use matter_attestation::Part;

use super::FlashDump;
use super::codes::Codes;
use super::files::is_uuid;

/// A kind of file of which a device has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Nvs,
    NvsKeys,
    SecureCert,
    Codes,
    Picture,
}

/// The suffixes by which our folders and the reference tool's name what is in them. Keys end like an image.
const SUFFIXES: [(&str, Kind); 5] = [
    ("-keys-partition.bin", Kind::NvsKeys),
    ("-partition.bin", Kind::Nvs),
    ("_esp_secure_cert.bin", Kind::SecureCert),
    ("-onb_codes.csv", Kind::Codes),
    ("-qrcode.png", Kind::Picture),
];

impl Kind {
    /// Tells what a file is by its name.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        SUFFIXES
            .iter()
            .find(|(suffix, _)| name.ends_with(suffix))
            .map(|(_, kind)| *kind)
    }

    /// Tells what a file of any name is by what is in it; `None` for what is not audited alone.
    pub(super) fn of_content(name: &str, bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(b"\x89PNG") {
            Some(Self::Picture)
        } else if NvsKeys::decode(bytes).is_ok() {
            Some(Self::NvsKeys)
        } else if esp_secure_cert::Image::new(bytes).records().next().is_some() || name.contains("secure_cert") {
            Some(Self::SecureCert)
        } else if name.ends_with(".csv") || Codes::lines(bytes).is_some() {
            Some(Self::Codes)
        } else if Part::read(bytes).is_ok() || bytes.starts_with(b"-----BEGIN ") {
            None
        } else if name.ends_with(".bin") || bytes.len().is_multiple_of(0x1000) {
            Some(Self::Nvs)
        } else {
            None
        }
    }
}

/// One device, before anything of it is read.
#[derive(Debug)]
pub(super) enum Source {
    Folder(PathBuf),
    Files(Group),
}

/// Files that are of one device.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) dump: Option<FlashDump>,
    pub(super) uuid: Option<String>,
    pub(super) files: Vec<(PathBuf, Option<Kind>)>,
}

impl Group {
    /// Tells whether a file can be of the device: of no other name, and no second one of its kind.
    fn takes(&self, uuid: Option<&str>, kind: Option<Kind>) -> bool {
        let is_image = |kind| matches!(kind, Kind::Nvs | Kind::NvsKeys | Kind::SecureCert);
        let has = |kind| self.files.iter().any(|(_, own)| *own == Some(kind)) || self.dump.is_some() && is_image(kind);
        match (self.uuid.as_deref(), uuid) {
            (Some(own), Some(uuid)) => own == uuid,
            _ => !kind.is_some_and(has),
        }
    }
}

/// Adds a file. It is of the device whose UUID its name begins with or its folder has; otherwise of the device of the
/// file before it, unless that has one of its kind.
pub(super) fn add_file(sources: &mut Vec<Source>, path: &Path, kind: Option<Kind>) {
    let uuid = uuid_of(path);
    let groups = sources.iter_mut().filter_map(|source| match source {
        Source::Files(group) => Some(group),
        Source::Folder(_) => None,
    });
    let mut groups = groups.collect::<Vec<_>>();
    let same = groups
        .iter()
        .position(|group| uuid.is_some() && group.uuid == uuid)
        .or_else(|| groups.len().checked_sub(1));
    let taking = same
        .and_then(|index| groups.get_mut(index))
        .filter(|group| group.takes(uuid.as_deref(), kind));
    let file = (path.to_owned(), kind);
    if let Some(group) = taking {
        group.files.push(file);
        group.uuid = group.uuid.take().or(uuid);
    } else {
        sources.push(Source::Files(Group {
            dump: None,
            uuid,
            files: vec![file],
        }));
    }
}

/// The UUID with which a file's name begins, or that its folder is called.
fn uuid_of(path: &Path) -> Option<String> {
    let name = |path: &Path| Some(path.file_name()?.to_str()?.to_ascii_lowercase());
    let own = name(path).and_then(|name| name.get(..36).map(str::to_owned));
    let folder = path.parent().and_then(name);
    own.filter(|name| is_uuid(name)).or(folder.filter(|name| is_uuid(name)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    const A: &str = "063b8835-9d21-4509-8019-b75c665fd089";
    const B: &str = "163b8835-9d21-4509-8019-b75c665fd089";

    fn groups(files: &[(&str, Kind)]) -> Vec<usize> {
        let mut sources = Vec::new();
        for (name, kind) in files {
            add_file(&mut sources, Path::new(name), Some(*kind));
        }
        let len = |source: &Source| match source {
            Source::Files(group) => group.files.len(),
            Source::Folder(_) => 0,
        };
        sources.iter().map(len).collect()
    }

    #[test]
    fn files_are_of_one_device_until_a_kind_comes_again() {
        use Kind::{Codes, Nvs, Picture, SecureCert};
        let all = [("n", Nvs), ("s", SecureCert), ("c", Codes), ("p", Picture)];
        assert_eq!(groups(&all), [4]);
        assert_eq!(groups(&[("a", Nvs), ("b", Codes), ("c", Nvs), ("d", Codes)]), [2, 2]);
        assert_eq!(groups(&[("a", Nvs), ("b", Nvs)]), [1, 1]);
    }

    #[test]
    fn a_uuid_decides() {
        use Kind::{Codes, Nvs, Picture};
        let name = |uuid: &str, end: &str| format!("{uuid}{end}");
        let [an, bn] = [A, B].map(|uuid| name(uuid, "-partition.bin"));
        let [ac, bc] = [A, B].map(|uuid| name(uuid, "-onb_codes.csv"));
        assert_eq!(groups(&[(&an, Nvs), (&bn, Nvs), (&ac, Codes), (&bc, Codes)]), [2, 2]);
        assert_eq!(groups(&[(&an, Nvs), (&bc, Codes)]), [1, 1]);
        assert_eq!(groups(&[("image", Nvs), (&ac, Codes), ("label", Picture)]), [3]);
        // Two of one kind under one name are one device's, which is a finding.
        assert_eq!(groups(&[(&an, Nvs), (&an, Nvs)]), [2]);
        let inside = format!("out/{A}/label.txt");
        assert_eq!(groups(&[(&an, Nvs), (&bn, Nvs), (&inside, Codes)]), [2, 1]);
    }

    #[test]
    fn what_is_in_a_file_tells_what_it_is() {
        let of = |bytes: &[u8]| Kind::of_content("file", bytes);
        assert_eq!(of(b"\x89PNG\r\n"), Some(Kind::Picture));
        assert_eq!(of(b"MT:Y.K9042C00KA0648G00"), Some(Kind::Codes));
        assert_eq!(of(b"34970112332\n"), Some(Kind::Codes));
        assert_eq!(of(&[0xFF; 0x1000]), Some(Kind::Nvs));
        assert_eq!(of(b"-----BEGIN CERTIFICATE-----"), None);
        assert_eq!(of(b"{}"), None);
        assert_eq!(Kind::of_content("cut.bin", b"{}"), Some(Kind::Nvs));
        assert_eq!(Kind::of_content("codes.csv", b"qrcode"), Some(Kind::Codes));
    }
}
