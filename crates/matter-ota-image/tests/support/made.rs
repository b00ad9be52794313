//! Files made by this crate from arguments in the form of the SDK's tool.

#![allow(dead_code, reason = "not every test needs all of it")]

use matter_ota_image::{
    ApplicableVersions, DigestType, OtaHeader, PayloadHasher, ReleaseNotesUrl, SoftwareVersion, SoftwareVersionString,
};
use matter_types::{ProductId, VendorId};

pub(crate) fn made(arguments: &[&str], payload: &[u8]) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let value = |name: &str| arguments.chunks(2).find(|pair| pair[0] == name).map(|pair| pair[1]);
    let version = |name: &str| value(name).map(str::parse::<SoftwareVersion>).transpose();
    let mut hasher = PayloadHasher::new(value("-da").unwrap().parse::<DigestType>()?);
    hasher.update(payload);
    let header = OtaHeader::new(
        value("-v").unwrap().parse::<VendorId>()?,
        value("-p").unwrap().parse::<ProductId>()?,
        version("-vn")?.unwrap(),
        SoftwareVersionString::new(value("-vs").unwrap())?,
        hasher.finish(),
    )?;
    let mut header = header.with_applicable_versions(ApplicableVersions::new(version("-mi")?, version("-ma")?)?)?;
    if let Some(url) = value("-rn") {
        header = header.with_release_notes_url(ReleaseNotesUrl::new(url)?);
    }
    let mut buffer = [0; OtaHeader::MAX_ENCODED_LEN];
    let mut file = header.encode(&mut buffer)?.to_vec();
    file.extend(payload);
    assert_eq!(header.total_size(), u64::try_from(file.len())?);
    Ok(file)
}

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    digits
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}
