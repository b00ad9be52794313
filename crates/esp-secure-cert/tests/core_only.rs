//! Functions that need no allocator. The suite runs this file with and without the `alloc` feature.

#![allow(clippy::unwrap_used, reason = "tests")]

use esp_secure_cert::{
    Certificate, EfuseKey, Image, KeyStorage, MatterData, PartitionSize, RecordType, Subtype, Tail, Writer,
};

/// The whole partition of a Matter device with its key in an eFuse, compared with bytes from the
/// format's description.
#[test]
fn image_is_written_and_read() {
    let mut buffer = [0xA5; 512];
    let mut writer = Writer::new(&mut buffer, PartitionSize::DEFAULT);
    writer
        .push_device_certificate(Subtype::MIN, &Certificate::der(&[0x30, 1, 9]).unwrap())
        .unwrap();
    writer
        .push_key(Subtype::MIN, &KeyStorage::EfuseEcdsa(EfuseKey::new(2).unwrap()))
        .unwrap();
    writer.push_matter(&MatterData::discriminator(0xF00).unwrap()).unwrap();
    writer
        .push_matter(&MatterData::iteration_count(10_000).unwrap())
        .unwrap();
    writer.push_integrity().unwrap();
    let len = writer.finish().len();
    // The marker that the vendor's tool writes after appending.
    buffer
        .get_mut(len..len + 4)
        .unwrap()
        .copy_from_slice(&[0xFF, 0xFF, 0, 0]);
    let bytes = buffer.get(..len + 4).unwrap();

    let head = |flags, kind, subtype, len| [0x11, 0xBA, 0x5E, 0xBA, flags, 0, 0, 0, kind, subtype, len, 0];
    let expected: [(usize, [u8; 12], &[u8]); 6] = [
        (0, head(0, 1, 0, 3), &[0x30, 1, 9]),
        (32, head(0, 6, 0, 40), &[6]),
        (96, head(8, 2, 0, 0), &[]),
        (112, head(0, 201, 0, 2), &[0x00, 0x0F]),
        (144, head(0, 201, 3, 4), &[0x10, 0x27, 0, 0]),
        (176, head(0, 9, 0, 32), &[]),
    ];
    for (offset, head, data) in expected {
        let record = bytes.get(offset..).unwrap();
        assert!(record.starts_with(&head), "at {offset}");
        assert!(record.get(12..).unwrap().starts_with(data), "at {offset}");
    }
    assert_eq!(bytes.len(), 176 + 48 + 4);
    let image = Image::new(bytes);
    assert_eq!(image.tail(), Tail::Marker);
    assert_eq!(
        image
            .records()
            .map(|record| record.unwrap().crc_ok())
            .filter(|ok| *ok)
            .count(),
        6
    );
    assert_eq!(image.verify_integrity(), Ok(true));
    let Ok(Some(KeyStorage::EfuseEcdsa(key))) = image.key(Subtype::MIN) else {
        unreachable!()
    };
    assert_eq!(key.to_string(), "BLOCK_KEY2");
    assert!(image.find(RecordType::CA_CERT, Subtype::MIN).unwrap().is_none());
}
