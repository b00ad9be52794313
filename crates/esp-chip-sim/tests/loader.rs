//! The chip driven by `esp-rom-loader`.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use std::time::Instant;

use esp_chip_sim::{ChipSim, SimPort};
use esp_flash_image::Chip;
use esp_rom_loader::{ConnectSettings, EfuseMap, Error, Loader, Reset};

fn connect(sim: &ChipSim, reset: Reset) -> Result<Loader<SimPort>, Error> {
    Loader::connect(sim.port(), &ConnectSettings::new(reset).with_attempts(1))
}

#[test]
fn every_chip_is_identified_and_written() {
    let chips = Chip::ALL.iter().filter(|chip| EfuseMap::of(**chip, None).is_some());
    let mut count = 0;
    for chip in chips {
        let mac = [0x60, 0x55, 0xF9, 1, 2, chip.image_id().to_le_bytes()[0]];
        let sim = ChipSim::new(*chip, mac).unwrap().with_mac_extension([0xAB, 0xCD]);
        let sim = sim.with_flash_size("8MB".parse().unwrap());
        let mut loader = connect(&sim, Reset::None).unwrap();
        let board = loader.identify().unwrap();
        assert_eq!((board.chip, board.mac, board.flash_size), (*chip, mac, Some(0x80_0000)));
        if let Some(extension) = board.mac_extension {
            assert_eq!(extension, [0xAB, 0xCD], "{chip}");
        }
        loader.set_baud(921_600).unwrap();
        let image: Vec<u8> = (0..50_001_u32)
            .map(|index| ((index * index) >> 7).to_le_bytes()[0])
            .collect();
        loader.write_flash(0x1_0000, &image, &mut |_| {}).unwrap();
        assert_eq!(sim.flash()[0x1_0000..][..image.len()], image, "{chip}");
        assert_eq!(loader.read_flash(0x1_0000, 1000).unwrap(), image[..1000]);
        count += 1;
    }
    println!("{count} chips");
    assert!(count >= 10);
}

#[test]
fn both_kinds_of_resets_reach_the_rom() {
    for reset in [Reset::Classic, Reset::Usb] {
        let sim = ChipSim::new(Chip::Esp32c3, [2; 6]).unwrap();
        let mut loader = connect(&sim, reset).unwrap();
        assert_eq!(loader.identify().unwrap().mac, [2; 6]);
    }
}

#[test]
fn faults_have_errors_of_their_own() {
    let faulty = |fault: &str| {
        ChipSim::new(Chip::Esp32h2, [2; 6])
            .unwrap()
            .with_fault(fault.parse().unwrap())
    };
    assert!(connect(&faulty("no-answer"), Reset::None).is_err());
    assert!(matches!(
        connect(&faulty("locked"), Reset::None).unwrap().identify(),
        Err(Error::SecureDownload)
    ));
    for fault in ["dies", "disconnects", "brown-out@block:3"] {
        let sim = faulty(fault);
        let mut loader = connect(&sim, Reset::None).unwrap();
        let image: Vec<u8> = (0..100_000_u32)
            .map(|index| index.wrapping_mul(0x9E37_79B9).to_be_bytes()[0])
            .collect();
        let failed = loader.write_flash(0, &image, &mut |_| {}).unwrap_err();
        assert_eq!(
            matches!(failed, Error::PortGone { .. }),
            fault.starts_with("di"),
            "{fault}: {failed}"
        );
    }
}

#[test]
fn hundreds_of_chips_are_cheap() {
    let begin = Instant::now();
    let chips: Vec<ChipSim> = (0..200_u8)
        .map(|index| ChipSim::new(Chip::Esp32c3, [0x60, 0x55, 0xF9, 0, 0, index]).unwrap())
        .collect();
    let mut footprint = 0;
    for sim in &chips {
        let mut loader = connect(sim, Reset::None).unwrap();
        loader.write_flash(0x1000, &[0x5A; 0x6000], &mut |_| {}).unwrap();
        footprint = sim.footprint();
    }
    println!(
        "{} chips in {:?}, {footprint} bytes each with 24 KiB written",
        chips.len(),
        begin.elapsed()
    );
    assert!(footprint < 0x6000 + 0x4000, "{footprint}");

    let begin = Instant::now();
    let image: Vec<u8> = (0..0x20_0000_u32)
        .map(|index| (index.wrapping_mul(0x9E37_79B9) >> 13).to_le_bytes()[0])
        .collect();
    let sim = ChipSim::new(Chip::Esp32c3, [2; 6]).unwrap();
    let mut loader = connect(&sim, Reset::None).unwrap();
    loader.write_flash(0, &image, &mut |_| {}).unwrap();
    println!("2 MiB in {:?}", begin.elapsed());
    assert!(sim.flash().starts_with(&image));
}
