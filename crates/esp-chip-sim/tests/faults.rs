//! Each fault, as seen by a station.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

#[path = "support/host.rs"]
mod host;

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use esp_chip_sim::{ChipSim, Fault, Moment};
use esp_flash_image::Chip;

use host::Host;

const MAC: [u8; 6] = [0x60, 0x55, 0xF9, 0x01, 0x02, 0x03];
const C3: u32 = 0x6000_8800;

fn faulty(fault: &str) -> ChipSim {
    faulty_chip(Chip::Esp32c3, fault)
}

fn faulty_chip(chip: Chip, fault: &str) -> ChipSim {
    let sim = ChipSim::new(chip, MAC).unwrap();
    sim.with_fault(fault.parse().unwrap()).with_seed(7)
}

fn pad_jtag() -> [u32; 11] {
    let mut words = [0; 11];
    words[1] = 0b11 << 19;
    words
}

#[test]
fn bad_flash_reads_one_cell_of_the_first_region_wrong_for_ever() {
    let sim = faulty("bad-flash");
    let mut host = Host::new(&sim);
    host.attach();
    for _ in 0..2 {
        host.write(0x2000, &[0x5A; 0x1000], 0x400).unwrap();
        let flash = sim.flash();
        let wrong = flash[0x2000..0x3000].iter().filter(|byte| **byte != 0x5A).count();
        assert_eq!(wrong, 1);
        assert_ne!(
            host.md5(0x2000, 0x1000),
            Ok(b"2e76fc1e1a93bc4d7b4d3e7ba4b1a0a5".to_vec())
        );
    }
    let first = sim.flash();
    host.write(0x5000, &[0x5A; 0x100], 0x100).unwrap();
    assert_eq!(sim.flash()[0x5000..0x5100], [0x5A; 0x100]);
    assert_eq!(first[0x2000..0x3000], sim.flash()[0x2000..0x3000]);
}

#[test]
fn dying_takes_the_port_and_never_gives_it_back() {
    for moment in ["start", "block:2", "flash:1", "md5:1", "burn:1"] {
        let sim = faulty(&format!("dies@{moment}"));
        let mut host = Host::silent(&sim);
        if moment != "start" {
            assert_eq!(host.sync(), 8);
            work(&mut host);
        }
        host.sync();
        assert_eq!(host.bytes(), Err(ErrorKind::NotConnected), "{moment}");
        sim.power_cut();
        assert_eq!(Host::silent(&sim).bytes(), Err(ErrorKind::NotConnected));
        assert!(sim.is_dead());
    }
}

/// Writes two regions, reads their checksums and burns, as long as the chip answers.
fn work(host: &mut Host) -> Option<()> {
    let attach = host.ask(0x0D, 0, &[0; 8]);
    attach?;
    for address in [0x1000_u32, 0x8000] {
        let begin: Vec<u8> = [512_u32, 4, 128, address, 0]
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .collect();
        host.ask(2, 0, &begin)?;
        for sequence in 0..4 {
            host.block(3, sequence, &[0xC0; 128])?.ok()?;
        }
        let md5: Vec<u8> = [address, 512, 0, 0]
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .collect();
        host.ask(0x13, 0, &md5)?;
    }
    let mut registers = vec![(C3 + 4, 1 << 19), (C3 + 0x1CC, 0x5A5A), (C3 + 0x1D4, 2)];
    for (address, value) in registers.drain(..) {
        let write: Vec<u8> = [address, value, u32::MAX, 0]
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .collect();
        host.ask(9, 0, &write)?;
    }
    Some(())
}

#[test]
fn the_action_at_the_moment_is_completed() {
    let sim = faulty("dies@burn:1");
    let mut host = Host::new(&sim);
    assert_eq!(work(&mut host), None);
    assert_eq!((sim.efuse("DIS_PAD_JTAG"), sim.burns().commands), (1, 1));
    let sim = faulty("stuck@block:2");
    let mut host = Host::new(&sim);
    assert_eq!(work(&mut host), None);
    assert_eq!(sim.flash()[0x1000..0x1101], [[0xC0; 256].as_slice(), &[0xFF]].concat());
}

#[test]
fn stuck_chips_are_silent_until_they_lose_their_power() {
    let sim = faulty("stuck@md5:2");
    let mut host = Host::new(&sim);
    for _ in 0..2 {
        assert_eq!(work(&mut host), None);
        assert_eq!((host.bytes(), host.sync()), (Ok(vec![]), 0));
        // A reset does not help.
        esp_rom_loader::Port::set_signals(&mut host.0, true, true).unwrap();
        esp_rom_loader::Port::set_signals(&mut host.0, false, false).unwrap();
        assert_eq!(host.sync(), 0);
        sim.power_cut();
        host = Host::new(&sim);
    }
}

#[test]
fn a_brown_out_happens_once_and_keeps_written_data() {
    for moment in ["start", "block:3", "flash:2", "md5:1", "burn:1"] {
        let sim = faulty(&format!("brown-out@{moment}"));
        let mut host = Host::silent(&sim);
        if moment == "start" {
            host.send(8, 0, &host::SYNC);
        } else {
            assert_eq!(host.sync(), 8);
            assert_eq!(work(&mut host), None, "{moment}");
        }
        // Nothing is answered before a SYNC, and everything after it.
        assert_eq!(host.ask(0x14, 0, &[]), None);
        assert_eq!(host.sync(), 8, "{moment}");
        assert_eq!(work(&mut host), Some(()), "{moment}");
        assert_eq!(
            sim.burns().double_burn(),
            moment == "burn:1",
            "the station here burns again"
        );
    }
}

#[test]
fn a_chip_that_disconnects_is_back_on_a_new_port() {
    let sim = faulty("disconnects@flash:1");
    let mut host = Host::new(&sim);
    assert_eq!(work(&mut host), None);
    assert_eq!(host.bytes(), Err(ErrorKind::NotConnected));
    assert_eq!(sim.flash()[0x1000..0x1200], [0xC0; 512]);
    let mut host = Host::new(&sim);
    assert_eq!(work(&mut host), Some(()));
}

#[test]
fn garbage_is_no_answer_and_the_same_for_a_seed() {
    let noise = |seed| {
        let sim = ChipSim::new(Chip::Esp32c3, MAC).unwrap();
        let sim = sim.with_fault(Fault::Garbage(Moment::Block(1))).with_seed(seed);
        let mut host = Host::new(&sim);
        assert_eq!(work(&mut host), None);
        host.send(0x14, 0, &[]);
        host.bytes().unwrap()
    };
    let (first, again, other) = (noise(1), noise(1), noise(2));
    assert!(first.len() >= 4);
    assert_eq!(first, again);
    assert_ne!(first, other);
}

#[test]
fn a_stuck_bit_reads_0_after_its_burn() {
    for (fault, expected) in [
        ("efuse-stuck-bit", 0b10),
        ("efuse-stuck-bit@burn:1", 0b11),
        ("none", 0b11),
    ] {
        let sim = faulty(fault);
        let mut host = Host::new(&sim);
        host.burn(C3, 0, &pad_jtag());
        host.load(C3);
        assert_eq!(host.read(C3 + 0x30) >> 19, expected, "{fault}");
    }
    let sim = faulty("efuse-stuck-bit@burn:1");
    let mut host = Host::new(&sim);
    host.burn(C3, 0, &pad_jtag());
    let mut counter = [0; 11];
    counter[2] = 0b111 << 18;
    host.burn(C3, 0, &counter);
    host.load(C3);
    assert_eq!(host.read(C3 + 0x34) >> 18, 0b110);
}

#[test]
fn unusable_chips_are_so_from_the_start() {
    assert_eq!(Host::silent(&faulty("no-answer")).sync(), 0);
    assert_eq!(Host::silent(&faulty("download-off")).sync(), 0);
    assert_eq!(Host::silent(&faulty_chip(Chip::Esp32, "locked")).sync(), 0);
    let mut locked = Host::new(&faulty("locked"));
    assert_eq!(locked.words(0x0A, &[C3 + 0x44]), Err(5));
    assert_eq!(locked.words(0x14, &[]).unwrap()[0], 4);
    assert!(faulty("locked").is_locked());

    let sim = faulty("small-flash");
    assert_eq!(sim.flash().len(), 0x8_0000);
    let mut host = Host::new(&sim);
    host.attach();
    assert_eq!(host.words(2, &[16, 1, 16, 0x8_0000, 0]), Err(6));

    let sim = faulty("wrong-chip");
    assert_eq!((sim.chip(), sim.mac()), (Chip::Esp32c5, MAC));
    assert_eq!(Host::new(&sim).words(0x14, &[]).unwrap()[12], 23);

    assert_eq!(Host::new(&faulty("wrong-revision")).read(C3 + 0x44 + 12), 0);

    let sim = faulty("key-used");
    let mut host = Host::new(&sim);
    assert_ne!(sim.efuse_block("BLOCK_KEY0").unwrap(), [0; 32]);
    assert_ne!(host.read(C3 + 0x9C), 0);
    assert_eq!((host.read(C3 + 0x1C0), sim.burns().commands), (0, 0));
}

#[test]
fn md5_garbage_has_the_length_of_an_md5() {
    let mut host = Host::new(&faulty("md5-garbage"));
    host.attach();
    let (first, second) = (host.md5(0, 16).unwrap(), host.md5(0, 16).unwrap());
    assert_eq!((first.len(), second.len()), (32, 32));
    assert_ne!(first, second);
}

#[test]
fn slow_chips_answer_late() {
    let sim = faulty("slow");
    let mut host = Host::silent(&sim);
    let begin = Instant::now();
    assert_eq!(host.sync(), 8);
    assert!(host.ask(0x14, 0, &[]).is_some());
    assert!(begin.elapsed() >= Duration::from_millis(20));
}

#[test]
fn harmless_faults_are_listed() {
    let harmless: Vec<&str> = Fault::ALL
        .iter()
        .filter(|fault| fault.is_harmless())
        .map(|fault| fault.name())
        .collect();
    assert_eq!(harmless, ["brown-out", "disconnects", "none", "slow"]);
}
