//! Entries in the way of outputs, and foreign files: found before anything is made, and left unchanged.

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

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use workplace::{run, stderr};

const BASE: &str = "-v 0xFFF1 -p 0x8000 --iteration-count 1000 --quiet";
const TOP: &str = "out/fff1_8000";

fn mfg(folder: &Path, arguments: &str) -> Output {
    let arguments = format!("{BASE} {arguments}");
    run(folder, &arguments.split_whitespace().collect::<Vec<_>>())
}

/// Runs another binary; one that hangs is killed, and fails.
fn tool(folder: &Path, command: &str) -> Output {
    let mut words = command.split_whitespace();
    let path = match words.next().unwrap() {
        "nvs-image" => env!("CARGO_BIN_EXE_nvs-image"),
        "setup-code" => env!("CARGO_BIN_EXE_setup-code"),
        "secure-cert" => env!("CARGO_BIN_EXE_secure-cert"),
        "spake2p" => env!("CARGO_BIN_EXE_spake2p"),
        "dac-pki" => env!("CARGO_BIN_EXE_dac-pki"),
        "matter-mfg" => env!("CARGO_BIN_EXE_matter-mfg"),
        other => panic!("{other}"),
    };
    let mut child = Command::new(path)
        .args(words)
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let end = Instant::now() + Duration::from_secs(30);
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > end {
            child.kill().unwrap();
            panic!("{command} hangs");
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    child.wait_with_output().unwrap()
}

fn refused(output: &Output, words: &[&str]) {
    let message = stderr(output);
    assert_eq!(output.status.code(), Some(2), "{words:?}: {message}");
    assert_eq!(
        message.lines().filter(|line| line.starts_with("error: ")).count(),
        1,
        "{message}"
    );
    for word in words {
        assert!(message.contains(word), "{word}: {message}");
    }
}

/// Returns all files of a folder with their contents, and links as such.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let kind = path.symlink_metadata().unwrap().file_type();
            if kind.is_dir() {
                folders.push(path);
            } else {
                let bytes = if kind.is_file() {
                    fs::read(&path).unwrap()
                } else {
                    Vec::new()
                };
                found.insert(path, bytes);
            }
        }
    }
    found
}

/// Returns a foreign folder with a file of each name that a run writes.
fn victim(at: &Path) -> PathBuf {
    let victim = at.join("victim");
    fs::create_dir(&victim).unwrap();
    for name in [
        "config.csv",
        "master.csv",
        "pin_disc.csv",
        "pai_cert.der",
        "pai_key.pem",
        "manifest.json",
        "f",
    ] {
        fs::write(victim.join(name), "precious").unwrap();
    }
    victim
}

fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// Replaces a file or folder by something else.
type Obstacle = (&'static str, fn(&Path, &Path));

const IN_THE_WAY: [Obstacle; 5] = [
    ("a link", |place, victim| symlink(victim, place).unwrap()),
    ("a link", |place, victim| symlink(victim.join("f"), place).unwrap()),
    ("a link", |place, _| symlink("nowhere", place).unwrap()),
    ("a pipe", |place, _| pipe(place)),
    ("a folder", |place, _| fs::create_dir(place).unwrap()),
];

#[test]
fn obstacle_is_named_before_a_device_is_made() {
    let mut tried = 0;
    for name in [
        "out",
        TOP,
        "out/fff1_8000/staging",
        "out/fff1_8000/staging/config.csv",
        "out/fff1_8000/staging/master.csv",
        "out/fff1_8000/staging/pin_disc.csv",
        "out/fff1_8000/staging/pai_cert.der",
        "out/fff1_8000/manifest.json",
        "out/fff1_8000/manifest.json.sig",
        "out/test-pki",
        "out/ledger.sqlite",
    ] {
        let wants_folder = matches!(name, "out" | TOP | "out/fff1_8000/staging" | "out/test-pki");
        for (what, put) in IN_THE_WAY {
            // A folder is expected there, and the operator's own path may be a link.
            if wants_folder && what == "a folder" || name == "out" && what == "a link" {
                continue;
            }
            let folder = tempfile::tempdir().unwrap();
            let at = folder.path();
            let victim = victim(at);
            let before = contents(&victim);
            fs::create_dir_all(at.join(name).parent().unwrap()).unwrap();
            for made in ["out", TOP, "out/fff1_8000/staging"] {
                let _ = fs::set_permissions(at.join(made), fs::Permissions::from_mode(0o700));
            }
            put(&at.join(name), &victim);
            let output = tool(at, &format!("matter-mfg {BASE} --test-pki -n 2"));
            let message = stderr(&output);
            assert_eq!(output.status.code(), Some(2), "{name} is {what}: {message}");
            assert!(
                message.contains(name.rsplit('/').next().unwrap()),
                "{name} is {what}: {message}"
            );
            assert_eq!(contents(&victim), before, "{name} is {what}");
            assert!(produced::devices(&at.join(TOP)).is_empty(), "{name} is {what}");
            tried += 1;
        }
    }
    println!("{tried} obstacles");
}

/// An obstacle that appears after the start of a run does not block later runs.
#[test]
fn obstacle_after_the_start_is_named_by_each_run_until_it_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    assert!(mfg(at, "-n 2").status.success());
    let manifest = at.join("out/fff1_8000/manifest.json");
    fs::rename(&manifest, at.join("kept")).unwrap();
    fs::create_dir(&manifest).unwrap();
    for _ in 0..2 {
        refused(&mfg(at, "-n 3"), &["manifest.json", "is a folder"]);
        assert_eq!(produced::devices(&at.join(TOP)).len(), 2);
    }
    fs::remove_dir(&manifest).unwrap();
    assert!(mfg(at, "-n 3").status.success());
    assert_eq!(produced::devices(&at.join(TOP)).len(), 5);
}

#[test]
fn workspace_that_leads_elsewhere_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let victim = victim(at);
    let before = contents(&victim);
    let mut child = Command::new(env!("CARGO_BIN_EXE_matter-mfg"))
        .args(format!("{BASE} -n 200 --jobs 1").split_whitespace())
        .current_dir(at)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    while produced::devices(&at.join(TOP)).len() < 8 {
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let top = at.join(TOP);
    let workspace = fs::read_dir(&top).unwrap().map(|entry| entry.unwrap().path());
    let is_run = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with(".run-");
    let workspace = workspace.into_iter().find(is_run).unwrap();
    let devices = workspace.join("devices");
    fs::rename(&devices, at.join("moved")).unwrap();
    symlink(&victim, &devices).unwrap();
    let made = produced::devices(&top).len();
    let output = mfg(at, "-n 1");
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(produced::devices(&top).len(), made + 1);
    assert_eq!(mfg(at, "-n 200 --jobs 1 --resume").status.code(), Some(2));
    assert_eq!(contents(&victim), before);
    // Foreign folders with such a name.
    let strange = [top.join(".run-mine"), top.join(".run-link")];
    fs::create_dir(&strange[0]).unwrap();
    fs::write(strange[0].join("notes"), "precious").unwrap();
    symlink(&victim, &strange[1]).unwrap();
    assert!(mfg(at, "-n 1").status.success());
    assert_eq!(fs::read(strange[0].join("notes")).unwrap(), b"precious");
    assert!(strange[1].symlink_metadata().unwrap().is_symlink());
    assert_eq!(contents(&victim), before);
    // Once it is restored, the run continues.
    fs::remove_file(&devices).unwrap();
    fs::rename(at.join("moved"), &devices).unwrap();
    let output = mfg(at, "-n 200 --jobs 1 --resume");
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(produced::devices(&top).len(), 202);
}

#[test]
fn folders_and_keys_that_others_may_change_are_refused() {
    let folder = workplace::workplace("0xFFF2", "0x8001");
    let at = folder.path();
    let mode = |name: &str, mode| fs::set_permissions(at.join(name), fs::Permissions::from_mode(mode)).unwrap();
    let pai = "matter-mfg -v 0xFFF2 -p 0x8001 --iteration-count 1000 --pai -c PAI-Cert.pem -k PAI-Key.pem -cd CD.der";
    fs::create_dir(at.join("shared")).unwrap();
    for (open, private) in [(0o777, 0o700), (0o770, 0o700), (0o1777, 0o700)] {
        mode("shared", open);
        let command = format!("{pai} --outdir shared");
        refused(
            &tool(at, &command),
            &["--outdir shared", "0700", "--allow-insecure-permissions"],
        );
        assert_eq!(fs::read_dir(at.join("shared")).unwrap().count(), 0);
        assert!(
            tool(at, &format!("{command} --allow-insecure-permissions"))
                .status
                .success()
        );
        fs::remove_dir_all(at.join("shared")).unwrap();
        fs::create_dir(at.join("shared")).unwrap();
        mode("shared", private);
    }
    for open in [0o666, 0o620, 0o602] {
        mode("PAI-Key.pem", open);
        refused(
            &tool(at, pai),
            &["--key PAI-Key.pem", "0600", "--allow-insecure-permissions"],
        );
        assert!(!at.join("out").exists());
    }
    let dac = "dac-pki dac --cn Lamp --vid 0xFFF2 --pid 0x8001 --issuer PAI-Cert.pem --issuer-key PAI-Key.pem";
    refused(&tool(at, &format!("{dac} --out dacs")), &["--issuer-key PAI-Key.pem"]);
    assert!(
        tool(at, &format!("{dac} --out dacs --allow-insecure-permissions"))
            .status
            .success()
    );
    mode("PAI-Key.pem", 0o644);
    mode("dacs", 0o777);
    refused(&tool(at, &format!("{dac} --out dacs --force")), &["--out dacs", "0700"]);
    fs::write(at.join("hmac"), [7; 32]).unwrap();
    mode("hmac", 0o666);
    for command in [
        "nvs-image keygen keys --hmac-key hmac",
        "nvs-image --allow-insecure-permissions keygen keys --hmac-key hmac",
    ] {
        let output = tool(at, command);
        assert_eq!(
            output.status.success(),
            command.contains("allow"),
            "{}",
            stderr(&output)
        );
    }
    mode("keys", 0o666);
    refused(&tool(at, "nvs-image dump hmac --keys keys"), &["--keys keys"]);
    // A folder that everybody may change is refused for any output.
    fs::create_dir(at.join("public")).unwrap();
    mode("public", 0o777);
    refused(
        &tool(at, "nvs-image keygen public/keys"),
        &["OUT public/keys", "writable by everyone"],
    );
    mode("public", 0o1777);
    assert!(tool(at, "nvs-image keygen public/keys").status.success());
}

#[test]
fn no_output_is_an_input_or_another_output() {
    let folder = workplace::workplace("0xFFF2", "0x8001");
    let at = folder.path();
    fs::write(
        at.join("n.csv"),
        "key,type,encoding,value\nn,namespace,,\nk,data,u8,1\n",
    )
    .unwrap();
    fs::write(
        at.join("batch.csv"),
        "index,passcode,iterations,salt\n0,34567890,1000,U1BBS0UyUCBLZXkgU2FsdA==\n",
    )
    .unwrap();
    assert!(tool(at, "nvs-image generate n.csv image 0x3000").status.success());
    assert!(tool(at, "nvs-image keygen keys").status.success());
    symlink("image", at.join("link")).unwrap();
    fs::create_dir(at.join("requests")).unwrap();
    let before = contents(at);
    for command in [
        "nvs-image --force generate n.csv same 0x3000 --keygen --keyfile ./same",
        "nvs-image generate n.csv same 0x3000 --keygen --keyfile ./same",
        "nvs-image --force generate n.csv n.csv 0x3000",
        "nvs-image --force generate n.csv image 0x3000 --keys image",
        "nvs-image --force encrypt image image --keys keys",
        "nvs-image --force encrypt link image --keys keys",
        "nvs-image --force decrypt image ./image --keys keys",
        "nvs-image --force encrypt image keys --keys keys",
        "nvs-image --force keygen keys --hmac-key keys",
        "secure-cert --force build n.csv n.csv",
        "secure-cert --force append image n.csv image",
        "secure-cert --force append image n.csv n.csv",
        "secure-cert --force sign image PAI-Key.pem PAI-Key.pem",
        "secure-cert --force sign image PAI-Key.pem image",
        "setup-code --force encode --passcode 34567890 --discriminator 1 --png q --svg ./q",
        "setup-code --force encode --passcode 34567890 --discriminator 1 --png q --label q",
        "setup-code --force draw MT:Y.K9042C00KA0648G00 --png q --svg q",
        "spake2p batch batch.csv batch.csv --force",
        "dac-pki --force cd make --vid 0xFFF2 --pid 0x8001 --device-type 1 --certificate-id CSA00000SWC00000-00 --type 0 \
         --key PAI-Key.pem --cert PAI-Cert.pem --out PAI-Key.pem",
        "dac-pki --force pai --cn P --vid 0xFFF2 --issuer ca/PAI_cert.pem --issuer-key PAI-Key.pem --out ca",
        "matter-mfg -v 0xFFF2 -p 0x8001 --csv inputs/fff2_8001/staging/config.csv --mcsv \
         inputs/fff2_8001/staging/master.csv --outdir inputs",
        "matter-mfg -v 0xFFF2 -p 0x8001 --ledger inputs/fff2_8001/manifest.json --outdir inputs",
    ] {
        let output = tool(at, command);
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{command}: {message}");
        assert_eq!(contents(at), before, "{command}");
    }
}

#[test]
fn folders_pipes_and_devices_are_no_outputs() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fs::write(
        at.join("n.csv"),
        "key,type,encoding,value\nn,namespace,,\nk,data,u8,1\n",
    )
    .unwrap();
    fs::create_dir(at.join("folder")).unwrap();
    pipe(&at.join("pipe"));
    let null = fs::symlink_metadata("/dev/null").unwrap().file_type();
    for place in ["folder", "pipe", "missing/file", "/dev/null", "folder/", "n.csv/file"] {
        for command in [
            format!("nvs-image --force generate n.csv {place} 0x3000"),
            format!("nvs-image --force keygen {place}"),
            format!("setup-code --force encode --passcode 34567890 --discriminator 1 --png {place}"),
            format!("setup-code --force ndef MT:Y.K9042C00KA0648G00 {place}"),
        ] {
            let output = tool(at, &command);
            assert_eq!(output.status.code(), Some(2), "{command}: {}", stderr(&output));
        }
    }
    assert_eq!(fs::symlink_metadata("/dev/null").unwrap().file_type(), null);
    assert_eq!(fs::read_dir(at).unwrap().count(), 3);
}

#[test]
fn work_is_done_with_stdout_closed() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let full = || Stdio::from(fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
    for command in [
        "matter-mfg -v 0xFFF1 -p 0x8000 --iteration-count 1000 -n 3",
        "matter-mfg -v 0xFFF1 -p 0x8000 --iteration-count 1000 -n 3 --json",
        "dac-pki paa --cn P --out ca",
        "setup-code encode --passcode 34567890 --discriminator 1 --png q",
    ] {
        let mut words = command.split_whitespace();
        let path = match words.next().unwrap() {
            "matter-mfg" => env!("CARGO_BIN_EXE_matter-mfg"),
            "dac-pki" => env!("CARGO_BIN_EXE_dac-pki"),
            _ => env!("CARGO_BIN_EXE_setup-code"),
        };
        let output = Command::new(path)
            .args(words)
            .current_dir(at)
            .stdout(full())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{command}: {}", stderr(&output));
        assert!(stderr(&output).contains("cannot write to stdout"), "{command}");
    }
    assert_eq!(produced::devices(&at.join(TOP)).len(), 6);
    // A result that cannot be delivered is a failure.
    let output = Command::new(env!("CARGO_BIN_EXE_setup-code"))
        .args(["parse", "MT:Y.K9042C00KA0648G00"])
        .stdout(full())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
}

/// An older pair of key and certificate stays together: it is replaced as a whole or not.
#[test]
fn key_and_certificate_are_replaced_together() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    assert!(tool(at, "dac-pki paa --cn A --out ca").status.success());
    let before = contents(at);
    fs::rename(at.join("ca/PAA_cert.der"), at.join("der")).unwrap();
    fs::create_dir(at.join("ca/PAA_cert.der")).unwrap();
    refused(
        &tool(at, "dac-pki --force paa --cn B --out ca"),
        &["PAA_cert.der", "is a folder"],
    );
    fs::remove_dir(at.join("ca/PAA_cert.der")).unwrap();
    fs::rename(at.join("der"), at.join("ca/PAA_cert.der")).unwrap();
    assert_eq!(contents(at), before);
    assert!(tool(at, "dac-pki --force paa --cn B --out ca").status.success());
    assert_eq!(contents(at).len(), before.len());
    assert!(contents(at).iter().all(|(path, bytes)| before[path] != *bytes));
}
