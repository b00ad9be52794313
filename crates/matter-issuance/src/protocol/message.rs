use core::fmt;

use matter_spake2p::{Iterations, Salt, Verifier};
use matter_types::Discriminator;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{MAX_LINE, Mac, Nonce, ProtocolError, Readback, SessionId, ShortText, SignatureBytes, text};

/// The version of the protocol, the `proto` of [`StationMessage::Hello`].
pub const PROTOCOL_VERSION: u32 = 1;

/// Prefix of the data that [`Installation::readback`] hashes.
const READBACK_TAG: &[u8] = b"matter-mfg-readback-v1";

/// A message of either side, one line of JSON.
pub trait Message: Serialize + DeserializeOwned {
    /// Parses a line, with or without its line feed.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::LineTooLong`], and [`ProtocolError::Malformed`] with the fault.
    fn from_line(line: &[u8]) -> Result<Self, ProtocolError> {
        if line.len() > MAX_LINE {
            return Err(ProtocolError::LineTooLong);
        }
        serde_json::from_slice(line).map_err(|error| malformed(&error))
    }

    /// Encodes the line with its line feed.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::LineTooLong`] when certificates or texts make the message longer than a device can read.
    fn to_line(&self) -> Result<String, ProtocolError> {
        let mut line = serde_json::to_string(self).map_err(|error| malformed(&error))?;
        line.push('\n');
        if line.len() > MAX_LINE {
            return Err(ProtocolError::LineTooLong);
        }
        Ok(line)
    }
}

impl Message for DeviceMessage {}
impl Message for StationMessage {}

fn malformed(error: &serde_json::Error) -> ProtocolError {
    ProtocolError::Malformed {
        reason: ShortText::abridged(&error.to_string()),
    }
}

/// A message of the station.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum StationMessage {
    /// Opens a session.
    Hello {
        /// [`PROTOCOL_VERSION`].
        proto: u32,
        /// The session's number.
        session_id: SessionId,
        /// The nonce covered by the proof of possession.
        nonce: Nonce,
    },
    /// Requests a CSR for the device's key, which is generated if absent.
    GenKey {
        /// The required location of the key.
        key_mode: KeyMode,
        /// Whether an existing key may be replaced by a new one.
        allow_replace: bool,
    },
    /// Transfers what the device must store.
    Install(Installation),
    /// Tells the device to lock itself: its certificate is recorded as proved.
    Lock {},
    /// Ends the session without success.
    Refused {
        /// The refusal's code.
        code: ShortText,
        /// The reason, for the operator.
        reason: ShortText,
    },
}

/// A message of the device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum DeviceMessage {
    /// Answers `hello`.
    Ident(DeviceIdentity),
    /// Answers `gen_key`.
    Csr {
        /// A certificate signing request (RFC 2986) in DER.
        #[serde(with = "text::base64")]
        pkcs10: Vec<u8>,
        /// The signature of [`Statement::possession`](super::Statement::possession).
        pop: SignatureBytes,
    },
    /// Answers `install`.
    Proof {
        /// The signature of [`Statement::proof`](super::Statement::proof).
        signature: SignatureBytes,
        /// [`Installation::readback`] of the device's storage.
        readback: Readback,
    },
    /// Answers `lock`.
    Locked {},
    /// Ends the session without success.
    Error {
        /// A short error code.
        code: ShortText,
        /// A sentence with the details.
        reason: ShortText,
    },
}

impl StationMessage {
    /// Returns the name in `type`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Hello { .. } => "hello",
            Self::GenKey { .. } => "gen_key",
            Self::Install(_) => "install",
            Self::Lock {} => "lock",
            Self::Refused { .. } => "refused",
        }
    }
}

impl DeviceMessage {
    /// Returns the name in `type`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Ident(_) => "ident",
            Self::Csr { .. } => "csr",
            Self::Proof { .. } => "proof",
            Self::Locked {} => "locked",
            Self::Error { .. } => "error",
        }
    }
}

/// The identity that a device reports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceIdentity {
    /// The chip, for example `esp32h2`.
    pub chip: ShortText,
    /// The MAC address.
    pub mac: Mac,
    /// The version of the provisioning firmware.
    pub fw: ShortText,
    /// Whether secure boot is enabled, if the firmware reports it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secure_boot: Option<bool>,
    /// Whether flash encryption is enabled, if the firmware reports it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flash_encryption: Option<bool>,
    /// The current or intended location of the key.
    pub key_mode: KeyMode,
    /// Whether the device has a key.
    pub has_key: bool,
}

/// The location of a device's private key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyMode {
    /// In an eFuse block readable only by the ECDSA peripheral.
    EfuseEcdsa,
    /// In flash, readable by the firmware.
    Flash,
    /// Derived from an HMAC key in the eFuses and a salt, and never stored.
    HmacEcdsa,
}

impl KeyMode {
    /// Returns the name in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::EfuseEcdsa => "efuse-ecdsa",
            Self::Flash => "flash",
            Self::HmacEcdsa => "hmac-ecdsa",
        }
    }
}

impl fmt::Display for KeyMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl core::str::FromStr for KeyMode {
    type Err = ProtocolError;

    fn from_str(name: &str) -> Result<Self, ProtocolError> {
        [Self::EfuseEcdsa, Self::Flash, Self::HmacEcdsa]
            .into_iter()
            .find(|mode| mode.name() == name)
            .ok_or(ProtocolError::Value {
                expected: "a key mode: efuse-ecdsa, flash or hmac-ecdsa",
            })
    }
}

/// The data that a device stores.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Installation {
    /// The device attestation certificate in DER.
    #[serde(with = "text::base64")]
    pub dac: Vec<u8>,
    /// The PAI certificate in DER.
    #[serde(with = "text::base64")]
    pub pai: Vec<u8>,
    /// The Certification Declaration.
    #[serde(with = "text::base64")]
    pub cd: Vec<u8>,
    /// The commissioning parameters, unless the device already has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verifier: Option<Box<VerifierSet>>,
    /// The nonce covered by the final proof, different from that of `hello`.
    pub nonce: Nonce,
}

impl Installation {
    /// Returns the hash of this data, which a device computes over what it reads back.
    ///
    /// It is the SHA-256 of `matter-mfg-readback-v1`, DAC, PAI and CD, followed, if they were sent, by discriminator (2
    /// bytes), iterations (4 bytes), salt and verifier. Each part is preceded by its length in 4 bytes; all numbers are
    /// big-endian.
    #[must_use]
    pub fn readback(&self) -> Readback {
        let mut hash = Sha256::new_with_prefix(READBACK_TAG);
        let mut add = |part: &[u8]| {
            // In a line of 16 KiB, every length fits in 32 bits.
            hash.update(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
            hash.update(part);
        };
        add(&self.dac);
        add(&self.pai);
        add(&self.cd);
        if let Some(set) = &self.verifier {
            add(&set.discriminator.get().to_be_bytes());
            add(&set.iterations.get().to_be_bytes());
            add(set.salt.as_bytes());
            add(set.verifier.expose_bytes());
        }
        Readback::new(hash.finalize().into())
    }
}

/// The parameters for commissioning a device. The passcode itself is never sent to a device.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifierSet {
    /// The discriminator.
    pub discriminator: Discriminator,
    /// The PBKDF2 iteration count.
    #[serde(with = "text::iterations")]
    pub iterations: Iterations,
    /// The salt.
    #[serde(with = "text::salt")]
    pub salt: Salt,
    /// The SPAKE2+ verifier, w0 and L.
    #[serde(with = "text::verifier")]
    pub verifier: Verifier,
}
