//! Auditing any bytes as either image and as each kind of file never panics; an NVS image without errors decodes; and a
//! decodable key is found in the eFuse key file.

use matter_attestation::PrivateKey;
use matter_factory_data::{Artifacts, BatchAudit, Check, Severity, audit, recompute};

pub(crate) fn property(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes.get(..64).unwrap_or(bytes));
    let label = Artifacts::new()
        .with_qr(&text)
        .with_manual(&text)
        .with_numbers(&text, &text);
    let files = [("file", bytes)];
    let files = label
        .with_files(&files)
        .with_key_files(&files)
        .with_efuse_key("efuse-key", bytes);
    let report = audit(&files.with_nvs(bytes).with_secure_cert(bytes));
    // Without an image, no key is for an eFuse. Longer files are searched but not decoded as a whole.
    let alone = audit(&Artifacts::new().with_efuse_key("efuse-key", bytes));
    let is_key = bytes.len() <= 8192 && PrivateKey::decode(bytes).is_ok();
    assert!(alone.has(Check::KeyLeaked) || alone.has(Check::ArtifactMalformed) && !is_key);
    let mut nvs = audit(&Artifacts::new().with_nvs(bytes));
    assert!(!nvs.is_clean(Severity::Warning) || esp_nvs_image::decode(bytes).is_ok());
    recompute([&mut nvs]);
    let mut batch = BatchAudit::new(&[0; 32]);
    batch.add("both", &report);
    batch.add("nvs", &nvs);
    assert!(!batch.is_empty());
    let _ = batch.finish();
}
