//! Options of `matter-mfg` beyond the reference tool's: lists, a job in JSON, a seed.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "support/chain.rs"]
mod chain;
#[path = "support/job.rs"]
mod job;
#[path = "support/made.rs"]
mod made;
#[path = "../matter_mfg/options.rs"]
mod options;
#[path = "support/workplace.rs"]
mod workplace;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use job::{FAST, IDS, folder, make};
use matter_factory_data::ProductInformation;
use matter_mfg::Field;
use options::Options;
use tempfile::TempDir;
use workplace::{run, stderr};

fn write(folder: &TempDir, name: &str, text: &str) {
    fs::write(folder.path().join(name), text).unwrap();
}

#[test]
fn lists_give_each_device_its_own() {
    let folder = folder();
    write(
        &folder,
        "pins.csv",
        "\u{feff}order;passcode\r\n1;20202021\r\n2;12345679\r\n3;30303030\r\n",
    );
    write(&folder, "serials.txt", "S-1\nS-2\n\nS-3\n");
    write(&folder, "discriminators.txt", "0\n0xFFF\n3840\n");
    let lists = [
        "--passcodes",
        "pins.csv",
        "--serials",
        "serials.txt",
        "--discriminators",
        "discriminators.txt",
    ];
    let made = make(&folder, &lists);
    made.check(None);
    let mut found = (0..3).map(|i| {
        (
            made.record(i).product.serial_number.unwrap().to_string(),
            made.codes(i)[2..].join(" "),
        )
    });
    let mut found = found.by_ref().collect::<Vec<_>>();
    found.sort();
    let expected = [
        ("S-1", "0 20202021"),
        ("S-2", "4095 12345679"),
        ("S-3", "3840 30303030"),
    ];
    assert_eq!(found, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
}

#[test]
fn too_long_list_is_warned_about() {
    let folder = folder();
    write(&folder, "serials.txt", "S-1\nS-2\nS-3\n");
    let output = run(
        folder.path(),
        &[&IDS[..], &FAST, &["--serials", "serials.txt", "-n", "2"]].concat(),
    );
    assert!(output.status.success());
    assert!(
        stderr(&output).contains("--serials has 3 for 2 devices; the first 2 are used"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn debug_messages_hold_no_secret() {
    let folder = folder();
    let secrets = ["20202021", "d2f351f57bb9387445a5f92a601d1c14", "c0ffee", "hunter22"];
    let arguments = [
        ["--log-level", "debug"],
        ["--passcode", secrets[0]],
        ["--rd-id-uid", secrets[1]],
        ["--seed", secrets[2]],
        ["--password", secrets[3]],
        ["--pai", "--enable-rotating-device-id"],
        ["-c", "pai-cert.pem"],
        ["-k", "pai-key.pem"],
    ];
    let output = run(folder.path(), &[&IDS[..], &FAST, &arguments.concat()].concat());
    let message = stderr(&output);
    assert!(output.status.success() && message.contains("debug: Job"), "{message}");
    for secret in secrets {
        assert!(!message.contains(secret), "{message}");
    }
    // Nor in other forms: the passcode in hexadecimal, the id as bytes, the key of the PAI.
    for secret in ["0x1344365", "210, 243, 81", "2, 2, 2, 2"] {
        assert!(!message.contains(secret), "{message}");
    }
}

#[test]
fn labels_of_one_endpoint_stay_together_however_it_is_written() {
    let folder = folder();
    let made = make(
        &folder,
        &["--fixed-labels", "1/a/b", "01/c/d", "--fixed-labels=1/e/f", "01/g/h"],
    );
    let entries = made.entries(0);
    let expected = ["fl-sz/1=4", "fl-k/1/0=a", "fl-v/1/0=b", "fl-k/1/1=c", "fl-v/1/1=d"];
    let expected = [&expected[..], &["fl-k/1/2=e", "fl-v/1/2=f", "fl-k/1/3=g", "fl-v/1/3=h"]].concat();
    assert_eq!(entries[entries.len() - expected.len()..], expected);
}

#[test]
fn repeated_lists_add_up_and_replace_those_of_a_job() {
    let folder = folder();
    write(
        &folder,
        "job.json",
        r#"{"$schema": "x", "locales": ["fr-FR"], "fixed-labels": ["0/a/b"]}"#,
    );
    let lists = "--job job.json --locales en-US --locales de-DE es-ES --calendar-types Buddhist --calendar-types Coptic \
                 --supported-modes 0/x/1 --supported-modes=1/y/1";
    let made = make(&folder, &lists.split_whitespace().collect::<Vec<_>>());
    let record = made.record(0);
    let locales = record.locales.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(locales, ["en-US", "de-DE", "es-ES"]);
    // Bits 0 and 2 of the calendars.
    assert_eq!(record.product.calendar_types.unwrap().get(), 0b101);
    assert_eq!((record.supported_modes.len(), record.fixed_labels.len()), (2, 1));
}

#[test]
fn every_repeated_unique_counts() {
    let folder = folder();
    let unique = ["--unique", "serial", "--unique", "key"];
    make(&folder, &[&unique[..], &["--serial-num", "S1"]].concat());
    let output = run(
        folder.path(),
        &[&IDS[..], &FAST, &unique, &["--serial-num", "S1"]].concat(),
    );
    assert!(!output.status.success());
    assert!(stderr(&output).contains("serial number"), "{}", stderr(&output));
}

#[test]
fn a_device_is_named_in_upper_case_as_well() {
    let folder = folder();
    for (option, state) in [("--scrap", "scrapped"), ("--replace", "replaced")] {
        let made = make(&folder, &[]);
        let uuid = made.uuid(0).to_owned();
        let output = run(folder.path(), &[option, &uuid.to_uppercase(), "--reason", "broken"]);
        assert!(output.status.success(), "{}", stderr(&output));
        let message = String::from_utf8(output.stdout).unwrap();
        assert_eq!(message, format!("device {uuid} is {state}\n"));
        fs::remove_dir_all(folder.path().join("out")).unwrap();
    }
}

#[test]
fn unlisted_column_with_the_name_of_a_field_is_warned_about() {
    let folder = folder();
    write(&folder, "c.csv", "serial-num,data,string\n");
    write(
        &folder,
        "m.csv",
        "serial-num,discriminator,Pin_Code,note\nS1,5,20202021,x\n",
    );
    let output = run(
        folder.path(),
        &[&IDS[..], &FAST, &["--csv", "c.csv", "--mcsv", "m.csv"]].concat(),
    );
    let message = stderr(&output);
    assert!(output.status.success(), "{message}");
    for column in ["discriminator", "Pin_Code"] {
        assert!(
            message.contains(&format!("warning: m.csv: column '{column}' names a device field")),
            "{message}"
        );
    }
    assert!(
        !message.contains("note'") && !message.contains("serial-num") && !message.contains("20202021"),
        "{message}"
    );
}

#[test]
fn a_manifest_is_signed_by_the_pai_of_the_run() {
    let folder = folder();
    let supplied = "--pai -c pai-cert.pem -k pai-key.pem --dac-cert dac-cert.pem --dac-key dac-key.pem";
    for (arguments, cert) in [
        (
            vec!["--paa", "-c", "paa-cert.pem", "-k", "paa-key.pem"],
            "fff2_8001/staging/pai_cert.pem",
        ),
        (vec!["--test-pki"], "test-pki/PAI_cert.pem"),
        (
            vec!["--pai", "-c", "pai-cert.pem", "-k", "pai-key.pem"],
            "../pai-cert.pem",
        ),
        (supplied.split(' ').collect(), "../pai-cert.pem"),
    ] {
        let output = run(
            folder.path(),
            &[&IDS[..], &FAST, &arguments, &["--sign-manifest", "pai"]].concat(),
        );
        assert!(output.status.success(), "{}", stderr(&output));
        let out = folder.path().join("out");
        let certificate = matter_attestation::Certificate::decode(&fs::read(out.join(cert)).unwrap()).unwrap();
        let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(certificate.public_key().as_bytes()).unwrap();
        let files = all_files(&out);
        let find = |name: &str| {
            files
                .iter()
                .find(|(path, _)| path.to_string_lossy().ends_with(name))
                .unwrap()
                .1
        };
        let signature = p256::ecdsa::Signature::from_der(find("manifest.json.sig")).unwrap();
        p256::ecdsa::signature::Verifier::verify(&key, find("manifest.json"), &signature).unwrap();
        fs::remove_dir_all(out).unwrap();
    }
}

/// Returns all files of a folder by relative path.
fn all_files(top: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![top.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(path.strip_prefix(top).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    files
}

#[test]
fn a_seed_gives_the_same_bytes_and_is_marked() {
    let folder = folder();
    let arguments = [
        "--paa",
        "-c",
        "paa-cert.pem",
        "-k",
        "paa-key.pem",
        "-n",
        "4",
        "-e",
        "--enable-rotating-device-id",
    ];
    let run_with = |seed: &str, outdir: &str, jobs: &str| {
        let more = ["--seed", seed, "--outdir", outdir, "--jobs", jobs];
        let output = run(folder.path(), &[&IDS[..], &FAST, &arguments, &more].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        assert!(
            stderr(&output).contains("warning: --seed: the seed reveals"),
            "{}",
            stderr(&output)
        );
        assert!(
            String::from_utf8(output.stdout)
                .unwrap()
                .contains("test run: all values come from --seed")
        );
        all_files(&folder.path().join(outdir))
    };
    let first = run_with("0123abcd", "first", "1");
    let second = run_with("0123abcd", "second", "4");
    assert!(first.len() > 40, "{} files", first.len());
    assert_eq!(first.keys().collect::<Vec<_>>(), second.keys().collect::<Vec<_>>());
    for (path, bytes) in &first {
        assert!(*bytes == second[path], "{} differs", path.display());
    }
    let marked = first
        .keys()
        .filter(|path| path.ends_with("test-run-2026-01-01-00-00-00.txt"))
        .count();
    assert_eq!(marked, 1, "{:?}", first.keys());
    assert_ne!(
        first.keys().collect::<Vec<_>>(),
        run_with("0123abce", "third", "1").keys().collect::<Vec<_>>()
    );
}

#[test]
fn a_job_file_is_the_command_line() {
    let folder = folder();
    let flat = "--count 2 --pai --cert pai-cert.pem --key pai-key.pem --cert-dclrn CD.der --locales en-US de-DE \
                --fixed-labels 0/a/b --hw-ver 1 --commissioning-flow 2 --encrypt --seed 55 --outdir a";
    let output = run(
        folder.path(),
        &[&IDS[..], &FAST, &flat.split_whitespace().collect::<Vec<_>>()].concat(),
    );
    assert!(output.status.success(), "{}", stderr(&output));
    write(
        &folder,
        "job.json",
        r#"{"vendor-id": 65522, "product-id": "0x8001", "iteration-count": 1000, "count": 7, "pai": true,
            "cert": "pai-cert.pem", "key": "pai-key.pem", "cert-dclrn": "CD.der", "locales": ["en-US", "de-DE"],
            "fixed-labels": ["0/a/b"], "hw-ver": 1, "commissioning-flow": "2", "encrypt": true, "seed": 55, "outdir": "x"}"#,
    );
    // The command line takes precedence.
    let output = run(folder.path(), &["--job", "job.json", "-n", "2", "--outdir", "b"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(all_files(&folder.path().join("a")) == all_files(&folder.path().join("b")));
    assert!(!folder.path().join("x").exists());

    write(&folder, "short.json", r#"{"vendor-id": 65522}"#);
    let output = run(folder.path(), &["--job", "short.json"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("--product-id: is missing"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn the_schema_and_the_program_know_the_same_members() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/job.schema.json");
    let schema: serde_json::Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    assert_eq!(schema["additionalProperties"], false);
    let folder = folder();
    let file = folder.path().join("job.json");
    let read = |value: &serde_json::Value| {
        fs::write(&file, value.to_string()).unwrap();
        Options::read(&file)
    };
    let properties = schema["properties"].as_object().unwrap();
    for (name, property) in properties {
        assert!(!property["description"].as_str().unwrap().is_empty(), "{name}");
        // A value of the schema's type is accepted, one of another type is not.
        let (good, bad) = match (property["type"].as_str(), property["$ref"].as_str()) {
            (Some("boolean"), None) => (vec![true.into()], vec!["x".into(), 1.into()]),
            (Some("string"), None) => (vec!["x".into()], vec![1.into(), true.into()]),
            (Some("array"), None) => (
                vec![serde_json::json!(["x", 1])],
                vec!["x".into(), serde_json::json!([true])],
            ),
            (None, Some("#/$defs/text")) => (vec!["x".into(), 1.into()], vec![true.into(), serde_json::json!(1.5)]),
            (None, Some("#/$defs/path")) => (vec!["x".into()], vec![1.into(), true.into()]),
            other => unreachable!("{name}: {other:?}"),
        };
        for value in good {
            let value: serde_json::Value = value;
            assert!(read(&serde_json::json!({ name: value })).is_ok(), "{name}: {value}");
        }
        for value in bad {
            let value: serde_json::Value = value;
            assert!(read(&serde_json::json!({ name: value })).is_err(), "{name}: {value}");
        }
    }
    // Every option in the help is in the schema.
    let help = run(folder.path(), &["--help"]);
    let help = String::from_utf8(help.stdout).unwrap();
    // Options for the execution of the command, not for its result.
    let own = [
        "job",
        "log-level",
        "help",
        "version",
        "completions",
        "man",
        "resume",
        "force",
        "scrap",
        "replace",
        "reason",
        "quiet",
        "json",
        "label-preview",
        // A job is a file itself.
        "passcode-file",
        "password-file",
        "verifier-file",
    ];
    let options = help.lines().filter_map(|line| {
        // The description of an option is indented further.
        let line = Some(line.trim_start()).filter(|text| line.len() - text.len() < 8)?;
        let long = line
            .strip_prefix("--")
            .or_else(|| line.get(4..).filter(|_| line.starts_with('-'))?.strip_prefix("--"))?;
        long.split([' ', '=']).next()
    });
    let options = options.filter(|option| !own.contains(option)).collect::<Vec<_>>();
    assert!(options.len() > 50, "{options:?}");
    for option in &options {
        assert!(properties.contains_key(*option), "{option} is not in the schema");
    }
    // The field names in errors are options.
    for field in Field::ALL {
        assert!(
            help.contains(&format!("--{} ", field.name())) || help.contains(&format!("--{}\n", field.name())),
            "{field}"
        );
    }
    // "$schema" is for editors and not an option.
    assert!(properties.contains_key("$schema"));
    assert_eq!(properties.len(), options.len() + 1);
    for example in schema["examples"].as_array().unwrap() {
        let output = {
            read(example).unwrap();
            run(folder.path(), &["--job", "job.json"])
        };
        assert!(output.status.success(), "{}", stderr(&output));
    }
}

#[test]
fn the_schema_and_the_documents_agree_with_the_table_of_fields() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let schema: serde_json::Value = serde_json::from_slice(&fs::read(docs.join("job.schema.json")).unwrap()).unwrap();
    let output = fs::read_to_string(docs.join("output.md")).unwrap();
    let (_, listed) = output.split_once("sets that field of the device").unwrap();
    let (listed, _) = listed.split_once("`vendor-id`").unwrap();
    for field in ProductInformation::FIELDS {
        let property = &schema["properties"][field.name()];
        let described = property
            .get("description")
            .or_else(|| property["items"].get("description"));
        assert_eq!(described.unwrap(), field.description(), "{}", field.name());
        assert!(listed.contains(&format!("`{}`", field.key())), "{}", field.key());
    }
    // Further fields set by columns: passcode under two names, discriminator, iteration count, salt, rotating id.
    assert_eq!(listed.matches('`').count() / 2, ProductInformation::FIELDS.len() + 6);
}

#[test]
fn a_preview_of_labels_makes_no_device() {
    let folder = folder();
    let labels = "--labels svg --label-stock L7160 --label-start 20 --product-name Lamp --label-preview";
    let arguments = |name| {
        [
            &IDS[..],
            &FAST,
            &labels.split(' ').collect::<Vec<_>>(),
            &[name, "-n", "5"],
        ]
        .concat()
    };
    for name in ["p.svg", "p.pdf"] {
        let output = run(folder.path(), &arguments(name));
        assert!(output.status.success(), "{}", stderr(&output));
        assert!(!folder.path().join("out").exists());
    }
    let svg = fs::read_to_string(folder.path().join("p.svg")).unwrap();
    // The outlines of all labels, and the two that are left on the first page.
    assert_eq!(svg.matches("<rect x=").count(), 21);
    assert_eq!(svg.matches(">Lamp</text>").count(), 2);
    assert_eq!(run(folder.path(), &arguments("p.svg")).status.code(), Some(2));
}

#[test]
fn setup_code_has_the_same_options_of_labels() {
    let folder = folder();
    let help = |program: &str, arguments: &[&str]| {
        let output = std::process::Command::new(program).args(arguments).output().unwrap();
        // The texts of both programs are wrapped differently.
        let text = String::from_utf8(output.stdout).unwrap();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let mfg = help(env!("CARGO_BIN_EXE_matter-mfg"), &["--help"]);
    let code = help(env!("CARGO_BIN_EXE_setup-code"), &["sheet", "--help"]);
    let (_, options) = code.split_once("--label-stock").unwrap();
    let (options, _) = options.split_once(" Examples:").unwrap_or((options, ""));
    let options = format!("--label-stock{options}");
    let mut found = 0;
    for option in options.split(" --").map(|text| text.trim_start_matches("--")) {
        if option.starts_with("label-") {
            found += 1;
            let text = option.split(" -h,").next().unwrap();
            assert!(mfg.contains(text), "{text}");
        }
    }
    assert!(found >= 10, "{found} {options}");
    drop(folder);
}
