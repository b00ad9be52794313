//! Secrets and foreign texts: the ways to give them, their absence from outputs, and terminal safety.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "support/produced.rs"]
mod produced;
#[path = "support/workplace.rs"]
mod workplace;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use sha2::{Digest, Sha256};
use workplace::{run, stderr};

const SALT: &str = "U1BBS0UyUCBLZXkgU2FsdA==";
/// Verifier of the passcode 20202021 with that salt and 1000 iterations: Matter SDK, `CHIPDeviceConfig.h`.
const VERIFIER: &str = "uWFwqugDNGiEck/po7KHwwMwwqZgN10XuyBajPGuyzUEV/iree4lOrao5GuwnlQ65CJzbeUB49s31EH+NEkg0JVI5MGCQGMMT/\
                        SRPFNRODm3wH/MBiehuFc6FJ/NH6Rmzw==";

fn with_input(program: &str, arguments: &[&str], folder: &Path, input: &str, variable: Option<(&str, &str)>) -> Output {
    let mut child = Command::new(program)
        .args(arguments)
        .envs(variable)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A process that does not read it may have ended.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// Arguments, standard input, and an environment variable.
type Way<'a> = (&'a [&'a str], &'a str, Option<(&'a str, &'a str)>);

#[test]
fn passcode_comes_in_the_same_ways_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fs::write(at.join("file"), "20202021\r\n").unwrap();
    let spake2p = ["gen-verifier", "-s", SALT, "-i", "1000"];
    let setup_code = ["encode", "--discriminator", "3840"];
    let matter_mfg = ["-v", "0xFFF1", "-p", "0x8000", "--iteration-count", "1000", "--quiet"];
    let tools: [(&str, &[&str]); 3] = [
        (env!("CARGO_BIN_EXE_spake2p"), &spake2p),
        (env!("CARGO_BIN_EXE_setup-code"), &setup_code),
        (env!("CARGO_BIN_EXE_matter-mfg"), &matter_mfg),
    ];
    for (program, arguments) in tools {
        let ways: [Way<'_>; 5] = [
            (&["--passcode", "20202021"], "", None),
            (&["--passcode=20202021"], "", None),
            (&["--passcode-file", "file"], "", None),
            (&["--passcode-file", "-"], "20202021\n", None),
            (&[], "", Some(("MATTER_PASSCODE", "20202021"))),
        ];
        let mut results = Vec::new();
        for (way, input, variable) in ways {
            let output = with_input(program, &[arguments, way].concat(), at, input, variable);
            assert!(output.status.success(), "{way:?}: {}", stderr(&output));
            results.push(output.stdout);
        }
        if !program.ends_with("matter-mfg") {
            assert!(results.iter().all(|result| *result == results[0]));
        }
        // Both are refused, without repeating either.
        let both = [arguments, &["--passcode", "20202021", "--passcode-file", "file"]].concat();
        let output = with_input(program, &both, at, "", None);
        assert_eq!(output.status.code(), Some(2));
        for wrong in ["", "20202021\n20202021\n", "\n", "9".repeat(5000).as_str()] {
            let output = with_input(
                program,
                &[arguments, &["--passcode-file", "-"]].concat(),
                at,
                wrong,
                None,
            );
            let message = stderr(&output);
            assert_eq!(output.status.code(), Some(2), "{wrong:?}: {message}");
            assert!(
                message.contains("--passcode-file") && !message.contains("20202021"),
                "{message}"
            );
        }
    }
    let made = produced::devices(&at.join("out/fff1_8000"));
    assert_eq!(made.len(), 5);
    assert!(made.iter().all(|device| produced::check(device, true).1 == 20_202_021));
}

#[test]
fn letters_of_the_vendors_script_take_values_as_before() {
    let folder = tempfile::tempdir().unwrap();
    for passcode in [&["-p", "20202021"][..], &["-p20202021"], &["-p=20202021"]] {
        let arguments = [&["gen-verifier", "-s", SALT, "-i", "1000"], passcode].concat();
        let output = with_input(env!("CARGO_BIN_EXE_spake2p"), &arguments, folder.path(), "", None);
        assert_eq!(
            String::from_utf8(output.stdout).unwrap().trim_end(),
            VERIFIER,
            "{passcode:?}"
        );
    }
    let check = ["check", "-p", "20202021", "-s", SALT, "-i", "1000"];
    for (way, input) in [(&["-v", VERIFIER][..], ""), (&["--verifier-file", "-"], VERIFIER)] {
        let output = with_input(
            env!("CARGO_BIN_EXE_spake2p"),
            &[&check[..], way].concat(),
            folder.path(),
            input,
            None,
        );
        assert!(output.status.success(), "{}", stderr(&output));
    }
}

#[test]
fn codes_and_values_are_read_from_standard_input() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let code = "MT:Y.K9042C00KA0648G00";
    let direct = with_input(env!("CARGO_BIN_EXE_setup-code"), &["parse", code], at, "", None);
    let piped = with_input(env!("CARGO_BIN_EXE_setup-code"), &["parse", "-"], at, code, None);
    assert!(direct.status.success() && direct.stdout == piped.stdout);
    fs::write(
        at.join("n.csv"),
        "key,type,encoding,value\nn,namespace,,\nk,data,u8,1\n",
    )
    .unwrap();
    let nvs = |arguments: &[&str], input| with_input(env!("CARGO_BIN_EXE_nvs-image"), arguments, at, input, None);
    assert!(nvs(&["generate", "n.csv", "image", "0x3000"], "").status.success());
    assert!(
        nvs(&["set", "image", "n", "secret", "string", "-"], "of nobody\n")
            .status
            .success()
    );
    let dump = nvs(&["dump", "image", "--format", "json"], "");
    assert!(String::from_utf8(dump.stdout).unwrap().contains("\"of nobody\""));
}

/// A verifier, a seed and an id of `matter-mfg`, and their precedence.
#[test]
fn other_secrets_of_a_run_are_read_from_files_and_standard_input() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let mfg = |arguments: &str, input: &str, variable| {
        let base = format!("-v 0xFFF1 -p 0x8000 --iteration-count 1000 --quiet {arguments}");
        let arguments = base.split_whitespace().collect::<Vec<_>>();
        with_input(env!("CARGO_BIN_EXE_matter-mfg"), &arguments, at, input, variable)
    };
    let made = |outdir: &str| {
        let devices = produced::devices(&at.join(outdir).join("fff1_8000"));
        assert_eq!(devices.len(), 1, "{outdir}");
        devices
            .iter()
            .map(|device| produced::check(device, true).1)
            .max()
            .unwrap()
    };
    fs::write(at.join("passcode"), "20202021\n").unwrap();
    fs::write(at.join("verifier"), VERIFIER).unwrap();
    let given = format!("--salt {SALT} --passcode-file passcode");
    let right = mfg(
        &format!("{given} --verifier-file verifier --outdir a"),
        "",
        Some(("MATTER_PASSCODE", "34567890")),
    );
    assert!(right.status.success(), "{}", stderr(&right));
    assert_eq!(made("a"), 20_202_021);
    let wrong = mfg(
        &format!("{given} --verifier-file - --outdir b"),
        &VERIFIER.replace("uWF", "uWG"),
        None,
    );
    assert_eq!(wrong.status.code(), Some(2), "{}", stderr(&wrong));
    // A job applies to its run, the environment to all runs.
    fs::write(at.join("job.json"), r#"{"passcode": "20202021"}"#).unwrap();
    let job = mfg("--job job.json --outdir c", "", Some(("MATTER_PASSCODE", "34567890")));
    assert!(job.status.success(), "{}", stderr(&job));
    assert_eq!(made("c"), 20_202_021);
    for (arguments, outdir, input) in [("--seed 00", "d", ""), ("--seed -", "e", "00\n")] {
        let seeded = mfg(&format!("{arguments} --outdir {outdir}"), input, None);
        assert!(seeded.status.success(), "{}", stderr(&seeded));
    }
    assert_eq!(made("d"), made("e"));
    let id = "00112233445566778899aabbccddeeff";
    let rotating = mfg("--enable-rotating-device-id --rd-id-uid - --outdir f", id, None);
    assert!(rotating.status.success(), "{}", stderr(&rotating));
    let summary = fs::read_dir(at.join("f/fff1_8000")).unwrap().flatten();
    let summary = summary.map(|entry| entry.path()).find(|path| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        name.starts_with("summary-")
    });
    assert!(fs::read_to_string(summary.unwrap()).unwrap().contains(id));
}

#[test]
fn password_comes_in_the_same_ways_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    for name in ["dac-pai.pem", "dac-pai-key-encrypted.pem"] {
        fs::copy(data.join(name), at.join(name)).unwrap();
    }
    fs::write(at.join("file"), "factory\n").unwrap();
    let dac_pki = "dac --cn Lamp --vid 0xFFF2 --pid 0x8001 --issuer dac-pai.pem --issuer-key dac-pai-key-encrypted.pem \
                   --force --out dacs";
    let matter_mfg =
        "-v 0xFFF2 -p 0x8001 --iteration-count 1000 --quiet --pai -c dac-pai.pem -k dac-pai-key-encrypted.pem";
    for (program, arguments) in [
        (env!("CARGO_BIN_EXE_dac-pki"), dac_pki),
        (env!("CARGO_BIN_EXE_matter-mfg"), matter_mfg),
    ] {
        let arguments = arguments.split_whitespace().collect::<Vec<_>>();
        let ways: [Way<'_>; 5] = [
            (&["--password", "factory"], "", None),
            (&["--pwd", "factory"], "", None),
            (&["--password-file", "file"], "", None),
            (&["--password-file", "-"], "factory\n", None),
            (&[], "", Some(("MATTER_PASSWORD", "factory"))),
        ];
        for (way, input, variable) in ways {
            let output = with_input(program, &[&arguments[..], way].concat(), at, input, variable);
            assert!(output.status.success(), "{way:?}: {}", stderr(&output));
        }
        let output = with_input(
            program,
            &[&arguments[..], &["--password-file", "-"]].concat(),
            at,
            "other",
            None,
        );
        assert_eq!(output.status.code(), Some(2));
        assert!(!stderr(&output).contains("other\n"), "{}", stderr(&output));
    }
}

/// A reader of the manifest has vendor, product, discriminator and all hashes, and may know the format of each file.
#[test]
fn manifest_without_passcodes_gives_none_away() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let base = "--iteration-count 1000 --quiet --test-pki -v 0xFFF1 -p 0x8000 -n 2 --no-passcode-in-manifest";
    for (number, options) in [
        "",
        "--encrypt",
        "--dac-in-secure-cert",
        "--dac-in-secure-cert -ds --target esp32h2 --efuse-key-id 1",
        "--dac-in-secure-cert --commissionable-data-in-secure-cert --rd-id-uid-in-secure-cert -ds --target esp32h2 \
         --efuse-key-id 1",
        "--no-bin",
        "--labels svg --qr-zip",
    ]
    .into_iter()
    .enumerate()
    {
        let out = format!("out{number}");
        let arguments = format!("{base} --outdir {out} {options}");
        let output = run(at, &arguments.split_whitespace().collect::<Vec<_>>());
        assert!(output.status.success(), "{options}: {}", stderr(&output));
        let top = at.join(&out).join("fff1_8000");
        let manifest: Value = serde_json::from_slice(&fs::read(top.join("manifest.json")).unwrap()).unwrap();
        for device in manifest["devices"].as_array().unwrap() {
            let uuid = device["uuid"].as_str().unwrap();
            let files = device["files"].as_object().unwrap();
            for absent in ["passcode", "qr", "manual"] {
                assert!(device.get(absent).is_none());
            }
            // Only the passcode is unknown, and the salt, which a device discloses.
            let keyless = options.contains("-ds");
            let guessable = [
                (format!("{uuid}-onb_codes.csv"), true),
                (format!("{uuid}-qrcode.png"), true),
                ("internal/partition.csv".to_owned(), true),
                (
                    format!("{uuid}-partition.bin"),
                    options.starts_with("--dac-in-secure-cert") && !options.contains("commissionable"),
                ),
            ];
            for (name, is_guessable) in guessable {
                assert_eq!(
                    !files.contains_key(&name),
                    is_guessable || options == "--no-bin" && name.ends_with(".bin"),
                    "{options}: {name}"
                );
            }
            assert!(files.contains_key("internal/DAC_cert.der"));
            assert_eq!(files.contains_key("internal/efuse_key.pem"), keyless);
            // The listed files are the existing ones.
            for (name, entry) in files {
                let bytes = fs::read(top.join(uuid).join(name)).unwrap();
                let hash = Sha256::digest(&bytes)
                    .iter()
                    .map(|byte| format!("{byte:02x}"))
                    .collect::<String>();
                assert_eq!(
                    (&entry["sha256"], &entry["size"]),
                    (&hash.into(), &bytes.len().into()),
                    "{name}"
                );
            }
        }
        // The ledger reveals no more.
        let ledger = rusqlite::Connection::open(at.join(&out).join("ledger.sqlite")).unwrap();
        let mut names = ledger.prepare("SELECT name FROM image").unwrap();
        let names = names
            .query_map([], |row| row.get::<_, String>(0))
            .unwrap()
            .map(Result::unwrap);
        let guessable = options.starts_with("--dac-in-secure-cert") && !options.contains("commissionable");
        assert!(
            !names
                .into_iter()
                .any(|name| guessable && name.ends_with("-partition.bin")),
            "{options}"
        );
    }
}

#[test]
fn texts_from_elsewhere_command_no_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let is_clean = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        !text.chars().any(|letter| letter.is_control() && letter != '\n')
    };
    let evil = "x\u{1b}[2J\u{9b}31m\u{7}y";
    fs::write(at.join(evil), "key,type,encoding,value\nn,namespace,,\nk,data,u8,300\n").unwrap();
    let key = "k\u{1b}[2Jk";
    let json =
        "[{\"namespace\":\"n\\u001b[2J\",\"key\":\"k\\u001b[31m\\u0007\",\"type\":\"string\",\"value\":\"v\\u009b\"}]";
    fs::write(at.join("evil.json"), json).unwrap();
    let nvs = |arguments: &[&str]| with_input(env!("CARGO_BIN_EXE_nvs-image"), arguments, at, "", None);
    assert!(nvs(&["generate", "evil.json", "image", "0x3000"]).status.success());
    for arguments in [
        &["dump", "image"][..],
        &["dump", "image", "--format", "json"],
        &["stat", "image"],
        &["check", "image"],
        &["generate", evil, "other", "0x3000"],
        &["dump", evil],
        &["remove", "image", "n", key],
    ] {
        let output = nvs(arguments);
        assert!(
            is_clean(&output.stdout) && is_clean(&output.stderr),
            "{arguments:?}: {output:?}"
        );
        assert!(stderr(&output).lines().count() <= 1, "{arguments:?}");
    }
    let mfg = |arguments: &[&str]| run(at, arguments);
    for arguments in [
        &["-v", "1", "-p", "1", "--csv", evil, "--mcsv", evil][..],
        &["-v", "1", "-p", "1", "--ledger", evil],
        &["-v", "1", "-p", "1", "--outdir", evil],
        &["-v", "1", "-p", "1", "--vendor-name", evil],
        &["-v", "1", "-p", "1", evil],
    ] {
        let output = mfg(arguments);
        assert!(
            is_clean(&output.stdout) && is_clean(&output.stderr),
            "{arguments:?}: {output:?}"
        );
        assert_eq!(
            stderr(&output)
                .lines()
                .filter(|line| line.starts_with("error: "))
                .count(),
            1,
            "{arguments:?}"
        );
    }
    let pki = |arguments: &[&str]| with_input(env!("CARGO_BIN_EXE_dac-pki"), arguments, at, "", None);
    for name in ["Lamp\u{1b}[31m", "Lamp\nPAA: root"] {
        let output = pki(&["paa", "--cn", name, "--out", "ca"]);
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        assert!(is_clean(&output.stderr) && stderr(&output).contains("control character"));
        assert!(!at.join("ca/PAA_key.pem").exists());
    }
    assert!(
        pki(&["paa", "--cn", "A", "--out", evil])
            .stdout
            .iter()
            .all(|byte| !matches!(byte, 0x1B | 0x07))
    );
}

#[test]
fn tables_have_no_formulas() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fs::write(at.join("columns"), "note,data,string\n=key,data,u8\n").unwrap();
    fs::write(at.join("values"), "note,=key\n@SUM(A1),7\n").unwrap();
    let arguments = [
        "-v",
        "0xFFF1",
        "-p",
        "0x8000",
        "--iteration-count",
        "1000",
        "--vendor-name",
        "=cmd|'/C calc'!A0",
        "--serial-num=-1+1",
        "--csv",
        "columns",
        "--mcsv",
        "values",
    ];
    let output = run(at, &arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    let top = at.join("out/fff1_8000");
    let summary = fs::read_dir(&top).unwrap().map(|entry| entry.unwrap().path());
    let summary = summary
        .into_iter()
        .find(|path| path.to_str().unwrap().contains("/summary-"))
        .unwrap();
    for table in [summary, top.join("staging/master.csv"), top.join("staging/config.csv")] {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_path(&table).unwrap();
        for row in reader.records() {
            for cell in &row.unwrap() {
                assert!(!cell.starts_with(['=', '-', '@']), "{}: {cell}", table.display());
            }
        }
    }
    // The device stores the given value.
    let device = produced::devices(&top).into_iter().next().unwrap();
    let (record, _) = produced::check(&device, false);
    assert_eq!(record.product.vendor_name.unwrap().as_str(), "=cmd|'/C calc'!A0");
    let csv = fs::read_to_string(device.join("internal/partition.csv")).unwrap();
    assert!(csv.contains("@SUM(A1)") && !csv.contains("'@SUM"), "{csv}");
}
