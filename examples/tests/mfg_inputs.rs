//! Users' files and commands, and the expected results.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "support/workplace.rs"]
mod workplace;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use workplace::{run, stderr, workplace};

const IDS: [&str; 6] = ["-v", "0xFFF1", "-p", "0x8000", "--iteration-count", "1000"];

fn made(folder: &Path, arguments: &[&str]) -> (String, String) {
    let output = run(folder, &[&IDS[..], arguments].concat());
    let (out, err) = (String::from_utf8(output.stdout.clone()).unwrap(), stderr(&output));
    assert!(output.status.success(), "{arguments:?}: {err}");
    (out, err)
}

fn audit(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_audit-device"));
    command.args(arguments).current_dir(folder).output().unwrap()
}

/// Returns the number and severity of findings by check.
fn findings(output: &Output) -> Vec<(String, String)> {
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let of = |list: &Value| list.as_array().unwrap().clone();
    let devices = of(&report["devices"])
        .iter()
        .flat_map(|device| of(&device["findings"]))
        .collect::<Vec<_>>();
    let all = devices.iter().chain(report["batch"].as_array().unwrap());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    all.map(|finding| (text(&finding["check"]), text(&finding["severity"])))
        .collect()
}

#[test]
fn columns_without_a_name_are_no_data() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("c.csv", "lot,data,string,REPEAT\n");
    for (values, devices) in [
        ("lot,,\nA1\n", 1),
        ("lot,\nA1,\n,\n", 2),
        (",lot,\n,A1,\n,,,\n,\"\",,,,\n", 3),
        ("lot;;\r\nA1;;\r\n", 1),
        ("sep=;\r\n lot ; ;x\r\nA1;;,\r\nA1;;\r\nA1;;\r\nA1;;\r\n", 4),
    ] {
        write("m.csv", values);
        let outdir = format!("out{devices}{}", values.len());
        let (out, err) = made(
            folder.path(),
            &["--csv", "c.csv", "--mcsv", "m.csv", "--outdir", &outdir],
        );
        assert!(out.contains(&format!("devices: {devices} in")), "{values:?}: {out}");
        let is_noted = err.contains("a row without values is a device too");
        assert_eq!(is_noted, matches!(devices, 2 | 3), "{values:?}: {err}");
    }
}

#[test]
fn ignored_input_is_refused_or_warned_about() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("m.csv", "lot\nA1\n");
    for (columns, reason) in [
        (
            "lot,data,string,REPEAT,x\n",
            "c.csv:1: column 'number 5': has a value; a row is key,",
        ),
        ("lot,data,string,,,\n\nx,data,u8,,,,5\n", "c.csv:3: column 'number 7'"),
    ] {
        write("c.csv", columns);
        let output = run(
            folder.path(),
            &[&IDS[..], &["--csv", "c.csv", "--mcsv", "m.csv", "--outdir", "out"]].concat(),
        );
        let message = stderr(&output);
        assert!(
            output.status.code() == Some(2) && message.contains(reason),
            "{columns:?}: {message}"
        );
    }
    // The reference tool accepts it.
    for (number, columns) in ["", "\r\n\r\n", "app,namespace\n"].into_iter().enumerate() {
        write("c.csv", columns);
        let outdir = format!("out{number}");
        let (_, err) = made(
            folder.path(),
            &["--csv", "c.csv", "--mcsv", "m.csv", "--outdir", &outdir],
        );
        let warning = "warning: --csv lists no column: no value of m.csv is used\n";
        assert!(err.contains(warning), "{columns:?}: {err}");
    }
    // A table without its header, whose quotes would become part of the values.
    write("serials.csv", "A0\n\"A1\"\n");
    let output = run(
        folder.path(),
        &[&IDS[..], &["--serials", "serials.csv", "--outdir", "out"]].concat(),
    );
    let message = stderr(&output);
    assert!(
        output.status.code() == Some(2) && message.contains("line 2: begins with a quote"),
        "{message}"
    );
}

#[test]
fn rows_that_the_reference_tool_adds_for_wifi_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    for (name, columns, values, is_told) in [
        ("one", "net,namespace\nsta.ssid,data,string\n", "sta.ssid\nHome\n", true),
        (
            "two",
            "ap.ssid,data,string\nap.passwd,data,string\n",
            "ap.ssid,ap.passwd\nHome,12345678\n",
            false,
        ),
    ] {
        write("c.csv", columns);
        write("m.csv", values);
        let (_, err) = made(folder.path(), &["--csv", "c.csv", "--mcsv", "m.csv", "--outdir", name]);
        assert_eq!(err.contains("adds rows for the Wi-Fi driver"), is_told, "{err}");
    }
}

#[test]
fn a_line_for_spreadsheets_is_no_serial_number() {
    let folder = tempfile::tempdir().unwrap();
    for text in ["sep=;\r\nA1\r\nA2\r\n", "sep=;\nx; serial-num \n1;A1\n2;A2\n"] {
        fs::write(folder.path().join("serials.csv"), text).unwrap();
        let outdir = format!("out{}", text.len());
        made(
            folder.path(),
            &["-n", "2", "--serials", "serials.csv", "--outdir", &outdir],
        );
        let manifest = fs::read(folder.path().join(outdir).join("fff1_8000/manifest.json")).unwrap();
        let manifest: Value = serde_json::from_slice(&manifest).unwrap();
        let serials = [0, 1].map(|device| manifest["devices"][device]["serial"].clone());
        assert_eq!(serials, ["A1", "A2"], "{text:?}");
    }
}

#[test]
fn unused_name_of_a_pai_is_warned_about() {
    let folder = workplace("0xFFF1", "0x8000");
    let pai = ["--pai", "-k", "PAI-Key.pem", "-c", "PAI-Cert.pem", "-cd", "CD.der"];
    for (common, outdir) in [(&pai[..], "a"), (&[], "b")] {
        let arguments = [common, &["-cn", "My bulb", "--outdir", outdir]].concat();
        let (_, err) = made(folder.path(), &arguments);
        assert!(err.contains("warning: --cn-prefix has no effect"), "{err}");
    }
}

#[test]
fn example_values_are_reported_as_by_the_audit() {
    let folder = tempfile::tempdir().unwrap();
    let salt = "U1BBS0UyUCBLZXkgU2FsdA==";
    let mut derive = Command::new(env!("CARGO_BIN_EXE_spake2p"));
    let derived = derive
        .args(["gen-verifier", "-p", "20202021", "-i", "1000", "-s", salt])
        .output()
        .unwrap();
    let verifier = String::from_utf8(derived.stdout).unwrap();
    let (_, err) = made(folder.path(), &["--passcode", "20202021", "--discriminator", "0xF00"]);
    for told in [
        "--passcode: ",
        "[default-passcode]",
        "--discriminator: ",
        "[default-discriminator]",
    ] {
        assert!(err.contains(told), "{told}: {err}");
    }
    let given = [
        "--passcode",
        "20202021",
        "--salt",
        salt,
        "--verifier",
        verifier.trim(),
        "--outdir",
        "b",
    ];
    let (_, err) = made(folder.path(), &given);
    assert!(err.contains("--salt: The salt is not random"), "{err}");
    let (_, err) = made(folder.path(), &["--outdir", "c"]);
    assert!(!err.contains("warning"), "{err}");
}

#[test]
fn each_product_has_a_test_pki_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let of = |product: &str| {
        let arguments = ["--test-pki", "-v", "0xFFF1", "-p", product, "--outdir", "o", "--quiet"];
        let output = run(folder.path(), &arguments);
        assert!(output.status.success(), "{}", stderr(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(of("0x8000").contains("PKI made in o/test-pki;"));
    for (product, message) in [
        ("0x8001", "PKI made in o/test-pki-fff1_8001;"),
        ("0x8001", "PKI reused in o/test-pki-fff1_8001;"),
        ("0x8000", "PKI reused in o/test-pki;"),
        ("0x8002", "PKI made in o/test-pki-fff1_8002;"),
    ] {
        let out = of(product);
        assert!(out.contains(message), "{product}: {out}");
    }
    // Keys where they belong are not leaks.
    let found = findings(&audit(folder.path(), &["o", "--json"]));
    assert!(found.iter().all(|(check, _)| check != "key-leaked"), "{found:?}");
}

#[test]
fn key_of_a_customer_is_a_note() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    let cloud = matter_attestation::PrivateKey::from_scalar(&[9; 32]).unwrap();
    write("cloud.pem", &cloud.to_pkcs8_pem().unwrap());
    write(
        "c.csv",
        "rmaker,namespace,\nkey,file,binary\ntext,data,string\nsecret,data,hex2bin\n",
    );
    let row = format!("cloud.pem,\"{}\",{}\n", *cloud.to_pkcs8_pem().unwrap(), "09".repeat(32));
    write("m.csv", &format!("key,text,secret\n{row}"));
    let values = ["--csv", "c.csv", "--mcsv", "m.csv", "-s", "0x10000"];
    made(folder.path(), &[&["--test-pki", "--outdir", "o"], &values[..]].concat());
    let found = findings(&audit(folder.path(), &["o", "--json"]));
    let told = found.iter().filter(|(check, _)| check == "customer-key");
    assert!(
        told.clone().count() >= 3 && told.clone().all(|(_, severity)| severity == "note"),
        "{found:?}"
    );
    assert!(found.iter().all(|(check, _)| check != "key-leaked"), "{found:?}");

    // In Matter's own namespace it is refused.
    write("c.csv", "key,file,binary\n");
    write("m.csv", "key\ncloud.pem\n");
    let output = run(
        folder.path(),
        &[&IDS[..], &["--test-pki", "--outdir", "p"], &values].concat(),
    );
    assert!(stderr(&output).contains("[key-leaked]"), "{}", stderr(&output));

    // The PAI's key is a leak everywhere.
    fs::copy(
        folder.path().join("o/test-pki/PAI_key.pem"),
        folder.path().join("cloud.pem"),
    )
    .unwrap();
    write("c.csv", "rmaker,namespace,\nkey,file,binary\n");
    let output = run(
        folder.path(),
        &[&IDS[..], &["--test-pki", "--outdir", "o"], &values].concat(),
    );
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("m.csv:2: column 'key': contains the PAI's key"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn scripts_find_the_devices_in_the_reference_tool_s_line() {
    let folder = tempfile::tempdir().unwrap();
    let (out, err) = made(folder.path(), &["-n", "3"]);
    let lines = out
        .lines()
        .filter_map(|line| line.split_once("Generated output files at: "));
    let folders = lines.map(|(_, path)| folder.path().join(path)).collect::<Vec<_>>();
    assert!(folders.len() == 3 && folders.iter().all(|path| path.is_dir()), "{out}");
    assert!(err.contains("3 devices in "), "{err}");
    let (out, err) = made(folder.path(), &["--outdir", "b"]);
    assert!(
        err.contains("1 device in ") && out.contains("have the same 1 device\n"),
        "{err}{out}"
    );
    let (out, _) = made(folder.path(), &["--outdir", "c", "--quiet"]);
    assert!(!out.contains("Generated"), "{out}");
}

#[test]
fn findings_of_many_devices_are_grouped() {
    let folder = tempfile::tempdir().unwrap();
    made(folder.path(), &["--test-pki", "-n", "5", "--outdir", "o"]);
    let text = |arguments: &[&str]| String::from_utf8(audit(folder.path(), arguments).stdout).unwrap();
    let (grouped, all) = (text(&["o"]), text(&["o", "--verbose"]));
    let count = |text: &str| {
        text.lines()
            .filter(|line| line.contains("  error    test-pki "))
            .count()
    };
    assert_eq!((count(&grouped), count(&all)), (3, 5), "{grouped}");
    assert!(
        grouped.contains("\n  and 2 more of test-pki; --verbose shows all\n"),
        "{grouped}"
    );
    let row = grouped
        .lines()
        .find(|line| line.starts_with("error    test-pki "))
        .unwrap();
    assert!(
        row.contains("       5        5  The attestation chain is a test chain"),
        "{row}"
    );
    assert!(
        !all.contains("--verbose") && !all.contains("findings  devices"),
        "{all}"
    );
    let report: Value = serde_json::from_slice(&audit(folder.path(), &["o", "--json"]).stdout).unwrap();
    for finding in report["devices"][0]["findings"].as_array().unwrap() {
        assert!(
            finding["id"].is_string() && finding["id"] == finding["check"],
            "{finding}"
        );
    }
}

#[test]
fn declaration_of_a_white_label_names_the_origin_of_the_certificates() {
    let folder = workplace("0xFFF1", "0x8000");
    let tool = |binary: &str, arguments: &str| {
        let mut command = Command::new(binary);
        let output = command
            .args(arguments.split(' '))
            .current_dir(folder.path())
            .output()
            .unwrap();
        let message = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(message).unwrap())
    };
    let make = "cd make --vid 0xFFF2 --pid 0x8001 --device-type 0x0100 --certificate-id CSA00000SWC00000-00 --type 0 \
                --origin-vid 0xFFF1 --origin-pid 0x8000 --test-key --out white.der";
    let (code, message) = tool(env!("CARGO_BIN_EXE_dac-pki"), make);
    assert_eq!(code, Some(0), "{message}");
    let ids = "-v 0xFFF2 -p 0x8001 --iteration-count 1000 -cd white.der";
    let pki = "inputs/test-pki";
    for (outdir, signer) in [
        ("pai", "--pai -c PAI-Cert.pem -k PAI-Key.pem".to_owned()),
        ("paa", format!("--paa -c {pki}/PAA_cert.pem -k {pki}/PAA_key.pem")),
    ] {
        let (code, message) = tool(
            env!("CARGO_BIN_EXE_matter-mfg"),
            &format!("{ids} {signer} --outdir {outdir}"),
        );
        assert_eq!(code, Some(0), "{message}");
        let devices = fs::read_dir(folder.path().join(outdir).join("fff2_8001")).unwrap();
        let mut devices = devices.map(|entry| entry.unwrap().path().join("internal"));
        let device = devices.find(|path| path.is_dir()).unwrap();
        let file = |name: &str| device.join(name).display().to_string();
        let verify = format!(
            "verify --paa {pki}/PAA_cert.pem --pai {} --dac {} --dac-key {} --cd {} --vid 0xFFF2 --pid 0x8001 --allow-test-cd",
            file("PAI_cert.der"),
            file("DAC_cert.pem"),
            file("DAC_key.pem"),
            file("CD.der")
        );
        let (code, message) = tool(env!("CARGO_BIN_EXE_dac-pki"), &verify);
        assert!(code == Some(0) && message.contains("says 0 kSuccess"), "{message}");
        let audit = format!("{outdir} --paa {pki}/PAA_cert.pem --vid 0xFFF2 --pid 0x8001 --cd white.der --test");
        let (code, message) = tool(env!("CARGO_BIN_EXE_audit-device"), &audit);
        assert_eq!(code, Some(0), "{message}");
        // The supplied certificates of such a device are accepted as well.
        let dacs = folder.path().join(format!("dacs-{outdir}"));
        fs::create_dir(&dacs).unwrap();
        for name in ["DAC_cert.pem", "DAC_key.pem"] {
            fs::copy(device.join(name), dacs.join(name)).unwrap();
        }
        let pai = file("PAI_cert.der");
        let supplied = format!("{ids} --pai -c {pai} --dac-dir dacs-{outdir} --outdir again-{outdir}");
        let (code, message) = tool(env!("CARGO_BIN_EXE_matter-mfg"), &supplied);
        assert_eq!(code, Some(0), "{message}");
    }
    // Without an origin the certificates must be the product's own.
    let own = "-v 0xFFF2 -p 0x8001 --pai -c PAI-Cert.pem -k PAI-Key.pem --outdir none";
    let (code, message) = tool(env!("CARGO_BIN_EXE_matter-mfg"), own);
    assert!(code == Some(2) && message.contains("the PAI is for vendor 0xFFF1, but the devices are of vendor 0xFFF2"));
    let make = make
        .replace("--origin-vid 0xFFF1", "--origin-vid 0xFFF3")
        .replace("white", "other");
    assert_eq!(tool(env!("CARGO_BIN_EXE_dac-pki"), &make).0, Some(0));
    let other = "-v 0xFFF2 -p 0x8001 --pai -c PAI-Cert.pem -k PAI-Key.pem -cd other.der --outdir none";
    let (code, message) = tool(env!("CARGO_BIN_EXE_matter-mfg"), other);
    let reason = "the PAI is for vendor 0xFFF1, but the declaration names certificates of vendor 0xFFF3";
    assert!(code == Some(2) && message.contains(reason), "{message}");
}
