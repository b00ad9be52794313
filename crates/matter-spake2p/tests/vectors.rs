//! Published and generated verifiers, when the vectors folder is there.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::path::{Path, PathBuf};

use matter_spake2p::{Iterations, PbkdfParameters, Salt, Verifier};
use matter_types::Passcode;
use serde_json::Value as Json;

fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("MATTER_VECTORS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"),
        PathBuf::from,
    );
    folder.is_dir().then_some(folder)
}

#[test]
fn given_verifiers_are_derived() {
    let Some(folder) = folder() else {
        println!("spake2p vectors: folder not found, 0 cases ran");
        return;
    };
    let mut ran = 0;
    for file in ["payload/verifiers.json", "payload/verifiers_50.json"] {
        let json: Json = serde_json::from_slice(&std::fs::read(folder.join(file)).unwrap()).unwrap();
        for case in json["vectors"].as_array().unwrap() {
            let number = |name: &str| u32::try_from(case[name].as_u64().unwrap()).unwrap();
            let parameters = PbkdfParameters {
                iterations: Iterations::new(number("iterations")).unwrap(),
                salt: case["salt_b64"].as_str().unwrap().parse::<Salt>().unwrap(),
            };
            let verifier = Verifier::derive(&Passcode::new(number("passcode")).unwrap(), &parameters).unwrap();
            let hex = verifier
                .expose_bytes()
                .iter()
                .map(|b| format!("{b:02x}"))
                .collect::<String>();
            assert_eq!(
                hex,
                case["verifier_hex"].as_str().unwrap(),
                "{file}: {}",
                case["salt_b64"]
            );
            ran += 1;
        }
    }
    println!("spake2p vectors: {ran} cases ran");
    assert!(ran >= 28, "the folder holds at least 28 verifiers, {ran} ran");
}
