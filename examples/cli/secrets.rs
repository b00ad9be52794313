//! Secrets that are given to a binary: as an option, which other users of the machine can see in the list of processes, from
//! a file, from standard input or from the environment.

use std::io::Read;
use std::path::{Path, PathBuf};

use chacha20::ChaCha20Rng;
use getrandom::SysRng;
use getrandom::rand_core::SeedableRng;
use zeroize::Zeroizing;

use crate::{Failure, read_file};

/// More than any of these secrets has.
const MAX_LEN: usize = 4096;

/// A passcode, in one of its ways.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Passcode {
    /// Passcode, 1 to 99999998 without twelve trivial ones; other users of the machine may see it in the list of processes
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    passcode: Option<Zeroizing<String>>,
    /// File with the passcode, or - for standard input [default: the environment's MATTER_PASSCODE]
    #[arg(long, value_name = "FILE", conflicts_with = "passcode")]
    passcode_file: Option<PathBuf>,
}

/// The password of encrypted keys, in one of its ways.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Password {
    /// Password of encrypted keys (also --pwd); other users of the machine may see it in the list of processes
    #[arg(long, alias = "pwd", value_name = "TEXT", allow_hyphen_values = true)]
    password: Option<Zeroizing<String>>,
    /// File with the password, or - for standard input [default: the environment's MATTER_PASSWORD]
    #[arg(long, value_name = "FILE", conflicts_with = "password")]
    password_file: Option<PathBuf>,
}

/// A verifier, in one of its ways.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Verifier {
    /// Verifier: 97 bytes in base64; other users of the machine may see it in the list of processes
    #[arg(long, value_name = "BASE64")]
    verifier: Option<Zeroizing<String>>,
    /// File with the verifier, or - for standard input [default: the environment's MATTER_VERIFIER]
    #[arg(long, value_name = "FILE", conflicts_with = "verifier")]
    verifier_file: Option<PathBuf>,
}

impl Passcode {
    /// Returns the passcode as it was written, if it was given.
    ///
    /// # Errors
    ///
    /// [`Failure::Input`] when its file cannot be read.
    pub fn read(&self) -> Result<Option<Zeroizing<String>>, Failure> {
        read(
            "--passcode-file",
            "MATTER_PASSCODE",
            &self.passcode,
            &self.passcode_file,
        )
    }

    /// As [`Passcode::read`], where it is needed.
    ///
    /// # Errors
    ///
    /// [`Failure::Input`] when it is not given or its file cannot be read.
    pub fn require(&self) -> Result<Zeroizing<String>, Failure> {
        self.read()?.ok_or_else(|| missing("--passcode"))
    }
}

impl Password {
    /// Returns the password, if it was given.
    ///
    /// # Errors
    ///
    /// [`Failure::Input`] when its file cannot be read.
    pub fn read(&self) -> Result<Option<Zeroizing<String>>, Failure> {
        read(
            "--password-file",
            "MATTER_PASSWORD",
            &self.password,
            &self.password_file,
        )
    }
}

impl Verifier {
    /// Returns the verifier as it was written, where it is needed.
    ///
    /// # Errors
    ///
    /// [`Failure::Input`] when it is not given or its file cannot be read.
    pub fn require(&self) -> Result<Zeroizing<String>, Failure> {
        let read = read(
            "--verifier-file",
            "MATTER_VERIFIER",
            &self.verifier,
            &self.verifier_file,
        );
        read?.ok_or_else(|| missing("--verifier"))
    }
}

fn missing(option: &str) -> Failure {
    Failure::Input(format!("missing: {option} or {option}-file; --help lists all"))
}

fn read(
    option: &str,
    variable: &str,
    text: &Option<Zeroizing<String>>,
    file: &Option<PathBuf>,
) -> Result<Option<Zeroizing<String>>, Failure> {
    match (text, file) {
        (Some(text), _) => Ok(Some(text.clone())),
        (None, Some(path)) => read_secret(option, path).map(Some),
        (None, None) => match std::env::var(variable) {
            Ok(text) => Ok(Some(Zeroizing::new(text))),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(_) => Err(Failure::Input(format!("{variable}: is not UTF-8"))),
        },
    }
}

/// Reads a secret from a file, or for `-` from standard input: one line, its end left out.
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
    let text = std::str::from_utf8(&bytes).map_err(|_| wrong("is not UTF-8"))?;
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.is_empty() || text.contains(['\n', '\r']) {
        return Err(wrong("is not one line"));
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

/// Returns an argument that may be a secret: as it is, or for `-` a line from standard input.
///
/// # Errors
///
/// [`Failure::Input`] when standard input cannot be read or is not one line.
pub fn read_argument(name: &str, text: String) -> Result<Zeroizing<String>, Failure> {
    let text = Zeroizing::new(text);
    if *text == "-" {
        return read_secret(name, Path::new("-"));
    }
    Ok(text)
}

/// Random numbers: ChaCha20 with a key from the operating system, whose failure is found here.
///
/// # Errors
///
/// [`Failure::Work`] when the system gives none.
pub fn random() -> Result<ChaCha20Rng, Failure> {
    ChaCha20Rng::try_from_rng(&mut SysRng)
        .map_err(|_| Failure::Work("the operating system gives no random numbers".into()))
}
