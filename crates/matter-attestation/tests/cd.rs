//! Certification Declarations: exact bytes, round trips, refusals.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::as_conversions)]

use hex_literal::hex;
use matter_attestation::{
    CertificationDeclaration, CertificationType, DacOrigin, Error, KeyId, SignedDeclaration, TEST_CD_SIGNING_KEY_ID,
    test_cd_signing_key,
};
use matter_types::{ProductId, VendorId};

fn vendor(raw: u16) -> VendorId {
    VendorId::new(raw).unwrap()
}

fn product(raw: u16) -> ProductId {
    ProductId::new(raw).unwrap()
}

fn products(count: u16) -> Vec<ProductId> {
    (0..count).map(|n| product(0x8000 + n)).collect()
}

fn plain() -> CertificationDeclaration {
    CertificationDeclaration::new(
        vendor(0xFFF1),
        &[product(0x8000), product(0x00B1)],
        0x1234,
        "CSA00000SWC00000-00",
        CertificationType::Provisional,
    )
    .unwrap()
    .with_version_number(0x2694)
}

fn largest() -> CertificationDeclaration {
    let paas = (0..10).map(|n| KeyId::new([n; 20])).collect::<Vec<_>>();
    CertificationDeclaration::new(
        vendor(0xFFF1),
        &products(100),
        u32::MAX,
        "CSA00000SWC00000-00",
        CertificationType::Official,
    )
    .unwrap()
    .with_version_number(u16::MAX)
    .with_dac_origin(DacOrigin {
        vendor_id: vendor(0xFFF2),
        product_id: product(0x8001),
    })
    .with_authorized_paas(&paas)
    .unwrap()
}

fn sign(content: &CertificationDeclaration) -> Vec<u8> {
    content.sign(&test_cd_signing_key(), TEST_CD_SIGNING_KEY_ID).unwrap()
}

/// Wraps any TLV with a signature that is well-formed but invalid.
fn wrap(tlv: &[u8]) -> Vec<u8> {
    wrap_with(tlv, &hex!("30 06 02 01 01 02 01 01"))
}

/// An independent, naive encoder of the envelope.
fn wrap_with(tlv: &[u8], signature: &[u8]) -> Vec<u8> {
    let key_id = TEST_CD_SIGNING_KEY_ID;
    let alg = hex!("30 0B 06 09 60 86 48 01 65 03 04 02 01");
    let info = [
        &hex!("02 01 03 80 14") as &[u8],
        key_id.as_bytes(),
        &alg,
        &hex!("30 0A 06 08 2A 86 48 CE 3D 04 03 02"),
        &tagged(0x04, signature),
    ]
    .concat();
    let content = tagged(0xA0, &tagged(0x04, tlv));
    let data = [&hex!("06 09 2A 86 48 86 F7 0D 01 07 01") as &[u8], &content].concat();
    let signed = [
        &hex!("02 01 03") as &[u8],
        &tagged(0x31, &alg),
        &tagged(0x30, &data),
        &tagged(0x31, &tagged(0x30, &info)),
    ]
    .concat();
    let body = [
        &hex!("06 09 2A 86 48 86 F7 0D 01 07 02") as &[u8],
        &tagged(0xA0, &tagged(0x30, &signed)),
    ]
    .concat();
    tagged(0x30, &body)
}

fn tagged(tag: u8, value: &[u8]) -> Vec<u8> {
    let len = u16::try_from(value.len()).unwrap();
    let mut out = match len {
        0..0x80 => vec![tag, len as u8],
        0x80..0x100 => vec![tag, 0x81, len as u8],
        _ => vec![tag, 0x82, (len >> 8) as u8, len as u8],
    };
    out.extend(value);
    out
}

fn tlv_error(tlv: &[u8]) -> Error {
    SignedDeclaration::decode(&wrap(tlv)).unwrap_err()
}

#[test]
fn content_has_the_bytes_of_the_specification() {
    let expected = [
        &hex!("15 24 00 01 25 01 F1 FF 36 02 05 00 80 04 B1 18 25 03 34 12 2C 04 13") as &[u8],
        b"CSA00000SWC00000-00",
        &hex!("24 05 00 24 06 00 25 07 94 26 24 08 01 18"),
    ]
    .concat();
    assert_eq!(plain().encode_tlv().unwrap(), expected);

    let with_options = plain()
        .with_dac_origin(DacOrigin {
            vendor_id: vendor(0xFFF2),
            product_id: product(0x00B2),
        })
        .with_authorized_paas(&[KeyId::new([0xAB; 20])])
        .unwrap();
    let tail = [
        &hex!("24 08 01 25 09 F2 FF 24 0A B2 36 0B 10 14") as &[u8],
        &[0xAB; 20],
        &hex!("18 18"),
    ]
    .concat();
    assert!(with_options.encode_tlv().unwrap().ends_with(&tail));
}

#[test]
fn envelope_has_the_bytes_of_the_specification() {
    for content in [plain(), largest()] {
        let cms = sign(&content);
        let signature = (64..=72)
            .map(|len| &cms[cms.len() - len..])
            .find(|tail| tail[..2] == [0x30, u8::try_from(tail.len() - 2).unwrap()])
            .unwrap();
        assert_eq!(cms, wrap_with(&content.encode_tlv().unwrap(), signature));
    }
}

#[test]
fn signed_declarations_decode_and_verify() {
    for content in [plain(), largest()] {
        let cms = sign(&content);
        let signed = SignedDeclaration::decode(&cms).unwrap();
        assert_eq!(*signed.content(), content);
        assert_eq!(signed.signer_key_id(), TEST_CD_SIGNING_KEY_ID);
        assert_eq!(signed.as_tlv(), content.encode_tlv().unwrap());
        signed.verify(&test_cd_signing_key().public_key()).unwrap();
        let other = matter_attestation::PrivateKey::from_scalar(&[1; 32]).unwrap();
        assert_eq!(signed.verify(&other.public_key()), Err(Error::SignatureInvalid));
        assert_eq!(sign(&content), cms, "signing is deterministic");
    }
    assert!(sign(&largest()).len() <= 790, "the SDK's limit");
}

#[test]
fn covers_the_listed_products_of_the_vendor() {
    let content = plain();
    assert!(content.covers(vendor(0xFFF1), product(0x8000)));
    assert!(content.covers(vendor(0xFFF1), product(0x00B1)));
    assert!(!content.covers(vendor(0xFFF1), product(0x8001)));
    assert!(!content.covers(vendor(0xFFF2), product(0x8000)));
}

#[test]
fn limits_are_checked_when_content_is_created() {
    let make = |ids: &[ProductId], id: &str| {
        CertificationDeclaration::new(vendor(1), ids, 1, id, CertificationType::DevelopmentAndTest)
    };
    let id = "CSA00000SWC00000-00";
    assert!(make(&products(1), id).is_ok());
    assert!(make(&products(100), id).is_ok());
    assert_eq!(make(&[], id).unwrap_err(), Error::CdProductIdCount { count: 0 });
    assert_eq!(
        make(&products(101), id).unwrap_err(),
        Error::CdProductIdCount { count: 101 }
    );
    assert_eq!(
        make(&products(1), &id[1..]).unwrap_err(),
        Error::CdCertificateIdLength { len: 18 }
    );
    let paas = [KeyId::new([1; 20]); 11];
    assert_eq!(
        plain().with_authorized_paas(&paas).unwrap_err(),
        Error::CdAuthorizedPaaCount { count: 11 }
    );
    assert_eq!(
        plain().with_authorized_paas(&[]).unwrap_err(),
        Error::CdAuthorizedPaaCount { count: 0 }
    );
    assert_eq!(
        plain()
            .with_version_number(0)
            .sign(&test_cd_signing_key(), TEST_CD_SIGNING_KEY_ID),
        Err(Error::CdMemberNotIssuable { tag: 7 })
    );
}

#[test]
fn members_must_be_present_in_order_and_in_range() {
    let good = plain().encode_tlv().unwrap();
    SignedDeclaration::decode(&wrap(&good)).unwrap();
    // Each member in turn is omitted: tag, offset, length.
    for (tag, start, len) in [
        (0, 1, 3),
        (1, 4, 4),
        (2, 8, 8),
        (3, 16, 4),
        (4, 20, 22),
        (5, 42, 3),
        (6, 45, 3),
        (7, 48, 4),
        (8, 52, 3),
    ] {
        let mut tlv = good.clone();
        let member = tlv.drain(start..start + len).collect::<Vec<_>>();
        assert_eq!(tlv_error(&tlv), Error::CdMember { tag, offset: start });
        if tag == 8 {
            continue;
        }
        // A member after all others counts as missing.
        tlv.splice(tlv.len() - 1..tlv.len() - 1, member);
        assert_eq!(tlv_error(&tlv), Error::CdMember { tag, offset: start });
    }
    let replaced = |start: usize, len: usize, with: &[u8]| {
        let mut tlv = good.clone();
        tlv.splice(start..start + len, with.iter().copied());
        tlv_error(&tlv)
    };
    assert_eq!(replaced(1, 3, &hex!("24 00 02")), Error::CdFormatVersion { value: 2 });
    assert_eq!(replaced(4, 4, &hex!("24 01 00")), Error::CdMember { tag: 1, offset: 4 });
    assert_eq!(
        replaced(4, 4, &hex!("26 01 00 00 01 00")),
        Error::CdMember { tag: 1, offset: 4 }
    );
    assert_eq!(
        replaced(4, 4, &hex!("21 01 F1 7F")),
        Error::CdMember { tag: 1, offset: 4 }
    );
    assert_eq!(replaced(8, 8, &hex!("36 02 18")), Error::CdProductIdCount { count: 0 });
    assert_eq!(replaced(10, 3, &hex!("04 00")), Error::CdMember { tag: 2, offset: 10 });
    // With the string one byte shorter, its last byte is read as the control byte of another member.
    assert_eq!(replaced(22, 1, &[0x12]), Error::CdMember { tag: 5, offset: 41 });
    assert_eq!(replaced(22, 1, &[0xFF]), Error::CdTlvMalformed { offset: 20 });
    assert_eq!(
        replaced(52, 3, &hex!("24 08 03")),
        Error::CdCertificationType { value: 3 }
    );
    let end = good.len() - 1;
    assert_eq!(replaced(end, 1, &hex!("24 09 01 18")), Error::CdDacOriginIncomplete);
    assert_eq!(replaced(end, 1, &hex!("24 0A 01 18")), Error::CdDacOriginIncomplete);
    assert_eq!(
        replaced(end, 1, &hex!("36 0B 18 18")),
        Error::CdAuthorizedPaaCount { count: 0 }
    );
    assert_eq!(
        replaced(end, 1, &hex!("36 0B 10 01 AA 18 18")),
        Error::CdMember {
            tag: 11,
            offset: end + 2
        }
    );
    assert_eq!(replaced(end, 1, &[]), Error::CdTlvMalformed { offset: end });
    assert_eq!(
        replaced(end, 1, &hex!("18 18")),
        Error::CdTlvMalformed { offset: end + 1 }
    );
    assert_eq!(
        replaced(end, 1, &hex!("18 14")),
        Error::CdTlvMalformed { offset: end + 1 }
    );
    assert_eq!(tlv_error(&[]), Error::CdTlvMalformed { offset: 0 });
    assert_eq!(tlv_error(&hex!("16 18")), Error::CdTlvMalformed { offset: 0 });
}

#[test]
fn unnecessarily_wide_numbers_and_unknown_members_are_tolerated() {
    let good = plain().encode_tlv().unwrap();
    let mut tlv = good.clone();
    tlv.splice(1..4, hex!("27 00 01 00 00 00 00 00 00 00"));
    let end = tlv.len() - 1;
    tlv.splice(
        end..end,
        hex!("24 0C 01 35 0D 36 01 04 01 18 18 CA F1 FF 00 00 01 00 00 00 80 3F 2A FF 00 00 80 3F"),
    );
    let signed = SignedDeclaration::decode(&wrap(&tlv)).unwrap();
    assert_eq!(*signed.content(), plain());
    assert_eq!(signed.as_tlv(), tlv);
}

#[test]
fn reserved_values_are_read_but_not_signed() {
    let mut tlv = plain().encode_tlv().unwrap();
    tlv[44] = 1;
    let signed = SignedDeclaration::decode(&wrap(&tlv)).unwrap();
    assert_eq!(signed.content().security_level(), 1);
    assert_eq!(
        signed.content().sign(&test_cd_signing_key(), TEST_CD_SIGNING_KEY_ID),
        Err(Error::CdMemberNotIssuable { tag: 5 })
    );
}

#[test]
fn other_envelopes_are_refused() {
    let cms = sign(&plain());
    let replaced = |from: &[u8], to: &[u8], nth: usize| {
        let at = cms
            .windows(from.len())
            .enumerate()
            .filter(|(_, window)| *window == from)
            .nth(nth)
            .unwrap()
            .0;
        let mut changed = cms.clone();
        changed[at..at + from.len()].copy_from_slice(to);
        match SignedDeclaration::decode(&changed).unwrap_err() {
            Error::CdCmsField { field } => field,
            other => panic!("{other:?}"),
        }
    };
    let sha256 = hex!("06 09 60 86 48 01 65 03 04 02 01");
    let sha512 = hex!("06 09 60 86 48 01 65 03 04 02 03");
    assert!(replaced(&hex!("02 01 03"), &hex!("02 01 02"), 0).starts_with("version"));
    assert!(replaced(&hex!("02 01 03"), &hex!("02 01 01"), 1).starts_with("signer version"));
    assert!(replaced(&sha256, &sha512, 0).starts_with("digest algorithm"));
    assert!(replaced(&sha256, &sha512, 1).starts_with("signer's digest algorithm"));
    assert!(replaced(&hex!("CE 3D 04 03 02"), &hex!("CE 3D 04 03 03"), 0).starts_with("signature algorithm"));
    assert!(replaced(&hex!("0D 01 07 01"), &hex!("0D 01 07 03"), 0).starts_with("encapsulated"));
    assert!(replaced(&hex!("0D 01 07 02"), &hex!("0D 01 07 03"), 0).starts_with("content type"));

    let trailing = [cms.as_slice(), &[0]].concat();
    assert!(matches!(
        SignedDeclaration::decode(&trailing),
        Err(Error::CdCmsMalformed { offset: Some(_) })
    ));
    for input in [&[] as &[u8], &[0x30], &[0; 100], b"not a declaration"] {
        assert!(matches!(
            SignedDeclaration::decode(input),
            Err(Error::CdCmsMalformed { .. })
        ));
    }
}

#[test]
fn truncations_and_changed_bytes_are_refused() {
    let key = test_cd_signing_key().public_key();
    let cms = sign(&plain());
    for len in 0..cms.len() {
        assert!(SignedDeclaration::decode(&cms[..len]).is_err(), "{len} bytes");
    }
    // The signer's key identifier is not signed. Every other byte is, or has one legal value.
    let key_id = TEST_CD_SIGNING_KEY_ID;
    let at = cms.windows(20).position(|window| window == key_id.as_bytes()).unwrap();
    for byte in (0..cms.len()).filter(|byte| !(at..at + 20).contains(byte)) {
        for bit in 0..8 {
            let mut changed = cms.clone();
            changed[byte] ^= 1 << bit;
            let accepted = SignedDeclaration::decode(&changed).is_ok_and(|signed| signed.verify(&key).is_ok());
            assert!(!accepted, "byte {byte}, bit {bit}");
        }
    }
}
