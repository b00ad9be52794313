use std::fmt;
use std::str::FromStr;

use esp_secure_cert::EfuseKey;

use crate::Error;

/// What the options say about where devices' data is kept. [`crate::Plan::new`] checks that it fits together.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are options of the vendor's tool, each of its own"
)]
pub struct Storage {
    /// Certificates and key of a device go into an `esp_secure_cert` partition instead of NVS.
    pub dac_in_secure_cert: bool,
    /// Discriminator, verifier, salt and iteration count do; only when the other two do.
    pub commissionable_data_in_secure_cert: bool,
    /// The unique id for rotating device ids does; only when the other two do.
    pub rotating_id_in_secure_cert: bool,
    /// No image of that partition is made.
    pub no_secure_cert_image: bool,
    /// The key goes into an eFuse, where the ECDSA peripheral reads it, and into no partition.
    pub ds_peripheral: bool,
    /// The eFuse key block for that.
    pub efuse_key: Option<EfuseKey>,
    /// The chip.
    pub target: Target,
    /// The serial port of a chip to burn and write. Nothing here does that.
    pub port: Option<String>,
}

/// A chip, by ESP-IDF's name for it.
///
/// # Examples
///
/// ```
/// use matter_mfg::Target;
///
/// let target: Target = "esp32h2".parse()?;
/// assert_eq!(target.to_string(), "esp32h2");
/// assert!("esp32x1".parse::<Target>().is_err());
/// # Ok::<(), matter_mfg::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target(&'static Chip);

#[derive(Debug, PartialEq, Eq)]
struct Chip {
    name: &'static str,
    /// The last eFuse key block that can hold a P-256 key for the ECDSA peripheral, if there is that.
    last_ecdsa_block: Option<u8>,
}

const fn chip(name: &'static str, last_ecdsa_block: Option<u8>) -> Chip {
    Chip { name, last_ecdsa_block }
}

/// The names are those of esptool 5.6.0. Which have the peripheral: esp-secure-cert-tool 2.6.1, `configure_ds.py`.
/// BLOCK_KEY5 of the ESP32-H2 has a hardware bug, and the ESP32-S31 has no such block (espefuse 5.6.0).
const CHIPS: [Chip; 13] = [
    chip("esp32", None),
    chip("esp32c2", None),
    chip("esp32c3", None),
    chip("esp32c5", Some(5)),
    chip("esp32c6", None),
    chip("esp32c61", Some(5)),
    chip("esp32h2", Some(4)),
    chip("esp32h21", None),
    chip("esp32h4", None),
    chip("esp32p4", Some(5)),
    chip("esp32s2", None),
    chip("esp32s3", None),
    chip("esp32s31", Some(4)),
];

impl Target {
    /// Returns the last eFuse key block that can hold a device's key; `None` without an ECDSA peripheral.
    #[must_use]
    pub fn last_ecdsa_key(self) -> Option<EfuseKey> {
        self.0.last_ecdsa_block.and_then(|id| EfuseKey::new(id).ok())
    }
}

impl Default for Target {
    /// The vendor's default, `esp32`.
    fn default() -> Self {
        let [esp32, ..] = &CHIPS;
        Self(esp32)
    }
}

impl FromStr for Target {
    type Err = Error;

    /// Reads the name; capital letters are as good.
    fn from_str(text: &str) -> Result<Self, Error> {
        let found = CHIPS.iter().find(|chip| chip.name.eq_ignore_ascii_case(text));
        found.map(Self).ok_or(Error::Target)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name)
    }
}

/// The names of all chips, or of those with an ECDSA peripheral.
pub(crate) fn names(with_ecdsa: bool) -> String {
    let chips = CHIPS
        .iter()
        .filter(|chip| !with_ecdsa || chip.last_ecdsa_block.is_some());
    chips.map(|chip| chip.name).collect::<Vec<_>>().join(", ")
}
