//! Issuing DACs with `matter-attestation` and with the reference tool's `build_certificate`, in one run.
//!
//! `scripts/compare pki` passes in `PEER_COMMAND` the Python interpreter and its script, separated by a space,
//! which print the microseconds for one certificate. Both run interleaved, A B A B, and the fastest of each is
//! compared. Each of ours draws a key, issues its certificate and encodes both as DER, on one core.

#![allow(clippy::unwrap_used, missing_docs, reason = "benchmark")]

use std::hint::black_box;
use std::process::Command;
use std::time::{Duration, Instant};

use matter_attestation::{
    Certificate, DacSubject, DateTime, Issuer, IssuerVerifier, PaaSubject, PaiSubject, PrivateKey, SerialNumber,
    Validity, issue_paa,
};
use matter_types::{ProductId, VendorId};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

const ROUNDS: usize = 6;
/// Number of our certificates timed in each round.
const CERTIFICATES: usize = 400;

/// Makes a PAI and its key.
fn pai(vendor: VendorId, validity: Validity) -> (Certificate, PrivateKey) {
    let [paa_key, pai_key] = [1, 2].map(|byte| PrivateKey::from_scalar(&[byte; 32]).unwrap());
    let serial = SerialNumber::new(&[1; 16]).unwrap();
    let paa = issue_paa(&paa_key, &PaaSubject::new("Bench PAA").unwrap(), validity, serial).unwrap();
    let pai = Issuer::new(&paa, &paa_key)
        .unwrap()
        .issue_pai(
            &PaiSubject::new("Bench PAI", vendor).unwrap(),
            &pai_key.public_key(),
            validity,
            serial,
        )
        .unwrap();
    (pai, pai_key)
}

/// Returns the time of the fastest of several calls.
fn fastest(mut work: impl FnMut()) -> Duration {
    (0..CERTIFICATES)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        })
        .min()
        .unwrap()
}

/// Runs the peer: its total time, and its time without writing two files.
fn peer(command: &str, folder: &str) -> [Duration; 2] {
    let (python, script) = command.split_once(' ').unwrap();
    let output = Command::new(python).args([script, folder]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let mut times = text
        .split_whitespace()
        .map(|time| Duration::from_secs_f64(time.parse::<f64>().unwrap() / 1e6));
    [times.next().unwrap(), times.next().unwrap()]
}

fn main() {
    let Ok(command) = std::env::var("PEER_COMMAND") else {
        println!("run this through scripts/compare-pki-speed");
        return;
    };
    let folder = std::env::var("PEER_FOLDER").unwrap();
    let (vendor, product) = (VendorId::new(0xFFF1).unwrap(), ProductId::new(0x8000).unwrap());
    let validity = Validity::without_expiry(DateTime::new(2026, 1, 1, 0, 0, 0).unwrap());
    let (pai, pai_key) = pai(vendor, validity);
    std::fs::write(format!("{folder}/pai.pem"), pai.to_pem()).unwrap();
    std::fs::write(
        format!("{folder}/pai-key.pem"),
        pai_key.to_pkcs8_pem().unwrap().as_bytes(),
    )
    .unwrap();

    let name = "Bench DAC 0001";
    let subject = DacSubject::new(name, vendor, product).unwrap();
    let issuer = Issuer::new(&pai, &pai_key).unwrap();
    let template = issuer.dac_template(&subject, validity).unwrap();
    let verifier = IssuerVerifier::new(pai.clone());
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let mut serials = ChaCha20Rng::seed_from_u64(2);

    let mut best = [Duration::MAX; 4];
    let mut best_peer = [Duration::MAX; 2];
    for _ in 0..ROUNDS {
        for (best, time) in best_peer.iter_mut().zip(peer(&command, &folder)) {
            *best = time.min(*best);
        }
        let times = [
            fastest(|| {
                let key = PrivateKey::generate(&mut rng);
                let serial = SerialNumber::generate(&mut serials);
                black_box(template.issue_der(name, &key.public_key(), serial).unwrap());
                black_box(key.to_pkcs8_der());
            }),
            fastest(|| {
                let key = PrivateKey::generate(&mut rng);
                let serial = SerialNumber::generate(&mut serials);
                let der = template.issue_der(name, &key.public_key(), serial).unwrap();
                verifier.verify(&Certificate::from_der(&der).unwrap()).unwrap();
                black_box(key.to_pkcs8_der());
            }),
            fastest(|| {
                let key = PrivateKey::generate(&mut rng);
                let serial = SerialNumber::generate(&mut serials);
                black_box(template.issue(name, &key.public_key(), serial).unwrap());
                black_box(key.to_pkcs8_der());
            }),
            fastest(|| {
                let key = PrivateKey::generate(&mut rng);
                let serial = SerialNumber::generate(&mut serials);
                black_box(issuer.issue_dac(&subject, &key.public_key(), validity, serial).unwrap());
                black_box(key.to_pkcs8_der());
            }),
        ];
        for (best, time) in best.iter_mut().zip(times) {
            *best = time.min(*best);
        }
    }

    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    let [as_it_is, without_files] = best_peer.map(micros);
    println!(
        "esp-matter-mfg-tool build_certificate: {as_it_is:.0} us, {without_files:.0} us without writing its files"
    );
    let what = [
        "template",
        "template, read back and verified as a production run does",
        "template, read back and verified",
        "one by one, read back and verified",
    ];
    let arithmetic = if cfg!(feature = "aws-lc-rs") {
        "AWS-LC"
    } else {
        "RustCrypto"
    };
    println!("ours with the arithmetic of {arithmetic}:");
    for (what, time) in what.into_iter().zip(best.map(micros)) {
        println!(
            "{what}: {time:.1} us, {:.1} times, {:.1} times without files",
            as_it_is / time,
            without_files / time
        );
    }
}
