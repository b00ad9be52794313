//! Encryption, images, merging and partition tables.

#![allow(clippy::expect_used, clippy::indexing_slicing, missing_docs, reason = "benchmark")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use esp_flash_image::{
    Chip, EncryptionScheme, FlashKey, FlashMap, Image, ImageHeader, ImageWriter, MmuPage, PartitionTable, SecurePad,
    TableOptions, secure_pad,
};

const MIB: usize = 1 << 20;

/// A typical table of a Matter device.
const CSV: &str = "\
esp_secure_cert, 0x3F, , 0xd000, 0x2000, encrypted
nvs, data, nvs, 0x10000, 0xC000,
nvs_keys, data, nvs_keys, , 0x1000, encrypted
otadata, data, ota, , 0x2000
phy_init, data, phy, , 0x1000,
ota_0, app, ota_0, 0x20000, 0x1E0000,
ota_1, app, ota_1, 0x200000, 0x1E0000,
fctry, data, nvs, 0x3E0000, 0x6000, readonly
";

fn encryption(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("esp-flash-image");
    for scheme in [
        EncryptionScheme::Xts128,
        EncryptionScheme::Xts256,
        EncryptionScheme::Esp32,
    ] {
        let key: Vec<u8> = (0..).take(scheme.key_len()).collect();
        let cipher = FlashKey::new(scheme, &key).expect("a key of that length").cipher();
        for len in [4096, MIB] {
            let mut data = vec![0xA5; len];
            group.throughput(Throughput::Bytes(len.try_into().expect("a length")));
            group.bench_function(BenchmarkId::new(format!("encrypt-{scheme}"), len), |bencher| {
                bencher.iter(|| cipher.encrypt(black_box(0x1_0000), black_box(&mut data)));
            });
            group.bench_function(BenchmarkId::new(format!("decrypt-{scheme}"), len), |bencher| {
                bencher.iter(|| cipher.decrypt(black_box(0x1_0000), black_box(&mut data)));
            });
        }
    }
    group.finish();
}

fn images(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("esp-flash-image");
    let code = vec![0x5A; MIB];
    let mut writer = ImageWriter::new(ImageHeader::new(Chip::Esp32c3));
    writer.push(0x4038_0000, &code).expect("a segment");
    let image = writer.finish().expect("an image");
    group.throughput(Throughput::Bytes(image.len().try_into().expect("a length")));
    group.bench_function(BenchmarkId::new("image-parse", MIB), |bencher| {
        bencher.iter(|| Image::parse(black_box(&image)).map(|image| image.image_len()));
    });
    group.bench_function(BenchmarkId::new("secure-pad", MIB), |bencher| {
        bencher.iter(|| secure_pad(black_box(&image), SecurePad::V2, MmuPage::DEFAULT));
    });
    group.bench_function(BenchmarkId::new("merge", MIB), |bencher| {
        bencher.iter(|| {
            let mut map = FlashMap::new(None);
            map.add(0, &image[..0x8000], "bootloader").expect("a place");
            map.add(0x1_0000, black_box(&image[..]), "app").expect("a place");
            map.to_image(None)
        });
    });
    group.finish();
}

fn tables(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("esp-flash-image");
    let options = TableOptions::new();
    let table = PartitionTable::from_csv(CSV, &options).expect("a table");
    let binary = table.encode();
    let rows = table.partitions().len();
    group.throughput(Throughput::Elements(rows.try_into().expect("a number")));
    group.bench_function(BenchmarkId::new("table-csv", rows), |bencher| {
        bencher.iter(|| PartitionTable::from_csv(black_box(CSV), &options));
    });
    group.bench_function(BenchmarkId::new("table-decode", rows), |bencher| {
        bencher.iter(|| PartitionTable::decode(black_box(&binary)));
    });
    group.bench_function(BenchmarkId::new("table-encode", rows), |bencher| {
        bencher.iter(|| black_box(&table).encode());
    });
    group.finish();
}

criterion_group!(benches, encryption, images, tables);
criterion_main!(benches);
