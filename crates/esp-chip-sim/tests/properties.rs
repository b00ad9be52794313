//! A chip continues to work after arbitrary input.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

#[path = "support/host.rs"]
mod host;

use esp_chip_sim::{ChipSim, Fault};
use esp_flash_image::Chip;
use proptest::prelude::*;

use host::Host;

fn chip() -> impl Strategy<Value = Chip> {
    prop::sample::select(vec![
        Chip::Esp32,
        Chip::Esp32c2,
        Chip::Esp32c3,
        Chip::Esp32h2,
        Chip::Esp32s2,
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn random_requests_leave_a_chip_that_synchronises(
        chip in chip(),
        requests in prop::collection::vec((0_u8..0x16, prop::collection::vec(any::<u32>(), 0..8)), 0..20),
    ) {
        let sim = ChipSim::new(chip, [2; 6]).unwrap();
        let mut host = Host::new(&sim);
        // After a change of the baud rate, the chip would understand nothing else.
        for (command, words) in requests.into_iter().filter(|(command, _)| *command != 0x0F) {
            let data: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
            host.send(command, 0, &data);
        }
        let _ = host.bytes();
        prop_assert!(host.sync() >= 8);
    }

    #[test]
    fn random_bytes_leave_a_chip_that_synchronises(chip in chip(), bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let sim = ChipSim::new(chip, [2; 6]).unwrap();
        let mut host = Host::new(&sim);
        host.send_frame(&bytes);
        let _ = std::io::Write::write_all(&mut host.0, &bytes);
        let _ = host.bytes();
        sim.power_cut();
        prop_assert_eq!(host.sync(), 8);
    }

    #[test]
    fn texts_of_faults_are_read_or_refused(text in "[a-z@:0-9-]{0,20}") {
        if let Ok(fault) = text.parse::<Fault>() {
            prop_assert_eq!(fault.to_string().parse(), Ok(fault));
        }
    }

    #[test]
    fn written_bytes_are_read_back(address in 0_u32..0x3F_0000, bytes in prop::collection::vec(any::<u8>(), 1..9000), block in 1_usize..3000) {
        let sim = ChipSim::new(Chip::Esp32c6, [2; 6]).unwrap();
        let mut host = Host::new(&sim);
        host.attach();
        host.write(address, &bytes, block).unwrap();
        let start = usize::try_from(address).unwrap();
        prop_assert_eq!(&sim.flash()[start..][..bytes.len()], &bytes[..]);
    }
}
