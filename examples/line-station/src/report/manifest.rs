//! The manifest: a row for each board that got a device, as CSV and as JSON.

use cli::Failure;
use matter_factory_data::guard_formula;
use serde::Serialize;
use zeroize::Zeroizing;

use super::model::{Counts, Image, OrderReport, RefusedRow, Row, STATES};

/// Columns before the times.
const HEAD: [&str; 20] = [
    "order",
    "station",
    "slot",
    "mac",
    "mac-extension",
    "serial",
    "uuid",
    "state",
    "vid",
    "pid",
    "discriminator",
    "qr",
    "manual",
    "dac-serial",
    "dac-key-sha256",
    "images",
    "efuse-plan-sha256",
    "chip",
    "revision",
    "security-after",
];
/// Columns after the times.
const TAIL: [&str; 7] = ["reason", "detail", "rework", "label", "lock-proof", "operator", "tool"];
/// Columns that contain the passcode.
const CODES: [&str; 2] = ["qr", "manual"];

#[derive(Serialize)]
struct Document<'a> {
    order: &'a str,
    tool_version: &'static str,
    counts: Counts,
    devices: &'a [Row],
    refused: &'a [RefusedRow],
}

/// Writes the manifest in JSON, one line per device.
pub(crate) fn json(report: &OrderReport) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let document = Document {
        order: &report.order,
        tool_version: env!("CARGO_PKG_VERSION"),
        counts: report.counts,
        devices: &report.rows,
        refused: &report.refused,
    };
    let mut bytes = Zeroizing::new(Vec::with_capacity(4096));
    serde_json::to_writer_pretty(&mut *bytes, &document).map_err(failed)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Writes the manifest in CSV (RFC 4180). Without codes their columns are omitted.
pub(crate) fn csv(report: &OrderReport, with_codes: bool) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let is_in = |name: &&str| with_codes || !CODES.contains(name);
    let mut bytes = Zeroizing::new(Vec::with_capacity(4096));
    {
        let mut builder = csv::WriterBuilder::new();
        let mut writer = builder.terminator(csv::Terminator::CRLF).from_writer(&mut *bytes);
        let names = HEAD.iter().chain(&STATES).chain(&TAIL);
        writer.write_record(names.filter(|name| is_in(name))).map_err(failed)?;
        for row in &report.rows {
            let cells = HEAD
                .iter()
                .zip(head(&report.order, row))
                .filter(|(name, _)| is_in(name));
            let cells = cells.map(|(_, cell)| cell).chain(times(row)).chain(tail(row));
            let guarded = cells.map(|cell| guard_formula(&cell)).collect::<Vec<_>>();
            writer
                .write_record(guarded.iter().map(|cell| cell.as_bytes()))
                .map_err(failed)?;
        }
        writer.flush().map_err(failed)?;
    }
    Ok(bytes)
}

fn head(order: &str, row: &Row) -> [Zeroizing<String>; 20] {
    let text = |text: &str| Zeroizing::new(text.to_owned());
    let optional = |value: &Option<String>| text(value.as_deref().unwrap_or_default());
    let number = |value: Option<u16>, digits: fn(u16) -> String| Zeroizing::new(value.map_or_else(String::new, digits));
    let codes = row.codes.as_ref();
    let images = row.images.iter().map(Image::cell).collect::<Vec<_>>();
    [
        text(order),
        text(&row.station),
        text(&row.slot),
        text(&row.mac),
        optional(&row.mac_extension),
        optional(&row.serial),
        text(&row.uuid),
        text(&row.state),
        number(row.vid, |id| format!("0x{id:04X}")),
        number(row.pid, |id| format!("0x{id:04X}")),
        number(row.discriminator, |number| number.to_string()),
        text(codes.map_or("", |codes| codes.qr.as_str())),
        text(codes.map_or("", |codes| codes.manual.as_str())),
        optional(&row.dac_serial),
        optional(&row.dac_key_sha256),
        text(&images.join("; ")),
        optional(&row.efuse_plan_sha256),
        optional(&row.chip),
        optional(&row.revision),
        optional(&row.security_after),
    ]
}

fn times(row: &Row) -> impl Iterator<Item = Zeroizing<String>> {
    STATES
        .map(|state| Zeroizing::new(row.times.get(state).cloned().unwrap_or_default()))
        .into_iter()
}

fn tail(row: &Row) -> [Zeroizing<String>; 7] {
    let Row {
        reason,
        detail,
        rework,
        label,
        lock_proof,
        operator,
        tool,
        ..
    } = row;
    [reason, detail, rework, label, lock_proof, operator, tool]
        .map(|value| Zeroizing::new(value.clone().unwrap_or_default()))
}

impl Image {
    /// Formats it as a part of a cell.
    fn cell(&self) -> String {
        let Self {
            offset,
            length,
            source,
            md5,
            sha256,
            ..
        } = self;
        let digests = [("md5", md5), ("sha256", sha256)];
        let digests = digests
            .iter()
            .filter_map(|(name, digest)| Some(format!(" {name}={}", digest.as_ref()?)));
        format!("{offset:#x}+{length:#x} {source}{}", digests.collect::<String>())
    }
}

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::Work(format!("cannot write the manifest: {error}"))
}

#[cfg(test)]
mod tests {
    use super::super::sample::order;
    use super::*;

    fn table(with_codes: bool) -> Vec<Vec<String>> {
        let bytes = csv(&order(), with_codes).unwrap();
        assert!(bytes.windows(2).any(|two| two == b"\r\n"));
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(bytes.as_slice());
        let rows = reader
            .records()
            .map(|row| row.unwrap().iter().map(ToOwned::to_owned).collect());
        rows.collect()
    }

    #[test]
    fn csv_has_a_row_for_each_board_and_every_column() {
        let rows = table(true);
        assert_eq!(rows.len(), 1 + 4);
        assert!(rows.iter().all(|row| row.len() == 33), "{}", rows[0].len());
        let column = |name: &str| rows[0].iter().position(|cell| cell == name).unwrap();
        assert_eq!(rows[1][column("mac")], "24:0a:c4:00:00:01");
        assert_eq!(rows[1][column("vid")], "0xFFF1");
        assert_eq!(rows[1][column("qr")], "MT:Y.K9042C00KA0648G00");
        assert_eq!(
            rows[1][column("images")],
            "0x0+0x8000 bootloader md5=00 sha256=11; 0x12000+0x6000 fctry"
        );
        assert_eq!(rows[3][column("reason")], "flash-md5");
        // Protected against being read as a formula by a spreadsheet.
        assert_eq!(rows[2][column("serial")], "'=1+1");
    }

    #[test]
    fn without_codes_their_columns_are_missing() {
        let rows = table(false);
        assert!(rows.iter().all(|row| row.len() == 31));
        assert!(
            !rows
                .iter()
                .flatten()
                .any(|cell| cell.starts_with("MT:") || cell == "qr" || cell == "manual")
        );
    }

    #[test]
    fn json_has_the_same_values() {
        let order = order();
        let value: serde_json::Value = serde_json::from_slice(&json(&order).unwrap()).unwrap();
        assert_eq!(value["order"], "L-47");
        assert_eq!(value["counts"]["done"], 2);
        assert_eq!(value["devices"].as_array().unwrap().len(), 4);
        assert_eq!(value["devices"][0]["qr"], "MT:Y.K9042C00KA0648G00");
        assert_eq!(value["devices"][0]["images"][0]["md5"], "00");
        assert!(value["devices"][0]["images"][1].get("md5").is_none());
        assert_eq!(value["devices"][0]["times"]["done"], "2026-11-30T08:00:40Z");
        assert_eq!(value["refused"][0]["reason"], "board-done");
    }
}
