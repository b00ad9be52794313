//! Deriving one verifier, which is what a device costs.

#![allow(clippy::unwrap_used, missing_docs, reason = "benchmark")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use matter_spake2p::{Iterations, PbkdfParameters, Salt, Verifier};
use matter_types::Passcode;

fn derive(c: &mut Criterion) {
    let mut group = c.benchmark_group("matter-spake2p");
    let passcode = Passcode::new(20_202_021).unwrap();
    group.throughput(Throughput::Elements(1));
    for iterations in [1000, 10_000] {
        let parameters = PbkdfParameters {
            iterations: Iterations::new(iterations).unwrap(),
            salt: Salt::new(&[7; 32]).unwrap(),
        };
        group.bench_function(BenchmarkId::new("derive", iterations), |b| {
            b.iter(|| black_box(Verifier::derive(black_box(&passcode), black_box(&parameters)).unwrap()));
        });
    }
    group.finish();
}

criterion_group!(benches, derive);
criterion_main!(benches);
