//! The plot of devices per hour, as an SVG embedded in the page.

use std::fmt::Write;

use super::page::escape;
use super::times::Hour;

/// Size of the drawing in user units.
const WIDTH: u32 = 800;
const HEIGHT: u32 = 180;
const LEFT: u32 = 44;
const BOTTOM: u32 = 24;
const TOP: u32 = 8;
/// Most labels below the bars.
const MAX_NAMES: usize = 12;

/// Draws a bar for each hour, with a scale.
pub(crate) fn bars(hours: &[Hour]) -> String {
    let most = hours.iter().map(|hour| hour.done).max().unwrap_or_default();
    let top = scale(u32::try_from(most).unwrap_or(u32::MAX));
    let count = u32::try_from(hours.len()).unwrap_or(u32::MAX).max(1);
    let (inner, room) = (
        f64::from(HEIGHT - TOP - BOTTOM),
        f64::from(WIDTH - LEFT) / f64::from(count),
    );
    let base = f64::from(HEIGHT - BOTTOM);
    let mut svg = String::with_capacity(4096);
    // Writing to a string does not fail.
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" width=\"100%\" \
         font-family=\"system-ui,sans-serif\" font-size=\"11\"><title>Devices done in each hour</title>"
    );
    for part in 0..=4u32 {
        let value = f64::from(top) * f64::from(part) / 4.0;
        let y = base - inner * f64::from(part) / 4.0;
        let _ = write!(
            svg,
            "<path d=\"M{LEFT} {y:.1}H{WIDTH}\" stroke=\"#ddd\"/>\
             <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#555\">{value}</text>",
            LEFT - 6,
            y + 4.0
        );
    }
    let every = hours.len().div_ceil(MAX_NAMES).max(1);
    for (place, hour) in hours.iter().enumerate() {
        let x = f64::from(LEFT) + room * f64::from(u32::try_from(place).unwrap_or(u32::MAX));
        let done = f64::from(u32::try_from(hour.done).unwrap_or(u32::MAX));
        let height = inner * done / f64::from(top);
        if hour.done > 0 {
            let _ = write!(
                svg,
                "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{height:.1}\" fill=\"#2563a8\">\
                 <title>{} in {}h</title></rect>",
                x + room * 0.1,
                base - height,
                (room * 0.8).min(60.0),
                hour.done,
                escape(&hour.name)
            );
        }
        if place % every == 0 && !hour.name.is_empty() {
            let name = hour.name.get("2026-".len()..).unwrap_or_default().replace('T', " ");
            let _ = write!(
                svg,
                "<text x=\"{:.1}\" y=\"{}\" fill=\"#555\">{}h</text>",
                x + room * 0.1,
                HEIGHT - 8,
                escape(&name)
            );
        }
    }
    svg.push_str("</svg>");
    svg
}

/// Returns the upper end of a scale with four whole-numbered parts: 4, 8, 20, 40, 80, 200 and so on.
fn scale(most: u32) -> u32 {
    let mut decade = 4u32;
    loop {
        for times in [1, 2, 5] {
            let end = decade.saturating_mul(times);
            if end >= most {
                return end;
            }
        }
        decade = decade.saturating_mul(10);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_have_whole_parts_and_hold_the_highest_bar() {
        for (most, end) in [
            (0, 4),
            (4, 4),
            (5, 8),
            (9, 20),
            (21, 40),
            (401, 800),
            (u32::MAX, u32::MAX),
        ] {
            assert_eq!(scale(most), end);
        }
    }

    #[test]
    fn each_hour_with_devices_has_a_bar() {
        let hour = |name: &str, done| Hour {
            name: name.into(),
            done,
        };
        let svg = bars(&[hour("2026-11-30T08", 3), hour("", 0), hour("2026-11-30T10", 4)]);
        assert_eq!(svg.matches("<rect").count(), 2);
        assert!(svg.contains("11-30 08h") && svg.contains("4 in 2026-11-30T10h") && svg.ends_with("</svg>"));
        // The highest bar has the height of the scale.
        assert!(svg.contains("height=\"148.0\""));
    }
}
