//! What all binaries' command lines have in common.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::process::{Command, Output, Stdio};

const BINARIES: [(&str, &str); 7] = [
    ("audit-device", env!("CARGO_BIN_EXE_audit-device")),
    ("dac-pki", env!("CARGO_BIN_EXE_dac-pki")),
    ("matter-mfg", env!("CARGO_BIN_EXE_matter-mfg")),
    ("nvs-image", env!("CARGO_BIN_EXE_nvs-image")),
    ("secure-cert", env!("CARGO_BIN_EXE_secure-cert")),
    ("setup-code", env!("CARGO_BIN_EXE_setup-code")),
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
            // The options of the first command or of the binary itself are there.
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

/// Every example names commands and options that the binary has: with them it does not complain about its command line.
#[test]
fn help_ends_with_examples_that_are_understood() {
    let folder = tempfile::tempdir().unwrap();
    for (name, binary) in BINARIES {
        let help = run(binary, &["--help"]).stdout;
        let (_, examples) = text(&help).split_once("Examples:\n").unwrap();
        assert!(examples.lines().count() >= 2, "{name}");
        for example in examples.lines() {
            let mut words = example.split_whitespace();
            assert_eq!(words.next(), Some(name), "{example}");
            let output = Command::new(binary)
                .args(words)
                .current_dir(folder.path())
                .output()
                .unwrap();
            let said = text(&output.stderr);
            for complaint in ["--help", "beside", "is missing", "unknown"] {
                assert!(!said.contains(complaint), "{example}: {said}");
            }
        }
    }
}
