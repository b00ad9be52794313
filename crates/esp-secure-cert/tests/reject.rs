//! Values just outside and just inside the limits of the writer and the types; a rejected call
//! writes nothing.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use esp_secure_cert::{
    Certificate, DsKey, EfuseKey, EncryptedKey, Error, Flags, Image, KeySalt, KeyStorage, MatterData, PartitionSize,
    PlainKey, RawRecord, RecordType, SignatureBlock, Subtype, Writer,
};

#[test]
fn numbers_out_of_range_are_refused() {
    assert!(Subtype::new(253).is_ok());
    assert_eq!(Subtype::new(254), Err(Error::Subtype { subtype: 254 }));
    assert!(EfuseKey::new(5).is_ok());
    assert_eq!(EfuseKey::new(6), Err(Error::EfuseKey { id: 6 }));
    for (bytes, good) in [
        (0, false),
        (0xFFF, false),
        (0x1000, true),
        (0x1001, false),
        (0x1_0000, true),
        (0x1_1000, false),
    ] {
        assert_eq!(PartitionSize::new(bytes).is_ok(), good, "{bytes:#x}");
    }
    for (text, good) in [
        ("0x2000", true),
        ("8192", true),
        ("0X2000", true),
        ("", false),
        ("+8192", false),
        ("0x", false),
        ("2000", false),
        ("0x+2000", false),
        ("99999999999999999999", false),
    ] {
        assert_eq!(text.parse::<PartitionSize>().is_ok(), good, "{text}");
    }
    let matter = |ok, result: Result<MatterData<'_>, Error>| assert_eq!(result.is_ok(), ok);
    matter(true, MatterData::discriminator(0xFFF));
    matter(false, MatterData::discriminator(0x1000));
    for (count, good) in [(999, false), (1000, true), (100_000, true), (100_001, false)] {
        matter(good, MatterData::iteration_count(count));
    }
    for (len, good) in [(15, false), (16, true), (32, true), (33, false)] {
        matter(good, MatterData::salt(&[0; 33][..len]));
    }
}

#[test]
fn errors_state_the_value_found() {
    let matter = |result: Result<MatterData<'_>, Error>| result.unwrap_err().to_string();
    for (text, expected) in [
        (
            matter(MatterData::discriminator(0x1000)),
            "discriminator 4096 is not in the range 0 to 4095",
        ),
        (
            matter(MatterData::salt(&[0; 15])),
            "SPAKE2+ salt has 15 bytes; 16 to 32 are allowed",
        ),
        (
            matter(MatterData::iteration_count(999)),
            "SPAKE2+ iteration count 999 is not in the range 1000 to 100000",
        ),
    ] {
        assert_eq!(text, expected);
    }

    let block = |data: &[u8]| SignatureBlock::decode(data).unwrap_err().to_string();
    let malformed =
        "signature block is malformed: not version 1 with RSA-3072 or ECDSA P-192, P-256 or P-384, or wrong length";
    assert_eq!(block(&[1; 15]), format!("{malformed} (15 bytes)"));
    let header = [2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0];
    assert_eq!(
        block(&header),
        format!("{malformed} (version 2, algorithm 3, 16 bytes)")
    );

    let key = |configuration: &[u8]| {
        let mut buffer = [0; 256];
        let mut writer = Writer::new(&mut buffer, PartitionSize::DEFAULT);
        writer
            .push_raw(&RawRecord::new(RecordType::PRIV_KEY, 0, &[]).with_flags(Flags::EFUSE_ECDSA))
            .unwrap();
        writer
            .push_raw(&RawRecord::new(RecordType::SEC_CFG, 0, configuration))
            .unwrap();
        Image::new(writer.finish()).key(Subtype::MIN).unwrap_err().to_string()
    };
    for (configuration, found) in [
        (&[][..], "0 bytes"),
        (&[4; 39], "39 bytes that start with 4"),
        (&[3; 40], "40 bytes that start with 3"),
    ] {
        assert_eq!(
            key(configuration),
            format!(
                "SEC_CFG at offset 0x10 has {found}; 40 bytes that start with an eFuse block from 4 to 9 are required"
            )
        );
    }
}

#[test]
fn rsa_parameters_that_no_chip_has_are_refused() {
    let block = EfuseKey::MIN;
    let make = |bits, len| DsKey::new(block, bits, [0; 16], &[0; 2000][..len]).map(|_| ());
    for (bits, len, good) in [
        (1024, 1200, true),
        (992, 1200, false),
        (2050, 1200, false),
        (3072, 1200, true),
        (3104, 1200, false),
        (3104, 1584, true),
        (4096, 1584, true),
        (4128, 1584, false),
        (2048, 1584, true),
        (2048, 1199, false),
        (2048, 0, false),
    ] {
        assert_eq!(make(bits, len).is_ok(), good, "{bits} bits, {len} bytes");
    }
    let data = [&63_u32.to_le_bytes()[..], &[7; 16 + 1200]].concat();
    let context = [0, 0, 0, 0, 3, 0, 0x00, 0x08];
    let key = DsKey::decode(&data, &context).unwrap();
    assert_eq!((key.bits(), key.efuse_key().id(), key.iv()), (2048, 3, &[7; 16]));
    for at in 0..8 {
        let mut changed = context;
        changed[at] ^= 0x40;
        assert!(DsKey::decode(&data, &changed).is_err(), "byte {at}");
    }
    assert_eq!(DsKey::decode(&data, &context[..7]).unwrap_err(), Error::DsContext);
    assert_eq!(DsKey::decode(&data[..19], &context).unwrap_err(), Error::DsContext);
}

fn sec1() -> [u8; 121] {
    let mut key = [0x5A; 121];
    key[..7].copy_from_slice(&[0x30, 0x77, 0x02, 0x01, 0x01, 0x04, 0x20]);
    key
}

#[test]
fn keys_of_another_form_are_refused() {
    let key = sec1();
    assert!(PlainKey::sec1_der(&key).unwrap().is_for_matter());
    let mut pkcs8 = key;
    pkcs8[4] = 0;
    for bad in [
        &key[..120],
        &pkcs8,
        &[],
        &[0x30, 0x00],
        b"-----BEGIN EC PRIVATE KEY-----",
    ] {
        assert_eq!(PlainKey::sec1_der(bad).unwrap_err(), Error::KeyForm);
    }
    let pem = b"-----BEGIN EC PRIVATE KEY-----\nAA==\n-----END EC PRIVATE KEY-----\n";
    assert!(!PlainKey::sec1_pem(pem).unwrap().is_for_matter());
    assert_eq!(PlainKey::sec1_pem(&key).unwrap_err(), Error::KeyForm);
    let pkcs8 = b"-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n";
    assert_eq!(PlainKey::sec1_pem(pkcs8).unwrap_err(), Error::KeyForm);
    for plain in [&key[..], pem] {
        assert_eq!(EncryptedKey::new(plain).unwrap_err(), Error::KeyNotEncrypted);
    }
    assert_eq!(
        EncryptedKey::new(&[7; 16]).unwrap_err(),
        Error::EncryptedLength { len: 16 }
    );
    assert!(EncryptedKey::new(&[7; 17]).is_ok());
    assert_eq!(Certificate::der(&[0x31, 0]).unwrap_err(), Error::CertificateForm);
    assert_eq!(format!("{:?}", PlainKey::sec1_der(&key).unwrap()), "PlainKey([elided])");
    assert!(!format!("{:?}", KeyStorage::Plain(PlainKey::sec1_der(&key).unwrap())).contains("90"));
}

#[test]
fn refused_push_changes_nothing() {
    let mut buffer = [0xA5; 192];
    let mut writer = Writer::new(&mut buffer, PartitionSize::DEFAULT);
    let one = Subtype::new(1).unwrap();
    writer
        .push_key(Subtype::MIN, &KeyStorage::EfuseEcdsa(EfuseKey::MIN))
        .unwrap();
    let before = writer.as_bytes().to_vec();
    assert_eq!(before.len(), 64 + 16);
    // SEC_CFG fits, but the PRIV_KEY after it is a duplicate.
    let duplicate = Error::Duplicate {
        kind: RecordType::SEC_CFG,
        subtype: 0,
        offset: 0,
    };
    assert_eq!(
        writer.push_key(Subtype::MIN, &KeyStorage::EfuseEcdsa(EfuseKey::MAX)),
        Err(duplicate)
    );
    let salt = [1; 32];
    let derived = KeyStorage::HmacDerived(KeySalt::new(&salt).unwrap());
    let duplicate = Error::Duplicate {
        kind: RecordType::PRIV_KEY,
        subtype: 0,
        offset: 64,
    };
    assert_eq!(writer.push_key(Subtype::MIN, &derived), Err(duplicate));
    assert_eq!(writer.as_bytes(), before);
    let user = RecordType::USER_DATA_1;
    let small = Error::BufferTooSmall {
        needed: 80 + 16 + 112,
        available: 192,
    };
    assert_eq!(writer.push_user_data(user, one, &[0; 97]), Err(small));
    assert_eq!(writer.as_bytes(), before);
    writer.push_user_data(user, one, &[0; 96]).unwrap();
    assert_eq!(writer.finish().len(), 192);
}

#[test]
fn partition_and_record_limits_are_exact() {
    let mut buffer = vec![0; 0x1_0000];
    let big = |len| vec![0; len];
    let user = RecordType::USER_DATA_1;
    let mut writer = Writer::new(&mut buffer, PartitionSize::MIN);
    let full = Error::PartitionFull {
        needed: 0x1010,
        capacity: 0x1000,
    };
    assert_eq!(writer.push_user_data(user, Subtype::MIN, &big(0xFF1)), Err(full));
    writer.push_user_data(user, Subtype::MIN, &big(0xFF0)).unwrap();
    assert_eq!(writer.finish().len(), 0x1000);

    let mut writer = Writer::new(&mut buffer, PartitionSize::MAX);
    for len in [65_505, 65_536, 70_000] {
        assert_eq!(
            writer.push_user_data(user, Subtype::MIN, &big(len)),
            Err(Error::DataTooLong { len })
        );
    }
    writer.push_user_data(user, Subtype::MIN, &big(65_504)).unwrap();
    let full = Error::PartitionFull {
        needed: 0x1_0000,
        capacity: 0xFFF0,
    };
    let empty = RawRecord::new(user, 1, &[]);
    assert_eq!(writer.push_raw(&empty), Err(full));
}

#[test]
fn only_user_types_are_user_data_and_digests_end_at_sixteen() {
    let mut buffer = [0; 2048];
    let mut writer = Writer::new(&mut buffer, PartitionSize::DEFAULT);
    assert_eq!(writer.push_integrity(), Err(Error::NoRecords));
    for code in [0, 2, 50, 56, 201] {
        let kind = RecordType::new(code);
        let refused = Err(Error::NotUserData { kind });
        assert_eq!(writer.push_user_data(kind, Subtype::MIN, b"a"), refused);
    }
    writer
        .push_user_data(RecordType::USER_DATA_5, Subtype::MIN, b"a")
        .unwrap();
    for _ in 0..=16 {
        writer.push_integrity().unwrap();
    }
    assert_eq!(writer.push_integrity(), Err(Error::TooManyIntegrity));
    assert_eq!(Image::new(writer.finish()).verify_integrity(), Ok(true));
}

/// An image with two records of 32 bytes each.
fn two(buffer: &mut [u8]) -> usize {
    let mut writer = Writer::new(buffer, PartitionSize::DEFAULT);
    for subtype in [0, 1] {
        let subtype = Subtype::new(subtype).unwrap();
        writer.push_user_data(RecordType::USER_DATA_1, subtype, b"a").unwrap();
    }
    writer.finish().len()
}

#[test]
fn appending_continues_after_valid_records_only() {
    let mut buffer = [0; 256];
    let len = two(&mut buffer);
    let append = |buffer: &mut [u8], len| {
        let mut writer = Writer::append(buffer, len, PartitionSize::DEFAULT)?;
        writer.push_integrity()?;
        Ok::<_, Error>(writer.finish().len())
    };
    let mut good = buffer;
    assert_eq!(append(&mut good, len), Ok(64 + 48));
    let plain = good;
    // The marker and erased flash are overwritten.
    for (end, tail) in [
        (4, &[0xFF, 0xFF, 0, 0][..]),
        (16, &[0xFF; 16]),
        (8, &[0xFF, 0xFF, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]),
    ] {
        let mut marked = buffer;
        marked[len..len + tail.len()].copy_from_slice(tail);
        assert_eq!(append(&mut marked, len + end), Ok(64 + 48));
        assert_eq!(marked[..112], plain[..112]);
    }
    let mut damaged = buffer;
    damaged[32 + 12] ^= 1;
    assert_eq!(append(&mut damaged, len), Err(Error::Crc { offset: 32 }));
    let mut other = buffer;
    other[len] = 0;
    assert_eq!(append(&mut other, len + 1), Err(Error::Tail { offset: 64 }));
    let cut = Error::Truncated {
        offset: 32,
        needed: 32,
        available: 31,
    };
    assert_eq!(append(&mut buffer.clone(), len - 1), Err(cut));
    let small = Error::BufferTooSmall {
        needed: 257,
        available: 256,
    };
    assert_eq!(append(&mut buffer.clone(), 257), Err(small));
}

#[test]
fn look_ups_refuse_damage_and_missing_parts() {
    let mut buffer = [0; 256];
    let len = two(&mut buffer);
    buffer[32 + 12] ^= 1;
    let image = Image::new(&buffer[..len]);
    let (kind, one) = (RecordType::USER_DATA_1, Subtype::new(1).unwrap());
    // Only the returned record is checked, as in the firmware.
    assert!(image.find(kind, Subtype::MIN).unwrap().is_some());
    let damaged = Error::Crc { offset: 32 };
    assert_eq!(image.find(kind, one).unwrap_err(), damaged);
    assert_eq!(image.find_last(kind).unwrap_err(), damaged);
    assert!(image.find_last(RecordType::USER_DATA_2).unwrap().is_none());
    assert_eq!(image.records().nth(1).unwrap().unwrap().to_raw().unwrap_err(), damaged);

    for (flags, missing) in [
        (Flags::EFUSE_ECDSA, RecordType::SEC_CFG),
        (Flags::HMAC_DERIVED, RecordType::HMAC_ECDSA_KEY_SALT),
    ] {
        let key = |data: &[u8]| {
            let mut buffer = [0; 256];
            let mut writer = Writer::new(&mut buffer, PartitionSize::DEFAULT);
            writer
                .push_raw(&RawRecord::new(RecordType::PRIV_KEY, 0, data).with_flags(flags))
                .unwrap();
            Image::new(writer.finish()).key(Subtype::MIN).unwrap_err()
        };
        assert_eq!(key(&[]), Error::KeyRecord { missing });
        assert_eq!(key(&sec1()), Error::KeyNotKeyless { offset: 0 });
    }
}

#[test]
fn identity_is_written_whole_or_not_at_all() {
    let (device, ca) = ([0x30, 3, 2, 1, 0], [0x30, 3, 2, 1, 1]);
    let [device, ca] = [&device, &ca].map(|der| Certificate::der(der).unwrap());
    let key = KeyStorage::EfuseEcdsa(EfuseKey::new(1).unwrap());
    // SEC_CFG takes 64 bytes, each certificate 32, the empty PRIV_KEY 16.
    for available in 0..144 {
        let mut buffer = vec![0xA5; available];
        let mut writer = Writer::new(&mut buffer, PartitionSize::DEFAULT);
        let error = writer.push_identity(Subtype::MIN, &device, &ca, &key).unwrap_err();
        assert!(matches!(error, Error::BufferTooSmall { available: there, .. } if there == available));
        assert!(writer.as_bytes().is_empty(), "{available}");
    }
    let mut buffer = [0; 144];
    let mut writer = Writer::new(&mut buffer, PartitionSize::DEFAULT);
    writer.push_identity(Subtype::MIN, &device, &ca, &key).unwrap();
    let image = Image::new(writer.finish());
    let kinds = image.records().map(|record| record.unwrap().kind()).collect::<Vec<_>>();
    let order = [
        RecordType::SEC_CFG,
        RecordType::DEV_CERT,
        RecordType::CA_CERT,
        RecordType::PRIV_KEY,
    ];
    assert_eq!(kinds, order);
    assert!(matches!(image.key(Subtype::MIN), Ok(Some(KeyStorage::EfuseEcdsa(key))) if key.id() == 1));
}
