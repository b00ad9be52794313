mod percent;
mod pkcs11;

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

#[cfg(feature = "pkcs11")]
pub(crate) use self::percent::encode;
use self::percent::{decode, decode_text};
#[cfg(feature = "pkcs11")]
pub(crate) use self::pkcs11::Hex;
pub use self::pkcs11::Pkcs11Uri;
use crate::Error;

/// A key type that can be generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyAlgorithm {
    /// ECDSA on P-256.
    P256,
    /// RSA with 3072 bits and the exponent 65537.
    Rsa3072,
}

/// The location of a signing key: `file:PATH` or a plain path, `pkcs11:` (RFC 7512), or `exec:PROGRAM`.
///
/// It never contains a PIN or a password.
///
/// # Examples
///
/// ```
/// use matter_signer::SignerUri;
///
/// let uri: SignerUri = "pkcs11:token=factory;object=pai?module-name=softhsm2&pin-source=/etc/pin".parse()?;
/// assert_eq!(uri.pin_file().and_then(|path| path.to_str()), Some("/etc/pin"));
/// let refused = "pkcs11:object=pai?pin-value=1234".parse::<SignerUri>();
/// assert!(!refused.unwrap_err().to_string().contains("1234"));
/// # Ok::<(), matter_signer::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignerUri {
    kind: Kind,
    text: String,
}

/// The parsed forms of a URI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    File(PathBuf),
    Pkcs11(Box<Pkcs11Uri>),
    Program { path: PathBuf, arguments: Vec<String> },
}

impl SignerUri {
    pub(crate) const fn kind(&self) -> &Kind {
        &self.kind
    }

    /// Returns the key file, for a key in a file.
    #[must_use]
    pub fn key_file(&self) -> Option<&Path> {
        match &self.kind {
            Kind::File(path) => Some(path),
            _ => None,
        }
    }

    /// Returns the attributes of a key in a token.
    #[must_use]
    pub fn pkcs11(&self) -> Option<&Pkcs11Uri> {
        match &self.kind {
            Kind::Pkcs11(uri) => Some(uri),
            _ => None,
        }
    }

    /// Returns the file with the PIN, if the URI names one.
    #[must_use]
    pub fn pin_file(&self) -> Option<&Path> {
        self.pkcs11()?.pin_file()
    }

    /// Returns the program, for a key in a program.
    #[must_use]
    pub fn program(&self) -> Option<&Path> {
        match &self.kind {
            Kind::Program { path, .. } => Some(path),
            _ => None,
        }
    }
}

impl From<PathBuf> for SignerUri {
    /// Creates the URI of a file, even if its name looks like another URI.
    fn from(path: PathBuf) -> Self {
        let text = path.display().to_string();
        Self {
            kind: Kind::File(path),
            text,
        }
    }
}

impl FromStr for SignerUri {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let kind = match text.split_once(':') {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("file") => Kind::File(file(rest)?),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("pkcs11") => Kind::Pkcs11(Box::new(rest.parse()?)),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("exec") => program(rest)?,
            _ if text.is_empty() => return Err(Error::uri("", "is empty")),
            _ => Kind::File(text.into()),
        };
        let text = text.to_owned();
        Ok(Self { kind, text })
    }
}

impl fmt::Display for SignerUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The path of a `file:` URI (RFC 8089); relative paths are accepted too.
fn file(rest: &str) -> Result<PathBuf, Error> {
    let path = match rest.strip_prefix("//") {
        None => rest,
        Some(rest) => match rest.strip_prefix("localhost").unwrap_or(rest) {
            path if path.starts_with('/') => path,
            _ => return Err(Error::uri("file", "names another host; use file:/PATH")),
        },
    };
    match decode_text("file", path)? {
        path if path.is_empty() => Err(Error::uri("file", "names no file")),
        path => Ok(path.into()),
    }
}

/// `PROGRAM` or `PROGRAM?arg=TEXT&arg=TEXT`.
fn program(rest: &str) -> Result<Kind, Error> {
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let path = PathBuf::from(decode_text("exec", path)?);
    if path.as_os_str().is_empty() {
        return Err(Error::uri("exec", "names no program"));
    }
    // Unlike a shell, do not search PATH for a bare name: the environment must not choose the signing program.
    let path = if path.components().count() == 1 {
        Path::new(".").join(path)
    } else {
        path
    };
    let arguments = query.split('&').filter(|part| !part.is_empty());
    let arguments = arguments.map(|part| match part.strip_prefix("arg=") {
        Some(argument) => decode_text("arg", argument),
        None => Err(Error::uri("exec", "has a parameter other than arg=TEXT after '?'")),
    });
    let arguments = arguments.collect::<Result<_, _>>()?;
    Ok(Kind::Program { path, arguments })
}
