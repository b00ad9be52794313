//! Signs an image with two keys and verifies it like a device: `cargo run --features alloc,p256 --example sign_image`.

use esp_secure_boot::p256::ecdsa::{Signature, SigningKey};
use esp_secure_boot::signature::hazmat::PrehashSigner;
use esp_secure_boot::{BootPublicKey, BootSigner, SignedImage, append_v2, sign_v2, signature};

/// A stand-in for a key in an HSM: anything that signs a digest can be the signer.
struct Token(SigningKey);

impl PrehashSigner<Signature> for Token {
    fn sign_prehash(&self, digest: &[u8]) -> Result<Signature, signature::Error> {
        self.0.sign_prehash(digest)
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let [first, second] = [SigningKey::from_slice(&[7; 32])?, SigningKey::from_slice(&[8; 32])?];
    let trusted = [&first, &second].map(|key| BootPublicKey::from(key.verifying_key()));

    let signed = sign_v2(b"bootloader", &trusted[0], BootSigner::P256(&first))?;
    let signed = append_v2(&signed, &trusted[1], BootSigner::P256(&Token(second)))?;

    let image = SignedImage::parse(&signed)?;
    for block in image.blocks() {
        println!("{} key, digest {:02x?}..", block.kind(), &block.key_digest()[..4]);
    }
    // A device stores the digests of its trusted keys in eFuses.
    let number = image.verify_digests(&[*trusted[1].key_digest()])?;
    println!("signature {number} verifies");
    Ok(())
}
