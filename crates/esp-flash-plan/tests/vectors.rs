//! Key blocks as espefuse 5.6.0 burns them into virtual chips, and the key blocks that it refuses.
//!
//! The words in this file were printed by `espefuse --virt ... dump` after the commands in the comments; more vectors
//! are read from `MATTER_VECTORS`, or from the folder `shared/vectors` beside the checkout.

#![allow(
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

#[path = "common/parts.rs"]
mod parts;

use std::path::PathBuf;

use esp_flash_image::Chip;
use esp_flash_plan::{Error, KeyPurpose, KeyUse};
use esp_secure_boot::BootPublicKey;
use parts::Case;
use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::pkcs8::DecodePrivateKey;
use serde_json::Value;

fn key(len: u8) -> Vec<u8> {
    (0..len).collect()
}

/// The words as printed by `dump`, the lowest first; unwritten words are 0.
fn words(purpose: KeyPurpose, file: &[u8]) -> String {
    let mut block = vec![0; purpose.block_offset()];
    block.extend(&**purpose.block_bytes(file).unwrap());
    let words = block.chunks(4).map(|word| u32::from_le_bytes(word.try_into().unwrap()));
    words.map(|word| format!("{word:08x}")).collect::<Vec<_>>().join(" ")
}

#[test]
fn key_blocks_match_those_of_espefuse() {
    let cases = [
        // esp32: burn-key flash_encryption k32 --no-protect-key; burn-key secure_boot_v2 k32.
        (
            KeyPurpose::FlashEncryption,
            32,
            "1c1d1e1f 18191a1b 14151617 10111213 0c0d0e0f 08090a0b 04050607 00010203",
        ),
        (
            KeyPurpose::SecureBootV2,
            32,
            "03020100 07060504 0b0a0908 0f0e0d0c 13121110 17161514 1b1a1918 1f1e1d1c",
        ),
        // esp32s3: burn-key BLOCK_KEY0 k64 XTS_AES_256_KEY --no-read-protect.
        (
            KeyPurpose::XtsAes256Key1,
            64,
            "1c1d1e1f 18191a1b 14151617 10111213 0c0d0e0f 08090a0b 04050607 00010203",
        ),
        (
            KeyPurpose::XtsAes256Key2,
            64,
            "3c3d3e3f 38393a3b 34353637 30313233 2c2d2e2f 28292a2b 24252627 20212223",
        ),
        // esp32c3: burn-key BLOCK_KEY0 k32 HMAC_UP --no-read-protect.
        (
            KeyPurpose::HmacUp,
            32,
            "03020100 07060504 0b0a0908 0f0e0d0c 13121110 17161514 1b1a1918 1f1e1d1c",
        ),
        // esp32c2: burn-key BLOCK_KEY0 k16 XTS_AES_128_KEY_DERIVED_FROM_128_EFUSE_BITS BLOCK_KEY0 k32
        // SECURE_BOOT_DIGEST --no-read-protect.
        (KeyPurpose::XtsAes128Derived, 16, "0c0d0e0f 08090a0b 04050607 00010203"),
        (
            KeyPurpose::SecureBootDigestHalf,
            32,
            "00000000 00000000 00000000 00000000 03020100 07060504 0b0a0908 0f0e0d0c",
        ),
    ];
    for (purpose, len, expected) in cases {
        assert_eq!(words(purpose, &key(len)), expected, "{}", purpose.name());
    }
}

#[test]
fn key_files_of_other_lengths_are_refused() {
    let fits = |purpose: KeyPurpose| {
        (0..=65_u8)
            .filter(|len| purpose.block_bytes(&key(*len)).is_ok())
            .collect::<Vec<_>>()
    };
    assert_eq!(fits(KeyPurpose::FlashEncryption), [24, 32]);
    assert_eq!(fits(KeyPurpose::SecureBootV1), [24, 32]);
    assert_eq!(fits(KeyPurpose::SecureBootV2), [32]);
    assert_eq!(fits(KeyPurpose::SecureBootDigest(0)), [32]);
    assert_eq!(fits(KeyPurpose::SecureBootDigestHalf), [32]);
    assert_eq!(fits(KeyPurpose::HmacUp), [32]);
    assert_eq!(fits(KeyPurpose::XtsAes128), [32]);
    assert_eq!(fits(KeyPurpose::XtsAes128Derived), [16]);
    assert_eq!(fits(KeyPurpose::XtsAes256Key1), [64]);
    assert_eq!(fits(KeyPurpose::XtsAes256Key2), [64]);
}

fn vectors(name: &str) -> Option<Value> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors");
    let folder = std::env::var_os("MATTER_VECTORS").map_or(beside, PathBuf::from);
    let text = std::fs::read_to_string(folder.join("flash").join(name)).ok()?;
    serde_json::from_str(&text).ok()
}

/// The purposes that espefuse's name stands for, in the order of their blocks.
fn purposes(name: &str) -> &'static [KeyPurpose] {
    match name {
        "flash_encryption" => &[KeyPurpose::FlashEncryption],
        "secure_boot_v1" => &[KeyPurpose::SecureBootV1],
        "secure_boot_v2" => &[KeyPurpose::SecureBootV2],
        "ECDSA_KEY" => &[KeyPurpose::EcdsaKey],
        "HMAC_UP" => &[KeyPurpose::HmacUp],
        "XTS_AES_128_KEY" => &[KeyPurpose::XtsAes128],
        "XTS_AES_256_KEY" => &[KeyPurpose::XtsAes256Key1, KeyPurpose::XtsAes256Key2],
        "XTS_AES_128_KEY_DERIVED_FROM_128_EFUSE_BITS" => &[KeyPurpose::XtsAes128Derived],
        "SECURE_BOOT_DIGEST0" => &[KeyPurpose::SecureBootDigest(0)],
        "SECURE_BOOT_DIGEST1" => &[KeyPurpose::SecureBootDigest(1)],
        _ => &[],
    }
}

fn digest_of(pems: &Value, name: &str) -> Option<Vec<u8>> {
    let pem = pems["keys_pem"][name.strip_suffix(".pem")?].as_str()?;
    let key = rsa::PrivateKey::from_pkcs1_pem(pem)
        .or_else(|_| rsa::PrivateKey::from_pkcs8_pem(pem))
        .ok()?;
    let key = BootPublicKey::try_from(&key.to_public_key()).unwrap();
    Some(key.key_digest().to_vec())
}

/// The P-256 private key in a file, the DAC key for a device's ECDSA peripheral.
fn scalar_of(pems: &Value, name: &str) -> Option<Vec<u8>> {
    let pem = pems["keys_pem"][name.strip_suffix(".pem")?].as_str()?;
    Some(p256::SecretKey::from_sec1_pem(pem).ok()?.to_bytes().to_vec())
}

/// Compares the blocks that a command burns; returns their number.
fn compare(command: &[&str], pems: &Value, words_left: &Value) -> usize {
    let mut compared = 0;
    let groups = match command[1] {
        "flash_encryption" | "secure_boot_v1" | "secure_boot_v2" => vec![(command[1], command[2], command[1])],
        _ => command[1..]
            .chunks_exact(3)
            .map(|group| (group[0], group[1], group[2]))
            .collect(),
    };
    for (block, file, purpose) in groups {
        let first: usize = match block {
            "flash_encryption" => 1,
            "secure_boot_v1" | "secure_boot_v2" => 2,
            _ => 4 + block.trim_start_matches("BLOCK_KEY").parse::<usize>().unwrap(),
        };
        let bytes = match file {
            "k16" => key(16),
            "k32" => key(32),
            "k64" => key(64),
            pem => match digest_of(pems, pem).or_else(|| scalar_of(pems, pem)) {
                Some(bytes) => bytes,
                None => continue,
            },
        };
        for (index, purpose) in purposes(purpose).iter().enumerate() {
            let left = words_left[(first + index).to_string()].as_str();
            let hidden = purpose.is_secret() && !command.contains(&"--no-read-protect");
            // The vectors omit blocks that read as zero, as read-protected ones do.
            let expected = (!hidden).then(|| words(*purpose, &bytes));
            assert_eq!(left, expected.as_deref(), "{command:?}");
            compared += 1;
        }
    }
    compared
}

/// Checks a case that espefuse refuses in part; returns whether a plan can express it.
fn check_refusal(chip: Chip, name: &str, accepted: bool) -> bool {
    match name {
        "XTS in the last key block" => {
            let mut case = Case::open(chip).encrypted_with(
                esp_flash_plan::EncryptionMode::Release,
                esp_flash_image::EncryptionScheme::Xts128,
            );
            case.profile = case.profile.with_key_block(KeyUse::FlashEncryption, 5);
            let plan = case.plan();
            assert_eq!(plan.is_ok(), accepted, "{chip}: {plan:?}");
            assert!(accepted || matches!(plan, Err(Error::KeyBlockUnsuited { .. })));
            true
        }
        _ if name.contains("after RD_DIS") || name.contains("RD_DIS closed") || name.contains("second step fails") => {
            assert!(!accepted);
            let commands = Case::locked(chip).plan().unwrap().commands();
            let place = |word: &str| commands.iter().rposition(|command| command.contains(word)).unwrap();
            assert!(place("burn-key") < place("write-protect-efuse RD_DIS"));
            let keys = commands.iter().filter(|command| command.contains("burn-key")).count();
            assert!(chip != Chip::Esp32c2 || keys == 1);
            true
        }
        _ => false,
    }
}

#[test]
fn plans_and_espefuse_agree_on_key_blocks() {
    let (Some(vectors), Some(pems)) = (vectors("efuse.json"), vectors("secure_boot_v2.json")) else {
        println!("0 cases ran");
        return;
    };
    let (mut ran, mut compared) = (0, 0);
    let cases = vectors["cases"].as_array().unwrap();
    for case in cases {
        let chip: Chip = case["chip"].as_str().unwrap().parse().unwrap();
        let name = case["name"].as_str().unwrap();
        let steps = case["steps"].as_array().unwrap();
        let mut blocks = 0;
        for step in steps {
            let command: Vec<_> = step["args"].as_str().unwrap().split(' ').collect();
            if step["rc"] == 0 && command[0].starts_with("burn-key") {
                blocks += compare(&command, &pems, &case["words"]);
            }
        }
        let accepted = steps.iter().all(|step| step["rc"] == 0);
        let refusal = check_refusal(chip, name, accepted);
        if blocks > 0 || refusal {
            ran += 1;
        } else {
            println!("not expressible as a plan: {chip}: {name}");
        }
        compared += blocks;
    }
    println!(
        "efuse.json: {ran} of {} cases ran, {compared} blocks compared",
        cases.len()
    );
    assert!(ran > 0);
}
