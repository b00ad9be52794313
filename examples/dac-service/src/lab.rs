//! A service with throw-away authorities and its clients, for `dac-load` and the tests.

mod authority;
mod client;
mod device;
mod setup;

pub use authority::{Authority, Leaf, to_pem};
pub use client::{ClientFault, Connection, Reply, TlsClient};
pub use device::LabDevice;
pub use setup::{Lab, LabOptions};
