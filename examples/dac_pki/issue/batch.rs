//! The subjects of DACs: a number of devices, the rows of a table, or the requests in a folder.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Path, PathBuf};

use cli::{Failure, parse_number, read_file, read_table_with_header, say};
use getrandom::rand_core::CryptoRng;
use matter_attestation::{CertificateRequest, Error, PrivateKey, PublicKey};
use matter_types::{ProductId, VendorId};

use super::{Dac, refused};

/// The only column that is read.
const COLUMN: &str = "cn";

/// A device that gets a DAC.
pub(super) struct Device {
    /// Prefix of its file names.
    pub(super) name: String,
    pub(super) common_name: String,
    pub(super) source: Source,
}

/// The source of its key, which is also named in errors about its common name.
pub(super) enum Source {
    Option,
    Row { path: PathBuf, line: u64 },
    Request { path: PathBuf, key: PublicKey },
}

impl Source {
    pub(super) fn key<R: CryptoRng>(&self, rng: &mut R) -> (PublicKey, Option<PrivateKey>) {
        if let Self::Request { key, .. } = self {
            return (*key, None);
        }
        let key = PrivateKey::generate(rng);
        (key.public_key(), Some(key))
    }

    pub(super) fn refused(&self, error: Error) -> Failure {
        match self {
            Self::Option => refused(error),
            Self::Row { path, line } => {
                Failure::Input(format!("{}:{line}: column '{COLUMN}': {error}", path.display()))
            }
            Self::Request { path, .. } => Failure::Input(format!("{}: {error}", path.display())),
        }
    }
}

pub(super) fn devices(arguments: &Dac, issuer_key: &PublicKey) -> Result<Vec<Device>, Failure> {
    let prefix = arguments.cn.as_deref();
    if let Some(folder) = &arguments.csr {
        return requests(folder, prefix, issuer_key);
    }
    if let Some(table) = &arguments.csv {
        return rows(table, arguments);
    }
    let prefix = prefix.unwrap_or_default();
    let device = |number: Option<&str>| Device {
        name: number.map_or_else(|| "DAC".into(), |number| format!("DAC_{number}")),
        common_name: number.map_or_else(|| prefix.into(), |number| format!("{prefix} {number}")),
        source: Source::Option,
    };
    match parse_number("--count", arguments.count.as_deref(), 1, 100_000)? {
        None => Ok(vec![device(None)]),
        Some(count) => Ok((1..=count).map(|number| device(Some(&padded(number, count)))).collect()),
    }
}

/// Pads a number so that names sort numerically.
fn padded(number: impl ToString, largest: impl ToString) -> String {
    let width = largest.to_string().len().max(4);
    format!("{:0>width$}", number.to_string())
}

fn rows(path: &Path, arguments: &Dac) -> Result<Vec<Device>, Failure> {
    let table = read_table_with_header("--csv", path)?;
    let wrong = |line, reason: &str| Failure::at(&table.place(line, COLUMN), reason);
    let (header, rows) = table
        .rows()
        .split_first()
        .ok_or_else(|| wrong(1, "is missing from the header"))?;
    let place = header.cells().position(|cell| cell.trim() == COLUMN);
    let place = place.ok_or_else(|| wrong(header.line(), "is missing from the header"))?;
    if rows.is_empty() {
        return Err(wrong(header.line(), "has no rows"));
    }
    for (place, name) in header.cells().enumerate().filter(|(_, name)| name.trim() != COLUMN) {
        let wrong = |line, reason: String| Failure::at(&table.place(line, name), &reason);
        let option = match name.trim() {
            "vid" => &arguments.vid,
            "pid" => &arguments.pid,
            // Notes of the table's author.
            _ => continue,
        };
        let read = |text: &str| match name.trim() {
            "vid" => text.parse().map(VendorId::get),
            _ => text.parse().map(ProductId::get),
        };
        let id = read(option).ok();
        for row in rows {
            let cell = row.cells().nth(place).unwrap_or_default().trim();
            let found = read(cell).map_err(|error| wrong(row.line(), error.to_string()))?;
            if Some(found) != id {
                let reason = format!("differs from --{}, which applies to all certificates", name.trim());
                return Err(wrong(row.line(), reason));
            }
        }
    }
    let mut lines = BTreeMap::new();
    let mut devices = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        let cell = row
            .cells()
            .nth(place)
            .ok_or_else(|| wrong(row.line(), "is missing from this row"))?;
        if let Some(line) = lines.insert(cell, row.line()) {
            return Err(wrong(row.line(), &format!("duplicate of line {line}")));
        }
        let number = padded(number + 1, rows.len());
        devices.push(Device {
            name: format!("DAC_{number}"),
            common_name: cell.into(),
            source: Source::Row {
                path: path.into(),
                line: row.line(),
            },
        });
    }
    Ok(devices)
}

/// Lists the files of a folder in the order of their names, without hidden ones.
pub(super) fn request_files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let unreadable = |error: std::io::Error| Failure::option("--csr", format_args!("{}: {error}", folder.display()));
    let mut paths = Vec::new();
    for entry in folder.read_dir().map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let hidden = path
            .file_name()
            .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if !hidden {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// Returns the failure for a folder without requests.
pub(super) fn no_requests(folder: &Path) -> Failure {
    Failure::option("--csr", format_args!("{}: contains no requests", folder.display()))
}

/// Keys with an owner, each with the owner's file.
pub(super) type Owners = BTreeMap<[u8; PublicKey::LEN], PathBuf>;

/// The issuer's key, which no device may have.
pub(super) fn owners(issuer_key: &PublicKey) -> Owners {
    BTreeMap::from([(*issuer_key.as_bytes(), PathBuf::from("the issuer"))])
}

/// Reads all requests of a folder in the order of their names, and reports each refused one.
fn requests(folder: &Path, prefix: Option<&str>, issuer_key: &PublicKey) -> Result<Vec<Device>, Failure> {
    let paths = request_files(folder)?;
    if paths.is_empty() {
        return Err(no_requests(folder));
    }
    let mut owners = owners(issuer_key);
    let mut names = BTreeMap::new();
    let mut devices = Vec::new();
    let mut refusals = Vec::new();
    for path in paths {
        match request(&path, prefix, &mut owners, &mut names) {
            Ok(device) => devices.push(device),
            Err(reason) => refusals.push(format!("{}: {reason}", path.display())),
        }
    }
    let count = refusals.len();
    match (refusals.pop(), count) {
        (None, _) => Ok(devices),
        (Some(only), 1) => Err(Failure::Input(only)),
        (Some(last), _) => {
            refusals.iter().chain([&last]).for_each(say);
            let all = count + devices.len();
            Err(Failure::Input(format!(
                "--csr: {count} of {all} requests are refused, so none is answered"
            )))
        }
    }
}

fn request(
    path: &Path,
    prefix: Option<&str>,
    owners: &mut Owners,
    names: &mut BTreeMap<String, PathBuf>,
) -> Result<Device, String> {
    let key = read_request(path)?;
    let stem = stem(path)?;
    if let Some(other) = names.insert(stem.into(), path.into()) {
        return Err(format!(
            "has the same name as {}, and so would its certificate",
            other.display()
        ));
    }
    own(owners, &key, path)?;
    Ok(Device {
        name: stem.into(),
        common_name: named(prefix, stem),
        source: Source::Request { path: path.into(), key },
    })
}

/// Reads a request, and returns the key whose possession it proves.
pub(super) fn read_request(path: &Path) -> Result<PublicKey, String> {
    let bytes = read_file("request", path).map_err(|failure| match failure {
        Failure::Input(reason) | Failure::No(reason) | Failure::Work(reason) => reason,
        // Nothing is printed here.
        Failure::Closed => String::new(),
    })?;
    let request = CertificateRequest::decode(&bytes).map_err(|error| error.to_string())?;
    Ok(request.public_key())
}

/// Returns the name of a request's device.
pub(super) fn stem(path: &Path) -> Result<&str, String> {
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    stem.ok_or_else(|| "the file's name is not UTF-8".into())
}

/// Returns the common name of its certificate.
pub(super) fn named(prefix: Option<&str>, stem: &str) -> String {
    prefix.map_or_else(|| stem.into(), |prefix| format!("{prefix} {stem}"))
}

/// Refuses a key that another file has.
pub(super) fn own(owners: &mut Owners, key: &PublicKey, path: &Path) -> Result<(), String> {
    match owners.entry(*key.as_bytes()) {
        Entry::Occupied(owner) => Err(format!("has the same key as {}", owner.get().display())),
        Entry::Vacant(free) => {
            free.insert(path.into());
            Ok(())
        }
    }
}
