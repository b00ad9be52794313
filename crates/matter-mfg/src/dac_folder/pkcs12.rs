//! Keys and certificates in PKCS#12 (RFC 7292), as OpenSSL writes it.

use matter_attestation::PrivateKey;

use crate::Message;
#[cfg(feature = "pkcs12")]
use crate::{Field, message::message};

/// Tells whether a file is PKCS#12: a sequence that begins with its version, 3.
pub(super) fn is_pkcs12(bytes: &[u8]) -> bool {
    let body = bytes.strip_prefix(&[0x30]).and_then(|rest| match rest {
        [0x82, _, _, body @ ..] | [0x83, _, _, _, body @ ..] | [0x81, _, body @ ..] | [_, body @ ..] => Some(body),
        [] => None,
    });
    body.is_some_and(|body| body.starts_with(&[0x02, 0x01, 0x03]))
}

/// Returns the keys, and the certificates in DER.
#[cfg(feature = "pkcs12")]
pub(super) fn open(bytes: &[u8], password: &str) -> Result<(Vec<PrivateKey>, Vec<Vec<u8>>), Message> {
    use p12_keystore::{KeyStore, KeyStoreEntry, Pkcs12ImportPolicy};

    let store = KeyStore::from_pkcs12(bytes, password, Pkcs12ImportPolicy::Relaxed)
        .map_err(|_| message!["is PKCS#12 that ", Field::Password, " does not open"])?;
    let (mut keys, mut certificates) = (Vec::new(), Vec::new());
    for (_, entry) in store.entries() {
        match entry {
            KeyStoreEntry::PrivateKeyChain(chain) => {
                keys.push(PrivateKey::decode(chain.key().as_der()).map_err(crate::inputs::key_reason)?);
                certificates.extend(chain.certs().iter().map(|certificate| certificate.as_der().to_vec()));
            }
            KeyStoreEntry::Certificate(certificate) => certificates.push(certificate.as_der().to_vec()),
            _ => {}
        }
    }
    Ok((keys, certificates))
}

/// Says what is missing.
#[cfg(not(feature = "pkcs12"))]
pub(super) fn open(_: &[u8], _: &str) -> Result<(Vec<PrivateKey>, Vec<Vec<u8>>), Message> {
    Err("is PKCS#12, which this build without the feature 'pkcs12' cannot open; PEM and DER are read".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SEQUENCE, version 3, and what is broken behind it.
    const VERSION_3: &[u8] = &[0x30, 0x05, 0x02, 0x01, 0x03, 0x30, 0x00];

    #[test]
    fn a_file_is_told_by_its_version() {
        let long = [&[0x30, 0x82, 0x01, 0x00], &VERSION_3[2..]].concat();
        for (bytes, is_one) in [
            (VERSION_3, true),
            (&long, true),
            (&[0x30, 0x05, 0x02, 0x01, 0x01, 0x30, 0x00], false),
            (&[0x30], false),
            (b"", false),
        ] {
            assert_eq!(is_pkcs12(bytes), is_one, "{bytes:02X?}");
        }
    }

    #[test]
    fn what_cannot_be_opened_says_why() {
        let reason = open(VERSION_3, "secret").unwrap_err().to_string();
        let expected = if cfg!(feature = "pkcs12") {
            "is PKCS#12 that password does not open"
        } else {
            "is PKCS#12, which this build without the feature 'pkcs12' cannot open; PEM and DER are read"
        };
        assert_eq!(reason, expected);
    }
}
