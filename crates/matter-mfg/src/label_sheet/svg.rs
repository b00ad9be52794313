use std::fmt::Write as _;

use matter_setup_payload::escape_xml;
use zeroize::Zeroizing;

use super::page::Page;
use crate::device_label::{Fitted, Weight, has_exact_width};

/// Draws a page with one user unit per millimetre.
pub(super) fn draw(page: &Page<'_>, title: &str) -> Zeroizing<String> {
    let (width, height) = page.size();
    let mut svg = Zeroizing::new(String::new());
    // Writing to a string does not fail.
    let _ = write!(
        *svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}mm\" height=\"{height}mm\" \
         viewBox=\"0 0 {width} {height}\"><title>"
    );
    escape_xml(title, &mut svg);
    svg.push_str("</title><rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n");
    let label = page.sheet.stock().label;
    for (x, y) in page.outlines() {
        let (width, height) = (label.width, label.height);
        let _ = writeln!(
            *svg,
            "<rect x=\"{x:.3}\" y=\"{y:.3}\" width=\"{width}\" height=\"{height}\" rx=\"1.5\" fill=\"none\" stroke=\"#09c\" \
             stroke-width=\"0.15\"/>"
        );
    }
    let marks = page.cut_marks();
    if !marks.is_empty() {
        svg.push_str("<path stroke=\"#000\" stroke-width=\"0.1\" d=\"");
        for mark in marks {
            let ((x, y), (to_x, to_y)) = (mark.from, mark.to);
            let _ = write!(*svg, "M{x:.3} {y:.3}L{to_x:.3} {to_y:.3}");
        }
        svg.push_str("\"/>\n");
    }
    for (place, label) in &page.labels {
        draw_label(*place, label, &mut svg);
    }
    svg.push_str("</svg>\n");
    svg
}

fn draw_label(place: (f64, f64), label: &Fitted<'_>, svg: &mut String) {
    let (x, y) = label.grid_origin(place);
    let module = label.module;
    let _ = write!(
        svg,
        "<g><path fill=\"#000\" shape-rendering=\"crispEdges\" transform=\"translate({x:.4} {y:.4}) scale({module:.5})\" d=\""
    );
    for run in label.runs() {
        let _ = write!(svg, "M{} {}h{}v1h-{}z", run.column, run.row, run.len, run.len);
    }
    svg.push_str("\"/>");
    for text in &label.texts {
        let (left, baseline) = (place.0 + text.left, place.1 + text.baseline);
        let _ = write!(
            svg,
            "<text x=\"{left:.3}\" y=\"{baseline:.3}\" font-family=\"Helvetica,Arial,sans-serif\" font-size=\"{:.3}\"",
            text.size
        );
        if text.weight == Weight::Bold {
            svg.push_str(" font-weight=\"bold\"");
        }
        if has_exact_width(&text.text) {
            // The text keeps its width when another font is substituted.
            let _ = write!(
                svg,
                " textLength=\"{:.3}\" lengthAdjust=\"spacingAndGlyphs\"",
                text.width
            );
        }
        svg.push_str(" xml:space=\"preserve\">");
        escape_xml(&text.text, svg);
        svg.push_str("</text>");
    }
    svg.push_str("</g>\n");
}
