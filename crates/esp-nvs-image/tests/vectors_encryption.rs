//! Encrypted images of the reference generator and the values that the firmware reads from them, if
//! the vectors folder exists.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::path::{Path, PathBuf};

use esp_nvs_image::{HmacKey, Number, NvsKeys, StoredValue, decode, decrypt, encrypt};
use serde_json::Value as Json;

fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("MATTER_VECTORS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"),
        PathBuf::from,
    );
    folder.is_dir().then_some(folder)
}

/// Entries as reported by the firmware, one JSON object per line.
fn device_entries(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Json>(line).unwrap());
    let mut entries = lines
        .filter(|line| line.get("key").is_some())
        .map(|line| {
            let text = |name: &str| match &line[name] {
                Json::String(text) => text.clone(),
                other => other.to_string(),
            };
            // The API reads both kinds of blob in the same way.
            let kind = text("type").replace("blob_v1", "blob");
            format!("{}|{}|{kind}|{}", text("namespace"), text("key"), text("value"))
        })
        .collect::<Vec<_>>();
    entries.sort();
    entries
}

fn our_entries(image: &[u8]) -> Vec<String> {
    let mut entries = decode(image)
        .unwrap()
        .iter()
        .map(|entry| {
            let (kind, value) = match &entry.value {
                StoredValue::Number(Number::U8(v)) => ("u8", v.to_string()),
                StoredValue::Number(Number::I8(v)) => ("i8", v.to_string()),
                StoredValue::Number(Number::U16(v)) => ("u16", v.to_string()),
                StoredValue::Number(Number::I16(v)) => ("i16", v.to_string()),
                StoredValue::Number(Number::U32(v)) => ("u32", v.to_string()),
                StoredValue::Number(Number::I32(v)) => ("i32", v.to_string()),
                StoredValue::Number(Number::U64(v)) => ("u64", v.to_string()),
                StoredValue::Number(Number::I64(v)) => ("i64", v.to_string()),
                StoredValue::Str(v) => ("string", (*v).to_owned()),
                StoredValue::Blob(v) => ("blob", v.to_vec().iter().map(|b| format!("{b:02x}")).collect()),
                other => unreachable!("{other:?}"),
            };
            format!("{}|{}|{kind}|{value}", entry.namespace, entry.key)
        })
        .collect::<Vec<_>>();
    entries.sort();
    entries
}

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
        let device = device_entries(&folder.join(case["device"]["file"].as_str().unwrap()));
        assert_eq!(our_entries(&image), device, "{name}: decoded");
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
