//! Making and reading the header of an image, and hashing and checking a payload in pieces.

#![allow(clippy::unwrap_used, missing_docs, reason = "benchmark")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use matter_ota_image::{
    DigestType, HeaderReader, OtaHeader, Payload, PayloadHasher, PayloadReader, ReleaseNotesUrl, SoftwareVersion,
    SoftwareVersionString,
};
use matter_types::{ProductId, VendorId};

const PIECE: usize = 64 << 10;

fn header(payload: Payload) -> OtaHeader<'static> {
    let text = SoftwareVersionString::new("1.2.3-release").unwrap();
    let version = SoftwareVersion::new(70_000);
    let header = OtaHeader::new(VendorId::MAX, ProductId::MAX, version, text, payload).unwrap();
    header.with_release_notes_url(ReleaseNotesUrl::new("https://example.com/releases/1.2.3/notes").unwrap())
}

fn hash(kind: DigestType, payload: &[u8]) -> Payload {
    let mut hasher = PayloadHasher::new(kind);
    payload.chunks(PIECE).for_each(|piece| hasher.update(piece));
    hasher.finish()
}

fn images(c: &mut Criterion) {
    let mut group = c.benchmark_group("matter-ota-image");
    let mut buffer = [0; OtaHeader::MAX_ENCODED_LEN];
    let payload = vec![0x5A; 4 << 20];
    let of = header(hash(DigestType::Sha256, &payload));
    let encoded = of.encode(&mut buffer).unwrap().to_vec();
    let name = "header";
    group.throughput(Throughput::Elements(1));
    group.bench_function(BenchmarkId::new("encode", name), |b| {
        b.iter(|| black_box(black_box(&of).encode(&mut buffer).unwrap()).len());
    });
    group.bench_function(BenchmarkId::new("read", name), |b| {
        b.iter(|| {
            let mut reader = HeaderReader::new();
            reader.push(black_box(&encoded)).unwrap();
            let header = reader.header().unwrap().to_header().unwrap();
            black_box(header.total_size())
        });
    });
    group.throughput(Throughput::Bytes(payload.len().try_into().unwrap()));
    for kind in [DigestType::Sha256, DigestType::Sha512, DigestType::Sha3_256] {
        group.bench_function(BenchmarkId::new("hash", kind), |b| {
            b.iter(|| black_box(hash(kind, black_box(&payload))).size);
        });
    }
    let mut reader = HeaderReader::new();
    reader.push(&encoded).unwrap();
    let read = reader.header().unwrap();
    group.bench_function(BenchmarkId::new("check", "4-MiB"), |b| {
        b.iter(|| {
            let mut checked = PayloadReader::new(&read);
            for piece in black_box(&payload).chunks(PIECE) {
                checked.push(piece);
            }
            black_box(checked.finish().count())
        });
    });
    group.finish();
}

criterion_group!(benches, images);
criterion_main!(benches);
