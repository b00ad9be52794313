//! Refusals before anything is written, and the messages for the operator.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

mod support {
    pub mod chip;
    pub mod order;
}

use std::sync::{Arc, Mutex};

use matter_ledger::{BurnPhase, ClaimState, Ledger, LedgerPlace};
use matter_station::{BoardRefusal, BurnConsent, Error, Outcome, QuarantineReason, RetryCause, Slot, Station};
use support::chip::{Fault, LOCK, SimpleChip, Socket, Sticker};
use support::order::{Made, ORDER, fill, station, target};

struct Bench {
    _folder: tempfile::TempDir,
    place: LedgerPlace,
}

impl Bench {
    fn new(devices: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = LedgerPlace::from(folder.path().join("ledger.sqlite"));
        fill(&place, devices);
        Self { _folder: folder, place }
    }

    fn station(&self) -> Station {
        station(&self.place, &target())
    }

    fn ledger(&self) -> Ledger {
        Ledger::open(&self.place).unwrap()
    }
}

fn run(station: &Station, chip: &SimpleChip) -> Outcome {
    let socket = Arc::new(Socket::with(chip));
    station.run_board(&Slot::new("1"), &*socket, &())
}

fn refusal(outcome: Outcome) -> (BoardRefusal, String) {
    match outcome {
        Outcome::Refused(refusal) => (refusal.reason, refusal.to_string()),
        outcome => panic!("{outcome:?}"),
    }
}

#[test]
fn a_plan_that_burns_is_not_begun_without_consent() {
    let bench = Bench::new(1);
    let station = bench.station().with_burn_consent(BurnConsent::NONE);
    let chip = SimpleChip::new(1, None);
    let outcome = run(&station, &chip);
    let Outcome::Failed(error @ Error::BurnConsent { .. }) = outcome else {
        panic!("{outcome:?}");
    };
    assert!(error.to_string().contains("PO-1"), "{error}");
    assert!(chip.silicon().flash.iter().all(|byte| *byte == 0xFF));
    assert!(bench.ledger().line(ORDER).unwrap().rows.is_empty());
    assert!(BurnConsent::typed(ORDER, "PO-2").is_err());
    assert!(BurnConsent::typed(ORDER, " PO-1\n").unwrap().is_given());
}

#[test]
fn a_plan_without_efuses_needs_no_consent_and_ends_as_done() {
    let bench = Bench::new(1);
    let mut target = target();
    target.steps.clear();
    let source = Arc::new(Made { target });
    let station = Station::new(&bench.place, ORDER, "line 1", source);
    let chip = SimpleChip::new(1, None);
    let Outcome::Done(claim) = run(&station, &chip) else {
        panic!()
    };
    assert_eq!((claim.state, claim.uuid.as_str()), (ClaimState::Done, "device 0"));
    assert!(chip.silicon().values.is_empty() && chip.silicon().blocks.is_empty());
    let row = bench.ledger().line(ORDER).unwrap().rows.remove(0);
    let times = row.times.iter().map(|(state, _)| state.as_str()).collect::<Vec<_>>();
    assert_eq!(times, ["claimed", "flashed", "keys", "locked", "labelled", "done"]);
    assert!(row.facts["images"].contains("\"source\":\"bootloader\""), "{row:?}");
}

#[test]
fn a_finished_board_is_refused_and_identified() {
    let bench = Bench::new(2);
    let mut target = target();
    target.steps.clear();
    let source = Arc::new(Made { target });
    let station = Station::new(&bench.place, ORDER, "line 1", source.clone());
    let chip = SimpleChip::new(1, None);
    assert!(matches!(run(&station, &chip), Outcome::Done(_)));
    let (reason, text) = refusal(run(&station, &chip));
    assert_eq!(reason, BoardRefusal::BoardDone);
    assert!(
        text.contains("24:0a:c4:00:00:01") && text.contains("S device 0"),
        "{text}"
    );
    // With a reason it is written again, as the same device.
    chip.silicon().flash.fill(0);
    let station = Station::new(&bench.place, ORDER, "line 1", source).with_rework("new firmware");
    let Outcome::Done(claim) = run(&station, &chip) else {
        panic!()
    };
    assert_eq!(claim.uuid, "device 0");
    assert!(chip.silicon().flash[..0x1000].iter().any(|byte| *byte != 0));
    let row = bench.ledger().line(ORDER).unwrap().rows.remove(0);
    assert_eq!(row.facts["rework"], "new firmware");
    assert_eq!(row.times.iter().filter(|(state, _)| state == "done").count(), 2);
}

#[test]
fn boards_of_another_kind_are_refused_before_anything_is_written() {
    let bench = Bench::new(9);
    let faults = [
        (Fault::WrongChip, BoardRefusal::WrongChip),
        (Fault::OldRevision, BoardRefusal::WrongRevision),
        (Fault::SmallFlash, BoardRefusal::FlashSmall),
        (Fault::Encrypted, BoardRefusal::EfuseUsed),
        (Fault::UsedBlock, BoardRefusal::EfuseUsed),
    ];
    for (number, (fault, expected)) in (1..).zip(faults) {
        let chip = SimpleChip::new(number, Some(fault));
        let (reason, text) = refusal(run(&bench.station(), &chip));
        assert_eq!(reason, expected, "{text}");
        assert!(chip.silicon().flash.iter().all(|byte| *byte == 0xFF));
    }
    let locked = SimpleChip::new(8, None);
    locked.silicon().values.insert(LOCK.into(), 1);
    locked.power_cycle();
    assert_eq!(refusal(run(&bench.station(), &locked)).0, BoardRefusal::Locked);
    let line = bench.ledger().line(ORDER).unwrap();
    assert_eq!((line.rows.len(), line.refused.len()), (0, 6));
    assert_eq!(line.counts.free, 9);
    assert!(matches!(
        bench.station().run_board(&Slot::new("1"), &Socket::default(), &()),
        Outcome::Retry(RetryCause::NoBoard(_))
    ));
}

#[test]
fn an_order_without_free_devices_takes_no_board() {
    let bench = Bench::new(1);
    assert!(matches!(
        run(&bench.station(), &SimpleChip::new(1, None)),
        Outcome::Done(_)
    ));
    let chip = SimpleChip::new(2, None);
    assert_eq!(refusal(run(&bench.station(), &chip)).0, BoardRefusal::OrderEmpty);
    assert!(chip.silicon().flash.iter().all(|byte| *byte == 0xFF));
}

#[test]
fn a_board_that_was_given_up_is_refused_until_it_is_reworked() {
    let bench = Bench::new(2);
    let chip = SimpleChip::new(1, Some(Fault::BadFlash));
    let outcome = run(&bench.station(), &chip);
    let Outcome::Quarantined(quarantine) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(quarantine.reason, QuarantineReason::FlashMd5);
    assert!(quarantine.detail.contains("bootloader"), "{quarantine}");
    let (reason, text) = refusal(run(&bench.station(), &chip));
    assert_eq!(reason, BoardRefusal::BoardQuarantined);
    assert!(text.contains("flash-md5"), "{text}");
    chip.silicon().fault = None;
    let outcome = run(&bench.station().with_rework("flash soldered again"), &chip);
    assert!(matches!(outcome, Outcome::Done(claim) if claim.uuid == "device 0"));
}

/// The power is cut between the last burn and the commit: the chip is locked and does not report its identity.
#[test]
fn a_locked_board_is_identified_only_by_its_label() {
    let bench = Bench::new(200);
    let mut proofs = 0;
    for step in 1..160 {
        let chip = SimpleChip::new(step, None);
        chip.silicon().cut_at = Some(step);
        let socket = Arc::new(Socket::with(&chip));
        let station = bench.station().with_labels(Arc::new(Sticker(socket.clone())));
        let mut outcome = station.run_board(&Slot::new("1"), &*socket, &());
        if matches!(outcome, Outcome::Retry(_)) {
            outcome = station.run_board(&Slot::new("1"), &*socket, &());
        }
        assert!(matches!(outcome, Outcome::Done(_)), "{step}: {outcome:?}");
        if chip.silicon().cut_at.is_some() {
            break;
        }
    }
    for row in bench.ledger().line(ORDER).unwrap().rows {
        assert_eq!(row.state, ClaimState::Done);
        proofs += u32::from(row.facts.get("lock_proof").is_some_and(|proof| proof == "label"));
    }
    assert!(proofs >= 1, "the power was never cut after the lock");
}

#[test]
fn a_locked_board_without_its_label_proves_nothing() {
    let bench = Bench::new(2);
    let (first, second) = (SimpleChip::new(1, None), SimpleChip::new(2, None));
    let socket = Arc::new(Socket::with(&first));
    let station = || bench.station().with_labels(Arc::new(Sticker(socket.clone())));
    // The second board is done and locked.
    *socket.0.lock().unwrap() = Some(second.clone());
    assert!(matches!(
        station().run_board(&Slot::new("1"), &*socket, &()),
        Outcome::Done(_)
    ));
    second.power_cycle();
    // The first board loses its power before its last step, and is replaced by the second one.
    *socket.0.lock().unwrap() = Some(first.clone());
    let observer = ChangeAtLabel(socket.clone(), second.clone());
    let (reason, _) = refusal(station().run_board(&Slot::new("1"), &*socket, &observer));
    assert_eq!(reason, BoardRefusal::Locked);
    // The ledger's state if the power had been cut a moment later.
    let mut ledger = bench.ledger();
    let claim = ledger.board(first.silicon().mac.into()).unwrap().unwrap();
    assert_eq!(claim.state, ClaimState::Labelled);
    let last = u32::try_from(target().steps.len()).unwrap();
    ledger.journal(&claim, last, "burn", BurnPhase::Before).unwrap();
    let (reason, text) = refusal(station().run_board(&Slot::new("1"), &*socket, &()));
    assert_eq!(reason, BoardRefusal::Locked);
    assert!(text.contains("24:0a:c4:00:00:01"), "{text}");
    assert_eq!(ledger.board(claim.mac).unwrap().unwrap().state, ClaimState::Labelled);
    // The first board is back: it is not locked, and continues.
    *socket.0.lock().unwrap() = Some(first.clone());
    let outcome = station().run_board(&Slot::new("2"), &*socket, &());
    assert!(matches!(outcome, Outcome::Done(done) if done.mac == claim.mac));
    assert!(first.silicon().is_locked());
}

/// Exchanges the board as soon as it is labelled.
struct ChangeAtLabel(Arc<Socket>, SimpleChip);

impl matter_station::Observer for ChangeAtLabel {
    fn event(&self, _slot: &str, event: &matter_station::Event<'_>) {
        if let matter_station::Event::State(_, ClaimState::Labelled) = event {
            if let Some(chip) = self.0.chip() {
                chip.power_cycle();
            }
            *self.0.0.lock().unwrap() = Some(self.1.clone());
        }
    }
}

/// Performs an action once, at an event.
struct Once<F>(Mutex<Option<F>>, fn(&matter_station::Event<'_>) -> bool);

impl<F: FnOnce() + Send> matter_station::Observer for Once<F> {
    fn event(&self, _slot: &str, event: &matter_station::Event<'_>) {
        if self.1(event)
            && let Some(work) = self.0.lock().unwrap().take()
        {
            work();
        }
    }
}

fn once<F: FnOnce() + Send>(work: F, when: fn(&matter_station::Event<'_>) -> bool) -> Once<F> {
    Once(Mutex::new(Some(work)), when)
}

fn is_flashed(event: &matter_station::Event<'_>) -> bool {
    matches!(event, matter_station::Event::State(_, ClaimState::Flashed))
}

/// A slot with a locked board commits a state that the journal proves; the slot of the board itself accepts that.
#[test]
fn a_board_that_another_slot_has_found_ready_is_ready() {
    let bench = Bench::new(1);
    let chip = SimpleChip::new(1, None);
    let socket = Socket::with(&chip);
    let mac = chip.silicon().mac.into();
    let finish = || {
        let mut ledger = bench.ledger();
        let claim = ledger.board(mac).unwrap().unwrap();
        let facts = matter_ledger::ClaimFacts::new();
        ledger
            .advance(&claim, ClaimState::Labelled, ClaimState::Done, &facts)
            .unwrap();
    };
    let is_locked = |event: &matter_station::Event<'_>| matches!(event, matter_station::Event::Step { number, total, .. } if number == total);
    let outcome = bench
        .station()
        .run_board(&Slot::new("1"), &socket, &once(finish, is_locked));
    assert!(
        matches!(&outcome, Outcome::Done(claim) if claim.state == ClaimState::Done),
        "{outcome:?}"
    );
}

#[test]
fn a_device_that_is_scrapped_while_its_board_is_worked_on_ends_that_board_alone() {
    let bench = Bench::new(1);
    let chip = SimpleChip::new(1, None);
    let scrap = || bench.ledger().scrap("device 0", "a wrong lot").unwrap();
    let outcome = bench
        .station()
        .run_board(&Slot::new("1"), &Socket::with(&chip), &once(scrap, is_flashed));
    let Outcome::Quarantined(quarantine) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(quarantine.claim.uuid, "device 0");
    assert!(!chip.silicon().is_locked());
}

#[test]
fn a_board_with_two_ports_is_worked_on_at_one() {
    let bench = Bench::new(2);
    let (station, chip) = (bench.station(), SimpleChip::new(1, None));
    let socket = Socket::with(&chip);
    let other = || {
        let outcome = station.run_board(&Slot::new("2"), &socket, &());
        let Outcome::Retry(cause @ RetryCause::OtherSlot(_)) = outcome else {
            panic!("{outcome:?}")
        };
        assert!(cause.to_string().contains("24:0a:c4:00:00:01"), "{cause}");
        let given_up = station.give_up_missing(&Slot::new("1"), QuarantineReason::ChipGone, &());
        assert!(given_up.unwrap().is_empty(), "it is worked on");
    };
    let outcome = station.run_board(&Slot::new("1"), &socket, &once(other, is_flashed));
    assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");
    assert_eq!(bench.ledger().line(ORDER).unwrap().rows.len(), 1);
}

#[test]
fn facts_not_recorded_by_an_interrupted_station_are_recorded_later() {
    let bench = Bench::new(1);
    let chip = SimpleChip::new(1, None);
    let mac = chip.silicon().mac.into();
    bench.ledger().claim(ORDER, mac, "line 1", "1").unwrap();
    assert!(matches!(run(&bench.station(), &chip), Outcome::Done(_)));
    let row = bench.ledger().line(ORDER).unwrap().rows.remove(0);
    assert!(
        row.facts.contains_key("chip") && row.facts.contains_key("tool"),
        "{row:?}"
    );
}

#[test]
fn a_board_that_is_missing_is_given_up_with_its_slot_alone() {
    let bench = Bench::new(2);
    let mut ledger = bench.ledger();
    for (number, slot) in [(1, "1"), (2, "2")] {
        let mac = SimpleChip::new(number, None).silicon().mac.into();
        ledger.claim(ORDER, mac, "line 1", slot).unwrap();
    }
    let station = bench.station();
    let given_up = station.give_up_missing(&Slot::new("2"), QuarantineReason::ChipGone, &());
    let given_up = given_up.unwrap();
    assert_eq!((given_up.len(), given_up[0].claim.uuid.as_str()), (1, "device 1"));
    let states = ledger.line(ORDER).unwrap().rows.into_iter().map(|row| row.state);
    assert_eq!(
        states.collect::<Vec<_>>(),
        [ClaimState::Claimed, ClaimState::Quarantined]
    );
}
