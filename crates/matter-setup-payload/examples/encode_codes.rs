//! Creates the QR text and the manual code of a device, and parses both: `cargo run --example
//! encode_codes`.

use matter_setup_payload::subtle::ConstantTimeEq;
use matter_setup_payload::{CommissioningFlow, DiscoveryCapabilities, ManualPayload, OptionalData, SetupPayload};
use matter_types::{Discriminator, Passcode, ProductId, VendorId};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let payload = SetupPayload::new(
        VendorId::new(0xFFF1)?,
        ProductId::new(0x8000)?,
        Discriminator::new(3840)?,
        Passcode::new(20202021)?,
    )
    .with_flow(CommissioningFlow::Custom)
    .with_discovery(DiscoveryCapabilities::BLE | DiscoveryCapabilities::ON_NETWORK)
    .with_data(OptionalData::new().with_serial_number("SN-0001")?);

    // Both codes contain the passcode: they have no `Display`, so that they are not printed by
    // mistake.
    let (qr, manual) = (payload.qr_text(), payload.manual_code());
    println!("QR text:     {}", qr.as_str());
    println!("manual code: {}", manual.grouped().as_str());

    let read: SetupPayload = qr.as_str().parse()?;
    assert!(bool::from(read.ct_eq(&payload)), "a QR code contains everything");
    let typed: ManualPayload = manual.as_str().parse()?;
    assert!(
        bool::from(typed.ct_eq(&ManualPayload::from(&payload))),
        "a manual code contains less"
    );

    for finding in payload.lint() {
        println!("{}: {finding}", finding.severity());
    }
    Ok(())
}
