//! Users' inputs to `nvs-image`: files of other programs, command lines of the generator, encrypted and plain images.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};

const CSV: &str = "key,type,encoding,value\napp,namespace,,\nname,data,string,lamp\nmode,data,u8,3\n";

struct Bench(tempfile::TempDir);

impl Bench {
    fn new() -> Self {
        let bench = Self(tempfile::tempdir().unwrap());
        bench.write("in.csv", CSV);
        bench
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.path().join(name), text).unwrap();
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path().join(name)).unwrap()
    }

    fn run(&self, arguments: &str) -> Output {
        Command::new(env!("CARGO_BIN_EXE_nvs-image"))
            .args(arguments.split(' '))
            .current_dir(self.path())
            .output()
            .unwrap()
    }

    /// Returns stdout and stderr.
    fn end(&self, arguments: &str, code: i32) -> (String, String) {
        let output = self.run(arguments);
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let (shown, message) = (text(output.stdout), text(output.stderr));
        assert_eq!(output.status.code(), Some(code), "{arguments}: {message}");
        (shown, message)
    }

    /// Expects a refusal: exit code 2, one message, no file `out.bin`.
    fn refuse(&self, arguments: &str, needle: &str) {
        let (_, message) = self.end(arguments, 2);
        assert!(
            message.starts_with("error: ") && message.lines().count() == 1,
            "{arguments}: {message}"
        );
        assert!(message.contains(needle), "{arguments}: '{needle}' is not in {message}");
        assert!(!self.path().join("out.bin").exists(), "{arguments}");
    }

    /// Expects success, and returns stderr.
    fn succeed(&self, arguments: &str) -> String {
        self.end(arguments, 0).1
    }
}

#[test]
fn text_that_would_be_lost_is_refused_with_its_place() {
    let bench = Bench::new();
    for (text, needle) in [
        (
            "key,type,encoding,value\nn,namespace,,\nk,data,string,a, b\n",
            "x.csv:3:17: header has no column for this cell; a value that contains the separator must be in quotes",
        ),
        (
            "key;type;encoding;value;\r\nn;namespace;;\r\nk;data;u8;1;2\r\n",
            "x.csv:3:13: header has no column for this cell; a value that contains the separator must be in quotes",
        ),
        (
            "key,type,encoding,type,value\n",
            "x.csv:1:19: duplicate column 'type' in the header",
        ),
        (
            "key,type,encoding,value\nn,namespace,,\n\"k,data,u8,1\nl,data,u8,1\n",
            "x.csv:3:1: unclosed quote",
        ),
        (
            "key,type,encoding,value\nn,namespace,,\nk,data,base64,AQ_ID\n",
            "x.csv:3:15: not base64",
        ),
        (
            "key,type,encoding,value\nn,namespace,,\nk,file,base64,b64\n",
            "x.csv:3:15: not base64",
        ),
        ("", "x.csv:1:1: file has no header"),
        (
            "\u{feff}\n# key,type,encoding,value\n,,,\n",
            "x.csv:1:1: file has no header",
        ),
    ] {
        bench.write("x.csv", text);
        bench.write("b64", "AQID BAU=\nAQID\n");
        bench.refuse("generate x.csv out.bin 0x3000", needle);
        bench.refuse("generate in.csv x.csv out.bin 0x3000", needle);
        bench.refuse("encrypt x.csv out.bin 0x3000 --keygen --keyfile k.bin", needle);
    }
    bench.succeed("generate in.csv a.bin 0x3000");
    let before = bench.read("a.bin");
    for value in ["AQ!D", "AQ==AQ==", "AQ", "AR==", "\u{201c}AQID\u{201d}"] {
        bench.refuse(&format!("set a.bin app b base64 {value}"), "VALUE: not base64");
    }
    assert_eq!(bench.read("a.bin"), before);
    bench.succeed("set a.bin app b base64 AQIDBA==");
}

#[test]
fn files_of_spreadsheets_make_the_same_image() {
    let bench = Bench::new();
    bench.succeed("generate in.csv a.bin 0x3000");
    for text in [
        CSV.replace(',', ";"),
        CSV.replace(',', "\t").replace('\n', "\r\n"),
        CSV.replace("key,type,encoding", "\u{feff} key , type,encoding "),
        format!("{CSV},,,\n ,,, ,,,\n"),
        format!("sep=;\r\n{}", CSV.replace(',', ";")),
        format!("\u{feff}\"sep=|\"\n{}", CSV.replace(',', "|")),
        format!("Sep=,\n{CSV}"),
    ] {
        bench.write("x.csv", &text);
        assert_eq!(bench.succeed("--force generate x.csv b.bin 0x3000"), "", "{text}");
        assert_eq!(bench.read("a.bin"), bench.read("b.bin"), "{text}");
    }
    let units = || CSV.encode_utf16();
    let little = units().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let big = units().flat_map(u16::to_be_bytes).collect::<Vec<_>>();
    for bytes in [
        [&[0xFF, 0xFE], &little[..]].concat(),
        [&[0xFE, 0xFF], &big[..]].concat(),
        little,
        big,
    ] {
        for name in ["x.csv", "x.json"] {
            bench.write(name, &bytes);
            bench.refuse(&format!("generate {name} out.bin 0x3000"), "UTF-16");
        }
    }
}

#[test]
fn names_with_invisible_edges_are_warned_about() {
    let bench = Bench::new();
    for (rows, place) in [
        ("app,namespace,,\nname ,data,u8,1\n", "3:1"),
        ("app,namespace,,\n\tname,data,u8,1\n", "3:1"),
        ("app,namespace,,\n\u{feff}n,data,u8,1\n", "3:1"),
        ("app\u{200b},namespace,,\nname,data,u8,1\n", "2:1"),
        ("app\u{a0},namespace,,\n", "2:1"),
        ("\"\napp\",namespace,,\n", "2:1"),
    ] {
        bench.write("x.csv", format!("key,type,encoding,value\n{rows}"));
        let message = bench.succeed("--force generate x.csv a.bin 0x3000");
        assert!(
            message.starts_with(&format!("warning: x.csv:{place}: name starts or ends with whitespace")),
            "{rows}: {message}"
        );
        assert_eq!(message.lines().count(), 1, "{message}");
    }
    bench.write(
        "x.json",
        "[\n{\"namespace\": \"app\", \"key\": \"name \", \"type\": \"u8\", \"value\": 1}]",
    );
    let message = bench.succeed("--force generate x.json a.bin 0x3000");
    assert!(
        message.starts_with("warning: x.json:2:1: name starts or ends with whitespace"),
        "{message}"
    );
    let message = bench.succeed("set a.bin app\u{3000} key u8 1");
    assert!(
        message.starts_with("warning: NAMESPACE: name starts or ends with whitespace"),
        "{message}"
    );
    // A dump can be generated again: such a name is legal.
    let (csv, _) = bench.end("dump a.bin --format csv", 0);
    bench.write("back.csv", csv);
    assert_eq!(bench.succeed("generate back.csv b.bin 0x3000").lines().count(), 2);
    assert_eq!(bench.end("dump a.bin", 0).0, bench.end("dump b.bin", 0).0);
}

#[test]
fn wifi_rows_that_are_left_out_are_warned_of() {
    let bench = Bench::new();
    let rows = "key,type,encoding,value\nnvs.net80211,namespace,,\nsta.ssid,data,string,net\nsta.pswd,data,string,word\n\
                ap.ssid,data,string,net\nap.authmode,data,u8,3\nap.passwd,data,string,password\n";
    bench.write("x.csv", rows);
    let message = bench.succeed("generate x.csv a.bin 0x3000");
    let places = message
        .lines()
        .map(|line| line.split(": ").nth(1).unwrap())
        .collect::<Vec<_>>();
    assert_eq!(places, ["x.csv:3:1", "x.csv:7:1"], "{message}");
    assert!(
        message
            .lines()
            .all(|line| line.contains("Wi-Fi driver") && line.ends_with("--compat adds them")),
        "{message}"
    );
    assert_eq!(bench.succeed("generate x.csv b.bin 0x3000 --compat"), "");
    assert!(bench.end("dump b.bin", 0).0.contains("sta.apinfo"));
    // An open access point has no key.
    bench.write("x.csv", rows.replace("sta.", "st.").replace("u8,3", "u8,0"));
    assert_eq!(bench.succeed("generate x.csv c.bin 0x3000"), "");
}

#[test]
fn partitions_that_are_read_only_are_warned_of() {
    let bench = Bench::new();
    bench.write("in.json", "[]");
    for (input, size, warns) in [
        ("in.csv", "0x1000", true),
        ("in.csv", "8192", true),
        ("in.json", "0x2000", true),
        ("in.csv", "0x3000", false),
    ] {
        let message = bench.succeed(&format!("--force generate {input} a.bin {size}"));
        assert_eq!(
            message.contains("below 0x3000 must be flagged readonly"),
            warns,
            "{size}: {message}"
        );
    }
}

#[test]
fn images_are_encrypted_and_decrypted_once() {
    let bench = Bench::new();
    bench.write("none.csv", "key,type,encoding,value\n");
    bench.write("hmac", [7; 32]);
    for arguments in [
        "keygen keys.bin",
        "keygen others.bin",
        "generate in.csv plain.bin 0x3000",
        "generate none.csv blank.bin 0x3000",
        "encrypt plain.bin e.bin --keys keys.bin",
        "encrypt blank.bin b.bin --keys keys.bin",
        "decrypt b.bin c.bin --keys others.bin",
        "decrypt e.bin d.bin --keys keys.bin",
    ] {
        assert_eq!(bench.succeed(arguments), "", "{arguments}");
    }
    assert_eq!(bench.read("d.bin"), bench.read("plain.bin"));
    for (arguments, needle) in [
        (
            "encrypt e.bin out.bin --keys keys.bin",
            "e.bin: no entry can be read: the image may already be encrypted",
        ),
        ("encrypt e.bin out.bin --keys others.bin", "may already be encrypted"),
        (
            "decrypt e.bin out.bin --keys others.bin",
            "e.bin: no entry can be read with these keys",
        ),
        ("decrypt e.bin out.bin --hmac-key hmac", "with these keys"),
        ("decrypt e.bin others.bin out.bin", "with these keys"),
        (
            "decrypt plain.bin out.bin --keys keys.bin",
            "plain.bin: the image is not encrypted",
        ),
        ("decrypt plain.bin out.bin --hmac-key hmac", "is not encrypted"),
    ] {
        bench.refuse(arguments, needle);
    }
}

#[test]
fn encrypted_images_are_named_where_they_are_read() {
    let bench = Bench::new();
    for arguments in [
        "keygen keys.bin",
        "keygen others.bin",
        "generate in.csv plain.bin 0x3000",
        "generate in.csv e.bin 0x3000 --keys keys.bin",
    ] {
        bench.succeed(arguments);
    }
    let before = bench.read("e.bin");
    for (command, code) in [("dump", 2), ("check", 1), ("check --json", 1), ("stat", 1)] {
        for (image, needle) in [
            (
                "e.bin",
                "e.bin: no entry can be read: the image may be encrypted; give --keys",
            ),
            (
                "e.bin --keys others.bin",
                "no entry can be read with these keys: the image is encrypted with other keys, or not encrypted",
            ),
            ("plain.bin --keys keys.bin", "plain.bin: the image is not encrypted"),
        ] {
            let (shown, message) = bench.end(&format!("{command} {image}"), code);
            assert!(message.contains(needle), "{command} {image}: {message}");
            assert_eq!(shown.is_empty(), command == "dump", "{command} {image}");
            if command.ends_with("--json") {
                let json: serde_json::Value = serde_json::from_str(&shown).unwrap();
                assert_eq!(json[0]["id"], "entry-crc");
            }
        }
        bench.end(&format!("{command} e.bin --keys keys.bin"), 0);
    }
    for command in ["set e.bin app mode u8 4", "remove e.bin app mode"] {
        bench.refuse(command, "may be encrypted");
        bench.refuse(&format!("{command} --keys others.bin"), "with these keys");
    }
    assert_eq!(bench.read("e.bin"), before);
}

#[test]
fn command_lines_of_the_generator_are_understood() {
    let bench = Bench::new();
    bench.write(
        "two.csv",
        "key,type,encoding,value\nmore,data,u16,5\nnet,namespace,,\nport,data,u16,80\n",
    );
    bench.succeed("generate in.csv two.csv a.bin 0x3000");
    let (shown, _) = bench.end("dump a.bin", 0);
    for row in ["app        name", "app        more", "net        port"] {
        assert!(shown.contains(&row.replace("        ", "  ")), "{shown}");
    }
    bench.succeed("encrypt in.csv two.csv e.bin 0x3000 --keygen --keyfile keys.bin --version 2");
    bench.succeed("encrypt a.bin f.bin --inputkey keys.bin");
    assert_eq!(bench.read("e.bin"), bench.read("f.bin"));
    bench.succeed("decrypt e.bin keys.bin b.bin");
    assert_eq!(bench.read("a.bin"), bench.read("b.bin"));
    // Folders and the HMAC scheme of the generator.
    bench.write("hmac.bin", [7; 32]);
    let scheme = "--keygen --keyfile k.bin --key_protect_hmac";
    bench.succeed(&format!(
        "encrypt in.csv h.bin 0x3000 {scheme} --kp_hmac_inputkey hmac.bin --outdir d"
    ));
    bench.succeed("encrypt in.csv g.bin 0x3000 --hmac-key hmac.bin");
    bench.succeed("keygen derived.bin --hmac-key hmac.bin");
    assert_eq!(bench.read("d/h.bin"), bench.read("g.bin"));
    assert_eq!(bench.read("d/keys/k.bin"), bench.read("derived.bin"));
    bench.succeed("decrypt g.bin derived.bin plain.bin --outdir e/f");
    bench.succeed("generate in.csv a.bin 0x3000 --outdir e");
    assert_eq!(bench.read("e/f/plain.bin"), bench.read("e/a.bin"));
    bench.succeed(&format!(
        "encrypt in.csv n.bin 0x3000 {scheme} --kp_hmac_keygen --outdir d --force"
    ));
    bench.succeed(&format!(
        "encrypt in.csv o.bin 0x3000 {scheme} --kp_hmac_keygen --kp_hmac_keyfile new.bin"
    ));
    for (image, key) in [("d/n.bin", "d/keys/hmac-k.bin"), ("o.bin", "new.bin")] {
        assert_eq!(bench.read(key).len(), 32);
        bench.succeed(&format!("--force decrypt {image} p.bin --hmac-key {key}"));
        assert_eq!(bench.read("p.bin"), bench.read("e/a.bin"), "{image}");
    }
    let message = bench.succeed("encrypt in.csv q.bin 0x3000 --inputkey keys.bin --keyfile unused.bin");
    assert!(message.starts_with("warning: --keyfile has no effect") && !bench.path().join("unused.bin").exists());
    bench.write("in.json", "[]");
    for (arguments, needle) in [
        (
            "encrypt in.csv out.bin 0x3000 --kp_hmac_inputkey hmac.bin",
            "--hmac-key FILE alone does the same",
        ),
        (
            "encrypt in.csv out.bin 0x3000 --key_protect_hmac",
            "--hmac-key FILE alone",
        ),
        (
            "encrypt in.csv out.bin 0x3000 --keygen --keyfile x --key_protect_hmac",
            "--key_protect_hmac needs --kp_hmac_inputkey or --kp_hmac_keygen",
        ),
        (
            "encrypt in.csv out.bin 0x3000 --keygen --key_protect_hmac --kp_hmac_keygen",
            "--kp_hmac_keygen needs --kp_hmac_keyfile",
        ),
        (
            "encrypt in.csv out.bin 0x3000 --keygen --keyfile x --key_protect_hmac --kp_hmac_keygen --kp_hmac_inputkey hmac.bin",
            "one of the two",
        ),
        (
            "encrypt a.bin out.bin --hmac-key hmac.bin --key_protect_hmac",
            "apply to IN.. OUT SIZE",
        ),
        ("decrypt e.bin keys.bin out.bin --outdir in.csv", "--outdir: in.csv"),
        ("generate in.csv two.csv out.bin", "SIZE: "),
        ("generate in.csv", "missing: <OUTPUT>, <SIZE>"),
        ("generate in.csv out.bin", "missing: <SIZE>"),
        (
            "generate in.csv in.csv out.bin 0x3000",
            "in.csv:3:1: duplicate key 'name' in its namespace; first in in.csv:3",
        ),
        (
            "generate in.csv two.csv in.csv 0x3000 --force",
            "is also the file of IN",
        ),
        (
            "generate in.csv in.json out.bin 0x3000",
            "in.json: is JSON; several files are supported only in CSV",
        ),
        (
            "encrypt a.bin out.bin --keys keys.bin --keygen",
            "--keys cannot be used with another",
        ),
        ("encrypt a.bin out.bin --keygen", "apply to IN.. OUT SIZE"),
        ("decrypt e.bin keys.bin out.bin --keys keys.bin", "keys are given twice"),
        (
            "generate-key --keyfile out.bin",
            "argument 1, generate-key, is a command of another tool; use keygen OUT",
        ),
        ("--force generate-key", "argument 2, generate-key"),
        ("generat in.csv out.bin 0x3000", "did you mean generate?"),
        ("20202021", "unknown command"),
    ] {
        bench.refuse(arguments, needle);
    }
    let (_, message) = bench.end("20202021", 2);
    assert!(!message.contains("20202021"), "{message}");
}

#[cfg(unix)]
#[test]
fn a_reader_that_leaves_is_no_failure() {
    let bench = Bench::new();
    let rows = (0..3000)
        .map(|n| format!("key {n},data,string,{}\n", "x".repeat(60)))
        .collect::<String>();
    bench.write("large.csv", format!("key,type,encoding,value\napp,namespace,,\n{rows}"));
    bench.succeed("generate large.csv a.bin 0x80000");
    for arguments in ["dump a.bin", "dump a.bin --format json", "dump a.bin --format csv"] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_nvs-image"))
            .args(arguments.split(' '))
            .current_dir(bench.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::with_capacity(64, child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert!(!line.is_empty());
        let output = child.wait_with_output().unwrap();
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), message.as_ref()), (Some(141), ""), "{arguments}");
    }
}
