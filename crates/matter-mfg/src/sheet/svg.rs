use std::fmt::Write;

use matter_setup_payload::Label;
use zeroize::Zeroizing;

use super::{PAGE, place};

/// Draws a page, one user unit to the millimetre.
pub(super) fn page(labels: &[Label]) -> Zeroizing<String> {
    let (width, height) = PAGE;
    let mut svg = Zeroizing::new(String::new());
    // Writing into a string does not fail.
    let _ = write!(
        *svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}mm\" height=\"{height}mm\" \
         viewBox=\"0 0 {width} {height}\"><rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>"
    );
    for (number, label) in labels.iter().enumerate() {
        let (x, y) = place(number, label);
        svg.push_str(&label.to_svg_group(x, y));
        svg.push('\n');
    }
    svg.push_str("</svg>\n");
    svg
}
