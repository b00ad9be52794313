//! The texts of a run's labels, and the check that they can be drawn.

use matter_factory_data::ProductInformation;
use matter_setup_payload::SetupPayload;
use matter_types::{Discriminator, Passcode};
use zeroize::Zeroizing;

use super::Plan;
use crate::label_sheet::{Page, small_modules};
use crate::{DeviceLabel, Error, Field, LabelFormat};

/// A serial number as long as a drawn one.
const SERIAL: &str = "0123456789abcdef0123456789abcdef";
/// Passcode and discriminator of the SDK's examples.
const EXAMPLE: (u32, u16) = (20_202_021, 3840);

impl Plan {
    /// Refuses labels that cannot be drawn with this job, as far as their texts are known.
    pub(super) fn check_labels(&mut self) -> Result<(), Error> {
        let lists = &self.job.lists;
        let Some(format) = lists.labels else {
            return Ok(());
        };
        let mut smallest = f64::MAX;
        let rows = u32::try_from(self.cells.len()).unwrap_or(u32::MAX).max(1);
        let mut labels = Vec::with_capacity(1);
        for row in 0..rows {
            labels.clear();
            labels.push(self.example_label(row)?);
            let module = format
                .check(&labels, &lists.label_sheet)
                .map_err(|error| Error::field(Field::Labels, error.to_string()))?;
            smallest = smallest.min(module);
        }
        let warning = small_modules(smallest, lists.label_sheet.stock().label);
        self.warnings.extend(warning);
        Ok(())
    }

    /// Returns whether the run writes sheets of labels.
    #[must_use]
    pub const fn has_labels(&self) -> bool {
        self.job.lists.labels.is_some()
    }

    /// Draws the first sheet of labels with outlines, and with the code of the SDK's examples on each label.
    ///
    /// # Errors
    ///
    /// [`Error::Field`] if the labels cannot be drawn in the format.
    pub fn preview_labels(&self, format: LabelFormat) -> Result<Zeroizing<Vec<u8>>, Error> {
        let sheet = &self.job.lists.label_sheet;
        let used = sheet.start().saturating_sub(1);
        let count = (sheet.labels() - used.min(sheet.labels())).min(self.count);
        let labels = (0..count).map(|row| self.example_label(row));
        let labels = labels.collect::<Result<Vec<_>, _>>()?;
        let wrong = |error: crate::LabelError| Error::field(Field::Labels, error.to_string());
        format.check(&labels, sheet).map_err(wrong)?;
        let page = Page::new(sheet, used, &labels).map_err(wrong)?.with_outlines();
        let title = format!("{}, preview with an example's code", self.labels_title());
        Ok(format.draw(&page, &title))
    }

    fn example_label(&self, row: u32) -> Result<DeviceLabel, Error> {
        let job = &self.job;
        let discriminator = Discriminator::new(EXAMPLE.1).map_err(Error::encode)?;
        let passcode = Passcode::new(EXAMPLE.0).map_err(Error::encode)?;
        let payload = SetupPayload::new(job.vendor_id, job.product_id, discriminator, passcode)
            .with_flow(job.flow)
            .with_discovery(job.discovery);
        let serial = self.product(row, |product| product.serial_number.as_ref().map(|text| text.as_str()));
        let label = DeviceLabel::new(&payload).map_err(Error::encode)?;
        Ok(self.named_label(row, label, Some(serial.unwrap_or(SERIAL))))
    }

    /// Adds the names of a device's product and vendor, and its serial number, to its label.
    pub(crate) fn named_label(&self, row: u32, label: DeviceLabel, serial: Option<&str>) -> DeviceLabel {
        let product = self.product(row, |product| product.product_name.as_ref().map(|text| text.as_str()));
        let vendor = self.product(row, |product| product.vendor_name.as_ref().map(|text| text.as_str()));
        let label = product.into_iter().fold(label, DeviceLabel::with_product);
        let label = vendor.into_iter().fold(label, DeviceLabel::with_vendor);
        serial.into_iter().fold(label, DeviceLabel::with_serial)
    }

    /// Returns the title of the label files.
    pub(crate) fn labels_title(&self) -> String {
        let product = &self.job.product;
        let names = [
            product.vendor_name.as_ref().map(|text| text.as_str()),
            product.product_name.as_ref().map(|text| text.as_str()),
        ];
        let names = names.into_iter().flatten().map(|name| format!(" {name}"));
        let (vendor, product) = (self.job.vendor_id.get(), self.job.product_id.get());
        format!(
            "Matter labels{} ({vendor:#06X}/{product:#06X})",
            names.collect::<String>()
        )
    }

    /// Returns a device's value: the one of its row, or the common one.
    fn product<'p>(&'p self, row: u32, value: impl Fn(&'p ProductInformation) -> Option<&'p str>) -> Option<&'p str> {
        let cells = usize::try_from(row).ok().and_then(|row| self.cells.get(row));
        cells
            .and_then(|cells| value(&cells.product))
            .or_else(|| value(&self.job.product))
    }
}
