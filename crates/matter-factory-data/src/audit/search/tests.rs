extern crate std;

use alloc::string::ToString;
use std::time::{Duration, Instant};

use super::*;

/// Linear work takes less than a second; what looks at the rest of the file for each line takes hours.
const PATIENCE: Duration = Duration::from_secs(20);
const HOSTILE_LEN: usize = 4 << 20;

fn key(first: u8) -> PrivateKey {
    let mut scalar = [0x5A; 32];
    scalar[0] = first;
    PrivateKey::from_scalar(&scalar).unwrap()
}

fn base64(bytes: &[u8], alphabet: &[u8; 64]) -> Vec<u8> {
    let bits: Vec<_> = bytes
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1))
        .collect();
    let sextet = |bits: &[u8]| (0..6).fold(0, |value, at| value << 1 | bits.get(at).copied().unwrap_or_default());
    bits.chunks(6).map(|bits| alphabet[usize::from(sextet(bits))]).collect()
}

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn forms(found: &[FoundKey]) -> Vec<&'static str> {
    found.iter().map(|found| found.form).collect()
}

#[test]
fn hostile_files_take_linear_time_and_few_multiplications() {
    let no_key = [SEC1_HEAD.as_slice(), &[0xFF; 32]].concat();
    let patterns: [&[u8]; 8] = [
        b"-----BEGIN PRIVATE KEY-----\n",
        b"-----BEGIN CERTIFICATE-----\n",
        b"-",
        SEC1_HEAD,
        &no_key,
        b"A",
        b"AgEBBCA\n",
        &base64(&no_key.repeat(3), STANDARD),
    ];
    for pattern in patterns {
        let name = String::from_utf8_lossy(&pattern[..pattern.len().min(30)]).to_string();
        let bytes = pattern.repeat(HOSTILE_LEN / pattern.len());
        let start = Instant::now();
        let found = find(&bytes, &[key(1)]);
        std::println!("{name:?}: {:?}, {} found", start.elapsed(), found.len());
        assert!(found.len() <= 2 * MAX_FOUND, "{name:?}");
        assert!(start.elapsed() < PATIENCE, "{name:?}");
        let start = Instant::now();
        assert!(lone_scalars(&bytes).count() < HOSTILE_LEN / 32);
        assert!(start.elapsed() < PATIENCE, "{name:?}");
    }
}

#[test]
fn base64_is_read_from_wherever_it_began_in_both_alphabets() {
    let secret = key(0xF3);
    let der = secret.to_pkcs8_der().unwrap();
    for before in 0..7 {
        for alphabet in [STANDARD, URL] {
            let mut text = b"xyzxyz"[..before.min(6)].to_vec();
            text.extend(base64(&[&b"abc"[..before % 4 % 3], &der].concat(), alphabet));
            let lines: Vec<_> = text.chunks(64).flat_map(|line| [line, b"\r\n"].concat()).collect();
            for text in [&text, &lines] {
                for known in [&[], core::slice::from_ref(&secret)] {
                    let found = find(text, known);
                    assert_eq!(forms(&found), [BASE64], "{before}");
                    assert!(
                        found[0]
                            .key
                            .as_ref()
                            .is_some_and(|key| key.public_key() == secret.public_key())
                    );
                }
                let mut other = text.clone();
                let at = text.len() / 2 - 20;
                other[at] = if other[at] == b'A' { b'B' } else { b'A' };
                assert!(
                    find(&other, &[])
                        .iter()
                        .all(|found| found.key.as_ref().unwrap().public_key() != secret.public_key())
                );
            }
        }
    }
}

#[test]
fn a_known_scalar_is_found_in_base64_as_it_is() {
    let secret = key(0x07);
    for before in 0..3 {
        let text = base64(&[&b"abc"[..before], &*secret.expose_scalar(), b"rest"].concat(), URL);
        assert_eq!(forms(&find(&text, &[key(9), secret.clone()])), [BASE64]);
        assert_eq!(forms(&find(&text, &[key(9)])), [""; 0]);
        // One digit less than it takes.
        let digits = (8 * (before + 32)).div_ceil(6);
        assert_eq!(forms(&find(&text[..digits], core::slice::from_ref(&secret))), [BASE64]);
        assert_eq!(
            forms(&find(&text[..digits - 1], core::slice::from_ref(&secret))),
            [""; 0]
        );
    }
}

#[test]
fn a_block_of_pem_hides_nothing_beside_it() {
    let (first, second) = (key(1), key(2));
    let pem = first.to_pkcs8_pem().unwrap();
    let bare = base64(&second.to_sec1_der().unwrap(), STANDARD);
    let both = [pem.as_bytes(), &bare, b"\n", pem.as_bytes()].concat();
    let found = find(&both, &[]);
    assert_eq!(forms(&found), [PEM, PEM, BASE64]);
    let keys = [&first, &first, &second];
    for (found, key) in found.iter().zip(keys) {
        assert_eq!(found.key.as_ref().unwrap().public_key(), key.public_key());
    }
    let unreadable = find(b"-----BEGIN PRIVATE KEY-----\n-----BEGIN PRIVATE KEY-----\nabc", &[]);
    assert_eq!(forms(&unreadable), [PEM, PEM]);
    assert!(unreadable.iter().all(|found| found.key.is_none()));
}

#[test]
fn no_more_keys_of_a_form_are_told_than_the_limit() {
    let secret = key(3);
    let scalar = secret.expose_scalar();
    let (hex, pem) = (hex(&scalar, true), secret.to_pkcs8_pem().unwrap());
    let many: [(&[u8], &str); 4] = [
        (&*scalar, BARE),
        (hex.as_bytes(), HEX),
        (&secret.to_sec1_der().unwrap(), SEC1),
        (pem.as_bytes(), PEM),
    ];
    for (bytes, form) in many {
        for (count, expected) in [(1, 1), (16, 16), (17, 16), (100, 16)] {
            let found = find(&bytes.repeat(count), core::slice::from_ref(&secret));
            assert_eq!(forms(&found).iter().filter(|found| **found == form).count(), expected);
            // Behind the last block of PEM that is told, another one is Base64.
            assert!(
                found.len() <= if form == PEM { 2 * expected } else { expected },
                "{form}"
            );
        }
    }
}

#[test]
fn words_as_long_as_a_scalar_are_told_alone() {
    let scalar = [0xC5; 32];
    let hex = "c5".repeat(32);
    let encoded = "xcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcU";
    let told = |text: &str| lone_scalars(text.as_bytes()).map(|found| *found).collect::<Vec<_>>();
    for text in [
        hex.clone(),
        hex.to_uppercase(),
        std::format!("{hex}\n"),
        std::format!("key = 0x{hex}, so"),
        std::format!("04{}{hex}\r\n", "1b".repeat(64)),
        encoded.into(),
        std::format!("\"{encoded}=\""),
        std::format!("key={encoded}=\n"),
    ] {
        assert_eq!(told(&text), [scalar], "{text}");
    }
    for text in [
        &hex[1..],
        &std::format!("{hex}c"),
        &encoded[1..],
        &std::format!("{encoded}A"),
    ] {
        assert_eq!(told(text), [[0; 32]; 0], "{text}");
    }
}
