//! The state of an order according to the ledger.

use base16ct::lower::encode_string as hex;
use cli::{Failure, counted};
use matter_ledger::{Error, Ledger, LedgerPlace, LineRow, RefusedBoard};
use serde::Deserialize;

use crate::report::{Counts, Image, OrderReport, RefusedRow, Row};

/// Reads an order. Nothing is written.
///
/// # Errors
///
/// [`Failure::Input`] if the order or the ledger does not exist, [`Failure::Work`] if it cannot be read at present.
pub(crate) fn read(place: &LedgerPlace, order: &str) -> Result<OrderReport, Failure> {
    let listed = open(place)?.line(order).map_err(failed)?;
    Ok(OrderReport {
        order: listed.order,
        counts: listed.counts.into(),
        next: listed.next,
        rows: listed.rows.into_iter().map(row).collect(),
        refused: listed.refused.into_iter().map(refused).collect(),
    })
}

/// Counts the devices and boards of an order: a run asks after each board.
///
/// # Errors
///
/// As [`read`].
pub(crate) fn count(place: &LedgerPlace, order: &str) -> Result<Counts, Failure> {
    Ok(open(place)?.line_counts(order).map_err(failed)?.into())
}

fn open(place: &LedgerPlace) -> Result<Ledger, Failure> {
    let ledger = Ledger::open_to_look(place).map_err(failed)?;
    ledger.ok_or_else(|| Failure::option("--ledger", format_args!("{place}: there is no ledger")))
}

/// Summarizes the progress of an order in one line.
pub(crate) fn sentence(order: &str, counts: &Counts) -> String {
    let Counts {
        ordered,
        free,
        in_work,
        done,
        quarantined,
        refused,
        ..
    } = *counts;
    format!(
        "order {order}: {done} of {} done, {in_work} in progress, {quarantined} quarantined, {free} free; {} refused",
        counted(ordered, "device"),
        counted(refused, "board")
    )
}

fn failed(error: Error) -> Failure {
    match error {
        Error::Unavailable { .. } | Error::Clock => Failure::Work(error.to_string()),
        _ => Failure::Input(error.to_string()),
    }
}

fn row(listed: LineRow) -> Row {
    let fact = |name: &str| listed.facts.get(name).cloned();
    let images = fact("images").and_then(|text| serde_json::from_str::<Vec<Region>>(&text).ok());
    Row {
        images: images.unwrap_or_default().into_iter().map(Image::from).collect(),
        mac_extension: fact("mac_extension"),
        efuse_plan_sha256: fact("plan_sha256"),
        chip: fact("chip"),
        revision: fact("revision"),
        security_after: fact("security_after"),
        rework: fact("rework"),
        label: fact("label"),
        lock_proof: fact("lock_proof"),
        operator: fact("operator"),
        tool: fact("tool"),
        uuid: listed.uuid,
        serial: listed.serial,
        state: listed.state.name().to_owned(),
        mac: listed.mac,
        station: listed.station,
        slot: listed.slot,
        vid: Some(listed.vendor_id),
        pid: Some(listed.product_id),
        discriminator: Some(listed.discriminator),
        codes: None,
        dac_serial: listed.dac_serial.as_deref().map(hex),
        dac_key_sha256: listed.key_sha256.as_deref().map(hex),
        // The last of several times counts: a board may be worked on again.
        times: listed.times.into_iter().collect(),
        reason: listed.reason,
        detail: listed.detail,
    }
}

/// A range of the flash as recorded by stations.
#[derive(Deserialize)]
struct Region {
    offset: u32,
    length: u32,
    source: String,
    encrypted: bool,
    md5: String,
    sha256: String,
}

impl From<Region> for Image {
    fn from(region: Region) -> Self {
        Self {
            offset: region.offset,
            length: region.length,
            source: region.source,
            encrypted: region.encrypted,
            md5: Some(region.md5),
            sha256: Some(region.sha256),
        }
    }
}

fn refused(board: RefusedBoard) -> RefusedRow {
    RefusedRow {
        mac: board.mac,
        station: board.station,
        slot: board.slot,
        reason: board.reason,
        detail: board.detail,
        time: board.time,
    }
}
