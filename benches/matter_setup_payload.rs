//! Making and reading onboarding codes, and drawing one.

#![allow(clippy::unwrap_used, missing_docs, reason = "benchmark")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use matter_setup_payload::{CommissioningFlow, Label, ManualPayload, OptionalData, QrImage, SetupPayload, qr_png};
use matter_types::{Discriminator, Passcode, ProductId, VendorId};

/// Pixels per module.
const SCALE: u8 = 6;

fn codes(c: &mut Criterion) {
    let mut group = c.benchmark_group("matter-setup-payload");
    let short = SetupPayload::new(
        VendorId::new(0xFFF1).unwrap(),
        ProductId::new(0x8000).unwrap(),
        Discriminator::new(3840).unwrap(),
        Passcode::new(20_202_021).unwrap(),
    );
    let long = short.clone().with_flow(CommissioningFlow::Custom);
    let text = short.qr_text();
    group.throughput(Throughput::Elements(1));
    group.bench_function(BenchmarkId::new("qr-encode", 22), |b| {
        b.iter(|| black_box(black_box(&short).qr_text()));
    });
    group.bench_function(BenchmarkId::new("qr-parse", 22), |b| {
        b.iter(|| black_box(black_box(text.as_str()).parse::<SetupPayload>().unwrap()));
    });
    for (digits, payload) in [(11, &short), (21, &long)] {
        let code = payload.manual_code();
        group.bench_function(BenchmarkId::new("manual-encode", digits), |b| {
            b.iter(|| black_box(black_box(payload).manual_code()));
        });
        group.bench_function(BenchmarkId::new("manual-parse", digits), |b| {
            b.iter(|| black_box(black_box(code.as_str()).parse::<ManualPayload>().unwrap()));
        });
    }
    group.bench_function(BenchmarkId::new("qr-png", format!("scale-{SCALE}")), |b| {
        b.iter(|| black_box(qr_png(black_box(text.as_str()), black_box(SCALE)).unwrap()));
    });
    let image = QrImage::new(text.as_str()).unwrap();
    group.bench_function(BenchmarkId::new("qr-svg", 22), |b| {
        b.iter(|| black_box(black_box(&image).to_svg()))
    });
    group.bench_function(BenchmarkId::new("qr-terminal", 22), |b| {
        b.iter(|| black_box(black_box(&image).to_terminal()));
    });
    group.bench_function(BenchmarkId::new("label", 22), |b| {
        b.iter(|| black_box(Label::new(black_box(&short)).unwrap().to_svg()));
    });
    let data = OptionalData::new().with_serial_number("0123456789").unwrap();
    let with_data = short.clone().with_data(data);
    let text = with_data.qr_text();
    group.bench_function(BenchmarkId::new("qr-encode-data", text.as_str().len()), |b| {
        b.iter(|| black_box(black_box(&with_data).qr_text()));
    });
    group.bench_function(BenchmarkId::new("qr-parse-data", text.as_str().len()), |b| {
        b.iter(|| black_box(black_box(text.as_str()).parse::<SetupPayload>().unwrap()));
    });
    let mut buffer = [0; 22];
    group.bench_function(BenchmarkId::new("qr-encode-buffer", 22), |b| {
        b.iter(|| black_box(black_box(&short).encode_qr(&mut buffer).unwrap().len()));
    });
    group.finish();
}

criterion_group!(benches, codes);
criterion_main!(benches);
