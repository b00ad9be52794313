//! The work of a station on its boards, on each engine.

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

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use engines::on_each;
use filled::{filled, mac};
use matter_ledger::{BurnPhase, ClaimFacts, ClaimState, Error, Mac};

const LIVE: [ClaimState; 6] = [
    ClaimState::Claimed,
    ClaimState::Flashed,
    ClaimState::Keys,
    ClaimState::Locked,
    ClaimState::Labelled,
    ClaimState::Done,
];

#[test]
fn a_board_goes_through_the_states_one_by_one() {
    on_each(|engine| {
        let mut ledger = filled(engine, 2);
        let claim = ledger.claim("4711", mac(1), "line 1", "3").unwrap();
        for pair in LIVE.windows(2) {
            let facts = ClaimFacts::new()
                .at("line 2", "9")
                .with("last", pair[0].name())
                .with(pair[0].name(), "left");
            for to in ClaimState::ALL.into_iter().filter(|to| *to != pair[1]) {
                let error = ledger.advance(&claim, pair[0], to, &facts).unwrap_err();
                assert!(matches!(error, Error::ClaimStep { .. }), "{error}");
            }
            ledger.advance(&claim, pair[0], pair[1], &facts).unwrap();
            // It is no longer in the first state.
            let error = ledger.advance(&claim, pair[0], pair[1], &facts).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("board 24:6f:00:00:00:01 is {}, not {}", pair[1], pair[0])
            );
        }
        let line = ledger.line("4711").unwrap();
        let counts = line.counts;
        assert_eq!(ledger.line_counts("4711").unwrap(), counts);
        assert_eq!((counts.size, counts.made, counts.free, counts.refused), (2, 2, 1, 0));
        assert_eq!((counts.in_work, counts.done, counts.quarantined), (0, 1, 0));
        assert_eq!(line.next.as_deref(), Some("device 2"));
        let row = &line.rows[0];
        assert_eq!((row.uuid.as_str(), row.mac.as_str()), ("device 1", "24:6f:00:00:00:01"));
        assert_eq!((row.station.as_str(), row.slot.as_str()), ("line 2", "9"));
        let times = row.times.iter().map(|(state, _)| state.as_str()).collect::<Vec<_>>();
        assert_eq!(times, LIVE.map(ClaimState::name));
        // A fact of the same name is replaced.
        assert_eq!(row.facts["last"], "labelled");
        assert_eq!(row.facts.len(), 6);
    });
}

#[test]
fn of_stations_that_advance_a_board_at_once_one_does() {
    on_each(|engine| {
        const THREADS: u32 = 6;
        let claim = filled(engine, 1).claim("4711", mac(1), "line 1", "1").unwrap();
        for pair in LIVE.windows(2) {
            let done = AtomicU32::new(0);
            thread::scope(|scope| {
                for _ in 0..THREADS {
                    scope.spawn(|| {
                        let mut ledger = engine.open();
                        match ledger.advance(&claim, pair[0], pair[1], &ClaimFacts::new().with("a", "b")) {
                            Ok(()) => {
                                done.fetch_add(1, Ordering::Relaxed);
                            }
                            Err(Error::ClaimState { .. }) => {}
                            Err(error) => panic!("{error}"),
                        }
                    });
                }
            });
            assert_eq!(done.into_inner(), 1, "{}", engine.name);
        }
    });
}

#[test]
fn a_board_that_was_given_up_keeps_its_device_until_it_is_reworked() {
    on_each(|engine| {
        let mut ledger = filled(engine, 3);
        let claim = ledger.claim("4711", mac(1), "line 1", "3").unwrap();
        ledger
            .journal(&claim, 1, "burn HMAC_UP into BLOCK_KEY0", BurnPhase::Before)
            .unwrap();
        let facts = ClaimFacts::new().with("flash_size", "4194304");
        ledger
            .quarantine(&claim, "flash-md5", "0x10000 differs", &facts)
            .unwrap();
        assert!(ledger.quarantine(&claim, "flash-md5", "again", &facts).is_err());
        assert!(
            ledger
                .advance(&claim, ClaimState::Claimed, ClaimState::Flashed, &facts)
                .is_err()
        );
        let board = ledger.board(mac(1)).unwrap().unwrap();
        assert_eq!(
            (board.state, board.reason.as_deref(), board.uuid.as_str()),
            (ClaimState::Quarantined, Some("flash-md5"), "device 1")
        );
        let row = ledger.line("4711").unwrap().rows.remove(0);
        assert_eq!(row.detail.as_deref(), Some("0x10000 differs"));
        assert_eq!(row.facts["flash_size"], "4194304");
        // The device goes to no other board.
        assert_eq!(ledger.claim("4711", mac(2), "line 1", "3").unwrap().uuid, "device 2");

        assert!(matches!(ledger.rework(mac(1), " ", &facts), Err(Error::ReasonEmpty)));
        assert!(matches!(
            ledger.rework(mac(9), "why", &facts),
            Err(Error::BoardUnknown { .. })
        ));
        let again = ledger.rework(mac(1), "new contact", &facts).unwrap();
        assert_eq!(
            (again.state, again.uuid.as_str(), again.reason.as_deref()),
            (ClaimState::Claimed, "device 1", None)
        );
        // An unfinished board is unchanged.
        ledger
            .advance(&again, ClaimState::Claimed, ClaimState::Flashed, &facts)
            .unwrap();
        let third = ledger.rework(mac(1), "once more", &facts).unwrap();
        assert_eq!(third.state, ClaimState::Flashed);
        let journal = ledger.journal_of(&third).unwrap();
        assert_eq!(
            (journal.len(), journal[0].step, journal[0].phase),
            (1, 1, BurnPhase::Before)
        );
        let row = ledger.line("4711").unwrap().rows.remove(0);
        let times = row.times.iter().map(|(state, _)| state.as_str()).collect::<Vec<_>>();
        assert_eq!(times, ["claimed", "quarantined", "rework", "flashed"]);

        // A scrapped device is not reworked, and its board gets another one.
        ledger.scrap("device 1", "broken").unwrap();
        assert!(ledger.board(mac(1)).unwrap().unwrap().is_retired);
        assert!(matches!(
            ledger.rework(mac(1), "why", &facts),
            Err(Error::DeviceRetired { .. })
        ));
        assert_eq!(ledger.claim("4711", mac(1), "line 1", "3").unwrap().uuid, "device 3");
    });
}

#[test]
fn boards_that_were_refused_are_listed() {
    on_each(|engine| {
        let mut ledger = filled(engine, 1);
        let at = ("line 1", "2");
        ledger
            .refuse("4711", Some(mac(7)), at, "wrong-chip", "esp32c3, not esp32h2")
            .unwrap();
        ledger.refuse("4711", None, at, "locked", "").unwrap();
        assert!(matches!(
            ledger.refuse("4712", None, at, "locked", ""),
            Err(Error::OrderUnknown { .. })
        ));
        let refused = ledger.line("4711").unwrap().refused;
        assert_eq!(refused.len(), 2);
        assert_eq!(refused[0].mac.as_deref(), Some("24:6f:00:00:00:07"));
        assert_eq!(
            (refused[0].reason.as_str(), refused[0].detail.as_str()),
            ("wrong-chip", "esp32c3, not esp32h2")
        );
        assert_eq!((refused[1].mac.as_deref(), refused[1].slot.as_str()), (None, "2"));
        assert!(matches!(ledger.line("4712"), Err(Error::OrderUnknown { .. })));
        let claim = ledger.claim("4711", mac(8), "line 1", "2").unwrap();
        let counts = ledger.line_counts("4711").unwrap();
        assert_eq!(
            (counts.refused, counts.free, counts.in_work, counts.quarantined),
            (2, 0, 1, 0)
        );
        ledger.quarantine(&claim, "flash-md5", "", &ClaimFacts::new()).unwrap();
        let counts = ledger.line_counts("4711").unwrap();
        assert_eq!((counts.in_work, counts.quarantined), (0, 1));
        assert!(matches!(ledger.line_counts("4712"), Err(Error::OrderUnknown { .. })));
    });
}

#[test]
fn boards_are_found_by_their_state() {
    on_each(|engine| {
        let mut ledger = filled(engine, 3);
        for number in 1..=3 {
            ledger.claim("4711", mac(number), "line 1", "1").unwrap();
        }
        let second = ledger.board(mac(2)).unwrap().unwrap();
        let facts = ClaimFacts::new().at("line 4", "5");
        ledger
            .advance(&second, ClaimState::Claimed, ClaimState::Flashed, &facts)
            .unwrap();
        let found = ledger.boards_in("4711", ClaimState::Flashed).unwrap();
        assert_eq!((found.len(), found[0].mac), (1, mac(2)));
        assert_eq!(ledger.boards_in("4711", ClaimState::Claimed).unwrap().len(), 2);
        let place = ledger.last_place(&found[0]).unwrap();
        assert_eq!(place, Some(("line 4".into(), "5".into())));
    });
}

#[test]
fn mac_addresses_are_read_as_they_are_written() {
    for text in ["24:0a:c4:00:00:01", "24:0a:c4:ff:fe:00:00:01"] {
        assert_eq!(text.parse::<Mac>().unwrap().to_string(), text);
    }
    assert_eq!(
        "24:0A:C4:00:00:01".parse::<Mac>().unwrap().to_string(),
        "24:0a:c4:00:00:01"
    );
    for text in [
        "",
        "24:0a:c4:00:00",
        "24:0a:c4:00:00:01:02",
        "24:0a:c4:00:00:+1",
        "240ac4000001",
    ] {
        assert!(text.parse::<Mac>().is_err(), "{text}");
    }
}
