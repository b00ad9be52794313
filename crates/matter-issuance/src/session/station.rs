use std::io::{Read, Write};
use std::time::{Duration, Instant};

use super::{Session, SessionFault, SessionNumbers, SessionSettings, Step};
use crate::protocol::{
    DeviceMessage, LineReader, Mac, Message, ProtocolError, ShortText, StationMessage, is_pause, write_line,
};
use crate::{DeskHandle, DeviceId, Error, Issued, Refusal, State};

/// How long the last word to a refused device may take.
const LAST_WORD: Duration = Duration::from_secs(1);
/// What a device is told when the fault is not its own.
const UNAVAILABLE: (&str, &str) = (
    "unavailable",
    "the station cannot issue for now; connect the device again later",
);

/// Runs sessions with devices, as many at once as there are threads that call it.
#[derive(Clone, Debug)]
pub struct Station {
    desk: DeskHandle,
    settings: SessionSettings,
}

/// How a session ended.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SessionReport {
    /// Who the device said that it is, if it did.
    pub device: Option<Mac>,
    /// What the desk has issued, or had before, if it did.
    pub issued: Option<Issued>,
    /// How far the device is in the ledger after this session, if it is there.
    pub state: Option<State>,
    /// Why the session ended early, if it did. A device may be [`State::Proved`] all the same, and only not have locked itself.
    pub refusal: Option<Refusal>,
}

impl Station {
    /// Takes the desk that issues, and what the station wants of devices.
    #[must_use]
    pub const fn new(desk: DeskHandle, settings: SessionSettings) -> Self {
        Self { desk, settings }
    }

    /// Runs a session with the device at the other end of a channel.
    ///
    /// `read` must return at least every half second when nothing comes, as [`LineReader`] says. `peer` names the device in
    /// the log as long as it has not said its MAC address. Every refusal is in the log when this returns.
    ///
    /// # Errors
    ///
    /// [`Error`] when the desk cannot work: the ledger, or a signer, is away. The device is told to come back later; whatever
    /// it was issued is issued again then.
    pub fn run<C: Read + Write>(&self, channel: &mut C, peer: &DeviceId) -> Result<SessionReport, Error> {
        let mut report = SessionReport {
            device: None,
            issued: None,
            state: None,
            refusal: None,
        };
        let done = self.talk(channel, &mut report);
        let (refusal, is_logged) = match done {
            Ok(()) => return Ok(report),
            Err(Stop::Refused { refusal, is_logged }) => (refusal, is_logged),
            Err(Stop::Failed(error)) => {
                let (code, reason) = UNAVAILABLE;
                say_last(
                    channel,
                    &StationMessage::Refused {
                        code: ShortText::abridged(code),
                        reason: ShortText::abridged(reason),
                    },
                );
                return Err(error);
            }
        };
        // The log first: a device may act on its refusal, and then it must be known.
        let device = report.device.map(|mac| DeviceId::from_mac(*mac.as_bytes()));
        let recorded = match (is_logged, device) {
            (true, _) => Ok(()),
            (false, device) => {
                let device = device.unwrap_or_else(|| peer.clone());
                self.desk.refuse(device, &self.settings.station, refusal.clone())
            }
        };
        say_last(channel, &StationMessage::from(&refusal));
        report.refusal = Some(refusal);
        recorded.map(|()| report)
    }

    fn talk<C: Read + Write>(&self, channel: &mut C, report: &mut SessionReport) -> Result<(), Stop> {
        let numbers = SessionNumbers::draw().map_err(Stop::Failed)?;
        let (mut session, mut message) = Session::new(&self.settings, numbers, Instant::now());
        let mut reader = LineReader::new();
        loop {
            self.send(channel, &session, &message)?;
            if matches!(message, StationMessage::Install(_)) {
                self.installed(report)?;
            }
            let answer = self.answer(channel, &session, &mut reader)?;
            let step = session.receive(answer, Instant::now());
            report.device = session.device();
            message = match step? {
                Step::Send(message) => message,
                Step::Issue(request) => {
                    let issued = self.desk.issue(request)?.map_err(Stop::logged)?;
                    let message = session.issued(&issued, self.desk.pai(), self.desk.declaration(), None);
                    report.state = Some(issued.state);
                    report.issued = Some(issued);
                    message
                }
                Step::Record(proof) => {
                    self.desk.proved(proof)??;
                    report.state = Some(State::Proved);
                    session.recorded()
                }
                Step::Done => return Ok(()),
            };
        }
    }

    /// Notes that the device has been sent what it stores: from now on it may have it.
    fn installed(&self, report: &mut SessionReport) -> Result<(), Stop> {
        if let Some(issued) = &report.issued {
            self.desk.installed(issued.key)??;
            report.state = report.state.max(Some(State::Installed));
        }
        Ok(())
    }

    fn send(&self, channel: &mut impl Write, session: &Session, message: &StationMessage) -> Result<(), Stop> {
        let line = message.to_line()?;
        let sent = write_line(channel, &line, self.deadline(session));
        sent.map_err(|error| late(error, session))
    }

    fn answer(
        &self,
        channel: &mut impl Read,
        session: &Session,
        reader: &mut LineReader,
    ) -> Result<DeviceMessage, Stop> {
        let line = reader.read_line(channel, self.deadline(session));
        let line = line.map_err(|error| late(error, session))?;
        Ok(DeviceMessage::from_line(&line)?)
    }

    /// Until when the device may take for the next line.
    fn deadline(&self, session: &Session) -> Instant {
        let answer = Instant::now().checked_add(self.settings.answer_time);
        answer.map_or(session.expires(), |answer| answer.min(session.expires()))
    }
}

/// Tells a session that ran out of its time from an answer that did.
fn late(error: ProtocolError, session: &Session) -> Stop {
    match error {
        ProtocolError::TimedOut if Instant::now() >= session.expires() => SessionFault::Expired.into(),
        error => error.into(),
    }
}

/// Sends the last message, to a device that perhaps listens no more.
fn say_last(channel: &mut (impl Read + Write), message: &StationMessage) {
    let (Ok(line), Some(deadline)) = (message.to_line(), Instant::now().checked_add(LAST_WORD)) else {
        return;
    };
    if write_line(channel, &line, deadline).is_err() {
        return;
    }
    // TCP may drop what was sent when the connection is closed with bytes unread. A device that has read its refusal closes it.
    let mut rest = [0; 2048];
    while Instant::now() < deadline {
        match channel.read(&mut rest) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) if is_pause(error.kind()) => {}
            Err(_) => return,
        }
    }
}

/// Why a session stops.
enum Stop {
    Failed(Error),
    Refused { refusal: Refusal, is_logged: bool },
}

impl Stop {
    /// A refusal of the desk, which logs its own.
    const fn logged(refusal: Refusal) -> Self {
        let is_logged = true;
        Self::Refused { refusal, is_logged }
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        let is_logged = false;
        Self::Refused { refusal, is_logged }
    }
}

impl From<SessionFault> for Stop {
    fn from(fault: SessionFault) -> Self {
        Refusal::from(fault).into()
    }
}

impl From<ProtocolError> for Stop {
    fn from(error: ProtocolError) -> Self {
        SessionFault::from(error).into()
    }
}
