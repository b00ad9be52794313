use alloc::vec::Vec;
use core::fmt;

use p12_keystore::Pkcs12Archive;
use p12_keystore::error::Error as ArchiveError;
use zeroize::Zeroizing;

use crate::{Error, PrivateKey, pem};

const PEM_LABEL: &str = "PKCS12";

/// The private keys and the certificates of a PKCS#12 file (RFC 7292), in the current format of OpenSSL and its older
/// one with RC2 and triple DES.
pub struct Pkcs12 {
    /// PKCS#8.
    keys: Vec<Zeroizing<Vec<u8>>>,
    certificates: Vec<Vec<u8>>,
}

impl Pkcs12 {
    /// Decodes a file in DER or PEM.
    ///
    /// # Errors
    ///
    /// [`Error::Pkcs12Password`] when the password is wrong, [`Error::Pkcs12Encryption`] when the encryption is not
    /// supported or would take too long, [`Error::Pkcs12Malformed`], [`Error::PemMalformed`] and [`Error::PemLabel`].
    pub fn decode_with(input: &[u8], password: &str) -> Result<Self, Error> {
        let der = pem::to_der(input, &[PEM_LABEL])?;
        let archive = Pkcs12Archive::from_pkcs12(&der, password).map_err(|error| refused(&error))?;
        let keys = archive.keys.iter().map(|bag| Zeroizing::new(bag.key.as_der().to_vec()));
        let certificates = archive.certs.iter().map(|bag| bag.cert.as_der().to_vec());
        Ok(Self {
            keys: keys.collect(),
            certificates: certificates.collect(),
        })
    }

    /// Returns the certificates in DER, in the order of the file.
    #[must_use]
    pub fn certificates(&self) -> &[Vec<u8>] {
        &self.certificates
    }

    /// Decodes the keys in the order of the file.
    ///
    /// # Errors
    ///
    /// The errors of [`PrivateKey::decode`], for example [`Error::KeyNotP256`].
    pub fn private_keys(&self) -> Result<Vec<PrivateKey>, Error> {
        self.keys.iter().map(|key| PrivateKey::decode(key)).collect()
    }
}

impl fmt::Debug for Pkcs12 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pkcs12")
            .field("keys", &self.keys.len())
            .field("certificates", &self.certificates.len())
            .finish()
    }
}

fn refused(error: &ArchiveError) -> Error {
    match error {
        // Without a MAC, a wrong password is detected by the decrypted content.
        ArchiveError::MacError(_) | ArchiveError::Pkcs5Error(_) | ArchiveError::UnpadError => Error::Pkcs12Password,
        ArchiveError::InvalidParameters
        | ArchiveError::UnsupportedContentType
        | ArchiveError::UnsupportedEncryptionScheme
        | ArchiveError::UnsupportedMacAlgorithm => Error::Pkcs12Encryption,
        _ => Error::Pkcs12Malformed,
    }
}
