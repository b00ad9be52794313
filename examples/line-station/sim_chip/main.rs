//! A virtual chip.

fn main() {}
