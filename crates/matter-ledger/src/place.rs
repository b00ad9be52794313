use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::Error;
use crate::database_file::beside;

/// What a key's file has behind the name of a ledger in a file.
const KEY_ENDING: &str = ".key";
/// How the URLs of a PostgreSQL server begin.
const SERVER: [&str; 2] = ["postgresql:", "postgres:"];
/// How a path may begin that would be taken for something else.
const FILE: &str = "sqlite:";

/// Where a ledger is: a file, or a database on a PostgreSQL server.
///
/// Read from a text, it is a path, `sqlite:PATH`, or `postgresql://USER@HOST/DATABASE`. A URL holds no password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerPlace {
    pub(crate) at: At,
    key: Option<PathBuf>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum At {
    File(PathBuf),
    /// A URL, without a password.
    Server(String),
}

impl LedgerPlace {
    /// Reads a command line's argument, which may be a path that is no text.
    ///
    /// # Errors
    ///
    /// [`Error::Url`].
    pub fn from_argument(argument: &OsStr) -> Result<Self, Error> {
        match argument.to_str() {
            Some(text) => text.parse(),
            None => Ok(PathBuf::from(argument).into()),
        }
    }

    /// Names the file of the key of the passcodes. Beside a ledger in a file it is found without that.
    #[must_use]
    pub fn with_key_file(mut self, path: PathBuf) -> Self {
        self.key = Some(path);
        self
    }

    /// Returns the file, unless it is on a server.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match &self.at {
            At::File(path) => Some(path),
            At::Server(_) => None,
        }
    }

    /// Returns the file of the key of the passcodes; `None` when a ledger on a server came without.
    #[must_use]
    pub fn key_file(&self) -> Option<PathBuf> {
        let beside = || self.file().map(|path| beside(path, KEY_ENDING));
        self.key.clone().or_else(beside)
    }
}

impl FromStr for LedgerPlace {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let at = match SERVER.iter().find_map(|scheme| text.strip_prefix(scheme)) {
            None => At::File(text.strip_prefix(FILE).unwrap_or(text).into()),
            Some(rest) => {
                check_url(rest)?;
                At::Server(text.into())
            }
        };
        Ok(Self { at, key: None })
    }
}

impl From<PathBuf> for LedgerPlace {
    fn from(path: PathBuf) -> Self {
        let at = At::File(path);
        Self { at, key: None }
    }
}

impl From<&Path> for LedgerPlace {
    fn from(path: &Path) -> Self {
        path.to_owned().into()
    }
}

impl From<&PathBuf> for LedgerPlace {
    fn from(path: &PathBuf) -> Self {
        path.clone().into()
    }
}

impl From<&Self> for LedgerPlace {
    fn from(place: &Self) -> Self {
        place.clone()
    }
}

impl fmt::Display for LedgerPlace {
    /// Writes the path, or the URL.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.at {
            At::File(path) => path.display().fmt(f),
            At::Server(url) => f.write_str(url),
        }
    }
}

/// Refuses what is no URL of a server, and a password: command lines and logs are for everybody to read. What is behind
/// the scheme is divided as libpq does.
fn check_url(rest: &str) -> Result<(), Error> {
    let refused = |reason| Err(Error::Url { reason });
    let Some(rest) = rest.strip_prefix("//") else {
        return refused("is to be postgresql://USER@HOST/DATABASE");
    };
    let has_password = rest.split_once('@').is_some_and(|(user, _)| user.contains(':'));
    let query = rest.split_once('?').map_or("", |(_, query)| query);
    let names = query.split('&').map(|pair| pair.split('=').next().unwrap_or_default());
    // A name in another spelling than its letters' is nothing that anybody writes but to hide it.
    if has_password || { names }.any(|name| name.contains('%') || name.contains("password")) {
        return refused("has a password, which belongs into PGPASSWORD or into the file that PGPASSFILE names");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{At, LedgerPlace};

    #[test]
    fn places_are_paths_or_urls() {
        let at = |text: &str| text.parse::<LedgerPlace>().map(|place| place.at);
        for (text, path) in [
            ("a/b", "a/b"),
            ("sqlite:b", "b"),
            (":memory:", ":memory:"),
            ("file:x", "file:x"),
        ] {
            assert_eq!(at(text).ok(), Some(At::File(path.into())), "{text}");
        }
        for url in [
            "postgresql:///ledger?host=/run/postgresql",
            "postgres://mfg@db.example:5433/ledger?sslrootcert=/etc/ca.pem",
            "postgresql://[::1]/ledger",
        ] {
            assert_eq!(at(url).ok(), Some(At::Server(url.into())));
            assert_eq!(
                url.parse::<LedgerPlace>()
                    .map(|place| place.to_string())
                    .ok()
                    .as_deref(),
                Some(url)
            );
        }
    }

    #[test]
    fn a_password_in_a_url_is_refused_and_not_shown() {
        for url in [
            "postgresql://mfg:hunter2@db/ledger",
            "postgres://mfg:hun/ter2@db/ledger",
            "postgresql://db/ledger?password=hunter2",
            "postgresql://db/ledger?user=mfg&p%61ssword=hunter2",
            "postgresql://db/ledger?sslpassword=hunter2",
            "postgres:mfg:hunter2",
        ] {
            let text = url.parse::<LedgerPlace>().map_err(|error| error.to_string());
            assert!(
                text.is_err_and(|text| !text.contains("hun") && text.contains("ledger")),
                "{url}"
            );
        }
    }
}
