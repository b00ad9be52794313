use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why a key cannot be opened, or does not sign.
///
/// No variant carries a PIN, a password or any part of a private key.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Error {
    /// A digest has another length than the algorithm's.
    DigestLength {
        /// Its bytes.
        len: usize,
        /// Those that it should have.
        expected: usize,
    },
    /// A file cannot be read.
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Arc<io::Error>,
    },
    /// More than one key of a token fits.
    KeyAmbiguous {
        /// What the URI says.
        wanted: String,
        /// The keys that fit.
        found: Vec<String>,
    },
    /// Logging into a token anew, there is another key than before.
    KeyChanged,
    /// A key that is to be made is there already.
    KeyExists {
        /// What the URI says.
        wanted: String,
    },
    /// A file has no key that is read here.
    KeyFile {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: matter_attestation::Error,
    },
    /// A key is of another kind than the one that is needed.
    KeyKind {
        /// What it is.
        found: String,
        /// What is needed.
        expected: &'static str,
    },
    /// No key of a token fits.
    KeyMissing {
        /// What the URI says.
        wanted: String,
        /// The private keys that are there.
        present: Vec<String>,
    },
    /// A URI does not name the key that is to be made.
    KeyUnnamed,
    /// A module cannot be loaded.
    Module {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Arc<dyn StdError + Send + Sync>,
    },
    /// A module's file is not found.
    ModuleMissing {
        /// Its name.
        name: String,
    },
    /// A URI names no module.
    ModuleUnnamed,
    /// The PIN is wrong.
    PinIncorrect,
    /// The token takes no PIN any more, after wrong ones.
    PinLocked,
    /// A file has no PIN.
    PinMalformed {
        /// The file.
        path: PathBuf,
    },
    /// The token wants a PIN and none is given.
    PinMissing,
    /// Tokens are not in this build.
    Pkcs11NotBuilt,
    /// A program ended without success.
    ProgramFailed {
        /// The program.
        path: PathBuf,
        /// How it ended.
        status: String,
        /// The first line that it wrote to stderr.
        stderr: String,
    },
    /// A program cannot be run.
    ProgramNotRun {
        /// The program.
        path: PathBuf,
        /// Why.
        source: Arc<io::Error>,
    },
    /// A program did not end in time.
    ProgramTimeout {
        /// The program.
        path: PathBuf,
        /// The limit in seconds.
        seconds: u64,
    },
    /// A program wrote more than any key or signature has.
    ProgramVerbose {
        /// The program.
        path: PathBuf,
        /// The limit in bytes.
        limit: usize,
    },
    /// A public key is not one of P-256, P-384 or RSA.
    PublicKey,
    /// A token has no public key beside its private one.
    PublicKeyMissing {
        /// What the URI says.
        wanted: String,
    },
    /// The operating system gives no random numbers.
    Random,
    /// A signature has not the form of one.
    SignatureForm {
        /// Its bytes.
        len: usize,
    },
    /// A signature does not verify with the public key.
    SignatureMismatch,
    /// A token refuses an operation.
    Token {
        /// What was asked for.
        operation: &'static str,
        /// Why it is refused.
        source: Arc<dyn StdError + Send + Sync>,
    },
    /// More than one token fits.
    TokenAmbiguous {
        /// What the URI says.
        wanted: String,
        /// Those that fit.
        found: Vec<String>,
    },
    /// A token failed while signing, and logging in anew did not help.
    TokenLost {
        /// What the URI says.
        wanted: String,
        /// Why it cannot be used any more.
        source: Arc<Self>,
    },
    /// No token fits.
    TokenMissing {
        /// What the URI says.
        wanted: String,
        /// Those that are there.
        present: Vec<String>,
    },
    /// A URI is malformed.
    Uri {
        /// The part that is wrong, which may be empty.
        part: &'static str,
        /// What is wrong.
        reason: String,
    },
}

impl Error {
    pub(crate) fn uri(part: &'static str, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self::Uri { part, reason }
    }

    pub(crate) fn file(path: &Path, source: io::Error) -> Self {
        Self::File {
            path: path.into(),
            source: Arc::new(source),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DigestLength { len, expected } => write!(f, "the digest has {len} bytes, not {expected}"),
            Self::File { path, source } => write!(f, "{}: {source}", path.display()),
            Self::KeyAmbiguous { wanted, found } => write!(
                f,
                "the token has {} private keys with{wanted}: {}; name one by object and id",
                found.len(),
                found.join(", ")
            ),
            Self::KeyChanged => f.write_str("the token has another key of that name now"),
            Self::KeyExists { wanted } => write!(f, "the token has a key with{wanted} already; choose another name"),
            Self::KeyFile { path, reason } => write_key_file(f, path, reason),
            Self::KeyKind { found, expected } => write!(f, "the key is of {found}, not of {expected}"),
            Self::KeyMissing { wanted, present } => {
                write!(
                    f,
                    "the token has no private key{}{wanted}",
                    if wanted.is_empty() { "" } else { " with" }
                )?;
                write_present(f, present)
            }
            Self::KeyUnnamed => f.write_str("the URI does not name the key to make; add object=LABEL"),
            Self::Module { path, source } => {
                write!(f, "the PKCS#11 module {} cannot be loaded: {source}", path.display())
            }
            Self::ModuleMissing { name } => write!(
                f,
                "no PKCS#11 module '{name}' in the usual folders; module-path=FILE names one elsewhere"
            ),
            Self::ModuleUnnamed => f.write_str(
                "the URI names no PKCS#11 module; add ?module-name=softhsm2 or the like, or ?module-path=FILE",
            ),
            Self::PinIncorrect => f.write_str("the token refuses the PIN: it is wrong"),
            Self::PinLocked => {
                f.write_str("the token's PIN is locked after wrong ones; its security officer unlocks it")
            }
            Self::PinMalformed { path } => write!(f, "{}: is not one line with a PIN", path.display()),
            Self::PinMissing => f.write_str("the token wants a PIN; pin-source=FILE in the URI or MATTER_PIN gives it"),
            Self::Pkcs11NotBuilt => {
                f.write_str("keys in tokens are not in this build; build it with --features pkcs11")
            }
            Self::ProgramFailed { path, status, stderr } => {
                write!(f, "the program {} failed, {status}", path.display())?;
                if stderr.is_empty() {
                    Ok(())
                } else {
                    write!(f, ": {stderr}")
                }
            }
            Self::ProgramNotRun { path, source } => write!(f, "the program {} cannot be run: {source}", path.display()),
            Self::ProgramTimeout { path, seconds } => {
                write!(f, "the program {} did not answer within {seconds} s", path.display())
            }
            Self::ProgramVerbose { path, limit } => {
                write!(f, "the program {} wrote more than {limit} bytes", path.display())
            }
            Self::PublicKey => {
                f.write_str("not a public key of P-256, P-384 or RSA (SubjectPublicKeyInfo in PEM or DER)")
            }
            Self::PublicKeyMissing { wanted } => write!(
                f,
                "the token has no public key and no certificate beside its private key{wanted}; import one with the same id"
            ),
            Self::Random => f.write_str("the operating system gives no random numbers"),
            Self::SignatureForm { len } => write!(f, "{len} bytes where a signature should be"),
            Self::SignatureMismatch => {
                f.write_str("the signature does not verify with the signer's public key: another key has made it")
            }
            Self::Token { operation, source } => write!(f, "the token refuses {operation}: {source}"),
            Self::TokenAmbiguous { wanted, found } => {
                write!(
                    f,
                    "{} tokens fit{wanted}: {}; name one by its serial",
                    found.len(),
                    found.join(", ")
                )
            }
            Self::TokenLost { source, .. } => write!(f, "the token was lost while signing: {source}"),
            Self::TokenMissing { wanted, present } => {
                write!(f, "no token{}{wanted}", if wanted.is_empty() { "" } else { " with" })?;
                write_present(f, present)
            }
            Self::Uri { part: "", reason } => write!(f, "the URI {reason}"),
            Self::Uri { part, reason } => write!(f, "{part} in the URI {reason}"),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::File { source, .. } | Self::ProgramNotRun { source, .. } => Some(source.as_ref()),
            Self::KeyFile { reason, .. } => Some(reason),
            Self::Module { source, .. } | Self::Token { source, .. } => Some(source.as_ref()),
            Self::TokenLost { source, .. } => Some(source.as_ref()),
            _ => None,
        }
    }
}

fn write_present(f: &mut fmt::Formatter<'_>, present: &[String]) -> fmt::Result {
    match present {
        [] => f.write_str("; there is none"),
        present => write!(f, "; there: {}", present.join(", ")),
    }
}

fn write_key_file(f: &mut fmt::Formatter<'_>, path: &Path, reason: &matter_attestation::Error) -> fmt::Result {
    use matter_attestation::Error as Reason;

    let path = path.display();
    match reason {
        Reason::KeyEncrypted => write!(f, "{path}: is encrypted; its password opens it"),
        Reason::KeyPassword | Reason::Pkcs12Password => {
            write!(f, "{path}: is encrypted with another password than the one given")
        }
        Reason::KeyMalformed => write!(
            f,
            "{path}: is no private key (PKCS#8, SEC 1 or PKCS#1) of P-256, P-384 or RSA in PEM or DER"
        ),
        reason => write!(f, "{path}: {reason}"),
    }
}
