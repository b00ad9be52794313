//! Boards that are flashed, start their firmware, generate a key, get a certificate for it, and are locked, on one port.

#![cfg(all(unix, feature = "issuance"))]
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    dead_code,
    unreachable_pub,
    reason = "tests"
)]

#[path = "../../matter-device-sim/tests/support/station.rs"]
mod desk;
mod support {
    pub mod chip;
    pub mod order;
}

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use desk::Factory;
use esp_chip_sim::ChipSim;
use esp_flash_image::{Chip, ImageHeader, ImageWriter, PartitionTable, TableOptions};
use esp_flash_plan::{DeviceKeys, DeviceParts, FlashPlan, NvsEncryption, SecurityProfile, SharedParts};
use esp_rom_loader::{ConnectSettings, Reset};
use matter_device_sim::{Device, Fault, Fleet, Moment};
use matter_issuance::State;
use matter_issuance::protocol::Mac;
use matter_ledger::{ClaimState, Ledger};
use matter_station::{Board, BoardFault, BoardTarget, Connect, Issuing, Outcome, RetryCause, RomBoard, Slot};
use support::order::{ORDER, fill, station, target};

const MAC: [u8; 6] = [0x60, 0x55, 0xf9, 0, 3, 0];

/// A chip with its own line.
struct Line(ChipSim);

impl Connect for Line {
    fn connect(&self) -> Result<Box<dyn Board + Send>, BoardFault> {
        let settings = ConnectSettings::new(Reset::Classic);
        Ok(Box::new(RomBoard::connect(self.0.port(), &settings, 921_600)?))
    }

    fn name(&self) -> String {
        "sim".into()
    }
}

fn device(fault: Fault) -> Device {
    let fleet = Fleet::new(Mac::new(MAC), [8; 32]).with_fault(fault);
    fleet.device(0).unwrap()
}

/// Firmware that waits for a station indefinitely, and restarts after each session.
fn firmware(mut device: Device) -> impl FnMut(&[u8]) -> Vec<u8> + Send {
    let (mut near, mut far) = UnixStream::pair().unwrap();
    near.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    far.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    thread::spawn(move || while device.run_session(&mut far).is_ok() {});
    move |bytes| {
        near.write_all(bytes).unwrap();
        let mut answer = vec![0; 4096];
        let len = near.read(&mut answer).unwrap_or(0);
        answer.truncate(len);
        answer
    }
}

/// A key is burned after the certificate is issued; the flash is unencrypted, otherwise no firmware would start.
fn plain_target() -> BoardTarget {
    let csv = "nvs, data, nvs, 0x9000, 0x6000\nfactory, app, factory, 0x10000, 0x10000";
    let table = PartitionTable::from_csv(csv, &TableOptions::new()).unwrap();
    let mut writer = ImageWriter::new(ImageHeader::new(Chip::Esp32c3).with_flash_codes(2, 0));
    writer.push(0x4038_0000, b"machine code").unwrap();
    let image = writer.finish().unwrap();
    let profile =
        SecurityProfile::new(Chip::Esp32c3, "4MB".parse().unwrap(), table).with_nvs_encryption(NvsEncryption::Hmac);
    let plan = FlashPlan::new(profile, &SharedParts::new(&image).with_app("factory", &image)).unwrap();
    let keys = DeviceKeys::new().with_hmac_file("hmac-key.bin");
    let device = plan.device(&DeviceParts::new(), &keys).unwrap();
    BoardTarget {
        steps: device.efuse_steps().cloned().collect(),
        ..target()
    }
}

struct Bench {
    factory: Factory,
    folder: tempfile::TempDir,
    line: Line,
}

impl Bench {
    fn new(fault: Fault) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("ledger.sqlite");
        fill(place.as_path(), 1);
        let chip = ChipSim::new(Chip::Esp32c3, MAC).unwrap();
        Self {
            factory: Factory::new(10),
            folder,
            line: Line(chip.with_app(firmware(device(fault)))),
        }
    }

    fn run(&self) -> Outcome {
        let place = self.folder.path().join("ledger.sqlite");
        let issuing = Issuing::new(self.factory.desk.clone(), self.factory.settings.clone());
        let station = station(place.as_path(), &plain_target()).with_firmware_step(Arc::new(issuing));
        station.run_board(&Slot::new("1"), &self.line, &())
    }

    /// State and facts of the board's row.
    fn row(&self) -> (ClaimState, String) {
        let place = self.folder.path().join("ledger.sqlite");
        let line = Ledger::open(place.as_path()).unwrap().line(ORDER).unwrap();
        assert_eq!(line.rows.len(), 1);
        (line.rows[0].state, format!("{:?}", line.rows[0]))
    }
}

#[test]
fn board_is_ready_with_a_certificate_for_its_own_key() {
    let bench = Bench::new(Fault::None);
    let outcome = bench.run();
    assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");
    let known = bench.factory.known(&device(Fault::None)).unwrap();
    assert_eq!(known.state, State::Proved);
    let (state, facts) = bench.row();
    assert_eq!(state, ClaimState::Done);
    assert!(
        facts.contains("dac_serial") && facts.contains("dac_key_sha256"),
        "{facts}"
    );
    // The NVS key was burned afterwards, once.
    assert!(!bench.line.0.burns().double_burn());
    assert_eq!(bench.line.0.efuse("KEY_PURPOSE_0"), 8);
}

#[test]
fn board_that_loses_power_in_its_session_goes_on_with_the_same_certificate() {
    let bench = Bench::new(Fault::DiesAt(Moment::Csr));
    let outcome = bench.run();
    assert!(
        matches!(outcome, Outcome::Retry(RetryCause::Firmware(_))),
        "{outcome:?}"
    );
    assert_eq!(bench.row().0, ClaimState::Flashed);
    assert_eq!(bench.line.0.efuse("KEY_PURPOSE_0"), 0);
    let outcome = bench.run();
    assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");
    assert_eq!(bench.row().0, ClaimState::Done);
}

#[test]
fn board_that_does_not_hold_its_key_is_given_up_before_anything_is_burned() {
    let bench = Bench::new(Fault::WrongPossession);
    let outcome = bench.run();
    let Outcome::Quarantined(quarantine) = &outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(quarantine.reason.code(), "issuing-refused");
    assert_eq!(bench.row().0, ClaimState::Quarantined);
    assert_eq!(bench.line.0.efuse("KEY_PURPOSE_0"), 0);
}
