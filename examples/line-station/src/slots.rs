//! The slots: each waits for a board, works on it, shows pass or fail, and waits until the board is taken away.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use cli::Failure;
use matter_station::{BoardFault, BoardRefusal, Connect, Outcome, RetryCause, Slot, Station};

use crate::update::{Update, Verdict, VerdictKind};
use crate::watching::Watcher;

/// Between two looks whether a board is there.
const PAUSE: Duration = Duration::from_millis(500);
/// Looks in a row without an answer, after which a board is gone.
const GONE: u32 = 2;
/// How often one board is tried with `--once`.
const TRIES: u32 = 5;

/// How many boards ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) done: usize,
    pub(crate) refused: usize,
    pub(crate) quarantined: usize,
    pub(crate) unfinished: usize,
}

/// What all slots share.
pub(crate) struct Line {
    pub(crate) station: Station,
    pub(crate) watcher: Arc<Watcher>,
    /// Whether each slot works on one board only.
    pub(crate) once: bool,
    /// Told after each board; returns whether there is nothing left to do.
    pub(crate) ended: Box<dyn Fn() -> bool + Send + Sync>,
    tally: Mutex<Tally>,
    failure: Mutex<Option<String>>,
    stop: AtomicBool,
}

impl Line {
    pub(crate) fn new(
        station: Station,
        watcher: Arc<Watcher>,
        once: bool,
        ended: Box<dyn Fn() -> bool + Send + Sync>,
    ) -> Self {
        Self {
            station,
            watcher,
            once,
            ended,
            tally: Mutex::new(Tally::default()),
            failure: Mutex::new(None),
            stop: AtomicBool::new(false),
        }
    }

    /// Tells whether no further board is taken.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    fn stop(&self) {
        self.stop.store(true, Ordering::Release);
    }

    /// Returns how the boards ended.
    ///
    /// # Errors
    ///
    /// [`Failure::Work`] when the station itself could not go on.
    pub(crate) fn tally(&self) -> Result<Tally, Failure> {
        match self.failure.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(sentence) => Err(Failure::Work(sentence)),
            None => Ok(*self.tally.lock().unwrap_or_else(PoisonError::into_inner)),
        }
    }

    /// Works at a slot until there is nothing left to do.
    pub(crate) fn work(&self, port: &dyn Connect) {
        let name = self.watcher.add(&port.name()).number.to_string();
        let slot = Slot::new(name.as_str());
        let show = |update: &Update| self.watcher.show(&name, update);
        show(&Update::Waiting);
        let (mut tries, mut told) = (0u32, None);
        while !self.is_stopped() {
            let start = Instant::now();
            let outcome = self.station.run_board(&slot, port, &*self.watcher);
            let verdict = match outcome {
                Outcome::Retry(cause) => {
                    tries = tries.saturating_add(1);
                    if !self.once || tries < TRIES {
                        if !matches!(cause, RetryCause::NoBoard(_) | RetryCause::Port(_))
                            && told.as_ref() != Some(&cause)
                        {
                            show(&Update::Ended(Box::new(retry(&cause, start.elapsed()))));
                            told = Some(cause);
                        }
                        thread::sleep(PAUSE);
                        continue;
                    }
                    retry(&cause, start.elapsed())
                }
                Outcome::Failed(error) => {
                    let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
                    failure.get_or_insert(error.to_string());
                    self.stop();
                    return;
                }
                ended => ended_verdict(ended, start.elapsed()),
            };
            (tries, told) = (0, None);
            self.count(&verdict);
            let mac = verdict.mac.clone();
            show(&Update::Ended(Box::new(verdict)));
            if (self.ended)() {
                self.stop();
            }
            if self.once {
                return;
            }
            show(&Update::TakeAway);
            self.wait_until_gone(port, mac.as_deref());
            show(&Update::Waiting);
        }
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

    /// Waits until no board answers, or another one does.
    fn wait_until_gone(&self, port: &dyn Connect, last: Option<&str>) {
        let mut silent = 0;
        while !self.is_stopped() && silent < GONE {
            thread::sleep(PAUSE);
            let facts = port.connect().and_then(|mut board| board.identify());
            silent = match facts {
                Ok(facts) => {
                    // A locked board does not say who it is; a board with another address is the next one.
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

/// What is shown of an outcome; that of a retry or a failure is shown elsewhere.
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
