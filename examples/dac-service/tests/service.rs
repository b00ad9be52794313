//! A service on a port of this machine, with clients that have certificates; requires no other server.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

#[path = "service/attacks.rs"]
mod attacks;
#[path = "service/connections.rs"]
mod connections;
#[path = "service/document.rs"]
mod document;
#[path = "service/harness.rs"]
mod harness;
#[path = "service/issuing.rs"]
mod issuing;
#[path = "service/orders.rs"]
mod orders;
#[path = "service/schema.rs"]
mod schema;
