//! Any text: reading never panics, and an accepted table is the same in both forms.
#![no_main]

#[path = "../../crates/esp-flash-image/tests/properties/table_csv.rs"]
mod table_csv;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| table_csv::property(bytes));
