//! JSON into and out of `nvs-image`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, unreachable_pub, reason = "tests")]

#[path = "support/tool.rs"]
mod tool;

use std::fs;
use std::path::Path;
use std::process::Output;

const TOOL: &str = env!("CARGO_BIN_EXE_nvs-image");

const CSV: &str = "key,type,encoding,value\nwifi,namespace,,\nssid,data,string,\"fac,tory\nline\"\nchannel,data,u8,6\n\
                   bssid,data,hex2bin,001122\nother,namespace,,\nserial,data,u64,18446744073709551615\n\
                   lowest,data,i64,-9223372036854775808\nratio,data,double,0.1\nfloat,data,float,7.038531e-26\n\
                   none,data,float,NaN\nmost,data,double,-inf\nempty,data,hex2bin,\n";

fn run(folder: &Path, arguments: &str) -> Output {
    tool::run(TOOL, folder, arguments)
}

fn succeed(folder: &Path, arguments: &str) -> Vec<u8> {
    tool::succeed(TOOL, folder, arguments).stdout
}

#[test]
fn dumped_json_makes_the_same_image() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("in.csv"), CSV).unwrap();
    succeed(folder.path(), "generate in.csv a.bin 0x4000");
    let json = succeed(folder.path(), "dump a.bin --format json");
    fs::write(path("a.json"), &json).unwrap();
    for same in ["--json", "--json --format json"] {
        assert_eq!(succeed(folder.path(), &format!("dump a.bin {same}")), json, "{same}");
    }
    for other in ["table", "csv"] {
        let output = run(folder.path(), &format!("dump a.bin --json --format {other}"));
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && output.stdout.is_empty());
        assert_eq!(
            message,
            "error: --json: the entries are shown in one format; omit --json or --format\n"
        );
    }
    // Recognized by its contents, with a byte order mark as some editors write it.
    fs::write(path("b.txt"), ["\u{feff}\n".as_bytes(), &json].concat()).unwrap();
    for (input, output) in [("a.json", "b.bin"), ("b.txt", "c.bin")] {
        succeed(folder.path(), &format!("generate {input} {output} 0x4000"));
        assert_eq!(
            fs::read(path("a.bin")).unwrap(),
            fs::read(path(output)).unwrap(),
            "{input}"
        );
    }
    fs::write(path("none.json"), " [ ]").unwrap();
    succeed(folder.path(), "generate none.json none.bin 0x3000");
    assert_eq!(succeed(folder.path(), "dump none.bin --format json"), b"[]\n");
}

#[test]
fn errors_name_file_line_and_column() {
    let folder = tempfile::tempdir().unwrap();
    let entry = |key: &str, kind: &str, value: &str| {
        format!("  {{\"namespace\": \"n\", \"key\": \"{key}\", \"type\": \"{kind}\", \"value\": {value}}}")
    };
    let list = |entries: &[String]| format!("[\n{}\n]\n", entries.join(",\n"));
    let first = entry("a", "u8", "1");
    let text = |len| format!("\"{}\"", "x".repeat(len));
    for (json, expected) in [
        (
            list(&[first.clone(), entry("b", "u8", "20202021")]),
            "in.json:3:64: not an integer in the range 0 to 255, as required by u8",
        ),
        (
            list(&[entry("b", "u8", "1, \"note\": 20202021")]),
            "in.json:2:65: unknown member",
        ),
        (
            list(&[entry("b", "passcode", "20202021")]),
            "in.json:2:51: unknown type",
        ),
        (list(&[first.clone(), first.clone()]), "in.json:3:3: duplicate key 'a'"),
        (
            list(&[first.clone(), entry("\u{e9}", "string", &text(4000))]),
            "in.json:3:3: string is too long: 4000 bytes; at most 3999 are allowed",
        ),
        (
            list(&[
                first.clone(),
                entry("b", "blob", &text(0)),
                entry("c", "blob", &format!("\"{}\"", "ab".repeat(9000))),
            ]),
            "in.json:4:3: entries do not fit into 0x3000 bytes; 0x4000 are needed",
        ),
        (format!("[{first}"), "in.json:1:"),
        ("{}".into(), "in.json:1:1: not a list of entries"),
        (String::new(), "in.json:1:1: not a list of entries"),
        ("20202021".into(), "in.json:1:1: not a list of entries"),
        (
            "[1, 2".into(),
            "in.json:1:2: invalid type: something else, expected an object",
        ),
        ("[20202021]".into(), "in.json:1:"),
        ("[\"20202021\"]".into(), "in.json:1:"),
    ] {
        fs::write(folder.path().join("in.json"), &json).unwrap();
        let output = run(folder.path(), "generate in.json out.bin 0x3000");
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{json}: {message}");
        assert!(message.starts_with(&format!("error: {expected}")), "{json}: {message}");
        assert_eq!(message.trim_end().lines().count(), 1, "{message}");
        assert!(!message.contains("20202021"), "{message}");
        assert!(!folder.path().join("out.bin").exists());
    }
    fs::write(folder.path().join("in.json"), "[]").unwrap();
    let output = run(folder.path(), "generate in.json out.bin 0x3000 --compat");
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        (output.status.code(), message.as_str()),
        (Some(2), "error: --compat: applies only to CSV files\n")
    );
}
