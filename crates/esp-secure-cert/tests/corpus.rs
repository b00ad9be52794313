//! Replays the fuzz corpora, with the properties of the fuzz targets.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::path::Path;

use esp_secure_cert::{
    Certificate, EfuseKey, EncryptedKey, Error, Image, KeySalt, KeyStorage, MatterData, PartitionSize, PlainKey,
    RecordType, Severity, SignatureBlock, Subtype, Writer, check,
};

/// Hands every file of a corpus over; there must be some.
fn replay(target: &str, check: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(target);
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "no files in {}", folder.display());
    for file in &files {
        // Captured, and shown when the check fails.
        println!("{}", file.display());
        check(&std::fs::read(file).unwrap());
    }
    println!("{target}: {} files", files.len());
}

/// Writes the records of an image again.
fn write_again(image: &Image<'_>) -> Result<Vec<u8>, Error> {
    let mut buffer = vec![0; PartitionSize::MAX.bytes()];
    let mut writer = Writer::new(&mut buffer, PartitionSize::MAX);
    for record in image.records() {
        writer.push_raw(&record?.to_raw()?)?;
    }
    Ok(writer.finish().to_vec())
}

#[test]
fn whole_records_are_written_to_the_same_bytes() {
    replay("esp_secure_cert_read", |bytes| {
        let image = Image::new(bytes);
        assert!(image.records().count() <= bytes.len() / 16 + 1);
        let _ = check(bytes, PartitionSize::DEFAULT);
        let _ = (image.key(Subtype::MIN), image.verify_integrity(), image.tail());
        for record in image.records().flatten() {
            let _ = SignatureBlock::decode(record.data());
        }
        if let Ok(again) = write_again(&image) {
            assert_eq!(again, image.record_bytes());
        }
    });
}

fn call(writer: &mut Writer<'_>, what: u8, subtype: u8, data: &[u8]) -> Result<(), Error> {
    let subtype = Subtype::new(subtype)?;
    let first = data.first().copied().unwrap_or_default();
    match what % 10 {
        0 => writer.push_ca_certificate(subtype, &Certificate::der(data)?),
        1 => writer.push_device_certificate(subtype, &Certificate::pem(data)?),
        2 => writer.push_key(subtype, &KeyStorage::Plain(PlainKey::sec1_der(data)?)),
        3 => writer.push_key(subtype, &KeyStorage::EfuseEcdsa(EfuseKey::new(first)?)),
        4 => writer.push_key(subtype, &KeyStorage::HmacDerived(KeySalt::new(data)?)),
        5 => writer.push_key(subtype, &KeyStorage::HmacEncrypted(EncryptedKey::new(data)?)),
        6 => writer.push_matter(&MatterData::salt(data)?),
        7 => writer.push_matter(&MatterData::discriminator(u16::from(first) << 4)?),
        8 => writer.push_integrity(),
        _ => writer.push_user_data(RecordType::new(first), subtype, data),
    }
}

#[test]
fn accepted_calls_make_images_without_errors() {
    replay("esp_secure_cert_build", |input| {
        let mut buffer = vec![0; PartitionSize::MIN.bytes()];
        let mut writer = Writer::new(&mut buffer, PartitionSize::MIN);
        let mut rest = input;
        while let [what, subtype, len, behind @ ..] = rest {
            let (data, behind) = behind.split_at(behind.len().min(usize::from(*len)));
            rest = behind;
            let before = writer.as_bytes().to_vec();
            let done = call(&mut writer, *what, *subtype, data);
            assert!(writer.as_bytes().starts_with(&before));
            assert_eq!(done.is_ok(), writer.as_bytes().len() > before.len());
        }
        let written = writer.finish();
        let findings = check(written, PartitionSize::MIN);
        let harmless = findings.iter().all(|finding| finding.severity < Severity::Error);
        assert!(written.is_empty() || harmless, "{findings:?}");
        assert_eq!(write_again(&Image::new(written)).as_deref(), Ok(&*written));
    });
}
