//! Ledgers with flipped bits, and malicious ledgers: detected at once by the run and by the audit.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "support/workplace.rs"]
mod workplace;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use workplace::{run, stderr};

const BASE: &str = "-v 0xFFF1 -p 0x8000 --iteration-count 1000 --quiet";

fn mfg(folder: &Path, arguments: &str) -> Output {
    let arguments = format!("{BASE} {arguments}");
    run(folder, &arguments.split_whitespace().collect::<Vec<_>>())
}

fn audit(folder: &Path, ledger: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_audit-device"))
        .args(["--ledger", ledger])
        .current_dir(folder)
        .output()
        .unwrap()
}

/// Returns the contents of a ledger, in the order of its tables.
fn rows(path: &Path) -> Option<Vec<Vec<String>>> {
    let db = Connection::open(path).ok()?;
    let mut all = Vec::new();
    for table in ["meta", "orders", "run", "parameter", "device", "image"] {
        let mut statement = db.prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2")).ok()?;
        let columns = statement.column_count();
        let mut found = statement.query([]).ok()?;
        while let Some(row) = found.next().ok()? {
            let cells = (0..columns).map(|index| row.get_ref(index).map(|value| format!("{value:?}")));
            all.push(cells.collect::<Result<_, _>>().ok()?);
        }
    }
    Some(all)
}

/// A small generator with a printed seed (xorshift64*).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(number).unwrap() % limit
    }
}

/// A flipped bit makes the ledger invalid, or changes nothing: SQLite leaves parts of a page unused, most of them zero,
/// which are skipped here.
#[test]
fn flipped_bits_are_found() {
    const FILES: usize = 120;
    let seed = std::env::var("FLIP_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(7);
    println!("FLIP_SEED={seed}");
    let mut random = Random(seed);
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    assert!(
        mfg(at, "-n 40 --ledger good --order A --order-size 1000")
            .status
            .success()
    );
    let (good, key) = (
        fs::read(at.join("good")).unwrap(),
        fs::read(at.join("good.key")).unwrap(),
    );
    let message = rows(&at.join("good")).unwrap();
    let written: Vec<usize> = (0..good.len()).filter(|&place| good[place] != 0).collect();
    let mut outcomes = BTreeMap::<&str, usize>::new();
    for number in 0..FILES {
        let mut bytes = good.clone();
        let (place, bit) = (written[random.below(written.len())], random.below(8));
        bytes[place] ^= 1 << bit;
        for (name, bytes) in [("bad", &bytes), ("bad.key", &key)] {
            fs::write(at.join(name), bytes).unwrap();
            fs::set_permissions(at.join(name), fs::Permissions::from_mode(0o600)).unwrap();
        }
        let is_same = rows(&at.join("bad")).as_ref() == Some(&message);
        fs::write(at.join("bad"), &bytes).unwrap();
        let audited = audit(at, "bad");
        let refused = audited.status.code() != Some(0);
        assert!(
            refused || is_same,
            "flip {number}, byte {place}, bit {bit}: the audit takes another ledger"
        );
        let made = mfg(at, &format!("--ledger bad --outdir out{number}"));
        let is_refused = !made.status.success();
        assert!(
            is_refused || is_same,
            "flip {number}, byte {place}, bit {bit}: a run takes another ledger"
        );
        for output in [&audited, &made] {
            assert_ne!(output.status.code(), Some(101));
            assert!(stderr(output).lines().count() <= 4, "{}", stderr(output));
        }
        let outcome = match (is_refused, is_same) {
            (true, false) => "changed and refused",
            (true, true) => "refused without a difference",
            _ => "in an unused place",
        };
        *outcomes.entry(outcome).or_default() += 1;
        for name in ["bad", "bad-wal", "bad-shm"] {
            let _ = fs::remove_file(at.join(name));
        }
    }
    println!("{outcomes:?}");
    assert!(outcomes["changed and refused"] > FILES / 3, "{outcomes:?}");
}

/// A view in place of a table, a trigger, another table: none of them is executed.
#[test]
fn foreign_schema_objects_are_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    assert!(mfg(at, "-n 2 --ledger good").status.success());
    let endless = "WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM x) SELECT n FROM x";
    for (number, (sql, words)) in [
        (
            format!("PRAGMA foreign_keys = OFF; DROP TABLE image; CREATE VIEW image AS {endless};"),
            "which is not part of a ledger",
        ),
        (
            format!("ALTER TABLE device RENAME TO old; CREATE VIEW device AS {endless};"),
            "which is not part of a ledger",
        ),
        (
            "CREATE TRIGGER t AFTER INSERT ON device BEGIN DELETE FROM run; END;".into(),
            "'t', which is not part of a ledger",
        ),
        ("CREATE TABLE more (a);".into(), "'more', which is not part of a ledger"),
        ("DROP INDEX device_key;".into(), "lacks tables"),
        (
            "ALTER TABLE device ADD COLUMN x TEXT DEFAULT 'y';".into(),
            "'device', which is not part of a ledger",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("evil{number}");
        for ending in ["", ".key"] {
            fs::copy(at.join(format!("good{ending}")), at.join(format!("{name}{ending}"))).unwrap();
        }
        Connection::open(at.join(&name)).unwrap().execute_batch(&sql).unwrap();
        let start = Instant::now();
        let made = mfg(at, &format!("--ledger {name}"));
        assert_eq!(made.status.code(), Some(2), "{sql}: {}", stderr(&made));
        assert!(stderr(&made).contains(words), "{sql}: {}", stderr(&made));
        let audited = audit(at, &name);
        assert_eq!(audited.status.code(), Some(1), "{sql}: {}", stderr(&audited));
        assert!(String::from_utf8_lossy(&audited.stdout).contains("list-malformed"));
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "{sql}: {:?}",
            start.elapsed()
        );
        assert!(!at.join("out").join("fff1_8000/summary").exists());
    }
}
