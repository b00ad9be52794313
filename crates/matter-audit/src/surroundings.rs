//! The surroundings of a device's images: modes, names, and copies of their contents.

use matter_attestation::Certificate;
use matter_factory_data::{Check, DeviceReport, Finding, InternalFile};

use crate::access::OpenFiles;
use crate::device_files::{DeviceFiles, is_uuid};

impl DeviceFiles {
    /// Checks modes, the folder's name, and copies.
    pub(crate) fn check_surroundings(&self, report: &mut DeviceReport) {
        let images = [self.nvs, self.secure_cert];
        let mut open = OpenFiles::default();
        for (name, access) in &self.folders {
            open.add(name, *access, true);
        }
        for file in &self.files {
            open.add(&file.name, file.access, is_secret(&file.name));
        }
        open.findings("files").for_each(|finding| report.push(finding));
        // A single file may be a label; a device has an image.
        if self.is_folder && images == [None, None] && !report.has(Check::ArtifactMissing) {
            report.push(Finding::of(Check::ArtifactMissing, "folder", ""));
        } else if self.is_folder && self.nvs.is_none() && self.secure_cert.is_some() {
            let text = "the vendor and product ids are in NVS, but the folder has no NVS image";
            report.push(Finding::of(Check::ArtifactMissing, "nvs", text));
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
            if !is_own && !file.is_given {
                let text = format!("the folder is {uuid}, but the file is {}", file.name);
                report.push(Finding::of(Check::NameDiffers, "folder", text));
            }
        }
        let name = report.common_name().filter(|name| is_uuid(name));
        if let (Some(uuid), Some(name)) = (&self.uuid, name)
            && !uuid.eq_ignore_ascii_case(name)
        {
            let what = if self.is_folder { "folder" } else { "file name" };
            let text = format!("the {what} is {uuid}, but the DAC's common name is {name}");
            report.push(Finding::of(Check::NameDiffers, what, text));
        }
    }
}

impl DeviceFiles {
    /// Compares certificates and declaration with those of the images.
    fn compare_copies(&self, report: &mut DeviceReport) {
        let decode = |bytes: &[u8]| Certificate::decode(bytes).ok().map(|found| found.as_der().to_vec());
        let public_key = report.public_key().map(|key| *key.as_bytes());
        let copies = [
            (InternalFile::DacDer, report.dac()),
            (InternalFile::DacPem, report.dac()),
            (InternalFile::PaiDer, report.pai()),
            (InternalFile::Declaration, report.declaration()),
            (InternalFile::DacPublicKey, public_key.as_ref().map(|key| &key[..])),
        ];
        let differs = |name: &str, stored: &[u8]| {
            let file = self.files.iter().find(|file| file.name == name);
            // Equal bytes need no decoding.
            file.is_some_and(|file| {
                file.bytes.as_slice() != stored && decode(&file.bytes).is_none_or(|copy| copy != stored)
            })
        };
        let copies = copies.map(|(file, stored)| (file.path(), stored));
        let differ = copies.map(|(name, stored)| stored.filter(|stored| differs(name, stored)).map(|_| name));
        for name in differ.into_iter().flatten() {
            report.push(Finding::of(Check::StorageDisagrees, name, "differs from the image"));
        }
    }
}

/// Certificates and public keys are not secret.
fn is_secret(name: &str) -> bool {
    const PUBLIC: [InternalFile; 5] = [
        InternalFile::DacPem,
        InternalFile::DacDer,
        InternalFile::DacPublicKey,
        InternalFile::PaiDer,
        InternalFile::Declaration,
    ];
    !PUBLIC.iter().any(|file| name.ends_with(file.name()))
}
