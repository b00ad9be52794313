//! Ledgers of each engine for a test: files always, and PostgreSQL if the environment gives a server.

use std::sync::atomic::{AtomicU32, Ordering};

use matter_ledger::{Ledger, LedgerPlace};
use tempfile::TempDir;

/// An empty engine.
pub struct Engine {
    pub name: &'static str,
    place: LedgerPlace,
    folder: TempDir,
}

impl Engine {
    /// The place of the test's ledger.
    pub fn place(&self) -> LedgerPlace {
        self.place.clone()
    }

    pub fn open(&self) -> Ledger {
        Ledger::open(&self.place).unwrap()
    }

    /// Opens a new, empty ledger.
    pub fn fresh(&self) -> Ledger {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        match self.place.file() {
            Some(_) => Ledger::open(self.folder().join(format!("{number}.sqlite"))).unwrap(),
            None => server().unwrap().open(),
        }
    }

    /// The file of the ledger's key.
    pub fn key(&self) -> std::path::PathBuf {
        self.place.key_file().unwrap()
    }

    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }
}

/// Runs a test on each engine, and prints which ones.
pub fn on_each(test: impl Fn(&Engine)) {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join(Ledger::FILE_NAME).into();
    let name = "SQLite";
    test(&Engine { name, place, folder });
    let servers = server().map(|engine| test(&engine)).iter().count();
    println!("1 case ran on SQLite, {servers} on PostgreSQL");
}

/// An empty schema for this test, on the server given by `MATTER_POSTGRES`.
pub fn server() -> Option<Engine> {
    let url = url()?;
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let schema = format!("test_{}_{number}", std::process::id());
    statement(
        &url,
        &format!("DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}"),
    );
    let between = if url.contains('?') { '&' } else { '?' };
    let url = format!("{url}{between}options=-c%20search_path%3D{schema}");
    let folder = tempfile::tempdir().unwrap();
    let place = url.parse::<LedgerPlace>().unwrap();
    let place = place.with_key_file(folder.path().join("ledger.key"));
    let name = "PostgreSQL";
    Some(Engine { name, place, folder })
}

/// The URL of the server, unless the feature is disabled.
pub fn url() -> Option<String> {
    let url = std::env::var("MATTER_POSTGRES").ok();
    url.filter(|_| cfg!(feature = "postgres"))
}

/// Runs statements on a server, without the library.
#[cfg(feature = "postgres")]
pub fn statement(url: &str, sql: &str) {
    let mut client = postgres::Client::connect(url, postgres::NoTls).unwrap();
    client.batch_execute(sql).unwrap();
}

#[cfg(not(feature = "postgres"))]
pub fn statement(_url: &str, _sql: &str) {}
