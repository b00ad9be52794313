//! Any bytes: auditing them as either image never panics, and an NVS image that the audit has nothing against reads.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use matter_factory_data::{Artifacts, BatchAudit, Severity, audit, recompute};

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    matter_factory_fuzz::mutate_nvs_image(data, size, max_size, seed)
});

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes.get(..64).unwrap_or(bytes));
    let label = Artifacts::new().with_qr(&text).with_manual(&text).with_numbers(&text, &text);
    let report = audit(&label.with_nvs(bytes).with_secure_cert(bytes));
    let mut nvs = audit(&Artifacts::new().with_nvs(bytes));
    assert!(!nvs.is_clean(Severity::Warning) || esp_nvs_image::decode(bytes).is_ok());
    recompute([&mut nvs]);
    let mut batch = BatchAudit::new(&[0; 32]);
    batch.add("both", &report);
    batch.add("nvs", &nvs);
    let _ = batch.finish();
});
