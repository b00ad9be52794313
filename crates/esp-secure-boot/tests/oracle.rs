//! A second, naive implementation from the documents: PSS (RFC 8017, 9.1.2), the constants of the RSA peripheral, and the
//! version 1 digest.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "common/keys.rs"]
mod common;

use aes::Aes256;
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use common::{block, data, key};
use esp_secure_boot::{BootloaderKeyV1, SECTOR, SignedImage, bootloader_digest_v1, sign_v2};
use p256::elliptic_curve::bigint::NonZero;
use rsa::BoxedUint;
use sha2::{Digest, Sha256, Sha512};

/// Bits of 2^6144 plus one word.
const BITS: u32 = 6144 + 64;

fn number(little: &[u8]) -> BoxedUint {
    BoxedUint::from_le_slice(little, BITS).unwrap()
}

/// Computes s^65537 mod n, big-endian.
fn opened(signature: &[u8], modulus: &[u8]) -> Vec<u8> {
    let wide = NonZero::new(number(modulus)).unwrap();
    let square = |x: &BoxedUint| x.wrapping_mul(x).rem_vartime(&wide);
    let s = number(signature);
    let power = (0..16).fold(s.clone(), |power, _| square(&power));
    let opened = power.wrapping_mul(&s).rem_vartime(&wide).to_be_bytes();
    opened[opened.len() - 384..].to_vec()
}

fn mask(seed: &[u8], len: usize) -> Vec<u8> {
    let blocks = (0_u32..).flat_map(|counter| Sha256::digest([seed, &counter.to_be_bytes()].concat()));
    blocks.take(len).collect()
}

/// EMSA-PSS-VERIFY for a 3072-bit modulus, SHA-256 and a 32-byte salt.
fn pss_accepts(encoded: &[u8], digest: &[u8]) -> bool {
    let (masked, rest) = encoded.split_at(384 - 33);
    let (h, trailer) = rest.split_at(32);
    let mut db: Vec<u8> = masked.iter().zip(mask(h, 351)).map(|(a, b)| a ^ b).collect();
    let highest_is_clear = masked[0] & 0x80 == 0;
    db[0] &= 0x7F;
    let (zeros, salt) = db.split_at(351 - 32);
    let (one, zeros) = zeros.split_last().unwrap();
    let wanted = Sha256::digest([&[0; 8], digest, salt].concat());
    trailer == [0xBC] && highest_is_clear && *one == 1 && zeros.iter().all(|byte| *byte == 0) && *wanted == *h
}

#[test]
fn rsa_signatures_of_both_open_to_a_pss_encoding_of_the_digest() {
    let key = key("rsa.pem");
    let ours = sign_v2(&data("content.bin"), &key.public(), key.signer()).unwrap();
    for image in [ours, data("rsa.signed.bin")] {
        let parsed = SignedImage::parse(&image).unwrap();
        let found = parsed.blocks().next().unwrap();
        let encoded = opened(found.signature(), &found.as_bytes()[36..420]);
        assert!(pss_accepts(&encoded, &Sha256::digest(&image[..SECTOR])));
        assert!(!pss_accepts(&encoded, &Sha256::digest(b"other")));
    }
}

#[test]
fn rsa_peripheral_constants_match_big_integers() {
    for name in ["rsa.signed.bin", "two.signed.bin"] {
        let image = data(name);
        let last = SignedImage::parse(&image).unwrap().blocks().count() - 1;
        let bytes = &image[block(last)..block(last + 1)];
        let n = NonZero::new(number(&bytes[36..420])).unwrap();
        let power = BoxedUint::one_with_precision(BITS)
            .unbounded_shl_vartime(6144)
            .rem_vartime(&n);
        assert_eq!(power.to_le_bytes()[..384], bytes[424..808], "{name}");
        let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        assert_eq!(word(36).wrapping_mul(word(808)), u32::MAX, "{name}");
    }
}

/// 4-byte words are reversed before and after the hash, 16-byte blocks before and after the cipher.
fn naive_digest(image: &[u8], key: &[u8; 32], iv: &[u8; 128]) -> Vec<u8> {
    let mut data = [iv.as_slice(), image].concat();
    if image[23] == 1 && image.len() % 128 <= 32 {
        data.truncate(data.len() - data.len() % 128);
    }
    while data.len() % 128 != 0 {
        data.push(0xFF);
    }
    let cipher = Aes256::new(key.into());
    let mut text = Vec::new();
    for block in data.chunks(16) {
        let mut reversed: Vec<u8> = block.iter().rev().copied().collect();
        let array: &mut [u8; 16] = reversed.as_mut_slice().try_into().unwrap();
        cipher.encrypt_block(array.into());
        reversed.reverse();
        text.extend(reversed.chunks(4).flat_map(|word| word.iter().rev().copied()));
    }
    let digest = Sha512::digest(&text);
    digest.chunks(4).flat_map(|word| word.iter().rev().copied()).collect()
}

#[test]
fn bootloader_digests_of_every_length_are_the_naive_ones() {
    let iv: [u8; 128] = std::array::from_fn(|at| u8::try_from(at).unwrap());
    let key = [9; 32];
    for len in 24..600 {
        for flag in [0, 1] {
            let mut image = vec![0xA5; len];
            (image[0], image[23]) = (0xE9, flag);
            let ours = bootloader_digest_v1(&image, &BootloaderKeyV1::new(&key).unwrap(), &iv).unwrap();
            assert_eq!(ours.as_slice(), naive_digest(&image, &key, &iv), "{len} {flag}");
        }
    }
}
