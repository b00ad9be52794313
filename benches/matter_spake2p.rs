//! Deriving verifiers, one and sixteen at a time, and the exchange.

#![allow(clippy::unwrap_used, missing_docs, reason = "benchmark")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use matter_spake2p::{
    InstructionSet, Iterations, Lanes, PaseCredential, PbkdfParameters, Salt, Verifier, self_check_by_exchange,
};
use matter_types::Passcode;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

/// Devices of a bulk run: they fill the registers of every width.
const DEVICES: usize = 16;

fn derive(c: &mut Criterion) {
    let mut group = c.benchmark_group("matter-spake2p");
    let passcode = Passcode::new(20_202_021).unwrap();
    let salt = Salt::new(&[7; 32]).unwrap();
    for count in [1000, 10_000] {
        let iterations = Iterations::new(count).unwrap();
        let parameters = PbkdfParameters { iterations, salt };
        group.throughput(Throughput::Elements(1));
        group.bench_function(BenchmarkId::new("derive", count), |b| {
            b.iter(|| black_box(Verifier::derive(black_box(&passcode), black_box(&parameters)).unwrap()));
        });
        group.throughput(Throughput::Elements(u64::try_from(DEVICES).unwrap()));
        for lanes in InstructionSet::ALL.into_iter().filter_map(Lanes::new) {
            let name = format!("derive-each-{}", lanes.instructions());
            group.bench_function(BenchmarkId::new(name, count), |b| {
                b.iter(|| {
                    let devices = (0..DEVICES).map(|_| (black_box(passcode.clone()), black_box(salt)));
                    let credentials = PaseCredential::derive_each(devices, iterations).with_lanes(lanes);
                    credentials.for_each(|credential| drop(black_box(credential.unwrap())));
                });
            });
        }
    }
    group.throughput(Throughput::Elements(1));
    let parameters = PbkdfParameters {
        iterations: Iterations::MIN,
        salt,
    };
    let verifier = Verifier::derive(&passcode, &parameters).unwrap();
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    group.bench_function(BenchmarkId::new("self-check-by-exchange", 1000), |b| {
        b.iter(|| self_check_by_exchange(black_box(&passcode), &verifier, &salt, Iterations::MIN, &mut rng).unwrap());
    });
    group.finish();
}

criterion_group!(benches, derive);
criterion_main!(benches);
