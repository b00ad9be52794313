//! The station's side of a session: without I/O, and with a desk that cannot work.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "support/pki.rs"]
mod pki;

use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

use matter_attestation::PrivateKey;
use matter_issuance::protocol::{
    DeviceIdentity, DeviceMessage, KeyMode, LineReader, Mac, Message, Nonce, Readback, SessionId, SignatureBytes,
    Statement, StationMessage,
};
use matter_issuance::session::{Session, SessionFault, SessionNumbers, SessionSettings, Station, Step};
use matter_issuance::{Desk, DeskQueue, DeviceId, Refusal, State};
use p256::ecdsa::Signature;
use pki::{ORDER, csr, desk_with_order, key};
use proptest::prelude::*;
use signature::Signer;

const NUMBERS: SessionNumbers = SessionNumbers {
    session_id: SessionId::new([1; 16]),
    possession: Nonce::new([2; 32]),
    proof: Nonce::new([3; 32]),
};
const MAC: Mac = Mac::new([0x60, 0x55, 0xf9, 0, 0, 1]);

fn settings() -> SessionSettings {
    SessionSettings::new(ORDER, "line 1")
}

fn open(settings: &SessionSettings) -> Session {
    let (session, hello) = Session::new(settings, NUMBERS, Instant::now());
    assert_eq!(hello.name(), "hello");
    session
}

fn ident(key_mode: KeyMode) -> DeviceMessage {
    DeviceMessage::Ident(DeviceIdentity {
        chip: "esp32h2".parse().unwrap(),
        mac: MAC,
        fw: "1.4.0".parse().unwrap(),
        secure_boot: None,
        flash_encryption: None,
        key_mode,
        has_key: true,
    })
}

fn sign(key: &PrivateKey, statement: &Statement) -> SignatureBytes {
    let signature: Signature = key.sign(statement.as_bytes());
    SignatureBytes::new(signature.to_bytes().into())
}

/// A request with a proof of possession for these numbers and this MAC address.
fn request(numbers: &SessionNumbers, mac: &Mac, key: &PrivateKey, pkcs10: &[u8]) -> DeviceMessage {
    let statement = Statement::possession(&numbers.session_id, &numbers.possession, mac, pkcs10);
    DeviceMessage::Csr {
        pkcs10: pkcs10.to_vec(),
        pop: sign(key, &statement),
    }
}

fn receive(session: &mut Session, message: DeviceMessage) -> Result<Step, Refusal> {
    session.receive(message, Instant::now())
}

/// A session waiting for `csr`.
fn identified() -> Session {
    let mut session = open(&settings());
    assert!(matches!(
        receive(&mut session, ident(KeyMode::Flash)),
        Ok(Step::Send(StationMessage::GenKey {
            key_mode: KeyMode::Flash,
            allow_replace: false
        }))
    ));
    session
}

/// A session waiting for `proof`, and what was sent to the device.
fn installed(desk: &mut Desk<PrivateKey>) -> (Session, matter_issuance::protocol::Installation) {
    let mut session = identified();
    let key = key("device");
    let Ok(Step::Issue(wanted)) = receive(&mut session, request(&NUMBERS, &MAC, &key, &csr(&key))) else {
        unreachable!();
    };
    assert_eq!(
        (wanted.order.as_str(), wanted.device.as_str(), wanted.station.as_str()),
        (ORDER, "60:55:f9:00:00:01", "line 1")
    );
    let issued = desk.issue(&[wanted]).unwrap().remove(0).unwrap();
    let (pai, declaration) = desk.chain();
    match session.issued(&issued, pai, declaration, None) {
        StationMessage::Install(installation) => (session, installation),
        _ => unreachable!(),
    }
}

#[test]
fn a_session_goes_from_hello_to_locked() {
    let mut desk = desk_with_order(1);
    let (mut session, installation) = installed(&mut desk);
    let readback = installation.readback();
    let statement = Statement::proof(&NUMBERS.session_id, &installation.nonce, &readback);
    let signature = sign(&key("device"), &statement);
    let Ok(Step::Record(proof)) = receive(&mut session, DeviceMessage::Proof { signature, readback }) else {
        unreachable!();
    };
    assert_eq!(proof.image_sha256, *readback.as_bytes());
    desk.installed(&[proof.key]).unwrap().remove(0).unwrap();
    desk.proved(&[proof]).unwrap().remove(0).unwrap();
    assert_eq!(session.recorded().name(), "lock");
    assert!(matches!(
        receive(&mut session, DeviceMessage::Locked {}),
        Ok(Step::Done)
    ));
    // No message is accepted after the end.
    assert!(receive(&mut session, DeviceMessage::Locked {}).is_err());
}

#[test]
fn request_is_valid_for_one_session_device_and_key() {
    let (own, other) = (key("device"), key("other"));
    let pkcs10 = csr(&own);
    let elsewhere = [
        SessionNumbers {
            session_id: SessionId::new([9; 16]),
            ..NUMBERS
        },
        SessionNumbers {
            possession: Nonce::new([9; 32]),
            ..NUMBERS
        },
    ];
    let wrong = [
        request(&elsewhere[0], &MAC, &own, &pkcs10),
        request(&elsewhere[1], &MAC, &own, &pkcs10),
        request(&NUMBERS, &Mac::new([9; 6]), &own, &pkcs10),
        request(&NUMBERS, &MAC, &other, &pkcs10),
        // Another request for the same key, with a signature for the first one.
        match request(&NUMBERS, &MAC, &own, &pkcs10) {
            DeviceMessage::Csr { pop, .. } => DeviceMessage::Csr {
                pkcs10: pki::csr_with(&own, &[0], &[], &pki::tlv(0x30, &[6, 1, 0x29, 0x31, 2, 5, 0])),
                pop,
            },
            _ => unreachable!(),
        },
        // With r and s of 0.
        DeviceMessage::Csr {
            pkcs10: pkcs10.clone(),
            pop: SignatureBytes::new([0; 64]),
        },
    ];
    for message in wrong {
        let refusal = receive(&mut identified(), message).unwrap_err();
        assert_eq!(refusal, Refusal::Session(SessionFault::PossessionUnproved));
    }
    let malformed = DeviceMessage::Csr {
        pkcs10: pkcs10[1..].to_vec(),
        pop: SignatureBytes::new([1; 64]),
    };
    assert!(matches!(receive(&mut identified(), malformed), Err(Refusal::Csr(_))));
    let long = DeviceMessage::Csr {
        pkcs10: vec![0; 1025],
        pop: SignatureBytes::new([1; 64]),
    };
    assert_eq!(
        receive(&mut identified(), long).unwrap_err(),
        Refusal::CsrTooLong { len: 1025 }
    );
}

#[test]
fn proof_is_valid_for_its_session_and_installation() {
    let mut desk = desk_with_order(1);
    let own = key("device");
    let cases = [
        // Signed with another key, for another session, or with the request's nonce.
        (
            key("other"),
            NUMBERS.session_id,
            NUMBERS.proof,
            None,
            SessionFault::ProofInvalid,
        ),
        (
            own.clone(),
            SessionId::new([9; 16]),
            NUMBERS.proof,
            None,
            SessionFault::ProofInvalid,
        ),
        (
            own.clone(),
            NUMBERS.session_id,
            NUMBERS.possession,
            None,
            SessionFault::ProofInvalid,
        ),
        // Signed correctly, but for other bytes.
        (
            own,
            NUMBERS.session_id,
            NUMBERS.proof,
            Some(Readback::new([9; 32])),
            SessionFault::ReadbackMismatch,
        ),
    ];
    for (signer, session_id, nonce, readback, fault) in cases {
        let (mut session, installation) = installed(&mut desk);
        let readback = readback.unwrap_or_else(|| installation.readback());
        let signature = sign(&signer, &Statement::proof(&session_id, &nonce, &readback));
        let refusal = receive(&mut session, DeviceMessage::Proof { signature, readback }).unwrap_err();
        assert_eq!(refusal, Refusal::Session(fault));
    }
}

#[test]
fn a_session_takes_the_next_message_only_in_its_time() {
    let messages = || {
        [
            ident(KeyMode::Flash),
            request(&NUMBERS, &MAC, &key("device"), &csr(&key("device"))),
            DeviceMessage::Proof {
                signature: SignatureBytes::new([1; 64]),
                readback: Readback::new([1; 32]),
            },
            DeviceMessage::Locked {},
        ]
    };
    let open_at = |wanted| match wanted {
        "csr" => identified(),
        _ => open(&settings()),
    };
    for wanted in ["ident", "csr"] {
        for message in messages() {
            let found = message.name();
            let mut session = open_at(wanted);
            if found == wanted {
                continue;
            }
            let refusal = receive(&mut session, message).unwrap_err();
            assert_eq!(refusal, Refusal::Session(SessionFault::Unexpected { found, wanted }));
            // The session is over, even for the right message.
            assert!(
                messages()
                    .into_iter()
                    .all(|message| receive(&mut session, message).is_err())
            );
        }
    }
    let settings = settings().with_times(Duration::from_secs(1), Duration::from_secs(5));
    let (mut session, _) = Session::new(&settings, NUMBERS, Instant::now());
    let late = Instant::now() + Duration::from_secs(6);
    let refusal = session.receive(ident(KeyMode::Flash), late).unwrap_err();
    assert_eq!(refusal.code(), "session-expired");
    let given_up = DeviceMessage::Error {
        code: "flash-write".parse().unwrap(),
        reason: "the partition is full".parse().unwrap(),
    };
    let refusal = receive(&mut identified(), given_up).unwrap_err();
    assert!(refusal.code() == "device-error" && refusal.to_string().contains("flash-write: the partition is full"));
}

#[test]
fn device_key_mode_must_match_the_station() {
    let settings = settings().with_key_mode(KeyMode::EfuseEcdsa);
    let refusal = receive(&mut open(&settings), ident(KeyMode::Flash)).unwrap_err();
    let (found, wanted) = (KeyMode::Flash, KeyMode::EfuseEcdsa);
    assert_eq!(refusal, Refusal::Session(SessionFault::KeyMode { found, wanted }));
    assert!(receive(&mut open(&settings), ident(KeyMode::EfuseEcdsa)).is_ok());
}

#[test]
fn numbers_are_drawn_anew() {
    let (first, second) = (SessionNumbers::draw().unwrap(), SessionNumbers::draw().unwrap());
    assert_ne!(first.session_id, second.session_id);
    assert!(first.possession != second.possession && first.proof != second.proof && first.proof != first.possession);
}

/// A device in memory that computes its answers from the messages it receives.
struct Channel<F> {
    received: Vec<u8>,
    to_send: Vec<u8>,
    answer: F,
}

impl<F: FnMut(StationMessage) -> Option<DeviceMessage>> Write for Channel<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.received.extend_from_slice(bytes);
        if bytes.ends_with(b"\n") {
            let line = std::mem::take(&mut self.received);
            let message = StationMessage::from_line(&line).unwrap();
            if let Some(answer) = (self.answer)(message) {
                self.to_send.extend_from_slice(answer.to_line().unwrap().as_bytes());
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<F> Read for Channel<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = (&self.to_send[..]).read(buffer)?;
        self.to_send.drain(..count);
        Ok(count)
    }
}

#[test]
fn device_is_told_to_come_back_when_the_desk_is_unavailable() {
    let queue = DeskQueue::spawn(desk_with_order(1), 8).unwrap();
    let station = Station::new(queue.handle(), settings());
    queue.stop();
    let mut told = None;
    let mut hello = None;
    let mut channel = Channel {
        received: Vec::new(),
        to_send: Vec::new(),
        answer: |message| match message {
            StationMessage::Hello { session_id, nonce, .. } => {
                hello = Some((session_id, nonce));
                Some(ident(KeyMode::Flash))
            }
            StationMessage::GenKey { .. } => {
                let (session_id, possession) = hello.unwrap();
                let numbers = SessionNumbers {
                    session_id,
                    possession,
                    ..NUMBERS
                };
                Some(request(&numbers, &MAC, &key("device"), &csr(&key("device"))))
            }
            StationMessage::Refused { code, .. } => {
                told = Some(code.to_string());
                None
            }
            _ => None,
        },
    };
    let peer = DeviceId::new("peer").unwrap();
    assert!(station.run(&mut channel, &peer).unwrap_err().is_retryable());
    assert_eq!(told.as_deref(), Some("unavailable"));
}

#[test]
fn early_ends_are_logged_with_the_known_name() {
    let queue = DeskQueue::spawn(desk_with_order(1), 8).unwrap();
    let handle = queue.handle();
    let station = Station::new(handle.clone(), settings());
    let peer = DeviceId::new("127.0.0.1:4711").unwrap();
    let mut silent = Channel {
        received: Vec::new(),
        to_send: Vec::new(),
        answer: |_| None,
    };
    let report = station.run(&mut silent, &peer).unwrap();
    assert_eq!(report.refusal, Some(Refusal::Session(SessionFault::Disconnected)));
    let mut named = Channel {
        received: Vec::new(),
        to_send: Vec::new(),
        answer: |message| matches!(message, StationMessage::Hello { .. }).then(|| ident(KeyMode::Flash)),
    };
    let report = station.run(&mut named, &peer).unwrap();
    assert_eq!((report.device, report.state), (Some(MAC), None::<State>));
    let (rows, _) = handle.registrar(|registrar| registrar.log()).unwrap();
    let entries: Vec<_> = rows
        .iter()
        .filter(|row| row.entry.contains("\"disconnected\""))
        .collect();
    assert_eq!(entries.len(), 2);
    assert!(entries[0].entry.contains("127.0.0.1:4711") && entries[1].entry.contains("60:55:f9:00:00:01"));
}

proptest! {
    /// For any bytes from a device, the station ends the session with a refusal or an error.
    #[test]
    fn any_bytes_end_a_session(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let mut session = open(&settings());
        let mut reader = LineReader::new();
        let deadline = Instant::now() + Duration::from_secs(5);
        let mut source = &bytes[..];
        while let Ok(line) = reader.read_line(&mut source, deadline) {
            if let Ok(message) = DeviceMessage::from_line(&line) {
                let _ = receive(&mut session, message);
            }
        }
    }

    /// Any modified byte of the request is detected.
    #[test]
    fn a_changed_request_is_refused(at in any::<prop::sample::Index>(), change in 1_u8..) {
        let own = key("device");
        let DeviceMessage::Csr { mut pkcs10, pop } = request(&NUMBERS, &MAC, &own, &csr(&own)) else {
            unreachable!();
        };
        let at = at.index(pkcs10.len());
        pkcs10[at] ^= change;
        let changed = receive(&mut identified(), DeviceMessage::Csr { pkcs10, pop });
        prop_assert!(changed.is_err());
    }
}
