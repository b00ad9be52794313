//! The state file of a chip.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

#[path = "support/host.rs"]
mod host;

use std::fs;
use std::io::ErrorKind;

use esp_chip_sim::{ChipSim, Error};
use esp_flash_image::Chip;

use host::Host;

const MAC: [u8; 6] = [0x60, 0x55, 0xF9, 0x01, 0x02, 0x03];
const C3: u32 = 0x6000_8800;

fn sim() -> ChipSim {
    ChipSim::new(Chip::Esp32c3, MAC).unwrap()
}

fn pad_jtag() -> [u32; 11] {
    let mut words = [0; 11];
    words[1] = 1 << 19;
    words
}

#[test]
fn a_chip_that_is_not_simulated_is_named() {
    let error = ChipSim::new(Chip::Esp32h4, MAC).err().unwrap();
    assert_eq!(
        error.to_string(),
        "this chip is not simulated: esp32h4; choose a chip that esp-rom-loader supports"
    );
}

#[test]
fn flash_efuses_and_burns_outlive_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("chip");
    {
        let sim = sim().with_state_file(&file).unwrap();
        let mut host = Host::new(&sim);
        host.attach();
        host.write(0x1000, &[0x5A; 0x2000], 0x400).unwrap();
        host.burn(C3, 0, &pad_jtag());
        host.burn(C3, 0, &pad_jtag());
        host.write(0x1000, b"second", 6).unwrap();
    }
    let sim = sim().with_state_file(&file).unwrap();
    let flash = sim.flash();
    assert_eq!(flash[0x1000..0x1007], *b"second\xFF");
    assert_eq!(flash[0x2000..0x3000], [0x5A; 0x1000]);
    assert_eq!((sim.efuse("DIS_PAD_JTAG"), sim.burns().commands), (1, 2));
    assert_eq!(sim.burns().double_bits, [51]);
    assert_eq!(Host::new(&sim).read(C3 + 0x30), 1 << 19);
}

#[test]
fn a_burn_is_in_the_file_before_it_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let (file, copy) = (folder.path().join("chip"), folder.path().join("copy"));
    let sim = sim().with_state_file(&file).unwrap();
    let mut host = Host::new(&sim);
    for (number, words) in [pad_jtag(), pad_jtag()].iter().enumerate() {
        host.burn(C3, 0, words);
        fs::copy(&file, &copy).unwrap();
        let killed = ChipSim::new(Chip::Esp32c3, MAC)
            .unwrap()
            .with_state_file(&copy)
            .unwrap();
        assert_eq!(usize::try_from(killed.burns().commands).unwrap(), number + 1);
    }
}

#[test]
fn a_record_that_was_not_finished_is_as_if_it_was_never_begun() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("chip");
    {
        let sim = sim().with_state_file(&file).unwrap();
        Host::new(&sim).burn(C3, 0, &pad_jtag());
    }
    let whole = fs::read(&file).unwrap();
    for len in (0..=whole.len()).rev().step_by(5).chain(0..20) {
        fs::write(&file, &whole[..len]).unwrap();
        let sim = sim().with_state_file(&file).unwrap();
        assert_eq!(
            sim.efuse("DIS_PAD_JTAG"),
            u32::from(len == whole.len()),
            "{len} of {}",
            whole.len()
        );
    }
}

#[test]
fn a_record_that_is_damaged_is_refused_and_nothing_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("chip");
    {
        let sim = sim().with_state_file(&file).unwrap();
        let mut host = Host::new(&sim);
        host.attach();
        host.write(0x1000, &[0x5A; 0x1000], 0x400).unwrap();
        host.burn(C3, 0, &pad_jtag());
    }
    let whole = fs::read(&file).unwrap();
    // The kind and the length of the first record, and bytes everywhere.
    for at in (0..12).chain((12..whole.len()).step_by(37)).chain([whole.len() - 1]) {
        for bit in [0, 3, 7] {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << bit;
            fs::write(&file, &bytes).unwrap();
            let error = sim().with_state_file(&file).unwrap_err();
            assert_eq!(error, Error::StateFormat, "bit {bit} of byte {at}");
            assert_eq!(fs::read(&file).unwrap(), bytes);
        }
    }
}

#[test]
fn a_dead_chip_stays_dead_and_a_brown_out_does_not_come_again() {
    let folder = tempfile::tempdir().unwrap();
    for (fault, is_back) in [
        ("dies@burn:1", false),
        ("brown-out@burn:1", true),
        ("disconnects@burn:1", true),
    ] {
        let file = folder.path().join(fault.replace([':', '@'], "-"));
        let make = || sim().with_fault(fault.parse().unwrap()).with_state_file(&file).unwrap();
        {
            let sim = make();
            let mut host = Host::new(&sim);
            for (register, value) in [(4, 1 << 19), (0x1CC, 0x5A5A), (0x1D4, 2)] {
                let write: Vec<u8> = [C3 + register, value, u32::MAX, 0]
                    .iter()
                    .flat_map(|word| word.to_le_bytes())
                    .collect();
                host.ask(9, 0, &write);
            }
            assert_eq!(sim.efuse("DIS_PAD_JTAG"), 1);
        }
        let sim = make();
        let mut host = Host::silent(&sim);
        host.sync();
        assert_eq!((sim.is_dead(), host.bytes().is_ok()), (!is_back, is_back), "{fault}");
    }
}

#[test]
fn other_files_are_refused_and_left_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("chip");
    for bytes in [b"something else".as_slice(), b"E\x00\x00\x00\x00", &[0; 200]] {
        fs::write(&file, bytes).unwrap();
        assert_eq!(sim().with_state_file(&file).unwrap_err(), Error::StateFormat);
        assert_eq!(fs::read(&file).unwrap(), bytes);
    }
    fs::remove_file(&file).unwrap();
    let open = sim().with_state_file(&file).unwrap();
    assert_eq!(sim().with_state_file(&file).unwrap_err(), Error::StateInUse);
    drop(open);
    let other = ChipSim::new(Chip::Esp32c3, [2; 6]).unwrap();
    assert_eq!(other.with_state_file(&file).unwrap_err(), Error::StateOfOther);
    let other = ChipSim::new(Chip::Esp32c6, MAC).unwrap();
    assert_eq!(other.with_state_file(&file).unwrap_err(), Error::StateOfOther);
    let nowhere = folder.path().join("none").join("chip");
    assert_eq!(
        sim().with_state_file(&nowhere).unwrap_err(),
        Error::StateFile(ErrorKind::NotFound)
    );
}
