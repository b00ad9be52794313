//! Values that two devices must not share.

use esp_nvs_image::OwnedValue;
use matter_factory_data::Check;
use matter_setup_payload::CommissioningFlow;
use matter_spake2p::Salt;

use crate::device::{DISCRIMINATOR, Device, PRODUCT, VENDOR, salt, verifier, world};
use crate::faults::{reprint, text};

/// Two devices that share only their product.
pub(crate) fn pair() -> (Device, Device) {
    let first = Device::in_nvs();
    let mut second = Device::in_nvs();
    second.put("serial-num", text("SN0002"));
    let other = salt().map(|byte| byte ^ 0xFF);
    second.put("salt", text(Salt::new(&other).unwrap().to_base64().as_str()));
    second.put("verifier", text(verifier(12_341_234, &other).to_base64().as_str()));
    second.put("rd-id-uid", OwnedValue::Blob(other.to_vec()));
    reprint(
        &mut second,
        VENDOR,
        PRODUCT,
        DISCRIMINATOR,
        12_341_234,
        CommissioningFlow::Standard,
    );
    // The certificate of another device: the audit compares it even if it does not match.
    second.put("dac-cert", OwnedValue::Blob(world().pai.as_der().into()));
    (first, second)
}

type Same = fn(&mut Device, &Device);

pub(crate) fn duplicates() -> Vec<(Check, Same)> {
    fn copy(to: &mut Device, from: &Device, name: &str) {
        let value = from
            .entries
            .iter()
            .find(|(_, key, _)| key.as_str() == name)
            .unwrap()
            .2
            .clone();
        to.put(name, value);
    }
    vec![
        (Check::DuplicateSerial, |to, from| copy(to, from, "serial-num")),
        (Check::DuplicateSalt, |to, from| copy(to, from, "salt")),
        (Check::DuplicateVerifier, |to, from| copy(to, from, "verifier")),
        (Check::DuplicateRotatingId, |to, from| copy(to, from, "rd-id-uid")),
        (Check::DuplicateKey, |to, from| copy(to, from, "dac-cert")),
        (Check::DuplicateCertificateSerial, |to, from| copy(to, from, "dac-cert")),
        (Check::DuplicatePasscode, |to, from| to.print(&from.payload)),
    ]
}
