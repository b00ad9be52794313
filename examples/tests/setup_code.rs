//! `setup-code` as a user runs it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

/// The values of every SDK example, and its codes.
const EXAMPLE: &[&str] = &[
    "encode",
    "--passcode",
    "20202021",
    "--discriminator",
    "3840",
    "--vid",
    "0xFFF1",
    "--pid",
    "0x8000",
];

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_setup-code"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

/// Returns exit code, stdout and stderr of a call in a folder where nothing is written.
fn call(arguments: &[&str]) -> (i32, String, String) {
    let output = run(Path::new("."), arguments);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn json_of(arguments: &[&str]) -> Value {
    let (code, out, error) = call(arguments);
    assert_eq!(code, 0, "{error}");
    serde_json::from_str(&out).unwrap()
}

#[test]
fn codes_of_the_examples_are_made() {
    assert_eq!(
        json_of(EXAMPLE),
        json!({"qr": "MT:Y.K9042C00KA0648G00", "manual": "34970112332", "manual_grouped": "3497-011-2332"})
    );
    // rs-matter, rs-matter/src/pairing/qr.rs
    let with_data = [
        "--discovery-mode",
        "4",
        "--pid",
        "0x8001",
        "--serial",
        "1234567890",
        "--vendor-tag",
        "0x83=65550",
        "--vendor-tag",
        "130=myData",
    ];
    let made = json_of(&[EXAMPLE, &with_data[..]].concat());
    assert_eq!(
        made["qr"],
        "MT:-24J0AFN00KA064IJ3P0IXZB0DK5N1K8SQ1RYCU1UXH34YY0V3KY.O3DKN440F710Q940"
    );
}

#[test]
fn codes_are_read() {
    let read = json_of(&["parse", "MT:Y.K9042C00KA0648G00"]);
    let fields = json!({
        "version": 0, "vid": 0xFFF1, "pid": 0x8000, "commissioning_flow": 0, "discovery_mode": 2, "discriminator": 3840,
        "passcode": 20_202_021,
    });
    assert_eq!(read, json!({"kind": "qr", "payloads": [fields], "deviations": []}));
    let read = json_of(&["parse", "3497-011-2332"]);
    let fields = json!({"version": 0, "commissioning_flow": 0, "short_discriminator": 15, "passcode": 20_202_021});
    assert_eq!(read, json!({"kind": "manual", "payloads": [fields], "deviations": []}));
    let long = json_of(&["parse", "749701123365521327694"]);
    assert_eq!(
        (&long["payloads"][0]["vid"], &long["payloads"][0]["pid"]),
        (&json!(0xFFF1), &json!(0x8001))
    );
    assert_eq!(long["payloads"][0].get("commissioning_flow"), None);
    let data = json_of(&[
        "parse",
        "MT:-24J0AFN00KA064IJ3P0IXZB0DK5N1K8SQ1RYCU1UXH34YY0V3KY.O3DKN440F710Q940",
    ]);
    assert_eq!(data["payloads"][0]["serial"], "1234567890");
    assert_eq!(
        data["payloads"][0]["tlv"][2],
        json!({"tag": 0x83, "type": "int", "value": 65550})
    );
    let two = json_of(&["parse", "MT:Y.K9042C00KA0648G00*634J042C00KA0648G00"]);
    assert_eq!(two["payloads"].as_array().unwrap().len(), 2);
}

#[test]
fn bad_code_is_refused_with_the_place_and_without_the_code() {
    for (code, sentence) in [
        ("MT:-24J0AFN00Ka0648G00", "(at character 14)"),
        ("-24J0AFN00KA0648G00", "text does not start with MT: (at character 0)"),
        ("3497-011-2330", "(at character 12)"),
        ("MT:-24J0AFN004QG46Y900", "passcode is one of the twelve"),
        ("MT:Y.K9042C00KA0648G00*", "(at character 23)"),
        ("", "(at character 0)"),
    ] {
        let (exit, out, error) = call(&["parse", "--", code]);
        let told: Value = serde_json::from_str(&out).unwrap();
        assert_eq!((exit, &told["error"]["id"]), (1, &json!("unreadable")), "{code}");
        assert!(told["error"]["text"].as_str().unwrap().contains(sentence), "{out}");
        assert!(code.len() < 5 || !out.contains(&code[3..]), "{out}");
        assert!(error.starts_with("error: ") && error.contains(sentence), "{error}");
        assert!(code.len() < 5 || !error.contains(&code[3..]), "{error}");
    }
}

#[test]
fn lenient_reading_lists_deviations() {
    // No discovery capabilities (connectedhomeip issue 26684).
    let code = "MT:4KR00-Q000KA064IJ3P0GUE20A6.S0";
    assert_eq!(call(&["parse", code]).0, 1);
    let read = json_of(&["parse", code, "--lenient"]);
    assert_eq!(read["deviations"][0]["position"], 8);
    assert_eq!(
        (&read["payloads"][0]["discovery_mode"], &read["payloads"][0]["serial"]),
        (&json!(0), &json!("BC"))
    );
}

#[test]
fn lint_reports_and_counts() {
    let (exit, out, _) = call(&["lint", "MT:Y.K9042C00KA0648G00"]);
    assert_eq!(exit, 0);
    assert!(
        out.contains("[example-passcode]") && out.contains("[test-vendor]") && !out.contains("20202021"),
        "{out}"
    );
    assert_eq!(call(&["lint", "MT:Y.K9042C00KA0648G00", "--fail-on", "warning"]).0, 1);
    let (exit, out, _) = call(&["lint", "MT:4KR00-Q000KA064IJ3P0GUE20A6.S0", "--json"]);
    let found: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (exit, &found[0]["id"], &found[0]["severity"]),
        (1, &json!("deviation"), &json!("error"))
    );
    // A plain code of a product: vendor 0x131B.
    assert_eq!(
        call(&["lint", "MT:Q3R00SSJ01ZCS41-F00", "--fail-on", "warning"]),
        (0, String::new(), String::new())
    );
}

#[test]
fn label_printers_get_the_same_codes() {
    let folder = tempfile::tempdir().unwrap();
    let options = ["--zpl", "l.zpl", "--zpl-density", "300", "--label-text", "Lamp ^7"];
    let output = run(folder.path(), &[EXAMPLE, &options[..]].concat());
    assert_eq!(output.status.code(), Some(0));
    let codes: Value = serde_json::from_slice(&output.stdout).unwrap();
    let zpl = fs::read_to_string(folder.path().join("l.zpl")).unwrap();
    let qr = format!("^BQN,2,6^FDMA,{}^FS", codes["qr"].as_str().unwrap());
    assert!(zpl.starts_with("^XA\n") && zpl.contains(&qr), "{zpl}");
    assert!(
        zpl.contains(codes["manual_grouped"].as_str().unwrap()) && zpl.contains("Lamp _5E7"),
        "{zpl}"
    );
    for (options, word) in [
        (&["--zpl", "m.zpl", "--zpl-density", "100"][..], "--zpl-density"),
        (&["--label-text", "Lamp"], "--label-text"),
    ] {
        let output = run(folder.path(), &[EXAMPLE, options].concat());
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8(output.stderr).unwrap().contains(word));
    }
    assert!(!folder.path().join("m.zpl").exists());
}

#[test]
fn pictures_labels_and_messages_are_written_once() {
    let folder = tempfile::tempdir().unwrap();
    let files = [
        "--png",
        "a.png",
        "--svg",
        "a.svg",
        "--label",
        "l.svg",
        "--label-text",
        "Lamp <7>",
        "--terminal",
    ];
    let arguments = [EXAMPLE, &files[..]].concat();
    let output = run(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(0));
    let out = String::from_utf8(output.stdout).unwrap();
    // JSON in the first line; 33 modules in 17 lines after it.
    assert_eq!(out.lines().count(), 18);
    assert!(serde_json::from_str::<Value>(out.lines().next().unwrap()).is_ok());
    let read = |name: &str| fs::read(folder.path().join(name)).unwrap();
    assert_eq!(&read("a.png")[..4], b"\x89PNG");
    let label = String::from_utf8(read("l.svg")).unwrap();
    assert!(
        label.contains("3497-011-2332") && label.contains("Lamp &lt;7&gt;"),
        "{label}"
    );
    let again = run(folder.path(), &arguments);
    assert_eq!(again.status.code(), Some(2));
    assert!(again.stdout.is_empty());
    assert_eq!(
        run(folder.path(), &[&arguments[..], &["--force"]].concat())
            .status
            .code(),
        Some(0)
    );
    let code = "MT:Y.K9042C00KA0648G00";
    let drawn = run(folder.path(), &["draw", code, "--svg", "b.svg", "--terminal"]);
    let lines = out.split_once('\n').unwrap().1;
    assert_eq!(
        (read("b.svg"), String::from_utf8(drawn.stdout).unwrap().as_str()),
        (read("a.svg"), lines)
    );
    assert_eq!(
        run(folder.path(), &["draw", "MT:Y.K9042C00KA0648G0"]).status.code(),
        Some(1)
    );
    assert_eq!(run(folder.path(), &["ndef", code, "tag.bin"]).status.code(), Some(0));
    assert_eq!(read("tag.bin"), [b"\xD1\x01\x17U\x00", code.as_bytes()].concat());
    assert_eq!(
        run(folder.path(), &["ndef", "34970112332", "no.bin"]).status.code(),
        Some(2)
    );
    assert!(!folder.path().join("no.bin").exists());
}

#[test]
fn options_out_of_range_are_refused_without_their_value() {
    let base = ["encode", "--discriminator", "1"];
    for (options, sentence) in [
        (
            &["--passcode", "100000000"][..],
            "--passcode: passcode is not in the range 1 to 99999998",
        ),
        (&["--passcode", "12345678"], "--passcode"),
        (&["--passcode", "19861989", "--discriminator", "4096"], "0 to 4095"),
        (
            &["--passcode", "19861989", "--vid", "0xFFF5", "--pid", "1"],
            "0x0001 to 0xFFF4",
        ),
        (&["--passcode", "19861989", "--vid", "1"], "product id is missing"),
        (
            &["--passcode", "19861989", "--vid", "1", "--pid", "0"],
            "0x0001 to 0xFFFF",
        ),
        (
            &["--passcode", "19861989", "--commissioning-flow", "3"],
            "--commissioning-flow",
        ),
        (&["--passcode", "19861989", "--discovery-mode", "1"], "--discovery-mode"),
        (&["--passcode", "19861989", "--discovery-mode", "0"], "--discovery-mode"),
        (
            &["--passcode", "19861989", "--serial", ""],
            "--serial: value of tag 0x00",
        ),
        (&["--passcode", "19861989", "--vendor-tag", "5=x"], "0x80 to 0xff"),
        (&["--passcode", "19861989", "--vendor-tag", "0x80"], "TAG=VALUE"),
        (
            &[
                "--passcode",
                "19861989",
                "--vendor-tag",
                "0x80=1",
                "--vendor-tag",
                "128=2",
            ],
            "duplicate tag",
        ),
        (&[], "--passcode"),
    ] {
        let (exit, out, error) = call(&[&base[..], options].concat());
        assert_eq!((exit, out.as_str()), (2, ""), "{options:?}");
        assert!(error.contains(sentence), "{error}");
        assert!(!error.contains("19861989") && !error.contains("12345678 "), "{error}");
    }
}

/// A table of codes: those of the SDK's examples, and of another device with vendor and product in its manual code.
const CODES: &str = "qrcode,serial-num,product-name\n\
    MT:Y.K9042C00KA0648G00,'=SN-1,Lamp\n\
    MT:00000M.R02MGVH7SR00,SN-2,\n";

#[test]
fn sheets_are_drawn_of_tables_manifests_and_lines() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("codes.csv", CODES);
    write("codes.txt", "MT:Y.K9042C00KA0648G00\nMT:00000M.R02MGVH7SR00\n");
    write(
        "manifest.json",
        r#"{"run": "x", "devices": [{"qr": "MT:Y.K9042C00KA0648G00", "serial": "=SN-1"}, {"qr": "MT:00000M.R02MGVH7SR00"}]}"#,
    );
    for (list, texts) in [
        ("codes.csv", &["S/N =SN-1", "S/N SN-2", ">Lamp<", ">Other<"][..]),
        ("codes.txt", &[">Other<"]),
        ("manifest.json", &["S/N =SN-1", ">Other<"]),
    ] {
        let arguments = [
            "sheet",
            list,
            "l.svg",
            "--label-stock",
            "L7160",
            "--product-name",
            "Other",
            "--force",
        ];
        let output = run(folder.path(), &arguments);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let message = String::from_utf8(output.stdout).unwrap();
        assert!(
            message.starts_with("2 labels of L7160, 63.5 x 38.1 mm, 3 x 7 on a page; modules of "),
            "{message}"
        );
        assert!(message.contains("; 1 page in l.svg"), "{message}");
        let svg = fs::read_to_string(folder.path().join("l.svg")).unwrap();
        for text in texts.iter().chain(&["3497-011-2332"]) {
            assert!(svg.contains(text), "{list}: {text}");
        }
    }
    let arguments = ["sheet", "codes.csv", "l.pdf", "--label-stock", "62x29"];
    assert_eq!(run(folder.path(), &arguments).status.code(), Some(0));
    let pdf = fs::read(folder.path().join("l.pdf")).unwrap();
    assert!(pdf.starts_with(b"%PDF") && String::from_utf8_lossy(&pdf).contains("/Count 2"));
    // Nothing is overwritten.
    assert_eq!(run(folder.path(), &arguments).status.code(), Some(2));
}

#[test]
fn sheets_that_cannot_be_are_refused_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("codes.csv", CODES);
    write("none.json", r#"{"devices": [{"serial": "SN-1"}]}"#);
    write("wrong.txt", "MT:Y.K9042C00KA0648G00\nMT:20202021\n");
    write("empty.csv", "qrcode\n");
    for (arguments, words) in [
        (&["codes.csv", "l.png"][..], &["OUT", ".pdf or .svg"][..]),
        (&["codes.csv", "l.svg", "--label-stock", "62x29"], &["OUT", "2 pages"]),
        (
            &["codes.csv", "l.pdf", "--label-stock", "L1"],
            &["--label-stock", "L7160"],
        ),
        (
            &["codes.csv", "l.pdf", "--label-size", "4x4"],
            &["--label-size", "8 to 1200 mm"],
        ),
        (
            &["codes.csv", "l.pdf", "--label-offset", "-30,0"],
            &["--label-offset", "20 mm"],
        ),
        (
            &["codes.csv", "l.pdf", "--label-stock", "9x9"],
            &["9 x 9 mm is too small"],
        ),
        (&["codes.csv", "l.pdf", "--product-name", "Лампа"], &["Latin-1", "SVG"]),
        (&["none.json", "l.pdf"], &["device 1", "--no-passcode-in-manifest"]),
        (&["wrong.txt", "l.pdf"], &["wrong.txt:2"]),
        (&["empty.csv", "l.pdf"], &["contains no codes"]),
    ] {
        let output = run(folder.path(), &[&["sheet"], arguments].concat());
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
        assert_eq!(message.lines().count(), 1, "{message}");
        assert!(
            words.iter().all(|word| message.contains(word)),
            "{arguments:?}: {message}"
        );
        assert!(!message.contains("20202021"), "{message}");
    }
    assert!(!folder.path().join("l.pdf").exists() && !folder.path().join("l.svg").exists());
}
