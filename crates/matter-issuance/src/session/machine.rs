use std::time::Instant;

use matter_attestation::{Certificate, PublicKey};

use super::{SessionFault, SessionSettings};
use crate::protocol::{
    DeviceIdentity, DeviceMessage, Installation, Mac, Nonce, PROTOCOL_VERSION, Readback, SessionId, ShortText,
    SignatureBytes, Statement, StationMessage, VerifierSet,
};
use crate::{DeviceId, Error, Issued, KeyHash, Proof, Refusal, Request};

/// The random numbers of one session.
#[derive(Clone, Copy, Debug)]
pub struct SessionNumbers {
    /// The session's number.
    pub session_id: SessionId,
    /// The nonce covered by the proof of possession.
    pub possession: Nonce,
    /// The nonce covered by the final proof.
    pub proof: Nonce,
}

impl SessionNumbers {
    /// Draws the numbers from the operating system.
    ///
    /// # Errors
    ///
    /// [`Error::Random`] when it provides no random numbers.
    pub fn draw() -> Result<Self, Error> {
        let (mut session_id, mut possession, mut proof) = ([0; 16], [0; 32], [0; 32]);
        for bytes in [&mut session_id[..], &mut possession[..], &mut proof[..]] {
            getrandom::fill(bytes).map_err(|_| Error::Random)?;
        }
        Ok(Self {
            session_id: SessionId::new(session_id),
            possession: Nonce::new(possession),
            proof: Nonce::new(proof),
        })
    }
}

/// The next step of a session.
#[derive(Clone, Debug)]
pub enum Step {
    /// Send the message to the device, and pass its answer to [`Session::receive`].
    Send(StationMessage),
    /// Pass the request to the desk, and its certificate to [`Session::issued`].
    Issue(Request),
    /// Pass the proof to the desk, and send the message of [`Session::recorded`].
    Record(Proof),
    /// The device has locked itself.
    Done,
}

/// A session with one device: checks its messages and returns the next step.
///
/// No state outlives it: a device that comes back opens a new session, and the desk identifies it by its key.
#[derive(Debug)]
pub struct Session {
    settings: SessionSettings,
    numbers: SessionNumbers,
    expires: Instant,
    device: Option<Mac>,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// Waiting for `ident`.
    Ident,
    /// Waiting for `csr`.
    Csr { mac: Mac },
    /// Waiting for the desk to issue.
    Issuing,
    /// Waiting for `proof`.
    Proof { key: PublicKey, expected: Readback },
    /// Waiting for the desk to record the proof.
    Recording,
    /// Waiting for `locked`.
    Locked,
    /// The session has ended.
    Over,
}

impl Stage {
    /// The expected message.
    const fn wanted(&self) -> &'static str {
        match self {
            Self::Ident => "ident",
            Self::Csr { .. } => "csr",
            Self::Proof { .. } => "proof",
            Self::Locked => "locked",
            Self::Issuing | Self::Recording | Self::Over => "nothing",
        }
    }
}

impl Session {
    /// Opens a session; returns it with the first message for the device.
    #[must_use]
    pub fn new(settings: &SessionSettings, numbers: SessionNumbers, now: Instant) -> (Self, StationMessage) {
        let session = Self {
            settings: settings.clone(),
            numbers,
            // A deadline beyond the clock's range cannot be missed.
            expires: now.checked_add(settings.session_time).unwrap_or(now),
            device: None,
            stage: Stage::Ident,
        };
        let hello = StationMessage::Hello {
            proto: PROTOCOL_VERSION,
            session_id: numbers.session_id,
            nonce: numbers.possession,
        };
        (session, hello)
    }

    /// Returns the MAC address that the device reported, if it has.
    #[must_use]
    pub const fn device(&self) -> Option<Mac> {
        self.device
    }

    /// Returns the time at which the session ends in any state.
    #[must_use]
    pub const fn expires(&self) -> Instant {
        self.expires
    }

    /// Processes the device's answer.
    ///
    /// # Errors
    ///
    /// The refusal that ends the session: [`Refusal::Session`], or a fault of the request.
    pub fn receive(&mut self, message: DeviceMessage, now: Instant) -> Result<Step, Refusal> {
        let stage = core::mem::replace(&mut self.stage, Stage::Over);
        if now >= self.expires {
            return Err(SessionFault::Expired.into());
        }
        match (stage, message) {
            (_, DeviceMessage::Error { code, reason }) => Err(SessionFault::Device { code, reason }.into()),
            (Stage::Ident, DeviceMessage::Ident(identity)) => self.identified(&identity),
            (Stage::Csr { mac }, DeviceMessage::Csr { pkcs10, pop }) => self.requested(mac, &pkcs10, &pop),
            (Stage::Proof { key, expected }, DeviceMessage::Proof { signature, readback }) => {
                self.proved(&key, &expected, &signature, &readback)
            }
            (Stage::Locked, DeviceMessage::Locked {}) => Ok(Step::Done),
            (stage, message) => Err(SessionFault::Unexpected {
                found: message.name(),
                wanted: stage.wanted(),
            }
            .into()),
        }
    }

    fn identified(&mut self, identity: &DeviceIdentity) -> Result<Step, Refusal> {
        self.device = Some(identity.mac);
        let wanted = self.settings.key_mode.unwrap_or(identity.key_mode);
        if identity.key_mode != wanted {
            let found = identity.key_mode;
            return Err(SessionFault::KeyMode { found, wanted }.into());
        }
        self.stage = Stage::Csr { mac: identity.mac };
        Ok(Step::Send(StationMessage::GenKey {
            key_mode: wanted,
            // A device keeps its key, because its certificate remains valid. A device that lost its key generates a new
            // one.
            allow_replace: false,
        }))
    }

    fn requested(&mut self, mac: Mac, pkcs10: &[u8], pop: &SignatureBytes) -> Result<Step, Refusal> {
        let device = DeviceId::from_mac(*mac.as_bytes());
        let mut request = Request::from_csr(&self.settings.order, device, &self.settings.station, pkcs10)?;
        if let Some(reason) = &self.settings.new_key {
            request = request.with_new_key(reason)?;
        }
        Statement::possession(&self.numbers.session_id, &self.numbers.possession, &mac, pkcs10)
            .verify(&request.public_key, pop)
            .map_err(|_| SessionFault::PossessionUnproved)?;
        self.stage = Stage::Issuing;
        Ok(Step::Issue(request))
    }

    /// Takes the issued certificate and the other data that the device stores; returns the message for the device.
    pub fn issued(
        &mut self,
        issued: &Issued,
        pai: &Certificate,
        declaration: &[u8],
        verifier: Option<VerifierSet>,
    ) -> StationMessage {
        let installation = Installation {
            dac: issued.dac.as_der().to_vec(),
            pai: pai.as_der().to_vec(),
            cd: declaration.to_vec(),
            verifier: verifier.map(Box::new),
            nonce: self.numbers.proof,
        };
        self.stage = Stage::Proof {
            key: issued.dac.public_key(),
            expected: installation.readback(),
        };
        StationMessage::Install(installation)
    }

    fn proved(
        &mut self,
        key: &PublicKey,
        expected: &Readback,
        signature: &SignatureBytes,
        readback: &Readback,
    ) -> Result<Step, Refusal> {
        Statement::proof(&self.numbers.session_id, &self.numbers.proof, readback)
            .verify(key, signature)
            .map_err(|_| SessionFault::ProofInvalid)?;
        // Checked after the signature, which covers this value.
        if readback != expected {
            return Err(SessionFault::ReadbackMismatch.into());
        }
        self.stage = Stage::Recording;
        Ok(Step::Record(Proof {
            key: KeyHash::of(key),
            image_sha256: *readback.as_bytes(),
        }))
    }

    /// Returns the message for the device once the desk has recorded the proof.
    pub const fn recorded(&mut self) -> StationMessage {
        self.stage = Stage::Locked;
        StationMessage::Lock {}
    }
}

impl From<&Refusal> for StationMessage {
    fn from(refusal: &Refusal) -> Self {
        Self::Refused {
            code: ShortText::abridged(refusal.code()),
            reason: ShortText::abridged(&refusal.to_string()),
        }
    }
}

impl From<SessionFault> for Refusal {
    fn from(fault: SessionFault) -> Self {
        Self::Session(fault)
    }
}
