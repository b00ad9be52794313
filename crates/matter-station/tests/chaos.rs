//! Many chips at several slots: faults, power cuts between any two steps, and a station that is killed.

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

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::thread;

use matter_ledger::{ClaimState, Ledger, LedgerPlace};
use matter_station::{Outcome, RetryCause, Slot};
use support::chip::{Fault, SimpleChip, Socket, Sticker};
use support::order::{ORDER, device, fill, key_of, station, target};

const CHIPS: u32 = 60;
const SLOTS: usize = 6;

/// A predictable random number generator.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        u32::try_from((self.0 >> 33) % u64::from(limit)).unwrap()
    }
}

/// A fault of a bad chip, with the expected code in the ledger: of a quarantine, or of a refusal.
fn fault(numbers: &mut Numbers) -> (Fault, &'static str, bool) {
    // After the greeting and the identification, so that the board has a device.
    let at = 24 + numbers.below(30);
    match numbers.below(11) {
        0 => (Fault::BadFlash, "flash-md5", true),
        1 => (Fault::Dies(at), "chip-gone", true),
        2 => (Fault::Stuck(at), "chip-stuck", true),
        3 => (Fault::Garbage(at), "garbage", true),
        4 => (Fault::Errors(at), "chip-error", true),
        5 => (Fault::BadBlock, "efuse-differs", true),
        6 => (Fault::UsedBlock, "efuse-used", false),
        7 => (Fault::WrongChip, "wrong-chip", false),
        8 => (Fault::OldRevision, "wrong-revision", false),
        9 => (Fault::SmallFlash, "flash-small", false),
        _ => (Fault::Encrypted, "efuse-used", false),
    }
}

struct Board {
    chip: SimpleChip,
    expected: Option<(&'static str, bool)>,
}

fn boards(numbers: &mut Numbers) -> Vec<Board> {
    let boards = (0..CHIPS).map(|number| {
        let bad = (number % 5 == 2).then(|| fault(numbers));
        let chip = SimpleChip::new(number, bad.map(|(fault, ..)| fault));
        if bad.is_none() {
            // Progress differs between steps: cuts happen anywhere between the first and the last one.
            let mut silicon = chip.silicon();
            silicon.cut_at = Some(1 + numbers.below(90)).filter(|_| numbers.below(3) > 0);
            silicon.kill_at = Some(1 + numbers.below(90)).filter(|_| numbers.below(3) == 0);
        }
        Board {
            chip,
            expected: bad.map(|(_, code, is_claimed)| (code, is_claimed)),
        }
    });
    boards.collect()
}

/// Works on boards of the queue until it is empty. A kill ends the station of this slot; the next one starts with the
/// same board.
fn work(place: &LedgerPlace, name: usize, queue: &Mutex<VecDeque<SimpleChip>>) -> u32 {
    let target = target();
    let socket = Arc::new(Socket::default());
    let mut kills = 0;
    loop {
        let Some(chip) = queue.lock().unwrap().pop_front() else {
            return kills;
        };
        *socket.0.lock().unwrap() = Some(chip.clone());
        let mut station = station(place, &target).with_labels(Arc::new(Sticker(socket.clone())));
        let mut slot = Slot::new(name.to_string());
        for tries in 0.. {
            assert!(tries < 50, "{:?} is never ready", chip.silicon());
            match catch_unwind(AssertUnwindSafe(|| station.run_board(&slot, &*socket, &()))) {
                Err(_) => {
                    kills += 1;
                    station = support::order::station(place, &target).with_labels(Arc::new(Sticker(socket.clone())));
                    slot = Slot::new(name.to_string());
                }
                Ok(Outcome::Retry(RetryCause::NoBoard(_) | RetryCause::Port(_))) => {
                    // The next power cut happens elsewhere.
                    let is_more = chip.silicon().cuts < 3;
                    let mut silicon = chip.silicon();
                    if is_more && silicon.fault.is_none() && silicon.cut_at.is_none() && !silicon.is_locked() {
                        silicon.cut_at = Some(silicon.steps + 40 + tries);
                    }
                }
                Ok(Outcome::Done(_) | Outcome::Refused(_) | Outcome::Quarantined(_)) => break,
                Ok(outcome) => panic!("{outcome:?}"),
            }
        }
        *socket.0.lock().unwrap() = None;
    }
}

fn check(place: &LedgerPlace, boards: &[Board]) {
    let line = Ledger::open(place).unwrap().line(ORDER).unwrap();
    let target = target();
    let rows = line
        .rows
        .iter()
        .map(|row| (row.mac.clone(), row))
        .collect::<BTreeMap<_, _>>();
    assert_eq!(rows.len(), line.rows.len(), "a board has two devices");
    let devices = line.rows.iter().map(|row| &row.uuid).collect::<BTreeSet<_>>();
    assert_eq!(devices.len(), line.rows.len(), "a device has two boards");
    for board in boards {
        let silicon = board.chip.silicon();
        let mac = matter_ledger::Mac::from(silicon.mac).to_string();
        let row = rows.get(&mac);
        assert_eq!(silicon.double_burns, 0, "{silicon:?}");
        assert!(silicon.blocks.values().all(|block| block.burns <= 1), "{silicon:?}");
        match board.expected {
            None => {
                let row = row.unwrap_or_else(|| panic!("{mac} has no device"));
                assert_eq!(row.state, ClaimState::Done, "{row:?}");
                let device = device(&target, &row.uuid);
                assert!(silicon.flash.starts_with(&device.parts[0].bytes));
                assert!(silicon.is_locked(), "{silicon:?}");
                assert_eq!(silicon.value("SPI_BOOT_CRYPT_CNT"), 7);
                for (block, file) in [("BLOCK_KEY0", "flash-key.bin"), ("BLOCK_KEY1", "hmac-key.bin")] {
                    let held = &silicon.blocks[block];
                    let purpose = held.purpose.unwrap();
                    assert!(held.is_hidden && held.bytes == *purpose.block_bytes(&key_of(&row.uuid, file)).unwrap());
                }
                assert_eq!(silicon.label.as_deref(), Some(device.label.qr.as_str()));
            }
            Some((code, true)) => {
                let row = row.unwrap_or_else(|| panic!("{mac} has no device: {:?}", silicon.fault));
                assert_eq!(
                    (row.state, row.reason.as_deref()),
                    (ClaimState::Quarantined, Some(code)),
                    "{:?}",
                    silicon.fault
                );
            }
            Some((code, false)) => {
                assert!(row.is_none(), "{row:?}");
                let refused = line
                    .refused
                    .iter()
                    .filter(|board| board.mac.as_deref() == Some(mac.as_str()));
                assert_eq!(refused.map(|board| board.reason.as_str()).collect::<Vec<_>>(), [code]);
                assert!(silicon.flash.iter().all(|byte| *byte == 0xFF), "something was written");
            }
        }
    }
}

#[test]
fn every_good_chip_gets_one_device_and_every_bad_one_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let (mut cuts, mut kills) = (0, 0);
    for seed in 0..4u64 {
        let place = LedgerPlace::from(folder.path().join(format!("{seed}.sqlite")));
        fill(&place, CHIPS);
        let boards = boards(&mut Numbers(seed));
        let queue = boards.iter().map(|board| board.chip.clone()).collect::<VecDeque<_>>();
        let queue = Mutex::new(queue);
        kills += thread::scope(|scope| {
            let slots = (0..SLOTS).map(|name| {
                let (place, queue) = (&place, &queue);
                scope.spawn(move || work(place, name, queue))
            });
            let slots = slots.collect::<Vec<_>>();
            slots.into_iter().map(|slot| slot.join().unwrap()).sum::<u32>()
        });
        check(&place, &boards);
        cuts += boards.iter().map(|board| board.chip.silicon().cuts).sum::<u32>();
    }
    println!(
        "{} chips, {cuts} cuts of the power, {kills} kills of the station",
        4 * CHIPS
    );
    assert!(cuts > 60 && kills > 20, "{cuts} {kills}");
}

/// Cuts the power of one chip at each step in turn, and kills the station at each step in turn.
#[test]
fn a_cut_at_any_step_leaves_one_good_board() {
    let folder = tempfile::tempdir().unwrap();
    let place = LedgerPlace::from(folder.path().join("ledger.sqlite"));
    fill(&place, 400);
    let mut boards = Vec::new();
    let mut is_over = [false; 2];
    for step in 1.. {
        for is_kill in [false, true] {
            let number = step * 2 + u32::from(is_kill);
            let chip = SimpleChip::new(number, None);
            {
                let mut silicon = chip.silicon();
                if is_kill {
                    silicon.kill_at = Some(step);
                } else {
                    silicon.cut_at = Some(step);
                }
            }
            work(&place, 1, &Mutex::new([chip.clone()].into()));
            let silicon = chip.silicon();
            is_over[usize::from(is_kill)] = silicon.kill_at.is_some() || silicon.cut_at.is_some();
            drop(silicon);
            boards.push(Board { chip, expected: None });
        }
        if is_over == [true; 2] {
            break;
        }
        assert!(step < 180, "the work never ends");
    }
    println!("{} boards", boards.len());
    assert!(boards.len() > 100);
    check(&place, &boards);
}
