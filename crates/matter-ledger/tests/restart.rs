//! A server that is killed under load: nothing is lost or duplicated, and clients are told to try again.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "support/engines.rs"]
mod engines;
#[path = "support/samples.rs"]
mod samples;

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use engines::{Engine, server};
use matter_ledger::{Error, Ledger, Mac};
use samples::{all, numbered, order, run};

/// Number of devices of the order. Each run could make all of them.
const SIZE: u32 = 600;
const RUNS: u32 = 4;
const KILLS: u32 = 3;

/// Checks the message of an unavailable server, and waits.
fn is_away(error: &Error, told: &AtomicU32) -> bool {
    let is_away = matches!(error, Error::Unavailable { .. });
    if is_away {
        let text = error.to_string();
        assert!(text.ends_with("; try again") && text.lines().count() == 1, "{text}");
        told.fetch_add(1, Ordering::Relaxed);
        thread::sleep(Duration::from_millis(20));
    }
    is_away
}

/// Repeats an operation until the server is available.
fn again<T>(told: &AtomicU32, mut work: impl FnMut() -> Result<T, Error>) -> Result<T, Error> {
    loop {
        match work() {
            Err(error) if is_away(&error, told) => {}
            done => return done,
        }
    }
}

/// Makes devices until the order is full.
fn make(engine: &Engine, number: u32, told: &AtomicU32) -> u32 {
    let mut ledger = again(told, || Ledger::open(engine.place())).unwrap();
    let ident = format!("run {number}");
    let mut row = run(&ident, Some(order("4711", SIZE)));
    row.count = 1;
    // A lost answer is resolved by a query.
    let begun = again(told, || match ledger.find(&ident)? {
        Some(begun) => Ok(begun),
        None => ledger.begin(&row),
    });
    let begun = begun.unwrap();
    loop {
        let done = again(told, || ledger.find(&ident)).unwrap().unwrap().done;
        let device = numbered(done, number * SIZE + done + 1);
        match ledger.commit(begun.run, all(), &[device], &[]) {
            Ok(()) => {}
            Err(Error::OrderFull { .. }) => return done,
            Err(error) => assert!(is_away(&error, told), "{error}"),
        }
    }
}

/// Claims a device for each board of a station.
fn claim(engine: &Engine, station: u32, told: &AtomicU32) -> Vec<String> {
    let mut ledger = again(told, || Ledger::open(engine.place())).unwrap();
    let boards = (0..SIZE).filter(|number| number % RUNS == station);
    let claims = boards.map(|number| {
        let [_, _, a, b] = number.to_be_bytes();
        let mac = Mac::from([0x24, 0x6f, 0x28, 0, a, b]);
        loop {
            match again(told, || ledger.claim("4711", mac, &station.to_string(), "1")) {
                Ok(claim) => return claim.uuid,
                // Stations are faster than the runs that make devices.
                Err(Error::OrderEmpty { .. } | Error::OrderUnknown { .. }) => thread::sleep(Duration::from_millis(5)),
                Err(error) => unreachable!("{error}"),
            }
        }
    });
    claims.collect()
}

#[test]
fn a_server_that_is_killed_loses_and_doubles_nothing() {
    let program = std::env::var_os("MATTER_POSTGRES_RESTART");
    let (Some(program), Some(engine)) = (program, server()) else {
        println!("0 cases ran: MATTER_POSTGRES and MATTER_POSTGRES_RESTART name no server");
        return;
    };
    let told = AtomicU32::new(0);
    let (made, claimed) = thread::scope(|scope| {
        let (engine, told) = (&engine, &told);
        let made = (0..RUNS).map(|number| scope.spawn(move || make(engine, number, told)));
        let made = made.collect::<Vec<_>>();
        let claimed = (0..RUNS).map(|station| scope.spawn(move || claim(engine, station, told)));
        let claimed = claimed.collect::<Vec<_>>();
        for _ in 0..KILLS {
            thread::sleep(Duration::from_millis(300));
            assert!(Command::new(&program).status().unwrap().success());
        }
        let made = made.into_iter().map(|run| run.join().unwrap()).sum::<u32>();
        let claimed = claimed.into_iter().flat_map(|station| station.join().unwrap());
        (made, claimed.collect::<Vec<_>>())
    });
    assert_eq!(made, SIZE);
    assert_eq!(engine.open().devices().unwrap(), u64::from(SIZE));
    let size = usize::try_from(SIZE).unwrap();
    assert_eq!(claimed.len(), size);
    assert_eq!(
        claimed.iter().collect::<BTreeSet<_>>().len(),
        size,
        "a device has two boards"
    );
    let told = told.into_inner();
    assert!(told > 0, "no client noticed");
    println!(
        "{SIZE} devices made and claimed over {KILLS} kills of the server; clients were told to try again {told} times"
    );
}
