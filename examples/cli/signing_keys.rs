//! Keys that sign and verify images, PEM or DER by content.

use std::path::Path;

use matter_attestation::InputKind;
use p256::pkcs8::{DecodePrivateKey, DecodePublicKey};
use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::pss::SigningKey as RsaSigningKey;
use rsa::sha2::Sha256;
use rsa::{PrivateKey as RsaPrivateKey, PublicKey as RsaPublicKey};

use crate::{Failure, read_file, told_unless};

/// A private key of one of the kinds that Espressif's chips verify.
#[derive(Debug)]
pub enum SigningKey {
    /// ECDSA on P-256.
    P256(p256::ecdsa::SigningKey),
    /// ECDSA on P-384.
    P384(p384::ecdsa::SigningKey),
    /// RSASSA-PSS with SHA-256.
    Rsa(Box<RsaSigningKey<Sha256>>),
}

/// A public key of one of those kinds.
#[derive(Clone, Debug)]
pub enum VerifyingKey {
    /// ECDSA on P-256.
    P256(p256::ecdsa::VerifyingKey),
    /// ECDSA on P-384.
    P384(p384::ecdsa::VerifyingKey),
    /// RSASSA-PSS with SHA-256.
    Rsa(RsaPublicKey),
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

/// The same of a curve.
macro_rules! decode_scalar {
    ($key:ty, $bytes:expr) => {
        decode!(
            $key,
            $bytes,
            from_sec1_pem,
            from_sec1_der,
            from_pkcs8_pem,
            from_pkcs8_der
        )
    };
}

impl SigningKey {
    /// Reads a key in PKCS#8, SEC 1 or PKCS#1.
    ///
    /// # Errors
    ///
    /// [`Failure::Input`] naming the option and the file.
    pub fn read(option: &str, path: &Path) -> Result<Self, Failure> {
        let bytes = read_file(option, path)?;
        let wanted = InputKind::PrivateKey;
        let what = "private key (PKCS#8, SEC 1 or PKCS#1)";
        Self::decode(&bytes).ok_or_else(|| refused(option, path, &bytes, wanted, what))
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let p256 = || decode_scalar!(p256::SecretKey, bytes).map(|key| Self::P256(key.into()));
        let p384 = || decode_scalar!(p384::SecretKey, bytes).map(|key| Self::P384(key.into()));
        let rsa = || {
            decode!(
                RsaPrivateKey,
                bytes,
                from_pkcs1_pem,
                from_pkcs1_der,
                from_pkcs8_pem,
                from_pkcs8_der
            )
        };
        let rsa = || rsa().map(|key| Self::Rsa(Box::new(RsaSigningKey::new(key))));
        p256().or_else(p384).or_else(rsa)
    }

    /// Returns the public half.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey {
        match self {
            Self::P256(key) => VerifyingKey::P256(*key.verifying_key()),
            Self::P384(key) => VerifyingKey::P384(*key.verifying_key()),
            Self::Rsa(key) => VerifyingKey::Rsa(RsaPublicKey::from(AsRef::<RsaPrivateKey>::as_ref(&**key))),
        }
    }
}

impl VerifyingKey {
    /// Reads a SubjectPublicKeyInfo.
    ///
    /// # Errors
    ///
    /// [`Failure::Input`] naming the option and the file.
    pub fn read(option: &str, path: &Path) -> Result<Self, Failure> {
        let bytes = read_file(option, path)?;
        let wanted = InputKind::PublicKey;
        let what = "public key (SubjectPublicKeyInfo)";
        Self::decode(&bytes).ok_or_else(|| refused(option, path, &bytes, wanted, what))
    }

    /// Reads a public key, or a private one for its public half.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn read_either(option: &str, path: &Path) -> Result<Self, Failure> {
        let bytes = read_file(option, path)?;
        let key = Self::decode(&bytes).or_else(|| Some(SigningKey::decode(&bytes)?.verifying_key()));
        let what = "key (SubjectPublicKeyInfo, PKCS#8, SEC 1 or PKCS#1)";
        key.ok_or_else(|| refused(option, path, &bytes, InputKind::PublicKey, what))
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let pem = std::str::from_utf8(bytes).ok();
        let p256 = pem.and_then(|pem| p256::ecdsa::VerifyingKey::from_public_key_pem(pem).ok());
        let p256 = p256.or_else(|| p256::ecdsa::VerifyingKey::from_public_key_der(bytes).ok());
        let p384 = pem.and_then(|pem| p384::ecdsa::VerifyingKey::from_public_key_pem(pem).ok());
        let p384 = p384.or_else(|| p384::ecdsa::VerifyingKey::from_public_key_der(bytes).ok());
        let rsa = pem.and_then(|pem| RsaPublicKey::from_public_key_pem(pem).ok());
        let rsa = rsa.or_else(|| RsaPublicKey::from_public_key_der(bytes).ok());
        let curve = p256.map(Self::P256).or_else(|| p384.map(Self::P384));
        curve.or_else(|| rsa.map(Self::Rsa))
    }
}

fn refused(option: &str, path: &Path, bytes: &[u8], wanted: InputKind, what: &str) -> Failure {
    let kind = match told_unless(wanted, bytes, "") {
        kind if kind.is_empty() => kind,
        kind => format!(": {kind}"),
    };
    Failure::Input(format!(
        "{option} {}: is no {what} of P-256, P-384 or RSA in PEM or DER{kind}",
        path.display()
    ))
}
