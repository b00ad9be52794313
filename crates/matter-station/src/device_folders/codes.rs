//! The label codes, from the table next to a device's images.

use matter_setup_payload::{ManualPayload, SetupPayload};
use zeroize::Zeroizing;

use super::Bytes;
use super::files::Reason;
use super::known::KnownDevice;
use crate::DeviceLabel;

/// Reads the table; compares the codes with each other and with the ledger. Also returns the serial number.
pub(super) fn label(table: &Bytes, known: Option<&KnownDevice>) -> Result<(DeviceLabel, Option<String>), Reason> {
    let text = str::from_utf8(table).map_err(|_| Reason::new("its label table is not UTF-8"))?;
    let mut lines = text.lines();
    let malformed = || Reason::new(format!("its label table is not one row after the header '{HEADER}'"));
    let (Some(HEADER), Some(row), None) = (lines.next(), lines.next(), lines.next()) else {
        return Err(malformed());
    };
    let cells: Vec<_> = row.split(',').collect();
    let [qr, manual, discriminator, passcode] = *cells.as_slice() else {
        return Err(malformed());
    };
    let payload: SetupPayload = qr
        .parse()
        .map_err(|error| Reason::new(format!("the QR code of its label is invalid: {error}")))?;
    let digits: String = manual.chars().filter(char::is_ascii_digit).collect();
    let from_manual: ManualPayload = digits
        .parse()
        .map_err(|error| Reason::new(format!("the manual code of its label is invalid: {error}")))?;
    let number = payload.discriminator().get();
    let is_one_device = discriminator.parse() == Ok(number)
        && passcode.parse() == Ok(payload.passcode().expose())
        && from_manual.passcode().expose() == payload.passcode().expose()
        && from_manual.short_discriminator() == payload.discriminator().short();
    if !is_one_device {
        return Err(Reason::new("the codes of its label do not match each other"));
    }
    let ids = payload.vendor_id().zip(payload.product_id());
    let (vendor, product) = ids.ok_or_else(|| Reason::new("the QR code of its label has no vendor and product IDs"))?;
    let label = DeviceLabel {
        qr: Zeroizing::new(qr.into()),
        manual: Zeroizing::new(manual.into()),
        vendor_id: vendor.get(),
        product_id: product.get(),
        discriminator: number,
    };
    let serial = match known {
        Some(known) => {
            known.check_label(&label)?;
            known.serial.clone()
        }
        None => None,
    };
    Ok((label, serial))
}

const HEADER: &str = "qrcode,manualcode,discriminator,passcode";
