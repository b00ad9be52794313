//! Compares random tables and pieces with the tools themselves.
//!
//! `ESP_TOOLS_PYTHON` is a Python with `esptool` 5.6.0 and `esp-idf-defs` 0.1.7 from PyPI; without it, 0 cases run:
//! `ESP_TOOLS_PYTHON=venv/bin/python cargo test -p esp-flash-image --features alloc --test oracle`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, unreachable_pub, reason = "tests")]

use std::io::Write;
use std::process::{Command, Stdio};

use esp_flash_image::{EncryptionScheme, FlashCryptConfig, FlashKey, PartitionTable, TableOptions};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde_json::{Value, json};

const TABLES: &str = "
import json, sys
from esp_idf_defs.partitions import PartitionTable
def make(csv):
    try:
        table = PartitionTable.from_csv(csv, 0x8000, 0x1000, 0x400000)
        table.verify(0x8000)
        table.verify_size_fits(0x800000)
        return [table.to_binary().hex(), table.to_csv()]
    except Exception as error:
        return [None, str(error)]
print(json.dumps([make(csv) for csv in json.load(sys.stdin)]))
";

const PIECES: &str = "
import io, json, sys, espsecure
out = []
real, sys.stdout = sys.stdout, sys.stderr
for key, address, config, xts, plain in json.load(sys.stdin):
    output = io.BytesIO()
    output.close = lambda: None
    espsecure.encrypt_flash_data(io.BytesIO(bytes.fromhex(key)), output, address, config, xts, io.BytesIO(bytes.fromhex(plain)))
    out.append(output.getvalue().hex())
print(json.dumps(out), file=real)
";

/// The Python with the tools, if there is one.
fn python() -> Option<std::ffi::OsString> {
    let python = std::env::var_os("ESP_TOOLS_PYTHON");
    if python.is_none() {
        println!("ESP_TOOLS_PYTHON names no Python, 0 cases ran");
    }
    python
}

fn ask(python: &std::ffi::OsStr, program: &str, input: &Value) -> Vec<Value> {
    let mut child = Command::new(python)
        .args(["-c", program])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.to_string().as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice::<Value>(&output.stdout)
        .unwrap()
        .as_array()
        .unwrap()
        .clone()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

struct Dice(ChaCha20Rng);

impl Dice {
    fn below(&mut self, limit: u32) -> u32 {
        self.0.next_u32() % limit
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[usize::try_from(self.below(from.len().try_into().unwrap())).unwrap()]
    }

    /// Mostly valid lines, with some invalid ones.
    fn line(&mut self, index: usize) -> String {
        let odd = self.below(60);
        let kind = self.pick(&["app", "data", "data", "data", "DATA", "0x40", "1", "0"]);
        let kind = match odd {
            0 => self.pick(&["", "aap", "300", "bootloader", "partition_table"]),
            _ => kind,
        };
        let subtype = match kind {
            "app" | "0" => self.pick(&["factory", "ota_0", "ota_1", "test", "tee_0", "0x12", "OTA_15"]),
            "bootloader" | "partition_table" => self.pick(&["primary", "ota", "recovery", ""]),
            "0x40" => self.pick(&["", "1", "0xfe", "0b1"]),
            _ => self.pick(&[
                "nvs", "phy", "fat", "spiffs", "coredump", "nvs_keys", "", "0x81", "littlefs", "efuse", "ota",
            ]),
        };
        let subtype = if odd == 1 {
            self.pick(&["", "nvss", "256", "0x"])
        } else {
            subtype
        };
        let offset = match self.below(8) {
            0 => format!("{:#x}", 0x1_0000 * (1 + self.below(64))),
            1 if odd < 10 => self.pick(&["0x9000", "36K", "0x9100", "y", "-1", "0x8000"]).into(),
            _ => String::new(),
        };
        let size = match self.below(12) {
            0 => format!("{}", 0x400 * (1 + self.below(64))),
            1 if odd < 20 => self.pick(&["", "-5M", "1.5M", "0x1001", "64 K", "1_000K"]).into(),
            2 | 3 => "1M".into(),
            4 if subtype == "ota" => "0x1000".into(),
            _ if subtype == "ota" => "0x2000".into(),
            _ => format!("{}K", 4 * (1 + self.below(16))),
        };
        let flags = match self.below(20) {
            0 => "encrypted",
            1 => "readonly",
            2 => "encrypted:readonly",
            3 if odd < 5 => "secret",
            _ => "",
        };
        let label = if odd == 2 { "p0".into() } else { format!("p{index}") };
        format!("{label},{kind},{subtype},{offset},{size},{flags}\n")
    }
}

#[test]
fn random_tables_are_those_of_the_generator() {
    let Some(python) = python() else { return };
    let mut dice = Dice(ChaCha20Rng::seed_from_u64(17));
    let tables: Vec<String> = (0..4000)
        .map(|_| {
            let lines = 1 + dice.below(6);
            (0..lines)
                .map(|index| dice.line(usize::try_from(index).unwrap()))
                .collect()
        })
        .collect();
    let answers = ask(&python, TABLES, &json!(tables));
    let options = TableOptions::new()
        .with_primary_bootloader_offset(0x1000)
        .with_recovery_bootloader_offset(0x40_0000)
        .with_flash_size("8MB".parse().unwrap());
    let (mut made, mut refused) = (0, 0);
    for (text, answer) in tables.iter().zip(&answers) {
        let ours = PartitionTable::from_csv(text, &options);
        match (answer[0].as_str(), ours) {
            (Some(binary), Ok(table)) => {
                assert_eq!(hex(&table.encode()), binary, "{text}");
                assert_eq!(table.to_csv(), answer[1].as_str().unwrap(), "{text}");
                made += 1;
            }
            (None, Err(_)) => refused += 1,
            (tool, ours) => panic!("{text}\ntool: {tool:?} {}\nours: {ours:?}", answer[1]),
        }
    }
    println!("{made} tables were made by both, {refused} refused by both");
    assert!(made > 500 && refused > 500);
}

#[test]
fn random_pieces_are_those_of_espsecure() {
    let Some(python) = python() else { return };
    let mut dice = Dice(ChaCha20Rng::seed_from_u64(18));
    let mut pieces = Vec::new();
    let mut ours = Vec::new();
    for index in 0..600 {
        let (scheme, len) = [
            (EncryptionScheme::Xts128, 32),
            (EncryptionScheme::Xts256, 64),
            (EncryptionScheme::Xts128Derived, 16),
            (EncryptionScheme::Esp32, 32),
            (EncryptionScheme::Esp32, 24),
        ][index % 5];
        let is_legacy = scheme == EncryptionScheme::Esp32;
        let blocks = 1 + dice.below(40);
        let steps = (if is_legacy { 0x10_0000 } else { 0x1000_0000 }) - blocks + 1;
        let address = 16
            * match dice.below(4) {
                0 => steps - 1,
                1 => dice.below(64),
                _ => dice.below(steps),
            };
        let mut key = vec![0; len];
        let mut data = vec![0; usize::try_from(16 * blocks).unwrap()];
        dice.0.fill_bytes(&mut key);
        dice.0.fill_bytes(&mut data);
        let config = dice.below(16);
        pieces.push(json!([hex(&key), address, config, !is_legacy, hex(&data)]));
        let config = FlashCryptConfig::new(config.try_into().unwrap()).unwrap();
        let key = FlashKey::new(scheme, &key).unwrap().with_flash_crypt_config(config);
        key.cipher().encrypt(address, &mut data).unwrap();
        ours.push(hex(&data));
    }
    let answers = ask(&python, PIECES, &json!(pieces));
    for ((ours, theirs), piece) in ours.iter().zip(&answers).zip(&pieces) {
        assert_eq!(Some(ours.as_str()), theirs.as_str(), "{piece}");
    }
    println!("{} pieces are the same", ours.len());
}
