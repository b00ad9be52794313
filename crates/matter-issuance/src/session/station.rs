use std::io::{Read, Write};
use std::time::{Duration, Instant};

use super::{Session, SessionFault, SessionNumbers, SessionSettings, Step};
use crate::protocol::{
    DeviceMessage, LineReader, Mac, Message, ProtocolError, ShortText, StationMessage, is_pause, write_line,
};
use crate::{DeskHandle, DeviceId, Error, Issued, Refusal, State};

/// Time limit of the last message to a refused device.
const LAST_MESSAGE_TIME: Duration = Duration::from_secs(1);
/// Code and reason sent to a device when the fault is not its own.
const UNAVAILABLE: (&str, &str) = (
    "unavailable",
    "the station cannot issue certificates at the moment; connect the device again later",
);

/// Runs sessions with devices, one on each thread that calls it.
#[derive(Clone, Debug)]
pub struct Station {
    desk: DeskHandle,
    settings: SessionSettings,
}

/// The result of a session.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SessionReport {
    /// The MAC address that the device reported, if it did.
    pub device: Option<Mac>,
    /// The certificate that the desk issued or already had, if any.
    pub issued: Option<Issued>,
    /// The state of the device in the ledger after this session, if it is there.
    pub state: Option<State>,
    /// The reason why the session ended early, if it did. The device may be [`State::Proved`] nevertheless, but not
    /// locked.
    pub refusal: Option<Refusal>,
}

impl Station {
    /// Creates a station from the desk that issues and the requirements for devices.
    #[must_use]
    pub const fn new(desk: DeskHandle, settings: SessionSettings) -> Self {
        Self { desk, settings }
    }

    /// Runs a session with the device at the other end of a channel.
    ///
    /// `read` must return at least every half second when no data arrives, see [`LineReader`]. `peer` names the device
    /// in the log until it has reported its MAC address. Every refusal is in the log when this returns.
    ///
    /// # Errors
    ///
    /// [`Error`] when the desk cannot work because the ledger or a signer is unavailable. The device is told to come
    /// back later, and then gets the same certificate.
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
                send_last(
                    channel,
                    &StationMessage::Refused {
                        code: ShortText::abridged(code),
                        reason: ShortText::abridged(reason),
                    },
                );
                return Err(error);
            }
        };
        // Log first: the device may react to its refusal as soon as it is sent.
        let device = report.device.map(|mac| DeviceId::from_mac(*mac.as_bytes()));
        let recorded = match (is_logged, device) {
            (true, _) => Ok(()),
            (false, device) => {
                let device = device.unwrap_or_else(|| peer.clone());
                self.desk.refuse(device, &self.settings.station, refusal.clone())
            }
        };
        send_last(channel, &StationMessage::from(&refusal));
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

    /// Records that the device was sent its data, and so may have stored it.
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

    /// The deadline for the next line.
    fn deadline(&self, session: &Session) -> Instant {
        let answer = Instant::now().checked_add(self.settings.answer_time);
        answer.map_or(session.expires(), |answer| answer.min(session.expires()))
    }
}

/// Distinguishes an expired session from a late answer.
fn late(error: ProtocolError, session: &Session) -> Stop {
    match error {
        ProtocolError::TimedOut if Instant::now() >= session.expires() => SessionFault::Expired.into(),
        error => error.into(),
    }
}

/// Sends the last message to a device that may no longer be reading.
fn send_last(channel: &mut (impl Read + Write), message: &StationMessage) {
    let (Ok(line), Some(deadline)) = (message.to_line(), Instant::now().checked_add(LAST_MESSAGE_TIME)) else {
        return;
    };
    if write_line(channel, &line, deadline).is_err() {
        return;
    }
    // TCP may discard sent data if the connection is closed with unread input. A device that has read its refusal
    // closes it.
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

/// The reason why a session stops.
enum Stop {
    Failed(Error),
    Refused { refusal: Refusal, is_logged: bool },
}

impl Stop {
    /// A refusal by the desk, which has logged it already.
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
