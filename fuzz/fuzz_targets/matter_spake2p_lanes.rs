//! Any devices, any instruction set: bulk derivation gives the results of single derivations, in order.
#![no_main]

#[path = "../../crates/matter-spake2p/tests/properties/lanes.rs"]
mod lanes;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: lanes::Input| lanes::property(input));
