//! Prints the identity of the board at a port: `identify PORT`; without a port, lists the ports that look like boards.

use std::process::ExitCode;

use esp_rom_loader::{ConnectSettings, Error, Loader, PortAddress, ports};

fn main() -> ExitCode {
    let Some(port) = std::env::args().nth(1) else {
        return match ports() {
            Ok(found) => {
                found.iter().for_each(|port| println!("{port}"));
                ExitCode::SUCCESS
            }
            Err(error) => failed(&error),
        };
    };
    match identify(&port) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

fn identify(port: &str) -> Result<(), Error> {
    let address: PortAddress = port.parse()?;
    let settings = ConnectSettings::new(address.reset());
    let mut loader = Loader::connect(address.open(115_200)?, &settings)?;
    let board = loader.identify()?;
    println!("chip {} revision {}", board.chip, board.revision);
    println!("mac {}", hex(&board.mac));
    if let Some(extension) = board.mac_extension {
        println!("mac extension {}", hex(&extension));
    }
    if let Some(size) = board.flash_size {
        println!("flash {size}");
    }
    if let Some(security) = board.security {
        println!("security {security}");
    }
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    pairs.join(":")
}

fn failed(error: &dyn core::error::Error) -> ExitCode {
    eprintln!("error: {error}");
    ExitCode::FAILURE
}
