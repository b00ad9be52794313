//! Lists the devices of a ledger, a file or a database on a PostgreSQL server.

use matter_ledger::{Ledger, LedgerPlace};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let place = std::env::args().nth(1).ok_or("give the path or URL of a ledger")?;
    let listing = Ledger::list(place.parse::<LedgerPlace>()?)?;
    for device in &listing.devices {
        println!(
            "{} {:04x}:{:04x} {} in {}",
            device.uuid,
            device.vendor_id,
            device.product_id,
            device.serial.as_deref().unwrap_or("-"),
            device.folder.display()
        );
    }
    println!("{} devices, {} retired", listing.devices.len(), listing.retired.len());
    Ok(())
}
