//! Benchmarks of esp-flash-plan: the plan of one device with 1.5 MiB of content, compared with the minimum cost of its
//! bytes.

#![allow(clippy::expect_used, missing_docs, reason = "benchmark")]

#[path = "flash_plan/device.rs"]
mod device;

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use device::{Line, bare};

fn plans(criterion: &mut Criterion) {
    let line = Line::new();
    let mut group = criterion.benchmark_group("esp-flash-plan");
    group.throughput(Throughput::Bytes(line.content()));
    let mut buffer = Vec::new();
    group.bench_function("esp-flash-plan/device/1.5MiB", |bencher| {
        bencher.iter(|| {
            let plan = line.device(core::mem::take(&mut buffer), black_box(7));
            buffer = plan.into_bytes();
        });
    });
    group.bench_function("esp-flash-plan/device-fresh/1.5MiB", |bencher| {
        bencher.iter(|| line.device(Vec::new(), black_box(7)));
    });
    let mut regions = line.plain();
    group.bench_function("esp-flash-plan/bare-loop/1.5MiB", |bencher| {
        bencher.iter(|| bare(black_box(&mut regions), 7));
    });
    group.bench_function("esp-flash-plan/commands/1.5MiB", |bencher| {
        let plan = line.device(Vec::new(), 7);
        bencher.iter(|| black_box(&plan).commands());
    });
    group.finish();
}

fn shared(criterion: &mut Criterion) {
    let line = Line::new();
    let mut group = criterion.benchmark_group("esp-flash-plan");
    group.bench_function("esp-flash-plan/new/1.5MiB", |bencher| {
        bencher.iter(|| black_box(&line).plan())
    });
    group.finish();
}

criterion_group!(benches, plans, shared);
criterion_main!(benches);
