//! Data that only the folders of the devices contain: their codes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use cli::{Failure, read_input, say};
use factory_fs::Table;
use matter_ledger::{Ledger, LedgerPlace};
use zeroize::Zeroizing;

use super::model::{Codes, OrderReport};
use crate::places::Places;

/// Parts of the flash that are equal on all devices, or reveal nothing about a passcode.
const SHARED: [&str; 4] = ["bootloader", "bootloader digest", "gap", "partition table"];

/// Finds the folders of devices.
pub(crate) struct Folders(Vec<Places>);

impl Folders {
    /// Searches the given folder, or the folders of the runs in the ledger.
    ///
    /// # Errors
    ///
    /// [`Failure::Input`] if the ledger cannot be read.
    pub(crate) fn new(given: Option<&PathBuf>, place: &LedgerPlace) -> Result<Self, Failure> {
        if let Some(given) = given {
            return Ok(Self(vec![Places::below(given)]));
        }
        let listing = Ledger::list(place).map_err(|error| Failure::Input(error.to_string()))?;
        let folders = listing
            .devices
            .into_iter()
            .map(|device| device.folder)
            .collect::<BTreeSet<_>>();
        Ok(Self(folders.iter().map(|folder| Places::below(folder)).collect()))
    }

    fn of(&self, uuid: &str) -> Option<&Path> {
        self.0.iter().find_map(|places| places.of(uuid))
    }

    /// Adds the codes. Missing folders leave cells empty, and are counted.
    pub(crate) fn add_codes(&self, report: &mut OrderReport) {
        let mut missing = 0usize;
        for row in &mut report.rows {
            row.codes = self.of(&row.uuid).and_then(|folder| codes(folder, &row.uuid));
            missing = missing.saturating_add(usize::from(row.codes.is_none()));
        }
        if missing > 0 {
            say(format_args!(
                "note: the codes of {} are not in the manifest: their folders were not found; give another folder with --devices",
                cli::counted(missing, "device")
            ));
        }
    }
}

/// Removes the digests that would reveal the passcode: of parts that are unique to the device and unencrypted.
pub(crate) fn hide_passcodes(report: &mut OrderReport) {
    for image in report.rows.iter_mut().flat_map(|row| &mut row.images) {
        if !SHARED.contains(&image.source.as_str()) && !image.encrypted {
            (image.md5, image.sha256) = (None, None);
        }
    }
}

/// Reads the table of codes beside the images.
fn codes(folder: &Path, uuid: &str) -> Option<Codes> {
    let path = folder.join(format!("{uuid}-onb_codes.csv"));
    let table = Table::parse(&path, &read_input(&path).ok()?).ok()?;
    let (header, rows) = table.rows().split_first()?;
    let row = rows.first()?;
    let cell = |name: &str| {
        let place = header.cells().position(|cell| cell == name)?;
        row.get(place).map(|text| Zeroizing::new(text.to_owned()))
    };
    Some(Codes {
        qr: cell("qrcode")?,
        manual: cell("manualcode")?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::model::Image;
    use super::super::sample::order;
    use super::*;

    #[test]
    fn digests_that_reveal_a_passcode_are_hidden() {
        let mut order = order();
        let image = |encrypted, source: &str| Image {
            offset: 0,
            length: 0x1000,
            source: source.into(),
            encrypted,
            md5: Some("00".into()),
            sha256: Some("11".into()),
        };
        order.rows[0].images = vec![
            image(false, "bootloader"),
            image(false, "fctry"),
            image(true, "esp_secure_cert"),
        ];
        hide_passcodes(&mut order);
        let images = order.rows[0].images.iter();
        let shown = images.map(|image| (image.md5.is_some(), image.sha256.is_some()));
        assert_eq!(shown.collect::<Vec<_>>(), [(true, true), (false, false), (true, true)]);
    }

    #[test]
    fn codes_are_those_of_the_folder() {
        const UUID: &str = "00000000-0000-4000-8000-000000000009";
        let top = tempfile::tempdir().unwrap();
        let text = "qrcode,manualcode,discriminator,passcode\nMT:Y.K9042C00KA0648G00,3497-011-2332,3840,20202021\n";
        std::fs::create_dir(top.path().join(UUID)).unwrap();
        std::fs::write(top.path().join(UUID).join(format!("{UUID}-onb_codes.csv")), text).unwrap();
        let folders = Folders(vec![Places::below(top.path())]);
        let mut order = order();
        order.rows[0].uuid = UUID.into();
        folders.add_codes(&mut order);
        let codes = order.rows[0].codes.as_ref().unwrap();
        assert_eq!(
            (codes.qr.as_str(), codes.manual.as_str()),
            ("MT:Y.K9042C00KA0648G00", "3497-011-2332")
        );
        assert!(order.rows[1].codes.is_none());
    }
}
