//! The protocol with a simulated chip, and with hostile peers.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "common/rom.rs"]
mod rom;

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

use esp_flash_image::{Chip, ChipRevision};
use esp_rom_loader::{Command, ConnectSettings, Error, Loader, Port, PortAddress, Reset, SlipDecoder};
use proptest::prelude::*;
use rom::{Fault, Rom};

fn settings() -> ConnectSettings {
    ConnectSettings::new(Reset::None)
        .with_attempts(1)
        .with_deadline(Duration::from_millis(50))
}

#[test]
fn board_is_identified_with_status_of_two_and_of_four_bytes() {
    for status_len in [2, 4] {
        let mut rom = Rom::new(Chip::Esp32h2);
        rom.status_len = status_len;
        // Revision 1.2, and the extension of the MAC.
        rom.set_block_word(1, 1, 0xFFFE_240A);
        rom.set_block_word(1, 3, 2 << 18 | 1 << 21);
        let board = Loader::connect(rom, &settings()).unwrap().identify().unwrap();
        assert_eq!(board.chip, Chip::Esp32h2);
        assert_eq!(board.revision, ChipRevision::new(1, 2).unwrap());
        assert_eq!(board.mac, [0x24, 0x0A, 0xC4, 0, 0, 1]);
        assert_eq!(board.mac_extension, Some([0xFF, 0xFE]));
        assert_eq!(board.flash_size, Some(4 << 20));
        assert_eq!(board.security.unwrap().chip_id(), Some(16));
    }
}

#[test]
fn flash_is_written_in_blocks_and_read() {
    let mut loader = Loader::connect(Rom::new(Chip::Esp32c3), &settings()).unwrap();
    let mut seen = Vec::new();
    let bytes: Vec<u8> = (0..50_003_u32)
        .map(|place| place.wrapping_mul(2_654_435_761).to_be_bytes()[0])
        .collect();
    loader
        .write_flash(0x1000, &bytes, &mut |written| seen.push(written))
        .unwrap();
    assert!(seen.is_sorted() && seen.last() >= Some(&50_003), "{seen:?}");
    assert_eq!(
        loader.flash_md5(0, 1),
        Ok([
            0xD4, 0x1D, 0x8C, 0xD9, 0x8F, 0, 0xB2, 4, 0xE9, 0x80, 9, 0x98, 0xEC, 0xF8, 0x42, 0x7E
        ])
    );
    let differs = Error::Md5Differs { offset: 0, len: 3 };
    assert_eq!(loader.verify_flash(0, b"abc"), Err(differs));
    assert_eq!(loader.read_flash(0, 100), Ok(vec![0xA5; 100]));
    loader.set_baud(921_600).unwrap();
    let rom = loader.run().unwrap();
    // Without signals, the ROM is told to reboot.
    assert_eq!(rom.commands.last(), Some(&Command::FlashEnd.code()));
}

#[test]
fn ranges_outside_of_the_flash_are_refused() {
    let mut loader = Loader::connect(Rom::new(Chip::Esp32c3), &settings()).unwrap();
    loader.identify().unwrap();
    for (offset, len) in [
        (0, 0),
        (1, 4),
        (0x40_0000, 4),
        (0x3F_F000, 0x1001),
        (u32::MAX - 0xFFF, 0x2000),
    ] {
        let bytes = vec![0; len];
        let refused = loader.write_flash(offset, &bytes, &mut |_| {});
        assert_eq!(refused, Err(Error::FlashRange { offset, len }));
    }
    assert_eq!(loader.flash_md5(0, 0), Err(Error::FlashRange { offset: 0, len: 0 }));
    assert!(loader.read_flash(0x3F_FFFF, 2).is_err());
}

#[test]
fn chip_that_dies_is_a_port_that_is_gone() {
    for limit in [1, 2, 5, 9] {
        let mut rom = Rom::new(Chip::Esp32c3);
        rom.fault = Fault::Dies(limit);
        let result = Loader::connect(rom, &settings()).and_then(|mut loader| loader.identify());
        assert!(matches!(result, Err(Error::PortGone { .. })), "{limit}: {result:?}");
    }
}

#[test]
fn chip_that_wakes_late_is_reached_before_the_deadline() {
    let settings = ConnectSettings::new(Reset::Classic)
        .with_attempts(3)
        .with_deadline(Duration::from_secs(5));
    let mut rom = Rom::new(Chip::Esp32c6);
    rom.fault = Fault::Deaf(7);
    assert_eq!(Loader::connect(rom, &settings).unwrap().chip(), Chip::Esp32c6);
    let mut rom = Rom::new(Chip::Esp32c6);
    rom.fault = Fault::Deaf(100);
    let result = Loader::connect(rom, &settings.with_deadline(Duration::from_millis(300))).map(drop);
    assert_eq!(result, Err(Error::NoAnswer { command: Command::Sync }));
}

#[test]
fn lost_security_info_is_asked_for_again() {
    // Of these, only the first has a known magic register value.
    for chip in [Chip::Esp32c3, Chip::Esp32p4] {
        let mut rom = Rom::new(chip);
        rom.registers
            .insert(0x4000_1000, if chip == Chip::Esp32c3 { 0x1B31_506F } else { 0 });
        rom.fault = Fault::LosesInfo(1);
        let loader = Loader::connect(rom, &settings()).unwrap();
        assert_eq!((loader.chip(), loader.security().is_some()), (chip, true));
    }
    let mut rom = Rom::new(Chip::Esp32c3);
    rom.registers.insert(0x4000_1000, 0x1B31_506F);
    rom.fault = Fault::LosesInfo(2);
    let command = Command::GetSecurityInfo;
    assert_eq!(
        Loader::connect(rom, &settings()).map(drop),
        Err(Error::NoAnswer { command })
    );
    // The ESP32 has none.
    let mut rom = Rom::new(Chip::Esp32);
    rom.registers.insert(0x4000_1000, 0x00F0_1D83);
    rom.fault = Fault::LosesInfo(usize::MAX);
    let loader = Loader::connect(rom, &settings()).unwrap();
    assert_eq!((loader.chip(), loader.security()), (Chip::Esp32, None));
}

#[test]
fn baud_rate_is_scaled_where_the_rom_expects_another_crystal() {
    let cases = [
        (Chip::Esp32c5, 416, 40, 768_000),
        (Chip::Esp32c5, 416, 48, 921_600),
        (Chip::Esp32c5, 347, 48, 1_105_920),
        (Chip::Esp32c5, 347, 40, 921_600),
        (Chip::Esp32c2, 225, 0, 1_417_846),
        (Chip::Esp32c2, 347, 0, 921_600),
        (Chip::Esp32c3, 225, 0, 921_600),
    ];
    for (chip, divider, expected, baud) in cases {
        let mut rom = Rom::new(chip);
        rom.registers.insert(0x6000_0014, divider);
        rom.registers.insert(0x6009_6110, expected << 24 | 0x1234);
        let mut loader = Loader::connect(rom, &settings()).unwrap();
        loader.set_baud(921_600).unwrap();
        assert_eq!(loader.into_port().bauds, [baud], "{chip} {divider} {expected}");
    }
}

#[test]
fn super_watchdog_of_the_esp32p4_feeds_itself() {
    let rom = Loader::connect(Rom::new(Chip::Esp32p4), &ConnectSettings::new(Reset::Usb))
        .unwrap()
        .into_port();
    assert_eq!(rom.registers.get(&0x5011_601C), Some(&(1 << 18)));
    assert_eq!(rom.registers.get(&0x5011_6020), Some(&0));
}

#[test]
fn refusal_explains_the_error_code() {
    let command = Command::FlashDeflData;
    let text = Error::CommandFailed { command, code: 7 }.to_string();
    assert_eq!(
        text,
        "chip refuses FLASH_DEFL_DATA with error 0x07: wrong checksum; choose a lower baud rate"
    );
}

#[test]
fn watchdogs_are_stopped_only_on_the_usb_device() {
    for (reset, stopped) in [(Reset::Usb, true), (Reset::None, false)] {
        let mut rom = Rom::new(Chip::Esp32c3);
        rom.registers.insert(0x6000_8090, 0x8000_0000);
        let rom = Loader::connect(rom, &ConnectSettings::new(reset)).unwrap().into_port();
        assert_eq!(rom.registers[&0x6000_8090] == 0, stopped);
        assert_eq!(
            rom.registers.get(&0x6000_80AC).is_some_and(|value| value >> 31 == 1),
            stopped
        );
    }
}

#[test]
fn silent_socket_is_no_answer_and_a_closed_one_gone() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address: PortAddress = format!("socket://{}", listener.local_addr().unwrap()).parse().unwrap();
    assert_eq!(address.reset(), Reset::None);
    let port = address.open(115_200).unwrap();
    let (peer, _) = listener.accept().unwrap();
    let start = Instant::now();
    let silent = Loader::connect(port, &settings()).map(drop);
    assert_eq!(silent, Err(Error::NoAnswer { command: Command::Sync }));
    assert!(start.elapsed() < Duration::from_secs(3));
    drop(peer);
    let port = address.open(115_200).unwrap();
    drop(listener.accept().unwrap());
    let gone = Loader::connect(port, &settings()).map(drop);
    assert!(matches!(gone, Err(Error::PortGone { .. })), "{gone:?}");
    drop(listener);
    let refused = address.open(115_200).map(drop);
    assert!(matches!(refused, Err(Error::PortOpen { .. })), "{refused:?}");
}

/// A port that sends given bytes, then closes or stays silent.
struct Script {
    chunks: VecDeque<Vec<u8>>,
    endless: Option<u8>,
}

impl Read for Script {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(byte) = self.endless {
            buffer.fill(byte);
            return Ok(buffer.len());
        }
        let Some(chunk) = self.chunks.pop_front() else {
            return Ok(0);
        };
        let len = chunk.len().min(buffer.len());
        buffer[..len].copy_from_slice(&chunk[..len]);
        if len == 0 {
            Err(io::ErrorKind::TimedOut.into())
        } else {
            Ok(len)
        }
    }
}

impl Write for Script {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Port for Script {
    fn set_read_timeout(&mut self, _: Duration) -> io::Result<()> {
        Ok(())
    }

    fn set_baud_rate(&mut self, _: u32) -> io::Result<()> {
        Ok(())
    }

    fn set_signals(&mut self, _: bool, _: bool) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn discard_input(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn endless_garbage_ends_at_the_deadline() {
    for byte in [0, 0xC0, 0xDB, 0x55] {
        let start = Instant::now();
        let port = Script {
            chunks: VecDeque::new(),
            endless: Some(byte),
        };
        let result = Loader::connect(port, &settings()).map(drop);
        assert!(
            matches!(
                result,
                Err(Error::Garbage {
                    command: Command::Sync,
                    ..
                })
            ),
            "{result:?}"
        );
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    }
}

/// A framed answer of the ROM, sometimes damaged.
fn answers() -> impl Strategy<Value = Vec<u8>> {
    let command = prop::sample::select(vec![0x08_u8, 0x0A, 0x14, 0x13, 0x0E, 0x09, 0x0D, 0x0B]);
    (
        command,
        any::<u32>(),
        prop::collection::vec(any::<u8>(), 0..70),
        any::<bool>(),
    )
        .prop_map(|(command, value, data, fine)| {
            let mut body = vec![1, command];
            let len = u16::try_from(data.len()).unwrap() + u16::from(!fine);
            body.extend_from_slice(&len.to_le_bytes());
            body.extend_from_slice(&value.to_le_bytes());
            body.extend_from_slice(&data);
            esp_rom_loader::slip_encode(&body)
        })
}

fn fine(command: u8, data: &[u8]) -> Vec<u8> {
    let mut body = vec![1, command];
    body.extend_from_slice(&u16::try_from(data.len()).unwrap().to_le_bytes());
    body.extend_from_slice(&[0; 4]);
    body.extend_from_slice(data);
    esp_rom_loader::slip_encode(&body)
}

fn addresses() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "socket://[a-z.:0-9]*", "COM[0-9]*"]
}

/// A chip that answers a few requests, then stops or sends only an occasional byte.
struct Tired {
    rom: Rom,
    commands: usize,
    trickles: bool,
    timeout: Duration,
}

impl Read for Tired {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.rom.commands.len() <= self.commands {
            return self.rom.read(buffer);
        }
        std::thread::sleep(self.timeout.min(Duration::from_millis(20)));
        if !self.trickles {
            return Err(io::ErrorKind::TimedOut.into());
        }
        buffer[0] = 0xC0;
        Ok(1)
    }
}

impl Write for Tired {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Byte by byte, like a slow line.
        self.rom.write(&bytes[..1])
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Port for Tired {
    fn set_read_timeout(&mut self, timeout: Duration) -> io::Result<()> {
        self.timeout = timeout;
        Ok(())
    }

    fn set_baud_rate(&mut self, _: u32) -> io::Result<()> {
        Ok(())
    }

    fn set_signals(&mut self, _: bool, _: bool) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn discard_input(&mut self) -> io::Result<()> {
        self.rom.discard_input()
    }
}

/// An operation on a chip.
type Call = fn(&mut Loader<Tired>) -> Result<(), Error>;

#[test]
fn calls_end_in_time_when_a_chip_falls_silent_or_trickles() {
    let calls: [(&str, Call); 6] = [
        ("identify", |loader| loader.identify().map(drop)),
        ("efuses", |loader| loader.efuses().map(drop)),
        ("flash_md5", |loader| loader.flash_md5(0, 4096).map(drop)),
        ("read_flash", |loader| loader.read_flash(0, 256).map(drop)),
        ("write_flash", |loader| loader.write_flash(0, &[1; 5000], &mut |_| {})),
        ("set_baud", |loader| loader.set_baud(921_600)),
    ];
    let mut threads = Vec::new();
    for (name, call) in calls {
        for trickles in [false, true] {
            threads.push(std::thread::spawn(move || {
                let port = Tired {
                    rom: Rom::new(Chip::Esp32c3),
                    // SYNC and the security info.
                    commands: 2,
                    trickles,
                    timeout: Duration::ZERO,
                };
                let mut loader = Loader::connect(port, &settings()).unwrap();
                let start = Instant::now();
                let result = call(&mut loader);
                let is_fit = match result {
                    Err(Error::NoAnswer { .. }) => !trickles,
                    Err(Error::Garbage { .. }) => trickles,
                    _ => false,
                };
                assert!(is_fit, "{name} {trickles}: {result:?}");
                assert!(
                    start.elapsed() < Duration::from_secs(20),
                    "{name}: {:?}",
                    start.elapsed()
                );
            }));
        }
    }
    assert_eq!(threads.len(), 12);
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

proptest! {
    #[test]
    fn random_bytes_never_panic_or_hang(chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..200), 0..20)) {
        let port = Script { chunks: chunks.into(), endless: None };
        let result = Loader::connect(port, &settings()).map(drop);
        prop_assert!(result.is_err());
    }

    #[test]
    fn random_answers_never_panic_or_hang(answers in prop::collection::vec(answers(), 0..60)) {
        // Enough to pass for a C3, then arbitrary bytes.
        let sync: Vec<u8> = (0..8).flat_map(|_| fine(8, &[0; 4])).collect();
        let mut info = vec![0; 12];
        info.extend_from_slice(&[5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        let mut chunks = VecDeque::from([sync, fine(0x14, &info)]);
        chunks.extend(answers);
        let port = Script { chunks, endless: None };
        let Ok(mut loader) = Loader::connect(port, &settings()) else { return Ok(()) };
        prop_assert_eq!(loader.chip(), Chip::Esp32c3);
        let _ = loader.identify();
        let _ = loader.flash_md5(0, 4096);
        let _ = loader.read_flash(0, 256);
        let _ = loader.efuses().map(drop);
        let mut written = 0;
        let result = loader.write_flash(0, &[1; 5000], &mut |len| written = len);
        prop_assert!(result.is_err() || written == 5000);
    }

    #[test]
    fn frames_survive_slip(bytes in prop::collection::vec(any::<u8>(), 1..300), before in prop::collection::vec(0_u8..0xC0, 0..20)) {
        let mut decoder = SlipDecoder::default();
        let frame = esp_rom_loader::slip_encode(&bytes);
        let found: Vec<_> = before.into_iter().chain(frame).filter_map(|byte| decoder.push(byte)).collect();
        prop_assert_eq!(found, vec![bytes]);
    }

    #[test]
    fn addresses_never_panic_and_print_as_they_were(text in addresses()) {
        if let Ok(address) = text.parse::<PortAddress>() {
            prop_assert_eq!(address.to_string(), text);
        }
    }
}
