//! The eFuse controller, register by register.
//!
//! Registers of the ESP32-C3 and the ESP32 are those of ESP-IDF's `soc/efuse_reg.h`; bits are those of
//! `esp_efuse_table.csv`.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

#[path = "support/host.rs"]
mod host;

use esp_chip_sim::ChipSim;
use esp_flash_image::{Chip, ChipRevision};

use host::Host;

const MAC: [u8; 6] = [0x60, 0x55, 0xF9, 0x01, 0x02, 0x03];
/// DR_REG_EFUSE_BASE of the ESP32-C3.
const C3: u32 = 0x6000_8800;
/// EFUSE_RD_KEY0_DATA0_REG
const KEY0: u32 = C3 + 0x9C;
/// EFUSE_RD_RS_ERR0_REG
const RS_ERR0: u32 = C3 + 0x1C0;
/// reedsolo 1.7.0: RSCodec(12).encode(bytes(range(32))), as words
const KEY: [u32; 11] = [
    0x0302_0100,
    0x0706_0504,
    0x0B0A_0908,
    0x0F0E_0D0C,
    0x1312_1110,
    0x1716_1514,
    0x1B1A_1918,
    0x1F1E_1D1C,
    0x0D47_4CA0,
    0x03B2_FC3F,
    0x13F4_E9DA,
];

fn c3() -> (ChipSim, Host) {
    let sim = ChipSim::new(Chip::Esp32c3, MAC).unwrap();
    let host = Host::new(&sim);
    (sim, host)
}

fn block0(bits: &[u32]) -> [u32; 11] {
    let mut words = [0; 11];
    for bit in bits {
        words[usize::try_from(bit / 32).unwrap()] |= 1 << (bit % 32);
    }
    words
}

#[test]
fn maker_has_burned_mac_and_revision() {
    let (_, mut host) = c3();
    assert_eq!([host.read(C3 + 0x44), host.read(C3 + 0x48)], [0xF901_0203, 0x6055]);
    // Revision 0.4: WAFER_VERSION_MINOR_LO is bits 114..116 of BLOCK1.
    assert_eq!(host.read(C3 + 0x44 + 12), 4 << 18);
    assert_eq!((host.read(RS_ERR0), host.read(RS_ERR0 + 4)), (0, 0));

    let sim = ChipSim::new(Chip::Esp32c6, MAC)
        .unwrap()
        .with_mac_extension([0xAB, 0xCD]);
    let mut host = Host::new(&sim);
    assert_eq!(
        [host.read(0x600B_0844), host.read(0x600B_0848)],
        [0xF901_0203, 0xABCD_6055]
    );
}

#[test]
fn esp32_has_a_checksum_beside_its_mac_and_its_revision_in_three_places() {
    let sim = ChipSim::new(Chip::Esp32, [0x24, 0x0A, 0xC4, 0, 0, 1]).unwrap();
    let sim = sim.with_revision(ChipRevision::new(3, 1).unwrap());
    let mut host = Host::new(&sim);
    assert_eq!(host.read(0x3FF5_A004), 0xC400_0001);
    assert_eq!(host.read(0x3FF5_A008) & 0xFFFF, 0x240A);
    // CHIP_VER_REV1, CHIP_VER_REV2 and WAFER_VERSION_MINOR; APB_CTRL_DATE has the third bit.
    assert_eq!(host.read(0x3FF5_A00C) >> 15 & 1, 1);
    assert_eq!(host.read(0x3FF5_A014) >> 20 & 1, 1);
    assert_eq!(host.read(0x3FF5_A014) >> 24 & 3, 1);
    assert_eq!(host.read(0x3FF6_607C) >> 31, 1);
}

#[test]
fn registers_follow_at_the_command_read_or_a_reset() {
    let (sim, mut host) = c3();
    host.burn(C3, 4, &KEY);
    assert_eq!(host.read(KEY0), 0);
    host.load(C3);
    assert_eq!([host.read(KEY0), host.read(KEY0 + 28)], [KEY[0], KEY[7]]);
    assert_eq!(sim.efuse_block("BLOCK_KEY0").unwrap(), (0..32).collect::<Vec<u8>>());
    host.burn(C3, 0, &block0(&[51]));
    assert_eq!((host.read(C3 + 0x30), sim.efuse("DIS_PAD_JTAG")), (0, 1));
    assert_eq!(host.sync(), 8);
    assert_eq!(host.read(C3 + 0x30), 1 << 19);
}

#[test]
fn commands_need_their_operation_code() {
    let (sim, mut host) = c3();
    for (code, command) in [(0, 2), (0x5AA5, 2), (0x5A5A, 1)] {
        host.set(C3, 1);
        host.set(C3 + 0x1CC, code);
        host.set(C3 + 0x1D4, command);
        assert_eq!(host.read(C3 + 0x2C), 0);
    }
    assert_eq!(sim.burns().commands, 0);
}

#[test]
fn wr_dis_ends_burning_once_it_is_read() {
    let (sim, mut host) = c3();
    // WR_DIS for DIS_PAD_JTAG and others (2), and for KEY0 (23).
    host.burn(C3, 0, &block0(&[2, 23]));
    host.load(C3);
    host.burn(C3, 4, &KEY);
    host.burn(C3, 0, &block0(&[51, 82]));
    assert_eq!(sim.efuse_block("BLOCK_KEY0").unwrap(), [0; 32]);
    assert_eq!((sim.efuse("DIS_PAD_JTAG"), sim.efuse("SPI_BOOT_CRYPT_CNT")), (0, 1));
    assert_eq!((sim.burns().commands, sim.burns().blocks[4]), (2, 0));
}

#[test]
fn rd_dis_hides_a_key_for_ever() {
    let (sim, mut host) = c3();
    host.burn(C3, 4, &KEY);
    host.burn(C3, 0, &block0(&[32]));
    host.load(C3);
    assert_eq!([host.read(KEY0), host.read(KEY0 + 28)], [0, 0]);
    assert_eq!(host.read(RS_ERR0), 0);
    sim.power_cut();
    assert_eq!(host.sync(), 8);
    assert_eq!(host.read(KEY0), 0);
    assert_eq!(sim.efuse_block("BLOCK4").unwrap(), (0..32).collect::<Vec<u8>>());
    // With RD_DIS closed (WR_DIS bit 0), no further block can be hidden.
    host.burn(C3, 0, &block0(&[0]));
    host.load(C3);
    host.burn(C3, 0, &block0(&[33]));
    assert_eq!(sim.efuse("RD_DIS"), 1);
}

#[test]
fn a_key_block_burned_twice_holds_both_and_reports_errors() {
    let (sim, mut host) = c3();
    host.burn(C3, 5, &KEY);
    assert!(!sim.burns().double_burn());
    let mut other = [0; 11];
    other[0] = 0x8000_0000;
    host.burn(C3, 5, &other);
    host.load(C3);
    assert_eq!(host.read(C3 + 0xBC), KEY[0] | 0x8000_0000);
    // BLOCK5 has the fifth nibble.
    assert_eq!(host.read(RS_ERR0), 0xF_0000);
    let burns = sim.burns();
    assert_eq!((burns.double_blocks, burns.blocks[5], burns.commands), (vec![5], 2, 2));
}

#[test]
fn wrong_check_bytes_are_reported_after_the_first_burn() {
    let (sim, mut host) = c3();
    let mut wrong = KEY;
    wrong[9] ^= 1;
    host.burn(C3, 9, &wrong);
    host.load(C3);
    assert_eq!((host.read(RS_ERR0), host.read(RS_ERR0 + 4)), (0, 0xF));
    assert!(!sim.burns().double_burn());
}

#[test]
fn bits_of_block0_that_are_burned_again_are_remembered() {
    let (sim, mut host) = c3();
    host.burn(C3, 0, &block0(&[51, 82]));
    host.burn(C3, 0, &block0(&[82, 83]));
    assert_eq!((sim.burns().double_bits, sim.burns().double_blocks), (vec![82], vec![]));
    assert!(sim.burns().double_burn());
    assert_eq!(sim.efuse("SPI_BOOT_CRYPT_CNT"), 3);
}

#[test]
fn nothing_is_burned_by_zeros_or_in_blocks_that_are_not_there() {
    let (sim, mut host) = c3();
    for block in [0, 4, 10, 11, 15, 0x3FFF_FFFF] {
        host.burn(C3, block, &[0; 11]);
    }
    host.burn(C3, 11, &KEY);
    assert_eq!(sim.burns().commands, 0);
}

#[test]
fn esp32_burns_all_blocks_at_once_and_has_no_check_bytes() {
    let sim = ChipSim::new(Chip::Esp32, MAC).unwrap();
    let mut host = Host::new(&sim);
    let base = 0x3FF5_A000;
    let program = |host: &mut Host| {
        host.set(base + 0xFC, 0x5A5A);
        host.set(base + 0x104, 2);
        host.set(base + 0xFC, 0x5AA5);
        host.set(base + 0x104, 1);
    };
    // FLASH_CRYPT_CNT, the first word of BLOCK1 and the last one of BLOCK3.
    host.set(base + 0x1C, 1 << 20);
    host.set(base + 0x98, 0x1122_3344);
    host.set(base + 0xF4, 0x5566_7788);
    program(&mut host);
    assert_eq!(
        [host.read(base + 0x38), host.read(base + 0x94)],
        [0x1122_3344, 0x5566_7788]
    );
    assert_eq!(sim.efuse("FLASH_CRYPT_CNT"), 1);
    assert_eq!((sim.burns().blocks, sim.burns().commands), (vec![1, 1, 0, 1], 1));
    // Registers keep their values: without clearing them, a station burns again.
    program(&mut host);
    assert_eq!(sim.burns().double_blocks, [1, 3]);
    // RD_DIS hides BLOCK1 and, by its highest bit, fields of BLOCK0.
    host.set(base + 0x98, 0);
    host.set(base + 0xF4, 0);
    host.set(base + 0x1C, 0b1001 << 16);
    host.set(base + 0x1C + 20, 0xF << 28);
    program(&mut host);
    assert_eq!([host.read(base + 0x38), host.read(base + 0x14) >> 28], [0, 0]);
    assert_eq!(sim.efuse("FLASH_CRYPT_CONFIG"), 0xF);
}

#[test]
fn esp32c2_hides_each_half_of_its_key_block() {
    let sim = ChipSim::new(Chip::Esp32c2, MAC).unwrap();
    let mut host = Host::new(&sim);
    let base = 0x6000_8800;
    let mut program = |block: u32, words: &[u32; 11]| {
        for (offset, word) in (0..).step_by(4).zip(words) {
            host.set(base + offset, *word);
        }
        host.set(base + 0x8C, 0x5A5A);
        host.set(base + 0x94, 2 | block << 2);
        host.set(base + 0x8C, 0x5AA5);
        host.set(base + 0x94, 1);
        [host.read(base + 0x60), host.read(base + 0x7C)]
    };
    assert_eq!(program(3, &KEY), [KEY[0], KEY[7]]);
    assert_eq!(program(0, &block0(&[32])), [0, KEY[7]]);
    assert_eq!(program(0, &block0(&[33])), [0, 0]);
}

#[test]
fn secure_download_mode_leaves_plain_writing_after_the_next_reset() {
    let (sim, mut host) = c3();
    // ENABLE_SECURITY_DOWNLOAD
    host.burn(C3, 0, &block0(&[133]));
    assert!(sim.is_locked());
    assert_eq!(host.read(C3 + 0x48), 0x6055);
    assert_eq!(host.sync(), 8);
    host.attach();
    for (command, words) in [
        (0x0A, &[C3][..]),
        (9, &[C3, 1, 1, 0]),
        (0x13, &[0, 16, 0, 0]),
        (0x0E, &[0, 16]),
        (0x10, &[16, 1, 16, 0, 0]),
        (5, &[16, 1, 16, 0]),
        (6, &[0, 0]),
    ] {
        assert_eq!(host.words(command, words), Err(5), "{command:#x}");
    }
    host.write(0x1000, b"plain", 5).unwrap();
    assert_eq!(sim.flash()[0x1000..][..5], *b"plain");
    assert_eq!(host.words(0x14, &[]).unwrap()[0], 1 << 2);
    assert_eq!(host.words(0x0F, &[115_200, 0]), Ok(vec![]));
}

#[test]
fn download_mode_off_is_silence_after_the_next_reset() {
    for (chip, base, command, bit) in [
        (Chip::Esp32c3, C3, 0x1D4, 128),
        (Chip::Esp32h2, 0x600B_0800, 0x1D4, 128),
    ] {
        let sim = ChipSim::new(chip, MAC).unwrap();
        let mut host = Host::new(&sim);
        host.burn(base, 0, &block0(&[bit]));
        assert_eq!(host.read(base + command), 0);
        assert_eq!(host.sync(), 0);
        assert!(sim.is_locked());
        sim.power_cut();
        assert_eq!(host.sync(), 0);
    }
}

#[test]
fn security_info_has_flags_counter_and_purposes() {
    let (_, mut host) = c3();
    // SECURE_BOOT_EN, SECURE_BOOT_KEY_REVOKE1, DIS_PAD_JTAG, three bits of the counter, HMAC_UP for KEY1.
    host.burn(C3, 0, &block0(&[116, 86, 51, 82, 83, 84, 95]));
    let info = host.words(0x14, &[]).unwrap();
    assert_eq!(info[..12], [0b1001_0001, 0, 0, 0, 7, 0, 8, 0, 0, 0, 0, 0]);
}
