//! The process of the chips: one port for each slot, and a robot that exchanges the boards.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use esp_chip_sim::{ChipSim, Fault};
use esp_flash_image::{Chip, ChipRevision};
use matter_ledger::Mac;
use md5::{Digest as _, Md5};
use serde_json::json;

use crate::robot::PORTS;

/// Faults, with the expected codes in the ledger: of quarantines, or of refusals.
const BAD: [&str; 17] = [
    "bad-flash",
    "wrong-chip",
    "dies@md5:2",
    "key-used",
    "stuck@md5:1",
    "locked",
    "garbage@block:1",
    "small-flash",
    "efuse-stuck-bit@start",
    "wrong-revision",
    "dies@burn:3",
    "stuck@burn:2",
    "garbage@burn:2",
    "dies@block:1",
    "stuck@block:1",
    "dies@burn:1",
    "md5-garbage",
];
/// One-time faults of good chips.
const SHAKEN: [&str; 8] = [
    "brown-out@flash:1",
    "brown-out@block:1",
    "brown-out@burn:1",
    "brown-out@burn:5",
    "brown-out@burn:12",
    "disconnects@md5:2",
    "disconnects@burn:2",
    "disconnects@burn:13",
];

struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % u64::try_from(limit).unwrap()).unwrap()
    }
}

struct Board {
    sim: ChipSim,
    fault: &'static str,
    is_good: bool,
    label: Mutex<String>,
    cuts: Mutex<u32>,
}

struct Line {
    boards: Vec<Board>,
    queue: Mutex<VecDeque<usize>>,
    /// The board in each slot.
    slots: Vec<Mutex<Option<usize>>>,
}

pub fn run(folder: &Path, seed: u64, count: usize, slots: usize) {
    let mut numbers = Numbers(seed);
    let line: &Line = Box::leak(Box::new(make(&mut numbers, count, slots)));
    let mut ports = Vec::new();
    let listen = |ports: &mut Vec<String>| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        ports.push(listener.local_addr().unwrap().port().to_string());
        listener
    };
    let robot = listen(&mut ports);
    for number in 0..slots {
        let listener = listen(&mut ports);
        thread::spawn(move || serve(line, number, &listener));
    }
    std::fs::write(folder.join("ports.new"), ports.join(" ")).unwrap();
    std::fs::rename(folder.join("ports.new"), folder.join(PORTS)).unwrap();
    thread::spawn(move || cut(line, &mut numbers));
    for stream in robot.incoming().map_while(Result::ok) {
        thread::spawn(move || answer(line, stream));
    }
}

fn make(numbers: &mut Numbers, count: usize, slots: usize) -> Line {
    let boards = (0..count).map(|number| {
        let is_good = number % 5 != 3;
        let fault = if is_good {
            let is_shaken = numbers.below(3) == 0;
            if is_shaken {
                SHAKEN[numbers.below(SHAKEN.len())]
            } else {
                "none"
            }
        } else {
            BAD[(number / 5) % BAD.len()]
        };
        let [.., a, b] = u32::try_from(number).unwrap().to_be_bytes();
        let sim = ChipSim::new(Chip::Esp32c3, [0x24, 0x0a, 0xc4, 0, a, b]).unwrap();
        let sim = sim.with_revision(ChipRevision::new(0, 4).unwrap());
        let sim = sim.with_fault(fault.parse::<Fault>().unwrap());
        Board {
            sim,
            fault,
            is_good,
            label: Mutex::new("-".into()),
            cuts: Mutex::new(0),
        }
    });
    let line = Line {
        boards: boards.collect(),
        queue: Mutex::new((0..count).collect()),
        slots: (0..slots).map(|_| Mutex::new(None)).collect(),
    };
    for slot in &line.slots {
        *slot.lock().unwrap() = line.queue.lock().unwrap().pop_front();
    }
    line
}

/// Connects each client with the chip in the slot.
fn serve(line: &Line, number: usize, listener: &TcpListener) {
    for stream in listener.incoming() {
        let mut stream: TcpStream = stream.unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
        let board = *line.slots[number].lock().unwrap();
        if let Some(board) = board {
            // The next client may connect, regardless of how this one ended.
            let _ = line.boards[board].sim.serve(&mut stream);
        }
    }
}

/// Cuts the power of good chips at random moments.
fn cut(line: &Line, numbers: &mut Numbers) {
    loop {
        thread::sleep(Duration::from_millis(u64::try_from(1 + numbers.below(12)).unwrap()));
        let slot = &line.slots[numbers.below(line.slots.len())];
        let Some(board) = *slot.lock().unwrap() else { continue };
        let board = &line.boards[board];
        let mut cuts = board.cuts.lock().unwrap();
        if board.is_good && *cuts < 3 {
            *cuts += 1;
            board.sim.power_cut();
        }
    }
}

fn answer(line: &Line, stream: TcpStream) {
    let mut output = stream.try_clone().unwrap();
    for request in BufReader::new(stream).lines().map_while(Result::ok) {
        let words = request.split(' ').collect::<Vec<_>>();
        let slot = words
            .get(1)
            .and_then(|slot| slot.parse::<usize>().ok())
            .map(|slot| &line.slots[slot]);
        let board = slot.and_then(|slot| *slot.lock().unwrap());
        let answer = match (words[0], board) {
            ("next", _) => {
                let mut slot = slot.unwrap().lock().unwrap();
                *slot = line.queue.lock().unwrap().pop_front();
                "done".into()
            }
            ("report", _) => report(line),
            ("left", _) => line.queue.lock().unwrap().len().to_string(),
            (_, None) => "empty".into(),
            ("look", Some(_)) => "board".into(),
            ("label", Some(board)) => {
                *line.boards[board].label.lock().unwrap() = words[2..].join(" ");
                "done".into()
            }
            ("scan", Some(board)) => line.boards[board].label.lock().unwrap().clone(),
            _ => panic!("{request}"),
        };
        if output.write_all(format!("{answer}\n").as_bytes()).is_err() {
            return;
        }
    }
}

fn report(line: &Line) -> String {
    let boards = line.boards.iter().map(|board| {
        let sim = &board.sim;
        let hex = |name| {
            sim.efuse_block(name)
                .map(|bytes| base16ct::lower::encode_string(&bytes))
        };
        json!({
            "mac": Mac::from(sim.mac()).to_string(),
            "fault": board.fault,
            "is_good": board.is_good,
            "cuts": *board.cuts.lock().unwrap(),
            "double_burn": sim.burns().double_burn(),
            "is_locked": sim.is_locked(),
            "crypt_count": sim.efuse("SPI_BOOT_CRYPT_CNT"),
            "rd_dis": sim.efuse("RD_DIS"),
            "keys": [hex("BLOCK_KEY0"), hex("BLOCK_KEY1")],
            "md5": base16ct::lower::encode_string(&Md5::digest(&sim.flash()[..0x3000])),
            "label": *board.label.lock().unwrap(),
        })
    });
    serde_json::Value::from(boards.collect::<Vec<_>>()).to_string()
}
