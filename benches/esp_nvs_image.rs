//! Encoding and decoding partition images, plain and encrypted: a typical device's, and one with many small keys.

#![allow(clippy::unwrap_used, missing_docs, reason = "benchmark")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use esp_nvs_image::{
    BlobVersion, Key, Namespace, Number, NvsKeys, OwnedValue, PartitionSize, Value, decode, decrypt, encode_to_vec,
    encrypt,
};

type Entries = Vec<(Namespace, Key, OwnedValue)>;

/// Returns the keys of a Matter factory partition, with values of typical length.
fn factory_entries() -> Entries {
    let namespace = Namespace::new("chip-factory").unwrap();
    let number = |value| OwnedValue::Number(Number::U32(value));
    let text = |len: usize| OwnedValue::Str("x".repeat(len));
    let blob = |len: usize| OwnedValue::Blob(vec![0x5A; len]);
    [
        ("discriminator", number(3840)),
        ("iteration-count", number(10_000)),
        ("salt", text(44)),
        ("vendor-id", number(0xFFF1)),
        ("vendor-name", text(12)),
        ("product-id", number(0x8000)),
        ("product-name", text(20)),
        ("hardware-ver", number(1)),
        ("hw-ver-str", text(4)),
        ("mfg-date", text(10)),
        ("rd-id-uid", blob(16)),
        ("part-number", text(10)),
        ("serial-num", text(16)),
        ("dac-cert", blob(500)),
        ("dac-key", blob(32)),
        ("dac-pub-key", blob(65)),
        ("pai-cert", blob(470)),
        ("verifier", text(132)),
        ("cert-dclrn", blob(236)),
        ("product-label", text(24)),
    ]
    .into_iter()
    .map(|(key, value)| (namespace, Key::new(key).unwrap(), value))
    .collect()
}

fn small_entries(count: u32) -> Entries {
    let namespace = Namespace::new("many").unwrap();
    (0..count)
        .map(|i| {
            (
                namespace,
                Key::new(&format!("key-{i}")).unwrap(),
                OwnedValue::Number(Number::U32(i)),
            )
        })
        .collect()
}

fn images(c: &mut Criterion) {
    let mut group = c.benchmark_group("esp-nvs-image");
    for (name, bytes, entries) in [
        ("24KiB-20-entries", 0x6000, factory_entries()),
        ("1MiB-9000-entries", 0x10_0000, small_entries(9000)),
    ] {
        let size = PartitionSize::new(bytes).unwrap();
        let borrowed: Vec<(Namespace, Key, Value<'_>)> = entries
            .iter()
            .map(|(namespace, key, value)| (*namespace, *key, value.as_value()))
            .collect();
        let encode = |entries: &[(Namespace, Key, Value<'_>)]| {
            encode_to_vec(size, BlobVersion::V2, entries.iter().copied()).unwrap()
        };
        let image = encode(&borrowed);
        group.throughput(Throughput::Bytes(bytes.into()));
        group.bench_function(BenchmarkId::new("encode", name), |b| {
            b.iter(|| black_box(encode(black_box(&borrowed))));
        });
        group.bench_function(BenchmarkId::new("decode", name), |b| {
            b.iter(|| black_box(decode(black_box(&image)).unwrap()));
        });
        let keys = NvsKeys::new([1; 32], [2; 32]).unwrap();
        let encrypted = |entries: &[(Namespace, Key, Value<'_>)]| {
            let mut image = encode(entries);
            encrypt(&mut image, &keys).unwrap();
            image
        };
        let secret = encrypted(&borrowed);
        group.bench_function(BenchmarkId::new("encode-and-encrypt", name), |b| {
            b.iter(|| black_box(encrypted(black_box(&borrowed))));
        });
        group.bench_function(BenchmarkId::new("decrypt-and-decode", name), |b| {
            b.iter(|| {
                let mut image = black_box(&secret).clone();
                decrypt(&mut image, &keys).unwrap();
                black_box(decode(&image).unwrap().len())
            });
        });
    }
    group.finish();
}

criterion_group!(benches, images);
criterion_main!(benches);
