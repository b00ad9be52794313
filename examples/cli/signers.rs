//! Keys for signing and verifying: files in PEM or DER by content, tokens and programs.

use std::path::Path;

use matter_attestation::{Error, InputKind};
use matter_signer::{OpenedSigner, P256Signer, Secrets, SignerUri, SigningKey, VerifyingKey};

use crate::inputs::wrong;
use crate::secrets::environment;
use crate::{Failure, Trust, read_file, told_unless};

/// Parses the location of a key, and refuses its files if users other than their owner may change them: the key, the
/// PIN, the program.
///
/// # Errors
///
/// [`Failure::Input`] with the option.
pub fn parse_signer(option: &str, text: &str, trust: Trust) -> Result<SignerUri, Failure> {
    let uri: SignerUri = text.parse().map_err(|error| Failure::option(option, error))?;
    for file in [uri.key_file(), uri.pin_file(), uri.program()].into_iter().flatten() {
        trust.check_key(option, file)?;
    }
    Ok(uri)
}

/// Returns the secrets for opening a signer: the given password, and the PIN of the environment.
///
/// # Errors
///
/// [`Failure::Input`] if the PIN is not UTF-8.
pub fn signer_secrets(password: Option<&str>) -> Result<Secrets, Failure> {
    let mut secrets = Secrets::new();
    if let Some(password) = password {
        secrets = secrets.with_password(password);
    }
    if let Some(pin) = environment(Secrets::PIN_VARIABLE)? {
        secrets = secrets.with_pin(&pin);
    }
    Ok(secrets)
}

/// Opens a key at any location.
///
/// # Errors
///
/// [`Failure::Input`] with the option and the file.
pub fn open_signer(option: &str, text: &str, password: Option<&str>, trust: Trust) -> Result<OpenedSigner, Failure> {
    let uri = parse_signer(option, text, trust)?;
    if let Some(path) = uri.key_file() {
        return read_signing_key(option, path, password).map(Into::into);
    }
    let opened = uri.open(&signer_secrets(password)?);
    opened.map_err(|error| Failure::option(option, error))
}

/// Opens a P-256 key at any location.
///
/// # Errors
///
/// As [`open_signer`].
pub fn open_p256_signer(option: &str, text: &str, password: Option<&str>, trust: Trust) -> Result<P256Signer, Failure> {
    match open_signer(option, text, password, trust)? {
        OpenedSigner::P256(signer) => Ok(signer),
        other => {
            let kind = other.verifying_key().kind();
            Err(Failure::option(option, format_args!("the key is {kind}, not P-256")))
        }
    }
}

/// Returns why a signer failed, including the cause if its error has one.
pub fn cause(error: &(dyn std::error::Error + 'static)) -> String {
    error.source().map_or_else(|| error.to_string(), ToString::to_string)
}

/// Reads a private key in PKCS#8, encrypted or not, SEC 1, PKCS#1 or PKCS#12.
///
/// # Errors
///
/// [`Failure::Input`] with the option and the file.
pub fn read_signing_key(option: &str, path: &Path, password: Option<&str>) -> Result<SigningKey, Failure> {
    let bytes = read_file(option, path)?;
    SigningKey::decode(&bytes, password).map_err(|error| {
        let reason = match error {
            Error::KeyEncrypted => "is encrypted; give its password with --password-file or MATTER_PASSWORD",
            Error::KeyPassword | Error::Pkcs12Password => "cannot be decrypted with the given password",
            Error::KeyMalformed => {
                let what = "private key (PKCS#8, SEC 1 or PKCS#1)";
                return refused(option, path, &bytes, InputKind::PrivateKey, what);
            }
            error => return wrong(option, path, error),
        };
        wrong(option, path, reason)
    })
}

/// Reads a SubjectPublicKeyInfo.
///
/// # Errors
///
/// [`Failure::Input`] with the option and the file.
pub fn read_verifying_key(option: &str, path: &Path) -> Result<VerifyingKey, Failure> {
    let bytes = read_file(option, path)?;
    let what = "public key (SubjectPublicKeyInfo)";
    VerifyingKey::decode(&bytes).ok_or_else(|| refused(option, path, &bytes, InputKind::PublicKey, what))
}

/// Reads a public key, or the public half of a private one.
///
/// # Errors
///
/// As [`read_verifying_key`].
pub fn read_public_half(option: &str, path: &Path) -> Result<VerifyingKey, Failure> {
    let bytes = read_file(option, path)?;
    let private = || SigningKey::decode(&bytes, None).ok();
    let key = VerifyingKey::decode(&bytes).or_else(|| Some(private()?.verifying_key()));
    let what = "key (SubjectPublicKeyInfo, PKCS#8, SEC 1 or PKCS#1)";
    key.ok_or_else(|| refused(option, path, &bytes, InputKind::PublicKey, what))
}

fn refused(option: &str, path: &Path, bytes: &[u8], wanted: InputKind, what: &str) -> Failure {
    let kind = match told_unless(wanted, bytes, "") {
        kind if kind.is_empty() => kind,
        kind => format!(": {kind}"),
    };
    wrong(
        option,
        path,
        format_args!("is not a {what} of P-256, P-384 or RSA in PEM or DER{kind}"),
    )
}
