//! Burns eFuses from a list, in the order that the stages enforce: `burn_steps PORT LIST`.
//!
//! A line of the list is `secret BLOCK PURPOSE FILE`, `digest BLOCK PURPOSE FILE`, `efuse NAME VALUE`, `protect NAME`,
//! `close` (RD_DIS) or `lock NAME`; `shared` is for the ESP32-C2: `shared BLOCK PURPOSE FILE BLOCK PURPOSE FILE`.

use std::process::ExitCode;

use esp_rom_loader::{Burn, ConnectSettings, Loader, PortAddress};

type Failure = Box<dyn core::error::Error>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.as_slice() {
        [port, list] => run(port, list),
        _ => Err("usage: burn_steps PORT LIST".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(port: &str, list: &str) -> Result<(), Failure> {
    let text = std::fs::read_to_string(list)?;
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
    let of = |kind: &'static str| {
        let found = lines.iter().filter(move |line| line.first() == Some(&kind));
        found.map(|line| line.get(1..).unwrap_or_default())
    };
    let address: PortAddress = port.parse()?;
    let settings = ConnectSettings::new(address.reset());
    let mut loader = Loader::connect(address.open(115_200)?, &settings)?;
    let mut stage = loader.efuses()?.start();
    for line in of("shared") {
        if let [block, purpose, file, block2, purpose2, file2] = line {
            let (key, digest) = (std::fs::read(file)?, std::fs::read(file2)?);
            stage.burn_shared_keys(&Burn::key(block, purpose, &key), &Burn::key(block2, purpose2, &digest))?;
        }
    }
    for line in of("secret") {
        if let [block, purpose, file] = line {
            stage.burn_secret_key(&Burn::key(block, purpose, &std::fs::read(file)?))?;
        }
    }
    let mut stage = stage.into_digests();
    for line in of("digest") {
        if let [block, purpose, file] = line {
            stage.burn_digest(&Burn::key(block, purpose, &std::fs::read(file)?))?;
        }
    }
    let mut stage = stage.into_settings();
    for line in of("efuse") {
        if let [name, value] = line {
            stage.burn(&Burn::efuse(name, value.parse()?))?;
        }
    }
    for line in of("protect") {
        if let [name] = line {
            stage.burn(&Burn::write_protect(name))?;
        }
    }
    let stage = match of("close").next() {
        Some(_) => stage.close_read_protection()?,
        None => stage.leave_read_protection()?,
    };
    if let Some([name]) = of("lock").next() {
        println!("locked: {:?}", stage.lock_download(&Burn::efuse(name, 1))?);
    }
    Ok(())
}
