//! Any sequence of calls: records that the typed methods accept are read back, cause no error
//! finding, and are rewritten to the same bytes; a rejected call changes nothing.
//!
//! A call is the kind of record, the subtype, a length and the data bytes.

use esp_secure_cert::{
    Certificate, EfuseKey, EncryptedKey, Error, Image, KeySalt, KeyStorage, MatterData, PartitionSize, PlainKey,
    RecordType, Severity, Subtype, Writer, check,
};

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

pub(crate) fn property(input: &[u8]) {
    let mut buffer = vec![0; PartitionSize::MIN.bytes()];
    let mut writer = Writer::new(&mut buffer, PartitionSize::MIN);
    let mut rest = input;
    while let [what, subtype, len, after @ ..] = rest {
        let (data, after) = after.split_at(after.len().min(usize::from(*len)));
        rest = after;
        let before = writer.as_bytes().to_vec();
        let done = call(&mut writer, *what, *subtype, data);
        assert!(writer.as_bytes().starts_with(&before));
        assert_eq!(done.is_ok(), writer.as_bytes().len() > before.len());
    }
    let written = writer.finish();
    let image = Image::new(written);
    let errors = check(written, PartitionSize::MIN);
    assert!(
        written.is_empty() || errors.iter().all(|finding| finding.severity < Severity::Error),
        "{errors:?}"
    );
    assert!(image.verify_integrity().is_ok());
    let mut buffer = vec![0; PartitionSize::MIN.bytes()];
    let mut writer = Writer::new(&mut buffer, PartitionSize::MIN);
    for record in image.records() {
        let raw = record
            .and_then(|record| record.to_raw())
            .expect("written records are complete");
        assert!(image.find(raw.kind, Subtype::new(raw.subtype).unwrap()).is_ok());
        writer.push_raw(&raw).expect("they fitted before");
    }
    assert_eq!(writer.finish(), written);
}
