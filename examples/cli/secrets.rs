//! Secrets given to a binary: as an option, which other users of the machine can see in the process list, from a file,
//! from standard input or from the environment.

use std::io::Read;
use std::path::{Path, PathBuf};

use chacha20::ChaCha20Rng;
use getrandom::SysRng;
use getrandom::rand_core::SeedableRng;
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use crate::{Failure, Given, Text, Written, read_file};

/// More than the length of any of these secrets.
const MAX_LEN: usize = 4096;

/// Declares the options of a secret.
macro_rules! secret {
    ($(#[$doc:meta])* $name:ident $option:literal $variable:literal; $(#[$value:meta])+ $field:ident; $(#[$path:meta])+ $file:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, clap::Args)]
        pub struct $name {
            $(#[$value])+
            $field: Option<Zeroizing<String>>,
            $(#[$path])+
            $file: Option<PathBuf>,
        }

        impl<'de> Deserialize<'de> for $name {
            /// Reads the secret itself.
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let secret = Option::<Text>::deserialize(deserializer)?;
                let $field = secret.map(|secret| Zeroizing::new(secret.expose().to_owned()));
                Ok(Self { $field, $file: None })
            }
        }

        impl Written for $name {
            fn written(&self) -> Option<&str> {
                self.$field.as_deref().map(String::as_str)
            }
        }

        impl Given for $name {
            fn or(self, other: Self) -> Self {
                if self.$field.is_some() || self.$file.is_some() { self } else { other }
            }
        }

        impl $name {
            /// Returns the secret of the command line, if given.
            ///
            /// # Errors
            ///
            /// [`Failure::Input`] if its file cannot be read.
            pub fn given(&self) -> Result<Option<Zeroizing<String>>, Failure> {
                match &self.$file {
                    Some(path) if self.$field.is_none() => read_secret(concat!($option, "-file"), path).map(Some),
                    _ => Ok(self.$field.clone()),
                }
            }

            /// Returns the secret of the environment.
            ///
            /// # Errors
            ///
            /// [`Failure::Input`] if it is not UTF-8.
            pub fn from_environment() -> Result<Option<Zeroizing<String>>, Failure> {
                environment($variable)
            }

            /// Returns the secret of the command line, or else of the environment.
            ///
            /// # Errors
            ///
            /// [`Failure::Input`] if its file cannot be read.
            pub fn read(&self) -> Result<Option<Zeroizing<String>>, Failure> {
                self.given()?.map_or_else(Self::from_environment, |secret| Ok(Some(secret)))
            }

            /// Replaces the location of the secret by the secret.
            ///
            /// # Errors
            ///
            /// As [`read`](Self::read).
            pub fn resolve(&mut self) -> Result<(), Failure> {
                self.$field = self.read()?;
                self.$file = None;
                Ok(())
            }

            /// As [`read`](Self::read), for a required secret.
            ///
            /// # Errors
            ///
            /// [`Failure::Input`] if it is missing, or its file cannot be read.
            pub fn require(&self) -> Result<Zeroizing<String>, Failure> {
                self.read()?.ok_or_else(|| {
                    Failure::Input(concat!("missing: ", $option, " or ", $option, "-file; --help lists all").into())
                })
            }
        }
    };
}

secret! {
    /// The options of a passcode.
    Passcode "--passcode" "MATTER_PASSCODE";
    /// Passcode, 1 to 99999998 except twelve trivial ones; other users of the machine may see it in the process list
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    passcode;
    /// File with the passcode, or - for standard input [default: the environment's MATTER_PASSCODE]
    #[arg(long, value_name = "FILE", conflicts_with = "passcode")]
    passcode_file
}

secret! {
    /// The options of the password of encrypted keys.
    Password "--password" "MATTER_PASSWORD";
    /// Password of encrypted keys and PKCS#12 files (also --pwd); other users of the machine may see it in the process
    /// list
    #[arg(long, alias = "pwd", value_name = "TEXT", allow_hyphen_values = true)]
    password;
    /// File with the password, or - for standard input [default: the environment's MATTER_PASSWORD]
    #[arg(long, value_name = "FILE", conflicts_with = "password")]
    password_file
}

secret! {
    /// The options of a verifier.
    Verifier "--verifier" "MATTER_VERIFIER";
    /// Verifier of a single device: 97 bytes in base64; other users of the machine may see it in the process list
    #[arg(long, value_name = "BASE64")]
    verifier;
    /// File with the verifier, or - for standard input [default: the environment's MATTER_VERIFIER]
    #[arg(long, value_name = "FILE", conflicts_with = "verifier")]
    verifier_file
}

pub(crate) fn environment(variable: &str) -> Result<Option<Zeroizing<String>>, Failure> {
    match std::env::var(variable) {
        Ok(text) => Ok(Some(Zeroizing::new(text))),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(_) => Err(Failure::Input(format!("{variable}: is not UTF-8"))),
    }
}

/// Reads a secret from a file, or for `-` from standard input: one line, without its end.
fn read_secret(option: &str, path: &Path) -> Result<Zeroizing<String>, Failure> {
    let bytes = if path.as_os_str() == "-" {
        read_input(option)?
    } else {
        read_file(option, path)?
    };
    let wrong = |reason: &str| Failure::option(option, reason);
    if bytes.len() > MAX_LEN {
        return Err(wrong("is longer than 4096 bytes"));
    }
    let text = factory_fs::utf8(&bytes).map_err(|error| Failure::option(option, error))?;
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.is_empty() || text.contains(['\n', '\r']) {
        return Err(wrong("is not a single line"));
    }
    Ok(Zeroizing::new(text.to_owned()))
}

fn read_input(option: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let limit = u64::try_from(MAX_LEN).unwrap_or_default() + 1;
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_LEN + 2));
    let read = std::io::stdin().lock().take(limit).read_to_end(&mut bytes);
    read.map_err(|error| Failure::option(option, format_args!("standard input: {error}")))?;
    Ok(bytes)
}

/// Returns an argument that may be secret: the text itself, or for `-` a line from standard input.
///
/// # Errors
///
/// [`Failure::Input`] if standard input cannot be read or is not a single line.
pub fn read_argument(name: &str, text: String) -> Result<Zeroizing<String>, Failure> {
    let text = Zeroizing::new(text);
    if *text == "-" {
        return read_secret(name, Path::new("-"));
    }
    Ok(text)
}

/// Creates a ChaCha20 random number generator with a key from the operating system; a failure is reported here.
///
/// # Errors
///
/// [`Failure::Work`] if the system provides none.
pub fn random() -> Result<ChaCha20Rng, Failure> {
    ChaCha20Rng::try_from_rng(&mut SysRng)
        .map_err(|_| Failure::Work("the operating system provides no random numbers".into()))
}
