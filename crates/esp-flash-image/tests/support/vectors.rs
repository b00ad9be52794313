//! The shared vectors of the project, kept outside the crate.

use std::path::PathBuf;

use serde_json::Value;

/// Reads a vector file; `None` if there is none.
pub fn load(name: &str) -> Option<Value> {
    let folder = std::env::var_os("MATTER_VECTORS").map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"));
    let text = std::fs::read(folder.join("flash").join(name)).ok();
    if text.is_none() {
        println!("{name}: 0 cases ran");
    }
    Some(serde_json::from_slice(&text?).expect("the vectors are JSON"))
}

/// The bytes of a hexadecimal text.
pub fn hex(value: &Value) -> Vec<u8> {
    let text = value.as_str().expect("a text").as_bytes();
    let digit = |byte: u8| u8::try_from(char::from(byte).to_digit(16).expect("a digit")).unwrap();
    text.chunks(2)
        .map(|pair| digit(pair[0]) << 4 | digit(pair[1]))
        .collect()
}

/// A number below 2^32.
pub fn number(value: &Value) -> u32 {
    value
        .as_u64()
        .and_then(|number| number.try_into().ok())
        .expect("a number")
}
