//! The exact number of devices: interrupted runs, moved folders, changed ledgers.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "support/chain.rs"]
mod chain;
#[path = "../../crates/matter-ledger/tests/support/changed.rs"]
mod ledger;
#[path = "support/produced.rs"]
mod produced;
#[path = "support/workplace.rs"]
mod workplace;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use rusqlite::Connection;
use workplace::{run, stderr};

const BASE: &str = "-v 0xFFF1 -p 0x8000 --iteration-count 1000 --quiet";

fn mfg(folder: &Path, arguments: &str) -> Output {
    let arguments = format!("{BASE} {arguments}");
    run(folder, &arguments.split_whitespace().collect::<Vec<_>>())
}

fn refused(output: &Output, code: i32, words: &[&str]) {
    let message = stderr(output);
    assert_eq!(output.status.code(), Some(code), "{message}");
    assert_eq!(
        message.lines().filter(|line| line.starts_with("error: ")).count(),
        1,
        "{message}"
    );
    for word in words {
        assert!(message.contains(word), "{word}: {message}");
    }
}

fn devices(folder: &Path, out: &str) -> usize {
    produced::devices(&folder.join(out).join("fff1_8000")).len()
}

/// Starts a run and kills it once some devices exist.
fn interrupted(folder: &Path, out: &str, arguments: &str) {
    let before = devices(folder, out);
    let mut child = Command::new(env!("CARGO_BIN_EXE_matter-mfg"))
        .args(format!("{BASE} --outdir {out} {arguments}").split_whitespace())
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while devices(folder, out) < before + 8 {
        assert!(
            child.try_wait().unwrap().is_none(),
            "the run ended before it was killed"
        );
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Runs with a file size limit, at which tables and ledger stop with an error.
fn limited(folder: &Path, arguments: &str) -> Output {
    let script = "trap '' XFSZ; ulimit -f 300; exec \"$0\" \"$@\"";
    Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_matter-mfg")])
        .args(format!("{BASE} {arguments}").split_whitespace())
        .current_dir(folder)
        .output()
        .unwrap()
}

fn named(top: &Path, start: &str) -> PathBuf {
    let found = fs::read_dir(top).unwrap().map(|entry| entry.unwrap().path());
    let is_named = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with(start);
    found
        .into_iter()
        .find(is_named)
        .unwrap_or_else(|| panic!("no {start} in {}", top.display()))
}

fn rows(path: &Path) -> usize {
    csv::Reader::from_path(path)
        .unwrap()
        .records()
        .map(Result::unwrap)
        .count()
}

#[test]
fn tables_of_a_stopped_run_have_the_committed_devices_and_are_copies() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    refused(
        &limited(at, "-n 300 --jobs 2"),
        3,
        &["devices are complete", "--resume"],
    );
    let (top, made) = (at.join("out/fff1_8000"), devices(at, "out"));
    assert!(made > 0 && made < 300, "{made}");
    let tables = ["summary-", "staging/master.csv", "staging/pin_disc.csv"];
    let tables = tables.map(|name| match name.split_once('/') {
        Some(_) => top.join(name),
        None => named(&top, name),
    });
    for table in &tables {
        assert_eq!(rows(table), made, "{}", table.display());
        assert_eq!(std::os::unix::fs::MetadataExt::nlink(&fs::metadata(table).unwrap()), 1);
        // An operator opens it in a spreadsheet and saves it.
        fs::write(table, "x").unwrap();
    }
    let output = mfg(at, "-n 300 --jobs 2 --resume");
    assert!(output.status.success(), "{}", stderr(&output));
    produced::check_all(&at.join("out"), "fff1_8000", 300);
    for table in &tables {
        assert_eq!(rows(table), 300);
    }
}

#[test]
fn run_of_another_ledger_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    interrupted(at, "out", "-n 100 --ledger l1");
    let before = named(&at.join("out/fff1_8000"), ".run-");
    for other in ["-n 1 --ledger l2", "-n 1 --seed 01"] {
        let made = devices(at, "out");
        let output = run(
            at,
            &format!("{} --outdir out {other}", BASE.replace(" --quiet", ""))
                .split_whitespace()
                .collect::<Vec<_>>(),
        );
        let message = stderr(&output);
        assert!(output.status.success(), "{message}");
        assert!(
            message.contains(".run-") && message.contains("this ledger does not list"),
            "{message}"
        );
        assert_eq!(devices(at, "out"), made + 1);
        assert!(before.join("tables").is_dir());
    }
    refused(
        &mfg(at, "-n 100 --ledger l2 --resume"),
        2,
        &["--resume", ".run-", "this ledger does not list"],
    );
    let output = mfg(at, "-n 100 --ledger l1 --resume");
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(devices(at, "out"), 102);
    assert!(!before.exists());
}

#[test]
fn folder_that_has_moved_is_the_same_run() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    assert!(mfg(at, "-n 10 --resume").status.success());
    fs::rename(at.join("out"), at.join("moved")).unwrap();
    let output = run(
        at,
        &format!("{BASE} -n 10 --outdir moved --resume")
            .replace("--quiet", "")
            .split_whitespace()
            .collect::<Vec<_>>(),
    );
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stderr(&output).contains("already complete"), "{}", stderr(&output));
    assert_eq!(devices(at, "moved"), 10);
    // An interrupted run continues in its present folder.
    interrupted(at, "other", "-n 60");
    fs::rename(at.join("other"), at.join("elsewhere")).unwrap();
    assert!(mfg(at, "-n 60 --outdir elsewhere --resume").status.success());
    produced::check_all(&at.join("elsewhere"), "fff1_8000", 60);
    // A copy beside the original has all devices as well.
    let copied = Command::new("cp")
        .args(["-r", "moved", "copy"])
        .current_dir(at)
        .status();
    assert!(copied.unwrap().success());
    assert!(mfg(at, "-n 10 --outdir copy --resume").status.success());
    assert_eq!(devices(at, "copy"), 10);
}

#[test]
fn folders_whose_names_are_not_utf8_are_two() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    for name in [b"x\xff", b"x\xfe"] {
        let name = OsStr::from_bytes(name);
        let output = Command::new(env!("CARGO_BIN_EXE_matter-mfg"))
            .args(BASE.split(' '))
            .args(["-n", "3", "--ledger", "shared", "--resume", "--outdir"])
            .arg(name)
            .current_dir(at)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        assert_eq!(produced::devices(&at.join(Path::new(name)).join("fff1_8000")).len(), 3);
    }
}

#[test]
fn newest_unfinished_run_is_by_the_ledger_and_not_by_the_clock() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    interrupted(at, "out", "-n 80");
    interrupted(at, "out", "-n 80");
    let top = at.join("out/fff1_8000");
    let db = ledger::open(&at.join("out/ledger.sqlite"));
    // As if the clock had been set back between the two: the later one has the earlier name.
    let later: String = db
        .query_row("SELECT ident FROM run WHERE id = 2", [], |row| row.get(0))
        .unwrap();
    let (stamp, unique) = later.split_once('.').unwrap();
    let ident = format!("2020-01-01-00-00-00.{unique}");
    ledger::change(&db, &format!("UPDATE run SET ident = '{ident}' WHERE id = 2"));
    drop(db);
    let folder_of = |stamp: &str| top.join(format!(".run-{stamp}"));
    fs::rename(folder_of(stamp), folder_of("2020-01-01-00-00-00")).unwrap();
    fs::write(folder_of("2020-01-01-00-00-00").join("lock"), ident).unwrap();
    let tables = folder_of("2020-01-01-00-00-00").join("tables");
    fs::rename(
        named(&tables, "summary-"),
        tables.join("summary-2020-01-01-00-00-00.csv"),
    )
    .unwrap();
    assert!(mfg(at, "-n 80 --resume").status.success());
    let states = Connection::open(at.join("out/ledger.sqlite")).unwrap();
    let state = |run: u32| {
        let sql = "SELECT state FROM run WHERE id = ?1";
        states.query_row(sql, [run], |row| row.get::<_, String>(0)).unwrap()
    };
    assert_eq!((state(1), state(2)), ("open".into(), "complete".into()));
}

#[test]
fn given_values_are_looked_up_before_anything_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let serials = |from: u32, count: u32| {
        let lines = (from..from + count).map(|number| format!("S{number}\n"));
        fs::write(at.join("serials"), lines.collect::<String>()).unwrap();
    };
    serials(50, 1);
    assert!(mfg(at, "--ledger l --unique serial --serials serials").status.success());
    serials(0, 64);
    let output = mfg(at, "--ledger l --unique serial --serials serials --outdir b");
    refused(&output, 2, &["device 51", "serial number", "--unique"]);
    assert!(!at.join("b").exists());
    fs::write(at.join("passcodes"), "86420135\n11223345\n").unwrap();
    assert!(mfg(at, "--ledger l --passcodes passcodes").status.success());
    fs::write(at.join("passcodes"), "99887766\n11223345\n").unwrap();
    let output = mfg(at, "--ledger l --unique passcode --passcodes passcodes --outdir b");
    refused(&output, 2, &["device 2", "passcode"]);
    assert!(!stderr(&output).contains("11223345"));
    // The devices that the run itself has made do not count as taken.
    serials(100, 120);
    interrupted(at, "c", "--ledger l --unique serial --serials serials");
    assert!(
        mfg(at, "--ledger l --unique serial --serials serials --outdir c --resume")
            .status
            .success()
    );
    assert_eq!(devices(at, "c"), 120);
}

#[test]
fn supplied_certificate_makes_one_device() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    chain::write(at);
    let supplied = "-v 0xFFF2 -p 0x8001 --pai -c pai-cert.pem --dac-cert dac-plain-cert.pem --dac-key dac-plain-key.pem \
                    -cd CD.der --ledger l";
    let make = |out: &str| {
        let arguments = format!("{supplied} --iteration-count 1000 --outdir {out}");
        run(at, &arguments.split_whitespace().collect::<Vec<_>>())
    };
    let output = make("a");
    assert!(output.status.success(), "{}", stderr(&output));
    for out in ["a", "b"] {
        refused(
            &make(out),
            2,
            &["--dac-cert dac-plain-cert.pem", "public key", "in the ledger"],
        );
    }
    assert!(!at.join("b").exists());
}

#[test]
fn ledger_and_folders_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let output = mfg(at, "-n 10");
    assert!(output.status.success());
    let message = String::from_utf8(output.stdout).unwrap();
    assert!(
        message.contains("checked: folders, tables, manifest and ledger have the same 10 devices"),
        "{message}"
    );
    let gone = produced::devices(&at.join("out/fff1_8000"))
        .into_iter()
        .take(3)
        .collect::<Vec<_>>();
    gone.iter().for_each(|device| fs::remove_dir_all(device).unwrap());
    refused(&mfg(at, "-n 10 --resume"), 1, &["3 of 10 devices", "--scrap"]);
    // Devices out of use may be missing.
    for device in &gone {
        let uuid = device.file_name().unwrap().to_str().unwrap();
        assert!(run(at, &["--scrap", uuid, "--reason", "lost"]).status.success());
    }
    let output = mfg(at, "-n 10 --resume");
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(String::from_utf8(output.stdout).unwrap().contains("devices: 7 in "));
    // A run that claims more devices than the ledger lists.
    let db = ledger::open(&at.join("out/ledger.sqlite"));
    ledger::change(&db, "UPDATE run SET state = 'open', done = 4294967295");
    let run_folder = at.join("out/fff1_8000/.run-x");
    fs::create_dir(&run_folder).unwrap();
    let ident: String = db.query_row("SELECT ident FROM run", [], |row| row.get(0)).unwrap();
    fs::write(run_folder.join("lock"), ident).unwrap();
    drop(db);
    refused(&mfg(at, "-n 10 --resume"), 2, &["is damaged", "10 are listed"]);
}

#[test]
fn ledger_is_a_file_on_disk_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fs::create_dir(at.join("folder")).unwrap();
    assert!(Command::new("mkfifo").arg(at.join("pipe")).status().unwrap().success());
    std::os::unix::fs::symlink("nowhere", at.join("dangling")).unwrap();
    for name in [
        ":memory:",
        "file:x?mode=memory",
        "folder",
        "pipe",
        "dangling",
        "/dev/null",
        "/dev/zero",
    ] {
        refused(&mfg(at, &format!("--ledger {name}")), 2, &["--ledger"]);
        assert!(!at.join("out").exists(), "{name}");
    }
    // As file names they are valid.
    assert!(mfg(at, "--ledger ./:memory:").status.success());
    assert!(at.join(":memory:").is_file() && at.join(":memory:.key").is_file());
    assert!(mfg(at, "--outdir file:x --unique passcode").status.success());
    assert!(at.join("file:x/ledger.sqlite").is_file());
    // A pipe in place of the key does not block.
    fs::remove_file(at.join(":memory:.key")).unwrap();
    assert!(
        Command::new("mkfifo")
            .arg(at.join(":memory:.key"))
            .status()
            .unwrap()
            .success()
    );
    refused(&mfg(at, "--ledger ./:memory:"), 2, &["next to it is not a file"]);
}

#[test]
fn foreign_database_is_left_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let foreign = at.join("foreign");
    Connection::open(&foreign)
        .unwrap()
        .execute_batch("CREATE TABLE t (a)")
        .unwrap();
    let journal = at.join("wal");
    let kept = Connection::open(&journal).unwrap();
    kept.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1);")
        .unwrap();
    for name in ["foreign", "wal", "wal-wal", "wal-shm"] {
        fs::set_permissions(at.join(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
    let files = ["foreign", "wal", "wal-wal"];
    let before = files.map(|name| fs::read(at.join(name)).unwrap());
    for name in ["foreign", "wal"] {
        refused(&mfg(at, &format!("--ledger {name}")), 2, &["not a ledger of this tool"]);
    }
    assert_eq!(files.map(|name| fs::read(at.join(name)).unwrap()), before);
    // An empty file is not a ledger until a run succeeds.
    fs::write(at.join("empty"), "").unwrap();
    fs::set_permissions(at.join("empty"), fs::Permissions::from_mode(0o600)).unwrap();
    refused(
        &mfg(at, "--ledger empty --order A --order-size 1 -n 2"),
        2,
        &["--order"],
    );
    assert_eq!(fs::metadata(at.join("empty")).unwrap().len(), 0);
    assert!(!at.join("empty.key").exists());
    assert!(mfg(at, "--ledger empty").status.success());
}

/// `tests/data/ledger-v1.sql` is a ledger of the previous version.
#[test]
fn ledger_of_the_former_version_is_brought_to_the_present_one() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let make = |name: &str, journal: &str| {
        let db = Connection::open(at.join(name)).unwrap();
        db.execute_batch(&format!("PRAGMA journal_mode = {journal}")).unwrap();
        db.execute_batch(&fs::read_to_string(data.join("ledger-v1.sql")).unwrap())
            .unwrap();
        fs::copy(data.join("ledger-v1.key"), at.join(format!("{name}.key"))).unwrap();
        for name in [name.to_owned(), format!("{name}.key"), format!("{name}-wal")] {
            let _ = fs::set_permissions(at.join(name), fs::Permissions::from_mode(0o600));
        }
        db
    };
    drop(make("old", "DELETE"));
    // State after a killed process: all rows are in the log, the file is still empty.
    let open = make("logged", "WAL");
    for name in ["logged", "logged-wal", "logged.key"] {
        let copy = name.replace("logged", "killed");
        fs::copy(at.join(name), at.join(&copy)).unwrap();
        fs::set_permissions(at.join(copy), fs::Permissions::from_mode(0o600)).unwrap();
    }
    drop(open);
    for name in ["old", "killed"] {
        // Existing values are found before and after.
        for _ in 0..2 {
            fs::write(at.join("serials"), "SN-2\n").unwrap();
            let taken = mfg(
                at,
                &format!("--ledger {name} --unique serial --serials serials --outdir {name}-out"),
            );
            refused(&taken, 2, &["serial number"]);
            let taken = mfg(
                at,
                &format!("--ledger {name} --unique passcode --passcode 34567890 --outdir {name}-out"),
            );
            refused(&taken, 2, &["passcode"]);
            let order = format!("--ledger {name} --order PO-1 --order-size 5 -n 3 --outdir {name}-out");
            refused(&mfg(at, &order), 2, &["3 are made"]);
            let one = format!("--ledger {name} --order PO-1 --order-size 5 --outdir {name}-out");
            if devices(at, &format!("{name}-out")) == 0 {
                let output = mfg(at, &one.replace("--order PO-1 --order-size 5", ""));
                assert!(output.status.success(), "{}", stderr(&output));
            }
        }
        let db = Connection::open(at.join(name)).unwrap();
        let number = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!(number("PRAGMA user_version"), 4);
        assert_eq!(number("SELECT count(*) FROM device"), 4);
        assert_eq!(number("SELECT count(*) FROM device WHERE sum <> 0"), 4);
        let folder: Vec<u8> = db
            .query_row("SELECT folder FROM run WHERE id = 1", [], |row| row.get(0))
            .unwrap();
        assert_eq!(folder, b"/srv/lamps/out/fff1_8000");
        let uuid: String = db
            .query_row("SELECT uuid FROM device WHERE row = 1", [], |row| row.get(0))
            .unwrap();
        drop(db);
        let scrapped = run(at, &["--scrap", &uuid, "--reason", "x", "--ledger", name]);
        assert!(scrapped.status.success(), "{}", stderr(&scrapped));
    }
}
