//! The slots: each waits for a board, works on it, shows pass or fail, and waits until the board is removed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use cli::Failure;
use matter_station::{BoardFault, BoardRefusal, Connect, Outcome, QuarantineReason, RetryCause, Slot, Station};

use crate::update::{Update, Verdict, VerdictKind};
use crate::watching::Watcher;

/// Interval between checks for a board.
const PAUSE: Duration = Duration::from_millis(500);
/// Number of consecutive checks without an answer after which a board is gone.
const GONE: u32 = 2;
/// Number of attempts for one board with `--once`.
const TRIES: u32 = 5;
/// Time for which a slot is empty before it checks whether any work is left, and interval between such checks.
const IDLE: Duration = Duration::from_secs(10);
/// Message about missing boards.
const MISSING: &str = "the order has no free device, and unfinished boards are missing: line-station status lists \
    them; insert them, or end the run and give them up with --give-up-missing";

/// The work left for an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Left {
    /// More boards may come, or the ledger cannot be read.
    Boards,
    /// Boards with a device that are not finished.
    InWork,
    /// No work.
    Nothing,
}

/// Numbers of boards by result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) done: usize,
    pub(crate) refused: usize,
    pub(crate) quarantined: usize,
    pub(crate) unfinished: usize,
}

/// State shared by all slots.
pub(crate) struct Line {
    pub(crate) station: Station,
    pub(crate) watcher: Arc<Watcher>,
    /// Whether each slot works on one board only.
    pub(crate) once: bool,
    /// Whether missing unfinished boards of this station are given up when nothing else is left.
    pub(crate) gives_up_missing: bool,
    /// Returns the work left for the order. It is called after each board, and from time to time at an empty slot.
    pub(crate) left: Box<dyn Fn() -> Left + Send + Sync>,
    tally: Mutex<Tally>,
    failure: Mutex<Option<String>>,
    stop: AtomicBool,
}

impl Line {
    pub(crate) fn new(
        station: Station,
        watcher: Arc<Watcher>,
        once: bool,
        gives_up_missing: bool,
        left: Box<dyn Fn() -> Left + Send + Sync>,
    ) -> Self {
        Self {
            station,
            watcher,
            once,
            gives_up_missing,
            left,
            tally: Mutex::new(Tally::default()),
            failure: Mutex::new(None),
            stop: AtomicBool::new(false),
        }
    }

    /// Returns whether the run takes no further board.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    fn stop(&self) {
        self.stop.store(true, Ordering::Release);
    }

    /// Ends the run after a failure of the station itself. Boards in progress are finished.
    pub(crate) fn fail(&self, sentence: String) {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        failure.get_or_insert(sentence);
        drop(failure);
        self.stop();
    }

    /// Returns the results of the boards.
    ///
    /// # Errors
    ///
    /// [`Failure::Work`] if the station itself failed.
    pub(crate) fn tally(&self) -> Result<Tally, Failure> {
        match self.failure.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(sentence) => Err(Failure::Work(sentence)),
            None => Ok(*self.tally.lock().unwrap_or_else(PoisonError::into_inner)),
        }
    }

    /// Works at a slot until no work is left.
    pub(crate) fn work(&self, port: &dyn Connect) {
        let name = self.watcher.add(&port.name()).number.to_string();
        let slot = Slot::new(name.as_str());
        let show = |update: &Update| self.watcher.show(&name, update);
        show(&Update::Waiting);
        let (mut tries, mut told, mut idle) = (0u32, None, Instant::now());
        while !self.is_stopped() {
            let start = Instant::now();
            let outcome = self.station.run_board(&slot, port, &*self.watcher);
            let verdict = match outcome {
                Outcome::Retry(cause) => {
                    tries = tries.saturating_add(1);
                    let is_empty = matches!(cause, RetryCause::NoBoard(_) | RetryCause::Port(_));
                    let has_lost_scanner = matches!(cause, RetryCause::Label(_)) && self.watcher.has_lost_scanner();
                    if has_lost_scanner && !self.once {
                        return self.fail_at(&name, cause.to_string());
                    }
                    if !self.once || tries < TRIES && !has_lost_scanner {
                        if !is_empty && told.as_ref() != Some(&cause) {
                            show(&Update::Ended(Box::new(retry(&cause, start.elapsed()))));
                            told = Some(cause);
                        }
                        if !is_empty {
                            idle = Instant::now();
                        } else if !self.once && idle.elapsed() >= IDLE {
                            if let Err(sentence) = self.check_remaining(&slot) {
                                return self.fail_at(&name, sentence);
                            }
                            idle = Instant::now();
                        }
                        thread::sleep(PAUSE);
                        continue;
                    }
                    match self.given_up(&slot, is_empty) {
                        Ok(true) => return,
                        Ok(false) => {}
                        Err(sentence) => return self.fail_at(&name, sentence),
                    }
                    retry(&cause, start.elapsed())
                }
                Outcome::Failed(error) => {
                    return self.fail_at(&name, error.to_string());
                }
                ended => ended_verdict(ended, start.elapsed()),
            };
            (tries, told) = (0, None);
            self.count(&verdict);
            let mac = verdict.mac.clone();
            show(&Update::Ended(Box::new(verdict)));
            if (self.left)() == Left::Nothing {
                self.stop();
            }
            if self.once {
                return;
            }
            show(&Update::TakeAway);
            self.wait_until_gone(port, mac.as_deref());
            show(&Update::Waiting);
            idle = Instant::now();
        }
    }

    /// Ends the run, and reports the reason at once: other slots may need a while to finish.
    fn fail_at(&self, name: &str, sentence: String) {
        self.watcher.show(name, &Update::Note(sentence.clone()));
        self.fail(sentence);
    }

    /// Ends the run if no work is left, since another station may have finished the last board. Missing boards are
    /// given up or reported.
    fn check_remaining(&self, slot: &Slot) -> Result<(), String> {
        match (self.left)() {
            Left::Boards => {}
            Left::InWork if self.gives_up_missing => {
                if self.given_up(slot, true)? && (self.left)() == Left::Nothing {
                    self.stop();
                }
            }
            Left::InWork => self.watcher.note_once(slot.name(), MISSING.into()),
            Left::Nothing => self.stop(),
        }
        Ok(())
    }

    /// Quarantines the missing unfinished boards of a slot that is empty, if enabled. Returns whether there was one.
    fn given_up(&self, slot: &Slot, is_empty: bool) -> Result<bool, String> {
        if !is_empty || !self.gives_up_missing {
            return Ok(false);
        }
        let seen = QuarantineReason::ChipGone;
        let given_up = match self.station.give_up_missing(slot, seen, &*self.watcher) {
            Ok(given_up) => given_up,
            Err(Outcome::Failed(error)) => return Err(error.to_string()),
            // The ledger is unavailable: the next check finds them again.
            Err(_) => return Ok(false),
        };
        let is_any = !given_up.is_empty();
        for quarantine in given_up {
            let verdict = ended_verdict(Outcome::Quarantined(quarantine), Duration::ZERO);
            self.count(&verdict);
            self.watcher.show(slot.name(), &Update::Ended(Box::new(verdict)));
        }
        Ok(is_any)
    }

    fn count(&self, verdict: &Verdict) {
        let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        let number = match verdict.kind {
            VerdictKind::Done => &mut tally.done,
            VerdictKind::Refused => &mut tally.refused,
            VerdictKind::Quarantined => &mut tally.quarantined,
            VerdictKind::Retry => &mut tally.unfinished,
        };
        *number = number.saturating_add(1);
    }

    /// Waits until no board answers, or a different one.
    fn wait_until_gone(&self, port: &dyn Connect, last: Option<&str>) {
        let mut silent = 0;
        while !self.is_stopped() && silent < GONE {
            thread::sleep(PAUSE);
            let facts = port.connect().and_then(|mut board| board.identify());
            silent = match facts {
                Ok(facts) => {
                    // A locked board does not identify itself; a board with another address is the next one.
                    let mac = facts.ledger_mac().map(|mac| mac.to_string());
                    if mac.is_some() && mac.as_deref() != last {
                        return;
                    }
                    0
                }
                Err(BoardFault::Silent(_) | BoardFault::Port(_)) => silent + 1,
                Err(_) => 0,
            };
        }
    }
}

fn retry(cause: &RetryCause, took: Duration) -> Verdict {
    Verdict {
        kind: VerdictKind::Retry,
        code: cause.code().to_owned(),
        sentence: cause.to_string(),
        remedy: String::new(),
        mac: None,
        uuid: None,
        serial: None,
        took,
    }
}

/// Converts an outcome to a verdict; retries and failures are shown elsewhere.
fn ended_verdict(outcome: Outcome, took: Duration) -> Verdict {
    let mut verdict = Verdict {
        kind: VerdictKind::Retry,
        code: String::new(),
        sentence: String::new(),
        remedy: String::new(),
        mac: None,
        uuid: None,
        serial: None,
        took,
    };
    let described = |text: String, detail: &str| match detail {
        "" => text,
        detail => format!("{text}: {detail}"),
    };
    let claim = match outcome {
        Outcome::Done(claim) => {
            verdict.kind = VerdictKind::Done;
            claim
        }
        Outcome::Quarantined(quarantine) => {
            verdict.kind = VerdictKind::Quarantined;
            verdict.code = quarantine.reason.code().to_owned();
            verdict.sentence = described(quarantine.reason.to_string(), &quarantine.detail);
            verdict.remedy = quarantine.reason.remedy().to_owned();
            quarantine.claim
        }
        Outcome::Refused(refusal) => {
            verdict.kind = VerdictKind::Refused;
            verdict.code = refusal.reason.code().to_owned();
            verdict.sentence = described(refusal.reason.to_string(), &refusal.detail);
            verdict.remedy = BoardRefusal::remedy(refusal.reason).to_owned();
            verdict.mac = refusal.mac.map(|mac| mac.to_string());
            verdict.serial = refusal.serial;
            return verdict;
        }
        _ => return verdict,
    };
    verdict.mac = Some(claim.mac.to_string());
    verdict.serial = claim.serial;
    verdict.uuid = Some(claim.uuid);
    verdict
}
