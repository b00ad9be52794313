use core::fmt::Write;
use std::string::String;

use super::{QUIET_ZONE, QrImage};

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

/// Writes path commands for the dark modules, each run of them in a row as one rectangle, the quiet zone left free.
pub(super) fn write_path(code: &QrImage, svg: &mut String) {
    for (y, modules) in code.rows().enumerate() {
        let mut run = 0;
        // A light module behind the last one ends the last run.
        for (x, dark) in modules.chain([false]).enumerate() {
            if dark {
                run += 1;
            } else if run > 0 {
                let (x, y) = (QUIET_ZONE + x - run, QUIET_ZONE + y);
                let _ = write!(svg, "M{x} {y}h{run}v1h-{run}z");
                run = 0;
            }
        }
    }
}
