//! Decoding any bytes as a certificate signing request never panics; an accepted request round-trips, and is refused
//! with any byte changed.

use matter_attestation::CertificateRequest;

pub(crate) fn property(input: &[u8]) {
    let Ok(request) = CertificateRequest::decode(input) else {
        return;
    };
    assert_eq!(CertificateRequest::from_der(request.as_der()), Ok(request.clone()));
    assert_eq!(
        CertificateRequest::decode(request.to_pem().as_bytes()),
        Ok(request.clone())
    );
    for at in 0..request.as_der().len() {
        let mut changed = request.as_der().to_vec();
        if let Some(byte) = changed.get_mut(at) {
            *byte ^= 1;
        }
        assert!(CertificateRequest::from_der(&changed).is_err(), "byte {at}");
    }
}
