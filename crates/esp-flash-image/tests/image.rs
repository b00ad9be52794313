//! App and bootloader images.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use esp_flash_image::{
    AppDescription, Chip, Error, Image, ImageHeader, ImageWriter, MmuPage, SecurePad, SpiMode, secure_pad,
};
use hex_literal::hex;
use proptest::prelude::*;
use sha2::{Digest, Sha256};

/// The description in the ELF files from which esptool made the images; see `data/README.md`.
fn description(elf_sha256: [u8; 32]) -> Vec<u8> {
    let mut out = vec![0x32, 0x54, 0xCD, 0xAB, 7, 0, 0, 0];
    out.resize(16, 0);
    for (text, len) in [
        ("v1.2.3-4-gabcdef", 32),
        ("light", 32),
        ("12:34:56", 16),
        ("Nov 29 2026", 16),
        ("v5.5.1", 32),
    ] {
        let end = out.len() + len;
        out.extend(text.as_bytes());
        out.resize(end, 0);
    }
    out.extend(elf_sha256);
    out.extend([3, 0, 199, 0, 16]);
    out.resize(256, 0);
    out.extend(b"rodata..");
    out
}

const ELF_C3: [u8; 32] = hex!("c94623670d00bbfbb22191842863014b6d2be9a62101249a61b98fa340cfaf6a");

/// The app of an ESP32-C3 as laid out by esptool: flash-mapped code begins in a new page, at the same offset within it.
fn app() -> Vec<u8> {
    let header = ImageHeader::new(Chip::Esp32c3)
        .with_entry(0x4038_0000)
        .with_spi_mode(SpiMode::Qio)
        .with_revisions(None, None);
    let mut writer = ImageWriter::new(header);
    writer.push(0x3C00_0020, &description(ELF_C3)).unwrap();
    writer.push(0x4038_0000, &(0..100).collect::<Vec<_>>()).unwrap();
    writer.push(0, &[0; 0xFE7C]).unwrap();
    writer.push(0x4201_0020, &b"code".repeat(25)).unwrap();
    writer.finish().unwrap()
}

/// An image with one segment in RAM, as in a bootloader.
fn small() -> Vec<u8> {
    let header = ImageHeader::new(Chip::Esp32c3)
        .with_entry(0x4038_0000)
        .with_spi_mode(SpiMode::Qio)
        .with_revisions(None, None);
    let mut writer = ImageWriter::new(header);
    writer.push(0x4038_0000, &(0..100).collect::<Vec<_>>()).unwrap();
    writer.finish().unwrap()
}

/// SHA-256 of the files that `esptool elf2image` 5.6.0 wrote.
#[test]
fn images_and_their_padding_are_those_of_esptool() {
    let sha256 = |bytes: &[u8]| <[u8; 32]>::from(Sha256::digest(bytes));
    assert_eq!(
        sha256(&app()),
        hex!("a8cf4c7bb6aea08369914720340689475dce10ea27b2be4491150b95369f9298")
    );
    assert_eq!(
        sha256(&small()),
        hex!("3c669b31f40a28f46c6228e629267af8707291a942a3335737ca0402d2e13c16")
    );
    let padded = secure_pad(&app(), SecurePad::V2, MmuPage::DEFAULT).unwrap();
    assert_eq!(
        sha256(&padded),
        hex!("2d5cffed7fc446f26dc1f1fe5a74815c0d8dcb26021b89806ad588438fa48df3")
    );
    let padded = secure_pad(&small(), SecurePad::V2, MmuPage::DEFAULT).unwrap();
    assert_eq!(
        sha256(&padded),
        hex!("85be72ab1055d89f2ec2eb4018a0a4d81dbe9da6d4cd243ca0481e18cbf455ef")
    );
}

#[test]
fn fields_of_an_app_are_those_that_esptool_prints() {
    let bytes = app();
    let image = Image::parse(&bytes).unwrap();
    let header = image.header();
    assert_eq!(
        (header.entry(), header.chip(), header.chip_id()),
        (0x4038_0000, Some(Chip::Esp32c3), 5)
    );
    assert_eq!((header.spi_mode(), header.flash_frequency()), (Some(SpiMode::Qio), 0));
    assert_eq!(header.flash_size().unwrap().to_string(), "1MB");
    assert_eq!(
        (
            header.min_revision().unwrap().to_string().as_str(),
            header.max_revision()
        ),
        ("0.0", None)
    );
    let segments: Vec<_> = image
        .segments()
        .map(|segment| (segment.data.len(), segment.load_address, segment.offset))
        .collect();
    assert_eq!(
        segments,
        [
            (0x108, 0x3C00_0020, 0x20),
            (0x64, 0x4038_0000, 0x130),
            (0xFE7C, 0, 0x19C),
            (0x64, 0x4201_0020, 0x1_0020),
        ]
    );
    assert_eq!(
        image.hash(),
        Some(hex!("983372ba9b202574602c493b4389ae4b5bd51dadc28177e1606b65560f7bb96d"))
    );
    let app = image.app_description().unwrap();
    assert_eq!(
        (app.project_name(), app.version(), app.idf_version()),
        ("light", "v1.2.3-4-gabcdef", "v5.5.1")
    );
    assert_eq!(
        (app.date(), app.time(), app.secure_version()),
        ("Nov 29 2026", "12:34:56", 7)
    );
    assert_eq!((app.app_elf_sha256(), app.mmu_page_size()), (ELF_C3, Some(0x1_0000)));
    assert_eq!(
        (app.min_efuse_block_revision(), app.max_efuse_block_revision()),
        (3, 199)
    );
    assert_eq!(AppDescription::IMAGE_OFFSET, segments[0].2);
    let bytes = small();
    assert!(Image::parse(&bytes).unwrap().app_description().is_none());
}

#[test]
fn text_without_end_or_in_another_encoding_is_cut() {
    let mut data = description([0; 32]);
    data[16..48].fill(b'v');
    data[48..52].copy_from_slice(b"ab\xFFc");
    let mut writer = ImageWriter::new(ImageHeader::new(Chip::Esp32));
    writer.push(0, &data).unwrap();
    let bytes = writer.finish().unwrap();
    let app = Image::parse(&bytes).unwrap().app_description().unwrap();
    assert_eq!((app.version(), app.project_name()), ("v".repeat(32).as_str(), "ab"));
}

#[test]
fn bytes_after_an_image_are_reported() {
    let mut bytes = small();
    let len = bytes.len();
    bytes.extend([0xFF; 20]);
    let image = Image::parse(&bytes).unwrap();
    assert_eq!(
        (image.image_len(), image.bytes().len(), image.trailing()),
        (len, len, &[0xFF; 20][..])
    );
    assert_eq!(
        secure_pad(&bytes, SecurePad::V2, MmuPage::DEFAULT),
        Err(Error::Trailing { len: 20 })
    );
}

#[test]
fn damaged_images_are_refused() {
    let good = small();
    let change = |at: usize, value: u8| {
        let mut bytes = good.clone();
        bytes[at] = value;
        bytes
    };
    let cases = [
        (
            vec![],
            Error::Truncated {
                needed: 24,
                available: 0,
            },
        ),
        (
            good[..23].to_vec(),
            Error::Truncated {
                needed: 24,
                available: 23,
            },
        ),
        (
            good[..25].to_vec(),
            Error::Truncated {
                needed: 32,
                available: 25,
            },
        ),
        (
            good[..100].to_vec(),
            Error::Truncated {
                needed: 132,
                available: 100,
            },
        ),
        (
            good[..143].to_vec(),
            Error::Truncated {
                needed: 144,
                available: 143,
            },
        ),
        (
            good[..175].to_vec(),
            Error::Truncated {
                needed: 176,
                available: 175,
            },
        ),
        (change(0, 0xE8), Error::ImageMagic { found: 0xE8 }),
        (change(1, 0), Error::SegmentCount { count: 0 }),
        (change(1, 17), Error::SegmentCount { count: 17 }),
        (change(19, 1), Error::Reserved { offset: 19 }),
        (change(22, 1), Error::Reserved { offset: 22 }),
        (change(23, 2), Error::HashFlag { value: 2 }),
        (change(28, 0x63), Error::SegmentLength { offset: 24, len: 0x63 }),
        (
            change(31, 1),
            Error::SegmentLength {
                offset: 24,
                len: 0x100_0064,
            },
        ),
        (
            change(40, 0),
            Error::Checksum {
                offset: 143,
                expected: 0xEF ^ 8,
                found: 0xEF,
            },
        ),
        (change(133, 1), Error::Reserved { offset: 133 }),
        (
            change(143, 0),
            Error::Checksum {
                offset: 143,
                expected: 0xEF,
                found: 0,
            },
        ),
        (change(4, 1), Error::ImageHash { offset: 144 }),
        (change(175, 0), Error::ImageHash { offset: 144 }),
    ];
    for (bytes, error) in cases {
        assert_eq!(Image::parse(&bytes), Err(error));
    }
    // Without the flag, the hash is trailing data.
    let bytes = change(23, 0);
    let image = Image::parse(&bytes).unwrap();
    assert_eq!((image.hash(), image.trailing().len()), (None, 32));
    assert_eq!(
        secure_pad(&bytes, SecurePad::V1, MmuPage::DEFAULT),
        Err(Error::SecurePadWithoutHash)
    );
}

#[test]
fn padded_images_end_with_the_page() {
    for (mode, after) in [(SecurePad::V1, 80), (SecurePad::V2, 0)] {
        for (chip, size) in [
            (Chip::Esp32, 0x1_0000),
            (Chip::Esp32c6, 0x2000),
            (Chip::Esp32s31, 0x4_0000),
        ] {
            let page = MmuPage::new(chip, size).unwrap();
            for len in [4, 1000, 65_400, 65_428, 65_432, 65_460, 65_536] {
                let mut writer = ImageWriter::new(ImageHeader::new(chip));
                writer.push(0x4000_0000, &vec![0xA5; len]).unwrap();
                let plain = writer.finish().unwrap();
                let padded = secure_pad(&plain, mode, page).unwrap();
                let image = Image::parse(&padded).unwrap();
                assert!(image.is_secure_padded(mode, page));
                assert!((padded.len() + after).is_multiple_of(page.get()), "{len}");
                assert!(padded.len() < plain.len() + page.get() + 64, "{len}");
                assert_eq!(image.segments().next(), Image::parse(&plain).unwrap().segments().next());
                // Padding is idempotent.
                assert_eq!(secure_pad(&padded, mode, page).unwrap(), padded);
            }
        }
    }
}

#[test]
fn writers_refuse_invalid_segments() {
    let writer = ImageWriter::new(ImageHeader::new(Chip::Esp32));
    assert_eq!(writer.clone().finish(), Err(Error::SegmentCount { count: 0 }));
    let mut full = writer.clone();
    for _ in 0..16 {
        full.push(0, b"four").unwrap();
    }
    assert_eq!(full.push(0, b"four"), Err(Error::SegmentCount { count: 17 }));
    let bytes = full.finish().unwrap();
    assert_eq!(
        secure_pad(&bytes, SecurePad::V2, MmuPage::DEFAULT),
        Err(Error::SegmentCount { count: 17 })
    );
    let mut long = writer;
    let len = 0x100_0000;
    assert_eq!(
        long.push(0, &vec![0; len]),
        Err(Error::SegmentLength { offset: 24, len })
    );
    long.push(0, &vec![0; len - 4]).unwrap();
    assert!(Image::parse(&long.finish().unwrap()).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn images_are_read_as_written(
        segments in proptest::collection::vec((any::<u32>(), proptest::collection::vec(any::<u8>(), 0..200)), 1..=16),
        entry in any::<u32>(),
        has_hash in any::<bool>(),
    ) {
        let header = ImageHeader::new(Chip::Esp32h2).with_entry(entry).with_hash(has_hash);
        let mut writer = ImageWriter::new(header);
        for (load_address, data) in &segments {
            writer.push(*load_address, data).unwrap();
        }
        let bytes = writer.finish().unwrap();
        let image = Image::parse(&bytes).unwrap();
        prop_assert_eq!(&image.header().encode(), bytes.first_chunk().unwrap());
        prop_assert_eq!(image.segments().count(), segments.len());
        for (segment, (load_address, data)) in image.segments().zip(&segments) {
            prop_assert_eq!(segment.load_address, *load_address);
            prop_assert!(segment.data.starts_with(data) && segment.data.len() < data.len() + 4);
        }
    }

    #[test]
    fn a_changed_byte_is_noticed(at in 0..176_usize, bit in 0..8_u32) {
        let mut bytes = small();
        bytes[at] ^= 1_u8 << bit;
        // A change of the hash flag can turn the hash into trailing data.
        prop_assert!(at == 23 && bit == 0 || Image::parse(&bytes).is_err());
    }
}
