//! Images of the vendor's tool, if the vectors folder exists.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::path::{Path, PathBuf};

use esp_secure_cert::{
    DsKey, Error, Image, KeyStorage, MatterData, PartitionSize, PublicKey, RecordType, SignatureAlgorithm,
    SignatureBlock, Subtype, Tail, Writer,
};
use p256::pkcs8::DecodePrivateKey;
use rand_chacha::rand_core::SeedableRng;
use serde_json::Value as Json;

/// The marker that the vendor's tool writes after the last record when it appends.
const MARKER: [u8; 4] = [0xFF, 0xFF, 0x00, 0x00];

fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("MATTER_VECTORS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"),
        PathBuf::from,
    );
    folder.is_dir().then(|| folder.join("secure_cert"))
}

fn encode_again(bytes: &[u8]) -> Vec<u8> {
    let image = Image::new(bytes);
    let mut buffer = vec![0xA5; bytes.len()];
    let mut writer = Writer::new(&mut buffer, PartitionSize::DEFAULT);
    for record in image.records() {
        writer.push_raw(&record.unwrap().to_raw().unwrap()).unwrap();
    }
    match image.tail() {
        Tail::Nothing => writer.finish().to_vec(),
        Tail::Marker => [writer.finish(), &MARKER[..]].concat(),
        other => unreachable!("{other:?}"),
    }
}

#[test]
fn tool_s_images_decode_to_the_listed_records_and_encode_to_the_same_bytes() {
    let Some(folder) = folder() else {
        println!("secure-cert images: folder not found, 0 cases ran");
        return;
    };
    let manifest: Json = serde_json::from_slice(&std::fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    let (mut images, mut records) = (0, 0);
    for (name, listed) in manifest.as_object().unwrap() {
        let bytes = std::fs::read(folder.join(name)).unwrap();
        let image = Image::new(&bytes);
        let found = image.records().map(Result::unwrap).collect::<Vec<_>>();
        let tlvs = listed["tlvs"].as_array().unwrap();
        assert_eq!(found.len(), tlvs.len(), "{name}");
        for (record, tlv) in found.iter().zip(tlvs) {
            assert!(record.crc_ok() && !record.is_legacy(), "{name}");
            assert_eq!(format!("{:#x}", record.offset()), tlv["off"], "{name}");
            assert_eq!(record.kind().to_string(), tlv["type"], "{name}");
            assert_eq!(record.subtype(), tlv["sub"], "{name}");
            assert_eq!(format!("{:#x}", record.flags().bits()), tlv["flags"], "{name}");
            assert_eq!(record.data().len(), tlv["len"], "{name}");
            records += 1;
        }
        let marker = listed["tail"] == "ffff0000";
        assert_eq!(
            image.tail(),
            if marker { Tail::Marker } else { Tail::Nothing },
            "{name}"
        );
        let integrity = tlvs.iter().any(|tlv| tlv["type"] == "INTEGRITY");
        assert_eq!(image.verify_integrity(), Ok(integrity), "{name}");
        assert!(encode_again(&bytes) == bytes, "{name}: encoded");
        images += 1;
    }
    println!("secure-cert images: {images} cases ran ({records} records)");
    assert_eq!(images, 15);
}

#[test]
fn signatures_verify_with_their_key_and_no_other() {
    let Some(folder) = folder() else {
        println!("secure-cert signatures: folder not found, 0 cases ran");
        return;
    };
    let pem = |name: &str| std::fs::read_to_string(folder.join("inputs").join(name)).unwrap();
    let p256 = p256::SecretKey::from_sec1_pem(&pem("sb_ecdsa256.pem")).map(p256::ecdsa::SigningKey::from);
    let p256 = p256.or_else(|_| p256::ecdsa::SigningKey::from_pkcs8_pem(&pem("sb_ecdsa256.pem")));
    let p384 = p384::SecretKey::from_sec1_pem(&pem("sb_ecdsa384.pem")).map(p384::ecdsa::SigningKey::from);
    let p384 = p384.or_else(|_| p384::ecdsa::SigningKey::from_pkcs8_pem(&pem("sb_ecdsa384.pem")));
    let rsa_pem = pem("sb_rsa3072.pem");
    let rsa = rsa::pkcs1::DecodeRsaPrivateKey::from_pkcs1_pem(&rsa_pem);
    let rsa: rsa::PrivateKey = rsa.or_else(|_| rsa::PrivateKey::from_pkcs8_pem(&rsa_pem)).unwrap();
    let keys = [
        PublicKey::P256(*p256.unwrap().verifying_key()),
        PublicKey::P384(*p384.unwrap().verifying_key()),
        PublicKey::Rsa3072(rsa.to_public_key()),
    ];
    let cases = [
        ("plain_der_signed_ecdsa256.bin", 0, 1, 1200),
        ("plain_der_signed_ecdsa384.bin", 1, 1, 1200),
        ("plain_der_signed_rsa3072.bin", 2, 1, 1200),
        ("plain_der_signed_two_ecdsa256.bin", 0, 2, 1200),
        ("scratch_signed_ecdsa256_GOOD.bin", 0, 1, 1152),
    ];
    for (name, right, blocks, len) in cases {
        let bytes = std::fs::read(folder.join(name)).unwrap();
        for (number, key) in keys.iter().enumerate() {
            let verified = Image::new(&bytes).verify_signature(key);
            if number == right {
                assert!(verified.unwrap().covers(len), "{name}");
            } else {
                assert_eq!(verified, Err(Error::SignatureMissing), "{name}");
            }
        }
        let found = Image::new(&bytes).records().map(Result::unwrap);
        let found = found.filter(|record| record.kind() == RecordType::SIGNATURE_BLOCK);
        assert_eq!(
            found.filter(|r| SignatureBlock::decode(r.data()).is_ok()).count(),
            blocks,
            "{name}"
        );

        // A change of the signed bytes is detected, even with a recomputed record checksum.
        let mut forged = bytes.clone();
        forged[40] ^= 1;
        let mut image = encode_unchecked(&forged);
        image.extend([0xFF; 16]);
        assert_eq!(
            Image::new(&image).verify_signature(&keys[right]),
            Err(Error::SignatureInvalid),
            "{name}"
        );
    }
    let bytes = std::fs::read(folder.join("scratch_signed_ecdsa256_TOOLBUG_flashed_file.bin")).unwrap();
    assert_eq!(
        Image::new(&bytes).verify_signature(&keys[0]),
        Err(Error::SignatureRange)
    );
    println!("secure-cert signatures: {} cases ran", cases.len() + 1);
}

/// Recomputes the checksums of all records.
fn encode_unchecked(bytes: &[u8]) -> Vec<u8> {
    let mut buffer = vec![0; bytes.len()];
    let mut writer = Writer::new(&mut buffer, PartitionSize::DEFAULT);
    for record in Image::new(bytes).records().map(Result::unwrap) {
        let raw = esp_secure_cert::RawRecord::new(record.kind(), record.subtype(), record.data());
        writer.push_raw(&raw.with_flags(record.flags())).unwrap();
    }
    writer.finish().to_vec()
}

#[test]
fn keys_are_found_where_they_are_and_leaks_are_refused() {
    let Some(folder) = folder() else {
        println!("secure-cert keys: folder not found, 0 cases ran");
        return;
    };
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let key = |bytes: &'static [u8]| Image::new(bytes).key(Subtype::MIN);
    let leak = |name: &str| -> &'static [u8] { read(name).leak() };

    let sec1 = read("inputs/DAC_key_sec1.der");
    for name in ["plain_der.bin", "matter_all.bin", "matter_dac_only.bin"] {
        let Ok(Some(KeyStorage::Plain(found))) = key(leak(name)) else {
            unreachable!("{name}")
        };
        assert!(found.expose() == sec1 && found.is_for_matter(), "{name}");
    }
    let Ok(Some(KeyStorage::Plain(found))) = key(leak("plain_pem.bin")) else {
        unreachable!()
    };
    assert!(found.expose().starts_with(b"-----BEGIN EC PRIVATE KEY-----") && !found.is_for_matter());
    for (name, offset) in [("ecdsa_periph_der.bin", 0x430), ("matter_ds_peripheral.bin", 0x430)] {
        assert_eq!(key(leak(name)).unwrap_err(), Error::KeyNotKeyless { offset }, "{name}");
    }
    let Ok(Some(KeyStorage::RsaDs(ds))) = key(leak("rsa_ds.bin")) else {
        unreachable!()
    };
    assert_eq!((ds.bits(), ds.ciphertext().len()), (2048, 1200));
    // The same parts produce the same records.
    let mut buffer = [0; 2048];
    let mut writer = Writer::new(&mut buffer, PartitionSize::DEFAULT);
    let again = DsKey::new(ds.efuse_key(), ds.bits(), *ds.iv(), ds.ciphertext()).unwrap();
    writer.push_key(Subtype::MIN, &KeyStorage::RsaDs(again)).unwrap();
    assert!(read("rsa_ds.bin").starts_with(writer.finish()));
    assert_eq!(key(leak("csv_user.bin")).map(|key| key.is_none()), Ok(true));
    println!("secure-cert keys: 8 cases ran");
}

/// The typed methods write the same bytes as the tool for the same input.
#[test]
fn typed_methods_make_the_tool_s_bytes() {
    let Some(folder) = folder() else {
        println!("secure-cert writing: folder not found, 0 cases ran");
        return;
    };
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let (dac, pai, key) = (
        read("inputs/DAC_cert.der"),
        read("inputs/PAI_cert.der"),
        read("inputs/DAC_key_sec1.der"),
    );
    let [dac, pai] = [&dac, &pai].map(|der| esp_secure_cert::Certificate::der(der).unwrap());
    let key = KeyStorage::Plain(esp_secure_cert::PlainKey::sec1_der(&key).unwrap());
    let golden = read("matter_all.bin");
    let data = |subtype: u8| {
        let found = Image::new(&golden).find(RecordType::MATTER_1, Subtype::new(subtype).unwrap());
        found.unwrap().unwrap().data().to_vec()
    };
    let (verifier, salt, unique, a, b) = (data(1), data(2), data(4), data(128), data(129));
    let mut buffer = [0; 0x2000];
    let mut writer = Writer::new(&mut buffer, PartitionSize::DEFAULT);
    writer.push_device_certificate(Subtype::MIN, &dac).unwrap();
    writer.push_ca_certificate(Subtype::MIN, &pai).unwrap();
    writer.push_key(Subtype::MIN, &key).unwrap();
    assert!(writer.as_bytes() == read("matter_dac_only.bin"));
    let discriminator = u16::from_le_bytes(data(0).try_into().unwrap());
    let iterations = u32::from_le_bytes(data(3).try_into().unwrap());
    let [first, second] = MatterData::random([&a, &b].map(|bytes| bytes.as_slice().try_into().unwrap()));
    for item in [
        MatterData::discriminator(discriminator).unwrap(),
        MatterData::verifier(verifier.as_slice().try_into().unwrap()),
        MatterData::salt(&salt).unwrap(),
        MatterData::iteration_count(iterations).unwrap(),
        MatterData::rotating_id_unique_id(unique.as_slice().try_into().unwrap()),
        first,
        second,
    ] {
        writer.push_matter(&item).unwrap();
    }
    assert!(writer.finish() == golden);

    let mut writer = Writer::new(&mut buffer, PartitionSize::DEFAULT);
    writer.push_ca_certificate(Subtype::MIN, &pai).unwrap();
    writer.push_device_certificate(Subtype::MIN, &dac).unwrap();
    writer.push_key(Subtype::MIN, &key).unwrap();
    writer.push_integrity().unwrap();
    assert!(writer.finish() == read("plain_der.bin"));

    // For RSA all but the salted signature and the checksums is deterministic.
    let pem = std::fs::read_to_string(folder.join("inputs/sb_rsa3072.pem")).unwrap();
    let rsa = rsa::pkcs1::DecodeRsaPrivateKey::from_pkcs1_pem(&pem);
    let rsa: rsa::PrivateKey = rsa.or_else(|_| rsa::PrivateKey::from_pkcs8_pem(&pem)).unwrap();
    let plain = read("plain_der.bin");
    buffer[..plain.len()].copy_from_slice(&plain);
    let mut writer = Writer::append(&mut buffer, plain.len(), PartitionSize::DEFAULT).unwrap();
    let mut rng = <rand_chacha::ChaCha20Rng as SeedableRng>::seed_from_u64(1);
    writer.sign_rsa(&rsa::pss::SigningKey::new(rsa), &mut rng).unwrap();
    writer.push_integrity().unwrap();
    let ours = [writer.finish(), &MARKER[..]].concat();
    let theirs = read("plain_der_signed_rsa3072.bin");
    assert_eq!(ours.len(), theirs.len());
    let signature = 1200 + 12 + 16 + 812;
    assert!(ours[..signature] == theirs[..signature]);
    assert_ne!(ours[signature..signature + 384], theirs[signature..signature + 384]);
    let algorithms = Image::new(&ours).records().map(Result::unwrap);
    let algorithms = algorithms.filter_map(|record| SignatureBlock::decode(record.data()).ok());
    assert_eq!(
        algorithms.map(|block| block.algorithm()).collect::<Vec<_>>(),
        [SignatureAlgorithm::Rsa3072]
    );
    println!("secure-cert writing: 4 cases ran");
}
