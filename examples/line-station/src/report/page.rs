//! The page about an order: self-contained HTML without scripts.

use std::fmt::{Display, Write};

use matter_station::{BoardRefusal, QuarantineReason};

use super::model::{OrderReport, QUARANTINED, Row};
use super::plot;
use super::times::{hours, steps};

/// Most rows of a table; the manifest has all of them.
const MAX_ROWS: usize = 500;

const STYLE: &str = "\
body{font:14px/1.4 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#1a1a1a;background:#fff}\
h1{font-size:1.5em}h2{font-size:1.1em;margin:1.6em 0 .4em}\
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.25em .6em;border-bottom:1px solid #ddd;\
vertical-align:top;overflow-wrap:anywhere}td:first-child,td:nth-child(2),td:nth-child(3){white-space:nowrap}th{font-weight:600}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}\
ul.counts{display:flex;flex-wrap:wrap;gap:.6em;list-style:none;padding:0}\
ul.counts li{border:1px solid #ddd;border-radius:.4em;padding:.4em .9em;min-width:5em}\
ul.counts b{display:block;font-size:1.6em;font-weight:600}\
.good b{color:#12702b}.bad b{color:#b3261e}code{font-size:.95em}\
@media print{body{margin:0}h2{break-after:avoid}}";

/// Draws the page. It contains no codes and is safe to share.
pub(crate) fn page(report: &OrderReport) -> String {
    let mut html = String::with_capacity(16 * 1024);
    let order = escape(&report.order);
    // Writing to a string does not fail.
    let _ = write!(
        html,
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>Order {order}</title>\
         <style>{STYLE}</style></head><body>\n<h1>Order {order}</h1>\n"
    );
    summary(report, &mut html);
    plot_of(report, &mut html);
    times(report, &mut html);
    quarantined(report, &mut html);
    refused(report, &mut html);
    done(report, &mut html);
    let _ = write!(
        html,
        "<p>line-station {}. Each board with its device, images and keys: <code>manifest.csv</code>, \
         <code>manifest.json</code>.</p>\n</body></html>\n",
        env!("CARGO_PKG_VERSION")
    );
    html
}

fn summary(report: &OrderReport, html: &mut String) {
    let counts = report.counts;
    let percent = counts.yield_percent();
    let percent = percent.map_or_else(|| "-".to_owned(), |percent| format!("{percent:.1} %"));
    let cells: [(&str, &str, &dyn Display); 7] = [
        ("", "ordered", &counts.ordered),
        ("good", "done", &counts.done),
        ("bad", "quarantined", &counts.quarantined),
        ("", "in progress", &counts.in_work),
        ("", "free devices", &counts.free),
        ("", "boards refused", &counts.refused),
        ("", "yield", &percent),
    ];
    html.push_str("<ul class=\"counts\">");
    for (class, name, number) in cells {
        let _ = write!(html, "<li class=\"{class}\"><b>{number}</b>{name}</li>");
    }
    html.push_str("</ul>\n");
    let all = report.rows.iter().flat_map(|row| row.times.values());
    if let (Some(first), Some(last)) = (all.clone().min(), all.max()) {
        let _ = writeln!(html, "<p>From {} to {}.</p>", escape(first), escape(last));
    }
}

fn plot_of(report: &OrderReport, html: &mut String) {
    let hours = hours(report);
    if !hours.is_empty() {
        let _ = write!(html, "<h2>Devices per hour</h2>\n{}\n", plot::bars(&hours));
    }
}

fn times(report: &OrderReport, html: &mut String) {
    let steps = steps(report);
    if steps.is_empty() {
        return;
    }
    html.push_str(
        "<h2>Seconds to each state</h2>\n<table><tr><th>state</th><th class=\"n\">boards</th>\
         <th class=\"n\">minimum</th><th class=\"n\">median</th><th class=\"n\">maximum</th></tr>\n",
    );
    for step in steps {
        let name = if step.to == "all" { "claimed to done" } else { step.to };
        let _ = writeln!(
            html,
            "<tr><td>{name}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>\
             <td class=\"n\">{}</td></tr>",
            step.boards, step.least, step.median, step.most
        );
    }
    html.push_str("</table>\n");
}

fn quarantined(report: &OrderReport, html: &mut String) {
    let rows = report.rows.iter().filter(|row| row.state == QUARANTINED);
    let rows = rows.map(|row| {
        let code = row.reason.as_deref().unwrap_or_default();
        let reason = QuarantineReason::from_code(code);
        let (text, remedy) = reason.map_or((String::new(), ""), |reason| (reason.to_string(), reason.remedy()));
        let what = described(&text, row.detail.as_deref().unwrap_or_default());
        [row.mac.clone(), name(row), code.to_owned(), what, remedy.to_owned()]
    });
    let head = ["MAC", "device", "reason", "detail", "remedy"];
    table("Quarantined", head, rows, html);
}

fn refused(report: &OrderReport, html: &mut String) {
    let rows = report.refused.iter().map(|row| {
        let reason = BoardRefusal::from_code(&row.reason);
        let (text, remedy) = reason.map_or((String::new(), ""), |reason| (reason.to_string(), reason.remedy()));
        let mac = row.mac.clone().unwrap_or_default();
        let what = described(&text, &row.detail);
        [row.time.clone(), mac, row.reason.clone(), what, remedy.to_owned()]
    });
    let head = ["time", "MAC", "reason", "detail", "remedy"];
    table("Boards refused before anything was written", head, rows, html);
}

fn done(report: &OrderReport, html: &mut String) {
    let rows = report.rows.iter().filter(|row| row.state == "done").map(|row| {
        let time = row.times.get("done").cloned().unwrap_or_default();
        let place = format!("{} {}", row.station, row.slot);
        [time, row.mac.clone(), name(row), row.uuid.clone(), place]
    });
    table("Done", ["time", "MAC", "device", "UUID", "station, slot"], rows, html);
}

fn name(row: &Row) -> String {
    row.serial.clone().unwrap_or_else(|| row.uuid.clone())
}

fn described(text: &str, detail: &str) -> String {
    match (text, detail) {
        (text, "") => text.to_owned(),
        ("", detail) => detail.to_owned(),
        (text, detail) => format!("{text}: {detail}"),
    }
}

fn table<const N: usize>(title: &str, head: [&str; N], rows: impl Iterator<Item = [String; N]>, html: &mut String) {
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return;
    }
    let _ = write!(html, "<h2>{title}</h2>\n<table><tr>");
    for cell in head {
        let _ = write!(html, "<th>{cell}</th>");
    }
    html.push_str("</tr>\n");
    for row in rows.by_ref().take(MAX_ROWS) {
        html.push_str("<tr>");
        for cell in row {
            let _ = write!(html, "<td>{}</td>", escape(&cell));
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</table>\n");
    let more = rows.count();
    if more > 0 {
        let _ = writeln!(html, "<p>And {more} more in the manifest.</p>");
    }
}

/// Escapes text for HTML: markup, terminal control characters, and characters that change the text direction.
pub(crate) fn escape(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for character in cli::clean(text).chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            character => html.push(character),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::super::sample::order;
    use super::*;

    #[test]
    fn page_has_counts_reasons_and_remedies_and_no_codes() {
        let html = page(&order());
        for part in [
            "<b>6</b>ordered",
            "<b>2</b>done",
            "<b>1</b>quarantined",
            "<b>66.7 %</b>yield",
            "<svg",
            "24:0a:c4:00:00:03",
            QuarantineReason::from_code("flash-md5").unwrap().remedy(),
            BoardRefusal::from_code("board-done").unwrap().remedy(),
            "SN-1",
        ] {
            assert!(html.contains(part), "{part}");
        }
        assert!(!html.contains("MT:") && !html.contains("3497-011-2332"));
    }

    #[test]
    fn page_loads_and_runs_nothing() {
        let html = page(&order());
        for part in ["<script", "src=", "href=", "url(", "@import", "http://"] {
            let found = html.replace("xmlns=\"http://www.w3.org/2000/svg\"", "").contains(part);
            assert!(!found, "{part}");
        }
        assert!(html.contains("default-src 'none'"));
    }

    #[test]
    fn texts_of_others_are_text() {
        let mut order = order();
        order.order = "<script>alert(1)</script>\u{202E}".into();
        order.rows[2].detail = Some("\"><img onerror='x'>&".into());
        let html = page(&order);
        assert!(!html.contains("<script") && !html.contains("<img") && !html.contains('\u{202E}'));
        assert!(html.contains("&quot;&gt;&lt;img onerror=&#39;x&#39;&gt;&amp;"));
    }

    #[test]
    fn an_order_without_boards_has_a_page() {
        let html = page(&OrderReport::default());
        assert!(html.contains("<b>0</b>ordered") && html.contains("<b>-</b>yield") && !html.contains("<svg"));
    }
}
