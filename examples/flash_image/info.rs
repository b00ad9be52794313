//! `info`: the contents of an app image or a bootloader.

use std::path::Path;

use base16ct::lower::encode_string as hex;
use cli::{Failure, print, print_json, read_file, say};
use esp_flash_image::{AppDescription, ChipRevision, Image, ImageHeader, SecurePad, Segment};
use esp_secure_boot::{Error as BootError, SignedImage};
use serde_json::{Map, Value, json};

use crate::boot::mmu_page;

/// Shows an image; damage is a no.
pub(crate) fn show(path: &Path, json: bool) -> Result<(), Failure> {
    let bytes = read_file("IMAGE", path)?;
    let header = ImageHeader::decode(&bytes).map_err(|error| Failure::Input(format!("{}: {error}", path.display())))?;
    let image = Image::parse(&bytes);
    let signed = SignedImage::parse(&bytes);
    let mut document = describe_header(&header);
    if let Ok(image) = &image {
        describe_image(image, &mut document);
    }
    document.insert("signatures".into(), describe_signatures(signed.as_ref().ok()));
    if json {
        print_json(format_args!("{:#}", Value::Object(document)))?;
    } else {
        print_lines("", &document)?;
    }
    // An unsigned image is complete; one with a partial signature is not.
    match (image, signed) {
        (Err(error), _) => Err(Failure::No(format!("{}: damaged: {error}", path.display()))),
        (
            Ok(_),
            Err(error @ (BootError::Block { .. } | BootError::SectorRest { .. } | BootError::ImageChanged { .. })),
        ) => Err(Failure::No(format!("{}: {error}", path.display()))),
        (Ok(image), Err(_)) if !image.trailing().iter().all(|byte| *byte == 0xFF) => {
            let len = image.trailing().len();
            say(format_args!(
                "note: {}: {len} bytes after the image are not a V2 signature",
                path.display()
            ));
            Ok(())
        }
        _ => Ok(()),
    }
}

fn describe_header(header: &ImageHeader) -> Map<String, Value> {
    let revision = |revision: Option<ChipRevision>| revision.map(|revision| revision.to_string());
    let fields = [
        ("chip", json!(header.chip().map(|chip| chip.name()))),
        ("chip_id", json!(header.chip_id())),
        ("entry", json!(header.entry())),
        ("spi_mode", json!(header.spi_mode().map(|mode| mode.name()))),
        ("flash_size", json!(header.flash_size().map(|size| size.to_string()))),
        ("min_revision", json!(revision(header.min_revision()))),
        ("max_revision", json!(revision(header.max_revision()))),
    ];
    fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn describe_image(image: &Image<'_>, document: &mut Map<String, Value>) {
    let segment = |segment: Segment<'_>| json!({"load_address": segment.load_address, "offset": segment.offset, "length": segment.data.len()});
    let app = image.app_description();
    let page = mmu_page(image);
    let is_padded = |mode| image.is_secure_padded(mode, page);
    let padding = match (is_padded(SecurePad::V2), is_padded(SecurePad::V1)) {
        (true, _) => Some("v2"),
        (_, true) => Some("v1"),
        _ => None,
    };
    let fields = [
        ("segments", image.segments().map(segment).collect::<Vec<_>>().into()),
        ("checksum", json!(image.checksum())),
        ("image_length", json!(image.image_len())),
        ("hash", json!(image.hash().map(|hash| hex(&hash)))),
        ("secure_padding", json!(padding)),
        ("app", json!(app.map(|app| describe_app(&app)))),
    ];
    document.extend(fields.map(|(name, value)| (name.to_owned(), value)));
}

fn describe_app(app: &AppDescription<'_>) -> Value {
    json!({
        "project_name": app.project_name(),
        "version": app.version(),
        "idf_version": app.idf_version(),
        "date": app.date(),
        "time": app.time(),
        "secure_version": app.secure_version(),
        "app_elf_sha256": hex(&app.app_elf_sha256()),
    })
}

/// Describes the signers according to the signature blocks; verifying them requires a trusted key.
fn describe_signatures(signed: Option<&SignedImage<'_>>) -> Value {
    let blocks = signed.into_iter().flat_map(SignedImage::blocks);
    let block =
        blocks.map(|block| json!({"algorithm": block.kind().to_string(), "key_digest": hex(block.key_digest())}));
    block.collect()
}

/// Prints a document with one line per value.
fn print_lines(above: &str, document: &Map<String, Value>) -> Result<(), Failure> {
    const HEXADECIMAL: [&str; 4] = ["checksum", "entry", "load_address", "offset"];
    for (name, value) in document {
        let label = format!("{above}{}", name.replace('_', " "));
        match value {
            Value::Null => {}
            Value::Object(below) => print_lines(&format!("{label}: "), below)?,
            Value::Array(list) => {
                for (number, value) in list.iter().enumerate() {
                    if let Value::Object(below) = value {
                        let name = name.strip_suffix('s').unwrap_or(name);
                        print_lines(&format!("{name} {number}: "), below)?;
                    }
                }
            }
            Value::Number(number) if HEXADECIMAL.contains(&name.as_str()) => {
                print(format_args!("{label}: {:#x}", number.as_u64().unwrap_or_default()))?;
            }
            Value::String(text) => print(format_args!("{label}: {text}"))?,
            other => print(format_args!("{label}: {other}"))?,
        }
    }
    Ok(())
}
