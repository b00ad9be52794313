//! Conversions from and to standard types, and comparison of codes without revealing a passcode.

#![allow(clippy::unwrap_used, reason = "tests")]

use matter_setup_payload::subtle::ConstantTimeEq;
use matter_setup_payload::{
    CommissioningFlow, DataValue, DiscoveryCapabilities, ManualPayload, ManufacturerTag, OptionalData, SetupPayload,
};
use matter_types::{Discriminator, Passcode};

fn payload() -> SetupPayload {
    "MT:Y.K9042C00KA0648G00".parse().unwrap()
}

fn same<T: ConstantTimeEq>(one: &T, other: &T) -> bool {
    one.ct_eq(other).into()
}

#[test]
fn payloads_are_equal_in_all_members_only() {
    assert!(same(&payload(), &payload()));
    assert!(same(&payload(), &payload().qr_text().as_str().parse().unwrap()));
    let discriminator = payload().discriminator();
    let others = [
        payload().with_flow(CommissioningFlow::Custom),
        payload().with_discovery(DiscoveryCapabilities::ALL),
        payload().with_ids(None, payload().product_id()).unwrap(),
        payload()
            .with_ids(payload().vendor_id(), Some(1.try_into().unwrap()))
            .unwrap(),
        payload().with_data(OptionalData::new().with_serial_number("a").unwrap()),
        SetupPayload::without_ids(discriminator, Passcode::MAX)
            .with_ids(payload().vendor_id(), payload().product_id())
            .unwrap(),
        SetupPayload::without_ids(Discriminator::MIN, payload().passcode().clone())
            .with_ids(payload().vendor_id(), payload().product_id())
            .unwrap(),
    ];
    for other in others {
        assert!(!same(&payload(), &other), "{other:?}");
    }
}

#[test]
fn a_manual_code_contains_a_part_of_its_payload() {
    for flow in [CommissioningFlow::Standard, CommissioningFlow::Custom] {
        let payload = payload().with_flow(flow);
        let typed: ManualPayload = payload.manual_code().as_str().parse().unwrap();
        assert!(same(&typed, &ManualPayload::from(&payload)));
        let other = SetupPayload::without_ids(payload.discriminator(), Passcode::MIN).with_flow(flow);
        assert!(!same(&typed, &ManualPayload::from(&other)));
        let other = SetupPayload::without_ids(Discriminator::MIN, payload.passcode().clone())
            .with_ids(payload.vendor_id(), payload.product_id())
            .unwrap()
            .with_flow(flow);
        assert!(!same(&typed, &ManualPayload::from(&other)));
    }
}

#[test]
fn codes_are_texts() {
    let (qr, manual) = (payload().qr_text(), payload().manual_code());
    assert_eq!(
        (qr.as_ref(), manual.as_ref()),
        ("MT:Y.K9042C00KA0648G00", "34970112332")
    );
    assert_eq!(manual.grouped().as_ref(), "3497-011-2332");
    assert!(same(&qr, &payload().qr_text()) && same(&manual, &payload().manual_code()));
    assert!(!same(&qr, &payload().with_flow(CommissioningFlow::Custom).qr_text()));
    assert!(!same(
        &manual,
        &payload().with_flow(CommissioningFlow::Custom).manual_code()
    ));
    #[cfg(feature = "std")]
    assert_eq!(String::from(manual), "34970112332");
}

#[test]
fn numbers_and_values_go_in_and_out() {
    let flow = CommissioningFlow::try_from(2).unwrap();
    assert_eq!((flow, u8::from(flow)), (CommissioningFlow::Custom, 2));
    assert!(CommissioningFlow::try_from(3).is_err());
    let ways = DiscoveryCapabilities::BLE | DiscoveryCapabilities::ON_NETWORK;
    assert_eq!((DiscoveryCapabilities::try_from(6).unwrap(), u8::from(ways)), (ways, 6));
    assert!(DiscoveryCapabilities::try_from(1).is_err());
    // The bits of RendezvousInformationFlag in connectedhomeip.
    let bits = [(1, DiscoveryCapabilities::BLE), (2, DiscoveryCapabilities::ON_NETWORK)]
        .into_iter()
        .chain([
            (3, DiscoveryCapabilities::WIFI_PAF),
            (4, DiscoveryCapabilities::NFC),
            (5, DiscoveryCapabilities::THREAD),
        ]);
    for (bit, way) in bits {
        assert_eq!((way.get(), way.with(way)), (1 << bit, way));
    }
    let tag = ManufacturerTag::try_from(0x80).unwrap();
    assert_eq!((tag, u8::from(tag)), (ManufacturerTag::MIN, 0x80));
    assert_eq!(DataValue::from("a").as_str(), Some("a"));
    assert_eq!(
        (DataValue::from(1_u64), DataValue::from(-1_i64)),
        (DataValue::Unsigned(1), DataValue::Signed(-1))
    );
    assert_eq!(DataValue::from(1_u64).as_str(), None);
}
