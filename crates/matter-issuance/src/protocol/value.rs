use core::fmt;
use core::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::ProtocolError;

/// Declares a fixed-length value written as lower-case hexadecimal digits.
macro_rules! hexadecimal {
    ($($(#[$meta:meta])* $name:ident: $len:literal, $expected:literal;)+) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name([u8; Self::LEN]);

        impl $name {
            /// The length in bytes.
            pub const LEN: usize = $len;

            /// Creates a value from bytes.
            #[must_use]
            pub const fn new(bytes: [u8; Self::LEN]) -> Self {
                Self(bytes)
            }

            /// Returns the bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = ProtocolError;

            fn from_str(text: &str) -> Result<Self, ProtocolError> {
                let mut bytes = [0; $len];
                let is_whole = base16ct::lower::decode(text, &mut bytes).is_ok_and(|read| read.len() == $len);
                is_whole.then_some(Self(bytes)).ok_or(ProtocolError::Value { expected: $expected })
            }
        }

        as_text!($name);
    )+};
}

/// Serializes a type as its text.
macro_rules! as_text {
    ($name:ident) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'_, str>::deserialize(deserializer)?;
                text.parse().map_err(D::Error::custom)
            }
        }
    };
}

hexadecimal! {
    /// A random number for one use, covered by a signature of the device.
    Nonce: 32, "a nonce of 64 lower-case hexadecimal digits";
    /// SHA-256 of the data that a device reads back after storing it.
    Readback: 32, "a hash of 64 lower-case hexadecimal digits";
    /// The random number of a session.
    SessionId: 16, "a session id of 32 lower-case hexadecimal digits";
    /// An ECDSA signature with P-256 and SHA-256: r and s, 32 bytes each.
    SignatureBytes: 64, "a signature of 128 lower-case hexadecimal digits";
}

/// The MAC address of a device, its name in the ledger: `60:55:f9:00:00:01`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mac([u8; Self::LEN]);

impl Mac {
    /// The length in bytes.
    pub const LEN: usize = 6;

    /// Creates an address from bytes in transmission order.
    #[must_use]
    pub const fn new(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes in transmission order.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 6] {
        &self.0
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mac({self})")
    }
}

impl FromStr for Mac {
    type Err = ProtocolError;

    fn from_str(text: &str) -> Result<Self, ProtocolError> {
        let wrong = ProtocolError::Value {
            expected: "a lower-case MAC address such as 60:55:f9:00:00:01",
        };
        let mut bytes = [0; Self::LEN];
        let mut parts = text.split(':');
        for byte in &mut bytes {
            let part = parts.next().unwrap_or_default();
            base16ct::lower::decode(part, core::slice::from_mut(byte))
                .ok()
                .filter(|read| read.len() == 1)
                .ok_or_else(|| wrong.clone())?;
        }
        match parts.next() {
            None => Ok(Self(bytes)),
            Some(_) => Err(wrong),
        }
    }
}

as_text!(Mac);

/// A short text from the peer, such as a chip name, a version, a code or a reason: 1 to 200 printable ASCII characters.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ShortText(String);

impl ShortText {
    /// The maximum number of characters.
    pub const MAX_LEN: usize = 200;

    /// Accepts a text.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::Value`] for a text of another length or with other characters.
    pub fn new(text: &str) -> Result<Self, ProtocolError> {
        let is_short = (1..=Self::MAX_LEN).contains(&text.len());
        if !is_short || !text.bytes().all(is_printable) {
            return Err(ProtocolError::Value {
                expected: "a text of 1 to 200 printable ASCII characters",
            });
        }
        Ok(Self(text.into()))
    }

    /// Converts any text: other characters become question marks, and excess characters are cut.
    #[must_use]
    pub fn abridged(text: &str) -> Self {
        let printable = |letter| match letter {
            ' '..='~' => letter,
            _ => '?',
        };
        let text: String = text.chars().take(Self::MAX_LEN).map(printable).collect();
        Self(if text.is_empty() { "?".into() } else { text })
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_printable(byte: u8) -> bool {
    matches!(byte, b' '..=b'~')
}

impl fmt::Display for ShortText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ShortText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl FromStr for ShortText {
    type Err = ProtocolError;

    fn from_str(text: &str) -> Result<Self, ProtocolError> {
        Self::new(text)
    }
}

as_text!(ShortText);
