//! The work on one board, from the first answer to the last commit.
//!
//! A pass connects, identifies the board and continues at the state in the ledger. A fault of the board ends the pass;
//! the next pass starts from the ledger again. Recovery after a fault, after a power cut and after an interruption of the
//! station is therefore the same.

mod checks;
mod efuses;
mod flash;
mod locked;
mod record;

use std::thread;
use std::time::Duration;

use base16ct::lower::encode_string as hex;
use esp_flash_plan::Phase;
use matter_ledger::{Claim, ClaimFacts, ClaimState, Mac};

use self::efuses::LockEntries;
use crate::station::Held;
use crate::{
    Board, BoardFacts, BoardFault, BoardRefusal, Connect, Error, Event, FirmwareFault, Observer, Outcome, Quarantine,
    QuarantineReason, Refusal, RetryCause, Slot, Station, StationDevice,
};

/// The reason why a pass ended before the board was done.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The board failed; another pass may succeed.
    Board(BoardFault),
    /// The outcome is decided.
    Decided(Box<Outcome>),
}

impl From<BoardFault> for Stop {
    fn from(fault: BoardFault) -> Self {
        Self::Board(fault)
    }
}

impl From<Outcome> for Stop {
    fn from(outcome: Outcome) -> Self {
        Self::Decided(Box::new(outcome))
    }
}

/// The work on the board at a port.
pub(crate) struct Work<'w> {
    station: &'w Station,
    slot: &'w Slot,
    port: &'w dyn Connect,
    observer: &'w dyn Observer,
    /// The board of the first pass.
    mac: Option<Mac>,
    /// Keeps other slots away from the board.
    held: Option<Held<'w>>,
    /// The board's claim in the ledger.
    claim: Option<Claim>,
    /// Number of states and steps done: a pass that adds none counts as a failed attempt.
    progress: u32,
    is_reworked: bool,
    /// Whether a failed attempt ended during a command.
    was_stuck: bool,
    /// Whether the flash was compared since the last connection.
    is_flash_known: bool,
}

impl<'w> Work<'w> {
    pub(crate) const fn new(
        station: &'w Station,
        slot: &'w Slot,
        port: &'w dyn Connect,
        observer: &'w dyn Observer,
    ) -> Self {
        Self {
            station,
            slot,
            port,
            observer,
            mac: None,
            held: None,
            claim: None,
            progress: 0,
            is_reworked: false,
            was_stuck: false,
            is_flash_known: false,
        }
    }

    /// Runs until the outcome is decided or the attempts are used up.
    pub(crate) fn run(mut self) -> Outcome {
        let outcome = self.tries();
        match &outcome {
            Outcome::Done(claim) => self.see(&Event::Done(claim)),
            Outcome::Quarantined(quarantine) => self.see(&Event::Quarantined(quarantine)),
            Outcome::Refused(refusal) => self.see(&Event::Refused(refusal)),
            Outcome::Retry(cause) => self.see(&Event::Waiting(cause)),
            Outcome::Failed(_) => {}
        }
        outcome
    }

    fn tries(&mut self) -> Outcome {
        let mut failed = 0;
        loop {
            let before = self.progress;
            self.is_flash_known = false;
            let fault = match self.pass() {
                Ok(claim) => return Outcome::Done(claim),
                Err(Stop::Decided(outcome)) => return *outcome,
                Err(Stop::Board(fault)) => fault,
            };
            let is_further = self.progress > before;
            failed = if is_further { 1 } else { failed + 1 };
            self.was_stuck = matches!(fault, BoardFault::Stuck(_)) || self.was_stuck && !is_further;
            let is_empty = self.mac.is_none() && matches!(fault, BoardFault::Silent(_) | BoardFault::Port(_));
            if is_empty || failed > self.station.patience.tries || matches!(fault, BoardFault::Unsuited(_)) {
                return self.give_up(fault).unwrap_or_else(|stop| match stop {
                    Stop::Decided(outcome) => *outcome,
                    Stop::Board(fault) => Outcome::Retry(RetryCause::NoBoard(fault.to_string())),
                });
            }
            self.pause(failed);
        }
    }

    /// Decides the outcome of a board without attempts left.
    fn give_up(&mut self, fault: BoardFault) -> Result<Outcome, Stop> {
        let text = fault.to_string();
        let reason = match fault {
            BoardFault::Port(_) if self.claim.is_none() => return Ok(Outcome::Retry(RetryCause::Port(text))),
            BoardFault::Port(_) => QuarantineReason::ChipGone,
            BoardFault::Unsuited(_) => return Ok(Outcome::Failed(Error::Engine { reason: text })),
            BoardFault::Silent(_) if self.mac.is_none() => return self.silent(text),
            // It stopped answering during a command, and stayed silent.
            BoardFault::Silent(_) if self.was_stuck => QuarantineReason::ChipStuck,
            BoardFault::Silent(_) => QuarantineReason::ChipGone,
            BoardFault::Stuck(_) => QuarantineReason::ChipStuck,
            BoardFault::Garbage(_) => QuarantineReason::Garbage,
            BoardFault::Error(_) => QuarantineReason::ChipError,
            BoardFault::Efuse(_) => QuarantineReason::EfuseDiffers,
        };
        let Some(claim) = self.claim.clone() else {
            let detail = format!("{reason}: {text}");
            return self.refuse(BoardRefusal::Unidentified, None, detail);
        };
        let is_open = self.lock_entries(&claim)? == LockEntries::Begun;
        let is_silent = matches!(reason, QuarantineReason::ChipGone | QuarantineReason::ChipStuck);
        let reason = if is_silent && is_open {
            QuarantineReason::LockUnproven
        } else {
            reason
        };
        self.quarantine(reason, text)
    }

    /// Connects, and does the remaining work.
    fn pass(&mut self) -> Result<Claim, Stop> {
        let mut board = self.port.connect()?;
        let facts = board.identify()?;
        let mac = match facts.ledger_mac() {
            Some(mac) if !facts.is_secure_download => mac,
            _ => return self.locked(&facts),
        };
        if self.mac.is_some_and(|known| known != mac) {
            let text = format!("{mac}");
            return Err(Outcome::Retry(RetryCause::BoardChanged(text)).into());
        }
        self.hold(mac)?;
        self.mac = Some(mac);
        self.see(&Event::Identified(&facts));
        let claim = self.take(&mut *board, &facts, mac)?;
        self.see(&Event::Claimed(&claim));
        let mut device = self.device(&claim)?;
        if claim.state >= ClaimState::Keys {
            device.keys.wipe();
        }
        self.claim = Some(claim);
        loop {
            let claim = self.current()?;
            match claim.state {
                ClaimState::Claimed => self.flash(&mut *board, &device)?,
                ClaimState::Flashed => {
                    self.compare(&mut *board, &device)?;
                    board = self.firmware(board, &device)?;
                    self.burn(&mut *board, &device, |phase| phase <= Phase::KeyDigests)?;
                    device.keys.wipe();
                    let facts = self.facts().with("plan_sha256", hex(&device.plan_sha256));
                    self.advance(ClaimState::Keys, &facts)?;
                }
                ClaimState::Keys => {
                    self.compare(&mut *board, &device)?;
                    let is_between = |phase| phase > Phase::KeyDigests && phase < Phase::DownloadMode;
                    self.burn(&mut *board, &device, is_between)?;
                    if device.target.burns() {
                        // Firmware may have started in between and written to the flash.
                        self.is_flash_known = false;
                        self.compare(&mut *board, &device)?;
                    }
                    self.advance(ClaimState::Locked, &self.facts())?;
                }
                ClaimState::Locked => {
                    self.compare(&mut *board, &device)?;
                    self.label(&device)?;
                }
                ClaimState::Labelled => {
                    self.compare(&mut *board, &device)?;
                    self.burn(&mut *board, &device, |phase| phase == Phase::DownloadMode)?;
                    let mut facts = self.facts();
                    // The chip may be silent now; the step has been read back.
                    if let Some(text) = board.security().ok().flatten() {
                        facts = facts.with("security_after", text);
                    }
                    self.advance(ClaimState::Done, &facts)?;
                }
                ClaimState::Done => {
                    if self.station.has_start {
                        board.release();
                    }
                    return Ok(claim);
                }
                _ => return Err(self.quarantined_elsewhere(claim)),
            }
        }
    }

    /// Keeps other slots of this station away from the board.
    fn hold(&mut self, mac: Mac) -> Result<(), Stop> {
        if self.held.as_ref().is_none_or(|held| held.mac() != mac) {
            // Release the previous board first.
            self.held = None;
            self.held = self.station.hold(mac);
        }
        if self.held.is_some() {
            return Ok(());
        }
        Err(Outcome::Retry(RetryCause::OtherSlot(mac.to_string())).into())
    }

    /// Looks up the board, or claims a device if the board meets the requirements.
    fn take(&mut self, board: &mut dyn Board, facts: &BoardFacts, mac: Mac) -> Result<Claim, Stop> {
        let known = self.ledger(|ledger| ledger.board(mac))?;
        let known = known.filter(|claim| claim.state != ClaimState::Quarantined || !claim.is_retired);
        let order = Some(self.station.order.as_str());
        if let Some(claim) = known.as_ref().filter(|claim| claim.order.as_deref() != order) {
            let (serial, detail) = (claim.serial.clone(), claim.order.clone().unwrap_or_default());
            return Err(self.refuse(BoardRefusal::OtherOrder, serial, detail)?.into());
        }
        let Some(claim) = known else {
            self.check_board(board, facts, &[])?;
            return self.claim_new(facts, mac);
        };
        let is_over = matches!(claim.state, ClaimState::Done | ClaimState::Quarantined);
        if is_over && (self.is_reworked || self.station.rework.is_none()) {
            return Err(self.refuse_over(claim)?);
        }
        let journal = self.ledger(|ledger| ledger.journal_of(&claim))?;
        // A fault of a board in progress belongs to its device.
        self.claim = (!is_over).then(|| claim.clone());
        self.check_board(board, facts, &journal)?;
        if !is_over {
            if claim.state == ClaimState::Claimed {
                // The station may have been interrupted before it recorded them.
                let facts = self.board_facts(facts);
                self.ledger(|ledger| ledger.note(&claim, &facts))?;
            }
            return Ok(claim);
        }
        let reason = self.station.rework.clone().unwrap_or_default();
        let facts = self.board_facts(facts).with("rework", reason.clone());
        self.is_reworked = true;
        self.ledger(|ledger| ledger.rework(mac, &reason, &facts))
    }

    fn refuse_over(&mut self, claim: Claim) -> Result<Stop, Stop> {
        let refusal = match claim.state {
            ClaimState::Done => self.refuse(BoardRefusal::BoardDone, claim.serial, claim.uuid)?,
            _ => {
                let reason = claim.reason.unwrap_or_default();
                self.refuse(BoardRefusal::BoardQuarantined, claim.serial, reason)?
            }
        };
        Ok(refusal.into())
    }

    fn claim_new(&mut self, facts: &BoardFacts, mac: Mac) -> Result<Claim, Stop> {
        let station = self.station;
        let (order, name, slot) = (&station.order, &station.name, self.slot.name());
        let mut makings = 0;
        let claim = loop {
            let claim = self.ledger_or_refusal(|ledger| match ledger.claim(order, mac, name, slot) {
                Err(matter_ledger::Error::OrderEmpty { .. }) => Ok(None),
                claim => claim.map(Some),
            })?;
            match claim {
                Some(claim) => break claim,
                // Other slots may take the devices made for this board.
                None if makings < MAKINGS => {
                    makings += 1;
                    match station.source.make_more(order) {
                        Ok(()) => {}
                        Err(Error::OrderEmpty { .. }) => {
                            return Err(self.refuse(BoardRefusal::OrderEmpty, None, String::new())?.into());
                        }
                        Err(error) => return Err(Outcome::Failed(error).into()),
                    }
                }
                None => return Err(self.refuse(BoardRefusal::OrderEmpty, None, String::new())?.into()),
            }
        };
        let facts = self.board_facts(facts);
        self.ledger(|ledger| ledger.note(&claim, &facts))?;
        Ok(claim)
    }

    /// Returns the board's properties, for the record.
    fn board_facts(&self, facts: &BoardFacts) -> ClaimFacts {
        let mut record = self
            .facts()
            .with("tool", &self.station.tool)
            .with("chip", &facts.chip_name);
        let revision = facts.revision.map(|revision| revision.to_string());
        let extension = facts.mac_extension.map(|bytes| hex(&bytes));
        let flash_size = facts.flash_size.map(|size| size.to_string());
        for (name, text) in [
            ("operator", self.station.operator.clone()),
            ("revision", revision),
            ("mac_extension", extension),
            ("flash_size", flash_size),
            ("security_before", facts.security.clone()),
        ] {
            if let Some(text) = text {
                record = record.with(name, text);
            }
        }
        record
    }

    fn device(&mut self, claim: &Claim) -> Result<StationDevice, Stop> {
        let device = self.station.source.device(&claim.uuid);
        device.map_err(|error| Outcome::Failed(error).into())
    }

    /// Runs the firmware step, if there is one.
    fn firmware(
        &mut self,
        board: Box<dyn Board + Send>,
        device: &StationDevice,
    ) -> Result<Box<dyn Board + Send>, Stop> {
        let station = self.station;
        let Some(step) = &station.firmware else {
            return Ok(board);
        };
        let claim = self.current()?;
        let mut channel = board.start_firmware()?;
        let done = step.run(self.slot.name(), device, claim.mac, &mut *channel);
        drop(channel);
        match done {
            Ok(facts) => self.ledger(|ledger| ledger.note(&claim, &facts))?,
            Err(FirmwareFault::Later(text)) => return Err(Outcome::Retry(RetryCause::Firmware(text)).into()),
            Err(FirmwareFault::OtherBoard(text)) => return Err(Outcome::Retry(RetryCause::BoardChanged(text)).into()),
            Err(FirmwareFault::Refused(text)) => {
                return Err(self.quarantine(QuarantineReason::IssuingRefused, text)?.into());
            }
        }
        let mut board = self.port.connect()?;
        let facts = board.identify()?;
        if facts.ledger_mac() != Some(claim.mac) {
            let text = facts
                .ledger_mac()
                .map_or_else(|| "locked".into(), |mac| mac.to_string());
            return Err(Outcome::Retry(RetryCause::BoardChanged(text)).into());
        }
        Ok(board)
    }

    /// Prints the label, and compares it if there is a scanner.
    fn label(&mut self, device: &StationDevice) -> Result<(), Stop> {
        let mut facts = self.facts();
        let claim = self.current()?;
        if let Some(labels) = self.station.labels.clone() {
            let slot = self.slot.name();
            let retry = |text| Stop::from(Outcome::Retry(RetryCause::Label(text)));
            labels.print(slot, device, claim.mac).map_err(retry)?;
            facts = facts.with("label", "printed");
            if let Some(code) = labels.scan(slot).map_err(retry)? {
                if !device.is_labelled(&code) {
                    return Err(self.quarantine(QuarantineReason::LabelDiffers, String::new())?.into());
                }
                facts = facts.with("label", "scanned");
            }
        }
        self.advance(ClaimState::Labelled, &facts)
    }

    fn pause(&self, failed: u32) {
        // A booting chip needs longer than one with a brief fault.
        thread::sleep(self.station.patience.pause.saturating_mul(failed.min(MAX_PAUSES)));
    }

    fn see(&self, event: &Event<'_>) {
        self.observer.event(self.slot.name(), event);
    }
}

const MAX_PAUSES: u32 = 4;
/// Maximum number of times that devices are made for one board.
const MAKINGS: u32 = 3;

/// Handling of a claim that was quarantined elsewhere during the work.
impl Work<'_> {
    pub(crate) fn quarantined_elsewhere(&self, claim: Claim) -> Stop {
        let reason = claim.reason.as_deref().and_then(QuarantineReason::from_code);
        let reason = reason.unwrap_or(QuarantineReason::ChipGone);
        let detail = "given up elsewhere".into();
        Outcome::Quarantined(Quarantine { reason, claim, detail }).into()
    }
}

/// Refusals.
impl Work<'_> {
    fn refuse(&mut self, reason: BoardRefusal, serial: Option<String>, detail: String) -> Result<Outcome, Stop> {
        let (mac, order) = (self.mac, self.station.order.clone());
        let (name, slot) = (self.station.name.clone(), self.slot.name().to_owned());
        self.ledger_or_refusal(|ledger| ledger.refuse(&order, mac, (&name, &slot), reason.code(), &detail))?;
        Ok(Outcome::Refused(Refusal {
            reason,
            mac,
            serial,
            detail,
        }))
    }

    /// Quarantines the board, and records it in the ledger.
    pub(crate) fn quarantine(&mut self, reason: QuarantineReason, detail: String) -> Result<Outcome, Stop> {
        let claim = self.current()?;
        let facts = self.facts();
        self.ledger(
            |ledger| match ledger.quarantine(&claim, reason.code(), &detail, &facts) {
                // The lost answer to the previous attempt was success.
                Err(matter_ledger::Error::ClaimState {
                    found: Some(ClaimState::Quarantined),
                    ..
                }) => Ok(()),
                done => done,
            },
        )?;
        Ok(Outcome::Quarantined(Quarantine { reason, claim, detail }))
    }
}

/// The pause between attempts to reach an unavailable ledger.
pub(crate) const LEDGER_PAUSE: Duration = Duration::from_millis(500);
