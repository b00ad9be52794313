//! A device that makes its own key, simulated.

fn main() {}
