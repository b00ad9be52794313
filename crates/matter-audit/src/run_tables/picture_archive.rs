//! The archive of all pictures.

use std::fs::File;
use std::io::Read;

use matter_factory_data::FolderFile;
use zeroize::Zeroizing;
use zip::ZipArchive;

use super::{RunTable, TableComparison};
use crate::device_files::is_uuid;

/// Maximum size of a QR code picture.
const MAX_PICTURE: u64 = 1 << 20;

impl TableComparison<'_> {
    /// Compares each picture with the one in the device's folder.
    pub(super) fn read_pictures(&mut self, table: &RunTable) -> Result<(), String> {
        let file = File::open(&table.path).map_err(|error| error.to_string())?;
        let mut archive = ZipArchive::new(file).map_err(|error| error.to_string())?;
        for number in 0..archive.len() {
            let wrong = |reason: &dyn std::fmt::Display| format!("entry {}: {reason}", number + 1);
            let mut entry = archive.by_index(number).map_err(|error| wrong(&error))?;
            let name = entry.name().map_err(|error| wrong(&error))?;
            let uuid = name
                .strip_suffix(FolderFile::QrPicture.suffix())
                .filter(|name| is_uuid(name));
            let Some(uuid) = uuid.map(str::to_ascii_lowercase) else {
                return Err(wrong(&"it is not the picture of a device"));
            };
            let Some(device) = self.facts.named(&uuid) else {
                self.missing(table, &uuid);
                continue;
            };
            let mut png = Zeroizing::new(Vec::new());
            let read = Read::by_ref(&mut entry).take(MAX_PICTURE).read_to_end(&mut png);
            read.map_err(|error| wrong(&error))?;
            self.list(table, device);
            if self.facts.has_picture(device, &png) != Some(true) {
                self.differs(table, device, "the picture");
            }
        }
        Ok(())
    }
}
