//! Sample runs and devices for tests.

use matter_ledger::{NewDevice, NewImage, NewRun, Order, Parameter, Unique};
use matter_types::{Discriminator, Passcode, ProductId, VendorId};
use zeroize::Zeroizing;

pub fn run(ident: &str, order: Option<Order>) -> NewRun {
    NewRun {
        ident: ident.into(),
        folder: "out".into(),
        vendor_id: VendorId::new(0xFFF1).unwrap(),
        product_id: ProductId::new(0x8000).unwrap(),
        count: 2,
        order,
        test: true,
        tool: "test 1.0".into(),
        parameters: vec![parameter("size", b"24")],
    }
}

pub fn order(id: &str, size: u32) -> Order {
    Order { id: id.into(), size }
}

pub fn parameter(name: &'static str, value: &[u8]) -> Parameter {
    Parameter::new(name, Zeroizing::new(value.to_vec()))
}

pub fn device(row: u32) -> NewDevice {
    numbered(row, row + 1)
}

/// A device whose values are derived from its number.
pub fn numbered(row: u32, number: u32) -> NewDevice {
    let mut key = [7; 32];
    key[..4].copy_from_slice(&number.to_be_bytes());
    NewDevice {
        row,
        uuid: format!("device {number}"),
        serial: Some(format!("S{number}")),
        discriminator: Discriminator::new(u16::try_from(number % 4096).unwrap()).unwrap(),
        passcode: Some(Passcode::new(20_202_020 + number).unwrap()),
        dac_serial: Some(vec![1, 2, 3]),
        key_sha256: Some(key),
        is_key_given: false,
        images: vec![
            NewImage {
                name: "image.bin".into(),
                size: 4096,
                sha256: [7; 32],
            },
            NewImage {
                name: "nvs.bin".into(),
                size: 24_576,
                sha256: [8; 32],
            },
        ],
    }
}

pub fn all() -> Unique {
    "passcode, serial,pair,key".parse().unwrap()
}
