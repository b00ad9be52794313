//! Hashing, signing and verifying images of 1 and 4 MiB, with SHA-256 alone for comparison.

#![allow(clippy::unwrap_used, missing_docs, reason = "benchmark")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use esp_secure_boot::{
    BootKeyKind, BootPublicKey, BootSigner, BootloaderKeyV1, ImageHasher, PssSigner, SignatureBlock, SignedImage,
    bootloader_digest_v1, sign_v2,
};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use sha2::{Digest, Sha256};

fn images(c: &mut Criterion) {
    let mut group = c.benchmark_group("esp-secure-boot");
    let p256 = p256::ecdsa::SigningKey::from_slice(&[7; 32]).unwrap();
    let private = rsa::PrivateKey::new(&mut ChaCha20Rng::from_seed([1; 32]), 3072).unwrap();
    let rsa_public = BootPublicKey::try_from(&private.to_public_key()).unwrap();
    let rsa = PssSigner::new(private, ChaCha20Rng::from_seed([2; 32]));
    let keys = [
        (
            "p256",
            BootPublicKey::from(p256.verifying_key()),
            BootSigner::P256(&p256),
        ),
        ("rsa", rsa_public, BootSigner::Rsa3072(&rsa)),
    ];
    for mib in [1_usize, 4] {
        let image = vec![0xA5; mib << 20];
        let size = format!("{mib}MiB");
        group.throughput(Throughput::Bytes(image.len().try_into().unwrap()));
        group.bench_function(BenchmarkId::new("sha256-alone", &size), |b| {
            b.iter(|| Sha256::digest(black_box(&image)));
        });
        group.bench_function(BenchmarkId::new("hash", &size), |b| {
            b.iter(|| {
                let mut hasher = ImageHasher::new(BootKeyKind::EcdsaP256);
                black_box(&image).chunks(1 << 16).for_each(|piece| hasher.update(piece));
                black_box(hasher.finish())
            });
        });
        for (name, public, signer) in &keys {
            group.bench_function(BenchmarkId::new(format!("sign-{name}"), &size), |b| {
                b.iter(|| sign_v2(black_box(&image), public, *signer).unwrap());
            });
            let signed = sign_v2(&image, public, *signer).unwrap();
            group.bench_function(BenchmarkId::new(format!("verify-{name}"), &size), |b| {
                b.iter(|| {
                    let image = SignedImage::parse(black_box(&signed)).unwrap();
                    image.verify(std::slice::from_ref(public)).unwrap()
                });
            });
        }
    }
    let key = BootloaderKeyV1::new(&[7; 32]).unwrap();
    let mut image = vec![0xA5; 24 << 10];
    image.splice(..1, [0xE9]);
    group.throughput(Throughput::Bytes(image.len().try_into().unwrap()));
    group.bench_function(BenchmarkId::new("bootloader-v1", "24KiB"), |b| {
        b.iter(|| bootloader_digest_v1(black_box(&image), &key, &[0; 128]).unwrap());
    });
    for (name, public, signer) in &keys {
        let signed = sign_v2(&[1], public, *signer).unwrap();
        let block: Vec<u8> = signed.iter().skip(4096).take(SignatureBlock::LEN).copied().collect();
        group.throughput(Throughput::Elements(1));
        group.bench_function(BenchmarkId::new("decode-block", name), |b| {
            b.iter(|| SignatureBlock::decode(black_box(&block)).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, images);
criterion_main!(benches);
