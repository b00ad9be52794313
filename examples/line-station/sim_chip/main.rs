//! `sim-chip`: virtual chips in download mode for esptool, espefuse and stations, with every fault on request.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use cli::{Failure, parse_number};
use esp_chip_sim::{ChipSim, Fault};
use esp_flash_image::{Chip, ChipRevision, FlashSize};

use self::places::{Place, numbered};

mod places;

/// End of `--help`.
const EXAMPLES: &str = "\
Examples:
  sim-chip --chip esp32c3 --mac 60:55:f9:00:00:01 --port-file port.txt &
  esptool --port $(cat port.txt) flash-id
  sim-chip --chip esp32h2 --mac 60:55:f9:00:00:01 --tcp 0 --state chip.state
  sim-chip --chip esp32 --mac 24:0a:c4:00:00:01 --count 8 --link /tmp/board \\
      --fault dies@burn:2";

/// Simulate chips in download mode on serial lines or sockets; prints one line with MAC address and port per chip.
///
/// A pseudo-terminal has no reset: there a SYNC restarts the chip. Ends when all chips have died, or by a signal. Exit
/// codes: 0 ended, 2 bad usage or unusable input, 3 runtime failure.
#[derive(Parser)]
#[command(name = "sim-chip", version, args_override_self = true, after_help = EXAMPLES)]
#[command(group(clap::ArgGroup::new("place").required(true).multiple(true).args(["port_file", "link", "tcp"])))]
struct Arguments {
    /// Type of the chip, such as esp32c3
    #[arg(long, value_name = "NAME")]
    chip: String,
    /// MAC address of the first chip; the others follow
    #[arg(long, value_name = "MAC")]
    mac: String,
    /// Number of chips, 1 to 1000; with two or more, the names of their files end in .1, .2 and so on
    #[arg(long, value_name = "N", allow_hyphen_values = true, default_value = "1")]
    count: String,
    /// File for the name of the chip's port, which changes when the chip disconnects; an existing file is replaced
    #[arg(long, value_name = "FILE")]
    port_file: Option<PathBuf>,
    /// Link to the chip's pseudo-terminal, which remains the port's name when the chip disconnects
    #[arg(long, value_name = "FILE", conflicts_with = "tcp")]
    link: Option<PathBuf>,
    /// First port on 127.0.0.1 at which chips wait for a station, one per chip, 0 to 65535; 0 selects free ports
    #[arg(long, value_name = "PORT", allow_hyphen_values = true)]
    tcp: Option<String>,
    /// Misbehaviour of all chips: none, bad-flash, dies@burn:2 and others; an unknown name lists all
    #[arg(long, value_name = "NAME[@MOMENT]", default_value = "none")]
    fault: String,
    /// File that keeps flash and eFuses, and restores them if it exists
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Revision of the chips, such as 0.4 [default: one on sale]
    #[arg(long, value_name = "REVISION")]
    revision: Option<String>,
    /// Size of the flash, such as 4MB
    #[arg(long, value_name = "SIZE", default_value = "4MB")]
    flash_size: String,
    /// Seed of random faults, 0 to 4294967295; each chip adds its number
    #[arg(long, value_name = "N", allow_hyphen_values = true, default_value = "0")]
    seed: String,
}

impl Arguments {
    fn chips(&self) -> Result<Vec<ChipSim>, Failure> {
        let chip: Chip = parse("--chip", &self.chip)?;
        let first = parse_mac(&self.mac)
            .ok_or_else(|| Failure::option("--mac", "not a MAC address such as 60:55:f9:00:00:01"))?;
        let fault: Fault = parse("--fault", &self.fault)?;
        let flash_size: FlashSize = parse("--flash-size", &self.flash_size)?;
        let revision: Option<ChipRevision> = cli::parse("--revision", self.revision.as_deref())?;
        let seed = parse_number("--seed", Some(&self.seed), 0, u32::MAX)?.unwrap_or(0);
        let count = parse_number("--count", Some(&self.count), 1, 1000)?.unwrap_or(1);
        let mut chips = Vec::new();
        for index in 0..count {
            let mac = following(first, index)
                .ok_or_else(|| Failure::option("--mac", "no MAC addresses after ff:ff:ff:ff:ff:ff"))?;
            let mut sim = ChipSim::new(chip, mac)
                .map_err(|error| Failure::option("--chip", error))?
                .with_flash_size(flash_size)
                .with_seed(u64::from(seed).saturating_add(index.into()))
                .with_fault(fault);
            if let Some(revision) = revision {
                sim = sim.with_revision(revision);
            }
            if let Some(state) = &self.state {
                let file = numbered(state, index, count);
                sim = sim
                    .with_state_file(&file)
                    .map_err(|error| Failure::Input(format!("--state {}: {error}", file.display())))?;
            }
            chips.push(sim);
        }
        Ok(chips)
    }

    fn places(&self, count: usize) -> Result<Vec<Place>, Failure> {
        let tcp = parse_number("--tcp", self.tcp.as_deref(), 0, u16::MAX.into())?;
        let tcp = tcp.map(|port| u16::try_from(port).unwrap_or(0));
        let many = u32::try_from(count).unwrap_or(u32::MAX);
        let mut places = Vec::new();
        for index in 0..many {
            let file = |file: &PathBuf| numbered(file, index, many);
            let port = match tcp {
                Some(0) | None => tcp,
                Some(first) => {
                    let port = u16::try_from(index).ok().and_then(|index| first.checked_add(index));
                    Some(port.ok_or_else(|| Failure::option("--tcp", "no ports after 65535"))?)
                }
            };
            let (port_file, link) = (self.port_file.as_ref().map(file), self.link.as_ref().map(file));
            let place = Place::new(port, port_file, link);
            places.push(place.map_err(|error| Failure::Input(format!("cannot open a port for a chip: {error}")))?);
        }
        Ok(places)
    }
}

fn main() -> ExitCode {
    cli::exit(|| {
        let arguments = cli::parse_arguments::<Arguments>(&[])?;
        let chips = arguments.chips()?;
        let places = arguments.places(chips.len())?;
        places::run_all(chips, places)
    })
}

/// Parses an option that is always present.
fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(option: &str, text: &str) -> Result<T, Failure> {
    text.parse().map_err(|error| Failure::option(option, error))
}

/// Parses six pairs of hexadecimal digits separated by colons.
fn parse_mac(text: &str) -> Option<[u8; 6]> {
    let mut mac = [0; 6];
    let mut parts = text.split(':');
    for byte in &mut mac {
        let digits = parts.next().filter(|part| part.len() == 2)?;
        *byte = digits
            .bytes()
            .all(|digit| digit.is_ascii_hexdigit())
            .then(|| u8::from_str_radix(digits, 16).ok())??;
    }
    parts.next().is_none().then_some(mac)
}

/// Adds an index to a MAC address.
fn following(first: [u8; 6], index: u32) -> Option<[u8; 6]> {
    let [a, b, c, d, e, f] = first;
    let number = u64::from_be_bytes([0, 0, a, b, c, d, e, f]).checked_add(index.into())?;
    let [0, 0, mac @ ..] = number.to_be_bytes() else {
        return None;
    };
    Some(mac)
}
