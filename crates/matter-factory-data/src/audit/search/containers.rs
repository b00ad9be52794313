//! Private keys that cannot be read, recognized by the DER around them: encrypted keys and RSA keys.

/// The first bytes of the object identifiers under 1.2.840.113549 (RSADSI), its algorithms and PKCS.
pub(super) const PKCS: u64 = 0x2A86_4886_F70D;

/// Length of [`PKCS`] and of the two arcs after it.
const ARCS: usize = 8;

/// Returns the kind of a private-key container whose head ends with these bytes, and the number of bytes from its
/// start. Bytes after the first eight of the object identifier are not required.
pub(super) fn ending(bytes: &[u8]) -> Option<(&'static str, usize)> {
    let (rest, arcs) = bytes.split_last_chunk::<ARCS>()?;
    let [.., 0x01, family] = arcs else { return None };
    if u64::from_be_bytes(*arcs) >> 16 != PKCS {
        return None;
    }
    let (rest, [0x06, _]) = rest.split_last_chunk::<2>()? else {
        return None;
    };
    let (kind, start) = match family {
        // EncryptedPrivateKeyInfo (RFC 5958, 3): SEQUENCE { SEQUENCE { OID of PKCS#5 or PKCS#12
        0x05 | 0x0C => ("an encrypted private key in PKCS#8", sequence(sequence(rest)?)?),
        // PFX (RFC 7292, 4): SEQUENCE { INTEGER 3, SEQUENCE { OID of data
        0x07 => (
            "a PKCS#12 archive",
            sequence(sequence(rest)?.strip_suffix(&[0x02, 0x01, 0x03])?)?,
        ),
        // PrivateKeyInfo (RFC 5958, 2): SEQUENCE { INTEGER 0, SEQUENCE { OID of RSA
        0x01 => (
            "a private RSA key",
            sequence(sequence(rest)?.strip_suffix(&[0x02, 0x01, 0x00])?)?,
        ),
        _ => return None,
    };
    Some((kind, bytes.len() - start.len()))
}

/// Removes a sequence header from the end: its tag and its length in any form.
fn sequence(bytes: &[u8]) -> Option<&[u8]> {
    match bytes {
        [rest @ .., 0x30, 0x82, _, _] | [rest @ .., 0x30, 0x81, _] | [rest @ .., 0x30, _] => Some(rest),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn container_heads_are_distinguished() {
        let oid = |last: &[u8]| [&[0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D][..], last].concat();
        // The first bytes written by `openssl pkcs8 -topk8`, `openssl pkcs12 -export` (also in BER) and `openssl
        // genrsa`.
        for (head, last, kind) in [
            (&[0x30, 0x81, 0xEC, 0x30, 0x57][..], [1, 5], Some("PKCS#8")),
            (&[0x30, 0x82, 0x01, 0x5F, 0x30, 0x81, 0x90], [1, 12], Some("PKCS#8")),
            (
                &[0x30, 0x82, 0x03, 0x9E, 2, 1, 3, 0x30, 0x82, 0x03, 0x54],
                [1, 7],
                Some("PKCS#12"),
            ),
            (&[0x30, 0x80, 2, 1, 3, 0x30, 0x80], [1, 7], Some("PKCS#12")),
            (&[0x30, 0x82, 0x04, 0xBD, 2, 1, 0, 0x30, 0x0D], [1, 1], Some("RSA")),
            // A certificate with an RSA key, and signed data.
            (&[0x30, 0x82, 0x01, 0x22, 0x30, 0x0D], [1, 1], None),
            (&[0x30, 0x82, 0x01, 0x22], [1, 7], None),
            (&[0x30, 0x82, 0x01, 0x22, 0x30, 0x0D], [2, 5], None),
        ] {
            let bytes = [b"before", head, &oid(&last)].concat();
            let found = ending(&bytes);
            assert_eq!(found.is_some(), kind.is_some(), "{found:?}");
            if let (Some((found, back)), Some(kind)) = (found, kind) {
                assert!(found.contains(kind), "{found}");
                assert_eq!(back, bytes.len() - 6, "{found}");
            }
        }
        assert_eq!(ending(b""), None);
    }
}
