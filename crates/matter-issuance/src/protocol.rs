//! The messages between a station and a device that generates its own key, as JSON lines.
//!
//! ```text
//! station                                   device
//!    | hello     session id, nonce             |
//!    |---------------------------------------->|
//!    |            chip, MAC, protections  ident |
//!    |<----------------------------------------|
//!    | gen_key   how the key is kept           |
//!    |---------------------------------------->|
//!    |       PKCS#10, proof of possession  csr |
//!    |<----------------------------------------|
//!    | install   DAC, PAI, CD, second nonce    |
//!    |---------------------------------------->|
//!    |   signature by the DAC's key      proof |
//!    |<----------------------------------------|
//!    | lock                                    |
//!    |---------------------------------------->|
//!    |                                  locked |
//!    |<----------------------------------------|
//! ```
//!
//! Instead of its next message, the station may send `refused` and the device `error`; either ends the session. A line
//! is a JSON object of at most [`MAX_LINE`] bytes including its line feed. Unknown and duplicate members are refused.
//! DER is in Base64 with padding; ids, nonces, hashes and signatures are lower-case hexadecimal digits.
//!
//! ```
//! use matter_issuance::protocol::{Mac, Message, StationMessage};
//!
//! let mac: Mac = "60:55:f9:00:00:01".parse()?;
//! assert_eq!(mac.as_bytes(), &[0x60, 0x55, 0xf9, 0, 0, 1]);
//! assert_eq!(StationMessage::Lock {}.to_line()?, "{\"type\":\"lock\"}\n");
//! assert!(StationMessage::from_line(b"{\"type\":\"lock\",\"now\":true}").is_err());
//! # Ok::<(), matter_issuance::protocol::ProtocolError>(())
//! ```

mod error;
mod line;
mod message;
mod statement;
mod text;
mod value;

pub use error::ProtocolError;
pub(crate) use line::is_pause;
pub use line::{LineReader, MAX_LINE, write_line};
pub use message::{
    DeviceIdentity, DeviceMessage, Installation, KeyMode, Message, PROTOCOL_VERSION, StationMessage, VerifierSet,
};
pub use statement::Statement;
pub use value::{Mac, Nonce, Readback, SessionId, ShortText, SignatureBytes};
