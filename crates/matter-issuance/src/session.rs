//! The station's side of the issuing protocol.
//!
//! [`Session`] is free of I/O: it takes the device's messages and returns the next step. [`Station`] drives it over any
//! channel that implements `Read` and `Write`, with a desk that issues.
//!
//! ```text
//! hello -> Ident -> Csr -> Issuing -> Proof -> Recording -> Locked -> done
//!            ^ ident  ^ csr   ^ desk     ^ proof   ^ desk      ^ locked
//! ```

mod fault;
mod machine;
#[cfg(unix)]
mod serial_line;
mod settings;
mod station;

pub use fault::SessionFault;
pub use machine::{Session, SessionNumbers, Step};
#[cfg(unix)]
pub use serial_line::SerialLine;
pub use settings::SessionSettings;
pub use station::{SessionReport, Station};
