use matter_attestation::PrivateKey;
use matter_issuance::protocol::{Mac, SignatureBytes, Statement};
use p256::ecdsa::Signature;
use sha2::{Digest, Sha256};
use signature::Signer;

/// Derives the key of a device of a fleet. `generation` is the number of keys that the device has generated.
pub(crate) fn derive(seed: &[u8; 32], mac: Mac, generation: u32) -> PrivateKey {
    let mut attempt = 0_u32;
    loop {
        let scalar = Sha256::new_with_prefix(b"matter-device-sim key")
            .chain_update(seed)
            .chain_update(mac.as_bytes())
            .chain_update(generation.to_be_bytes())
            .chain_update(attempt.to_be_bytes())
            .finalize();
        // A hash is out of range with a probability of 2^-32 (the order of P-256 is close to 2^256 - 2^224).
        if let Ok(key) = PrivateKey::from_scalar(&scalar.into()) {
            return key;
        }
        attempt = attempt.wrapping_add(1);
    }
}

pub(crate) fn sign(key: &PrivateKey, statement: &Statement) -> SignatureBytes {
    let signature: Signature = key.sign(statement.as_bytes());
    SignatureBytes::new(signature.to_bytes().into())
}

/// Returns pseudorandom bytes, reproducible from the seed and the address.
pub(crate) fn noise(seed: &[u8; 32], mac: Mac, len: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(len.next_multiple_of(32));
    let mut block = 0_u32;
    while bytes.len() < len {
        let hash = Sha256::new_with_prefix(b"matter-device-sim noise")
            .chain_update(seed)
            .chain_update(mac.as_bytes())
            .chain_update(block.to_be_bytes())
            .finalize();
        bytes.extend_from_slice(&hash);
        block = block.wrapping_add(1);
    }
    bytes.truncate(len);
    bytes
}
