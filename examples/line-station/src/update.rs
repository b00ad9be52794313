//! The events in a slot, in the form required for display.

use std::time::Duration;

use serde_json::{Map, Value, json};

/// A slot: its number, from 1, and its port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SlotName {
    pub(crate) number: usize,
    pub(crate) port: String,
}

/// An event in a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Update {
    /// It waits for a board.
    Waiting,
    /// A board answered.
    Board { mac: String, chip: String },
    /// The board reached a state of the ledger.
    State {
        state: &'static str,
        uuid: String,
        serial: Option<String>,
        resumed: bool,
    },
    /// Progress of writing the flash, in bytes.
    Bytes { done: u64, of: u64 },
    /// A step that takes a while, such as burning an eFuse.
    Doing(String),
    /// A note for the operator.
    Note(String),
    /// The work on the board ended.
    Ended(Box<Verdict>),
    /// The board has not been removed yet.
    TakeAway,
}

/// The result of the work on a board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) kind: VerdictKind,
    /// The reason's code and text; empty for a pass.
    pub(crate) code: String,
    pub(crate) sentence: String,
    /// The action for the operator.
    pub(crate) remedy: String,
    pub(crate) mac: Option<String>,
    pub(crate) uuid: Option<String>,
    pub(crate) serial: Option<String>,
    pub(crate) took: Duration,
}

/// The kinds of verdicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum VerdictKind {
    Done,
    Refused,
    Quarantined,
    /// The same board can be tried again.
    Retry,
}

impl VerdictKind {
    /// Returns the name in JSON.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Quarantined => "quarantined",
            Self::Retry => "retry",
        }
    }

    /// Returns the word shown in large letters.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Done => "PASS",
            Self::Refused | Self::Quarantined => "FAIL",
            Self::Retry => "AGAIN",
        }
    }
}

impl Update {
    /// Returns it as a JSON object.
    pub(crate) fn to_json(&self, time: &str, slot: &SlotName) -> Value {
        let mut object = Map::new();
        let mut put = |name: &str, value: Value| {
            object.insert(name.to_owned(), value);
        };
        put("time", time.into());
        put("slot", slot.number.into());
        put("port", slot.port.as_str().into());
        match self {
            Self::Waiting => put("event", "waiting".into()),
            Self::TakeAway => put("event", "take-away".into()),
            Self::Board { mac, chip } => {
                put("event", "board".into());
                put("mac", mac.as_str().into());
                put("chip", chip.as_str().into());
            }
            Self::State {
                state,
                uuid,
                serial,
                resumed,
            } => {
                put("event", "state".into());
                put("state", (*state).into());
                put("uuid", uuid.as_str().into());
                put("serial", json!(serial));
                put("resumed", (*resumed).into());
            }
            Self::Bytes { done, of } => {
                put("event", "bytes".into());
                put("done", (*done).into());
                put("of", (*of).into());
            }
            Self::Doing(text) => {
                put("event", "doing".into());
                put("text", text.as_str().into());
            }
            Self::Note(text) => {
                put("event", "note".into());
                put("text", text.as_str().into());
            }
            Self::Ended(verdict) => {
                put("event", verdict.kind.name().into());
                put("pass", (verdict.kind == VerdictKind::Done).into());
                put("mac", json!(verdict.mac));
                put("uuid", json!(verdict.uuid));
                put("serial", json!(verdict.serial));
                put("seconds", json!(seconds(verdict.took)));
                if verdict.kind != VerdictKind::Done {
                    put("code", verdict.code.as_str().into());
                    put("text", verdict.sentence.as_str().into());
                    put("remedy", verdict.remedy.as_str().into());
                }
            }
        }
        Value::Object(object)
    }
}

/// Rounds to tenths of a second.
fn seconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 10.0).round() / 10.0
}

impl Verdict {
    /// Formats it as a line, without its first word.
    pub(crate) fn line(&self, slot: &SlotName) -> String {
        let mut line = format!("slot {}", slot.number);
        for part in [&self.mac, &self.serial].into_iter().flatten() {
            line.push(' ');
            line.push_str(part);
        }
        match self.kind {
            VerdictKind::Done => line.push_str(&format!(": done in {:.1} s", self.took.as_secs_f64())),
            kind => {
                line.push_str(&format!(": {} ({}): {}", kind.name(), self.code, self.sentence));
                if !self.remedy.is_empty() {
                    line.push_str(&format!("; {}", self.remedy));
                }
            }
        }
        line
    }
}
