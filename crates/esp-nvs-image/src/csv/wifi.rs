use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use sha1::Sha1;

use crate::name::Key;

/// The generator's state for the hidden rows that it adds to the Wi-Fi driver's keys.
#[derive(Default)]
pub(super) struct Wifi {
    station_written: bool,
    ssid: Option<String>,
    password: Option<String>,
    authentication: bool,
    /// The name and password that the last `pmk_info` is from.
    derived: Option<(String, String, Vec<u8>)>,
}

const STATION_SSID: &str = "sta.ssid";
const STATION_PASSWORD: &str = "sta.pswd";
/// Iterations and length of the pre-shared key (IEEE 802.11, annex J.4).
const PMK_ROUNDS: u32 = 4096;
const PMK_LEN: usize = 32;
/// Number of zero bytes before it.
const PMK_INFO_ZEROS: usize = 100;

impl Wifi {
    /// Returns whether the generator treats a row with this key as data, regardless of its type.
    pub(super) fn is_station(key: &str) -> bool {
        key == STATION_SSID || key == STATION_PASSWORD
    }

    /// Returns the row to insert before one of the access point's keys: the row that completes the
    /// set.
    pub(super) fn before(&mut self, key: &str, value: &str) -> Option<(&'static str, Vec<u8>)> {
        let (ssid, password) = self.access_point(key, value)?;
        let (ssid, password) = (String::from(ssid), String::from(password));
        if let Some((of, with, info)) = &self.derived
            && (of, with) == (&ssid, &password)
        {
            return Some(("ap.pmk_info", info.clone()));
        }
        let mut info = vec![0; PMK_INFO_ZEROS + PMK_LEN];
        if let Some(key) = info.get_mut(PMK_INFO_ZEROS..) {
            pbkdf2::pbkdf2_hmac::<Sha1>(password.as_bytes(), ssid.as_bytes(), PMK_ROUNDS, key);
        }
        self.derived = Some((ssid, password, info.clone()));
        Some(("ap.pmk_info", info))
    }

    /// Processes a row, and returns the access point's name and password when both are known.
    fn access_point(&mut self, key: &str, value: &str) -> Option<(&str, &str)> {
        match key {
            "ap.ssid" => self.ssid = Some(value.into()),
            "ap.passwd" => self.password = Some(value.into()),
            "ap.authmode" => self.authentication |= value != "0",
            _ => return None,
        }
        let (Some(ssid), Some(password), true) = (&self.ssid, &self.password, self.authentication) else {
            return None;
        };
        (!ssid.is_empty() && !password.is_empty()).then_some((ssid, password))
    }

    /// Processes a row, and returns whether the generator adds rows for it.
    pub(super) fn adds(&mut self, key: &str, value: &str) -> bool {
        let is_first = Self::is_station(key) && !self.station_written;
        self.station_written |= is_first;
        is_first || self.access_point(key, value).is_some()
    }

    /// Returns whether the generator adds rows to these keys and values.
    pub(super) fn adds_to<'r>(rows: impl IntoIterator<Item = (&'r str, &'r str)>) -> bool {
        let mut wifi = Self::default();
        rows.into_iter().any(|(key, value)| wifi.adds(key, value))
    }

    /// Returns the rows to insert after the first of the station's keys.
    pub(super) fn after(&mut self, key: &Key) -> Vec<(&'static str, Vec<u8>)> {
        if !Self::is_station(key.as_str()) || self.station_written {
            return Vec::new();
        }
        self.station_written = true;
        vec![
            ("sta.apinfo", vec![0xFF; 140]),
            ("sta.pmk", vec![0; 32]),
            ("sta.apsw", vec![0; 2]),
        ]
    }
}
