use std::string::String;

use super::QrImage;

pub(super) fn draw(code: &QrImage) -> String {
    let side = code.side();
    let mut text = String::new();
    for y in (0..side).step_by(2) {
        for x in 0..side {
            // The terminal's text is light: a block is a light module. Below an odd last row
            // nothing is drawn.
            let (upper, lower) = (!code.is_dark(x, y), y + 1 < side && !code.is_dark(x, y + 1));
            text.push(match (upper, lower) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            });
        }
        text.push('\n');
    }
    text
}
