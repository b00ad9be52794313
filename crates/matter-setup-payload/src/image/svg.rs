use core::fmt::Write;
use std::string::String;

use super::{QrImage, Run};

pub(super) fn draw(code: &QrImage) -> String {
    let side = code.side();
    let mut svg = String::new();
    // Writing into a string does not fail.
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
         <rect width=\"{side}\" height=\"{side}\" fill=\"#fff\"/><path fill=\"#000\" d=\""
    );
    write_path(code, &mut svg);
    svg.push_str("\"/></svg>\n");
    svg
}

/// Writes path commands for the dark modules: one rectangle for each run in a row, with an offset
/// for the quiet zone.
pub(super) fn write_path(code: &QrImage, svg: &mut String) {
    for Run { x, y, len } in code.runs() {
        let _ = write!(svg, "M{x} {y}h{len}v1h-{len}z");
    }
}

/// Appends text to XML: markup is escaped, and control characters, which XML does not allow, are replaced.
pub fn escape_xml(text: &str, xml: &mut String) {
    for character in text.chars() {
        match character {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '"' => xml.push_str("&quot;"),
            '\u{FFFE}' | '\u{FFFF}' => xml.push('\u{FFFD}'),
            character if character.is_control() => xml.push(' '),
            character => xml.push(character),
        }
    }
}
