use std::fmt;
use std::str::FromStr;

use matter_attestation::PublicKey;
use sha2::{Digest, Sha256};

use crate::Refusal;
use crate::protocol::Mac;

/// The unique name of a device: its MAC address or serial number.
///
/// It becomes the common name of the device's DAC.
///
/// # Examples
///
/// ```
/// use matter_issuance::DeviceId;
///
/// assert_eq!(DeviceId::new("AA-BB-CC-00-11-22")?.as_str(), "aa:bb:cc:00:11:22");
/// assert_eq!(DeviceId::new("Lamp-0001")?.as_str(), "Lamp-0001");
/// assert!(DeviceId::new("two words").is_err());
/// # Ok::<(), matter_issuance::Refusal>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceId(String);

impl DeviceId {
    /// The maximum number of characters.
    pub const MAX_LEN: usize = 64;

    /// Accepts 1 to 64 printable ASCII characters without spaces.
    ///
    /// A MAC address with colons or dashes, in upper or lower case, is normalized to lower case with colons, so that
    /// each device has one name.
    ///
    /// # Errors
    ///
    /// [`Refusal::DeviceIdMalformed`] for any other text, and for text with `Mvid:` or `Mpid:`, which would be read as
    /// an id in the certificate's subject.
    pub fn new(text: &str) -> Result<Self, Refusal> {
        let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic());
        let has_id = text.contains("Mvid:") || text.contains("Mpid:");
        if text.is_empty() || text.len() > Self::MAX_LEN || !is_plain || has_id {
            return Err(Refusal::DeviceIdMalformed);
        }
        Ok(Self(mac_of(text).unwrap_or_else(|| text.to_owned())))
    }

    /// Creates the name from a MAC address.
    #[must_use]
    pub fn from_mac(mac: [u8; 6]) -> Self {
        Self(Mac::new(mac).to_string())
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Normalizes a MAC address; `None` for other text.
fn mac_of(text: &str) -> Option<String> {
    let separator = text.chars().nth(2).filter(|separator| matches!(separator, ':' | '-'))?;
    let mut mac = [0; 6];
    let mut parts = text.split(separator);
    for byte in &mut mac {
        let mut one = [0];
        let part = parts.next().filter(|part| part.len() == 2)?;
        base16ct::mixed::decode(part, &mut one).ok()?;
        [*byte] = one;
    }
    parts.next().is_none().then(|| DeviceId::from_mac(mac).0)
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for DeviceId {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        Self::new(text)
    }
}

impl AsRef<str> for DeviceId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// SHA-256 of a public key's uncompressed point, which identifies a device's key in ledger and log.
///
/// `Display` and `FromStr` use 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyHash([u8; 32]);

impl KeyHash {
    /// Creates a hash; every value is valid.
    #[must_use]
    pub const fn new(hash: [u8; 32]) -> Self {
        Self(hash)
    }

    /// Hashes a key.
    #[must_use]
    pub fn of(key: &PublicKey) -> Self {
        Self(Sha256::digest(key.as_bytes()).into())
    }

    /// Returns the bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyHash({self})")
    }
}

impl FromStr for KeyHash {
    type Err = Refusal;

    /// Parses 64 lower-case hexadecimal digits.
    fn from_str(text: &str) -> Result<Self, Refusal> {
        let mut hash = [0; 32];
        match base16ct::lower::decode(text, &mut hash) {
            Ok(bytes) if bytes.len() == 32 => Ok(Self(hash)),
            _ => Err(Refusal::KeyHashMalformed),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_device_has_one_name_however_its_mac_is_written() {
        for text in ["aa:bb:cc:dd:ee:0f", "AA:BB:CC:DD:EE:0F", "Aa-Bb-cC-dd-EE-0f"] {
            assert_eq!(DeviceId::new(text).unwrap().as_str(), "aa:bb:cc:dd:ee:0f");
        }
        // Not MAC addresses.
        for text in [
            "AA:BB:CC:DD:EE",
            "AA:BB:CC:DD:EE:0F:00",
            "AA:BB-CC:DD:EE:0F",
            "AAA:BB",
            "AA:+B:CC:DD:EE:0F",
        ] {
            assert_eq!(DeviceId::new(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn a_device_id_has_1_to_64_printable_characters() {
        assert!(DeviceId::new(&"x".repeat(64)).is_ok());
        let long = "x".repeat(65);
        for text in ["", "a b", "a\n", "ä", "Mvid:FFF1", "x-Mpid:8000", &long] {
            assert!(
                matches!(DeviceId::new(text), Err(Refusal::DeviceIdMalformed)),
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_key_hash_is_read_back() {
        let hash = KeyHash::new([0xAB; 32]);
        assert_eq!(hash.to_string().parse::<KeyHash>().unwrap(), hash);
        for text in ["", "ab", &"AB".repeat(32), &"ab".repeat(33), &"zz".repeat(32)] {
            assert!(text.parse::<KeyHash>().is_err(), "{text}");
        }
    }
}
