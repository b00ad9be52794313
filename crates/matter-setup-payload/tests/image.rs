//! QR pictures read back by a decoder that shares nothing with the encoder.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use matter_setup_payload::{ImageError, qr_png};

/// Width and grey values of a 1-bit PNG.
fn pixels(file: &[u8]) -> (usize, Vec<u8>) {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(file));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    assert_eq!(reader.info().bit_depth, png::BitDepth::One);
    let mut grey = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut grey).unwrap();
    assert_eq!(info.width, info.height);
    (usize::try_from(info.width).unwrap(), grey)
}

fn read_back(file: &[u8]) -> String {
    let (side, grey) = pixels(file);
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(side, side, |x, y| grey[y * side + x]);
    let grids = image.detect_grids();
    assert_eq!(grids.len(), 1);
    grids[0].decode().unwrap().1
}

#[test]
fn picture_of_a_plain_code_has_the_reference_tool_s_geometry() {
    // Version 2 has 25 modules; with 4 modules of white on both sides and 6 pixels to a module that is 198 pixels.
    let file = qr_png("MT:634J042C00KA0648G00", 6).unwrap();
    let (side, grey) = pixels(&file);
    assert_eq!(side, 198);
    let quiet = |i: usize| !(24..198 - 24).contains(&i);
    for (i, pixel) in grey.iter().enumerate() {
        assert!(
            *pixel == 0xFF || !(quiet(i / side) || quiet(i % side)),
            "pixel {i} of the quiet zone is dark"
        );
    }
}

#[test]
fn pictures_read_back_at_every_length_and_scale() {
    let alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-.:*";
    for len in [1, 19, 20, 21, 22, 38, 39, 61, 62, 90, 91, 154, 255, 300, 1000] {
        let text = alphabet.chars().cycle().skip(len % 7).take(len).collect::<String>();
        for scale in [3, 4, 6] {
            assert_eq!(read_back(&qr_png(&text, scale).unwrap()), text);
        }
    }
}

#[test]
fn what_no_code_can_hold_is_refused() {
    assert_eq!(qr_png("MT:lower", 6), Err(ImageError::Text));
    assert_eq!(qr_png(&"A".repeat(3392), 6), Err(ImageError::Text));
    assert_eq!(qr_png("A", 0), Err(ImageError::Scale));
    assert!(qr_png(&"A".repeat(3391), 1).is_ok());
}
