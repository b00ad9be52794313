//! Puts the next free device of an order on the board at a serial port; burns eFuses only if the order is typed again.

use std::path::Path;
use std::sync::Arc;

use matter_ledger::LedgerPlace;
use matter_station::{BurnConsent, DeviceFolders, Outcome, RomPort, Slot, Station};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = std::env::args().skip(1).collect::<Vec<_>>();
    let [ledger, folder, keys, order, typed, port] = arguments.as_slice() else {
        return Err("give LEDGER FOLDER KEYS ORDER ORDER-AGAIN PORT".into());
    };
    let devices = DeviceFolders::open(Path::new(folder), None)?.with_keys_dir(Some(keys.into()));
    let station = Station::new(ledger.parse::<LedgerPlace>()?, order, "example", Arc::new(devices))
        .with_burn_consent(BurnConsent::typed(order, typed)?);
    station.check()?;
    match station.run_board(&Slot::new("1"), &RomPort::new(port.parse()?), &()) {
        Outcome::Done(claim) => println!("{} is {}", claim.mac, claim.uuid),
        Outcome::Refused(refusal) => println!("{refusal}; {}", refusal.reason.remedy()),
        Outcome::Quarantined(quarantine) => println!("{quarantine}; {}", quarantine.reason.remedy()),
        Outcome::Retry(cause) => println!("{cause}; try again"),
        Outcome::Failed(error) => return Err(error.into()),
        _ => println!("nothing was done"),
    }
    Ok(())
}
