//! Images of `esp-secure-cert-tool` with their input entries: some in `tests/data/tool`, and more
//! from `scripts/interop`, which passes their folder in `SECURE_CERT_INTEROP`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::path::Path;

use esp_secure_cert::{
    Certificate, Error, Image, KeyStorage, PartitionSize, PlainKey, RawRecord, RecordType, Subtype, Writer,
};
use serde_json::Value as Json;

fn unhex(text: &str) -> Vec<u8> {
    let pairs = (0..text.len()).step_by(2);
    pairs
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

fn number(json: &Json) -> u8 {
    json.as_u64().unwrap().try_into().unwrap()
}

/// Writes the entries of a case, with typed methods where they exist.
fn encode(case: &Json) -> Result<Vec<u8>, Error> {
    let mut buffer = vec![0xA5; PartitionSize::DEFAULT.bytes()];
    let mut writer = Writer::new(&mut buffer, PartitionSize::DEFAULT);
    for entry in case["entries"].as_array().unwrap() {
        let (kind, subtype) = (RecordType::new(number(&entry["type"])), number(&entry["subtype"]));
        let data = unhex(entry["hex"].as_str().unwrap());
        let pem = entry["form"] == "pem";
        let certificate = || {
            if pem {
                Certificate::pem(&data)
            } else {
                Certificate::der(&data)
            }
        };
        let key = || {
            if pem {
                PlainKey::sec1_pem(&data)
            } else {
                PlainKey::sec1_der(&data)
            }
        };
        let place = Subtype::new(subtype)?;
        match kind {
            RecordType::CA_CERT => writer.push_ca_certificate(place, &certificate()?),
            RecordType::DEV_CERT => writer.push_device_certificate(place, &certificate()?),
            RecordType::PRIV_KEY => writer.push_key(place, &KeyStorage::Plain(key()?)),
            _ if (51..=55).contains(&kind.code()) => writer.push_user_data(kind, place, &data),
            _ => writer.push_raw(&RawRecord::new(kind, subtype, &data)),
        }?;
    }
    if case["integrity"] == true {
        writer.push_integrity()?;
    }
    Ok(writer.finish().to_vec())
}

/// Returns the number of equal images, of cases that both reject, and of mismatches.
fn compare(folder: &Path) -> [usize; 3] {
    let [mut identical, mut both_full, mut mismatches] = [0; 3];
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let case: Json = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        match (encode(&case), std::fs::read(path.with_extension("bin"))) {
            (Ok(ours), Ok(theirs)) if ours == theirs => {
                let read = Image::new(&theirs).records().map(Result::unwrap);
                let listed = case["entries"].as_array().unwrap().len() + usize::from(case["integrity"] == true);
                assert_eq!(read.filter(|record| record.crc_ok()).count(), listed);
                identical += 1;
            }
            (Err(Error::PartitionFull { .. }), Err(_)) => both_full += 1,
            (ours, theirs) => {
                let ours = ours.map(|image| image.len());
                println!(
                    "{}: we {ours:?}, the tool {:?}",
                    path.display(),
                    theirs.map(|image| image.len())
                );
                mismatches += 1;
            }
        }
    }
    [identical, both_full, mismatches]
}

#[test]
fn same_bytes_as_the_tool_here() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tool");
    assert_eq!(compare(&folder), [4, 1, 0]);
}

#[test]
fn same_bytes_as_the_tool_for_random_entries() {
    let Some(folder) = std::env::var_os("SECURE_CERT_INTEROP") else {
        println!("tool images: SECURE_CERT_INTEROP is not set, 0 cases ran");
        return;
    };
    let [identical, both_full, mismatches] = compare(Path::new(&folder));
    println!("tool images: {identical} identical, {both_full} rejected by both, {mismatches} mismatches");
    assert_eq!(mismatches, 0);
    assert!(identical >= 100, "too few cases");
}
