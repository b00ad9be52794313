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
    /// What the proof of possession covers.
    pub possession: Nonce,
    /// What the final proof covers.
    pub proof: Nonce,
}

impl SessionNumbers {
    /// Draws them from the system's source.
    ///
    /// # Errors
    ///
    /// [`Error::Random`] when it gives none.
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

/// What a session wants next.
#[derive(Clone, Debug)]
pub enum Step {
    /// The message goes to the device, and its answer to [`Session::receive`].
    Send(StationMessage),
    /// The request goes to the desk, and what it issues to [`Session::issued`].
    Issue(Request),
    /// The proof goes to the desk; then [`Session::recorded`] says what to send.
    Record(Proof),
    /// The device has locked itself.
    Done,
}

/// A session with one device: takes its messages and checks them, and says what comes next.
///
/// Nothing of it outlives it: a device that comes back starts anew, and the desk knows its key.
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
    /// Waits for `ident`.
    Ident,
    /// Waits for `csr`.
    Csr { mac: Mac },
    /// Waits for the desk to issue.
    Issuing,
    /// Waits for `proof`.
    Proof { key: PublicKey, expected: Readback },
    /// Waits for the desk to record the proof.
    Recording,
    /// Waits for `locked`.
    Locked,
    /// Nothing comes any more.
    Over,
}

impl Stage {
    /// The message that is next.
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
    /// Opens a session; the message goes to the device.
    #[must_use]
    pub fn new(settings: &SessionSettings, numbers: SessionNumbers, now: Instant) -> (Self, StationMessage) {
        let session = Self {
            settings: settings.clone(),
            numbers,
            // A time beyond the clock's range has no end that could be missed.
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

    /// Returns who the device says that it is, once it has.
    #[must_use]
    pub const fn device(&self) -> Option<Mac> {
        self.device
    }

    /// Returns when the session ends whatever it waits for.
    #[must_use]
    pub const fn expires(&self) -> Instant {
        self.expires
    }

    /// Takes the device's answer.
    ///
    /// # Errors
    ///
    /// The refusal that ends the session: [`Refusal::Session`], or what is wrong with the request.
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
            // A device that has a key keeps it: what was issued for it is still good. One that has lost its key makes another.
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

    /// Takes what the desk has issued, with the rest of what the device stores; returns the message that goes to the device.
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
        // Checked second: what is compared is what the key has signed.
        if readback != expected {
            return Err(SessionFault::ReadbackMismatch.into());
        }
        self.stage = Stage::Recording;
        Ok(Step::Record(Proof {
            key: KeyHash::of(key),
            image_sha256: *readback.as_bytes(),
        }))
    }

    /// Says what goes to the device once the desk has recorded the proof.
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
