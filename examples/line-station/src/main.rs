//! A production line.

fn main() {}
