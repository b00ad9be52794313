//! Any bytes: reading never panics, the sector of an accepted image has nothing but its blocks, and only keys in its blocks
//! verify it. The same with corrected checksums and digests, to reach the later checks.

use esp_secure_boot::{
    BootKeyKind, BootPublicKey, BootloaderKeyV1, Error, ImageHasher, SECTOR, SignatureBlock, SignedImage,
    bootloader_digest_v1, bootloader_v1, verify_app_v1,
};

pub(crate) fn property(input: &[u8]) {
    read(input);
    if let Some(repaired) = repaired(input) {
        read(&repaired);
    }
}

/// A key that has signed nothing.
fn stranger() -> BootPublicKey {
    BootPublicKey::from_rsa(&[0xFF; 384], &[1, 0, 1]).unwrap()
}

fn read(bytes: &[u8]) {
    let _ = SignatureBlock::decode(bytes);
    if let Ok(key) = BootPublicKey::from_der(bytes) {
        assert!(BootKeyKind::ALL.contains(&key.kind()));
    }
    version_1(bytes);
    let hashed = BootKeyKind::ALL.map(|kind| {
        let mut hasher = ImageHasher::new(kind);
        bytes.chunks(1000).for_each(|piece| hasher.update(piece));
        assert!((bytes.len() + hasher.padding()).is_multiple_of(SECTOR));
        hasher.finish().err()
    });
    let Ok(image) = SignedImage::parse(bytes) else {
        return;
    };
    assert_eq!(hashed, [const { Some(Error::AlreadySigned) }; 4]);
    assert_eq!(image.content().len() + SECTOR, bytes.len());
    let mut sector: Vec<u8> = image.blocks().flat_map(|block| *block.as_bytes()).collect();
    assert!((1..=3).contains(&(sector.len() / SignatureBlock::LEN)));
    sector.resize(SECTOR, 0xFF);
    assert_eq!(sector, image.sector());

    let refused = image.verify(&[stranger()]);
    assert!(
        matches!(refused, Err(Error::NoTrustedKey { .. } | Error::ImageChanged { .. })),
        "{refused:?}"
    );
    let keys: Vec<_> = image.blocks().map(|block| block.public_key().clone()).collect();
    let digests: Vec<_> = keys.iter().map(|key| *key.key_digest()).collect();
    assert_eq!(image.verify(&keys), image.verify_digests(&digests));
    if let Ok(same) = image.to_sector() {
        assert_eq!(same.as_bytes(), image.sector());
        assert!(image.kind().is_ok());
    }
}

fn version_1(bytes: &[u8]) {
    let key = BootloaderKeyV1::new(&[7; 32]).unwrap();
    if let Ok(digest) = bootloader_digest_v1(bytes, &key, &[0; 128]) {
        let file = bootloader_v1(bytes, &key, &[0; 128]).unwrap();
        assert!(file[128..].starts_with(&digest) && file.len().is_multiple_of(128));
    }
    let signer = p256::ecdsa::SigningKey::from_slice(&[1; 32]).unwrap();
    let _ = verify_app_v1(bytes, &signer.verifying_key().into());
}

/// Corrects checksums and digests of everything that begins like a block.
fn repaired(input: &[u8]) -> Option<Vec<u8>> {
    let mut image = input.to_vec();
    let (content, sector) = image.split_last_chunk_mut::<SECTOR>()?;
    for block in sector.chunks_exact_mut(SignatureBlock::LEN) {
        let kind = match block {
            [0xE7, 2, ..] => BootKeyKind::Rsa3072,
            [0xE7, 3, 1, ..] => BootKeyKind::EcdsaP384,
            [0xE7, 3, ..] => BootKeyKind::EcdsaP256,
            _ => continue,
        };
        let mut hasher = ImageHasher::new(kind);
        hasher.update(content);
        if let Ok(digest) = hasher.finish() {
            let digest = digest.as_bytes();
            block[4..4 + digest.len()].copy_from_slice(digest);
        }
        let crc = crc32fast::hash(&block[..1196]).to_le_bytes();
        block[1196..1200].copy_from_slice(&crc);
    }
    Some(image)
}
