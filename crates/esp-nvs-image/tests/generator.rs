//! Images of the reference generator for the CSV files beside them, made by `scripts/interop`, which names their folder
//! in `NVS_INTEROP`. Elsewhere nothing runs, and the test says so.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::path::Path;

use esp_nvs_image::{BlobVersion, CsvCompat, CsvFile, CsvReason, PartitionSize, encode_csv};

fn encode(csv_file: &Path, size: PartitionSize, version: BlobVersion) -> Result<Vec<u8>, CsvReason> {
    let text = std::fs::read_to_string(csv_file).unwrap();
    let file = CsvFile {
        name: "in.csv",
        text: &text,
    };
    let none = |_: &str| Err("no files".to_owned());
    encode_csv(&[file], size, version, CsvCompat::Off, none).map_err(|error| error.reason)
}

#[test]
fn same_bytes_as_the_generator() {
    let Some(folder) = std::env::var_os("NVS_INTEROP") else {
        println!("generator images: NVS_INTEROP is not set, 0 cases ran");
        return;
    };
    let (mut identical, mut both_full, mut mismatches) = (0, 0, 0);
    for case in std::fs::read_dir(folder).unwrap() {
        let csv_file = case.unwrap().path();
        if csv_file.extension().is_none_or(|extension| extension != "csv") {
            continue;
        }
        // NUMBER-SIZE-VERSION.csv, and .bin unless the generator said that it does not fit.
        let name = csv_file.file_stem().unwrap().to_str().unwrap().to_owned();
        let parts = name.split('-').collect::<Vec<_>>();
        let version = if parts[2] == "1" {
            BlobVersion::V1
        } else {
            BlobVersion::V2
        };
        let ours = encode(&csv_file, parts[1].parse().unwrap(), version);
        match (ours, std::fs::read(csv_file.with_extension("bin"))) {
            (Ok(ours), Ok(theirs)) if ours == theirs => identical += 1,
            (Err(CsvReason::PartitionTooSmall { .. }), Err(_)) => both_full += 1,
            (ours, theirs) => {
                println!(
                    "{name}: we {:?}, the generator {:?}",
                    ours.map(|i| i.len()),
                    theirs.map(|i| i.len())
                );
                mismatches += 1;
            }
        }
    }
    println!("generator images: {identical} identical, {both_full} refused by both, {mismatches} mismatches");
    assert_eq!(mismatches, 0);
    assert!(identical >= 100, "too few cases");
}
