//! Records a run and its device in a ledger that refuses duplicate serial numbers.

use matter_ledger::{Ledger, LedgerPlace, NewDevice, NewRun, RunState, Unique};
use matter_types::{Discriminator, Passcode, ProductId, VendorId};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(path), Some(serial)) = (arguments.next(), arguments.next()) else {
        return Err("give the path of a ledger and a serial number".into());
    };
    let mut ledger = Ledger::open(path.parse::<LedgerPlace>()?)?;
    let run = ledger.begin(&NewRun {
        ident: format!("example.{serial}"),
        folder: std::env::current_dir()?,
        vendor_id: VendorId::new(0xFFF1)?,
        product_id: ProductId::new(0x8000)?,
        count: 1,
        order: None,
        test: true,
        tool: "record_device 1.0".into(),
        parameters: Vec::new(),
    })?;
    let device = NewDevice {
        row: 0,
        uuid: format!("device-{serial}"),
        serial: Some(serial),
        discriminator: Discriminator::new(3840)?,
        passcode: Some(Passcode::new(20202021)?),
        dac_serial: None,
        key_sha256: None,
        is_key_given: false,
        images: Vec::new(),
    };
    let unique = "serial".parse::<Unique>()?;
    if let Err(error) = ledger.commit(run.run, unique, &[device], &[]) {
        ledger.end(run.run, RunState::Abandoned)?;
        return Err(error.into());
    }
    ledger.end(run.run, RunState::Complete)?;
    println!("recorded");
    Ok(())
}
