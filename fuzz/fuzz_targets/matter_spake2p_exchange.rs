//! An exchange with changed messages: it succeeds only if nothing was changed.
#![no_main]

#[path = "../../crates/matter-spake2p/tests/properties/exchange.rs"]
mod exchange;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: exchange::Input| exchange::property(input));
