use pdf_writer::{Content, Filter, Name, Pdf, Rect, Ref, Str, TextStr};

use super::page::Page;
use crate::device_label::{Fitted, Text, Weight};

/// Points per millimetre.
const POINTS: f32 = 72.0 / 25.4;
const REGULAR: Name<'static> = Name(b"R");
const BOLD: Name<'static> = Name(b"B");
/// Level 6 of 10, on zlib's scale.
const COMPRESSION: u8 = 6;
/// Line width of cut marks and outlines, in points.
const HAIRLINE: f32 = 0.25;

/// A PDF that is drawn page by page.
pub(super) struct Document {
    pdf: Pdf,
    next: i32,
    pages: Vec<Ref>,
}

impl Document {
    const CATALOG: Ref = Ref::new(1);
    const PAGE_TREE: Ref = Ref::new(2);
    const REGULAR: Ref = Ref::new(3);
    const BOLD: Ref = Ref::new(4);
    const INFORMATION: Ref = Ref::new(5);

    pub(super) fn new() -> Self {
        let mut pdf = Pdf::new();
        let mut catalog = pdf.catalog(Self::CATALOG);
        catalog.pages(Self::PAGE_TREE);
        let mut preferences = catalog.viewer_preferences();
        preferences.display_doc_title(true);
        // Print at actual size: scaling to the paper would miss the labels (ISO 32000-1, 12.2).
        preferences.pair(Name(b"PrintScaling"), Name(b"None"));
        drop(preferences);
        drop(catalog);
        // Two of the fourteen standard fonts (ISO 32000-1, 9.6.2.2).
        for (font, name) in [(Self::REGULAR, &b"Helvetica"[..]), (Self::BOLD, b"Helvetica-Bold")] {
            pdf.type1_font(font)
                .base_font(Name(name))
                .encoding_predefined(Name(b"WinAnsiEncoding"));
        }
        Self {
            pdf,
            next: 6,
            pages: Vec::new(),
        }
    }

    pub(super) fn pages(&self) -> usize {
        self.pages.len()
    }

    /// Adds a page.
    pub(super) fn add(&mut self, drawn: &Page<'_>) {
        let (page, contents) = (Ref::new(self.next), Ref::new(self.next + 1));
        self.next += 2;
        self.pages.push(page);
        let size = drawn.size();
        let mut object = self.pdf.page(page);
        object.media_box(Rect::new(0.0, 0.0, points(size.0), points(size.1)));
        object.parent(Self::PAGE_TREE);
        object.contents(contents);
        let mut resources = object.resources();
        let mut fonts = resources.fonts();
        fonts.pair(REGULAR, Self::REGULAR);
        fonts.pair(BOLD, Self::BOLD);
        drop(fonts);
        drop(resources);
        drop(object);
        let bytes = miniz_oxide::deflate::compress_to_vec_zlib(&draw(drawn), COMPRESSION);
        self.pdf.stream(contents, &bytes).filter(Filter::FlateDecode);
    }

    pub(super) fn finish(mut self, title: &str) -> Vec<u8> {
        let count = i32::try_from(self.pages.len()).unwrap_or(i32::MAX);
        self.pdf.pages(Self::PAGE_TREE).kids(self.pages).count(count);
        self.pdf
            .document_info(Self::INFORMATION)
            .title(TextStr(title))
            .creator(TextStr(concat!("matter-mfg ", env!("CARGO_PKG_VERSION"))));
        self.pdf.finish()
    }
}

/// Draws a page. PDF coordinates start at the lower left corner.
fn draw(page: &Page<'_>) -> Vec<u8> {
    let (_, height) = page.size();
    let mut content = Content::new();
    let label = page.sheet.stock().label;
    let mut has_marks = false;
    content.set_line_width(HAIRLINE);
    for mark in page.cut_marks() {
        content.move_to(points(mark.from.0), points(height - mark.from.1));
        content.line_to(points(mark.to.0), points(height - mark.to.1));
        has_marks = true;
    }
    if has_marks {
        content.stroke();
    }
    let has_outlines = page.has_outlines;
    if has_outlines {
        content.save_state();
        content.set_stroke_rgb(0.0, 0.6, 0.8);
    }
    for (x, y) in page.outlines() {
        let y = height - y - label.height.get();
        content.rect(
            points(x),
            points(y),
            points(label.width.get()),
            points(label.height.get()),
        );
    }
    if has_outlines {
        content.stroke();
        content.restore_state();
    }
    for (place, label) in &page.labels {
        draw_code(*place, label, height, &mut content);
        content.begin_text();
        for text in &label.texts {
            draw_text(*place, text, height, &mut content);
        }
        content.end_text();
    }
    content.finish().to_vec()
}

fn draw_code(place: (f64, f64), label: &Fitted<'_>, height: f64, content: &mut Content) {
    let (left, top) = label.grid_origin(place);
    let module = label.module;
    for run in label.runs() {
        let [column, row, len] =
            [run.column, run.row, run.len].map(|count| u16::try_from(count).map_or(0.0, f64::from));
        let (x, y) = (left + column * module, height - top - (row + 1.0) * module);
        content.rect(points(x), points(y), points(len * module), points(module));
    }
    content.fill_nonzero();
}

fn draw_text(place: (f64, f64), text: &Text, height: f64, content: &mut Content) {
    let font = match text.weight {
        Weight::Regular => REGULAR,
        Weight::Bold => BOLD,
    };
    let codes = text.text.chars().map(|letter| code_of(letter).unwrap_or(b'?'));
    let codes = codes.collect::<Vec<_>>();
    let (x, y) = (place.0 + text.left, height - place.1 - text.baseline);
    content.set_font(font, points(text.size));
    content.set_text_matrix([1.0, 0.0, 0.0, 1.0, points(x), points(y)]);
    content.show(Str(&codes));
}

/// Returns the code of a character in WinAnsiEncoding, as far as it equals Latin-1 (ISO 32000-1, annex D).
pub(super) fn code_of(character: char) -> Option<u8> {
    match character {
        ' '..='~' | '\u{A0}'..='\u{FF}' => u8::try_from(u32::from(character)).ok(),
        _ => None,
    }
}

/// Converts millimetres of a page to points; numbers in a PDF have no more digits than an `f32`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::as_conversions,
    reason = "a hundredth of a point is enough"
)]
fn points(millimetres: f64) -> f32 {
    millimetres as f32 * POINTS
}
