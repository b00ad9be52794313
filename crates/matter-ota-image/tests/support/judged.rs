//! This crate's result for a file, in the types of the second reader.

#![allow(dead_code, reason = "not every test needs all of it")]

use matter_ota_image::{Error, HeaderReader, OtaHeader, PayloadReader, RawHeader};

use crate::naive::Fields;

pub(crate) fn fields(header: &RawHeader<'_>) -> Fields {
    Fields {
        vendor: header.vendor_id.into(),
        product: header.product_id.into(),
        version: header.software_version.into(),
        text: header.software_version_string.to_vec(),
        size: header.payload_size,
        min: header.min_applicable_version.map(u64::from),
        max: header.max_applicable_version.map(u64::from),
        url: header.release_notes_url.map(<[u8]>::to_vec),
        digest_type: header.digest_type.into(),
        digest: header.digest.to_vec(),
    }
}

pub(crate) fn typed(header: &OtaHeader<'_>) -> Fields {
    let range = header.applicable_versions();
    Fields {
        vendor: header.vendor_id().map_or(0, |id| id.get().into()),
        product: header.product_id().map_or(0, |id| id.get().into()),
        version: header.software_version().get().into(),
        text: header.software_version_string().get().as_bytes().to_vec(),
        size: header.payload().size,
        min: range.min().map(|version| version.get().into()),
        max: range.max().map(|version| version.get().into()),
        url: header.release_notes_url().map(|url| url.get().as_bytes().to_vec()),
        digest_type: header.digest().kind().get().into(),
        digest: header.digest().as_bytes().to_vec(),
    }
}

/// Reads the header in pieces of `step` bytes; also returns the offset of the payload.
pub(crate) fn read(file: &[u8], step: usize) -> Result<(HeaderReader, usize), Error> {
    let mut reader = HeaderReader::new();
    let mut at = 0;
    while reader.needed()? > 0 && at < file.len() {
        let piece = &file[at..file.len().min(at + step)];
        at += reader.push(piece)?;
    }
    reader.header()?;
    Ok((reader, at))
}

/// The SDK's result: the fields, or an error code.
pub(crate) fn sdk(file: &[u8]) -> Result<Fields, u8> {
    let code = |error: Error| error.sdk_code().expect("the parser's errors have a code").number();
    let (reader, _) = read(file, 7).map_err(code)?;
    Ok(fields(&reader.header().map_err(code)?))
}

/// All defects of a file in the strict profile.
pub(crate) fn strict(file: &[u8]) -> Result<Fields, Vec<Error>> {
    let (reader, at) = read(file, 100).map_err(|error| vec![error])?;
    let header = reader.header().unwrap();
    let mut wrong: Vec<Error> = reader.deviations().unwrap().collect();
    let mut payload = PayloadReader::new(&header);
    for piece in file[at..].chunks(5) {
        payload.push(piece);
    }
    wrong.extend(payload.finish());
    if !wrong.is_empty() {
        return Err(wrong);
    }
    Ok(typed(&header.to_header().expect("no deviations")))
}
