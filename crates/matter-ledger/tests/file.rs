//! Ledgers in files: other files, and earlier versions.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "support/changed.rs"]
mod changed;
#[path = "support/samples.rs"]
mod samples;

use std::fs;
use std::path::Path;

use matter_ledger::{BurnPhase, ClaimFacts, ClaimState, DeviceTrait, Error, GivenTraits, Ledger, Unique};
use rusqlite::Connection;
use samples::{device, order, run};

#[test]
fn times_are_those_of_rfc_3339() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(Ledger::FILE_NAME);
    let mut ledger = Ledger::open(&path).unwrap();
    ledger.begin(&run("a", None)).unwrap();
    drop(ledger);
    let connection = Connection::open(&path).unwrap();
    let started = connection.query_row("SELECT started FROM run", [], |row| row.get::<_, String>(0));
    let started = started.unwrap();
    let form = started.chars().map(|c| if c.is_ascii_digit() { '9' } else { c });
    assert_eq!(form.collect::<String>(), "9999-99-99T99:99:99Z", "{started}");
}

#[test]
fn other_files_are_refused_and_stay_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("other.sqlite");
    Connection::open(&other)
        .unwrap()
        .execute_batch("CREATE TABLE a (b);")
        .unwrap();
    let text = folder.path().join("text");
    fs::write(&text, "20202021").unwrap();
    for path in [&other, &text] {
        let before = fs::read(path).unwrap();
        for opened in [Ledger::open(path), Ledger::open_existing(path)] {
            let error = opened.unwrap_err();
            assert!(matches!(error, Error::Damaged { .. }), "{error}");
        }
        assert!(matches!(Ledger::open_to_look(path), Err(Error::Damaged { .. })));
        assert!(matches!(Ledger::list(path), Err(Error::Damaged { .. })));
        assert_eq!(fs::read(path).unwrap(), before);
    }
    let none = folder.path().join("none");
    assert!(Ledger::open_to_look(&none).unwrap().is_none());
    assert!(Ledger::open_existing(&none).is_err() && !none.exists());
}

/// See `data/README.md` for their origin.
fn former(path: &Path, version: u32) {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let connection = Connection::open(path).unwrap();
    let dump = data.join(format!("ledger-v{version}.sql"));
    connection.execute_batch(&fs::read_to_string(dump).unwrap()).unwrap();
    let key = path.with_file_name("ledger.sqlite.key");
    fs::copy(data.join(format!("ledger-v{version}.key")), &key).unwrap();
    for file in [path, &key] {
        private(file);
    }
}

fn version(path: &Path) -> i64 {
    let connection = Connection::open(path).unwrap();
    let version = connection.query_row("PRAGMA user_version", [], |row| row.get(0));
    version.unwrap()
}

/// Makes a ledger readable only by its owner.
fn private(file: &Path) {
    #[cfg(unix)]
    fs::set_permissions(file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    #[cfg(not(unix))]
    let _ = file;
}

#[test]
fn a_ledger_of_version_2_gets_the_present_tables() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(Ledger::FILE_NAME);
    former(&path, 2);
    let listed = Ledger::list(&path).unwrap();
    assert_eq!((listed.devices.len(), listed.retired.len()), (2, 1));

    // A reader does not migrate the ledger.
    let before = fs::read(&path).unwrap();
    let mut look = Ledger::open_to_look(&path).unwrap().unwrap();
    let serial = GivenTraits {
        serial: Some("SN-3"),
        ..GivenTraits::default()
    };
    let unique: Unique = "serial".parse().unwrap();
    let holder = look.holder(unique, &serial, None).unwrap();
    assert_eq!(holder.map(|(what, _)| what), Some(DeviceTrait::Serial));
    assert!(look.check_order(&order("PO-1", 5), 3).is_ok());
    assert!(look.check_order(&order("PO-1", 5), 4).is_err());
    drop(look);
    assert_eq!(fs::read(&path).unwrap(), before);

    let mut ledger = Ledger::open(&path).unwrap();
    assert!(ledger.check_order(&order("PO-1", 5), 4).is_err());
    let run = ledger.begin(&run("new", Some(order("PO-1", 5)))).unwrap().run;
    ledger.commit(run, Unique::default(), &[device(0)], &[]).unwrap();
    assert!(ledger.check_order(&order("PO-1", 5), 3).is_err());
    drop(ledger);
    let again = Ledger::list(&path).unwrap();
    assert_eq!(again.devices.len(), 3);
    for (before, after) in listed.devices.iter().zip(&again.devices) {
        assert_eq!(format!("{before:?}"), format!("{after:?}"));
    }
    assert_eq!(version(&path), 4);
}

#[test]
fn a_ledger_of_version_3_keeps_its_claims() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(Ledger::FILE_NAME);
    former(&path, 3);
    let listed = Ledger::list(&path).unwrap();
    assert_eq!((listed.devices.len(), listed.retired.len()), (2, 1));

    // A reader does not migrate the ledger.
    let before = fs::read(&path).unwrap();
    let mut look = Ledger::open_to_look(&path).unwrap().unwrap();
    let line = look.line("PO-1").unwrap();
    let states = line.rows.iter().map(|row| row.state).collect::<Vec<_>>();
    assert_eq!(states, [ClaimState::Done, ClaimState::Flashed]);
    assert_eq!((line.counts.size, line.counts.made, line.counts.free), (5, 2, 0));
    drop(look);
    assert_eq!(fs::read(&path).unwrap(), before);

    let mut ledger = Ledger::open(&path).unwrap();
    let second = ledger.board([0x24, 0x0a, 0xc4, 0, 0, 2].into()).unwrap().unwrap();
    assert_eq!((second.station.as_str(), second.slot.as_str()), ("line 1", "4"));
    let facts = ClaimFacts::new().with("plan_sha256", "ab");
    ledger
        .advance(&second, ClaimState::Flashed, ClaimState::Keys, &facts)
        .unwrap();
    drop(ledger);
    let rows = Ledger::open(&path).unwrap().line("PO-1").unwrap().rows;
    assert_eq!(rows[1].state, ClaimState::Keys);
    assert_eq!(rows[1].facts["plan_sha256"], "ab");
    assert_eq!(version(&path), 4);
}

#[test]
fn damage_of_a_former_ledger_is_found_before_it_is_summed_again() {
    let folder = tempfile::tempdir().unwrap();
    for (version, sql) in [
        (2, "UPDATE orders SET size = 50"),
        (2, "UPDATE device SET serial = 'SN-4' WHERE row = 1"),
        (2, "UPDATE meta SET value = x'00'"),
        (3, "UPDATE claim SET mac = '24:0a:c4:00:00:03' WHERE id = 1"),
    ] {
        let path = folder.path().join(Ledger::FILE_NAME);
        former(&path, version);
        Connection::open(&path).unwrap().execute(sql, []).unwrap();
        let before = fs::read(&path).unwrap();
        let error = Ledger::open(&path).unwrap_err().to_string();
        assert!(error.contains("is damaged: the sums of"), "{sql}: {error}");
        assert_eq!(fs::read(&path).unwrap(), before);
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn a_changed_row_of_any_table_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(Ledger::FILE_NAME);
    let mut ledger = Ledger::open(&path).unwrap();
    let begun = ledger.begin(&run("a", Some(order("4711", 5)))).unwrap().run;
    ledger.commit(begun, Unique::default(), &[device(0)], &[]).unwrap();
    let claim = ledger.claim("4711", [1, 2, 3, 4, 5, 6].into(), "line 1", "1").unwrap();
    let facts = ClaimFacts::new().with("tool", "test");
    ledger
        .advance(&claim, ClaimState::Claimed, ClaimState::Flashed, &facts)
        .unwrap();
    ledger
        .journal(&claim, 1, "burn HMAC_UP into BLOCK_KEY0", BurnPhase::Before)
        .unwrap();
    ledger.refuse("4711", None, ("line 1", "2"), "wrong-chip", "").unwrap();
    drop(ledger);
    let connection = changed::open(&path);
    let rows =
        "INSERT INTO issuance (device, key_sha256, state, created, changed, sum) VALUES ('a', x'01', 'new', '', '', 0);
        INSERT INTO log (seq, time, entry, previous, hash, sum) VALUES (1, '', '{}', x'00', x'00', 0);
        INSERT INTO log_head (seq, hash, key, signature, sum) VALUES (1, x'00', x'00', x'00', 0);";
    connection.execute_batch(rows).unwrap();
    changed::change(&connection, "UPDATE log SET time = 'now'");
    drop(connection);
    Ledger::open(&path).unwrap();
    let whole = fs::read(&path).unwrap();
    for (table, change) in [
        ("orders", "state = 'closed'"),
        ("orders", "approved_by = 'somebody'"),
        ("claim", "mac = '01:02:03:04:05:07'"),
        ("claim_event", "slot = '2'"),
        ("claim_fact", "value = 'another'"),
        ("journal", "phase = 'after'"),
        ("refused_board", "mac = '01:02:03:04:05:07'"),
        ("issuance", "state = 'signed'"),
        ("log", "entry = '[]'"),
        ("log_head", "seq = 2"),
    ] {
        let connection = Connection::open(&path).unwrap();
        connection.execute(&format!("UPDATE {table} SET {change}"), []).unwrap();
        drop(connection);
        let error = Ledger::open(&path).unwrap_err().to_string();
        assert!(error.contains(&format!("of the table {table} ")), "{error}");
        fs::write(&path, &whole).unwrap();
    }
}
