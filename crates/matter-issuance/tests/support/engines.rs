//! Ledgers of each engine: SQLite files, and PostgreSQL if the environment names a server.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use matter_ledger::{Ledger, LedgerPlace};
use tempfile::TempDir;

/// The location of an empty ledger.
pub(crate) struct Engine {
    pub(crate) name: &'static str,
    pub(crate) place: LedgerPlace,
    _folder: TempDir,
}

impl Engine {
    pub(crate) fn open(&self) -> Ledger {
        Ledger::open(&self.place).unwrap()
    }
}

/// A folder in memory if the system has one, because tests commit often.
pub(crate) fn folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .unwrap()
}

pub(crate) fn sqlite() -> Engine {
    let folder = folder();
    Engine {
        name: "SQLite",
        place: folder.path().join(Ledger::FILE_NAME).into(),
        _folder: folder,
    }
}

/// An empty schema on the server that `MATTER_POSTGRES` names.
pub(crate) fn postgres() -> Option<Engine> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let url = std::env::var("MATTER_POSTGRES")
        .ok()
        .filter(|_| cfg!(feature = "postgres"))?;
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let schema = format!("desk_{}_{number}", std::process::id());
    let sql = format!("CREATE SCHEMA {schema}");
    let made = Command::new("psql")
        .args(["-q", "-d", &url, "-c", &sql])
        .status()
        .unwrap();
    assert!(made.success());
    let between = if url.contains('?') { '&' } else { '?' };
    let url = format!("{url}{between}options=-c%20search_path%3D{schema}");
    let folder = folder();
    let place = url.parse::<LedgerPlace>().unwrap();
    Some(Engine {
        name: "PostgreSQL",
        place: place.with_key_file(folder.path().join("ledger.key")),
        _folder: folder,
    })
}

/// Runs a test on each engine and prints which ran.
pub(crate) fn on_each(test: impl Fn(&Engine)) {
    test(&sqlite());
    let servers = postgres().map(|engine| test(&engine)).iter().count();
    println!("1 case ran on SQLite, {servers} on PostgreSQL");
}
