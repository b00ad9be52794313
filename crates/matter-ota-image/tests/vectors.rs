//! Files from the SDK's tool and hand-made files, with the results of the SDK's parser, if the vectors folder exists.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::expect_used,
    reason = "tests"
)]

#[path = "support/judged.rs"]
mod judged;
#[path = "support/made.rs"]
mod made;
#[path = "support/naive.rs"]
mod naive;

use std::path::{Path, PathBuf};

use made::{made, unhex};
use matter_ota_image::{DigestType, ModelVersion, OtaUrl, PayloadHasher};
use serde_json::Value as Json;

/// The cases of a list; without the folder, prints a line and returns none.
fn cases(list: &str) -> Vec<Json> {
    let folder = std::env::var_os("MATTER_VECTORS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"),
        PathBuf::from,
    );
    let Ok(file) = std::fs::read(folder.join("flash/ota.json")) else {
        println!("{list}: folder not found, 0 cases ran");
        return Vec::new();
    };
    let json: Json = serde_json::from_slice(&file).unwrap();
    let cases = json[list].as_array().unwrap().clone();
    println!("{list}: {} cases ran", cases.len());
    assert!(!cases.is_empty());
    cases
}

fn arguments(case: &Json) -> Vec<&str> {
    case["args"]
        .as_array()
        .unwrap()
        .iter()
        .map(|word| word.as_str().unwrap())
        .collect()
}

fn bytes(case: &Json, name: &str) -> Vec<u8> {
    unhex(case[name].as_str().unwrap())
}

/// The result code of the SDK's parser.
fn code(case: &Json) -> u8 {
    let text = case["sdk_code"].as_str().unwrap();
    u8::from_str_radix(text.strip_prefix("0x").unwrap(), 16).unwrap()
}

#[test]
fn both_readers_answer_as_the_sdk() {
    let (mut accepted, mut refused) = (0, 0);
    for case in cases("created").iter().chain(&cases("by_hand")) {
        let file = bytes(case, "image");
        let (ours, naive) = (judged::sdk(&file), naive::judge(&file));
        assert_eq!(ours, naive, "{case}");
        match ours {
            Ok(_) => {
                assert_eq!(code(case), 0, "{case}");
                accepted += 1;
            }
            Err(found) => {
                assert_eq!(found, code(case), "{case}");
                refused += 1;
            }
        }
    }
    println!("{accepted} accepted, {refused} refused");
}

#[test]
fn files_of_the_tool_that_the_sdk_accepts_are_made_to_the_byte() {
    for case in cases("created") {
        let (file, payload) = (bytes(&case, "image"), bytes(&case, "payload"));
        let made = made(&arguments(&case), &payload);
        if code(&case) != 0 {
            assert!(made.is_err(), "{case}");
            continue;
        }
        assert_eq!(made.unwrap(), file, "{case}");
        judged::strict(&file).unwrap_or_else(|wrong| panic!("{wrong:?}: {case}"));
        assert_eq!(case["header_size"], file.len() - payload.len() - 16, "{case}");
        assert_eq!(case["total"], file.len(), "{case}");
    }
}

#[test]
fn input_that_the_tool_refuses_is_refused() {
    for case in cases("refused") {
        let arguments = arguments(&case);
        let digest = arguments.iter().skip_while(|word| **word != "-da").nth(1).unwrap();
        let is_made = digest.parse::<DigestType>().is_ok_and(DigestType::is_for_ledger);
        assert!(!is_made || made(&arguments, b"test payload").is_err(), "{case}");
    }
}

#[test]
fn files_by_hand_are_strictly_refused_for_their_digests_at_least() {
    for case in cases("by_hand") {
        let wrong = judged::strict(&bytes(&case, "image")).expect_err("their digests are zeros");
        let is_refused = code(&case) != 0;
        assert_eq!(wrong[0].sdk_code().is_some(), is_refused, "{wrong:?} {case}");
    }
}

#[test]
fn the_dcl_record_has_size_and_checksum_of_the_whole_file() {
    for case in cases("created") {
        let file = bytes(&case, "image");
        let Ok((reader, _)) = judged::read(&file, 1000) else {
            continue;
        };
        let header = reader.header().unwrap();
        let mut hasher = PayloadHasher::new(DigestType::Sha256);
        hasher.update(&file);
        let url = OtaUrl::new("https://example.com/x.ota").unwrap();
        let record = ModelVersion::new(header.to_header().unwrap(), hasher.finish(), url, 1).unwrap();
        assert_eq!(case["dcl"]["otaFileSize"], record.ota_file_size(), "{case}");
        assert_eq!(
            case["dcl"]["otaChecksumType"],
            record.ota_checksum().kind().get(),
            "{case}"
        );
        assert_eq!(
            case["sha256"].as_str().unwrap(),
            record.ota_checksum().to_string(),
            "{case}"
        );
    }
}
