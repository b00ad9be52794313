//! Verifies a desk's certificates with OpenSSL, if installed.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "support/pki.rs"]
mod pki;

use std::fs;
use std::process::Command;

use matter_issuance::Request;
use matter_ledger::Ledger;
use pki::{ORDER, Pki, open_order, request};

#[test]
fn openssl_verifies_each_certificate_strictly() {
    if Command::new("openssl").arg("version").output().is_err() {
        println!("openssl is not there, 0 certificates verified");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let pki = Pki::new();
    fs::write(at("paa.pem"), pki.paa.to_pem()).unwrap();
    fs::write(at("pai.pem"), pki.pai.to_pem()).unwrap();
    let mut desk = pki.desk(Ledger::in_memory().unwrap());
    open_order(desk.registrar(), ORDER, 20);
    let requests: Vec<Request> = (0..20).map(|number| request(&format!("lamp-{number}"))).collect();
    let mut files = Vec::new();
    // One batch large enough for the table of the PAI's key, and one below.
    for requests in [&requests[..17], &requests[17..]] {
        for issued in desk.issue(requests).unwrap() {
            let dac = issued.unwrap().dac;
            let file = at(&format!("{}.pem", dac.common_name().unwrap()));
            fs::write(&file, dac.to_pem()).unwrap();
            files.push(file);
        }
    }
    let verify = Command::new("openssl")
        .args(["verify", "-x509_strict", "-CAfile"])
        .arg(at("paa.pem"))
        .arg("-untrusted")
        .arg(at("pai.pem"))
        .args(&files)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&verify.stdout);
    assert!(
        verify.status.success(),
        "{said} {}",
        String::from_utf8_lossy(&verify.stderr)
    );
    assert_eq!(said.lines().filter(|line| line.ends_with(": OK")).count(), 20);
    println!("20 certificates verified");
}
