//! Keys, certificates and declarations of one device.

#![allow(clippy::unwrap_used, missing_docs, reason = "benchmark")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use matter_attestation::{
    Certificate, CertificationDeclaration, CertificationType, DacSubject, DateTime, DeclarationSigners, Issuer,
    IssuerVerifier, PaaStore, PaaSubject, PaiSubject, PrivateKey, Profile, SerialNumber, SignedDeclaration,
    TEST_CD_SIGNING_KEY_ID, Validity, Verification, issue_paa, test_cd_signing_key,
};
use matter_types::{ProductId, VendorId};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

fn declaration(vendor: VendorId, products: &[ProductId]) -> Vec<u8> {
    let kind = CertificationType::DevelopmentAndTest;
    CertificationDeclaration::new(vendor, products, 0x0016, "CSA00000SWC00000-00", kind)
        .unwrap()
        .sign(&test_cd_signing_key(), TEST_CD_SIGNING_KEY_ID)
        .unwrap()
}

fn attestation(c: &mut Criterion) {
    let mut group = c.benchmark_group("matter-attestation");
    group.throughput(Throughput::Elements(1));

    let mut rng = ChaCha20Rng::seed_from_u64(1);
    group.bench_function(BenchmarkId::new("generate-key", 1), |b| {
        b.iter(|| black_box(PrivateKey::generate(black_box(&mut rng))));
    });

    let [paa_key, pai_key, dac_key] = [1, 2, 3].map(|byte| PrivateKey::from_scalar(&[byte; 32]).unwrap());
    let vendor = VendorId::new(0xFFF1).unwrap();
    let product = ProductId::new(0x8000).unwrap();
    let validity = Validity::without_expiry(DateTime::new(2026, 1, 1, 0, 0, 0).unwrap());
    let serial = SerialNumber::new(&[1; 16]).unwrap();
    let paa = issue_paa(&paa_key, &PaaSubject::new("Bench PAA").unwrap(), validity, serial).unwrap();
    let subject = PaiSubject::new("Bench PAI", vendor).unwrap();
    let paa_issuer = Issuer::new(&paa, &paa_key).unwrap();
    let pai = paa_issuer
        .issue_pai(&subject, &pai_key.public_key(), validity, serial)
        .unwrap();
    let issuer = Issuer::new(&pai, &pai_key).unwrap();
    let subject = DacSubject::new("Bench DAC", vendor, product).unwrap();
    let public_key = dac_key.public_key();
    let issue = |subject: &DacSubject| issuer.issue_dac(subject, &public_key, validity, serial).unwrap();
    group.bench_function(BenchmarkId::new("issue-dac", 1), |b| {
        b.iter(|| black_box(issue(black_box(&subject))));
    });

    let template = issuer.dac_template(&subject, validity).unwrap();
    group.bench_function(BenchmarkId::new("issue-dac-template", 1), |b| {
        b.iter(|| black_box(template.issue_der(black_box("Bench DAC"), &public_key, serial).unwrap()));
    });
    // A whole batch: key, certificate and both encodings.
    group.sample_size(10).throughput(Throughput::Elements(10_000));
    group.bench_function(BenchmarkId::new("issue-batch", 10_000), |b| {
        b.iter(|| {
            for _ in 0..10_000 {
                let key = PrivateKey::generate(&mut rng);
                let serial = SerialNumber::generate(&mut rng);
                black_box(template.issue_der("Bench DAC", &key.public_key(), serial).unwrap());
                black_box(key.to_pkcs8_der());
            }
        });
    });
    group.sample_size(100);

    let dac = issue(&subject);
    group.throughput(Throughput::Bytes(dac.as_der().len().try_into().unwrap()));
    group.bench_function(BenchmarkId::new("certificate-from-der", "dac"), |b| {
        b.iter(|| black_box(Certificate::from_der(black_box(dac.as_der())).unwrap()));
    });

    group.throughput(Throughput::Elements(1));
    group.bench_function(BenchmarkId::new("verify-issued-by", "dac"), |b| {
        b.iter(|| black_box(&dac).verify_issued_by(black_box(&pai)).unwrap());
    });
    group.bench_function(BenchmarkId::new("issuer-verifier", "new"), |b| {
        b.iter(|| black_box(IssuerVerifier::new(black_box(&pai).clone())));
    });
    let verifier = IssuerVerifier::new(pai.clone());
    group.bench_function(BenchmarkId::new("issuer-verifier", "dac"), |b| {
        b.iter(|| verifier.verify(black_box(&dac)).unwrap());
    });

    let products: Vec<_> = (1..=100).map(|id| ProductId::new(id).unwrap()).collect();
    for count in [1, 100] {
        let signed = declaration(vendor, products.get(..count).unwrap());
        group.throughput(Throughput::Bytes(signed.len().try_into().unwrap()));
        group.bench_function(BenchmarkId::new("declaration-decode", count), |b| {
            b.iter(|| black_box(SignedDeclaration::decode(black_box(&signed)).unwrap()));
        });
    }
    group.throughput(Throughput::Elements(1));
    let signed = declaration(vendor, &[product]);
    let signers = DeclarationSigners::new().with_test_key(true);
    let mut store = PaaStore::new();
    store.insert(paa.as_der()).unwrap();
    let verification = Verification::new()
        .with_paa_store(&store)
        .with_pai(pai.as_der())
        .with_dac(dac.as_der())
        .with_declaration(&signed)
        .with_declaration_signers(&signers)
        .with_product(vendor, product)
        .at(DateTime::new(2026, 6, 1, 0, 0, 0).unwrap());
    group.bench_function(BenchmarkId::new("verify", "chain"), |b| {
        b.iter(|| assert!(black_box(verification).run(Profile::Strict).is_accepted()));
    });
    let batch = verification.prepare(Profile::Strict);
    group.bench_function(BenchmarkId::new("verify", "device-of-batch"), |b| {
        b.iter(|| assert!(batch.verify(black_box(dac.as_der())).is_accepted()));
    });
    group.finish();
}

criterion_group!(benches, attestation);
criterion_main!(benches);
