//! Behavior specific to a server: it becomes unavailable, has foreign tables, and requires passwords.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "support/engines.rs"]
mod engines;
#[path = "support/samples.rs"]
mod samples;

use engines::{server, statement};
use matter_ledger::{ClaimFacts, ClaimState, Error, Ledger, LedgerPlace, Unique};
use samples::{device, order, run};

/// The place without the key file, and with a suffix to its URL.
fn with(place: &LedgerPlace, suffix: &str) -> LedgerPlace {
    let place = format!("{place}{suffix}").parse::<LedgerPlace>().unwrap();
    place.with_key_file("no.key".into())
}

/// Skips the test without a server.
macro_rules! server_or_return {
    () => {
        match server() {
            Some(engine) => engine,
            None => {
                println!("0 cases ran: MATTER_POSTGRES names no server");
                return;
            }
        }
    };
}

#[test]
fn a_url_without_a_server_is_refused_in_one_sentence() {
    let key = tempfile::tempdir().unwrap();
    let place = "postgresql:///ledger?host=/no/such/folder&user=mfg"
        .parse::<LedgerPlace>()
        .unwrap();
    let place = place.with_key_file(key.path().join("key"));
    let error = Ledger::open(&place).unwrap_err();
    let text = error.to_string();
    assert_eq!(text.lines().count(), 1);
    if cfg!(feature = "postgres") {
        assert!(matches!(error, Error::Unavailable { .. }), "{text}");
        assert!(
            text.contains("its server is unavailable") && text.ends_with("; try again"),
            "{text}"
        );
    } else {
        assert!(text.contains("was built without the feature 'postgres'"), "{text}");
        assert!(Ledger::list(&place).is_err() && Ledger::open_to_look(&place).is_err());
    }
    assert!(!key.path().join("key").exists());
}

#[test]
fn other_files_are_refused_and_stay_unchanged() {
    let engine = server_or_return!();
    let url = engine.place().to_string();
    assert!(Ledger::open_to_look(engine.place()).unwrap().is_none());
    assert!(Ledger::open_existing(engine.place()).is_err());
    statement(&url, "CREATE TABLE t (a INTEGER)");
    for opened in [Ledger::open(engine.place()), Ledger::open_existing(engine.place())] {
        let error = opened.unwrap_err();
        assert!(
            matches!(error, Error::Damaged { .. }) && error.to_string().contains("'t'"),
            "{error}"
        );
    }
    assert!(matches!(
        Ledger::open_to_look(engine.place()),
        Err(Error::Damaged { .. })
    ));
    assert!(matches!(Ledger::list(engine.place()), Err(Error::Damaged { .. })));
    // Nothing was added.
    statement(&url, "DROP TABLE t");
    assert!(Ledger::open_to_look(engine.place()).unwrap().is_none());
    assert!(!engine.key().exists());
    println!("1 case ran on PostgreSQL");
}

#[test]
fn tables_that_were_changed_are_refused() {
    let mut count = 0;
    for (sql, words) in [
        ("UPDATE meta SET value = '5' WHERE name = 'version'", "has version '5'"),
        (
            "ALTER TABLE device ADD COLUMN more TEXT",
            "wrong columns in its table device",
        ),
        (
            "ALTER TABLE device DROP CONSTRAINT device_uuid_key",
            "lacks the index device_uuid_key",
        ),
        ("DROP INDEX claim_mac", "lacks the index claim_mac"),
        ("CREATE VIEW mine AS SELECT 1", "'mine', which is not part of a ledger"),
        (
            "CREATE RULE r AS ON INSERT TO device DO INSTEAD NOTHING",
            "rules or triggers",
        ),
        ("DROP TABLE log", "table log"),
    ] {
        let engine = server_or_return!();
        engine.open();
        statement(&engine.place().to_string(), sql);
        let error = Ledger::open(engine.place()).unwrap_err();
        assert!(
            matches!(error, Error::Damaged { .. }) && error.to_string().contains(words),
            "{sql}: {error}"
        );
        count += 1;
    }
    println!("{count} cases ran on PostgreSQL");
}

#[test]
fn tables_of_version_3_become_the_present_ones() {
    let engine = server_or_return!();
    let mut ledger = engine.open();
    let begun = ledger.begin(&run("a", Some(order("4711", 2)))).unwrap().run;
    ledger.commit(begun, Unique::default(), &[device(0)], &[]).unwrap();
    let claim = ledger.claim("4711", [1, 2, 3, 4, 5, 6].into(), "line 1", "1").unwrap();
    drop(ledger);
    let former = "DROP TABLE refused_board, journal, claim_fact, claim_event;
        UPDATE meta SET value = '3' WHERE name = 'version'";
    statement(&engine.place().to_string(), former);
    // A reader does not migrate the ledger.
    let mut look = Ledger::open_to_look(engine.place()).unwrap().unwrap();
    assert_eq!(look.devices().unwrap(), 1);
    assert!(look.line("4711").is_err());
    assert_eq!(Ledger::list(engine.place()).unwrap().devices.len(), 1);
    let mut ledger = Ledger::open_existing(engine.place()).unwrap();
    ledger
        .advance(&claim, ClaimState::Claimed, ClaimState::Flashed, &ClaimFacts::new())
        .unwrap();
    let line = engine.open().line("4711").unwrap();
    assert_eq!(line.rows[0].state, ClaimState::Flashed);
    println!("1 case ran on PostgreSQL");
}

#[test]
fn the_key_is_made_once_and_missed_afterwards() {
    let engine = server_or_return!();
    engine.open();
    let key = std::fs::read(engine.key()).unwrap();
    assert_eq!(key.len(), 32);
    let elsewhere = engine.folder().join("other.key");
    let other = engine.place().with_key_file(elsewhere.clone());
    let error = Ledger::open(&other).unwrap_err().to_string();
    assert!(error.contains("must be the same on all machines"), "{error}");
    assert!(!elsewhere.exists());
    std::fs::write(&elsewhere, [7; 32]).unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(&elsewhere, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let error = Ledger::open(&other).unwrap_err().to_string();
    assert!(error.contains("is the key of another ledger"), "{error}");
    let none = engine.place().to_string().parse::<LedgerPlace>().unwrap();
    let error = Ledger::open(&none).unwrap_err().to_string();
    assert!(error.contains("no key file is given"), "{error}");
    println!("1 case ran on PostgreSQL");
}

#[test]
fn a_broken_connection_is_reopened() {
    let engine = server_or_return!();
    let place = format!("{}&application_name=cut", engine.place())
        .parse::<LedgerPlace>()
        .unwrap();
    let mut ledger = Ledger::open(place.with_key_file(engine.key())).unwrap();
    let begun = ledger.begin(&run("a", None)).unwrap().run;
    for row in 0..3 {
        let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cut'";
        statement(&engine.place().to_string(), cut);
        ledger.commit(begun, Unique::default(), &[device(row)], &[]).unwrap();
    }
    assert_eq!(ledger.find("a").unwrap().unwrap().done, 3);
    println!("3 cases ran on PostgreSQL");
}
