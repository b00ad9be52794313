//! Properties shared by the command lines of all binaries.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::path::Path;
use std::process::{Command, Output, Stdio};

use esp_flash_image::{Chip, ImageHeader, ImageWriter};
use p256::pkcs8::{EncodePrivateKey, EncodePublicKey, LineEnding};

const BINARIES: [(&str, &str); 10] = [
    ("audit-device", env!("CARGO_BIN_EXE_audit-device")),
    ("dac-pki", env!("CARGO_BIN_EXE_dac-pki")),
    ("flash-image", env!("CARGO_BIN_EXE_flash-image")),
    ("matter-mfg", env!("CARGO_BIN_EXE_matter-mfg")),
    ("nvs-image", env!("CARGO_BIN_EXE_nvs-image")),
    ("ota-image", env!("CARGO_BIN_EXE_ota-image")),
    ("secure-cert", env!("CARGO_BIN_EXE_secure-cert")),
    ("setup-code", env!("CARGO_BIN_EXE_setup-code")),
    ("sim-device", env!("CARGO_BIN_EXE_sim-device")),
    ("spake2p", env!("CARGO_BIN_EXE_spake2p")),
];

fn run(binary: &str, arguments: &[&str]) -> Output {
    Command::new(binary).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn help_is_a_command_everywhere() {
    for (name, binary) in BINARIES {
        let (word, option) = (run(binary, &["help"]), run(binary, &["--help"]));
        assert!(word.status.success() && word.stdout == option.stdout, "{name}");
    }
}

#[test]
fn shells_get_completions_and_readers_a_page() {
    for (name, binary) in BINARIES {
        for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
            let output = run(binary, &["--completions", shell]);
            let script = text(&output.stdout);
            assert!(output.status.success() && script.contains(name), "{name} {shell}");
            // The options of the first command or of the binary itself are listed.
            assert!(
                script.contains("--version") || script.contains("l version"),
                "{name} {shell}"
            );
        }
        let page = run(binary, &["--man"]);
        assert!(
            page.status.success() && text(&page.stdout).contains(".SH SYNOPSIS"),
            "{name}"
        );
        let wrong = run(binary, &["--completions", "tcsh"]);
        assert!(
            wrong.status.code() == Some(2) && text(&wrong.stderr).contains("bash, elvish, fish"),
            "{name}"
        );
    }
}

#[test]
fn bash_reads_the_completions() {
    for (name, binary) in BINARIES {
        let script = run(binary, &["--completions=bash"]).stdout;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("completions");
        std::fs::write(&path, script).unwrap();
        let Ok(bash) = Command::new("bash")
            .arg("-n")
            .arg(&path)
            .stderr(Stdio::piped())
            .output()
        else {
            println!("bash is not there, 0 scripts read");
            return;
        };
        assert!(bash.status.success(), "{name}: {}", text(&bash.stderr));
    }
}

#[test]
fn ids_have_one_spelling_more_in_each_binary() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out").display().to_string();
    let made = run(
        env!("CARGO_BIN_EXE_matter-mfg"),
        &["--vid", "0xFFF1", "--pid=0x8000", "--outdir", &out, "--quiet"],
    );
    assert!(
        made.status.success() && folder.path().join("out/fff1_8000").is_dir(),
        "{}",
        text(&made.stderr)
    );
    let code = |options: [&str; 2]| {
        let all = [
            &["encode", "--passcode", "34567890", "--discriminator", "5"],
            &options[..],
        ]
        .concat();
        run(env!("CARGO_BIN_EXE_setup-code"), &all).stdout
    };
    let codes = [
        code(["--vid=0xFFF1", "--pid=0x8000"]),
        code(["--vendor-id=0xFFF1", "--product-id=0x8000"]),
    ];
    assert!(!codes[0].is_empty() && codes[0] == codes[1]);
}

/// Returns the examples at the end of `--help` for these words.
fn examples(binary: &str, words: &[&str]) -> Vec<String> {
    let help = run(binary, &[words, &["--help"]].concat());
    assert!(help.status.success(), "{words:?}: {}", text(&help.stderr));
    let (_, examples) = text(&help.stdout).split_once("Examples:\n").unwrap();
    let examples = examples.replace("\\\n", "");
    examples.lines().map(|line| line.trim().to_owned()).collect()
}

/// Returns the commands that `--help` lists for these words, without `help` itself.
fn commands(binary: &str, words: &[&str]) -> Vec<String> {
    let help = run(binary, &[words, &["-h"]].concat()).stdout;
    let Some((_, list)) = text(&help).split_once("\nCommands:\n") else {
        return Vec::new();
    };
    let lines = list.lines().take_while(|line| !line.is_empty());
    // Continuation lines are indented further.
    let lines = lines.filter(|line| !line.starts_with("   "));
    let names = lines.filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(ToOwned::to_owned).collect()
}

/// Checks a command and its subcommands, and returns their number.
fn each_has_its_own_examples(name: &str, binary: &str, words: &[&str]) -> usize {
    let called = [&[name], words].concat().join(" ");
    let found = examples(binary, words);
    assert!(!found.is_empty(), "{called} has no example");
    for example in &found {
        let tail = example.strip_prefix(&called);
        assert!(
            tail.is_some_and(|rest| rest.is_empty() || rest.starts_with(' ')),
            "{called}: {example}"
        );
    }
    let below = commands(binary, words);
    let count = below
        .iter()
        .map(|below| each_has_its_own_examples(name, binary, &[words, &[below]].concat()));
    1 + count.sum::<usize>()
}

/// Commands whose result is a file, a drawing, a number or a sentence.
const WITHOUT_JSON: [&str; 32] = [
    "flash-image decrypt",
    "flash-image digest",
    "flash-image encrypt",
    "flash-image keygen",
    "flash-image merge",
    "flash-image otadata make",
    "flash-image sign",
    "flash-image table make",
    "flash-image verify",
    "nvs-image decrypt",
    "nvs-image encrypt",
    "nvs-image generate",
    "nvs-image keygen",
    "nvs-image remove",
    "nvs-image set",
    "nvs-image stat",
    "ota-image change-header",
    "ota-image create",
    "ota-image decrypt",
    "ota-image encrypt",
    "ota-image extract",
    "secure-cert append",
    "secure-cert build",
    "secure-cert sign",
    "secure-cert verify",
    "setup-code draw",
    "setup-code ndef",
    "setup-code sheet",
    "spake2p batch",
    "spake2p bench",
    "spake2p check",
    "spake2p gen-verifier",
];

/// Returns all commands without subcommands, with the words that call them.
fn leaves(name: &str, binary: &str, words: &[&str]) -> Vec<(String, String)> {
    let below = commands(binary, words);
    if below.is_empty() {
        let help = run(binary, &[words, &["-h"]].concat()).stdout;
        return vec![([&[name], words].concat().join(" "), text(&help).to_owned())];
    }
    let below = below
        .iter()
        .flat_map(|below| leaves(name, binary, &[words, &[below]].concat()));
    below.collect()
}

#[test]
fn json_and_ids_have_one_spelling() {
    for (name, binary) in BINARIES {
        for (called, help) in leaves(name, binary, &[]) {
            let mut lines = help.lines().map(str::trim_start);
            let has_json = lines.any(|line| line == "--json" || line.starts_with("--json "));
            assert_eq!(has_json, !WITHOUT_JSON.contains(&called.as_str()), "{called}");
            for [short, long] in [["vid", "vendor-id"], ["pid", "product-id"]] {
                let [short, long] = [short, long].map(|id| help.contains(&format!("--{id}")));
                assert_eq!(short, long, "{called}");
            }
        }
    }
}

#[test]
fn help_of_each_command_ends_with_its_own_examples() {
    let counts = BINARIES.map(|(name, binary)| each_has_its_own_examples(name, binary, &[]));
    assert_eq!(
        counts,
        [1, 29, 17, 1, 10, 10, 7, 7, 1, 5],
        "commands of each binary, and itself"
    );
}

/// Runs an example as written.
fn run_example(folder: &Path, name: &str, binary: &str, example: &str) -> Output {
    // Removes quotes, as a shell does.
    let mut words = example.split_whitespace().map(|word| word.trim_matches('"'));
    assert_eq!(words.next(), Some(name), "{example}");
    Command::new(binary).args(words).current_dir(folder).output().unwrap()
}

/// Every example uses commands and options that the binary has: its command line is accepted.
#[test]
fn help_ends_with_examples_that_are_understood() {
    let folder = tempfile::tempdir().unwrap();
    for (name, binary) in BINARIES {
        let examples = examples(binary, &[]);
        assert!(examples.len() >= 2, "{name}");
        // This one takes long, and has no options.
        for example in examples.iter().filter(|example| *example != "spake2p bench") {
            let output = run_example(folder.path(), name, binary, example);
            let message = text(&output.stderr);
            for complaint in ["--help", "cannot be used with", "requires --", "is missing", "unknown"] {
                assert!(!message.contains(complaint), "{example}: {message}");
            }
        }
    }
}

/// Inputs from elsewhere: a request, a token, an order, a vector, a revocation list, a flash dump, columns of a job, a
/// firmware, a station.
const OTHER_INPUTS: [&str; 11] = [
    "dac-pki csr check ",
    "dac-pki key generate --signer ",
    "dac-pki provision ",
    "dac-pki vector ",
    "dac-pki revoke-set ",
    "audit-device out --paa ",
    "audit-device --flash-dump ",
    "matter-mfg -v 0xFFF1 -p 0x8000 --pai ",
    "matter-mfg --job ",
    "flash-image plan ",
    "sim-device ",
];

/// Writes the inputs that no example makes.
fn write_inputs(folder: &Path) {
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    write(
        "factory.csv",
        "key,type,encoding,value\nchip-factory,namespace,,\nserial-num,data,string,ABC123\n",
    );
    write(
        "records.json",
        r#"[{"type": 201, "subtype": 0, "data": "000F"}, {"type": 9}]"#,
    );
    write("more.json", r#"[{"type": 99, "subtype": 7, "data": ""}, {"type": 9}]"#);
    let key = p256::SecretKey::from_slice(&[7; 32]).unwrap();
    write("signer_key.pem", &key.to_pkcs8_pem(LineEnding::LF).unwrap());
    write(
        "signer_public.pem",
        &key.public_key().to_public_key_pem(LineEnding::LF).unwrap(),
    );
    write("signing_key.pem", &key.to_pkcs8_pem(LineEnding::LF).unwrap());
    write(
        "signing_public.pem",
        &key.public_key().to_public_key_pem(LineEnding::LF).unwrap(),
    );
    write("partitions.csv", "nvs, data, nvs, , 24K\nfactory, app, factory, , 1M\n");
    let mut app = ImageWriter::new(ImageHeader::new(Chip::Esp32c3));
    app.push(0x4038_0000, &[0; 64]).unwrap();
    std::fs::write(folder.join("app.bin"), app.finish().unwrap()).unwrap();
    let device = p256::SecretKey::from_slice(&[9; 32]).unwrap();
    write("device_private.pem", &device.to_pkcs8_pem(LineEnding::LF).unwrap());
    write(
        "device_public.pem",
        &device.public_key().to_public_key_pem(LineEnding::LF).unwrap(),
    );
    write(
        "devices.csv",
        "index,passcode,iterations,salt\n1,34567890,1000,U1BBS0UyUCBLZXkgU2FsdA==\n",
    );
}

/// The examples of a binary form a session: with the other inputs present, each works after the ones before it.
#[test]
fn examples_work_in_their_order() {
    let folder = tempfile::tempdir().unwrap();
    write_inputs(folder.path());
    let (made, audited): (Vec<_>, Vec<_>) = BINARIES.into_iter().partition(|(name, _)| *name != "audit-device");
    let mut count = 0;
    for (name, binary) in made.into_iter().chain(audited) {
        for example in examples(binary, &[]) {
            if example == "spake2p bench" || OTHER_INPUTS.iter().any(|begin| example.starts_with(begin)) {
                continue;
            }
            let output = run_example(folder.path(), name, binary, &example);
            assert_eq!(output.status.code(), Some(0), "{example}: {}", text(&output.stderr));
            if example.starts_with("spake2p gen-verifier ") {
                std::fs::write(folder.path().join("verifier.txt"), &output.stdout).unwrap();
            }
            count += 1;
        }
    }
    assert_eq!(count, 69, "examples that were run");
}
