//! Any bytes as certificates in PEM, DER or PKCS#7: each certificate decodes to the same by itself.

use matter_attestation::Part;

pub(crate) fn property(input: &[u8]) {
    for part in Part::read_all(input).unwrap_or_default() {
        assert_eq!(Part::read(part.as_der()), Ok(part));
    }
}
