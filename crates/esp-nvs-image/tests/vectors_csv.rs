//! Every case of the reference generator in the vectors folder, from CSV to bytes, with its
//! expected verdict: identical, rejected for the right reason, or correct where the generator is
//! wrong.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "common/vectors.rs"]
mod vectors;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use esp_nvs_image::{BlobVersion, CsvCompat, CsvError, CsvFile, CsvReason, Error, PartitionSize, decode, encode_csv};
use serde_json::Value as Json;
use vectors::{device_entries, folder, type_and_text};

struct Case {
    folder: PathBuf,
    json: Json,
}

impl Case {
    fn name(&self) -> &str {
        self.json["name"].as_str().unwrap()
    }

    fn encode(&self, compat: CsvCompat) -> Result<Vec<u8>, CsvError> {
        self.encode_mended(compat, |text| text)
    }

    fn encode_mended(&self, compat: CsvCompat, mend: impl Fn(String) -> String) -> Result<Vec<u8>, CsvError> {
        let inputs = self.json["inputs"].as_array().unwrap();
        let texts = inputs.iter().map(|input| {
            let path = self.folder.join(input.as_str().unwrap());
            (
                path.file_name().unwrap().to_str().unwrap().to_owned(),
                mend(fs::read_to_string(&path).unwrap()),
            )
        });
        let texts = texts.collect::<Vec<_>>();
        let files = texts
            .iter()
            .map(|(name, text)| CsvFile { name, text })
            .collect::<Vec<_>>();
        let size = self.json["size"].as_str().unwrap().parse::<PartitionSize>().unwrap();
        let version = if self.json["version"] == 1 {
            BlobVersion::V1
        } else {
            BlobVersion::V2
        };
        let here = self.folder.join(self.name());
        let load = |path: &str| fs::read(here.join(path)).map_err(|error| format!("{path}: {error}"));
        encode_csv(&files, size, version, compat, load)
    }

    fn expected(&self) -> Vec<u8> {
        fs::read(self.folder.join(self.json["expected"].as_str().unwrap())).unwrap()
    }

    /// The values that the firmware read from the generator's image.
    fn device(&self) -> BTreeMap<String, String> {
        let entries = device_entries(&self.folder.join(self.json["device"]["file"].as_str().unwrap()));
        let texts = entries
            .into_iter()
            .map(|entry| (format!("{}/{}", entry.namespace, entry.key), entry.value));
        texts.collect()
    }
}

fn entries(image: &[u8]) -> BTreeMap<String, String> {
    let entries = decode(image).unwrap();
    let texts = entries.iter().map(|entry| {
        let (_, value) = type_and_text(&entry.value);
        (format!("{}/{}", entry.namespace, entry.key), value)
    });
    texts.collect()
}

fn nvs(reason: &CsvReason) -> Option<Error> {
    match reason {
        CsvReason::Nvs(error) => Some(*error),
        _ => None,
    }
}

/// The expected error of a case, or `None`.
fn refusal(name: &str) -> Option<fn(&CsvReason) -> bool> {
    Some(match name {
        "q_utf8_key_16_bytes" | "e_key_16" => |r| matches!(nvs(r), Some(Error::KeyTooLong { len: 16.. })),
        "q_empty_key" => |r| nvs(r) == Some(Error::KeyEmpty),
        "q_data_before_namespace" | "q_orphan_u16" => |r| *r == CsvReason::NamespaceMissing,
        "q_dup_primitive" | "q_dup_primitive_2_pages" | "q_dup_blob" | "q_dup_blob_2_pages" | "q_dup_other_type" => {
            |r| matches!(r, CsvReason::Duplicate { line: 2.., .. })
        }
        "q_upper_string" | "e_bad_encoding" => |r| nvs(r) == Some(Error::UnknownEncoding),
        "q_unknown_type" => |r| *r == CsvReason::UnknownType,
        "q_255_namespaces" | "e_256_namespaces" => |r| nvs(r) == Some(Error::TooManyNamespaces),
        "q_blob_over_508000" => |r| matches!(nvs(r), Some(Error::BlobTooLong { max: 508_000, .. })),
        "e_string_4000" => |r| nvs(r) == Some(Error::StringTooLong { len: 4000 }),
        "e_v1_blob_1985" => |r| nvs(r) == Some(Error::BlobTooLong { len: 1985, max: 1984 }),
        "e_u8_256" | "e_hex_int" => |r| matches!(nvs(r), Some(Error::NotAnInteger { .. })),
        // The generator drops a character outside the alphabet.
        "base64_lenient" => |r| nvs(r) == Some(Error::NotBase64),
        "e_hex_odd" | "e_hex_bad" => |r| nvs(r) == Some(Error::NotHexadecimal),
        "e_too_small" | "e_full_to_last_slot" => {
            |r| matches!(r, CsvReason::PartitionTooSmall { size, needed: Some(needed) } if needed > size)
        }
        "e_missing_file" => |r| matches!(r, CsvReason::File(_)),
        _ => return None,
    })
}

#[test]
fn every_case_gets_its_verdict() {
    let Some(folder) = folder() else {
        println!("nvs csv vectors: folder not found, 0 cases ran");
        return;
    };
    let folder = folder.join("nvs");
    let manifest: Json = serde_json::from_slice(&fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    let mut counts = BTreeMap::<&str, usize>::new();
    for json in manifest["cases"].as_array().unwrap() {
        let case = Case {
            folder: folder.clone(),
            json: json.clone(),
        };
        *counts.entry(verdict(&case)).or_default() += 1;
    }
    let ran = counts.values().sum::<usize>();
    let table = counts
        .iter()
        .map(|(class, count)| format!("{count} {class}"))
        .collect::<Vec<_>>()
        .join(", ");
    println!("nvs csv vectors: {ran} cases ran ({table})");
    assert_eq!(ran, 74);
}

fn verdict(case: &Case) -> &'static str {
    let name = case.name();
    if name == "e_size_unaligned" || name == "e_size_garbage" {
        let size = case.json["size"].as_str().unwrap().parse::<PartitionSize>();
        assert!(
            matches!(size, Err(Error::PartitionSize { .. } | Error::PartitionSizeText)),
            "{name}"
        );
        return "refused";
    }
    let ours = case.encode(CsvCompat::Off);
    if let Some(right) = refusal(name) {
        let error = ours.map(|_| ()).unwrap_err();
        assert!(right(&error.reason), "{name}: {error}");
        assert!(
            error.line >= 2 && error.column >= 1 && error.file.starts_with("input"),
            "{name}: {error}"
        );
        if name == "base64_lenient" {
            let mended = case.encode_mended(CsvCompat::Off, |text| text.replace("MT!Iz", "MTIz"));
            assert!(mended.unwrap() == case.expected(), "{name}");
        }
        return "refused";
    }
    let ours = ours.unwrap_or_else(|error| panic!("{name}: {error}"));
    match name {
        "wifi_extras" | "q_repeated_namespace" => {
            assert!(
                case.encode(CsvCompat::On).unwrap() == case.expected(),
                "{name} with compat"
            );
            assert!(ours != case.expected(), "{name} without compat");
            assert_eq!(entries(&case.expected()), case.device(), "{name}");
            if name == "wifi_extras" {
                let hidden = ["sta.apinfo", "sta.pmk", "sta.apsw", "ap.pmk_info"];
                let mut visible = case.device();
                visible.retain(|key, _| !hidden.iter().any(|hidden| key.ends_with(hidden)));
                assert_eq!(entries(&ours), visible);
            }
            "identical with compat"
        }
        "q_utf8_key_2_extra" => {
            assert_eq!(entries(&ours), case.device(), "{name}");
            "right where the generator is not"
        }
        "q_binary_nonascii"
        | "q_multiline_hash"
        | "e_string_3968"
        | "e_string_3999"
        | "e_bom"
        | "q_utf8_key_last_slot" => {
            assert!(!entries(&ours).is_empty() && ours.len().is_multiple_of(4096), "{name}");
            if name == "q_multiline_hash" {
                assert!(
                    entries(&ours).values().any(|value| value.contains("\n#line2")),
                    "{name}"
                );
            }
            "right where the generator is not"
        }
        _ if case.json["encryption"].is_null() => {
            assert!(ours == case.expected(), "{name}");
            assert_eq!(entries(&ours), case.device(), "{name}");
            "identical"
        }
        _ => {
            // The encryption itself is tested in vectors_encryption.rs; here the values that the
            // firmware read.
            assert_eq!(entries(&ours), case.device(), "{name}");
            "identical before encryption"
        }
    }
}
