//! Building, reading and checking the image of a Matter device with all possible records.

#![allow(clippy::unwrap_used, missing_docs, reason = "benchmark")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use esp_secure_cert::{
    Certificate, Image, KeyStorage, MatterData, PartitionSize, PlainKey, RecordType, Subtype, Writer, check,
};

/// Returns DER of typical length; only its outer form is examined.
fn certificate(len: u16) -> Vec<u8> {
    let mut der = vec![0x30, 0x82];
    der.extend((len - 4).to_be_bytes());
    der.resize(usize::from(len), 0x5A);
    der
}

struct Device {
    dac: Vec<u8>,
    pai: Vec<u8>,
    key: Vec<u8>,
}

impl Device {
    fn new() -> Self {
        let mut key = vec![0x30, 0x77, 0x02, 0x01, 0x01, 0x04, 0x20];
        key.resize(121, 0x5A);
        Self {
            dac: certificate(509),
            pai: certificate(449),
            key,
        }
    }

    fn build<'b>(&self, buffer: &'b mut [u8]) -> &'b [u8] {
        let mut writer = Writer::new(buffer, PartitionSize::DEFAULT);
        let first = Subtype::MIN;
        writer
            .push_device_certificate(first, &Certificate::der(&self.dac).unwrap())
            .unwrap();
        writer
            .push_ca_certificate(first, &Certificate::der(&self.pai).unwrap())
            .unwrap();
        let key = KeyStorage::Plain(PlainKey::sec1_der(&self.key).unwrap());
        writer.push_key(first, &key).unwrap();
        for item in [
            MatterData::discriminator(3840).unwrap(),
            MatterData::verifier(&[0x5A; 97]),
            MatterData::salt(&[0x5A; 32]).unwrap(),
            MatterData::iteration_count(10_000).unwrap(),
            MatterData::rotating_id_unique_id(&[0x5A; 16]),
        ] {
            writer.push_matter(&item).unwrap();
        }
        writer.push_integrity().unwrap();
        writer.finish()
    }
}

/// Looks up everything that the firmware of a Matter device looks up.
fn read(image: &Image<'_>) -> usize {
    let data = |kind, subtype| image.find(kind, subtype).unwrap().unwrap().data().len();
    let subtypes = [
        MatterData::DISCRIMINATOR,
        MatterData::VERIFIER,
        MatterData::SALT,
        MatterData::ITERATION_COUNT,
        MatterData::ROTATING_ID_UNIQUE_ID,
    ];
    let matter: usize = subtypes
        .iter()
        .map(|subtype| data(RecordType::MATTER_1, *subtype))
        .sum();
    assert!(image.key(Subtype::MIN).unwrap().is_some() && image.verify_integrity().unwrap());
    matter + data(RecordType::DEV_CERT, Subtype::MIN) + data(RecordType::CA_CERT, Subtype::MIN)
}

fn images(c: &mut Criterion) {
    let mut group = c.benchmark_group("esp-secure-cert");
    let device = Device::new();
    let mut buffer = vec![0; PartitionSize::DEFAULT.bytes()];
    let image = device.build(&mut buffer).to_vec();
    group.throughput(Throughput::Bytes(image.len().try_into().unwrap()));
    let name = "matter-device";
    group.bench_function(BenchmarkId::new("build", name), |b| {
        b.iter(|| black_box(black_box(&device).build(&mut buffer)).len());
    });
    group.bench_function(BenchmarkId::new("read", name), |b| {
        b.iter(|| black_box(read(&Image::new(black_box(&image)))));
    });
    group.bench_function(BenchmarkId::new("check", name), |b| {
        b.iter(|| black_box(check(black_box(&image), PartitionSize::DEFAULT).len()));
    });
    group.finish();
}

criterion_group!(benches, images);
criterion_main!(benches);
