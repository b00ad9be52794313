//! `dac-pki`: certificates for certificate signing requests.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "support/dac_pki.rs"]
mod support;

use std::collections::BTreeMap;
use std::process::Stdio;
use std::thread;
use std::time::Duration;
use std::{fs, iter};

use matter_attestation::PrivateKey;
use serde_json::{Value, json};
use support::{
    BY_PAI, certificate, command, common_name, files, holds, key, refused, rejected, request, run, succeed, workplace,
};

fn scalar(byte: u8) -> PrivateKey {
    PrivateKey::from_scalar(&[byte; 32]).unwrap()
}

#[test]
fn requests_get_certificates_and_no_keys() {
    let folder = workplace();
    let at = folder.path();
    fs::create_dir(at.join("csr")).unwrap();
    fs::write(at.join("csr/.hidden"), "x").unwrap();
    fs::write(at.join("csr/a.csr"), request(&scalar(7), &scalar(7))).unwrap();
    // Made with OpenSSL 3: openssl ecparam -name prime256v1 -genkey -noout | openssl req -new -key /dev/stdin -subj /CN=x
    let pem = "-----BEGIN CERTIFICATE REQUEST-----\n\
        MIHHMG4CAQAwDDEKMAgGA1UEAwwBeDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IA\n\
        BGZp6viXEy9OFIKdI/N7YxZLvIuaXn/e+7oGozj/SUZjqE4eNYzK7e/nQYCbB3Zj\n\
        tv0q/3/3/F7Z64XDyW98LOqgADAKBggqhkjOPQQDAgNJADBGAiEA/BzKmZYZ5iyN\n\
        xa9SJflCp+nMCK3jJBTMPS2AP/b08vkCIQCxKzjTLzSNeh775AX8ZWhqYFnAE9JR\n\
        KZ25dN3iEW5PRg==\n-----END CERTIFICATE REQUEST-----\n";
    fs::write(at.join("csr/b.pem"), pem).unwrap();
    let arguments = format!("dac --csr csr --vid 0xFFF1 --pid 0x8000 {BY_PAI} --out dacs");
    succeed(at, &format!("{arguments} --cn Lamp"));
    let names = files(&at.join("dacs")).into_iter().map(|(path, _)| path);
    let names = names.map(|path| path.rsplit('/').next().unwrap().to_owned());
    assert_eq!(
        names.collect::<Vec<_>>(),
        ["a_cert.der", "a_cert.pem", "b_cert.der", "b_cert.pem"]
    );
    let cert = certificate(&at.join("dacs/a_cert.der"));
    assert_eq!(cert.public_key(), scalar(7).public_key());
    assert_eq!(cert.common_name(), Some("Lamp a"));
    assert!(!holds(
        certificate(&at.join("dacs/b_cert.der")).as_der(),
        &common_name("x")
    ));
    fs::remove_dir_all(at.join("dacs")).unwrap();
    succeed(at, &format!("{arguments} --vid-pid-in-cn"));
    let cert = certificate(&at.join("dacs/b_cert.der"));
    assert_eq!(cert.common_name(), Some("b Mvid:FFF1 Mpid:8000"));
    fs::remove_dir_all(at.join("dacs")).unwrap();

    // One bad request invalidates all, and is named.
    let issuer = key(&at.join("ca/PAI_key.pem"));
    for (name, bytes, needle) in [
        (
            "c.csr",
            request(&scalar(8), &scalar(9)),
            "c.csr: certificate signing request: signature does not verify with the request's own key",
        ),
        (
            "c.csr",
            b"nothing".to_vec(),
            "c.csr: certificate signing request: not a PKCS#10 request in DER",
        ),
        (
            "c.csr",
            request(&scalar(7), &scalar(7)),
            "c.csr: has the same key as csr/a.csr",
        ),
        (
            "c.csr",
            request(&issuer, &issuer),
            "c.csr: has the same key as the issuer",
        ),
        (
            "b.csr",
            request(&scalar(8), &scalar(8)),
            "b.pem: has the same name as csr/b.csr",
        ),
    ] {
        fs::write(at.join("csr").join(name), bytes).unwrap();
        refused(at, &arguments, needle);
        fs::remove_file(at.join("csr").join(name)).unwrap();
    }
    let long = format!("csr/{}.csr", "l".repeat(65));
    fs::write(at.join(&long), request(&scalar(8), &scalar(8))).unwrap();
    refused(at, &arguments, &format!("{long}: common name has 65 bytes"));
    fs::write(at.join("csr/c.csr"), "bad").unwrap();
    fs::write(at.join("csr/d.csr"), "bad").unwrap();
    let output = run(at, &arguments);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        message.contains("csr/c.csr: ") && message.contains("csr/d.csr: "),
        "{message}"
    );
    assert!(
        message.ends_with("error: --csr: 2 of 5 requests are refused, so none is answered\n"),
        "{message}"
    );
    assert!(!at.join("dacs").exists());
}

#[test]
fn requests_are_answered_where_they_lie_and_only_once() {
    let folder = workplace();
    let at = folder.path();
    fs::create_dir(at.join("csr")).unwrap();
    for (name, byte) in [("a.csr", 7), ("b.der", 8), ("d.csr", 9)] {
        fs::write(at.join("csr").join(name), request(&scalar(byte), &scalar(byte))).unwrap();
    }
    fs::write(at.join("csr/c.csr"), request(&scalar(10), &scalar(11))).unwrap();
    // The same key again, whose request comes first by name.
    fs::write(at.join("csr/0.csr"), request(&scalar(9), &scalar(9))).unwrap();
    let arguments = format!("dac --csr csr --vid 0xFFF1 --pid 0x8000 {BY_PAI}");
    let (printed, message) = rejected(at, &arguments);
    assert_eq!(printed.lines().count(), 3, "{printed}");
    assert!(
        message.ends_with("2 of 5 requests are refused; the .err file beside each states the reason\n"),
        "{message}"
    );
    let names = || {
        let names = files(&at.join("csr")).into_iter().map(|(path, _)| path);
        let names = names.map(|path| path.rsplit('/').next().unwrap().to_owned());
        names
            .filter(|name| !name.ends_with("csr") && !name.ends_with("der"))
            .collect::<Vec<_>>()
    };
    assert_eq!(names(), ["0.pem", "a.pem", "b.pem", "c.err", "d.err"]);
    let reason = fs::read_to_string(at.join("csr/c.err")).unwrap();
    assert!(
        reason.contains("signature does not verify with the request's own key"),
        "{reason}"
    );
    let reason = fs::read_to_string(at.join("csr/d.err")).unwrap();
    assert_eq!(reason, "has the same key as csr/0.csr\n");
    let first = fs::read(at.join("csr/a.pem")).unwrap();
    assert_eq!(certificate(&at.join("csr/a.pem")).public_key(), scalar(7).public_key());

    // Some answers are lost, one request is corrected, the others remain: a request with a certificate keeps it,
    // although another request with the same key now precedes it.
    fs::remove_file(at.join("csr/b.pem")).unwrap();
    fs::write(at.join("csr/c.csr"), request(&scalar(10), &scalar(10))).unwrap();
    fs::write(at.join("csr/00.csr"), request(&scalar(7), &scalar(7))).unwrap();
    fs::write(at.join("csr/d.csr"), request(&scalar(12), &scalar(12))).unwrap();
    let (printed, message) = rejected(at, &format!("{arguments} --json"));
    assert!(
        message.contains("csr/00.csr: has the same key as csr/a.csr"),
        "{message}"
    );
    let printed: Value = serde_json::from_str(&printed).unwrap();
    let states = printed
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["state"].as_str().unwrap());
    assert_eq!(
        states.collect::<Vec<_>>(),
        [
            "answered before",
            "refused",
            "answered before",
            "answered",
            "answered",
            "answered"
        ]
    );
    assert_eq!(names(), ["0.pem", "00.err", "a.pem", "b.pem", "c.pem", "d.pem"]);
    assert_eq!(fs::read(at.join("csr/a.pem")).unwrap(), first);

    // The certificate of another device does not answer a request.
    fs::remove_file(at.join("csr/00.csr")).unwrap();
    fs::write(at.join("csr/d.pem"), &first).unwrap();
    let (_, message) = rejected(at, &arguments);
    assert!(
        message.contains("csr/d.pem exists and is not its certificate by this issuer; use --force to replace it"),
        "{message}"
    );
    assert_eq!(fs::read(at.join("csr/d.pem")).unwrap(), first);
    succeed(at, &format!("{arguments} --force"));
    assert_eq!(certificate(&at.join("csr/d.pem")).public_key(), scalar(12).public_key());
    assert_eq!(fs::read(at.join("csr/a.pem")).unwrap(), first);
    assert!(!at.join("csr/d.err").exists());

    for (name, byte, needle) in [
        ("b.csr", 20, "csr/b.der: has the same name as csr/b.csr"),
        ("e.pem", 20, "csr/e.pem: is a request in the place of an answer"),
    ] {
        fs::write(at.join("csr").join(name), request(&scalar(byte), &scalar(byte))).unwrap();
        refused(at, &arguments, needle);
        fs::remove_file(at.join("csr").join(name)).unwrap();
    }
    refused(at, &format!("dac --cn A --vid 0xFFF1 --pid 1 {BY_PAI}"), "--out");
}

/// Existing certificates remain unchanged, whenever the process ends.
#[cfg(unix)]
#[test]
fn answering_goes_on_after_a_kill() {
    let folder = workplace();
    let at = folder.path();
    fs::create_dir(at.join("csr")).unwrap();
    let keys = (1..=200_u16).map(|number| {
        let mut scalar = [1; 32];
        scalar[30..].copy_from_slice(&number.to_be_bytes());
        PrivateKey::from_scalar(&scalar).unwrap()
    });
    let keys = keys.collect::<Vec<_>>();
    for (number, key) in keys.iter().enumerate() {
        fs::write(at.join(format!("csr/{number:04}.csr")), request(key, key)).unwrap();
    }
    let arguments = format!("dac --csr csr --vid 0xFFF1 --pid 0x8000 {BY_PAI}");
    let mut seen = BTreeMap::new();
    let mut kills = 0;
    // Longer and longer: also a slow machine gets past the first answers.
    for wait in iter::successors(Some(10), |wait| Some(wait + wait / 4)).take(35) {
        let mut child = command(at, &arguments).stdout(Stdio::null()).spawn().unwrap();
        thread::sleep(Duration::from_millis(wait));
        child.kill().unwrap();
        kills += u32::from(!child.wait().unwrap().success());
        for (path, bytes) in files(&at.join("csr")) {
            if path.ends_with(".pem") {
                assert_eq!(*seen.entry(path).or_insert_with(|| bytes.clone()), bytes);
            }
        }
        if seen.len() == keys.len() {
            break;
        }
    }
    succeed(at, &arguments);
    assert!(
        kills > 2 && seen.len() > 64,
        "{kills} kills, {} certificates",
        seen.len()
    );
    for (number, key) in keys.iter().enumerate() {
        let path = at.join(format!("csr/{number:04}.pem"));
        assert_eq!(certificate(&path).public_key(), key.public_key());
    }
    assert_eq!(files(&at.join("csr")).len(), 400);
}

#[test]
fn a_request_is_checked_alone() {
    let folder = workplace();
    let at = folder.path();
    fs::write(at.join("good.csr"), request(&scalar(7), &scalar(7))).unwrap();
    fs::write(at.join("bad.csr"), request(&scalar(7), &scalar(8))).unwrap();
    let id = scalar(7).public_key().key_id().to_string();
    assert!(succeed(at, "csr check good.csr").contains(&id));
    let json: Value = serde_json::from_str(&succeed(at, "csr check good.csr --json")).unwrap();
    assert_eq!(
        json,
        json!({"file": "good.csr", "accepted": true, "subject_key_id": id})
    );
    let (printed, message) = rejected(at, "csr check bad.csr --json");
    assert!(
        message.contains("bad.csr: certificate signing request: signature does not verify"),
        "{message}"
    );
    let json: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(json["accepted"], false);
    assert_eq!(rejected(at, "csr check bad.csr").0, "");
}
