//! Sheets of labels: labels are within the page and do not overlap, and the contents of a label are within it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use matter_mfg::{DeviceLabel, Error, Extent, Field, LabelError, LabelFormat, LabelSheet, LabelStock, Millimetres};
use matter_setup_payload::{CommissioningFlow, SetupPayload};
use proptest::prelude::*;

/// A code of the SDK's examples, and its manual codes.
const QR: &str = "MT:Y.K9042C00KA0648G00";
const MANUAL: &str = "3497-011-2332";

fn payload() -> SetupPayload {
    QR.parse().unwrap()
}

fn label() -> DeviceLabel {
    DeviceLabel::new(&payload())
        .unwrap()
        .with_product("Lämp (7) \\ two")
        .with_vendor("Example GmbH")
        .with_serial("0123456789abcdef0123456789abcdef")
}

fn extent(text: &str) -> Extent {
    text.parse().unwrap()
}

fn mm(text: &str) -> Millimetres {
    text.parse().unwrap()
}

/// Returns the field and the reason of a refused stock.
fn refusal(sheet: Result<LabelSheet, Error>) -> (Field, String) {
    match sheet {
        Err(Error::Field { field, reason }) => (field, reason.to_string()),
        other => unreachable!("{other:?}"),
    }
}

#[test]
fn stock_of_a_name_has_the_labels_of_its_package() {
    // Avery, product pages: labels per sheet.
    let labels = [
        ("L4732", 80),
        ("L7159", 24),
        ("L7160", 21),
        ("L7161", 18),
        ("L7163", 14),
        ("L7651", 65),
        ("L7654", 40),
        ("5160", 30),
        ("5161", 20),
        ("5162", 14),
        ("5163", 10),
        ("5167", 80),
        ("A4", 28),
        ("letter", 24),
    ];
    assert_eq!(LabelStock::names().count(), labels.len());
    for (name, count) in labels {
        let sheet = LabelSheet::new(&LabelStock::named(name).unwrap()).unwrap();
        assert_eq!(sheet.labels(), count, "{name}");
    }
    assert_eq!(LabelStock::named("L9999"), None);
}

#[test]
fn margins_are_those_that_other_templates_have() {
    // gLabels 3.4, avery-iso-templates.xml and avery-us-templates.xml: x0 and y0, in millimetres.
    for (name, x, y) in [
        ("L4732", 11.0, 13.0),
        ("L7160", 7.48, 15.49),
        ("L7651", 4.70, 10.90),
        ("5160", 4.7625, 12.7),
        ("5161", 3.969, 12.7),
        ("5162", 3.969, 21.167),
        ("5163", 4.1275, 12.7),
        ("5167", 7.144, 12.7),
    ] {
        let (left, top) = LabelSheet::new(&LabelStock::named(name).unwrap()).unwrap().place(0);
        assert!((left - x).abs() < 0.4 && (top - y).abs() < 0.4, "{name}: {left} {top}");
    }
    // Label Planet, LP65/38.
    let sheet = LabelSheet::new(&LabelStock::named("L7651").unwrap()).unwrap();
    assert_eq!((sheet.place(0), sheet.place(1)), ((4.75, 10.7), (45.35, 10.7)));
    assert_eq!(sheet.place(5), (4.75, 31.9));
}

#[test]
fn geometry_that_cannot_be_is_refused_by_its_field() {
    let stock = LabelStock::named("L7160").unwrap();
    let with = |change: &dyn Fn(&mut LabelStock)| {
        let mut stock = stock;
        change(&mut stock);
        refusal(LabelSheet::new(&stock))
    };
    let (field, reason) = with(&|stock| stock.columns = 4);
    assert_eq!(field, Field::LabelGrid);
    assert!(
        reason.contains("4 x 7") && reason.contains("of the page of 210 x 297 mm"),
        "{reason}"
    );
    let (field, reason) = with(&|stock| stock.pitch = Some(extent("60x38.1")));
    assert_eq!(field, Field::LabelPitch);
    assert!(reason.contains("labels of 63.5 x 38.1 mm overlap"), "{reason}");
    assert_eq!(with(&|stock| stock.label = extent("7.9x38")).0, Field::LabelSize);
    assert_eq!(with(&|stock| stock.label = extent("-63.5x38.1")).0, Field::LabelSize);
    assert_eq!(with(&|stock| stock.page = extent("1300x297")).0, Field::LabelPage);
    assert_eq!(with(&|stock| stock.rows = 0).0, Field::LabelGrid);
    assert_eq!(with(&|stock| stock.rows = 101).0, Field::LabelGrid);
    let (field, reason) = with(&|stock| stock.margins = Some(extent("20x15")));
    assert_eq!(field, Field::LabelGrid);
    assert!(
        reason.contains("5.5 mm right of the page") && reason.contains("label-margins"),
        "{reason}"
    );
    assert_eq!(with(&|stock| stock.margins = Some(extent("-1x15"))).0, Field::LabelGrid);
    assert_eq!(with(&|stock| stock.label = extent("10000x10000")).0, Field::LabelSize);
}

#[test]
fn options_of_a_sheet_have_their_ranges() {
    let sheet = || LabelSheet::new(&LabelStock::named("L7160").unwrap()).unwrap();
    let offset = |text: &str| sheet().with_offset(text.parse().unwrap());
    assert_eq!(offset("0.5,-1.2").unwrap().place(0), (7.75, 13.95));
    assert_eq!(refusal(offset("20.001,0")).0, Field::LabelOffset);
    // The white edge of a label may extend beyond the page, but no more.
    assert!(offset("-8.2,0").is_ok());
    let (field, reason) = refusal(offset("-8.3,0"));
    assert_eq!(field, Field::LabelOffset);
    assert!(reason.contains("1.05 mm left of"), "{reason}");
    assert!(sheet().with_start(21).is_ok());
    for start in [0, 22, u32::MAX] {
        assert_eq!(refusal(sheet().with_start(start)).0, Field::LabelStart);
    }
    assert_eq!(refusal(sheet().with_module(mm("0.09"))).0, Field::LabelModule);
    assert_eq!(refusal(sheet().with_module(mm("5.1"))).0, Field::LabelModule);
    assert!(sheet().with_cut_marks().is_ok());
    let single = LabelSheet::new(&LabelStock::single(extent("62x29"))).unwrap();
    assert_eq!(refusal(single.with_cut_marks()).0, Field::LabelMarks);
}

#[test]
fn plain_paper_is_filled_with_labels_of_any_size() {
    let stock = LabelStock::filled(extent("210x297"), extent("40x20"));
    assert_eq!((stock.columns, stock.rows), (4, 13));
    assert!(LabelSheet::new(&stock).is_ok());
    // Larger than the page.
    let stock = LabelStock::filled(extent("210x297"), extent("400x20"));
    assert!(LabelSheet::new(&stock).is_err());
}

#[test]
fn a_used_sheet_is_continued() {
    let stock = LabelStock::named("L7160").unwrap();
    let sheet = LabelSheet::new(&stock).unwrap().with_start(20).unwrap();
    let labels = (0..24).map(|_| label()).collect::<Vec<_>>();
    let drawn = sheet.draw(LabelFormat::Svg, &labels, "t").unwrap();
    let counts = drawn.files.iter().map(|page| count(page, MANUAL)).collect::<Vec<_>>();
    assert_eq!(counts, [2, 21, 1]);
    let drawn = sheet.draw(LabelFormat::Pdf, &labels, "t").unwrap();
    assert_eq!((drawn.files.len(), drawn.pages), (1, 3));
}

fn count(bytes: &[u8], text: &str) -> usize {
    String::from_utf8_lossy(bytes).matches(text).count()
}

#[test]
fn pdf_has_a_title_and_disables_scaling() {
    let sheet = LabelSheet::default();
    let drawn = sheet.draw(LabelFormat::Pdf, &[label()], "Labels of a Lämp").unwrap();
    let text = String::from_utf8_lossy(&drawn.files[0]).into_owned();
    assert!(text.starts_with("%PDF-1.7") && text.trim_end().ends_with("%%EOF"));
    assert!(text.contains("/PrintScaling /None") && text.contains("/Title"));
    assert!(text.contains("/MediaBox [0 0 595.27") && text.contains("/Count 1"));
    let single = label().to_pdf(extent("62x29")).unwrap();
    assert!(String::from_utf8_lossy(&single).contains("/MediaBox [0 0 175.74"));
}

#[test]
fn small_modules_are_a_warning_and_smaller_ones_an_error() {
    let draw = |size: &str| {
        let sheet = LabelSheet::new(&LabelStock::single(extent(size))).unwrap();
        sheet.draw(LabelFormat::Svg, &[label()], "t")
    };
    let drawn = draw("62x29").unwrap();
    assert!(drawn.warning.is_none() && drawn.module > 0.5);
    let drawn = draw("22x14").unwrap();
    let warning = drawn.warning.unwrap().to_string();
    assert!(drawn.module < 0.25 && warning.contains("0.25 mm"), "{warning}");
    let error = draw("10x8").unwrap_err();
    assert_eq!(error, LabelError::TooSmall { label: extent("10x8") });
    assert!(error.to_string().contains("a label of 10 x 8 mm is too small"));
}

#[test]
fn a_module_that_is_asked_for_is_exact() {
    let sheet = LabelSheet::new(&LabelStock::single(extent("62x29"))).unwrap();
    let drawn = |module: &str| {
        let sheet = sheet.clone().with_module(mm(module)).unwrap();
        sheet.draw(LabelFormat::Svg, &[label()], "t")
    };
    let page = drawn("0.375").unwrap();
    assert!((page.module - 0.375).abs() < 1e-9 && count(&page.files[0], "scale(0.37500)") == 1);
    let error = drawn("0.9").unwrap_err();
    assert!(matches!(error, LabelError::ModuleTooLarge { .. }) && error.to_string().contains("0.9 mm"));
}

#[test]
fn texts_beyond_latin_1_are_in_svg_and_refused_in_pdf() {
    let other = || [DeviceLabel::new(&payload()).unwrap().with_product("Лампа 灯")];
    let sheet = LabelSheet::default();
    let error = sheet.draw(LabelFormat::Pdf, &other(), "t").unwrap_err();
    assert_eq!(error, LabelError::Character { character: 'Л' });
    assert!(error.to_string().contains("SVG"), "{error}");
    let drawn = sheet.draw(LabelFormat::Svg, &other(), "t").unwrap();
    assert_eq!(count(&drawn.files[0], "Лампа 灯"), 1);
    assert!(label().to_pdf(extent("62x29")).is_ok());
}

#[test]
fn markup_in_texts_and_titles_is_escaped() {
    let label = DeviceLabel::new(&payload()).unwrap().with_product("<a&\"b>\n");
    let drawn = LabelSheet::default().draw(LabelFormat::Svg, &[label], "<t>").unwrap();
    assert_eq!(count(&drawn.files[0], "&lt;a&amp;&quot;b&gt; </text>"), 1);
    assert_eq!(count(&drawn.files[0], "<title>&lt;t&gt;</title>"), 1);
}

/// Returns the numbers after `name="` in an SVG.
fn attributes<'s>(svg: &'s str, name: &'s str) -> impl Iterator<Item = f64> + 's {
    let start = format!(" {name}=\"");
    let parts = svg.split(&start).skip(1).collect::<Vec<_>>();
    parts
        .into_iter()
        .map(|rest| rest.split('"').next().unwrap().parse().unwrap())
}

/// Returns left, top, right and bottom edge of the code with its quiet zone, and of each text, in a drawing of one
/// label.
fn boxes(svg: &str) -> Vec<[f64; 4]> {
    let (_, rest) = svg.split_once("translate(").unwrap();
    let (origin, rest) = rest.split_once(") scale(").unwrap();
    let (x, y) = origin.split_once(' ').unwrap();
    let (x, y) = (x.parse::<f64>().unwrap(), y.parse::<f64>().unwrap());
    let module = rest.split(')').next().unwrap().parse::<f64>().unwrap();
    let (quiet, side) = (4.0 * module, 29.0 * module);
    let mut found = vec![[x - quiet, y - quiet, x + side, y + side]];
    let texts = svg.split("<text").skip(1).collect::<Vec<_>>().join("<text");
    let texts = format!("<text{texts}");
    let sizes = attributes(&texts, "font-size").zip(attributes(&texts, "textLength"));
    let places = attributes(&texts, "x").zip(attributes(&texts, "y"));
    // Letters extend 0.72 of their size above the baseline, and 0.21 below it.
    found.extend(
        places
            .zip(sizes)
            .map(|((x, y), (size, width))| [x, y - 0.72 * size, x + width, y + 0.21 * size]),
    );
    found
}

fn overlap(a: &[f64; 4], b: &[f64; 4]) -> bool {
    // To a hundredth of a millimetre; the code is aligned to a printer's dot.
    let room = 0.05;
    a[0] + room < b[2] && b[0] + room < a[2] && a[1] + room < b[3] && b[1] + room < a[3]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn checked_labels_are_on_their_page_and_apart(
        page in (20_000..500_000i32, 20_000..500_000i32),
        label in (5_000..200_000i32, 5_000..200_000i32),
        grid in (0..12u32, 0..12u32),
        gap in (-1000..9000i32, -1000..9000i32),
        margins in proptest::option::of((-2000..40_000i32, -2000..40_000i32)),
        offset in (-21_000..21_000i32, -21_000..21_000i32),
    ) {
        let extent = |(width, height): (i32, i32)| Extent {
            width: Millimetres::from_micrometres(width).unwrap(),
            height: Millimetres::from_micrometres(height).unwrap(),
        };
        let mut stock = LabelStock::single(extent(label));
        stock.page = extent(page);
        (stock.columns, stock.rows) = grid;
        stock.margins = margins.map(extent);
        stock.pitch = Some(extent((label.0 + gap.0, label.1 + gap.1)));
        let moved = matter_mfg::PrintOffset { right: extent(offset).width, down: extent(offset).height };
        let Ok(sheet) = LabelSheet::new(&stock) else { return Ok(()) };
        for (sheet, beyond) in [(Some(sheet.clone()), 0.0), (sheet.with_offset(moved).ok(), 1.0)] {
            let Some(sheet) = sheet else { continue };
            let (width, height) = (stock.label.width.get(), stock.label.height.get());
            let places = (0..sheet.labels()).map(|number| sheet.place(number)).collect::<Vec<_>>();
            for (x, y) in &places {
                prop_assert!(*x >= -beyond - 1e-9 && *y >= -beyond - 1e-9);
                prop_assert!(x + width <= stock.page.width.get() + beyond + 1e-9);
                prop_assert!(y + height <= stock.page.height.get() + beyond + 1e-9);
            }
            for (number, (x, y)) in places.iter().enumerate() {
                for (other_x, other_y) in &places[..number] {
                    let apart = (x - other_x).abs() >= width - 1e-9 || (y - other_y).abs() >= height - 1e-9;
                    prop_assert!(apart);
                }
            }
        }
    }

    #[test]
    fn contents_of_a_label_are_within_it_and_do_not_overlap(
        size in (8_000..110_000i32, 8_000..110_000i32),
        product in proptest::option::of("[A-Za-z0-9 ]{1,32}"),
        vendor in proptest::option::of("[ -~]{1,32}"),
        serial in proptest::option::of("[A-Za-z0-9-]{1,32}"),
        is_long in any::<bool>(),
    ) {
        let flow = if is_long { CommissioningFlow::Custom } else { CommissioningFlow::Standard };
        let mut label = DeviceLabel::new(&payload().with_flow(flow)).unwrap();
        if let Some(name) = &product { label = label.with_product(name); }
        if let Some(name) = &vendor { label = label.with_vendor(name); }
        if let Some(number) = &serial { label = label.with_serial(number); }
        let size = Extent {
            width: Millimetres::from_micrometres(size.0).unwrap(),
            height: Millimetres::from_micrometres(size.1).unwrap(),
        };
        match label.to_svg(size) {
            Ok(svg) => {
                let svg = String::from_utf8(svg.to_vec()).unwrap();
                let boxes = boxes(&svg);
                for (number, found) in boxes.iter().enumerate() {
                    // The white edge of a millimetre, less the alignment of the code.
                    prop_assert!(found[0] >= 0.97 && found[1] >= 0.97, "{found:?}");
                    prop_assert!(found[2] <= size.width.get() - 0.97 && found[3] <= size.height.get() - 0.97, "{found:?} {size}");
                    for other in &boxes[..number] {
                        prop_assert!(!overlap(found, other), "{found:?} {other:?}");
                    }
                }
                if let Some(number) = &serial {
                    // A broken number loses no character.
                    let (_, texts) = svg.split_once("S/N ").unwrap();
                    let parts = texts.split("<text").map(|part| part.split('>').next_back().unwrap_or_default());
                    let _ = parts;
                    let read = format!("S/N {texts}").replace("</g>", "");
                    let read = read.split("</text>").map(|part| part.rsplit('>').next().unwrap()).collect::<String>();
                    prop_assert!(read.starts_with(&format!("S/N {number}")), "{read}");
                }
            }
            Err(error) => prop_assert_eq!(error, LabelError::TooSmall { label: size }),
        }
    }
}
