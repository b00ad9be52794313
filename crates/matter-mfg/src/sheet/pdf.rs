use matter_setup_payload::Label;
use pdf_writer::{Content, Filter, Name, Pdf, Rect, Ref, Str};

use super::{PAGE, place};

/// Points of a millimetre.
const POINTS: f32 = 72.0 / 25.4;
/// Width of a character of Courier, as a part of its size.
const CHARACTER: f32 = 0.6;
const FONT: Name<'static> = Name(b"F");
/// 6 of 10, as zlib counts.
const COMPRESSION: u8 = 6;

/// A PDF whose pages are drawn one by one.
pub(super) struct Document {
    pdf: Pdf,
    next: i32,
    pages: Vec<Ref>,
}

impl Document {
    const CATALOG: Ref = Ref::new(1);
    const PAGE_TREE: Ref = Ref::new(2);
    const FONT: Ref = Ref::new(3);

    pub(super) fn new() -> Self {
        let mut pdf = Pdf::new();
        pdf.catalog(Self::CATALOG).pages(Self::PAGE_TREE);
        // One of the fourteen fonts that every reader has (ISO 32000-1, 9.6.2.2).
        pdf.type1_font(Self::FONT)
            .base_font(Name(b"Courier"))
            .encoding_predefined(Name(b"WinAnsiEncoding"));
        Self {
            pdf,
            next: 4,
            pages: Vec::new(),
        }
    }

    pub(super) fn pages(&self) -> usize {
        self.pages.len()
    }

    /// Adds a sheet.
    pub(super) fn add_page(&mut self, labels: &[Label]) {
        let placed = labels.iter().enumerate();
        let placed = placed.map(|(number, label)| (place(number, label), label));
        self.add(PAGE, &placed.collect::<Vec<_>>());
    }

    /// Adds a page that is as large as a label.
    pub(super) fn add_label(&mut self, label: &Label) {
        let size = label.size();
        self.add((size.width, size.height), &[((0.0, 0.0), label)]);
    }

    fn add(&mut self, size: (f64, f64), labels: &[((f64, f64), &Label)]) {
        let (width, height) = (points(size.0), points(size.1));
        let (page, contents) = (Ref::new(self.next), Ref::new(self.next + 1));
        self.next += 2;
        self.pages.push(page);
        let mut object = self.pdf.page(page);
        object.media_box(Rect::new(0.0, 0.0, width, height));
        object.parent(Self::PAGE_TREE);
        object.contents(contents);
        object.resources().fonts().pair(FONT, Self::FONT);
        drop(object);
        let drawn = miniz_oxide::deflate::compress_to_vec_zlib(&draw(size.1, labels), COMPRESSION);
        self.pdf.stream(contents, &drawn).filter(Filter::FlateDecode);
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        let count = i32::try_from(self.pages.len()).unwrap_or(i32::MAX);
        self.pdf.pages(Self::PAGE_TREE).kids(self.pages).count(count);
        self.pdf.finish()
    }
}

/// Draws the labels on a page of a height. A PDF counts from the lower left corner.
fn draw(page: f64, labels: &[((f64, f64), &Label)]) -> Vec<u8> {
    let mut content = Content::new();
    for ((left, top), label) in labels {
        for part in label.rectangles() {
            let (x, y) = (left + part.x, page - top - part.y - part.height);
            content.rect(points(x), points(y), points(part.width), points(part.height));
        }
        content.fill_nonzero();
        content.begin_text();
        for line in label.lines() {
            let text = line
                .text
                .chars()
                .map(|c| code_of(c).unwrap_or(b'?'))
                .collect::<Vec<_>>();
            let size = points(line.font_size);
            let width = u16::try_from(text.len()).map_or(0.0, f32::from) * CHARACTER * size;
            let (x, y) = (
                points(left + line.middle) - width / 2.0,
                points(page - top - line.baseline),
            );
            content.set_font(FONT, size);
            content.set_text_matrix([1.0, 0.0, 0.0, 1.0, x, y]);
            content.show(Str(&text));
        }
        content.end_text();
    }
    content.finish().to_vec()
}

/// The code of a character in WinAnsiEncoding, as far as that equals Latin-1 (ISO 32000-1, annex D).
pub(super) fn code_of(character: char) -> Option<u8> {
    match character {
        ' '..='~' | '\u{A0}'..='\u{FF}' => u8::try_from(u32::from(character)).ok(),
        _ => None,
    }
}

/// Millimetres of a page as points; a PDF's numbers have no more digits than an `f32`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::as_conversions,
    reason = "a hundredth of a point is enough"
)]
fn points(millimetres: f64) -> f32 {
    millimetres as f32 * POINTS
}
