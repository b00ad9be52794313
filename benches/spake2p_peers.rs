//! `matter-spake2p` and its peers in one run: the `pbkdf2` crate, `ring`, and OpenSSL and the vendor's script, whose
//! times `scripts/compare spake2p` measures and passes in `PYTHON_MICROSECONDS`.
//!
//! All run interleaved, A B C A B C, and the fastest run of each is compared.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, missing_docs, reason = "benchmark")]

use std::hint::black_box;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use matter_spake2p::{InstructionSet, Iterations, Lanes, PaseCredential, PbkdfParameters, Salt, Verifier};
use matter_types::Passcode;

/// Devices of one of our runs: three full registers of 16 lanes.
const DEVICES: u32 = 16;
/// Output of PBKDF2 per device in bytes.
const OUTPUT: usize = 80;

struct Contender<'a> {
    name: String,
    /// Number of devices that one run derives.
    devices: u32,
    run: Box<dyn Fn() + 'a>,
    best: Duration,
}

impl<'a> Contender<'a> {
    fn new(name: impl Into<String>, devices: u32, run: impl Fn() + 'a) -> Self {
        let (name, run, best) = (name.into(), Box::new(run), Duration::MAX);
        Self {
            name,
            devices,
            run,
            best,
        }
    }

    fn micros(&self) -> f64 {
        self.best.as_secs_f64() * 1e6 / f64::from(self.devices)
    }
}

/// Runs all of them in turn repeatedly, and keeps the fastest run of each.
fn race(contenders: &mut [Contender<'_>], rounds: u32) {
    for _ in 0..rounds {
        for contender in contenders.iter_mut() {
            let start = Instant::now();
            (contender.run)();
            contender.best = contender.best.min(start.elapsed());
        }
    }
}

fn whole_verifiers(devices: &[(Passcode, Salt)], iterations: Iterations, lanes: Option<Lanes>) {
    let mut credentials = PaseCredential::derive_each(devices.iter().cloned(), iterations);
    if let Some(lanes) = lanes {
        credentials = credentials.with_lanes(lanes);
    }
    credentials.for_each(|credential| drop(black_box(credential.unwrap())));
}

fn main() {
    let passcode = Passcode::new(20_202_021).unwrap();
    let password = passcode.expose().to_le_bytes();
    let salt = Salt::new(&[7; Salt::MAX_LEN]).unwrap();
    let devices = vec![(passcode.clone(), salt); usize::try_from(DEVICES).unwrap()];
    let available = InstructionSet::ALL.into_iter().filter(|set| {
        let available = Lanes::new(*set).is_some();
        if !available {
            println!("{set}: absent on this processor");
        }
        available
    });
    let available = available.collect::<Vec<_>>();
    let python = std::env::var("PYTHON_MICROSECONDS").unwrap_or_default();
    let python = python
        .lines()
        .filter_map(|line| line.rsplit_once(' '))
        .map(|(name, micros)| (name, micros.parse::<f64>().unwrap()))
        .collect::<Vec<_>>();

    let mut verifiers = Vec::new();
    for count in [1000, 10_000] {
        let iterations = Iterations::new(count).unwrap();
        let parameters = PbkdfParameters { iterations, salt };
        let mut contenders = Vec::new();
        for set in &available {
            let lanes = Lanes::new(*set);
            let (name, devices) = (format!("{set}, whole verifier"), &devices);
            contenders.push(Contender::new(name, DEVICES, move || {
                whole_verifiers(devices, iterations, lanes);
            }));
        }
        contenders.push(Contender::new("chosen by the crate, whole verifier", DEVICES, || {
            whole_verifiers(&devices, iterations, None);
        }));
        contenders.push(Contender::new("chosen by the crate for one device", 1, || {
            whole_verifiers(&devices[..1], iterations, None);
        }));
        contenders.push(Contender::new("Verifier::derive, whole verifier", 1, || {
            drop(black_box(Verifier::derive(&passcode, &parameters).unwrap()));
        }));
        contenders.push(Contender::new("pbkdf2 crate, 80 bytes", 1, || {
            let mut out = [0; OUTPUT];
            pbkdf2::pbkdf2_hmac::<sha2::Sha256>(&password, salt.as_bytes(), count, &mut out);
            black_box(out);
        }));
        contenders.push(Contender::new("ring, 80 bytes", 1, || {
            let mut out = [0; OUTPUT];
            let rounds = NonZeroU32::new(count).unwrap();
            ring::pbkdf2::derive(
                ring::pbkdf2::PBKDF2_HMAC_SHA256,
                rounds,
                salt.as_bytes(),
                &password,
                &mut out,
            );
            black_box(out);
        }));
        race(&mut contenders, 30);
        println!("microseconds for a device at {count} iterations, one core");
        for contender in &contenders {
            println!("  {:45} {:9.1}", contender.name, contender.micros());
        }
        let named = python.iter().filter(|(name, _)| name.ends_with(&format!(" {count}")));
        for (name, micros) in named {
            println!("  {:45} {micros:9.1}", name.trim_end_matches(&format!(" {count}")));
        }
        verifiers.push(contenders.iter().map(Contender::micros).collect::<Vec<_>>());
    }

    // Time that does not depend on the iterations cancels out between the two counts.
    println!("microseconds for 10,000 iterations of 80 bytes, without the curve");
    for ((set, few), many) in available.iter().zip(&verifiers[0]).zip(&verifiers[1]) {
        println!("  {:45} {:9.1}", set.to_string(), (many - few) / 9.0 * 10.0);
    }
}
