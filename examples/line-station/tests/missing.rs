//! Boards that died unobserved by any station.

#![allow(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "support/chips.rs"]
mod chips;
#[path = "support/factory.rs"]
mod factory;
#[path = "../../tests/support/flash.rs"]
mod flash;
#[path = "support/orders.rs"]
mod orders;

use esp_flash_image::Chip;
use factory::{Factory, ORDER, stderr, stdout};
use orders::{ended, lines, plain, status};

/// A chip that is in the ledger, but not at its port.
fn missing(factory: &Factory, number: u8, slot: &str) {
    let mac = format!("24:0a:c4:00:00:{number:02x}").parse().unwrap();
    let mut ledger = matter_ledger::Ledger::open_existing(factory.ledger()).unwrap();
    ledger.claim(ORDER, mac, "line-1", slot).unwrap();
}

/// Returns a port without a chip.
fn empty_port() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("socket://{}", listener.local_addr().unwrap())
}

#[test]
fn a_board_that_is_missing_is_given_up_when_that_is_asked_for() {
    let factory = plain(Chip::Esp32h2, 2);
    missing(&factory, 1, "1");
    missing(&factory, 2, "2");
    let port = empty_port();
    let arguments = ["--once", "--json", "--port", port.as_str()];
    let output = factory.run(&arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert_eq!(status(&factory)["counts"]["in_work"], 2, "it may be put in again");
    let output = factory
        .run(&[&arguments[..], &["--give-up-missing"]].concat())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert_eq!(ended(&output), [("quarantined".to_owned(), "chip-gone".to_owned())]);
    let status = status(&factory);
    assert_eq!(
        (&status["counts"]["in_work"], &status["counts"]["quarantined"]),
        (&1.into(), &1.into()),
        "that of the other slot stays"
    );
    assert_eq!(status["boards"][0]["reason"], "chip-gone");
}

#[test]
fn run_ends_when_the_missing_rest_of_the_order_is_given_up() {
    let factory = plain(Chip::Esp32h2, 1);
    missing(&factory, 1, "1");
    let output = factory
        .run(&["--json", "--give-up-missing", "--port", &empty_port()])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let notes = lines(&output);
    let notes = notes.iter().filter(|line| line["event"] == "note").count();
    assert_eq!(
        notes,
        1,
        "an empty slot reports once what it waits for: {}",
        stdout(&output)
    );
    assert_eq!(status(&factory)["counts"]["quarantined"], 1);
    // No work is left.
    let output = factory.run(&["--port", &empty_port()]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stderr(&output).contains("1 quarantined"), "{}", stderr(&output));
}
