//! Any values: accepted values are encoded, the encoding follows the SDK's rules, and it reads back as the same values.
//!
//! The input: IDs, version, limits, which of them are present, digest type, lengths of text and URL, and their bytes.

use matter_ota_image::{
    ApplicableVersions, DigestType, Error, OtaHeader, PayloadHasher, ReleaseNotesUrl, SoftwareVersion,
    SoftwareVersionString,
};
use matter_types::{ProductId, VendorId};

use crate::{judged, naive};

fn u32_at(input: &[u8], at: usize) -> u32 {
    let byte = |at| u32::from(input.get(at).copied().unwrap_or_default());
    (0..4).fold(0, |sum, index| sum << 8 | byte(at + index))
}

fn check(header: &OtaHeader<'_>, payload: &[u8]) {
    let mut buffer = [0; OtaHeader::MAX_ENCODED_LEN];
    let mut file = header.encode(&mut buffer).unwrap().to_vec();
    assert_eq!(file.len(), header.encoded_len());
    let short = file.len() - 1;
    assert!(matches!(
        header.encode(&mut vec![0; short]),
        Err(Error::BufferTooSmall { .. })
    ));
    file.extend(payload);
    let fields = judged::typed(header);
    assert_eq!(naive::judge(&file), Ok(fields.clone()));
    match judged::strict(&file) {
        Ok(read) => assert_eq!(read, fields),
        Err(wrong) => assert!(
            wrong
                .iter()
                .all(|error| matches!(error, Error::VendorIdZero | Error::ProductIdZero)),
            "{wrong:?}"
        ),
    }
}

pub(crate) fn property(input: &[u8]) {
    let byte = |at: usize| input.get(at).copied().unwrap_or_default();
    let (vendor, product) = (u32_at(input, 0) >> 16, u32_at(input, 0) & 0xFFFF);
    let number = |at| SoftwareVersion::new(u32_at(input, at));
    let flags = byte(16);
    let given = |bit: u8, version| (flags >> bit & 1 == 1).then_some(version);
    let Ok(kind) = DigestType::new(byte(17)) else { return };
    let strings = input.get(20..).unwrap_or_default();
    let text_len = usize::from(byte(18)).min(strings.len());
    let (text, rest) = strings.split_at(text_len);
    let url_len = (usize::from(byte(19)) * 2).min(rest.len());
    let (url, payload) = rest.split_at(url_len);
    let Ok(text) = std::str::from_utf8(text) else { return };
    let Ok(text) = SoftwareVersionString::new(text) else {
        return;
    };
    let mut hasher = PayloadHasher::new(kind);
    hasher.update(payload);
    let Ok(range) = ApplicableVersions::new(given(0, number(8)), given(1, number(12))) else {
        return;
    };
    let vendor = u16::try_from(vendor).ok().and_then(|id| VendorId::new(id).ok());
    let product = u16::try_from(product).ok().and_then(|id| ProductId::new(id).ok());
    let header = OtaHeader::new(VendorId::MIN, ProductId::MIN, number(4), text, hasher.finish()).unwrap();
    let header = header.with_vendor_id(vendor).with_product_id(product);
    let Ok(header) = header.with_applicable_versions(range) else {
        return;
    };
    check(&header, payload);
    let Ok(url) = std::str::from_utf8(url) else { return };
    if let Ok(url) = ReleaseNotesUrl::new(url) {
        check(&header.with_release_notes_url(url), payload);
    }
}
