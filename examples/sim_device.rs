//! `sim-device`: simulated devices that make their own keys, with every fault on request.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use cli::{Failure, parse_number, random};
use getrandom::rand_core::Rng;
use matter_device_sim::{Device, Fault, Fleet};
use matter_issuance::protocol::{KeyMode, Mac};

use self::run::{Line, Place, run_all};

#[path = "sim_device/run.rs"]
mod run;

/// End of `--help`.
const EXAMPLES: &str = "\
Examples:
  sim-device --connect 127.0.0.1:7000 --patience 1 --count 2
  sim-device --connect 127.0.0.1:7000 --patience 1 --fault wrong-proof --json
  sim-device --listen 127.0.0.1:0 --count 8 --mix 50 --patience 1 \\
      --addresses addresses.txt --force
  sim-device --pty --patience 1 --addresses addresses.txt --force";

/// Simulate devices that make their own keys and request certificates from a station; prints one line per finished
/// session.
///
/// Exit codes: 0 all devices ended as expected, 1 a well-behaved device is not locked, 2 bad usage or unusable input, 3
/// runtime failure.
#[derive(Parser)]
#[command(name = "sim-device", version, args_override_self = true, after_help = EXAMPLES)]
#[command(group(clap::ArgGroup::new("place").required(true).args(["connect", "listen", "pty"])))]
struct Arguments {
    /// Station to dial: HOST:PORT, or the path of a serial line
    #[arg(long, value_name = "ADDRESS")]
    connect: Option<String>,
    /// Address at which the first device waits for a station; further devices take the next ports; port 0 selects free
    /// ports
    #[arg(long, value_name = "HOST:PORT")]
    listen: Option<String>,
    /// Wait for a station on one pseudo-terminal per device
    #[arg(long)]
    pty: bool,
    /// Number of devices, 1 to 10000
    #[arg(long, value_name = "N", allow_hyphen_values = true, default_value = "1")]
    count: String,
    /// MAC address of the first device; the others follow
    #[arg(long, value_name = "MAC", default_value = "60:55:f9:00:00:01")]
    mac: String,
    /// Misbehaviour of all devices: none, cloned-key, dies-at-csr, second-key and others; an unknown name lists all
    #[arg(long, value_name = "NAME", default_value = "none", conflicts_with = "mix")]
    fault: String,
    /// Percentage of devices that misbehave, 0 to 100, each with the next fault in turn
    #[arg(long, value_name = "PERCENT", allow_hyphen_values = true)]
    mix: Option<String>,
    /// Claimed key storage of the devices: efuse-ecdsa, flash or hmac-ecdsa
    #[arg(long, value_name = "MODE", default_value = "hmac-ecdsa")]
    key_mode: String,
    /// Seed of the keys, for the same keys each time: 64 hexadecimal digits [default: random]
    #[arg(long, value_name = "HEX")]
    seed: Option<String>,
    /// Folder that keeps the devices' state when the program ends; the keys follow from --seed
    #[arg(long, value_name = "DIR", requires = "seed")]
    state: Option<PathBuf>,
    /// File for the address of each device, one per line
    #[arg(long, value_name = "FILE")]
    addresses: Option<PathBuf>,
    /// Seconds until a device gives up on a silent or absent station, 1 to 86400
    #[arg(long, value_name = "SECONDS", allow_hyphen_values = true, default_value = "60")]
    patience: String,
    /// Write one JSON document per session, one per line
    #[arg(long)]
    json: bool,
    /// Replace an existing file of addresses
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    trust: cli::Trust,
}

impl Arguments {
    fn devices(&self, patience: Duration) -> Result<Vec<Device>, Failure> {
        let count = parse_number("--count", Some(&self.count), 1, 10_000)?.unwrap_or(1);
        let first: Mac = parse("--mac", &self.mac)?;
        let key_mode: KeyMode = parse("--key-mode", &self.key_mode)?;
        let mut fleet = Fleet::new(first, self.seed()?).with_fault(parse::<Fault>("--fault", &self.fault)?);
        if let Some(percent) = parse_number("--mix", self.mix.as_deref(), 0, 100)? {
            fleet = fleet.with_mix(u8::try_from(percent).unwrap_or(100));
        }
        let mut devices = Vec::new();
        for index in 0..count {
            let device = fleet.device(index);
            let device = device.ok_or_else(|| Failure::option("--mac", "no MAC addresses after ff:ff:ff:ff:ff:ff"))?;
            let mut device = device.with_key_mode(key_mode).with_patience(patience);
            if let Some(folder) = &self.state {
                let file = folder.join(format!("{}.json", device.mac().to_string().replace(':', "")));
                device = device
                    .with_memory_file(&file)
                    .map_err(|error| Failure::Input(format!("--state {}: {error}", file.display())))?;
            }
            devices.push(device);
        }
        Ok(devices)
    }

    fn seed(&self) -> Result<[u8; 32], Failure> {
        let mut seed = [0; 32];
        match &self.seed {
            None => random()?.fill_bytes(&mut seed),
            Some(text) => match base16ct::mixed::decode(text, &mut seed) {
                Ok(bytes) if bytes.len() == 32 => {}
                _ => return Err(Failure::option("--seed", "not 64 hexadecimal digits")),
            },
        }
        Ok(seed)
    }

    fn place(&self, devices: usize) -> Result<Vec<Place>, Failure> {
        let places = match (&self.connect, &self.listen) {
            (Some(address), _) => Place::to_station(address, devices),
            (_, Some(address)) => Place::listening(address, devices),
            _ => Place::terminals(devices),
        };
        places.map_err(|error| Failure::Input(format!("cannot open the devices' addresses: {error}")))
    }
}

fn main() -> ExitCode {
    cli::exit(|| {
        let arguments = cli::parse_arguments::<Arguments>(&[])?;
        let seconds = parse_number("--patience", Some(&arguments.patience), 1, 86_400)?.unwrap_or(60);
        let patience = Duration::from_secs(seconds.into());
        let files = cli::Files::new(arguments.force, arguments.trust)
            .optional_output("--addresses", arguments.addresses.as_ref());
        files.check()?;
        let devices = arguments.devices(patience)?;
        if let Some(folder) = &arguments.state {
            std::fs::create_dir_all(folder)
                .map_err(|error| Failure::Input(format!("--state {}: {error}", folder.display())))?;
        }
        let places = arguments.place(devices.len())?;
        if let Some(path) = &arguments.addresses {
            let lines: String = places.iter().map(|place| format!("{}\n", place.address())).collect();
            files.publish(&[(path, lines.as_bytes())])?;
        }
        let line = if arguments.json { Line::Json } else { Line::Text };
        run_all(devices, places, patience, line)
    })
}

/// Parses an option that is always present.
fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(option: &str, text: &str) -> Result<T, Failure> {
    text.parse().map_err(|error| Failure::option(option, error))
}
