use std::io::{self, ErrorKind, Read, Write};
use std::thread::sleep;
use std::time::{Duration, Instant};

use matter_attestation::{Certificate, PrivateKey};
use matter_issuance::protocol::{
    DeviceIdentity, DeviceMessage, Installation, LineReader, MAX_LINE, Message, Nonce, PROTOCOL_VERSION, ProtocolError,
    SessionId, ShortText, Statement, StationMessage, write_line,
};

use crate::key::{derive, noise, sign};
use crate::request::request;
use crate::{Device, Fault, Moment, SessionEnd};

/// The longest wait for `hello`.
const HELLO: Duration = Duration::from_secs(10);
/// Pauses of a slow device: before an answer, and between its pieces.
const SLOW_ANSWER: Duration = Duration::from_millis(300);
const SLOW_PIECE: Duration = Duration::from_millis(5);
const PIECE: usize = 64;
/// Pause of a trickling device between two bytes.
const TRICKLE: Duration = Duration::from_millis(100);
/// Vendor and product ids that a device with another vendor claims in its request.
const OTHER_IDS: (&str, &str) = ("FFF4", "8FFF");

/// An answer of the device.
enum Answer {
    /// Sends a message; at this moment the device may lose power.
    Send(DeviceMessage, Moment),
    /// Sends bytes that are not a message.
    Raw(Vec<u8>),
    /// Ends the session without an answer.
    End(SessionEnd),
    /// Does not answer.
    Nothing,
    /// Sends one byte at a time and never a whole line.
    Trickle,
}

/// State of an open session.
struct Opened {
    session_id: SessionId,
    nonce: Nonce,
}

pub(crate) fn run<C: Read + Write>(device: &mut Device, channel: &mut C) -> io::Result<SessionEnd> {
    let mut reader = LineReader::new();
    let mut opened = None;
    loop {
        // A station that has accepted the connection sends `hello` immediately; otherwise it may be gone, or has not
        // seen it.
        let patience = if opened.is_none() {
            device.patience.min(HELLO)
        } else {
            device.patience
        };
        let message = match receive(&mut reader, channel, patience) {
            Ok(message) => message,
            Err(error) => return Ok(SessionEnd::Lost(error)),
        };
        let answer = device.answer(message, &mut opened)?;
        let sent = match answer {
            Answer::Send(message, moment) => {
                let sent = device.send(channel, &message);
                if sent.is_ok() && device.dies(moment)? {
                    return Ok(SessionEnd::Died);
                }
                if sent.is_ok() && matches!(message, DeviceMessage::Locked {}) {
                    return Ok(SessionEnd::Locked);
                }
                sent
            }
            Answer::Raw(bytes) => write_bytes(channel, &bytes, device.patience),
            Answer::End(end) => return Ok(end),
            Answer::Nothing => Ok(()),
            Answer::Trickle => trickle(channel, device.patience),
        };
        // A station that refuses may close the connection before it has read everything; its last message can still be
        // read.
        if let Err(error) = sent
            && error != ProtocolError::Closed
        {
            return Ok(SessionEnd::Lost(error));
        }
    }
}

fn receive(
    reader: &mut LineReader,
    channel: &mut impl Read,
    patience: Duration,
) -> Result<StationMessage, ProtocolError> {
    let line = reader.read_line(channel, deadline(patience))?;
    StationMessage::from_line(&line)
}

fn deadline(patience: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(patience).unwrap_or(now)
}

fn write_bytes(channel: &mut impl Write, mut bytes: &[u8], patience: Duration) -> Result<(), ProtocolError> {
    let deadline = deadline(patience);
    while !bytes.is_empty() {
        match channel.write(bytes) {
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::WouldBlock && Instant::now() < deadline => {}
            Err(error) => return Err(error.into()),
        }
    }
    channel.flush().map_err(ProtocolError::from)
}

fn trickle(channel: &mut impl Write, patience: Duration) -> Result<(), ProtocolError> {
    let deadline = deadline(patience);
    while Instant::now() < deadline {
        write_bytes(channel, b" ", patience)?;
        sleep(TRICKLE);
    }
    Ok(())
}

fn text(text: &str) -> ShortText {
    ShortText::abridged(text)
}

impl Device {
    fn send(&self, channel: &mut impl Write, message: &DeviceMessage) -> Result<(), ProtocolError> {
        let line = message.to_line()?;
        if self.fault != Fault::Slow {
            return write_line(channel, &line, deadline(self.patience));
        }
        sleep(SLOW_ANSWER);
        for piece in line.as_bytes().chunks(PIECE) {
            write_bytes(channel, piece, self.patience)?;
            sleep(SLOW_PIECE);
        }
        Ok(())
    }

    /// Returns whether the device loses power at this moment, and records it.
    fn dies(&mut self, moment: Moment) -> io::Result<bool> {
        let dies = match self.fault {
            Fault::DiesAt(at) => at == moment && !self.memory.is_spent,
            Fault::GoneAt(at) => at == moment,
            _ => false,
        };
        if dies {
            self.memory.is_spent = true;
            self.memory.keep()?;
        }
        Ok(dies)
    }

    fn answer(&mut self, message: StationMessage, opened: &mut Option<Opened>) -> io::Result<Answer> {
        match message {
            // On a serial line a new session may begin at any time.
            StationMessage::Hello {
                proto: PROTOCOL_VERSION,
                session_id,
                nonce,
            } => {
                *opened = Some(Opened { session_id, nonce });
                self.identify()
            }
            StationMessage::Hello { .. } => Ok(error("version", "only version 1 of the protocol is supported")),
            // On a serial line this may be the rest of a session in which the device lost power.
            _ if opened.is_none() => Ok(Answer::Nothing),
            StationMessage::Refused { code, reason } => Ok(Answer::End(SessionEnd::Refused { code, reason })),
            other => match (other, &*opened) {
                (StationMessage::GenKey { allow_replace, .. }, Some(opened)) => self.request(opened, allow_replace),
                (StationMessage::Install(installation), Some(opened)) => self.install(opened, installation),
                (StationMessage::Lock {}, Some(_)) if self.memory.installed.is_some() => self.lock(),
                _ => Ok(error("unexpected", "this message is not expected now")),
            },
        }
    }

    fn identify(&mut self) -> io::Result<Answer> {
        if self.dies(Moment::Hello)? {
            return Ok(Answer::End(SessionEnd::Died));
        }
        let ident = DeviceMessage::Ident(DeviceIdentity {
            chip: text("esp32h2"),
            mac: self.mac,
            fw: text("sim-1"),
            secure_boot: Some(true),
            flash_encryption: Some(true),
            key_mode: self.key_mode,
            has_key: self.memory.keys > 0,
        });
        Ok(match self.fault {
            Fault::Garbage => {
                let mut bytes = noise(&self.seed, self.mac, 1000);
                bytes.push(b'\n');
                Answer::Raw(bytes)
            }
            Fault::GivesUp => error("efuse-burn", "the key block is not empty"),
            Fault::Oversized => Answer::Raw([vec![b'x'; MAX_LINE], b"\n".to_vec()].concat()),
            Fault::Silent => Answer::Nothing,
            Fault::Trickle => Answer::Trickle,
            _ => Answer::Send(ident, Moment::Ident),
        })
    }

    fn request(&mut self, opened: &Opened, allow_replace: bool) -> io::Result<Answer> {
        let makes_second = self.fault == Fault::SecondKey && self.memory.is_locked && !self.memory.is_spent;
        if self.memory.keys == 0 || allow_replace || makes_second {
            self.memory.keys = self.memory.keys.saturating_add(1);
            self.memory.is_spent |= makes_second;
            self.memory.keep()?;
        }
        if self.dies(Moment::Key)? {
            return Ok(Answer::End(SessionEnd::Died));
        }
        let Some(key) = self.key() else {
            return Ok(error("no-key", "the key could not be generated"));
        };
        if self.fault == Fault::OutOfOrder {
            let (signature, readback) = ([1; 64], [2; 32]);
            let proof = DeviceMessage::Proof {
                signature: matter_issuance::protocol::SignatureBytes::new(signature),
                readback: matter_issuance::protocol::Readback::new(readback),
            };
            return Ok(Answer::Send(proof, Moment::Proof));
        }
        if self.fault == Fault::ReplayedCsr {
            return self.replay(opened, &key);
        }
        let csr = self.csr(opened, &key);
        Ok(Answer::Send(csr, Moment::Csr))
    }

    fn csr(&self, opened: &Opened, key: &PrivateKey) -> DeviceMessage {
        let other = derive(&self.seed, self.neighbour(), 0);
        let ids = (self.fault == Fault::OtherVendor).then_some(OTHER_IDS);
        let subject = if self.fault == Fault::ForeignCsr { &other } else { key };
        let pkcs10 = request(subject, &self.mac.to_string(), ids);
        let signer = if self.fault == Fault::WrongPossession {
            &other
        } else {
            key
        };
        let statement = Statement::possession(&opened.session_id, &opened.nonce, &self.mac, &pkcs10);
        let pop = sign(signer, &statement);
        DeviceMessage::Csr { pkcs10, pop }
    }

    /// Sends the request of the first session again; in the first session, stores the request and loses power.
    fn replay(&mut self, opened: &Opened, key: &PrivateKey) -> io::Result<Answer> {
        if let Some(line) = &self.memory.old_request {
            return Ok(Answer::Raw(line.clone().into_bytes()));
        }
        self.memory.old_request = self.csr(opened, key).to_line().ok();
        self.memory.keep()?;
        Ok(Answer::End(SessionEnd::Died))
    }

    fn install(&mut self, opened: &Opened, mut installation: Installation) -> io::Result<Answer> {
        if self.dies(Moment::Install)? {
            return Ok(Answer::End(SessionEnd::Died));
        }
        let Some(key) = self.key() else {
            return Ok(error("no-key", "there is no key"));
        };
        let is_own = Certificate::from_der(&installation.dac).is_ok_and(|dac| dac.public_key() == key.public_key());
        if !is_own {
            return Ok(error("certificate", "the certificate does not match the device's key"));
        }
        if self.fault == Fault::WrongReadback {
            installation.cd.push(0);
        }
        let parts = [&installation.dac, &installation.pai, &installation.cd];
        self.memory.installed = Some(parts.map(Clone::clone));
        self.memory.keep()?;
        if self.dies(Moment::Stored)? {
            return Ok(Answer::End(SessionEnd::Died));
        }
        let readback = installation.readback();
        let statement = Statement::proof(&opened.session_id, &installation.nonce, &readback);
        let signature = match self.fault {
            Fault::WrongProof => sign(&derive(&self.seed, self.neighbour(), 0), &statement),
            _ => sign(&key, &statement),
        };
        Ok(Answer::Send(
            DeviceMessage::Proof { signature, readback },
            Moment::Proof,
        ))
    }

    fn lock(&mut self) -> io::Result<Answer> {
        if self.dies(Moment::Lock)? {
            return Ok(Answer::End(SessionEnd::Died));
        }
        self.memory.is_locked = true;
        self.memory.keep()?;
        // No fault occurs after `locked`.
        Ok(Answer::Send(DeviceMessage::Locked {}, Moment::Lock))
    }
}

fn error(code: &str, reason: &str) -> Answer {
    let message = DeviceMessage::Error {
        code: text(code),
        reason: text(reason),
    };
    // A device that gives up reads the station's refusal, which ends the session.
    Answer::Send(message, Moment::Hello)
}
