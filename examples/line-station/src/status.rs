//! `line-station status`.

use cli::{Failure, print, print_json};
use serde_json::json;

use crate::listing;
use crate::options::StatusOptions;
use crate::report::Row;

/// Shows the progress of an order.
pub(crate) fn status(options: &StatusOptions) -> Result<(), Failure> {
    let report = listing::read(&options.ledger.place()?, &options.order)?;
    let counts = report.counts;
    if options.json {
        let boards = report.rows.iter().map(board);
        let document = json!({
            "order": report.order,
            "counts": counts,
            "boards": boards.collect::<Vec<_>>(),
            "refused": report.refused,
        });
        return print_json(format_args!("{document:#}"));
    }
    print(listing::sentence(&report.order, &counts))?;
    for row in &report.rows {
        let name = row.serial.as_ref().unwrap_or(&row.uuid);
        let reason = row
            .reason
            .as_ref()
            .map(|reason| format!(" ({reason})"))
            .unwrap_or_default();
        let time = row.times.get(&row.state).map_or("", String::as_str);
        let Row {
            mac,
            state,
            station,
            slot,
            ..
        } = row;
        print(format_args!(
            "{mac}  {state:11}  {name}  {station} {slot}  {time}{reason}"
        ))?;
    }
    for row in &report.refused {
        let mac = row.mac.as_deref().unwrap_or("-");
        print(format_args!(
            "{mac}  refused      {}  {} {}  {}",
            row.reason, row.station, row.slot, row.time
        ))?;
    }
    Ok(())
}

fn board(row: &Row) -> serde_json::Value {
    json!({
        "mac": row.mac, "uuid": row.uuid, "serial": row.serial, "state": row.state, "station": row.station,
        "slot": row.slot, "times": row.times, "reason": row.reason,
    })
}
