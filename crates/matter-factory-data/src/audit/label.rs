//! Checks that the codes of the label are readable, consistent, and match the device.

use alloc::vec::Vec;

use matter_setup_payload::{CommissioningFlow, DataValue, ManualPayload, SetupPayload};
use matter_types::{Discriminator, Passcode, ProductId, VendorId};

use super::artifacts::Label;
use super::{Check, Expected, Finding};
use crate::reader::Facts;

/// The content of a label.
pub(super) struct Printed {
    pub(super) passcode: Option<Passcode>,
    pub(super) product: Option<(VendorId, ProductId)>,
}

/// Checks the label and returns its content.
pub(super) fn check(label: &Label<'_>, facts: &Facts, expected: &Expected<'_>, findings: &mut Vec<Finding>) -> Printed {
    let qr = read::<SetupPayload, _>(label.qr, "qr", findings);
    let manual = read::<ManualPayload, _>(label.manual, "manual", findings);
    if let Some(picture) = label.picture
        && label.qr.is_some_and(|text| text != picture)
    {
        let detail = format_args!("it differs from the text of the code");
        findings.push(Finding::of(Check::LabelPicture, "qr picture", detail));
    }
    // Without a QR text, decode the picture as the code.
    let picture = label.picture.filter(|_| label.qr.is_none());
    let qr = qr.or_else(|| read::<SetupPayload, _>(picture, "qr picture", findings));
    if let Some(qr) = &qr {
        check_qr(qr, facts, expected, findings);
    }
    if let Some(manual) = &manual {
        check_manual(manual, facts, expected, findings);
    }
    if let (Some(qr), Some(manual)) = (&qr, &manual) {
        compare(qr, manual, findings);
    }
    let label = &Label {
        // The firmware generates the passcode.
        passcode: label
            .passcode
            .filter(|text| !(expected.dynamic_passcode && text.is_empty())),
        ..*label
    };
    numbers(label, qr.as_ref(), manual.as_ref(), facts, findings);
    let printed = || Passcode::new(decimal(label.passcode?)?).ok();
    let typed = || manual.as_ref().map(|manual| manual.passcode().clone());
    let passcode = qr.as_ref().map(|qr| qr.passcode().clone());
    let ids = manual.as_ref().and_then(ManualPayload::ids);
    let product = qr.as_ref().and_then(|qr| qr.vendor_id().zip(qr.product_id()));
    Printed {
        passcode: passcode.or_else(typed).or_else(printed),
        product: product.or_else(|| ids.and_then(|ids| ids.vendor_id.zip(ids.product_id))),
    }
}

fn read<T: core::str::FromStr<Err = E>, E: core::fmt::Display>(
    text: Option<&str>,
    object: &str,
    findings: &mut Vec<Finding>,
) -> Option<T> {
    match text?.parse() {
        Ok(payload) => Some(payload),
        Err(error) => {
            findings.push(Finding::of(Check::LabelMalformed, object, format_args!("{error}")));
            None
        }
    }
}

fn check_qr(qr: &SetupPayload, facts: &Facts, expected: &Expected<'_>, findings: &mut Vec<Finding>) {
    let mut differs = |check, found: u16, stored: u16| {
        if found != stored {
            findings.push(Finding::of(
                check,
                "qr",
                format_args!("{found:#06X}, not {stored:#06X}"),
            ));
        }
    };
    if let Some(stored) = facts.discriminator.map(Discriminator::get) {
        differs(Check::LabelDiscriminator, qr.discriminator().get(), stored);
    }
    if let (Some(found), Some(stored)) = (qr.vendor_id(), facts.vendor_id) {
        differs(Check::LabelVendor, found.get(), stored.get());
    }
    if let (Some(found), Some(stored)) = (qr.product_id(), facts.product_id) {
        differs(Check::LabelProduct, found.get(), stored.get());
    }
    if let Some(flow) = expected.flow
        && flow != qr.flow()
    {
        let detail = format_args!("{}, not {}", qr.flow().get(), flow.get());
        findings.push(Finding::of(Check::LabelFlow, "qr", detail));
    }
    if let (Some(DataValue::Utf8(printed)), Some(stored)) = (qr.data().serial_number(), &facts.product.serial_number)
        && printed != stored.as_str()
    {
        findings.push(Finding::of(Check::LabelSerial, "qr", ""));
    }
}

fn check_manual(manual: &ManualPayload, facts: &Facts, expected: &Expected<'_>, findings: &mut Vec<Finding>) {
    let mut differs = |check, found: u16, stored: u16| {
        if found != stored {
            findings.push(Finding::of(
                check,
                "manual",
                format_args!("{found:#06X}, not {stored:#06X}"),
            ));
        }
    };
    if let Some(stored) = facts.discriminator.map(Discriminator::get) {
        // The upper four of twelve bits.
        differs(
            Check::LabelDiscriminator,
            manual.short_discriminator().get().into(),
            stored >> 8,
        );
    }
    if let Some(ids) = manual.ids() {
        if let (Some(found), Some(stored)) = (ids.vendor_id, facts.vendor_id) {
            differs(Check::LabelVendor, found.get(), stored.get());
        }
        if let (Some(found), Some(stored)) = (ids.product_id, facts.product_id) {
            differs(Check::LabelProduct, found.get(), stored.get());
        }
    }
    if let Some(flow) = expected.flow
        && (flow == CommissioningFlow::Standard) == manual.ids().is_some()
    {
        let digits = if manual.ids().is_some() { 21 } else { 11 };
        let detail = format_args!("{digits} digits for flow {}", flow.get());
        findings.push(Finding::of(Check::LabelFlow, "manual", detail));
    }
}

/// Compares the two codes of a label.
fn compare(qr: &SetupPayload, manual: &ManualPayload, findings: &mut Vec<Finding>) {
    let mut differ = |same: bool, check, what: &str| {
        if !same {
            let detail = format_args!("{what} of QR code and manual code");
            findings.push(Finding::of(check, "label", detail));
        }
    };
    let same = qr.passcode().expose() == manual.passcode().expose();
    differ(same, Check::LabelCodes, "passcodes");
    let same = qr.discriminator().short() == manual.short_discriminator();
    differ(same, Check::LabelCodes, "discriminators");
    let same = (qr.flow() == CommissioningFlow::Standard) == manual.ids().is_none();
    differ(same, Check::LabelFlow, "flows");
    if let Some(ids) = manual.ids() {
        let vendor = ids.vendor_id.is_none() || qr.vendor_id().is_none() || ids.vendor_id == qr.vendor_id();
        differ(vendor, Check::LabelCodes, "vendor ids");
        let product = ids.product_id.is_none() || qr.product_id().is_none() || ids.product_id == qr.product_id();
        differ(product, Check::LabelCodes, "product ids");
    }
}

/// Returns a printed number: digits alone, between spaces at most.
fn decimal(text: &str) -> Option<u32> {
    let digits = text.trim();
    // `parse` accepts a sign.
    let is_number = digits.bytes().all(|digit| digit.is_ascii_digit());
    is_number.then(|| digits.parse().ok()).flatten()
}

/// Compares the numbers printed next to the codes.
fn numbers(
    label: &Label<'_>,
    qr: Option<&SetupPayload>,
    manual: Option<&ManualPayload>,
    facts: &Facts,
    findings: &mut Vec<Finding>,
) {
    if let Some(text) = label.discriminator {
        let printed = decimal(text).and_then(|number| Discriminator::new(u16::try_from(number).ok()?).ok());
        let printed = printed.map(Discriminator::get);
        if printed.is_none() {
            let detail = format_args!("a discriminator is a number in the range 0 to 4095");
            findings.push(Finding::of(Check::LabelMalformed, "discriminator", detail));
        } else if let (Some(printed), Some(stored)) = (printed, facts.discriminator.map(Discriminator::get))
            && printed != stored
        {
            let detail = format_args!("{printed:#06X}, not {stored:#06X}");
            findings.push(Finding::of(Check::LabelDiscriminator, "discriminator", detail));
        }
        if let (Some(printed), Some(qr)) = (printed, qr)
            && printed != qr.discriminator().get()
        {
            let detail = format_args!("the discriminator next to the QR code");
            findings.push(Finding::of(Check::LabelCodes, "discriminator", detail));
        }
    }
    if let Some(text) = label.passcode {
        let printed = decimal(text).filter(|number| Passcode::new(*number).is_ok());
        let coded = qr.map(SetupPayload::passcode).or(manual.map(ManualPayload::passcode));
        if printed.is_none() {
            let detail = format_args!("a passcode is a number in the range 1 to 99999998, except the trivial ones");
            findings.push(Finding::of(Check::LabelMalformed, "passcode", detail));
        } else if coded.is_some_and(|coded| Some(coded.expose()) != printed) {
            let detail = format_args!("the passcode next to the codes");
            findings.push(Finding::of(Check::LabelCodes, "passcode", detail));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printed_numbers_have_digits_alone() {
        assert_eq!(decimal(" 0840\n"), Some(840));
        for text in ["", "+840", "-1", "8 40", "840.", "4294967296"] {
            assert_eq!(decimal(text), None, "{text}");
        }
    }
}
