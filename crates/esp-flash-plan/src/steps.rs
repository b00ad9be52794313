mod efuses;

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

pub(crate) use efuses::{KeyFiles, can_close_download, digest_file, efuse_steps};
#[cfg(feature = "serde")]
pub(crate) use efuses::{SHA384, flash};

use crate::KeyPurpose;

/// The phase of a step. The order of the phases is the only safe one.
///
/// Flash comes first, because a chip with flash encryption no longer accepts raw data by default. Secret keys come before
/// digests, because the protection that keeps digests readable also keeps later keys readable. Download mode comes last,
/// because no eFuse can be burned without it (ESP-IDF, Security Features Enablement Workflows).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Write the flash.
    WriteFlash,
    /// Compare the MD5 of the written flash.
    CheckFlash,
    /// Burn the read-protected keys.
    SecretKeys,
    /// Burn the digests, which must stay readable.
    KeyDigests,
    /// Enable protection and disable debugging.
    Enable,
    /// Revoke the unused digests.
    Revoke,
    /// Write-protect the burned eFuses.
    WriteProtect,
    /// Prevent further read protection, so that the digests cannot be hidden.
    CloseReadProtection,
    /// Compare the MD5 again.
    CheckFlashAgain,
    /// Close download mode.
    DownloadMode,
}

/// The action of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// Burns an eFuse.
    BurnEfuse {
        /// Its name.
        name: &'static str,
        /// The value.
        value: u8,
    },
    /// Burns a key block.
    BurnKey {
        /// The name of the block.
        block: &'static str,
        /// Its purpose.
        purpose: KeyPurpose,
        /// The key file.
        file: String,
        /// The part of the file.
        half: KeyHalf,
    },
    /// Compares the flash with the files by MD5.
    CheckFlash,
    /// Writes the files to the flash.
    WriteFlash,
    /// Write-protects an eFuse and those that share its protection.
    WriteProtect {
        /// Its name.
        name: &'static str,
    },
}

/// The part of a key file that goes into a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyHalf {
    /// The whole file.
    Whole,
    /// The first half.
    First,
    /// The second half.
    Second,
}

/// A step on the way from a blank chip to a locked device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    phase: Phase,
    action: Action,
    reason: Cow<'static, str>,
}

impl Step {
    /// Returns the phase.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// Returns the action.
    #[must_use]
    pub const fn action(&self) -> &Action {
        &self.action
    }

    /// Returns the reason for the step and for its place in the order.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Returns whether it changes eFuses, which is irreversible.
    #[must_use]
    pub const fn is_efuse(&self) -> bool {
        !matches!(self.action, Action::CheckFlash | Action::WriteFlash)
    }

    /// Returns the key block, if it burns one.
    #[must_use]
    pub const fn block(&self) -> Option<&'static str> {
        match self.action {
            Action::BurnKey { block, .. } => Some(block),
            _ => None,
        }
    }

    /// Returns the purpose of the key, if it burns one.
    #[must_use]
    pub const fn purpose(&self) -> Option<KeyPurpose> {
        match self.action {
            Action::BurnKey { purpose, .. } => Some(purpose),
            _ => None,
        }
    }

    /// Returns the burned value of an eFuse or the name of a key file, with the part of it, such as `key.bin[..32]`.
    #[must_use]
    pub fn value_or_file(&self) -> String {
        match &self.action {
            Action::BurnEfuse { value, .. } => alloc::format!("{value}"),
            Action::BurnKey { file, half, .. } => match half {
                KeyHalf::Whole => file.clone(),
                KeyHalf::First => alloc::format!("{file}[..32]"),
                KeyHalf::Second => alloc::format!("{file}[32..]"),
            },
            Action::WriteProtect { .. } => "write-protect".into(),
            Action::CheckFlash | Action::WriteFlash => String::new(),
        }
    }

    pub(crate) const fn new(phase: Phase, action: Action, reason: &'static str) -> Self {
        Self {
            phase,
            action,
            reason: Cow::Borrowed(reason),
        }
    }

    /// Makes a step read from a document, with its reason.
    #[cfg(feature = "serde")]
    pub(crate) const fn read(phase: Phase, action: Action, reason: String) -> Self {
        Self {
            phase,
            action,
            reason: Cow::Owned(reason),
        }
    }
}

/// Formats a short description.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.action {
            Action::BurnEfuse { name, value } => write!(f, "burn {name} = {value}"),
            Action::BurnKey { block, purpose, .. } if purpose.is_block() => {
                write!(f, "burn {} ({block})", purpose.name())
            }
            Action::BurnKey { block, purpose, .. } => write!(f, "burn {} into {block}", purpose.name()),
            Action::CheckFlash => f.write_str("compare the MD5 of the flash"),
            Action::WriteFlash => f.write_str("write the flash"),
            Action::WriteProtect { name } => write!(f, "write-protect {name}"),
        }
    }
}

/// Steps sorted by phase, regardless of the order in which they are added.
#[derive(Clone, Debug, Default)]
pub(crate) struct Steps(Vec<Step>);

impl Steps {
    pub(crate) fn add(&mut self, phase: Phase, action: Action, reason: &'static str) {
        let place = self.0.partition_point(|step| step.phase <= phase);
        self.0.insert(place, Step::new(phase, action, reason));
    }

    /// Adds a step read from a document.
    #[cfg(feature = "serde")]
    pub(crate) fn push(&mut self, step: Step) {
        let place = self.0.partition_point(|other| other.phase <= step.phase);
        self.0.insert(place, step);
    }

    pub(crate) fn into_vec(self) -> Vec<Step> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_stably_sorted_by_phase() {
        let mut steps = Steps::default();
        let burn = |name| Action::BurnEfuse { name, value: 1 };
        steps.add(Phase::DownloadMode, burn("last"), "");
        steps.add(Phase::Enable, burn("a"), "");
        steps.add(Phase::WriteFlash, Action::WriteFlash, "");
        steps.add(Phase::Enable, burn("b"), "");
        steps.add(Phase::SecretKeys, burn("key"), "");
        let steps = steps.into_vec();
        assert!(steps.is_sorted_by_key(Step::phase));
        let names: Vec<_> = steps.iter().map(Step::value_or_file).collect();
        assert_eq!(names.len(), 5);
        assert_eq!((&steps[2].action, &steps[3].action), (&burn("a"), &burn("b")));
    }
}
