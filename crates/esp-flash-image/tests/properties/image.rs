//! Any bytes: reading never panics, and an image consists of exactly the header, segments and end that were read.

use esp_flash_image::{Image, ImageHeader, ImageWriter, MmuPage, SecurePad, secure_pad};

pub(crate) fn property(bytes: &[u8]) {
    let Ok(image) = Image::parse(bytes) else { return };
    assert_eq!(image.image_len() + image.trailing().len(), bytes.len());
    assert_eq!(image.hash().is_some(), image.has_hash());
    if let Some(app) = image.app_description() {
        let texts = [
            app.version(),
            app.project_name(),
            app.time(),
            app.date(),
            app.idf_version(),
        ];
        assert!(texts.iter().all(|text| text.len() <= 32));
        assert!(app.mmu_page_size() != Some(0));
    }
    let _ = (
        image.header().chip(),
        image.header().flash_size(),
        image.header().min_revision(),
    );
    let mut writer = ImageWriter::new(*image.header());
    for segment in image.segments() {
        writer.push(segment.load_address, segment.data).expect("it was read");
    }
    assert_eq!(writer.finish().expect("there are segments"), image.bytes());
    assert_eq!(
        ImageHeader::decode(bytes).map(|header| header.encode().to_vec()),
        Ok(bytes[..24].to_vec())
    );
    for mode in [SecurePad::V1, SecurePad::V2] {
        if let Ok(padded) = secure_pad(image.bytes(), mode, MmuPage::DEFAULT) {
            let padded = Image::parse(&padded).expect("padding leaves an image");
            assert!(padded.is_secure_padded(mode, MmuPage::DEFAULT));
        }
    }
}
