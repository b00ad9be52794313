//! Writes an image to the start of a board's flash, and verifies it by the MD5 that the chip computes.

use esp_rom_loader::{ConnectSettings, Loader, PortAddress};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(port), Some(path)) = (arguments.next(), arguments.next()) else {
        return Err("give a port, such as /dev/ttyUSB0 or socket://HOST:PORT, and an image".into());
    };
    let (address, image) = (port.parse::<PortAddress>()?, std::fs::read(path)?);
    let settings = ConnectSettings::new(address.reset());
    let mut loader = Loader::connect(address.open(115_200)?, &settings)?;
    println!("{}", loader.identify()?.chip);
    loader.set_baud(921_600)?;
    loader.write_flash(0, &image, &mut |written| println!("{written} of {} bytes", image.len()))?;
    loader.verify_flash(0, &image)?;
    println!("verified");
    Ok(())
}
