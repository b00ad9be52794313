//! Compares with signatures and digests of espsecure, if the vectors folder exists.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "common/keys.rs"]
mod common;

use std::path::{Path, PathBuf};

use common::{bytes, private_key};
use esp_secure_boot::{
    BootKeyKind, BootPublicKey, BootloaderKeyV1, Error, SECTOR, SignatureBlock, SignedImage, bootloader_digest_v1,
    bootloader_v1, reflashable_key_v1, sign_app_v1, verify_app_v1,
};
use serde_json::Value as Json;

fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("MATTER_VECTORS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"),
        PathBuf::from,
    );
    folder.is_dir().then_some(folder)
}

fn read(name: &str) -> Option<Json> {
    let text = std::fs::read_to_string(folder()?.join("flash").join(name)).ok()?;
    Some(serde_json::from_str(&text).unwrap())
}

fn hex(json: &Json) -> Vec<u8> {
    bytes(json.as_str().unwrap())
}

/// Assembles a block of the file.
fn block(json: &Json) -> Vec<u8> {
    let mut block = hex(&json["block_without_zero_tail"]);
    block.resize(json["zero_fill_to"].as_u64().unwrap().try_into().unwrap(), 0);
    block.extend(hex(&json["crc32_le"]));
    block.extend(hex(&json["tail16"]));
    block
}

#[test]
fn signed_images_of_espsecure_verify() {
    let Some(file) = read("secure_boot_v2.json") else {
        println!("0 cases ran");
        return;
    };
    let mut content = hex(&file["image_unpadded"]);
    content.resize(SECTOR, 0xFF);
    let (mut cases, mut legacy) = (0, 0);
    for signed in file["signed"].as_array().unwrap() {
        let mut image = content.clone();
        let blocks = signed["blocks"].as_array().unwrap();
        blocks.iter().for_each(|json| image.extend(block(json)));
        image.resize(2 * SECTOR, 0xFF);
        let parsed = SignedImage::parse(&image).unwrap();
        assert_eq!(parsed.content(), content);
        assert_eq!(parsed.blocks().count(), blocks.len());
        for (at, (found, json)) in parsed.blocks().zip(blocks).enumerate() {
            assert_eq!(found.key_digest().as_slice(), hex(&json["key_digest"]));
            assert_eq!(SignatureBlock::decode(&block(json)).as_ref(), Ok(found));
            let digests = [*found.key_digest()];
            let keys = [found.public_key().clone()];
            if found.kind() == BootKeyKind::EcdsaP192 {
                let kind = found.kind();
                assert_eq!(parsed.verify(&keys), Err(Error::Unsupported { kind }));
                legacy += 1;
                continue;
            }
            assert_eq!(parsed.verify(&keys), Ok(at));
            assert_eq!(parsed.verify_digests(&digests), Ok(at));
            cases += 1;
        }
        let name = signed["name"].as_str().unwrap();
        assert_eq!(parsed.kind().is_err(), name == "s_mix3", "{name}");
    }
    println!("secure_boot_v2.json, blocks: {cases} cases ran, {legacy} of P-192 read and digested alone");
    assert_eq!((cases, legacy), (8, 1));
}

#[test]
fn keys_in_the_file_are_those_in_the_blocks() {
    let Some(file) = read("secure_boot_v2.json") else {
        println!("0 cases ran");
        return;
    };
    let mut digests: Vec<_> = file["signed"].as_array().unwrap().iter().collect();
    digests.retain(|signed| signed["blocks"].as_array().unwrap().len() == 1);
    let digest = |name: &str| {
        let signed = digests.iter().find(|signed| signed["name"] == format!("s_{name}"));
        hex(&signed.unwrap()["blocks"][0]["key_digest"])
    };
    let mut cases = 0;
    for (name, pem) in file["keys_pem"].as_object().unwrap() {
        let Some(key) = private_key(pem.as_str().unwrap()) else {
            continue;
        };
        if name != "rsa2" {
            assert_eq!(key.public().key_digest().as_slice(), digest(name), "{name}");
            cases += 1;
        }
    }
    println!("secure_boot_v2.json, keys: {cases} cases ran");
    assert_eq!(cases, 3);
}

#[test]
fn signed_files_of_espsecure_verify() {
    let Some(folder) = folder() else {
        println!("0 cases ran");
        return;
    };
    let folder = folder.join("flash_encryption");
    let mut cases = 0;
    for (image, key) in [
        ("sbv2_rsa.bin", "sb_rsa3072.pem"),
        ("sbv2_ecdsa.bin", "sb_ecdsa256.pem"),
    ] {
        let image = std::fs::read(folder.join(image)).unwrap();
        let key = private_key(&std::fs::read_to_string(folder.join(key)).unwrap()).unwrap();
        let parsed = SignedImage::parse(&image).unwrap();
        assert_eq!(parsed.verify(&[key.public()]), Ok(0));
        cases += 1;
    }
    println!("signed files: {cases} cases ran");
}

#[test]
fn bootloader_digests_and_app_signature_of_version_1_are_those_of_espsecure() {
    let Some(file) = read("secure_boot_v1.json") else {
        println!("0 cases ran");
        return;
    };
    let mut cases = 0;
    let mut last_iv = Vec::new();
    for case in file["bootloader_digest"].as_array().unwrap() {
        let (image, key) = (hex(&case["image"]), BootloaderKeyV1::new(&hex(&case["key"])).unwrap());
        if case["iv"] != "same" {
            last_iv = hex(&case["iv"]);
        }
        let iv = last_iv.as_slice().try_into().unwrap();
        let digest = bootloader_digest_v1(&image, &key, iv).unwrap();
        let made = bootloader_v1(&image, &key, iv).unwrap();
        assert_eq!(
            u64::try_from(made.len()).unwrap(),
            case["file_length"].as_u64().unwrap()
        );
        match case.get("digest") {
            Some(wanted) => assert_eq!(digest.as_slice(), hex(wanted)),
            None => {
                assert_eq!(made[..192], hex(&case["iv_and_digest"]));
                assert_eq!(made[SECTOR..], hex(&case["at_0x1000"]));
            }
        }
        assert_eq!(made[128..192], digest);
        cases += 1;
    }

    let app = &file["app_signature"];
    let key = private_key(app["key_pem"].as_str().unwrap()).unwrap();
    let data = hex(&app["data"]);
    let signed = sign_app_v1(&data, &key.public(), key.p256()).unwrap();
    assert_eq!(signed[data.len()..], hex(&app["appended"]));
    assert_eq!(verify_app_v1(&signed, &key.public()), Ok(data.as_slice()));
    let raw = hex(&file["public_key_raw"]);
    let public = BootPublicKey::from_ecdsa(BootKeyKind::EcdsaP256, &raw[..32], &raw[32..]).unwrap();
    assert_eq!(public, key.public());
    cases += 2;

    let derived = reflashable_key_v1(&key.p256().to_bytes().into()).unwrap();
    let wanted = &file["reflash_key_digest"];
    assert_eq!(derived.expose_bytes(), hex(&wanted["sha256_of_private"]));
    assert_eq!(derived.expose_bytes()[..24], hex(&wanted["truncated_192"]));
    cases += 1;
    println!("secure_boot_v1.json: {cases} cases ran");
    assert_eq!(cases, 8);
}
