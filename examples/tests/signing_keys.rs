//! Cells and options with a signer's private key: `matter-mfg` refuses them before it writes anything.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, unreachable_pub, reason = "tests")]

#[path = "support/workplace.rs"]
mod workplace;

use std::fs;
use std::path::Path;

use base16ct::lower::encode_string as hex;
use matter_attestation::PrivateKey;
use workplace::{run, stderr, workplace};

/// Runs with a custom column whose second row has a value.
fn with_column(folder: &Path, column: &str, cell: &str, options: &str) -> (Option<i32>, String) {
    fs::write(folder.join("columns.csv"), format!("{column}\n")).unwrap();
    let name = column.split(',').next().unwrap();
    let good = if column.contains("file") { "good" } else { "00" };
    fs::write(folder.join("values.csv"), format!("{name}\n{good}\n\"{cell}\"\n")).unwrap();
    fs::write(folder.join("good"), "00").unwrap();
    let line = format!(
        "-v 0xFFF1 -p 0x8000 --iteration-count 1000 --outdir out --csv columns.csv --mcsv values.csv {options}"
    );
    let output = run(folder, &line.split_whitespace().collect::<Vec<_>>());
    (output.status.code(), stderr(&output))
}

const PAI: &str = "--pai -c PAI-Cert.pem -k PAI-Key.pem -cd CD.der";
const PAA: &str = "--paa -c inputs/test-pki/PAA_cert.pem -k inputs/test-pki/PAA_key.pem -cd CD.der";

#[test]
fn signing_key_in_a_cell_is_refused() {
    let folder = workplace("0xFFF1", "0x8000");
    let folder = folder.path();
    let read = |name: &str| PrivateKey::decode(&fs::read(folder.join(name)).unwrap()).unwrap();
    for (options, key, whose) in [
        (PAI, read("PAI-Key.pem"), "the PAI's key"),
        (PAA, read("inputs/test-pki/PAA_key.pem"), "the PAA's key"),
    ] {
        let scalar = key.expose_scalar();
        let joined = [b"abc", &scalar[..], b"def"].concat();
        let pem = key.to_pkcs8_pem().unwrap();
        for (name, bytes) in [("raw", &scalar[..]), ("joined", &joined), ("pem", pem.as_bytes())] {
            fs::write(folder.join(name), bytes).unwrap();
        }
        for (column, cell) in [
            ("mine,file,binary", "raw".to_owned()),
            ("mine,file,binary", "joined".into()),
            ("mine,file,string", "pem".into()),
            ("mine,data,hex2bin", hex(&*scalar)),
            ("mine,data,hex2bin", hex(&key.to_sec1_der())),
            ("mine,data,string", hex(&*scalar).to_uppercase()),
            ("mine,data,string", format!("0x{}", hex(&*scalar))),
            (
                "product-url,data,string",
                format!("https://example.com/{}", hex(&*scalar)),
            ),
        ] {
            let (code, message) = with_column(folder, column, &cell, options);
            let name = column.split(',').next().unwrap();
            let expected =
                format!("error: values.csv:3: column '{name}': contains {whose}, which must not be in any device\n");
            assert_eq!((code, message), (Some(2), expected), "{column}");
            assert!(!folder.join("out").exists(), "{column}");
        }
        let line = format!(
            "-v 0xFFF1 -p 0x8000 --outdir out --product-label {} {options}",
            hex(&*scalar)
        );
        let output = run(folder, &line.split_whitespace().collect::<Vec<_>>());
        let message = stderr(&output);
        assert!(
            output.status.code() == Some(2)
                && message.starts_with(&format!("error: --product-label: contains {whose}")),
            "{message}"
        );
        assert!(!folder.join("out").exists() && !message.contains(&hex(&*scalar)));
    }
    // Other keys are allowed.
    let other = PrivateKey::from_scalar(&[7; 32]).unwrap().expose_scalar();
    let (code, message) = with_column(folder, "mine,data,hex2bin", &hex(&*other), PAI);
    assert_eq!(code, Some(0), "{message}");
}

/// The run does not have the key of the PAI, but recognizes it.
#[test]
fn the_key_of_the_pai_of_supplied_certificates_is_in_no_cell() {
    let folder = workplace("0xFFF1", "0x8000");
    let folder = folder.path();
    let made = run(
        folder,
        &format!("-v 0xFFF1 -p 0x8000 -n 2 --outdir dacs {PAI}")
            .split_whitespace()
            .collect::<Vec<_>>(),
    );
    assert!(made.status.success(), "{}", stderr(&made));
    fs::create_dir(folder.join("supplied")).unwrap();
    let devices = fs::read_dir(folder.join("dacs/fff1_8000"))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    for (number, device) in devices.filter(|path| path.join("internal").is_dir()).enumerate() {
        for name in ["DAC_cert.pem", "DAC_key.pem"] {
            let to = folder.join(format!("supplied/{number}-{name}"));
            fs::copy(device.join("internal").join(name), to).unwrap();
        }
    }
    let options = "--pai -c PAI-Cert.pem -cd CD.der --dac-dir supplied";
    let key = PrivateKey::decode(&fs::read(folder.join("PAI-Key.pem")).unwrap()).unwrap();
    let (code, message) = with_column(folder, "mine,data,hex2bin", &hex(&*key.expose_scalar()), options);
    assert!(
        code == Some(2) && message.contains("values.csv:3: column 'mine': contains the PAI's key"),
        "{message}"
    );
    assert!(!folder.join("out").exists());
    let (code, message) = with_column(folder, "mine,data,hex2bin", "0123", options);
    assert_eq!(code, Some(0), "{message}");
}
