use std::path::Path;
use std::sync::Arc;

use factory_fs::Input;

use crate::backend::Backend;
use crate::exec::Program;
use crate::uri::Kind;
use crate::{Error, KeyAlgorithm, P256Signer, P384Signer, RsaSigner, Secrets, SignerUri, SigningKey, VerifyingKey};

/// A signer of any supported key type.
#[derive(Clone, Debug)]
pub enum OpenedSigner {
    /// ECDSA on P-256.
    P256(P256Signer),
    /// ECDSA on P-384.
    P384(P384Signer),
    /// RSASSA-PSS with SHA-256.
    Rsa(RsaSigner),
}

impl OpenedSigner {
    /// Returns the public key.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey {
        use signature::Keypair as _;

        match self {
            Self::P256(signer) => VerifyingKey::P256(signer.verifying_key()),
            Self::P384(signer) => VerifyingKey::P384(signer.verifying_key()),
            Self::Rsa(signer) => VerifyingKey::Rsa(signer.verifying_key().into()),
        }
    }

    pub(crate) fn remote(backend: Arc<dyn Backend>, public_key: VerifyingKey) -> Self {
        match public_key {
            VerifyingKey::P256(key) => Self::P256(P256Signer::remote(backend, key)),
            VerifyingKey::P384(key) => Self::P384(P384Signer::remote(backend, key)),
            VerifyingKey::Rsa(key) => Self::Rsa(RsaSigner::remote(backend, key)),
        }
    }
}

impl From<SigningKey> for OpenedSigner {
    fn from(key: SigningKey) -> Self {
        match key {
            SigningKey::P256(key) => Self::P256(key.into()),
            SigningKey::P384(key) => Self::P384(key.into()),
            SigningKey::Rsa(key) => Self::Rsa((*key).into()),
        }
    }
}

impl SignerUri {
    /// Reads the file, logs in to the token, or gets the public key from the program.
    ///
    /// # Errors
    ///
    /// Errors of the file, the token or the program.
    pub fn open(&self, secrets: &Secrets) -> Result<OpenedSigner, Error> {
        match self.kind() {
            Kind::File(path) => read(path, secrets).map(OpenedSigner::from),
            Kind::Program { path, arguments } => {
                let program = Program::new(path, arguments);
                let public_key = program.public_key()?;
                Ok(OpenedSigner::remote(Arc::new(program), public_key))
            }
            #[cfg(feature = "pkcs11")]
            Kind::Pkcs11(uri) => crate::token::open(uri, secrets),
            #[cfg(not(feature = "pkcs11"))]
            Kind::Pkcs11(_) => Err(Error::Pkcs11NotBuilt),
        }
    }

    /// Generates a key in a token: sensitive, not extractable, with the URI's label `object` and its `id`, or a random
    /// id without one. Returns the URI of the key, with its id, and the signer.
    ///
    /// # Errors
    ///
    /// [`Error::KeyUnnamed`] without a label, [`Error::KeyExists`], errors of the token, and [`Error::Uri`] when the
    /// URI does not name a token.
    pub fn generate(&self, algorithm: KeyAlgorithm, secrets: &Secrets) -> Result<(Self, OpenedSigner), Error> {
        match self.kind() {
            #[cfg(feature = "pkcs11")]
            Kind::Pkcs11(uri) => {
                let (id, signer) = crate::token::generate(uri, algorithm, secrets)?;
                Ok((self.with_id(&id)?, signer))
            }
            #[cfg(not(feature = "pkcs11"))]
            Kind::Pkcs11(_) => {
                let _ = (algorithm, secrets);
                Err(Error::Pkcs11NotBuilt)
            }
            _ => Err(Error::uri(
                "",
                "does not name a token; keys can be generated only in tokens (pkcs11:)",
            )),
        }
    }

    /// Adds the generated id.
    #[cfg(feature = "pkcs11")]
    fn with_id(&self, id: &[u8]) -> Result<Self, Error> {
        let text = self.to_string();
        if self.pkcs11().is_some_and(|uri| uri.id().is_some()) {
            return Ok(self.clone());
        }
        let (path, query) = text.split_at(text.find('?').unwrap_or(text.len()));
        format!("{path};id={}{query}", crate::uri::encode(id)).parse()
    }

    /// Opens a key that must be P-256, as keys that sign device certificates are.
    ///
    /// # Errors
    ///
    /// The errors of [`SignerUri::open`], and [`Error::KeyKind`].
    pub fn open_p256(&self, secrets: &Secrets) -> Result<P256Signer, Error> {
        match self.open(secrets)? {
            OpenedSigner::P256(signer) => Ok(signer),
            other => Err(Error::KeyKind {
                found: other.verifying_key().kind(),
                expected: "P-256",
            }),
        }
    }
}

fn read(path: &Path, secrets: &Secrets) -> Result<SigningKey, Error> {
    let bytes = Input::read_file(path).map_err(|error| Error::file(path, error))?;
    let key = SigningKey::decode(&bytes, secrets.expose_password());
    key.map_err(|reason| Error::KeyFile {
        path: path.into(),
        reason,
    })
}
