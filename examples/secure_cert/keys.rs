//! Keys for signing and verifying, PEM or DER by content.

use std::path::Path;

use cli::{Failure, random, read_file, told_unless};
use esp_secure_cert::{Error, PublicKey, Writer};
use matter_attestation::InputKind;
use p256::pkcs8::{DecodePrivateKey, DecodePublicKey};
use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::pss::SigningKey as RsaSigningKey;
use rsa::sha2::Sha256;
use rsa::{PrivateKey as RsaPrivateKey, PublicKey as RsaPublicKey};

/// A private key of one of the kinds that the format knows.
pub(crate) enum SigningKey {
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
    Rsa(Box<RsaSigningKey<Sha256>>),
}

/// Reads one kind of key in whichever of the four forms it is.
macro_rules! decode {
    ($key:ty, $bytes:expr, $own_pem:ident, $own_der:ident, $pem:ident, $der:ident) => {{
        let pem = std::str::from_utf8($bytes).ok();
        let own = pem.and_then(|pem| <$key>::$own_pem(pem).ok());
        own.or_else(|| pem.and_then(|pem| <$key>::$pem(pem).ok()))
            .or_else(|| <$key>::$own_der($bytes).ok())
            .or_else(|| <$key>::$der($bytes).ok())
    }};
}

impl SigningKey {
    /// Reads a key in PKCS#8, SEC 1 or PKCS#1.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let bytes = read_file("KEY", path)?;
        let p256 = || {
            decode!(
                p256::SecretKey,
                &bytes,
                from_sec1_pem,
                from_sec1_der,
                from_pkcs8_pem,
                from_pkcs8_der
            )
        };
        let p384 = || {
            decode!(
                p384::SecretKey,
                &bytes,
                from_sec1_pem,
                from_sec1_der,
                from_pkcs8_pem,
                from_pkcs8_der
            )
        };
        let rsa = || {
            decode!(
                RsaPrivateKey,
                &bytes,
                from_pkcs1_pem,
                from_pkcs1_der,
                from_pkcs8_pem,
                from_pkcs8_der
            )
        };
        let key = p256().map(|key| Self::P256(key.into()));
        let key = key.or_else(|| p384().map(|key| Self::P384(key.into())));
        let key = key.or_else(|| rsa().map(|key| Self::Rsa(Box::new(RsaSigningKey::new(key)))));
        key.ok_or_else(|| {
            refused(
                path,
                &bytes,
                InputKind::PrivateKey,
                "private key (PKCS#8, SEC 1 or PKCS#1)",
            )
        })
    }

    /// Signs an image; the outer error is the machine's.
    pub(crate) fn sign(&self, writer: &mut Writer<'_>) -> Result<Result<(), Error>, Failure> {
        Ok(match self {
            Self::P256(key) => writer.sign_p256(key),
            Self::P384(key) => writer.sign_p384(key),
            Self::Rsa(key) => writer.sign_rsa(&**key, &mut random()?),
        })
    }
}

/// Reads a public key.
pub(crate) fn read_public_key(path: &Path) -> Result<PublicKey, Failure> {
    let bytes = read_file("--key", path)?;
    let pem = std::str::from_utf8(&bytes).ok();
    let p256 = pem.and_then(|pem| p256::ecdsa::VerifyingKey::from_public_key_pem(pem).ok());
    let p256 = p256.or_else(|| p256::ecdsa::VerifyingKey::from_public_key_der(&bytes).ok());
    let p384 = pem.and_then(|pem| p384::ecdsa::VerifyingKey::from_public_key_pem(pem).ok());
    let p384 = p384.or_else(|| p384::ecdsa::VerifyingKey::from_public_key_der(&bytes).ok());
    let rsa = pem.and_then(|pem| RsaPublicKey::from_public_key_pem(pem).ok());
    let rsa = rsa.or_else(|| RsaPublicKey::from_public_key_der(&bytes).ok());
    let key = p256.map(PublicKey::P256).or_else(|| p384.map(PublicKey::P384));
    key.or_else(|| rsa.map(PublicKey::Rsa3072))
        .ok_or_else(|| refused(path, &bytes, InputKind::PublicKey, "public key (SubjectPublicKeyInfo)"))
}

fn refused(path: &Path, bytes: &[u8], wanted: InputKind, what: &str) -> Failure {
    let kind = match told_unless(wanted, bytes, "") {
        kind if kind.is_empty() => kind,
        kind => format!(": {kind}"),
    };
    Failure::Input(format!(
        "{}: is no {what} of P-256, P-384 or RSA in PEM or DER{kind}",
        path.display()
    ))
}
