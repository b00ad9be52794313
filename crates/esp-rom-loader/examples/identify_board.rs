//! Identifies the board at a serial port, or at each port that looks like a board.

use esp_rom_loader::{ConnectSettings, Error, Loader, PortAddress, ports};

fn identify(address: &PortAddress) -> Result<(), Error> {
    let settings = ConnectSettings::new(address.reset());
    let mut loader = Loader::connect(address.open(115_200)?, &settings)?;
    let board = loader.identify()?;
    println!("{address}: {} {:02x?}", board.chip, board.mac);
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let found = match std::env::args().nth(1) {
        Some(port) => vec![port.parse()?],
        None => ports()?,
    };
    println!("{} ports", found.len());
    for address in &found {
        // A silent board does not stop the others.
        if let Err(error) = identify(address) {
            println!("{address}: {error}");
        }
    }
    Ok(())
}
