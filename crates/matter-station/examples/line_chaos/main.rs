//! A line of virtual chips for `scripts/line`: the chips in one process, a station in another one, which is killed
//! repeatedly.
//!
//! `fill URL KEY COUNT` · `chips FOLDER SEED COUNT SLOTS` · `station URL KEY FOLDER SLOTS` · `check URL KEY FOLDER`

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    unreachable_pub,
    dead_code,
    reason = "a test"
)]

mod check;
mod chips;
#[path = "../../tests/support/order.rs"]
mod order;
mod robot;
mod station;

use std::path::Path;

use matter_ledger::LedgerPlace;

fn place(url: &str, key: &str) -> LedgerPlace {
    url.parse::<LedgerPlace>().unwrap().with_key_file(key.into())
}

fn main() {
    let arguments = std::env::args().skip(1).collect::<Vec<_>>();
    let arguments = arguments.iter().map(String::as_str).collect::<Vec<_>>();
    match arguments.as_slice() {
        ["fill", url, key, count] => order::fill(place(url, key), count.parse().unwrap()),
        ["chips", folder, seed, count, slots] => {
            let (seed, count) = (seed.parse().unwrap(), count.parse().unwrap());
            chips::run(Path::new(folder), seed, count, slots.parse().unwrap());
        }
        ["station", url, key, folder, slots] => {
            station::run(&place(url, key), Path::new(folder), slots.parse().unwrap());
        }
        ["check", url, key, folder] => check::run(&place(url, key), Path::new(folder)),
        _ => panic!("see the first lines of the source"),
    }
}
