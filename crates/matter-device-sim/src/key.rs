use matter_attestation::PrivateKey;
use matter_issuance::protocol::{Mac, SignatureBytes, Statement};
use p256::ecdsa::Signature;
use sha2::{Digest, Sha256};
use signature::Signer;

/// Derives the key of a device of a fleet. `generation` counts the keys that the device has made.
pub(crate) fn derive(seed: &[u8; 32], mac: Mac, generation: u32) -> PrivateKey {
    let mut attempt = 0_u32;
    loop {
        let scalar = Sha256::new_with_prefix(b"matter-device-sim key")
            .chain_update(seed)
            .chain_update(mac.as_bytes())
            .chain_update(generation.to_be_bytes())
            .chain_update(attempt.to_be_bytes())
            .finalize();
        // One in four thousand million is not in range.
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

/// Bytes that look random and are the same for the same seed.
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
