use alloc::vec::Vec;

use crate::text::ModeLabel;

/// A mode of the Mode Select cluster on an endpoint (Matter Application Cluster Specification 1.9).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SupportedMode {
    /// The endpoint.
    pub endpoint: u16,
    /// The mode's number.
    pub mode: u8,
    /// The label that users see.
    pub label: ModeLabel,
    /// What the mode means to machines.
    pub semantic_tags: Vec<SemanticTag>,
}

/// A semantic tag of a mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SemanticTag {
    /// The manufacturer whose tag it is, 0 for the standard's.
    pub mfg_code: u16,
    /// The tag.
    pub value: u16,
}
