//! Inputs that the SDK's tool accepts and this crate refuses: constructors, the strict profile, the answers of providers.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::expect_used,
    reason = "tests"
)]

#[path = "support/judged.rs"]
mod judged;
#[path = "support/made.rs"]
mod made;
#[path = "support/naive.rs"]
mod naive;

use made::made;
use matter_ota_image::{
    ApplicableVersions, Digest, DigestType, Error, ModelVersion, OtaHeader, OtaUrl, PayloadHasher, ReleaseNotesUrl,
    Requestor, SoftwareVersion, SoftwareVersionString,
};
use matter_types::{ProductId, VendorId};

const PLAIN: [&str; 10] = [
    "-v", "0xFFF1", "-p", "0x8000", "-vn", "2", "-vs", "1.0", "-da", "sha256",
];

fn header(payload: &[u8]) -> OtaHeader<'static> {
    let mut hasher = PayloadHasher::new(DigestType::Sha256);
    hasher.update(payload);
    OtaHeader::new(
        VendorId::new(0xFFF1).unwrap(),
        ProductId::new(0x8000).unwrap(),
        SoftwareVersion::new(10),
        SoftwareVersionString::new("1.0").unwrap(),
        hasher.finish(),
    )
    .unwrap()
}

fn ids(file: &[u8]) -> Vec<&'static str> {
    judged::strict(file).map_or_else(|wrong| wrong.iter().map(|error| error.id()).collect(), |_| Vec::new())
}

/// A plain file with part of its structure replaced and the sizes updated.
fn with(from: &[u8], to: &[u8]) -> Vec<u8> {
    let file = made(&PLAIN, b"test payload").unwrap();
    let at = file
        .windows(from.len())
        .position(|window| window == from)
        .expect("it is there");
    let mut changed = [&file[..at], to, &file[at + from.len()..]].concat();
    let total = u64::try_from(changed.len()).unwrap();
    let size = u32::try_from(changed.len() - 16 - 12).unwrap();
    changed[4..12].copy_from_slice(&total.to_le_bytes());
    changed[12..16].copy_from_slice(&size.to_le_bytes());
    changed
}

/// The version string, and a number that fails in another way in the parser.
const TEXT: &[u8] = b"\x2C\x03\x031.0";
const VENDOR: &[u8] = b"\x25\x00\xF1\xFF";
const SIZE: &[u8] = b"\x24\x04\x0C";
const DIGEST_TYPE: &[u8] = b"\x24\x08\x01";

#[test]
fn version_strings_and_urls_are_counted_in_bytes() {
    // Quirk 1 of the tool: it counts characters.
    let letters = "\u{E4}".repeat(64);
    assert_eq!(
        SoftwareVersionString::new(&letters),
        Err(Error::VersionStringTooLong { len: 128 })
    );
    assert_eq!(
        SoftwareVersionString::new(&letters[..64]).map(|text| text.get().len()),
        Ok(64)
    );
    assert_eq!(SoftwareVersionString::new(""), Err(Error::VersionStringEmpty));
    let url = format!("https://{}", "\u{1F600}".repeat(248));
    assert_eq!(ReleaseNotesUrl::new(&url), Err(Error::UrlTooLong { len: 1000 }));
    assert_eq!(
        ReleaseNotesUrl::new("https://\u{E4}.de"),
        Err(Error::UrlCharacter { position: 8 })
    );
    let url = format!("https://{}", "x".repeat(249));
    assert_eq!(ReleaseNotesUrl::new(&url), Err(Error::UrlTooLong { len: 257 }));
    assert!(ReleaseNotesUrl::new(&url[..256]).is_ok());
    for url in ["", "http://a", "https://", "https:///a", "HTTPS://a", "ftp://a", "a"] {
        assert_eq!(ReleaseNotesUrl::new(url), Err(Error::UrlNotHttps), "{url}");
        assert_eq!(OtaUrl::new(url), Err(Error::UrlNotHttps), "{url}");
    }
    assert_eq!(OtaUrl::new("https://a b"), Err(Error::UrlCharacter { position: 9 }));
    let long = [b"\x2C\x03\x41".as_slice(), &[b'x'; 65]].concat();
    let answer = judged::strict(&with(TEXT, &long)).unwrap_err();
    assert_eq!(answer, [Error::VersionStringTooLong { len: 65 }]);
    assert_eq!(answer[0].sdk_code().unwrap().number(), 0x1E);
}

#[test]
fn ids_and_versions_that_do_not_fit_are_refused() {
    // Quirk 2: the tool accepts a 17-bit vendor ID and a 33-bit version.
    assert!("0x12345".parse::<VendorId>().is_err());
    assert_eq!("0x100000000".parse::<SoftwareVersion>(), Err(Error::SoftwareVersion));
    assert_eq!("-1".parse::<SoftwareVersion>(), Err(Error::SoftwareVersion));
    assert_eq!("4294967295".parse(), Ok(SoftwareVersion::MAX));
    let wide = judged::strict(&with(VENDOR, b"\x26\x00\x45\x23\x01\x00")).unwrap_err();
    assert_eq!(
        wide,
        [Error::NumberTooWide {
            tag: 0,
            bits: 16,
            value: 0x12345
        }]
    );
    assert_eq!(ids(&with(VENDOR, b"\x25\x00\xF5\xFF")), ["vendor-id-reserved"]);
    assert_eq!(ids(&with(VENDOR, b"\x24\x00\x00")), ["vendor-id-zero"]);
    assert_eq!(ids(&with(b"\x25\x01\x00\x80", b"\x24\x01\x00")), ["product-id-zero"]);
    // The same number in a longer encoding is equal.
    assert!(judged::strict(&with(VENDOR, b"\x27\x00\xF1\xFF\x00\x00\x00\x00\x00\x00")).is_ok());
}

#[test]
fn a_digest_has_the_length_of_its_type() {
    // Quirk 3: changing only the type leaves the old digest.
    assert_eq!(
        Digest::new(DigestType::Sha512, &[0; 32]),
        Err(Error::DigestLength { code: 8, len: 32 })
    );
    assert_eq!(ids(&with(DIGEST_TYPE, b"\x24\x08\x08")), ["digest-length"]);
    assert_eq!(ids(&with(DIGEST_TYPE, b"\x24\x08\x0A")), ["digest-mismatch"]);
    assert_eq!(ids(&with(DIGEST_TYPE, b"\x24\x08\x63")), ["digest-type"]);
    assert_eq!(ids(&with(DIGEST_TYPE, b"\x24\x08\x00")), ["digest-type"]);
    let lens = DigestType::ALL.map(DigestType::len);
    assert_eq!(lens, [32, 16, 15, 12, 8, 4, 48, 64, 28, 32, 48, 64]);
    // The SDK accepts a digest in either kind of string.
    let text = with(b"\x30\x09\x20", b"\x2C\x09\x20");
    assert_eq!((judged::sdk(&text).is_ok(), ids(&text)), (true, vec!["digest-is-text"]));
}

#[test]
fn applicable_versions_are_a_range_below_the_version() {
    let version = |number| Some(SoftwareVersion::new(number));
    assert_eq!(
        ApplicableVersions::new(version(3), version(2)),
        Err(Error::ApplicableRange { min: 3, max: 2 })
    );
    let check = |min, max| header(b"").with_applicable_versions(ApplicableVersions::new(min, max).unwrap());
    for (min, max) in [(None, version(10)), (version(10), None), (version(1), version(11))] {
        assert!(matches!(check(min, max), Err(Error::ApplicableNotBelowVersion { .. })));
    }
    assert!(check(version(9), version(9)).is_ok());
    assert_eq!(
        ids(&with(SIZE, b"\x24\x04\x0C\x24\x05\x01\x24\x06\x00")),
        ["applicable-range"]
    );
    assert_eq!(
        ids(&with(SIZE, b"\x24\x04\x0C\x24\x06\x02")),
        ["applicable-not-below-version"]
    );
}

#[test]
fn sizes_are_checked() {
    // Quirks 4 and 5: neither is checked.
    let file = made(&PLAIN, b"test payload").unwrap();
    let mut other = file.clone();
    other[4] ^= 1;
    assert_eq!(ids(&other), ["total-size"]);
    assert_eq!(ids(&file[..file.len() - 1]), ["payload-truncated"]);
    assert_eq!(ids(&file[..76]), ["payload-truncated"]);
    assert_eq!(ids(&file[..75]), ["incomplete"]);
    assert_eq!(ids(&file[..15]), ["incomplete"]);
    assert_eq!(ids(&[file.as_slice(), b"more"].concat()), ["trailing-bytes"]);
    let mut other = file.clone();
    *other.last_mut().unwrap() ^= 1;
    assert_eq!(ids(&other), ["digest-mismatch"]);
    other[0] = 0;
    assert_eq!(ids(&other), ["file-identifier"]);
    let size = header(b"").payload();
    let huge = matter_ota_image::Payload {
        size: u64::MAX - 100,
        ..size
    };
    let text = SoftwareVersionString::new("1").unwrap();
    assert!(matches!(
        OtaHeader::new(VendorId::MIN, ProductId::MIN, SoftwareVersion::MAX, text, huge),
        Err(Error::PayloadTooLarge { .. })
    ));
}

#[test]
fn text_that_the_sdk_cuts_is_refused() {
    let cut = with(TEXT, b"\x2C\x03\x051.0\x1Fx");
    assert_eq!(judged::sdk(&cut).map(|fields| fields.text), Ok(b"1.0".to_vec()));
    assert_eq!(ids(&cut), ["version-string-separator"]);
    assert_eq!(
        SoftwareVersionString::new("1\u{1F}0"),
        Err(Error::VersionStringSeparator)
    );
    // Too long, but not when truncated.
    let long = [b"\x2C\x03\x501.0\x1F".as_slice(), &[b'x'; 76]].concat();
    assert_eq!(
        judged::sdk(&with(TEXT, &long)).map(|fields| fields.text),
        Ok(b"1.0".to_vec())
    );
    assert_eq!(ids(&with(TEXT, &long)), ["version-string-separator"]);
    let url = b"\x24\x04\x0C\x2C\x07\x0Bhttps://a\x1Fb";
    assert_eq!(ids(&with(SIZE, url)), ["url-separator"]);
    assert_eq!(ids(&with(TEXT, b"\x2C\x03\x02\xFF\xFE")), ["version-string-not-utf8"]);
    assert_eq!(ids(&with(TEXT, b"\x2C\x03\x00")), ["version-string-empty"]);
}

#[test]
fn input_that_only_the_sdk_accepts_is_refused() {
    let file = with(b"\x18test", b"\x24\x0A\x01\x18test");
    assert_eq!(ids(&file), ["unknown-element"]);
    assert!(judged::sdk(&file).is_ok());
    let file = with(b"\x18test", b"\x18\x00\x00test");
    assert_eq!(ids(&file), ["behind-structure"]);
    let file = with(VENDOR, b"\xC5\xFF\xFF\xFF\xFF\x00\x00\xF1\xFF");
    assert_eq!(judged::sdk(&file).map(|fields| fields.vendor), Ok(0xFFF1));
    assert_eq!(ids(&file), ["tag-form"]);
    let file = with(b"\x18test", b"\xF8\xFF\xFF\xFF\xFF\x00\x01\x00\x00test");
    assert!(judged::sdk(&file).is_ok());
    assert_eq!(ids(&file), ["tag-form"]);
}

#[test]
fn the_dcl_accepts_one_model_and_digests_of_256_bits() {
    let url = OtaUrl::new("https://example.com/f.ota").unwrap();
    let file = |kind| PayloadHasher::new(kind).finish();
    for kind in DigestType::ALL {
        let record = ModelVersion::new(header(b""), file(kind), url, 1);
        assert_eq!(record.is_ok(), [1, 7, 8, 10, 11, 12].contains(&kind.get()), "{kind}");
    }
    let any = header(b"").with_product_id(None);
    assert_eq!(
        ModelVersion::new(any, file(DigestType::Sha256), url, 1),
        Err(Error::ProductIdZero)
    );
    let record = ModelVersion::new(header(b""), file(DigestType::Sha256), url, 1).unwrap();
    assert_eq!(
        (
            record.min_applicable_version().get(),
            record.max_applicable_version().get()
        ),
        (0, 9)
    );
    let long = "x".repeat(513);
    assert!(record.with_firmware_information(&long[..512]).is_ok());
    assert_eq!(
        record.with_firmware_information(&long),
        Err(Error::FirmwareInformationTooLong { len: 513 })
    );
}

#[test]
fn an_image_is_offered_to_older_devices_of_its_model() {
    let version = |number| SoftwareVersion::new(number);
    let range = ApplicableVersions::new(Some(version(3)), Some(version(8))).unwrap();
    let image = header(b"").with_applicable_versions(range).unwrap();
    let (vendor, product) = (VendorId::new(0xFFF1).unwrap(), ProductId::new(0x8000).unwrap());
    let why = |vendor, product, current| -> Vec<&str> {
        let device = Requestor::new(vendor, product, SoftwareVersion::new(current));
        device.obstacles(&image).map(|reason| reason.id()).collect()
    };
    for (current, reasons) in [
        (2, vec!["below-min-applicable"]),
        (3, vec![]),
        (8, vec![]),
        (9, vec!["above-max-applicable"]),
        (10, vec!["not-newer", "above-max-applicable"]),
        (u32::MAX, vec!["not-newer", "above-max-applicable"]),
    ] {
        assert_eq!(why(vendor, product, current), reasons, "{current}");
    }
    assert_eq!(why(VendorId::MIN, ProductId::MIN, 4), ["vendor-id", "product-id"]);
    let any = image.with_product_id(None);
    let device = Requestor::new(vendor, ProductId::MIN, SoftwareVersion::new(4));
    assert_eq!(device.obstacles(&any).count(), 0);
}

#[test]
fn digest_names_are_those_of_the_registry_and_of_the_tool() {
    for (text, kind) in [
        ("sha256", DigestType::Sha256),
        ("sha-256", DigestType::Sha256),
        ("SHA384", DigestType::Sha384),
        ("sha3_256", DigestType::Sha3_256),
        ("sha3-512", DigestType::Sha3_512),
        ("sha256_128", DigestType::Sha256_128),
        ("sha-256-32", DigestType::Sha256_32),
    ] {
        assert_eq!(text.parse(), Ok(kind), "{text}");
    }
    for text in [
        "",
        "1",
        "sha",
        "sha1",
        "sha-256-",
        "-sha-256",
        "sha--256",
        "s_h_a256",
        "sha256128",
        "sha2566",
        "sha3-25",
        "sha256sha256sha256",
        "md5",
    ] {
        assert_eq!(text.parse::<DigestType>(), Err(Error::DigestName), "{text}");
    }
}

/// Matter Core Specification 11.21.2.4 has the names.
#[test]
fn a_required_element_is_named_when_another_is_in_its_place() {
    let required = [
        (0x24, 0, "VendorID"),
        (0x24, 1, "ProductID"),
        (0x24, 2, "SoftwareVersion"),
        (0x2C, 3, "SoftwareVersionString"),
        (0x24, 4, "PayloadSize"),
        (0x24, 8, "ImageDigestType"),
        (0x30, 9, "ImageDigest"),
    ];
    let file = made(&PLAIN, b"test payload").unwrap();
    for (kind, tag, name) in required {
        // Without the two bits of the width.
        let at = (16..file.len())
            .find(|&at| file[at] & 0xFC == kind & 0xFC && file[at + 1] == tag)
            .unwrap();
        let mut changed = file.clone();
        changed[at + 1] = 0x20;
        let [error] = judged::strict(&changed).unwrap_err()[..] else {
            panic!("{name}")
        };
        let text = error.to_string();
        assert!(text.contains(&format!("is not the expected {name};")), "{text}");
    }
}
