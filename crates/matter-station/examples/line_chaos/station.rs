//! The process that is killed: a station with several slots.

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use esp_rom_loader::PortAddress;
use matter_ledger::{LedgerPlace, Mac};
use matter_station::{BoardRefusal, Labels, Outcome, Patience, QuarantineReason, RomPort, Slot, StationDevice};

use crate::order::{station, target};
use crate::robot::{Robot, ports};

/// Labels that the robot attaches to the boards.
struct Sticker(Robot);

impl Labels for Sticker {
    fn print(&self, slot: &str, device: &StationDevice, _mac: Mac) -> Result<(), String> {
        self.0.ask(&format!("label {slot} {}", *device.label.qr));
        Ok(())
    }

    fn scan(&self, slot: &str) -> Result<Option<String>, String> {
        let code = self.0.ask(&format!("scan {slot}"));
        Ok(Some(code).filter(|code| code != "-"))
    }
}

pub fn run(place: &LedgerPlace, folder: &Path, slots: usize) {
    let target = target();
    let ports = ports(folder);
    let labels: Arc<dyn Labels> = Arc::new(Sticker(Robot::new(folder)));
    let patience = Patience {
        tries: 4,
        pause: Duration::from_millis(30),
    };
    let station = station(place, &target).with_labels(labels).with_patience(patience);
    thread::scope(|scope| {
        for number in 0..slots {
            let (station, ports) = (&station, &ports);
            scope.spawn(move || {
                let robot = Robot::new(folder);
                let address: PortAddress = format!("socket://127.0.0.1:{}", ports[number + 1]).parse().unwrap();
                let port = RomPort::new(address)
                    .with_deadline(Duration::from_millis(600))
                    .with_attempts(2);
                let slot = Slot::new(number.to_string());
                let mut retries = 0;
                while robot.ask(&format!("look {number}")) != "empty" {
                    match station.run_board(&slot, &port, &()) {
                        Outcome::Retry(cause) => {
                            retries += 1;
                            if std::env::var_os("LINE_DEBUG").is_some() {
                                eprintln!("slot {number}: {cause}");
                            }
                            // The operator removes dead boards, also those left by a killed station.
                            if retries > 10 {
                                station.give_up_missing(&slot, QuarantineReason::ChipGone, &()).unwrap();
                                robot.ask(&format!("next {number}"));
                                retries = 0;
                            }
                            thread::sleep(Duration::from_millis(10));
                        }
                        Outcome::Failed(error) => panic!("{error}"),
                        outcome => {
                            // The board was completed before the kill.
                            if let Outcome::Refused(refusal) = &outcome
                                && refusal.reason == BoardRefusal::Unidentified
                            {
                                station.give_up_missing(&slot, QuarantineReason::Garbage, &()).unwrap();
                            }
                            retries = 0;
                            if std::env::var_os("LINE_DEBUG").is_some() {
                                eprintln!("slot {number}: {outcome:?}");
                            }
                            robot.ask(&format!("next {number}"));
                        }
                    }
                }
            });
        }
    });
}
