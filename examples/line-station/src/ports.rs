//! The ports of the slots.

use std::collections::BTreeSet;
use std::net::ToSocketAddrs as _;
use std::time::Duration;

use cli::Failure;
use esp_rom_loader::PortAddress;
use matter_station::{Connect, EsptoolPort, RomPort};

use crate::options::EngineName;

/// The value for all ports that look like boards.
const AUTO: &str = "auto";
/// Maximum number of slots of a station.
pub(crate) const MAX_SLOTS: usize = 64;
/// Time for a first answer of a board, which may be absent.
const DEADLINE: Duration = Duration::from_secs(2);

/// The available ports.
pub(crate) enum Ports {
    /// Given ports, one per slot.
    Given(Vec<PortAddress>),
    /// Ports that look like boards, as they appear, up to a number.
    Found(usize),
}

impl Ports {
    /// Parses `--port` and `--slots`.
    ///
    /// # Errors
    ///
    /// [`Failure::Input`] with the option.
    pub(crate) fn new(given: &[String], slots: Option<&str>) -> Result<Self, Failure> {
        let most = u32::try_from(MAX_SLOTS).unwrap_or(u32::MAX);
        let slots = cli::parse_number("--slots", slots, 1, most)?.and_then(|slots| usize::try_from(slots).ok());
        if given.iter().any(|text| text == AUTO) {
            return match given {
                [_] => Ok(Self::Found(slots.unwrap_or(MAX_SLOTS))),
                _ => Err(Failure::option("--port", "auto cannot be used with other ports")),
            };
        }
        let addresses = given.iter().map(|text| text.parse::<PortAddress>());
        let addresses = addresses.collect::<Result<Vec<_>, _>>();
        let addresses = addresses.map_err(|error| Failure::option("--port", error))?;
        let mut names = addresses.iter().flat_map(same_places).collect::<Vec<_>>();
        names.sort_unstable();
        if names.windows(2).any(|two| matches!(two, [one, other] if one == other)) {
            return Err(Failure::option("--port", "duplicate port"));
        }
        let limit = slots.unwrap_or(MAX_SLOTS);
        if addresses.len() > limit {
            let reason = format!("gives {} ports for {}", addresses.len(), cli::counted(limit, "slot"));
            return Err(Failure::option("--port", reason));
        }
        Ok(Self::Given(addresses))
    }
}

/// Returns the distinct places of an address: unlike a serial port, a socket has no lock that keeps two slots from one
/// board.
fn same_places(address: &PortAddress) -> BTreeSet<String> {
    let name = address.to_string();
    let Some(place) = name.strip_prefix("socket://") else {
        return BTreeSet::from([name]);
    };
    // An unresolvable name is compared as text.
    let found = place.to_socket_addrs().into_iter().flatten();
    let found = found.map(|found| format!("socket://{}:{}", found.ip().to_canonical(), found.port()));
    found.chain([name.to_lowercase()]).collect()
}

/// Returns the connector for the boards at a port.
pub(crate) fn connect(address: &PortAddress, engine: EngineName, baud: u32) -> Box<dyn Connect> {
    match engine {
        EngineName::Rom => Box::new(RomPort::new(address.clone()).with_baud(baud).with_deadline(DEADLINE)),
        EngineName::Esptool => Box::new(EsptoolPort::new(address.to_string(), baud)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ports(given: &[&str], slots: Option<&str>) -> Result<Ports, Failure> {
        let given = given.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        Ports::new(&given, slots)
    }

    #[test]
    fn each_port_is_one_slot() {
        assert!(matches!(ports(&["auto"], Some("3")), Ok(Ports::Found(3))));
        assert!(matches!(ports(&["auto"], None), Ok(Ports::Found(MAX_SLOTS))));
        assert!(matches!(ports(&["socket://127.0.0.1:1", "COM3"], Some("2")), Ok(Ports::Given(two)) if two.len() == 2));
        for (given, slots, word) in [
            (&["auto", "COM3"][..], None, "alone"),
            (&["COM3", "COM4"], Some("1"), "2 ports for 1 slot"),
            (&["COM3", "COM3"], None, "duplicate port"),
            (
                &["socket://127.0.0.1:1", "socket://127.0.0.1:1"],
                None,
                "duplicate port",
            ),
            (
                &["socket://127.0.0.1:1", "socket://[::ffff:127.0.0.1]:01"],
                None,
                "duplicate port",
            ),
            (
                &["socket://localhost:1", "socket://LOCALHOST:1"],
                None,
                "duplicate port",
            ),
            (&["COM3"], Some("0"), "1 to 64"),
            (&["socket://nowhere"], None, "--port"),
        ] {
            let Err(Failure::Input(sentence)) = ports(given, slots) else {
                panic!("{given:?}")
            };
            assert!(sentence.contains(word), "{sentence}");
        }
    }
}
