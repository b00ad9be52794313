//! QR pictures read back by an independent decoder.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use matter_setup_payload::{CommissioningFlow, ImageError, Label, QrImage, SetupPayload, qr_png};

/// Returns the width and the grey values of a 1-bit PNG.
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
    // Version 2 has 25 modules; with 4 light modules on both sides and 6 pixels per module that is
    // 198 pixels.
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
fn text_that_exceeds_a_code_is_rejected() {
    assert_eq!(qr_png("MT:lower", 6), Err(ImageError::Text));
    assert_eq!(qr_png("A".repeat(3392), 6), Err(ImageError::Text));
    assert_eq!(qr_png("A", 0), Err(ImageError::Scale));
    assert!(qr_png("A".repeat(3391), 1).is_ok());
}

/// The modules of a terminal drawing, including the quiet zone; `true` is dark.
fn terminal_modules(text: &str) -> Vec<Vec<bool>> {
    let mut rows = Vec::new();
    for line in text.lines() {
        let light = |blocks: &'static str| line.chars().map(|c| !blocks.contains(c)).collect::<Vec<_>>();
        rows.push(light("█▀"));
        rows.push(light("█▄"));
    }
    rows
}

/// The modules of an SVG path of rectangles one unit high.
fn svg_modules(svg: &str, side: usize) -> Vec<Vec<bool>> {
    let mut rows = vec![vec![false; side]; side];
    let path = svg.split(" d=\"").nth(1).unwrap().split('"').next().unwrap();
    for rectangle in path.split('z').filter(|r| !r.is_empty()) {
        let (place, run) = rectangle[1..].split_once('h').unwrap();
        let (x, y) = place.split_once(' ').unwrap();
        let run: usize = run.split('v').next().unwrap().parse().unwrap();
        let x: usize = x.parse().unwrap();
        rows[y.parse::<usize>().unwrap()][x..x + run].fill(true);
    }
    rows
}

/// Decodes the modules at eight pixels per module.
fn read_modules(rows: &[Vec<bool>]) -> String {
    let side = rows[0].len() * 8;
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(side, side, |x, y| {
        if rows.get(y / 8).is_some_and(|row| row[x / 8]) {
            0
        } else {
            255
        }
    });
    let grids = image.detect_grids();
    assert_eq!(grids.len(), 1);
    grids[0].decode().unwrap().1
}

#[test]
fn every_kind_of_picture_has_the_same_content() {
    for len in [22, 38, 39, 154, 300] {
        let text = format!(
            "MT:{}",
            "Y.K9042C00KA0648G*".chars().cycle().take(len - 3).collect::<String>()
        );
        let code = QrImage::new(&text).unwrap();
        assert!(!code.to_svg().contains("h0"), "a rectangle without a width");
        let svg = svg_modules(&code.to_svg(), code.modules() + 8);
        // Nothing is drawn below the last row, which is light.
        let last = code.to_terminal().lines().last().unwrap().to_owned();
        assert!(last.chars().all(|block| block == '▀'), "{last}");
        let mut terminal = terminal_modules(&code.to_terminal());
        terminal.truncate(svg.len());
        assert_eq!(svg, terminal);
        assert_eq!(read_modules(&svg), text);
        assert_eq!(read_back(&code.to_png(4).unwrap()), text);
        let border = |i: usize| i < 4 || i >= svg.len() - 4;
        let inside =
            |(y, row): (usize, &Vec<bool>)| row.iter().enumerate().all(|(x, d)| !d || !(border(x) || border(y)));
        assert!(svg.iter().enumerate().all(inside));
    }
}

#[test]
fn label_shows_codes_and_text_of_one_payload() {
    let payload: SetupPayload = "MT:Y.K9042C00KA0648G00".parse().unwrap();
    let label = Label::new(&payload).unwrap().with_line("A<B> & \"C\"\u{7}");
    let svg = label.to_svg();
    assert!(
        svg.contains(">3497-011-2332<") && svg.contains(">A&lt;B&gt; &amp; &quot;C&quot; <"),
        "{svg}"
    );
    // 33 modules are 16.5 mm wide; 13 characters of 1.28 mm are wider, and both have 1 mm around them. Lines are 2.8 mm apart.
    for place in [
        "width=\"18.6mm\" height=\"24.1mm\" viewBox=\"0 0 18.6 24.1\"",
        "translate(1.07 1) scale(0.5)",
        "<text x=\"9.32\" y=\"19.50\"",
        "<text x=\"9.32\" y=\"22.30\"",
    ] {
        assert!(svg.contains(place), "{place} is not in {svg}");
    }
    assert_eq!(read_modules(&svg_modules(&svg, 33)), "MT:Y.K9042C00KA0648G00");
    assert!(!format!("{label:?}").contains("3497"));
    assert_eq!(
        label.lines().collect::<Vec<_>>(),
        ["3497-011-2332", "A<B> & \"C\"\u{7}"]
    );
    let long = payload.with_flow(CommissioningFlow::Custom);
    let svg = Label::new(&long).unwrap().to_svg();
    let code = long.manual_code().grouped();
    let (first, second) = code.as_str().split_at(13);
    assert!(
        svg.contains(&format!(">{first}<")) && svg.contains(&format!(">{}<", &second[1..])),
        "{svg}"
    );
}

#[test]
fn smallest_version_at_level_m_is_taken() {
    // ISO/IEC 18004 table 7, alphanumeric characters at level M.
    for (version, most) in [(1, 20), (2, 38), (3, 61), (4, 90), (5, 122), (6, 154)] {
        let modules = |len| QrImage::new("A".repeat(len)).unwrap().modules();
        assert_eq!((modules(most), modules(most + 1)), (17 + 4 * version, 21 + 4 * version));
    }
}
