//! Random batches that `scripts/interop` gave to ESP-IDF's `mfg_gen`: the same image for every device. `NVS_BATCHES` names
//! their folder; elsewhere nothing runs, and the test says so.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::fs;
use std::path::Path;

use esp_nvs_image::{BlobVersion, CsvBatch, CsvFile, PartitionSize};
use serde_json::Value as Json;

/// Compares the devices of a batch and returns how many are alike and how many are not.
fn compare(number: usize, batch: &Json, folder: &Path) -> (usize, usize) {
    let text = |field: &str| batch[field].as_str().unwrap();
    let file = |name, field| CsvFile {
        name,
        text: text(field),
    };
    let load = |path: &str| {
        let contents = batch["files"][path].as_str();
        contents.map(|text| text.as_bytes().to_vec()).ok_or("not there".into())
    };
    let size = text("size").parse::<PartitionSize>().unwrap();
    let version = if batch["version"] == 1 {
        BlobVersion::V1
    } else {
        BlobVersion::V2
    };
    let devices = CsvBatch::new(file("config.csv", "config"), file("values.csv", "values"), load).unwrap();
    let (mut alike, mut others, mut ran) = (0, 0, 0);
    for device in devices {
        ran += 1;
        let mut theirs = fs::read(folder.join(format!("{number}-{ran}.bin"))).unwrap();
        theirs.resize(size.bytes(), 0xFF);
        match device.and_then(|device| device.encode(size, version)) {
            Ok(ours) if ours == theirs => alike += 1,
            Ok(_) => {
                println!("batch {number}: device {ran} has other bytes");
                others += 1;
            }
            Err(error) => {
                println!("batch {number}: device {ran}: {error}");
                others += 1;
            }
        }
    }
    assert_eq!(ran, batch["devices"], "devices of batch {number}");
    (alike, others)
}

#[test]
fn same_images_as_mfg_gen() {
    let Some(folder) = std::env::var_os("NVS_BATCHES") else {
        println!("mfg_gen batches: NVS_BATCHES is not set, 0 ran");
        return;
    };
    let folder = Path::new(&folder);
    let (mut batches, mut alike, mut others) = (0, 0, 0);
    for line in fs::read_to_string(folder.join("batches.jsonl")).unwrap().lines() {
        let found = compare(batches, &serde_json::from_str(line).unwrap(), folder);
        batches += 1;
        alike += found.0;
        others += found.1;
    }
    println!("mfg_gen batches: {batches} ran, {alike} identical images, {others} mismatches");
    assert!(others == 0 && alike >= batches && batches >= 20, "{batches} batches");
}
