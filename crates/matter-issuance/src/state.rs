use std::fmt;

use matter_ledger::IssuanceState;

/// How far a device's key is: each state is in the ledger before the next step begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Nothing is known of the key.
    New,
    /// The request is accepted and has its place in the order.
    CsrOk,
    /// The DAC is signed, and the same for ever.
    Signed,
    /// The device has the DAC.
    Installed,
    /// The device has proved that it holds the DAC's key.
    Proved,
    /// The key was replaced by another one of its device.
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
