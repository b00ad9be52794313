//! Keys outside files: `--signer`, and the commands that make keys and requests. Tokens are tested by
//! `scripts/softhsm`.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, unreachable_pub, reason = "tests")]

#[path = "support/workplace.rs"]
mod workplace;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use esp_secure_boot::{BootPublicKey, SignedImage};
use matter_attestation::{Certificate, CertificateRequest, PrivateKey};
use matter_signer::{SigningKey, VerifyingKey};
use serde_json::Value;
use workplace::{run, stderr, workplace};

const MFG: &str = "-v 0xFFF1 -p 0x8000 --iteration-count 1000 --pai -c PAI-Cert.pem -cd CD.der --outdir out";

fn mfg(folder: &Path, options: &str) -> (Option<i32>, String) {
    let line = format!("{MFG} {options}");
    let output = run(folder, &line.split_whitespace().collect::<Vec<_>>());
    (output.status.code(), stderr(&output))
}

fn command(binary: &str, folder: &Path, line: &str) -> Output {
    let mut command = Command::new(binary);
    command.args(line.split_whitespace()).current_dir(folder);
    command.env_remove("MATTER_PIN").output().unwrap()
}

fn pki(folder: &Path, line: &str) -> (Option<i32>, String, String) {
    let output = command(env!("CARGO_BIN_EXE_dac-pki"), folder, line);
    let message = stderr(&output);
    (output.status.code(), String::from_utf8(output.stdout).unwrap(), message)
}

fn succeed(folder: &Path, line: &str) -> String {
    let (code, printed, message) = pki(folder, line);
    assert_eq!(code, Some(0), "{line}: {message}");
    printed
}

fn flash(folder: &Path, line: &str) -> (Option<i32>, String) {
    let output = command(env!("CARGO_BIN_EXE_flash-image"), folder, line);
    (output.status.code(), stderr(&output))
}

fn has_openssl() -> bool {
    let found = Command::new("openssl").arg("version").output().is_ok();
    if !found {
        println!("openssl is not there, 0 cases ran");
    }
    found
}

/// Returns a program that signs with the key of `key.pem` beside it, with OpenSSL, and counts its calls in `count`.
/// From the call with the number in `last` on it fails. `None` without OpenSSL.
fn program(folder: &Path, key: &str) -> Option<String> {
    if !has_openssl() {
        return None;
    }
    fs::copy(folder.join(key), folder.join("key.pem")).unwrap();
    let script = r#"cd "$1"
case $2 in
    public-key) exec openssl pkey -in key.pem -pubout ;;
    sign)
        number=$(($(cat count 2>/dev/null || echo 0) + 1))
        echo $number >count
        if [ $number -gt "$(cat last 2>/dev/null || echo 1000000)" ]; then
            echo "quota of $(cat last) signatures is used up" >&2
            exit 1
        fi
        [ "$3" = ECDSA_SHA_256 ] || exit 7
        exec openssl pkeyutl -sign -inkey key.pem ;;
esac
"#;
    fs::write(folder.join("sign.sh"), script).unwrap();
    let path = folder.display();
    Some(format!("exec:/bin/sh?arg={path}/sign.sh&arg={path}"))
}

#[test]
fn devices_of_a_program_are_those_of_a_key() {
    let folder = workplace("0xFFF1", "0x8000");
    let folder = folder.path();
    let Some(uri) = program(folder, "PAI-Key.pem") else {
        return;
    };
    let (code, message) = mfg(folder, &format!("--signer {uri} -n 3 --jobs 2 --sign-manifest pai"));
    assert_eq!(code, Some(0), "{message}");
    let count = fs::read_to_string(folder.join("count")).unwrap();
    assert!(count.trim().parse::<u32>().unwrap() >= 2, "{count}");
    let pai = Certificate::decode(&fs::read(folder.join("PAI-Cert.pem")).unwrap()).unwrap();
    let mut devices = 0;
    for entry in fs::read_dir(folder.join("out/fff1_8000")).unwrap() {
        let path = entry.unwrap().path().join("internal/DAC_cert.der");
        let Ok(der) = fs::read(path) else { continue };
        Certificate::from_der(&der).unwrap().verify_issued_by(&pai).unwrap();
        devices += 1;
    }
    assert_eq!(devices, 3);
    let top = folder.join("out/fff1_8000");
    let [manifest, signature] = ["manifest.json", "manifest.json.sig"].map(|name| fs::read(top.join(name)).unwrap());
    pai.public_key().verify_der(&manifest, &signature).unwrap();
    // The same from a job file.
    let job = format!(
        r#"{{"vendor-id": "0xFFF1", "product-id": "0x8000", "pai": true, "cert": "PAI-Cert.pem", "cert-dclrn": "CD.der",
            "signer": "{uri}", "outdir": "job"}}"#
    );
    fs::write(folder.join("job.json"), job).unwrap();
    let output = run(folder, &["--job", "job.json"]);
    assert!(output.status.success(), "{}", stderr(&output));
}

/// A vanished token: nothing is half-issued, and the run continues where it stopped.
#[test]
fn signer_that_fails_in_the_middle_leaves_whole_devices_only() {
    let folder = workplace("0xFFF1", "0x8000");
    let folder = folder.path();
    let Some(uri) = program(folder, "PAI-Key.pem") else {
        return;
    };
    fs::write(folder.join("last"), "4\n").unwrap();
    let (code, message) = mfg(folder, &format!("--signer {uri} -n 8 --jobs 1 --quiet"));
    assert_eq!(code, Some(3), "{message}");
    let errors = message
        .lines()
        .filter(|line| line.starts_with("error: "))
        .collect::<Vec<_>>();
    assert_eq!(errors.len(), 1, "{message}");
    let cause = "cannot sign: the program /bin/sh failed, exit code 1: quota of 4 signatures is used up";
    assert!(errors[0].contains(cause), "{message}");
    let published = fs::read_dir(folder.join("out/fff1_8000")).unwrap();
    let published = published.map(|entry| entry.unwrap().path()).filter(|path| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        path.is_dir() && name.len() == 36
    });
    for device in published {
        assert!(device.join("internal/DAC_cert.der").is_file(), "{}", device.display());
    }
    fs::remove_file(folder.join("last")).unwrap();
    let (code, message) = mfg(folder, &format!("--signer {uri} -n 8 --jobs 1 --resume --quiet"));
    assert_eq!(code, Some(0), "{message}");
}

#[test]
fn signers_that_cannot_be_used_are_refused_before_anything_is_written() {
    let folder = workplace("0xFFF1", "0x8000");
    let folder = folder.path();
    fs::write(folder.join("garbage.pem"), "garbage").unwrap();
    let p384 = p384::ecdsa::SigningKey::from_slice(&[7; 48]).unwrap();
    let pem = VerifyingKey::P384(*p384.verifying_key()).to_pem().unwrap();
    fs::write(folder.join("p384.pem"), pem).unwrap();
    let mut cases = vec![
        (
            "--signer PAI-Key.pem -k PAI-Key.pem",
            "--signer: cannot be used with --key",
        ),
        ("--signer garbage.pem", "--signer garbage.pem: is not a private key"),
        ("--signer file:absent.pem", "--signer absent.pem: "),
        (
            "--signer exec:/nowhere",
            "--signer: the program /nowhere cannot be run: ",
        ),
        (
            "--signer exec:/bin/cat?arg=garbage.pem",
            "--signer: the program /bin/cat failed, exit code 1",
        ),
        (
            "--signer exec:/bin/sh?arg=-c&arg=cat%20p384.pem",
            "--signer: the key is P-384, not P-256",
        ),
        (
            "--signer exec:/bin/sh?arg=-c&arg=echo%20no",
            "--signer: not a public key of P-256",
        ),
        (
            "--signer inputs/test-pki/PAA_key.pem",
            "--signer: is not the key of the certificate of --cert",
        ),
        (
            "--signer pkcs11:object=a?pin-value=1234",
            "--signer: pin-value in the URI is not allowed",
        ),
        (
            "--signer pkcs11:object=a;object=b",
            "--signer: object in the URI is given twice",
        ),
        (
            "-k PAI-Key.pem --sign-manifest exec:/nowhere",
            "--sign-manifest: the program /nowhere cannot be run",
        ),
    ];
    if cfg!(not(feature = "pkcs11")) {
        let sentence = "--signer: this build does not support keys in tokens; build it with --features pkcs11";
        cases.push(("--signer pkcs11:object=a?module-name=softhsm2", sentence));
    }
    for (options, expected) in cases {
        let (code, message) = mfg(folder, options);
        assert_eq!(code, Some(2), "{options}: {message}");
        assert!(
            message.contains(expected) && message.lines().count() == 1,
            "{options}: {message}"
        );
        assert!(!message.contains("1234"), "{message}");
        assert!(!folder.join("out").exists(), "{options}");
    }
}

#[test]
fn files_that_others_may_change_are_refused() {
    let folder = workplace("0xFFF1", "0x8000");
    let folder = folder.path();
    for (name, option) in [
        ("PAI-Key.pem", "--signer PAI-Key.pem"),
        ("pin", "--signer pkcs11:object=a?module-name=softhsm2&pin-source=pin"),
        ("program", "--signer exec:program"),
    ] {
        let path = folder.join(name);
        if !path.exists() {
            fs::write(&path, "1").unwrap();
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
        let (code, message) = mfg(folder, option);
        assert_eq!(code, Some(2), "{option}: {message}");
        assert!(message.contains("--allow-insecure-permissions"), "{option}: {message}");
    }
}

#[test]
fn pki_of_keys_that_are_elsewhere_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for name in ["paa", "pai", "cd"] {
        succeed(folder, &format!("key generate --out {name}.pem"));
        let mode = fs::metadata(folder.join(format!("{name}.pem")))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    succeed(folder, "csr make --cn Acme-PAI --signer pai.pem --out pai.csr");
    assert!(succeed(folder, "csr check pai.csr").contains("accepted"));
    let request = CertificateRequest::decode(&fs::read(folder.join("pai.csr")).unwrap()).unwrap();
    let key = PrivateKey::decode(&fs::read(folder.join("pai.pem")).unwrap()).unwrap();
    assert_eq!(request.public_key(), key.public_key());
    succeed(folder, "paa --cn Acme-PAA --signer file:paa.pem --out paa");
    succeed(
        folder,
        "pai --cn Acme-PAI --vid 0xFFF1 --issuer paa/PAA_cert.pem --signer paa.pem --csr pai.csr --out pai",
    );
    for (name, key) in [("paa/PAA", "paa.pem"), ("pai/PAI", "pai.pem")] {
        let certificate = Certificate::decode(&fs::read(folder.join(format!("{name}_cert.pem"))).unwrap()).unwrap();
        let key = PrivateKey::decode(&fs::read(folder.join(key)).unwrap()).unwrap();
        assert_eq!(certificate.public_key(), key.public_key());
        assert!(!folder.join(format!("{name}_key.pem")).exists(), "the key is elsewhere");
    }
    let Some(uri) = program(folder, "pai.pem") else { return };
    let dac = format!("dac --cn Lamp --vid 0xFFF1 --pid 0x8000 --issuer pai/PAI_cert.pem --signer {uri}");
    succeed(folder, &format!("{dac} --out dac"));
    let verdict = succeed(
        folder,
        "verify --paa paa/PAA_cert.pem --pai pai/PAI_cert.pem --dac dac/DAC_cert.pem --dac-key dac/DAC_key.pem",
    );
    assert!(verdict.contains("accepted"), "{verdict}");
    // A declaration signed with the PAI's key: commissioners refuse it, but the signature matches the certificate.
    let cd = "cd make --vid 0xFFF1 --pid 0x8000 --device-type 0x0100 --certificate-id CSA00000SWC00000-00 --type 0";
    succeed(
        folder,
        &format!("{cd} --cert pai/PAI_cert.pem --signer {uri} --out CD.der"),
    );
    let (code, _, message) = pki(
        folder,
        &format!("{cd} --cert paa/PAA_cert.pem --signer {uri} --out other.der"),
    );
    assert!(
        code == Some(2) && message.contains("--signer: is not the key of --cert"),
        "{message}"
    );
    // All or none.
    fs::write(folder.join("last"), "2\n").unwrap();
    fs::write(folder.join("count"), "0\n").unwrap();
    let (code, printed, message) = pki(folder, &format!("{dac} --count 5 --out half"));
    assert_eq!((code, printed.as_str()), (Some(3), ""), "{message}");
    assert!(
        message.contains("cannot sign: the program /bin/sh failed, exit code 1: quota"),
        "{message}"
    );
    assert!(!folder.join("half").exists());
}

#[test]
fn requests_of_intermediates_are_checked() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    succeed(folder, "paa --cn Acme-PAA --out paa");
    succeed(folder, "key generate --out pai.pem");
    succeed(folder, "csr make --cn Acme-PAI --signer pai.pem --out pai.csr");
    succeed(folder, "csr make --cn Acme-PAI --signer paa/PAA_key.pem --out own.csr");
    let pem = fs::read_to_string(folder.join("pai.csr")).unwrap();
    let mut lines = pem.lines().map(str::to_owned).collect::<Vec<_>>();
    // A letter in the middle of the key.
    let changed = if lines[2].as_bytes()[10] == b'A' { "B" } else { "A" };
    lines[2].replace_range(10..11, changed);
    fs::write(folder.join("changed.csr"), lines.join("\n")).unwrap();
    let pai = "pai --cn Acme-PAI --vid 0xFFF1 --issuer paa/PAA_cert.pem --issuer-key paa/PAA_key.pem --out pai";
    for (csr, expected) in [
        ("changed.csr", "--csr changed.csr: certificate signing request: "),
        (
            "own.csr",
            "--csr own.csr: has the key of --issuer; an intermediate requires its own key",
        ),
        ("pai.pem", "--csr pai.pem: it is a private key"),
        ("absent.csr", "--csr absent.csr: "),
    ] {
        let (code, _, message) = pki(folder, &format!("{pai} --csr {csr}"));
        assert!(code == Some(2) && message.contains(expected), "{csr}: {message}");
        assert!(!folder.join("pai").exists());
    }
    let refused = [
        (
            "csr make --cn A --signer exec:/nowhere --out a.csr",
            "the program /nowhere cannot be run",
        ),
        (
            "csr make --cn Mvid:FFF1 --signer pai.pem --out a.csr",
            "--cn: common name contains Mvid: or Mpid:",
        ),
        ("key generate", "missing: "),
        (
            "key generate --out a.pem --signer b",
            "cannot be used with another given option",
        ),
        (
            "key generate --signer file:b",
            "--signer: the URI does not name a token",
        ),
        ("key generate --out pai.pem", "pai.pem: exists already"),
        ("key public absent.pem", "KEY absent.pem: "),
    ];
    for (line, expected) in refused {
        let (code, _, message) = pki(folder, line);
        assert!(code == Some(2) && message.contains(expected), "{line}: {message}");
    }
}

#[test]
fn keys_in_files_sign_for_secure_boot() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let made: Value = serde_json::from_str(&succeed(
        folder,
        "key generate --algorithm rsa3072 --out rsa.pem --json",
    ))
    .unwrap();
    assert_eq!(made["algorithm"], "RSA with 3072 bits");
    succeed(folder, "key generate --out p256.pem");
    fs::write(folder.join("image.bin"), [0xE9; 5000]).unwrap();
    for name in ["rsa", "p256"] {
        let printed = succeed(folder, &format!("key public {name}.pem"));
        succeed(folder, &format!("key public {name}.pem --out {name}_public.pem"));
        let public = fs::read(folder.join(format!("{name}_public.pem"))).unwrap();
        assert_eq!(printed.as_bytes(), public);
        let key = SigningKey::decode(&fs::read(folder.join(format!("{name}.pem"))).unwrap(), None).unwrap();
        assert_eq!(VerifyingKey::decode(&public), Some(key.verifying_key()));
        let (code, message) = flash(folder, &format!("sign image.bin {name}.bin --signer file:{name}.pem"));
        assert_eq!(code, Some(0), "{message}");
        let signed = fs::read(folder.join(format!("{name}.bin"))).unwrap();
        let trusted = match key.verifying_key() {
            VerifyingKey::Rsa(key) => BootPublicKey::try_from(&key).unwrap(),
            VerifyingKey::P256(key) => (&key).into(),
            VerifyingKey::P384(key) => (&key).into(),
        };
        SignedImage::parse(&signed).unwrap().verify(&[trusted]).unwrap();
    }
    let Some(uri) = program(folder, "p256.pem") else { return };
    for (scheme, out) in [("v2", "v2.bin"), ("v1", "v1.bin")] {
        let (code, message) = flash(
            folder,
            &format!("sign image.bin {out} --scheme {scheme} --signer {uri}"),
        );
        assert_eq!(code, Some(0), "{message}");
        let (code, message) = flash(folder, &format!("verify {out} --scheme {scheme} --key p256_public.pem"));
        assert_eq!(code, Some(0), "{message}");
    }
    fs::write(folder.join("last"), "0\n").unwrap();
    let (code, message) = flash(folder, &format!("sign image.bin none.bin --signer {uri}"));
    assert!(
        code == Some(3) && message.contains("cannot sign: the program /bin/sh failed"),
        "{message}"
    );
    assert!(!folder.join("none.bin").exists());
    for (options, expected) in [
        (
            "--signer rsa.pem --key rsa.pem",
            "cannot be used with another given option",
        ),
        ("", "missing: "),
        (
            "--scheme v1 --signer rsa.pem",
            "--signer: is another key; secure boot V1 requires P-256",
        ),
        (
            "--scheme v1 --bootloader --signer p256.pem",
            "--signer: cannot be used for the digest of a bootloader",
        ),
    ] {
        let (code, message) = flash(folder, &format!("sign image.bin none.bin {options}"));
        assert!(code == Some(2) && message.contains(expected), "{options}: {message}");
    }
}

#[test]
fn encrypted_keys_of_every_kind_are_opened_by_their_password() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    if !has_openssl() {
        return;
    }
    for (name, options) in [
        ("p256", "-algorithm EC -pkeyopt ec_paramgen_curve:P-256"),
        ("p384", "-algorithm EC -pkeyopt ec_paramgen_curve:P-384"),
        ("rsa", "-algorithm RSA -pkeyopt rsa_keygen_bits:3072"),
    ] {
        let line = format!("genpkey {options} -aes256 -pass pass:secret -out {name}.pem");
        let made = Command::new("openssl")
            .args(line.split_whitespace())
            .current_dir(folder)
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", stderr(&made));
        fs::write(folder.join("password"), "secret\n").unwrap();
        fs::write(folder.join("other"), "other\n").unwrap();
        let pem = succeed(folder, &format!("key public {name}.pem --password-file password"));
        assert!(VerifyingKey::decode(pem.as_bytes()).is_some());
        for (option, expected) in [
            ("", "is encrypted; "),
            ("--password-file other", "with the given password"),
        ] {
            let (code, _, message) = pki(folder, &format!("key public {name}.pem {option}"));
            assert!(
                code == Some(2) && message.contains(expected),
                "{name} {option}: {message}"
            );
        }
    }
}
