//! Encrypted images of the reference generator and the values that the firmware reads from them, if
//! the vectors folder exists.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "common/vectors.rs"]
mod vectors;

use std::path::Path;

use esp_nvs_image::{HmacKey, NvsKeys, decode, decrypt, encrypt};
use serde_json::Value as Json;
use vectors::{device_lines, folder, our_lines};

/// The inputs of a case, to find cases that differ only in the encryption.
fn sources(folder: &Path, case: &Json) -> Vec<Vec<u8>> {
    let names = |list: &str| case[list].as_array().unwrap().clone();
    let files = names("inputs").into_iter().chain(names("files"));
    let files = files.map(|name| std::fs::read(folder.join(name.as_str().unwrap())).unwrap());
    files
        .chain([case["size"].to_string().into(), case["version"].to_string().into()])
        .collect()
}

#[test]
fn generator_images_decrypt_to_what_the_device_reads_and_encrypt_to_the_same_bytes() {
    let Some(folder) = folder() else {
        println!("nvs encryption vectors: folder not found, 0 cases ran");
        return;
    };
    let folder = folder.join("nvs");
    let read = |name: &Json| std::fs::read(folder.join(name.as_str().unwrap())).unwrap();
    let manifest: Json = serde_json::from_slice(&std::fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    let stored_keys = NvsKeys::decode(&read(&manifest["keys"])).unwrap();
    let hmac_key = HmacKey::decode(&read(&manifest["hmac_key"])).unwrap();
    let derived_keys = NvsKeys::from_hmac_key(&hmac_key).unwrap();
    let cases = manifest["cases"].as_array().unwrap();
    let plain_cases = cases
        .iter()
        .filter(|case| case["kind"] == "ok" && case["encryption"].is_null());
    let plain_cases = plain_cases
        .map(|case| (sources(&folder, case), case))
        .collect::<Vec<_>>();

    let (mut ran, mut plain_siblings) = (0, 0);
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let keys = match case["encryption"].as_str() {
            None => continue,
            Some("key") => &stored_keys,
            Some("hmac") => &derived_keys,
            Some(other) => unreachable!("{name}: {other}"),
        };
        if let Some(partition) = case.get("keys_partition") {
            let mut ours = [0; NvsKeys::PARTITION_LEN];
            keys.encode_partition(&mut ours);
            assert!(ours[..] == read(partition), "{name}: key partition");
        }
        let expected = read(&case["expected"]);
        let mut image = expected.clone();
        decrypt(&mut image, keys).unwrap();
        let device = device_lines(&folder.join(case["device"]["file"].as_str().unwrap()));
        assert_eq!(our_lines(&decode(&image).unwrap()), device, "{name}: decoded");
        let sources = sources(&folder, case);
        if let Some((_, plain)) = plain_cases.iter().find(|(plain, _)| *plain == sources) {
            assert!(image == read(&plain["expected"]), "{name}: as the plain image");
            plain_siblings += 1;
        }
        encrypt(&mut image, keys).unwrap();
        assert!(image == expected, "{name}: encrypted again");
        ran += 1;
    }
    println!("nvs encryption vectors: {ran} cases ran");
    assert!(ran >= 6, "the folder holds at least 6 encrypted cases, {ran} ran");
    assert!(
        plain_siblings >= 4,
        "at least 4 have a plain sibling, {plain_siblings} do"
    );
}
