//! Bytes as a certificate signing request: decoding never panics; what is accepted comes back the same from its own
//! encodings, and every change of one octet is refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use matter_attestation::CertificateRequest;

fuzz_target!(|input: &[u8]| {
    let Ok(request) = CertificateRequest::decode(input) else {
        return;
    };
    assert_eq!(CertificateRequest::from_der(request.as_der()), Ok(request.clone()));
    assert_eq!(CertificateRequest::decode(request.to_pem().as_bytes()), Ok(request.clone()));
    let mut changed = request.as_der().to_vec();
    if let Some(octet) = changed.get_mut(input.len() % request.as_der().len()) {
        *octet ^= 1;
        assert!(CertificateRequest::from_der(&changed).is_err());
    }
});
