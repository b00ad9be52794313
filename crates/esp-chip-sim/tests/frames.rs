//! Literal frames and the chip's answers.
//!
//! The requests are those sent by esptool 5.6.0 (`--trace`); command numbers and error codes are from the section "Serial
//! Protocol" of its documentation.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

#[path = "support/host.rs"]
mod host;

use std::io::{Read, Write};

use esp_chip_sim::ChipSim;
use esp_flash_image::Chip;
use esp_rom_loader::Port;

use host::{Answer, Host};

const MAC: [u8; 6] = [0x60, 0x55, 0xF9, 0x01, 0x02, 0x03];

fn sim(chip: Chip) -> ChipSim {
    ChipSim::new(chip, MAC).unwrap()
}

#[test]
fn rom_answers_a_sync_eight_times_and_not_with_the_value_of_the_stub() {
    let mut host = Host::silent(&sim(Chip::Esp32c3));
    host.send(8, 0, &host::SYNC);
    let frames = host.frames();
    assert_eq!(frames.len(), 8);
    assert!(
        frames
            .iter()
            .all(|frame| *frame == [1, 8, 4, 0, 7, 7, 0x12, 0x20, 0, 0, 0, 0])
    );
}

#[test]
fn nothing_but_a_sync_is_answered_before_the_first_one() {
    let mut host = Host::silent(&sim(Chip::Esp32c3));
    assert_eq!(host.ask(0x0A, 0, &0x4000_1000_u32.to_le_bytes()), None);
    assert_eq!(host.sync(), 8);
    assert_eq!(
        host.ask(0x0A, 0, &0x4000_1000_u32.to_le_bytes()),
        Some(Answer(0, vec![0; 4]))
    );
}

#[test]
fn chips_are_identified_by_magic_or_security_info() {
    let magic = |chip| Host::new(&sim(chip)).read(0x4000_1000);
    assert_eq!((magic(Chip::Esp32), magic(Chip::Esp32s2)), (0x00F0_1D83, 0x7C6));
    let info = |chip| Host::new(&sim(chip)).words(0x14, &[]);
    assert_eq!(info(Chip::Esp32), Err(5));
    assert_eq!(info(Chip::Esp32s2), Ok(vec![0; 12]));
    for (chip, id) in [
        (Chip::Esp32c3, 5),
        (Chip::Esp32s3, 9),
        (Chip::Esp32c6, 13),
        (Chip::Esp32h2, 16),
    ] {
        let mut expected = vec![0; 20];
        expected[12] = id;
        assert_eq!(info(chip), Ok(expected));
    }
}

#[test]
fn unknown_and_malformed_requests_are_invalid_messages() {
    let mut host = Host::new(&sim(Chip::Esp32c3));
    for command in [0, 1, 0x15, 0xD0, 0xD1, 0xD2, 0xFF] {
        assert_eq!(host.words(command, &[0; 4]), Err(5), "{command:#x}");
    }
    for command in [2, 5, 6, 9, 0x0A, 0x0B, 0x0F, 0x10, 0x13] {
        assert_eq!(host.words(command, &[]), Err(5), "{command:#x}");
    }
    // The size in the header differs from the length of the data.
    host.send_frame(&[0, 0x0A, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0x40]);
    assert_eq!(host.frames(), [vec![1, 0x0A, 4, 0, 0, 0, 0, 0, 1, 5, 0, 0]]);
    // Too short for a header, or an answer instead of a request: no answer.
    host.send_frame(&[0, 0x0A]);
    host.send_frame(&[1, 0x0A, 0, 0, 0, 0, 0, 0]);
    assert_eq!(host.frames(), Vec::<Vec<u8>>::new());
}

#[test]
fn plain_writing_erases_first_and_is_checked_block_by_block() {
    let sim = sim(Chip::Esp32c3);
    let mut host = Host::new(&sim);
    // Refused before the pins are configured.
    assert_eq!(host.words(2, &[16, 1, 16, 0x1000, 0]), Err(6));
    host.attach();
    host.write(0x1000, &[0; 4096], 1024).unwrap();
    host.write(0x1800, b"abcdef", 4).unwrap();
    let flash = sim.flash();
    assert_eq!(flash.len(), 0x40_0000);
    assert_eq!(
        flash[0x17FF..0x1807],
        *b"\xFFabcdef\xFF",
        "the sector was erased by the second region"
    );

    assert_eq!(host.words(2, &[8, 2, 4, 0x2000, 0]), Ok(vec![]));
    // A wrong checksum, an early sequence number; then the correct block.
    let mut block = vec![4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    block.extend(b"wxyz");
    assert_eq!(host.ask(3, 0x12, &block).unwrap().1, [1, 7, 0, 0]);
    assert_eq!(host.block(3, 1, b"wxyz"), Some(Err(6)));
    assert_eq!(host.block(3, 0, b"wxyz"), Some(Ok(vec![])));
    assert_eq!(
        host.block(0x11, 1, b"wxyz"),
        Some(Err(6)),
        "the region is not compressed"
    );
    assert_eq!(host.block(3, 1, b"longer"), Some(Err(6)));
    // Outside the flash, or to be encrypted by the chip.
    assert_eq!(host.words(2, &[4096, 1, 4096, 0x3F_F001, 0]), Err(6));
    assert_eq!(host.words(2, &[4096, 1, 4096, 0, 1]), Err(6));
}

#[test]
fn compressed_writing_inflates_what_arrives_in_pieces() {
    let sim = sim(Chip::Esp32);
    let mut host = Host::new(&sim);
    host.attach();
    // zlib.compress(b"matter" * 100, 9) of Python 3.11
    let packed = [
        0x78, 0xDA, 0xCB, 0x4D, 0x2C, 0x29, 0x49, 0x2D, 0xCA, 0x1D, 0x25, 0x47, 0x49, 0xAA, 0x92, 0x00, 0x77, 0x9D,
        0xFF, 0x15,
    ];
    assert_eq!(host.words(0x10, &[600, 3, 8, 0x8000]), Ok(vec![]));
    for (sequence, piece) in (0..).zip(packed.chunks(8)) {
        assert_eq!(host.block(0x11, sequence, piece), Some(Ok(vec![])));
    }
    assert_eq!(sim.flash()[0x8000..][..600], *b"matter".repeat(100));
    assert_eq!(sim.flash()[0x8000 + 600], 0xFF);
    // More data than announced, and data that is not a deflate stream.
    assert_eq!(host.words(0x10, &[599, 1, 4096, 0x9000]), Ok(vec![]));
    assert_eq!(host.block(0x11, 0, &packed), Some(Err(0x0B)));
    assert_eq!(host.words(0x10, &[600, 1, 4096, 0x9000]), Ok(vec![]));
    assert_eq!(host.block(0x11, 0, b"no stream"), Some(Err(0x0B)));
}

#[test]
fn rom_sends_the_md5_as_letters_and_reads_64_bytes_at_once() {
    let sim = sim(Chip::Esp32h2);
    let mut host = Host::new(&sim);
    assert_eq!(host.md5(0, 16), Err(6));
    host.attach();
    host.write(0x1000, b"abc", 3).unwrap();
    // RFC 1321, A.5
    assert_eq!(host.md5(0x1000, 3), Ok(b"900150983cd24fb0d6963f7d28e17f72".to_vec()));
    assert_eq!(host.md5(0x1000, 0), Ok(b"d41d8cd98f00b204e9800998ecf8427e".to_vec()));
    assert_eq!(host.md5(0x3F_FFFF, 2), Err(6));
    let mut piece = host.words(0x0E, &[0x0FFF, 5]).unwrap();
    assert_eq!(piece.len(), 64);
    piece.truncate(5);
    assert_eq!(piece, *b"\xFFabc\xFF");
    assert_eq!(host.words(0x0E, &[0, 65]), Err(6));
}

#[test]
fn flash_size_is_read_through_the_spi_registers() {
    for (chip, base, [user2, data], mib, id) in [
        (Chip::Esp32, 0x3FF4_2000, [0x24, 0x80], 4_u32, 0x16_40EF),
        (Chip::Esp32c3, 0x6000_2000, [0x20, 0x58], 2, 0x15_40EF),
        (Chip::Esp32h2, 0x6000_3000, [0x20, 0x58], 16, 0x18_40EF),
    ] {
        let size = format!("{mib}MB").parse().unwrap();
        let mut host = Host::new(&sim(chip).with_flash_size(size));
        host.set(base + user2, 7 << 28 | 0x9F);
        host.set(base, 1 << 18);
        assert_eq!((host.read(base), host.read(base + data)), (0, id), "{chip}");
    }
}

#[test]
fn stub_starts_after_ram_is_run_and_answers_with_two_bytes_of_status() {
    let sim = sim(Chip::Esp32c3);
    let mut host = Host::new(&sim);
    assert_eq!(host.words(5, &[4, 1, 4, 0x403C_0000]), Ok(vec![]));
    assert_eq!(host.block(7, 0, b"code"), Some(Ok(vec![])));
    host.send(6, 0, &[0, 0, 0, 0, 4, 0, 0x3C, 0x40]);
    assert_eq!(
        host.frames(),
        [vec![1, 6, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0], b"OHAI".to_vec()]
    );
    let mut ask = |command, words: &[u32]| {
        let data: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        host.ask(command, 0, &data).map(|answer| answer.1)
    };
    assert_eq!(ask(0x13, &[0, 0, 0, 0]).unwrap().len(), 18);
    assert_eq!(ask(0x0E, &[0, 16]), Some(vec![1, 0xFF]));
    assert_eq!(ask(0xD1, &[0x1000, 0x1001]), Some(vec![1, 6]));
    assert_eq!(ask(0xD1, &[0x1000, 0x1000]), Some(vec![0, 0]));
    assert_eq!(ask(0xD0, &[]), Some(vec![0, 0]));
    assert_eq!(ask(0xD9, &[]), Some(vec![1, 0xFF]));
    assert_eq!(ask(0xD2, &[0, 4096, 0, 1]), Some(vec![1, 6]));
    // A region beyond the end, which would be read for hours.
    for region in [[0, u32::MAX], [0x3F_F000, 0x2000], [u32::MAX, 1]] {
        assert_eq!(ask(0xD2, &[region[0], region[1], 4096, 64]), Some(vec![1, 6]));
    }
}

#[test]
fn stub_sends_packets_until_enough_are_unanswered_and_then_their_md5() {
    let sim = sim(Chip::Esp32c3);
    let mut host = Host::new(&sim);
    host.attach();
    host.write(0, b"abc", 3).unwrap();
    host.send(6, 0, &[0; 8]);
    assert_eq!(host.frames().len(), 2);
    let data: Vec<u8> = [0_u32, 3, 1, 2].iter().flat_map(|word| word.to_le_bytes()).collect();
    host.send(0xD2, 0, &data);
    let frames = host.frames();
    assert_eq!(frames[1..], [b"a".to_vec(), b"b".to_vec()]);
    host.send_frame(&1_u32.to_le_bytes());
    assert_eq!(host.frames(), [b"c".to_vec()]);
    host.send_frame(&2_u32.to_le_bytes());
    assert_eq!(host.frames(), Vec::<Vec<u8>>::new());
    host.send_frame(&3_u32.to_le_bytes());
    let md5 = [
        0x90, 1, 0x50, 0x98, 0x3C, 0xD2, 0x4F, 0xB0, 0xD6, 0x96, 0x3F, 0x7D, 0x28, 0xE1, 0x7F, 0x72,
    ];
    assert_eq!(host.frames(), [md5.to_vec()]);
}

#[test]
fn both_sides_need_the_same_baud_rate() {
    let sim = sim(Chip::Esp32c3);
    let mut host = Host::silent(&sim);
    host.0.set_baud_rate(230_400).unwrap();
    assert_eq!(host.sync(), 8, "the ROM finds the rate from the first SYNC");
    assert_eq!(host.words(0x0F, &[921_600, 0]), Ok(vec![]));
    assert_eq!(host.ask(0x14, 0, &[]), None);
    host.0.set_baud_rate(921_600).unwrap();
    assert!(host.ask(0x14, 0, &[]).is_some());
    // A reset detects the rate again.
    host.0.set_signals(false, true).unwrap();
    host.0.set_signals(true, false).unwrap();
    host.0.set_signals(false, false).unwrap();
    host.0.set_baud_rate(115_200).unwrap();
    assert_eq!(host.sync(), 8);
}

#[test]
fn signals_reset_into_download_mode_and_into_firmware() {
    let sim = sim(Chip::Esp32c3);
    let mut host = Host::new(&sim);
    let signals = |host: &mut Host, steps: &[(bool, bool)]| {
        for (dtr, rts) in steps {
            host.0.set_signals(*dtr, *rts).unwrap();
        }
    };
    let (classic, usb) = (
        [(false, true), (true, false), (false, false)],
        [
            (false, false),
            (true, false),
            (true, true),
            (false, true),
            (false, false),
        ],
    );
    signals(&mut host, &[(false, true)]);
    assert_eq!(host.sync(), 0, "held in reset");
    signals(&mut host, &[(false, false)]);
    assert_eq!(host.sync(), 0, "firmware");
    signals(&mut host, &classic);
    assert_eq!(host.sync(), 8);
    signals(&mut host, &[(false, true), (false, false)]);
    assert_eq!(host.sync(), 0, "firmware");
    signals(&mut host, &usb);
    assert_eq!(host.sync(), 8);
}

#[test]
fn firmware_has_the_line_until_the_chip_is_in_its_rom_again() {
    let mut heard = Vec::new();
    let sim = sim(Chip::Esp32c3).with_app(move |bytes| {
        heard.extend_from_slice(bytes);
        if heard == b"hello" {
            core::mem::take(&mut heard)
        } else {
            Vec::new()
        }
    });
    let mut host = Host::new(&sim);
    host.attach();
    assert_eq!(host.words(4, &[1]), Ok(vec![]), "stays in the ROM");
    assert!(host.ask(0x14, 0, &[]).is_some());
    assert_eq!(host.words(4, &[0]), Ok(vec![]));
    host.0.write_all(b"hel").unwrap();
    assert_eq!(host.bytes(), Ok(vec![]));
    host.0.write_all(b"lo").unwrap();
    let mut answer = [0; 5];
    host.0.read_exact(&mut answer).unwrap();
    assert_eq!(answer, *b"hello");
    assert_eq!(host.sync(), 8);
}

#[test]
fn opening_a_port_again_ends_the_old_one() {
    let sim = sim(Chip::Esp32c3);
    let mut old = Host::new(&sim);
    let mut new = Host::new(&sim);
    assert_eq!(old.bytes(), Err(std::io::ErrorKind::NotConnected));
    assert!(new.ask(0x14, 0, &[]).is_some());
}
