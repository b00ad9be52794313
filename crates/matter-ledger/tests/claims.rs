//! Stations that claim devices for boards, and runs that share an order, on each engine.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "support/engines.rs"]
mod engines;
#[path = "support/filled.rs"]
mod filled;
#[path = "support/samples.rs"]
mod samples;

use std::collections::{BTreeMap, BTreeSet};
use std::thread;

use engines::on_each;
use filled::{filled, mac};
use matter_ledger::{ClaimState, Error};
use samples::{all, numbered, order, run};

const THREADS: u32 = 8;

#[test]
fn a_board_gets_one_device_and_the_same_again() {
    on_each(|engine| {
        let mut ledger = filled(engine, 2);
        let first = ledger.claim("4711", mac(1), "line 1", "3").unwrap();
        assert_eq!((first.uuid.as_str(), first.serial.as_deref()), ("device 1", Some("S1")));
        assert!(first.is_new && first.state == ClaimState::Claimed);
        let again = ledger.claim("4711", mac(1), "line 2", "4").unwrap();
        assert!(!again.is_new);
        assert_eq!(
            (again.uuid, again.station, again.slot),
            (first.uuid, "line 1".into(), "3".into())
        );
        assert_eq!(ledger.claim("4711", mac(2), "line 1", "3").unwrap().uuid, "device 2");
        let empty = ledger.claim("4711", mac(3), "line 1", "3").unwrap_err();
        assert_eq!(empty.to_string(), "order 4711 has no free device");
        let unknown = ledger.claim("4712", mac(3), "line 1", "3").unwrap_err();
        assert!(matches!(unknown, Error::OrderUnknown { .. }), "{unknown}");
        let other = ledger.begin(&run("other", Some(order("4712", 2)))).unwrap().run;
        ledger.commit(other, all(), &[numbered(0, 3)], &[]).unwrap();
        let taken = ledger.claim("4712", mac(2), "line 1", "3").unwrap_err();
        assert_eq!(
            taken.to_string(),
            "board 24:6f:00:00:00:02 already has device device 2 of another order"
        );
        // A retired device leaves its board free for another one, and goes to no other board.
        ledger.scrap("device 2", "broken").unwrap();
        let next = ledger.claim("4712", mac(2), "line 1", "3").unwrap();
        assert!(next.is_new && next.uuid == "device 3");
        assert!(ledger.claim("4711", mac(3), "line 1", "3").is_err());
    });
}

/// Some boards are at two stations at the same time.
#[test]
fn stations_at_the_same_time_get_different_devices() {
    on_each(|engine| {
        const BOARDS: u32 = 200;
        let boards = usize::try_from(BOARDS).unwrap();
        drop(filled(engine, BOARDS));
        let taken = thread::scope(|scope| {
            let stations = (0..THREADS).map(|station| {
                scope.spawn(move || {
                    let mut ledger = engine.open();
                    let mut taken = Vec::new();
                    for number in (0..BOARDS).filter(|number| number % (THREADS / 2) == station % (THREADS / 2)) {
                        let claim = ledger.claim("4711", mac(number), &station.to_string(), "1").unwrap();
                        taken.push((number, claim));
                    }
                    taken
                })
            });
            let stations = stations.collect::<Vec<_>>();
            stations
                .into_iter()
                .flat_map(|station| station.join().unwrap())
                .collect::<Vec<_>>()
        });
        assert_eq!(taken.len(), 2 * boards);
        let new = taken.iter().filter(|(_, claim)| claim.is_new).count();
        assert_eq!(new, boards, "{}", engine.name);
        let by_board = taken.iter().map(|(number, claim)| (*number, claim.uuid.clone()));
        let by_board = by_board.collect::<BTreeSet<_>>();
        assert_eq!(by_board.len(), boards, "a board has two devices");
        let devices = by_board.iter().map(|(_, uuid)| uuid).collect::<BTreeSet<_>>();
        assert_eq!(devices.len(), boards, "a device has two boards");
        assert!(engine.open().claim("4711", mac(BOARDS), "9", "1").is_err());
    });
}

#[test]
fn runs_at_the_same_time_make_as_many_devices_as_the_order_is_for() {
    on_each(|engine| {
        const SIZE: u32 = 50;
        drop(engine.open());
        let made = thread::scope(|scope| {
            let runs = (0..THREADS).map(|number| {
                scope.spawn(move || {
                    let mut ledger = engine.open();
                    let mut row = run(&format!("run {number}"), Some(order("4711", SIZE)));
                    row.count = 1;
                    let Ok(begun) = ledger.begin(&row) else {
                        return 0;
                    };
                    let made = (0..SIZE).take_while(|index| {
                        let device = numbered(*index, number * SIZE + index + 1);
                        match ledger.commit(begun.run, all(), &[device], &[]) {
                            Ok(()) => true,
                            Err(Error::OrderFull { .. }) => false,
                            Err(error) => panic!("{error}"),
                        }
                    });
                    u32::try_from(made.count()).unwrap()
                })
            });
            let runs = runs.collect::<Vec<_>>();
            runs.into_iter().map(|run| run.join().unwrap()).sum::<u32>()
        });
        assert_eq!(made, SIZE, "{}", engine.name);
        assert_eq!(engine.open().devices().unwrap(), u64::from(SIZE));
    });
}

#[test]
fn of_devices_with_one_passcode_at_the_same_time_one_is_listed() {
    on_each(|engine| {
        const ROUNDS: u32 = 20;
        drop(engine.open());
        let made = thread::scope(|scope| {
            let runs = (0..THREADS).map(|number| {
                scope.spawn(move || {
                    let mut ledger = engine.open();
                    let begun = ledger.begin(&run(&format!("run {number}"), None)).unwrap().run;
                    let mut row = 0;
                    let mut made = Vec::new();
                    for round in 0..ROUNDS {
                        // All others have the same values except for the name.
                        let mut device = numbered(row, round + 1);
                        device.uuid = format!("device {round} of {number}");
                        match ledger.commit(begun, all(), &[device], &[]) {
                            Ok(()) => {
                                row += 1;
                                made.push(round);
                            }
                            Err(Error::Taken { .. }) => {}
                            Err(error) => panic!("{error}"),
                        }
                    }
                    assert_eq!(ledger.find(&format!("run {number}")).unwrap().unwrap().done, row);
                    made
                })
            });
            let runs = runs.collect::<Vec<_>>();
            runs.into_iter().flat_map(|run| run.join().unwrap()).collect::<Vec<_>>()
        });
        let mut counts = BTreeMap::new();
        for round in made {
            *counts.entry(round).or_insert(0) += 1;
        }
        assert!(
            counts.len() == usize::try_from(ROUNDS).unwrap() && counts.values().all(|count| *count == 1),
            "{}: {counts:?}",
            engine.name
        );
    });
}
