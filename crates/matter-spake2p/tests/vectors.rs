//! Published and generated verifiers, if the vectors folder exists.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "common/fixed_random.rs"]
mod fixed_random;

use std::path::{Path, PathBuf};

use fixed_random::FixedRandom;
use matter_spake2p::{
    Context, InstructionSet, Iterations, Lanes, PaseCredential, PbkdfParameters, ProverExchange, ProverKey, Salt,
    Verifier, VerifierExchange,
};
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
            for lanes in InstructionSet::ALL.into_iter().filter_map(Lanes::new) {
                let devices = [(Passcode::new(number("passcode")).unwrap(), parameters.salt)];
                let mut bulk = PaseCredential::derive_each(devices, parameters.iterations).with_lanes(lanes);
                let credential = bulk.next().unwrap().unwrap();
                let same = credential.verifier().expose_bytes() == verifier.expose_bytes();
                assert!(same, "{lanes:?}, {file}: {}", case["salt_b64"]);
            }
            ran += 1;
        }
    }
    println!("spake2p vectors: {ran} cases ran");
    assert!(ran >= 28, "the folder holds at least 28 verifiers, {ran} ran");
}

#[test]
fn given_exchanges_are_repeated() {
    let Some(folder) = folder() else {
        println!("spake2p exchange vectors: folder not found, 0 cases ran");
        return;
    };
    let json: Json =
        serde_json::from_slice(&std::fs::read(folder.join("payload/pase_exchange_10.json")).unwrap()).unwrap();
    let mut ran = 0;
    for case in json["vectors"].as_array().unwrap() {
        let number = |name: &str| u32::try_from(case[name].as_u64().unwrap()).unwrap();
        let bytes = |name: &str| {
            let hex = case[name].as_str().unwrap();
            let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
            (0..hex.len()).step_by(2).map(byte).collect::<Vec<_>>()
        };
        let parameters = PbkdfParameters {
            iterations: Iterations::new(number("iterations")).unwrap(),
            salt: Salt::new(&bytes("salt_hex")).unwrap(),
        };
        let key = ProverKey::derive(&Passcode::new(number("passcode")).unwrap(), &parameters).unwrap();
        let input = bytes("context_input");
        let context = Context::new(input.strip_prefix(b"CHIP PAKE V1 Commissioning").unwrap(), &[]);
        let (x, y) = (bytes("x"), bytes("y"));
        let (prover, prover_share) = ProverExchange::start(&key, &context, &mut FixedRandom::new(&x)).unwrap();
        assert_eq!(prover_share.as_bytes()[..], bytes("pA"));
        let mut random = FixedRandom::new(&y);
        let (device, share, confirmation) =
            VerifierExchange::start(&key.verifier(), &context, &prover_share, &mut random).unwrap();
        assert_eq!(share.as_bytes()[..], bytes("pB"));
        assert_eq!(confirmation.as_bytes()[..], bytes("cb"));
        let (confirmation, _) = prover.finish(&share, &confirmation).unwrap();
        assert_eq!(confirmation.as_bytes()[..], bytes("ca"));
        let keys = device.finish(&confirmation).unwrap();
        let parts = [
            keys.expose_initiator_to_responder(),
            keys.expose_responder_to_initiator(),
            keys.expose_attestation_challenge(),
        ];
        assert_eq!(parts.concat(), bytes("session_keys_hkdf"));
        ran += 1;
    }
    println!("spake2p exchange vectors: {ran} cases ran");
    assert!(ran >= 7, "the folder holds at least 7 exchanges, {ran} ran");
}
