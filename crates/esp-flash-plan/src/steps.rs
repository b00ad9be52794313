mod efuses;

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

pub(crate) use efuses::{KeyFiles, can_close_download, digest_file, efuse_steps};
#[cfg(feature = "serde")]
pub(crate) use efuses::{SHA384, flash};

use crate::KeyPurpose;

/// When a step is done. The order of the phases is the only safe one.
///
/// Flash comes first, since a chip with flash encryption takes no raw data any more without a fight; secret keys come
/// before digests, since the protection that keeps digests readable keeps later keys readable, too; download mode
/// comes last, since no eFuse can be burned without it (ESP-IDF, Security Features Enablement Workflows).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Write the flash.
    WriteFlash,
    /// Compare the MD5 of what was written.
    CheckFlash,
    /// Burn the keys that nobody may read.
    SecretKeys,
    /// Burn the digests that have to stay readable.
    KeyDigests,
    /// Turn protection on and debugging off.
    Enable,
    /// Revoke the digests that are not used.
    Revoke,
    /// Write-protect what was burned.
    WriteProtect,
    /// End read protection for ever, so that nobody hides the digests.
    CloseReadProtection,
    /// Compare the MD5 once more.
    CheckFlashAgain,
    /// Close download mode.
    DownloadMode,
}

/// What a step does.
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
        /// What for.
        purpose: KeyPurpose,
        /// The key file.
        file: String,
        /// Which part of the file.
        half: KeyHalf,
    },
    /// Compares the flash with the files, by MD5.
    CheckFlash,
    /// Writes the files to the flash.
    WriteFlash,
    /// Write-protects an eFuse, and those that share its protection.
    WriteProtect {
        /// Its name.
        name: &'static str,
    },
}

/// Which part of a key file goes into a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyHalf {
    /// All of it.
    Whole,
    /// The first half.
    First,
    /// The second half.
    Second,
}

/// One step on the way from a blank chip to a locked one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    phase: Phase,
    action: Action,
    reason: Cow<'static, str>,
}

impl Step {
    /// Returns when it is done.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// Returns what is done.
    #[must_use]
    pub const fn action(&self) -> &Action {
        &self.action
    }

    /// Returns why it is done, and why here.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Tells whether it changes eFuses, which nothing undoes.
    #[must_use]
    pub const fn is_efuse(&self) -> bool {
        !matches!(self.action, Action::CheckFlash | Action::WriteFlash)
    }

    /// Returns the key block.
    #[must_use]
    pub const fn block(&self) -> Option<&'static str> {
        match self.action {
            Action::BurnKey { block, .. } => Some(block),
            _ => None,
        }
    }

    /// Returns the purpose of the key.
    #[must_use]
    pub const fn purpose(&self) -> Option<KeyPurpose> {
        match self.action {
            Action::BurnKey { purpose, .. } => Some(purpose),
            _ => None,
        }
    }

    /// Returns what is burned: the value of an eFuse or the name of a key file, with its part as `key.bin[..32]`.
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

    /// A step that was read, with its reason as it is written there.
    #[cfg(feature = "serde")]
    pub(crate) const fn read(phase: Phase, action: Action, reason: String) -> Self {
        Self {
            phase,
            action,
            reason: Cow::Owned(reason),
        }
    }
}

/// Says in short what is done.
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

/// Steps in the order of their phases, whatever the order in which they are added.
#[derive(Clone, Debug, Default)]
pub(crate) struct Steps(Vec<Step>);

impl Steps {
    pub(crate) fn add(&mut self, phase: Phase, action: Action, reason: &'static str) {
        let place = self.0.partition_point(|step| step.phase <= phase);
        self.0.insert(place, Step::new(phase, action, reason));
    }

    /// Adds a step that was read.
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
    fn steps_are_sorted_by_phase_and_keep_their_order_inside_of_one() {
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
