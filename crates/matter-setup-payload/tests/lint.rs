//! Findings about valid codes. The behaviour of the commissioners was tested with
//! home-assistant-chip-core 2025.7.0 and @matter/types 0.17.9; scripts/interop repeats it.

#![allow(clippy::unwrap_used, reason = "tests")]

use matter_setup_payload::{
    CommissioningFlow, ConcatenatedPayloads, DataValue, DiscoveryCapabilities, Finding, ManualPayload, ManufacturerTag,
    OptionalData, SetupPayload, Severity,
};
use matter_types::{Discriminator, Passcode, ProductId, VendorId};

fn product() -> SetupPayload {
    SetupPayload::new(
        VendorId::new(0x131B).unwrap(),
        ProductId::new(0x1000).unwrap(),
        Discriminator::new(601).unwrap(),
        Passcode::new(19_861_989).unwrap(),
    )
}

fn found(payload: &SetupPayload) -> Vec<Finding> {
    payload.lint().collect()
}

#[test]
fn plain_code_of_a_product_has_no_findings() {
    assert_eq!(found(&product()), []);
    let manual: ManualPayload = product().manual_code().as_str().parse().unwrap();
    assert_eq!(manual.lint().count(), 0);
    let serial = OptionalData::new().with_serial_number("SN-1").unwrap();
    assert_eq!(found(&product().with_data(serial)), []);
}

#[test]
fn each_finding_is_found() {
    let tag = ManufacturerTag::new(0x81).unwrap();
    let data = |value| product().with_data(OptionalData::new().with_manufacturer_value(tag, value).unwrap());
    let example = Passcode::new(20_202_021).unwrap();
    let test = VendorId::new(0xFFF1).unwrap();
    let serial = |text: &str| product().with_data(OptionalData::new().with_serial_number(text).unwrap());
    let cases = [
        (
            SetupPayload::new(test, ProductId::MIN, Discriminator::MIN, example),
            vec![Finding::ExamplePasscode, Finding::TestVendor { vendor: test }],
        ),
        (
            product().with_discovery(DiscoveryCapabilities::tolerate(0x40)),
            vec![Finding::DiscoveryReserved { mask: 0x40 }],
        ),
        (
            product().with_discovery(DiscoveryCapabilities::tolerate(0)),
            vec![Finding::DiscoveryReserved { mask: 0 }],
        ),
        (
            product().with_discovery(DiscoveryCapabilities::ALL),
            vec![Finding::NewDiscovery],
        ),
        (
            product().with_discovery(DiscoveryCapabilities::NFC),
            vec![Finding::NewDiscovery],
        ),
        (
            product().with_discovery(DiscoveryCapabilities::THREAD),
            vec![Finding::NewDiscovery],
        ),
        (
            product().with_flow(CommissioningFlow::UserIntent),
            vec![Finding::ManualFlowUnclear],
        ),
        (
            product()
                .with_flow(CommissioningFlow::Custom)
                .with_ids(None, None)
                .unwrap(),
            vec![Finding::IdsMissing],
        ),
        // 11 bytes of fields, 27 in total.
        (serial("ABCDEFGHIJK"), vec![Finding::ThreeBytes]),
        (serial("ABCDEFGHIJKL"), vec![]),
        (data(DataValue::Signed(i32::MIN.into())), vec![]),
        (
            data(DataValue::Signed(1 << 31)),
            vec![Finding::WideNumber { tag: 0x81 }],
        ),
        (
            data(DataValue::Unsigned(1)),
            vec![Finding::UnsignedNumber { tag: 0x81 }],
        ),
        (
            data(DataValue::Unsigned(1 << 32)),
            vec![Finding::WideNumber { tag: 0x81 }],
        ),
        (
            product().with_data(OptionalData::new().with_numeric_serial_number(65536).unwrap()),
            vec![Finding::NumericSerialNumber],
        ),
        (
            product().with_data(OptionalData::new().with_device_count(2).unwrap()),
            vec![Finding::StandardTag { tag: 3 }],
        ),
    ];
    for (payload, mut expected) in cases {
        if payload.data().len() % 3 == 1 && !expected.contains(&Finding::ThreeBytes) {
            expected.insert(0, Finding::ThreeBytes);
        }
        assert_eq!(found(&payload), expected);
        for finding in payload.lint() {
            let sentence = finding.to_string();
            assert!(!sentence.contains("20202021") && !sentence.ends_with('.'), "{sentence}");
            assert!(!finding.id().is_empty());
        }
    }
    assert!(Severity::Error > Severity::Warning && Severity::Warning > Severity::Note);
    assert_eq!(Finding::DiscoveryReserved { mask: 0 }.severity(), Severity::Error);
    assert_eq!(Finding::ExamplePasscode.severity(), Severity::Warning);
    assert_eq!(Finding::ManualFlowUnclear.severity(), Severity::Note);
    assert_eq!(Finding::NumericSerialNumber.severity(), Severity::Note);
}

#[test]
fn concatenated_and_manual_codes_have_their_own_findings() {
    let text = "MT:Y.K9042C00KA0648G00*634J042C00KA0648G00";
    let both = ConcatenatedPayloads::parse(text).unwrap();
    assert_eq!(both.lint().collect::<Vec<_>>(), [Finding::SeveralPayloads]);
    let one = ConcatenatedPayloads::parse("MT:Y.K9042C00KA0648G00").unwrap();
    assert_eq!(one.lint().count(), 0);
    let manual: ManualPayload = "34970112332".parse().unwrap();
    assert_eq!(manual.lint().collect::<Vec<_>>(), [Finding::ExamplePasscode]);
}
