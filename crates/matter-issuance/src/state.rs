use std::fmt;

use matter_ledger::IssuanceState;

/// The state of a device's key: each state is committed to the ledger before the next step begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// The key is unknown.
    New,
    /// The request is accepted and has its place in the order.
    CsrOk,
    /// The DAC is signed and final.
    Signed,
    /// The device has the DAC.
    Installed,
    /// The device has proved possession of the DAC's key.
    Proved,
    /// The key was replaced by another key of its device.
    Retired,
}

impl State {
    /// Returns the name in ledger and log.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "NEW",
            Self::CsrOk => "CSR_OK",
            Self::Signed => "SIGNED",
            Self::Installed => "INSTALLED",
            Self::Proved => "PROVED",
            Self::Retired => "RETIRED",
        }
    }
}

impl From<IssuanceState> for State {
    fn from(state: IssuanceState) -> Self {
        match state {
            IssuanceState::CsrOk => Self::CsrOk,
            IssuanceState::Signed => Self::Signed,
            IssuanceState::Installed => Self::Installed,
            IssuanceState::Proved => Self::Proved,
            _ => Self::Retired,
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
