use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use matter_ledger::{LedgerPlace, Mac};

use crate::work::{Stop, Work};
use crate::{
    Board, BoardFault, Connect, DeviceSource, Error, FirmwareStep, Labels, Observer, Outcome, Quarantine,
    QuarantineReason, RetryCause, Slot,
};

/// A person's consent to burning eFuses, which is irreversible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BurnConsent(bool);

impl BurnConsent {
    /// No consent.
    pub const NONE: Self = Self(false);

    /// Takes the typed name of the order as consent.
    ///
    /// # Errors
    ///
    /// [`Error::OrderTyped`] when the name differs.
    pub fn typed(order: &str, typed: &str) -> Result<Self, Error> {
        if typed.trim() == order {
            return Ok(Self(true));
        }
        Err(Error::OrderTyped { order: order.into() })
    }

    /// Returns whether consent is given.
    #[must_use]
    pub const fn is_given(self) -> bool {
        self.0
    }
}

/// The retry limits of a station.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Number of connection attempts after a fault before a board is quarantined.
    pub tries: u32,
    /// The pause between attempts.
    pub pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            tries: 5,
            pause: Duration::from_secs(1),
        }
    }
}

/// A station that works on the boards of one order.
pub struct Station {
    pub(crate) ledger: LedgerPlace,
    pub(crate) order: String,
    pub(crate) name: String,
    pub(crate) operator: Option<String>,
    pub(crate) tool: String,
    pub(crate) consent: BurnConsent,
    pub(crate) rework: Option<String>,
    pub(crate) source: Arc<dyn DeviceSource>,
    pub(crate) labels: Option<Arc<dyn Labels>>,
    pub(crate) firmware: Option<Arc<dyn FirmwareStep>>,
    pub(crate) patience: Patience,
    pub(crate) has_start: bool,
    in_work: Mutex<BTreeSet<Mac>>,
}

impl Station {
    /// Makes a station with a name, for an order of a ledger.
    #[must_use]
    pub fn new(ledger: impl Into<LedgerPlace>, order: &str, name: &str, source: Arc<dyn DeviceSource>) -> Self {
        Self {
            ledger: ledger.into(),
            order: order.into(),
            name: name.into(),
            operator: None,
            tool: concat!("matter-station ", env!("CARGO_PKG_VERSION")).into(),
            consent: BurnConsent::NONE,
            rework: None,
            source,
            labels: None,
            firmware: None,
            patience: Patience::default(),
            has_start: true,
            in_work: Mutex::default(),
        }
    }

    /// Sets the operator, for the record.
    #[must_use]
    pub fn with_operator(mut self, operator: &str) -> Self {
        self.operator = Some(operator.into());
        self
    }

    /// Sets the program name and version, for the record.
    #[must_use]
    pub fn with_tool(mut self, tool: &str) -> Self {
        self.tool = tool.into();
        self
    }

    /// Sets the consent to burning eFuses.
    #[must_use]
    pub const fn with_burn_consent(mut self, consent: BurnConsent) -> Self {
        self.consent = consent;
        self
    }

    /// Accepts finished or quarantined boards again, each with its own device, for the given reason.
    #[must_use]
    pub fn with_rework(mut self, reason: &str) -> Self {
        self.rework = Some(reason.into());
        self
    }

    /// Prints labels, and scans them if there is a scanner.
    #[must_use]
    pub fn with_labels(mut self, labels: Arc<dyn Labels>) -> Self {
        self.labels = Some(labels);
        self
    }

    /// Sets a firmware step that runs after writing the flash and before burning keys.
    #[must_use]
    pub fn with_firmware_step(mut self, step: Arc<dyn FirmwareStep>) -> Self {
        self.firmware = Some(step);
        self
    }

    /// Sets the retry limits.
    #[must_use]
    pub const fn with_patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    /// Leaves finished boards in download mode, for callers that poll whether a board is still present: each poll resets
    /// the board, and the first start of a firmware must not be interrupted.
    #[must_use]
    pub const fn without_start(mut self) -> Self {
        self.has_start = false;
        self
    }

    /// Returns the order.
    #[must_use]
    pub fn order(&self) -> &str {
        &self.order
    }

    /// Checks that the plan may be executed: burning eFuses requires [`BurnConsent`].
    ///
    /// # Errors
    ///
    /// [`Error::BurnConsent`].
    pub fn check(&self) -> Result<(), Error> {
        let target = self.source.target();
        if target.burns() && !self.consent.is_given() {
            let (order, steps) = (self.order.clone(), target.steps.len());
            return Err(Error::BurnConsent { order, steps });
        }
        Ok(())
    }

    /// Works on the board at a port until it is done, refused or quarantined, or has to wait.
    ///
    /// Each state is in the ledger before the next step, so the work may be interrupted at any moment: the next call
    /// continues with the same device.
    pub fn run_board(&self, slot: &Slot, port: &dyn Connect, observer: &dyn Observer) -> Outcome {
        match self.check() {
            Ok(()) => Work::new(self, slot, port, observer).run(),
            Err(error) => Outcome::Failed(error),
        }
    }

    /// Quarantines the unfinished boards of a slot that no longer identify themselves: dead boards that the operator
    /// removes, with the observed reason. During the work on a board, [`Station::run_board`] decides that itself; this
    /// method is for boards left by an interrupted station. A board that is now at another slot of this station is kept.
    ///
    /// # Errors
    ///
    /// [`Outcome::Retry`] and [`Outcome::Failed`] when the ledger cannot be written.
    #[expect(clippy::result_large_err, reason = "once for each board")]
    pub fn give_up_missing(
        &self,
        slot: &Slot,
        seen: QuarantineReason,
        observer: &dyn Observer,
    ) -> Result<Vec<Quarantine>, Outcome> {
        let mut work = Work::new(self, slot, &NoPort, observer);
        work.give_up_missing(seen).map_err(|stop| match stop {
            Stop::Decided(outcome) => *outcome,
            Stop::Board(fault) => Outcome::Retry(RetryCause::NoBoard(fault.to_string())),
        })
    }
}

/// A board held by a slot while in progress.
pub(crate) struct Held<'s> {
    station: &'s Station,
    mac: Mac,
}

impl Station {
    /// Reserves a board for a slot; `None` if another slot has it. Some boards have two ports.
    pub(crate) fn hold(&self, mac: Mac) -> Option<Held<'_>> {
        let mut in_work = self.in_work.lock().unwrap_or_else(PoisonError::into_inner);
        in_work.insert(mac).then(|| Held { station: self, mac })
    }

    /// Returns whether a slot has the board.
    pub(crate) fn is_held(&self, mac: Mac) -> bool {
        let in_work = self.in_work.lock().unwrap_or_else(PoisonError::into_inner);
        in_work.contains(&mac)
    }
}

impl Held<'_> {
    pub(crate) fn mac(&self) -> Mac {
        self.mac
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let mut in_work = self.station.in_work.lock().unwrap_or_else(PoisonError::into_inner);
        in_work.remove(&self.mac);
    }
}

/// A port without a board.
struct NoPort;

impl Connect for NoPort {
    fn connect(&self) -> Result<Box<dyn Board + Send>, BoardFault> {
        Err(BoardFault::Port("no port".into()))
    }

    fn name(&self) -> String {
        "no port".into()
    }
}

impl fmt::Debug for Station {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Station")
            .field("ledger", &self.ledger)
            .field("order", &self.order)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
