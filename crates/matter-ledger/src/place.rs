use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::Error;
use crate::database_file::beside;

/// The ending of a key file after the name of a ledger file.
const KEY_ENDING: &str = ".key";
/// The schemes of a PostgreSQL server's URL.
const SERVER: [&str; 2] = ["postgresql:", "postgres:"];
/// An optional prefix of a path, to prevent other interpretations.
const FILE: &str = "sqlite:";

/// The place of a ledger: a file, or a database on a PostgreSQL server.
///
/// Parsed from a path, `sqlite:PATH`, or `postgresql://USER@HOST/DATABASE`. A URL contains no password.
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
    /// Parses a command line argument, which may be a path that is not UTF-8.
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

    /// Sets the file of the passcode key. For a ledger in a file, it defaults to a file next to it.
    #[must_use]
    pub fn with_key_file(mut self, path: PathBuf) -> Self {
        self.key = Some(path);
        self
    }

    /// Returns the file; `None` for a ledger on a server.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match &self.at {
            At::File(path) => Some(path),
            At::Server(_) => None,
        }
    }

    /// Returns the file of the passcode key; `None` for a ledger on a server without one.
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
    /// Formats the path or the URL.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.at {
            At::File(path) => path.display().fmt(f),
            At::Server(url) => f.write_str(url),
        }
    }
}

/// Refuses an invalid server URL, and a URL with a password: command lines and logs are visible to others. The part after
/// the scheme is parsed as by libpq.
fn check_url(rest: &str) -> Result<(), Error> {
    let refused = |reason| Err(Error::Url { reason });
    let Some(rest) = rest.strip_prefix("//") else {
        return refused("must be postgresql://USER@HOST/DATABASE");
    };
    let has_password = rest.split_once('@').is_some_and(|(user, _)| user.contains(':'));
    let query = rest.split_once('?').map_or("", |(_, query)| query);
    let names = query.split('&').map(|pair| pair.split('=').next().unwrap_or_default());
    // Percent-encoding of parameter names has no purpose other than hiding them.
    if has_password || { names }.any(|name| name.contains('%') || name.contains("password")) {
        return refused("contains a password; pass it in PGPASSWORD or in the file given by PGPASSFILE");
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
