//! Writes a file to flash and verifies its MD5: `write_image PORT OFFSET FILE [--baud N] [--read FILE]`.
//!
//! With `--read`, the first 64 KiB are read back into a file, which is slow.

use std::process::ExitCode;

use esp_rom_loader::{ConnectSettings, Loader, PortAddress};

type Failure = Box<dyn core::error::Error>;

fn main() -> ExitCode {
    match run(&std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<(), Failure> {
    let [port, offset, file, options @ ..] = arguments else {
        return Err("usage: write_image PORT OFFSET FILE [--baud N] [--read FILE]".into());
    };
    let offset = match offset.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16)?,
        None => offset.parse()?,
    };
    let bytes = std::fs::read(file)?;
    let address: PortAddress = port.parse()?;
    let settings = ConnectSettings::new(address.reset());
    let mut loader = Loader::connect(address.open(115_200)?, &settings)?;
    loader.identify()?;
    for option in options.chunks_exact(2) {
        if let [name, baud] = option
            && name == "--baud"
        {
            loader.set_baud(baud.parse()?)?;
        }
    }
    loader.write_flash(offset, &bytes, &mut |_| {})?;
    loader.verify_flash(offset, &bytes)?;
    println!("wrote {} bytes at {offset:#x}; the MD5 is the same", bytes.len());
    for option in options.chunks_exact(2) {
        if let [name, file] = option
            && name == "--read"
        {
            let len = u32::try_from(bytes.len().min(0x1_0000))?;
            std::fs::write(file, loader.read_flash(offset, len)?)?;
        }
    }
    Ok(())
}
