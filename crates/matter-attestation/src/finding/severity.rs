use core::fmt;

/// How much a [`Finding`](crate::Finding) matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; nothing is wrong.
    Note,
    /// Allowed, and yet likely a mistake or a risk.
    Warning,
    /// A rule is broken: not accepted.
    Error,
}

impl Severity {
    /// Returns the name: `note`, `warning` or `error`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which rules decide about acceptance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Profile {
    /// Every rule of the specification and of the certification test harness.
    #[default]
    Strict,
    /// What the Matter SDK's own commissioner enforces, and nothing more; a broken rule that it does not check is a
    /// warning.
    Sdk,
}
