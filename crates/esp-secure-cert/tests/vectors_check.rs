//! Findings in images of the vendor's tool, if the vectors folder exists.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};

use esp_secure_cert::{PartitionSize, check};

fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("MATTER_VECTORS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"),
        PathBuf::from,
    );
    folder.is_dir().then(|| folder.join("secure_cert"))
}

#[test]
fn tool_s_defects_are_found_in_its_images_and_nothing_else() {
    let Some(folder) = folder() else {
        println!("secure-cert check: folder not found, 0 cases ran");
        return;
    };
    let mut ran = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "bin") {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let found = check(&bytes, PartitionSize::DEFAULT);
        let ids = found
            .iter()
            .map(|finding| (finding.kind.id(), finding.offset))
            .collect::<Vec<_>>();
        let name = path.file_name().unwrap().to_str().unwrap();
        let expected = match name {
            "ecdsa_periph_der.bin" | "matter_ds_peripheral.bin" => vec![("key-in-keyless-record", Some(0x430))],
            "scratch_signed_ecdsa256_TOOLBUG_flashed_file.bin" => vec![("signature-covers-nothing", Some(0))],
            // The tool leaves an end marker after appending and signing.
            _ if bytes.ends_with(&[0xFF, 0xFF, 0, 0]) => vec![("end-marker", Some(bytes.len() - 4))],
            _ => vec![],
        };
        assert_eq!(ids, expected, "{name}: {found:#?}");
        ran += 1;
    }
    println!("secure-cert check: {ran} cases ran");
    assert_eq!(ran, 15);
}
