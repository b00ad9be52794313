//! Issues device attestation certificates to devices in the field.

fn main() {}
