//! The files in which `matter-mfg` leaves the private key of a DAC, for every combination of the options that determine
//! them: all output files are searched for it byte by byte. docs/where-is-the-key.md documents the result; BLESS=1
//! regenerates it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, unreachable_pub, reason = "tests")]

#[path = "support/workplace.rs"]
mod workplace;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use matter_attestation::{Certificate, PrivateKey};
use workplace::{run, stderr, workplace};

/// The options concerned, and their short names in the document.
const OPTIONS: [&str; 5] = [
    "--dac-in-secure-cert",
    "--commissionable-data-in-secure-cert",
    "--rd-id-uid-in-secure-cert",
    "--no-secure-cert-bin",
    "--ds-peripheral",
];
/// Options of the signer.
const ATTESTATION: [&str; 3] = ["", "--pai -c PAI-Cert.pem -k PAI-Key.pem", "--test-pki"];
const NVS: &str = "UUID-partition.bin";
const SECURE_CERT: &str = "UUID_esp_secure_cert.bin";
const EFUSE_KEY: &str = "internal/efuse_key.pem";
const COPIES: [&str; 3] = [
    "internal/DAC_key.der",
    "internal/DAC_key.pem",
    "internal/DAC_private_key.bin",
];

/// The expected result of a combination.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// One message that names this option; nothing is written.
    Refused(&'static str),
    /// The key is in these files of the device's folder.
    Key(BTreeSet<&'static str>),
}

/// The rules, implemented independently of the program.
fn expected(given: [bool; 5], signs: bool) -> Outcome {
    let [dac, commissionable, rotating, no_image, peripheral] = given;
    match (dac, commissionable, rotating) {
        (true, true, true) | (_, false, false) => {}
        (_, true, _) => return Outcome::Refused("--commissionable-data-in-secure-cert: requires"),
        (_, false, true) => return Outcome::Refused("--rd-id-uid-in-secure-cert: requires"),
    }
    match (dac, peripheral) {
        (false, true) => Outcome::Refused("--ds-peripheral: requires --dac-in-secure-cert"),
        (true, _) if !signs => Outcome::Refused("--dac-in-secure-cert: applies to certificates"),
        (true, _) if no_image => Outcome::Refused("--no-secure-cert-bin: leaves"),
        (true, true) => Outcome::Key([EFUSE_KEY].into()),
        (true, false) => Outcome::Key([SECURE_CERT].into_iter().chain(COPIES).collect()),
        (false, false) if signs => Outcome::Key([NVS].into_iter().chain(COPIES).collect()),
        (false, false) => Outcome::Key(BTreeSet::new()),
    }
}

/// Returns all files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Returns the characters that encode whole groups of six bits after `skip` preceding bytes.
fn base64(bytes: &[u8], skip: usize) -> Vec<u8> {
    let bits = bytes
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
    // The first character without a bit of the preceding bytes.
    let first = (6 - skip * 8 % 6) % 6;
    let bits = bits.skip(first).collect::<Vec<_>>();
    let groups = bits.chunks_exact(6);
    let characters = groups.map(|group| BASE64[usize::from(group.iter().fold(0, |value, bit| value << 1 | bit))]);
    characters.collect()
}

/// Returns the scalar in every form in which a file could contain it.
fn forms(scalar: &[u8]) -> Vec<Vec<u8>> {
    let reversed = scalar.iter().rev().copied().collect::<Vec<_>>();
    let mut forms = Vec::new();
    for bytes in [scalar, &reversed] {
        forms.push(bytes.to_vec());
        let hex = bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        forms.push(hex.to_uppercase().into_bytes());
        forms.push(hex.into_bytes());
        forms.extend((0..3).map(|skip| base64(bytes, skip)));
    }
    let words = scalar.chunks_exact(4).flat_map(|word| word.iter().rev().copied());
    forms.push(words.collect());
    forms
}

/// Returns whether a file contains the scalar in any form, also in text broken into lines.
fn holds(file: &[u8], forms: &[Vec<u8>]) -> bool {
    let joined = file
        .iter()
        .filter(|byte| !byte.is_ascii_whitespace())
        .copied()
        .collect::<Vec<_>>();
    let found = |file: &[u8], form: &Vec<u8>| file.windows(form.len()).any(|window| window == form);
    forms.iter().any(|form| found(file, form) || found(&joined, form))
}

/// Returns the names of the files in a device's folder that contain its key. Also searches all other files for it, and
/// for the PAI's key.
fn search(top: &Path, out: &Path, pai: &PrivateKey) -> BTreeSet<String> {
    let device = fs::read_dir(top).unwrap().map(|entry| entry.unwrap().path());
    let device = device
        .filter(|path| path.is_dir() && path.file_name().unwrap().len() == 36)
        .collect::<Vec<_>>();
    let [device] = &device[..] else {
        unreachable!("one device")
    };
    let uuid = device.file_name().unwrap().to_str().unwrap();
    let internal = device.join("internal");
    let Ok(certificate) = fs::read(internal.join("DAC_cert.der")) else {
        return BTreeSet::new();
    };
    let key = ["DAC_key.pem", "efuse_key.pem"]
        .iter()
        .find_map(|name| fs::read(internal.join(name)).ok());
    let key = PrivateKey::decode(&key.unwrap()).unwrap();
    let certificate = Certificate::from_der(&certificate).unwrap();
    assert_eq!(key.public_key(), certificate.public_key());

    let forms = [&key, pai].map(|key| forms(&*key.expose_scalar()));
    let mut names = BTreeSet::new();
    for path in files(out) {
        let bytes = fs::read(&path).unwrap();
        let name = path
            .strip_prefix(device)
            .map(|name| name.to_str().unwrap().replace(uuid, "UUID"));
        if holds(&bytes, &forms[0]) {
            names.insert(name.unwrap_or_else(|_| path.display().to_string()));
        }
        let test_pki = path.ends_with("test-pki/PAI_key.pem");
        assert_eq!(holds(&bytes, &forms[1]), test_pki, "{}: key of the PAI", path.display());
    }
    names
}

/// Runs one combination. Returns its result and the message of a refusal.
fn outcome(folder: &Path, given: [bool; 5], attestation: &str, expected: &Outcome) -> String {
    let chosen = OPTIONS
        .iter()
        .zip(given)
        .filter(|(_, given)| *given)
        .map(|(option, _)| *option);
    let chosen = chosen.collect::<Vec<_>>().join(" ");
    let fixed = "-v 0xFFF2 -p 0x8001 --iteration-count 1000 --target esp32h2 --efuse-key-id 1 --outdir result";
    let line = format!("{fixed} {attestation} {chosen}");
    let output = run(folder, &line.split_whitespace().collect::<Vec<_>>());
    let (out, message) = (folder.join("result"), stderr(&output));
    match expected {
        Outcome::Refused(start) => {
            assert_eq!(output.status.code(), Some(2), "{line}: {message}");
            let sentence = message.strip_prefix("error: ").unwrap().trim_end().to_owned();
            assert!(sentence.starts_with(start), "{line}: {sentence}");
            assert!(!out.exists(), "{line}: something was written");
            sentence
        }
        Outcome::Key(files) => {
            assert_eq!(output.status.code(), Some(0), "{line}: {message}");
            let pai = if attestation.contains("test-pki") {
                "result/test-pki/PAI_key.pem"
            } else {
                "PAI-Key.pem"
            };
            let pai = PrivateKey::decode(&fs::read(folder.join(pai)).unwrap()).unwrap();
            let found = search(&out.join("fff2_8001"), &out, &pai);
            assert!(
                found.iter().eq(files.iter()),
                "{line}: the key is in {found:?}, not in {files:?}"
            );
            fs::remove_dir_all(&out).unwrap();
            files
                .iter()
                .map(|file| format!("`{file}`"))
                .collect::<Vec<_>>()
                .join(", ")
        }
    }
}

const HEAD: &str = "# Where is the key

The table lists, for every combination of the options that determine where a device's data is stored, the files in the
device's folder that hold the private key of its DAC, or the reason for which `matter-mfg` refuses the combination. A
refused run writes nothing.

The first three columns are `--dac-in-secure-cert`, `--commissionable-data-in-secure-cert` and
`--rd-id-uid-in-secure-cert`. `-ds` stands for `-ds --target esp32h2 --efuse-key-id 1`. `UUID` is the device's.

`internal/` is for the factory only. With `-ds`, `internal/efuse_key.pem` is the only copy of the key: burn it with
`espefuse --chip esp32h2 --port PORT burn-key BLOCK_KEY1 internal/efuse_key.pem ECDSA_KEY`, and remove it. Without a
signer there is no key, and options that would store one are refused.

`examples/tests/where_is_the_key.rs` makes a device for each combination, with `--pai` and once more with `--test-pki`,
searches all files of the output for the 32 bytes of the key (unchanged, reversed, in words of reversed bytes, as
hexadecimal digits and as base64, broken into lines or not), and compares this table with the result.

| dac | commissionable data | rd-id-uid | `--no-secure-cert-bin` | `-ds` | files with the key, or why not |
|---|---|---|---|---|---|
";

#[test]
fn key_is_exactly_where_it_belongs_for_every_combination_of_options() {
    let folder = workplace("0xFFF2", "0x8001");
    let (mut refused, mut made, mut rows) = (0, 0, String::new());
    for bits in 0..1u8 << OPTIONS.len() {
        let given = [0, 1, 2, 3, 4].map(|option| bits >> option & 1 == 1);
        for attestation in ATTESTATION {
            let expected = expected(given, !attestation.is_empty());
            let message = outcome(folder.path(), given, attestation, &expected);
            match expected {
                Outcome::Refused(_) => refused += 1,
                Outcome::Key(_) => made += 1,
            }
            if attestation.contains("--pai") {
                let marks = given.map(|given| if given { "yes" } else { "" }).join(" | ");
                let message = if matches!(expected, Outcome::Refused(_)) {
                    format!("refused: {message}")
                } else {
                    message
                };
                rows.push_str(&format!("| {marks} | {message} |\n"));
            }
        }
    }
    println!(
        "where is the key: {} combinations, {made} devices searched, {refused} refused",
        made + refused
    );
    assert_eq!((made, refused), (14, 82));

    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/where-is-the-key.md");
    let current = format!("{HEAD}{rows}");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&document, &current).unwrap();
    }
    assert!(
        fs::read_to_string(&document).unwrap() == current,
        "docs/where-is-the-key.md is not current: BLESS=1"
    );
}

#[test]
fn search_finds_a_scalar_in_every_form() {
    let scalar = (0..32).map(|i| 0xFB ^ (i * 7)).collect::<Vec<u8>>();
    let forms = forms(&scalar);
    let key = PrivateKey::from_scalar(scalar.as_slice().try_into().unwrap()).unwrap();
    let hex = |byte: &u8| format!("{byte:02X}");
    let reversed = scalar.iter().rev().copied().collect::<Vec<_>>();
    for file in [
        scalar.clone(),
        reversed,
        key.to_pkcs8_pem().unwrap().as_bytes().to_vec(),
        key.to_sec1_der().to_vec(),
        scalar.iter().map(hex).collect::<String>().into_bytes(),
        scalar.iter().map(hex).collect::<String>().to_lowercase().into_bytes(),
    ] {
        assert!(holds(&[b"before", &file[..], b"after"].concat(), &forms));
    }
    let other = PrivateKey::from_scalar(&[7; 32]).unwrap();
    assert!(!holds(other.to_pkcs8_pem().unwrap().as_bytes(), &forms));
    // RFC 4648, section 10.
    assert_eq!(base64(b"foobar", 0), b"Zm9vYmFy");
    assert_eq!(base64(b"oobar", 1), b"9vYmFy");
    assert_eq!(base64(b"obar", 2), b"vYmFy");
}
