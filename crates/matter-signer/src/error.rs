use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Errors of opening a key and of signing.
///
/// No variant carries a PIN, a password or any part of a private key.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Error {
    /// A digest does not have the length of the algorithm.
    DigestLength {
        /// Length of the digest in bytes.
        len: usize,
        /// Length required by the algorithm, in bytes.
        expected: usize,
    },
    /// A file cannot be read.
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: Arc<io::Error>,
    },
    /// More than one key of a token matches.
    KeyAmbiguous {
        /// The key attributes of the URI.
        wanted: String,
        /// The matching keys.
        found: Vec<String>,
    },
    /// After a new login to the token, the URI names a different key than before.
    KeyChanged,
    /// A key to be generated already exists.
    KeyExists {
        /// The key attributes of the URI.
        wanted: String,
    },
    /// A file contains no supported private key.
    KeyFile {
        /// The file.
        path: PathBuf,
        /// The cause.
        reason: matter_attestation::Error,
    },
    /// A key is not of the required type.
    KeyKind {
        /// The key's type.
        found: String,
        /// The required type.
        expected: &'static str,
    },
    /// No key of a token matches.
    KeyMissing {
        /// The key attributes of the URI.
        wanted: String,
        /// The private keys in the token.
        present: Vec<String>,
    },
    /// A URI does not name the key to be generated.
    KeyUnnamed,
    /// A module cannot be loaded.
    Module {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: Arc<dyn StdError + Send + Sync>,
    },
    /// The file of a module was not found.
    ModuleMissing {
        /// The module's name.
        name: String,
    },
    /// A URI names no module.
    ModuleUnnamed,
    /// The PIN is wrong.
    PinIncorrect,
    /// The PIN is locked after wrong attempts.
    PinLocked,
    /// A file does not contain a PIN.
    PinMalformed {
        /// The file.
        path: PathBuf,
    },
    /// The token requires a PIN and none was given.
    PinMissing,
    /// This build does not include PKCS#11 support.
    Pkcs11NotBuilt,
    /// A program did not end successfully.
    ProgramFailed {
        /// The program.
        path: PathBuf,
        /// Its exit code or signal.
        status: String,
        /// The first line of its stderr.
        stderr: String,
    },
    /// A program cannot be run.
    ProgramNotRun {
        /// The program.
        path: PathBuf,
        /// The cause.
        source: Arc<io::Error>,
    },
    /// A program did not end in time.
    ProgramTimeout {
        /// The program.
        path: PathBuf,
        /// The limit in seconds.
        seconds: u64,
    },
    /// A program wrote more than any key or signature needs.
    ProgramVerbose {
        /// The program.
        path: PathBuf,
        /// The limit in bytes.
        limit: usize,
    },
    /// A public key is not P-256, P-384 or RSA.
    PublicKey,
    /// A token has no public key for a private key.
    PublicKeyMissing {
        /// The key attributes of the URI.
        wanted: String,
    },
    /// The operating system provides no random numbers.
    Random,
    /// A signature is malformed.
    SignatureForm {
        /// Its length in bytes.
        len: usize,
    },
    /// A signature does not verify with the public key.
    SignatureMismatch,
    /// A token refuses an operation.
    Token {
        /// The refused operation.
        operation: &'static str,
        /// The cause.
        source: Arc<dyn StdError + Send + Sync>,
    },
    /// More than one token matches.
    TokenAmbiguous {
        /// The token attributes of the URI.
        wanted: String,
        /// The matching tokens.
        found: Vec<String>,
    },
    /// A token failed while signing, and a new login did not help.
    TokenLost {
        /// The token attributes of the URI.
        wanted: String,
        /// The error after the new login.
        source: Arc<Self>,
    },
    /// No token matches.
    TokenMissing {
        /// The token attributes of the URI.
        wanted: String,
        /// The tokens that are present.
        present: Vec<String>,
    },
    /// A URI is malformed.
    Uri {
        /// The faulty part; may be empty.
        part: &'static str,
        /// The fault.
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
            Self::DigestLength { len, expected } => {
                write!(f, "the digest is {len} bytes long; {expected} are required")
            }
            Self::File { path, source } => write!(f, "{}: {source}", path.display()),
            Self::KeyAmbiguous { wanted, found } => write!(
                f,
                "the token has {} private keys with{wanted}: {}; select one with object and id",
                found.len(),
                found.join(", ")
            ),
            Self::KeyChanged => f.write_str("the token now has a different key with this name"),
            Self::KeyExists { wanted } => write!(f, "the token already has a key with{wanted}; choose another name"),
            Self::KeyFile { path, reason } => write_key_file(f, path, reason),
            Self::KeyKind { found, expected } => write!(f, "the key is {found}, not {expected}"),
            Self::KeyMissing { wanted, present } => {
                write!(
                    f,
                    "the token has no private key{}{wanted}",
                    if wanted.is_empty() { "" } else { " with" }
                )?;
                write_present(f, present)
            }
            Self::KeyUnnamed => f.write_str("the URI does not name the key to generate; add object=LABEL"),
            Self::Module { path, source } => {
                write!(f, "the PKCS#11 module {} cannot be loaded: {source}", path.display())
            }
            Self::ModuleMissing { name } => write!(
                f,
                "no PKCS#11 module '{name}' in the usual folders; give its file with module-path=FILE"
            ),
            Self::ModuleUnnamed => f.write_str(
                "the URI names no PKCS#11 module; add ?module-name=NAME (such as softhsm2) or ?module-path=FILE",
            ),
            Self::PinIncorrect => f.write_str("the token refuses the PIN: it is wrong"),
            Self::PinLocked => {
                f.write_str("the token's PIN is locked after wrong attempts; its security officer can unlock it")
            }
            Self::PinMalformed { path } => write!(f, "{}: does not contain a PIN on a single line", path.display()),
            Self::PinMissing => {
                f.write_str("the token requires a PIN; give it with pin-source=FILE in the URI or with MATTER_PIN")
            }
            Self::Pkcs11NotBuilt => {
                f.write_str("this build does not support keys in tokens; build it with --features pkcs11")
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
                "the token has neither a public key nor a certificate for the private key{wanted}; import one with the same id"
            ),
            Self::Random => f.write_str("the operating system provides no random numbers"),
            Self::SignatureForm { len } => write!(f, "the signature is malformed: {len} bytes"),
            Self::SignatureMismatch => {
                f.write_str("the signature does not verify with the signer's public key; it was made with another key")
            }
            Self::Token { operation, source } => write!(f, "the token refuses {operation}: {source}"),
            Self::TokenAmbiguous { wanted, found } => {
                write!(
                    f,
                    "{} tokens match{wanted}: {}; select one with serial",
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
        [] => f.write_str("; it has none"),
        present => write!(f, "; present: {}", present.join(", ")),
    }
}

fn write_key_file(f: &mut fmt::Formatter<'_>, path: &Path, reason: &matter_attestation::Error) -> fmt::Result {
    use matter_attestation::Error as Reason;

    let path = path.display();
    match reason {
        Reason::KeyEncrypted => write!(f, "{path}: is encrypted; a password is required"),
        Reason::KeyPassword | Reason::Pkcs12Password => {
            write!(f, "{path}: cannot be decrypted with the given password")
        }
        Reason::KeyMalformed => write!(
            f,
            "{path}: is not a private key (PKCS#8, SEC 1 or PKCS#1) of P-256, P-384 or RSA in PEM or DER"
        ),
        reason => write!(f, "{path}: {reason}"),
    }
}
