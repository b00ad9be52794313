//! The station's half of the issuing protocol.
//!
//! [`Session`] decides without any input or output: it takes the device's messages, and says what comes next. [`Station`]
//! drives it over anything that reads and writes, with a desk that issues.
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
