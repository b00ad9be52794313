//! The report of an order: rows of boards with devices, refused boards, and their counts.

use std::collections::BTreeMap;

use matter_ledger::LineCounts;
use serde::Serialize;
use zeroize::Zeroizing;

/// The states of a board in order; the ledger has a time for each.
pub(crate) const STATES: [&str; 6] = ["claimed", "flashed", "keys", "locked", "labelled", "done"];
/// The state of a board that was given up.
pub(crate) const QUARANTINED: &str = "quarantined";

/// An order.
#[derive(Debug, Default)]
pub(crate) struct OrderReport {
    pub(crate) order: String,
    pub(crate) counts: Counts,
    /// The device for the next board.
    pub(crate) next: Option<String>,
    pub(crate) rows: Vec<Row>,
    pub(crate) refused: Vec<RefusedRow>,
}

/// A board and its device.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Row {
    pub(crate) uuid: String,
    pub(crate) serial: Option<String>,
    pub(crate) state: String,
    pub(crate) mac: String,
    pub(crate) mac_extension: Option<String>,
    pub(crate) station: String,
    pub(crate) slot: String,
    pub(crate) vid: Option<u16>,
    pub(crate) pid: Option<u16>,
    pub(crate) discriminator: Option<u16>,
    #[serde(flatten)]
    pub(crate) codes: Option<Codes>,
    pub(crate) dac_serial: Option<String>,
    pub(crate) dac_key_sha256: Option<String>,
    pub(crate) images: Vec<Image>,
    pub(crate) efuse_plan_sha256: Option<String>,
    pub(crate) chip: Option<String>,
    pub(crate) revision: Option<String>,
    pub(crate) security_after: Option<String>,
    /// UTC, RFC 3339, by state.
    pub(crate) times: BTreeMap<String, String>,
    pub(crate) reason: Option<String>,
    pub(crate) detail: Option<String>,
    pub(crate) rework: Option<String>,
    /// Whether the label was printed or scanned.
    pub(crate) label: Option<String>,
    /// Proof that the board is locked, if it could not be read back.
    pub(crate) lock_proof: Option<String>,
    pub(crate) operator: Option<String>,
    pub(crate) tool: Option<String>,
}

/// The codes, which allow commissioning the device.
#[derive(Debug, Serialize)]
pub(crate) struct Codes {
    #[serde(serialize_with = "secret")]
    pub(crate) qr: Zeroizing<String>,
    #[serde(serialize_with = "secret")]
    pub(crate) manual: Zeroizing<String>,
}

fn secret<S: serde::Serializer>(text: &Zeroizing<String>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text)
}

/// A range of the flash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Image {
    pub(crate) offset: u32,
    pub(crate) length: u32,
    pub(crate) source: String,
    pub(crate) encrypted: bool,
    /// Omitted if it would reveal the passcode to a brute-force search.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) md5: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sha256: Option<String>,
}

/// A board that was refused before it was written to.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct RefusedRow {
    pub(crate) mac: Option<String>,
    pub(crate) station: String,
    pub(crate) slot: String,
    pub(crate) reason: String,
    pub(crate) detail: String,
    pub(crate) time: String,
}

/// Numbers of boards and devices by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Counts {
    pub(crate) ordered: u64,
    pub(crate) made: u64,
    pub(crate) free: u64,
    pub(crate) in_work: u64,
    pub(crate) done: u64,
    pub(crate) quarantined: u64,
    pub(crate) refused: u64,
}

impl From<LineCounts> for Counts {
    fn from(counts: LineCounts) -> Self {
        Self {
            ordered: counts.size.into(),
            made: counts.made,
            free: counts.free,
            in_work: counts.in_work,
            done: counts.done,
            quarantined: counts.quarantined,
            refused: counts.refused,
        }
    }
}

impl Counts {
    /// Returns the percentage of good ones among the finished boards; `None` before the first one.
    pub(crate) fn yield_percent(&self) -> Option<f64> {
        let count = |number: u64| u32::try_from(number).map_or(f64::from(u32::MAX), f64::from);
        let finished = count(self.done) + count(self.quarantined);
        (finished > 0.0).then(|| 100.0 * count(self.done) / finished)
    }
}
