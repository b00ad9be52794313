//! The documented messages are accepted and encoded unchanged; others are refused.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "properties/message.rs"]
mod message;

use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

use matter_attestation::{CertificateRequest, PublicKey};
use matter_issuance::protocol::{
    DeviceMessage, LineReader, MAX_LINE, Mac, Message, Nonce, ProtocolError, Readback, SessionId, ShortText,
    SignatureBytes, Statement, StationMessage, write_line,
};
use proptest::prelude::*;

const PAGE: &str = include_str!("../../../docs/formats/issuing-protocol.md");
/// The key of the examples, see data/README.md.
const KEY: &str = "047ade3080719616ce2532a3ed40e80cfdcb214c27436e1a2af54e15b5a3b2befa4059df6d05958e7dc5c853461681c58cdc4c9adf4cae52c229a994e52972348f";

/// The examples of the format's documentation, each with its heading.
fn examples() -> Vec<(&'static str, &'static str)> {
    let mut heading = "";
    let mut examples = Vec::new();
    let mut lines = PAGE.lines();
    while let Some(line) = lines.next() {
        if let Some(text) = line.strip_prefix("### ") {
            heading = text;
        } else if line == "```json" {
            examples.push((heading, lines.next().unwrap()));
        }
    }
    examples
}

fn example(name: &str) -> &'static str {
    examples()
        .iter()
        .find(|(heading, _)| heading.starts_with(name))
        .unwrap()
        .1
}

fn key() -> PublicKey {
    let mut point = [0; 65];
    base16ct::lower::decode(KEY, &mut point).unwrap();
    PublicKey::new(&point).unwrap()
}

#[test]
fn documented_messages_are_read_and_written_as_they_are() {
    let mut names = Vec::new();
    for (heading, line) in examples() {
        let (name, sender) = heading.split_once(", from the ").unwrap();
        let (written, name_in_type) = match sender {
            "device" => {
                let message = DeviceMessage::from_line(line.as_bytes()).unwrap();
                (message.to_line().unwrap(), message.name())
            }
            "station" => {
                let message = StationMessage::from_line(line.as_bytes()).unwrap();
                (message.to_line().unwrap(), message.name())
            }
            _ => panic!("{heading}"),
        };
        assert_eq!((written.trim_end(), name_in_type), (line, name));
        names.push(name);
    }
    names.dedup();
    assert_eq!(
        names,
        [
            "hello", "ident", "gen_key", "csr", "install", "proof", "lock", "locked", "refused", "error"
        ]
    );
}

#[test]
fn signatures_of_another_program_are_verified() {
    let Ok(StationMessage::Hello { session_id, nonce, .. }) = StationMessage::from_line(example("hello").as_bytes())
    else {
        panic!();
    };
    let Ok(DeviceMessage::Csr { pkcs10, pop }) = DeviceMessage::from_line(example("csr").as_bytes()) else {
        panic!();
    };
    let request = CertificateRequest::from_der(&pkcs10).unwrap();
    assert_eq!(request.public_key(), key());
    let mac: Mac = "60:55:f9:00:00:01".parse().unwrap();
    assert!(
        Statement::possession(&session_id, &nonce, &mac, &pkcs10)
            .verify(&key(), &pop)
            .is_ok()
    );

    let Ok(StationMessage::Install(installation)) = StationMessage::from_line(example("install").as_bytes()) else {
        panic!();
    };
    let Ok(DeviceMessage::Proof { signature, readback }) = DeviceMessage::from_line(example("proof").as_bytes()) else {
        panic!();
    };
    assert_eq!(installation.readback(), readback);
    let statement = Statement::proof(&session_id, &installation.nonce, &readback);
    assert!(statement.verify(&key(), &signature).is_ok());

    // With any other content of the statement, the signature is invalid.
    let (other_id, other_nonce) = (SessionId::new([9; 16]), Nonce::new([9; 32]));
    for other in [
        Statement::possession(&other_id, &nonce, &mac, &pkcs10),
        Statement::possession(&session_id, &other_nonce, &mac, &pkcs10),
        Statement::possession(&session_id, &nonce, &Mac::new([9; 6]), &pkcs10),
        Statement::possession(&session_id, &nonce, &mac, &pkcs10[1..]),
        Statement::proof(&session_id, &nonce, &readback),
    ] {
        assert!(other.verify(&key(), &pop).is_err());
    }
    for other in [
        Statement::proof(&other_id, &installation.nonce, &readback),
        Statement::proof(&session_id, &nonce, &readback),
        Statement::proof(&session_id, &installation.nonce, &Readback::new([9; 32])),
    ] {
        assert!(other.verify(&key(), &signature).is_err());
    }
}

#[test]
fn readback_depends_on_every_part() {
    let line = examples()
        .into_iter()
        .find(|(_, line)| line.contains("\"verifier\":{"))
        .unwrap()
        .1;
    let hash = |line: &str| match StationMessage::from_line(line.as_bytes()).unwrap() {
        StationMessage::Install(installation) => installation.readback(),
        _ => panic!(),
    };
    let whole = hash(line);
    assert_ne!(whole, hash(example("install")));
    for (from, to) in [
        ("\"MAA=\"", "\"MAB=\""),
        ("MAEF", "MAEE"),
        ("\"MII=\"", "\"MIM=\""),
        ("3840", "3841"),
        ("1000", "1001"),
        ("U1BB", "U1BA"),
    ] {
        let changed = line.replace(from, to);
        assert_ne!(changed, line);
        // Base64 with nonzero trailing bits is refused, which is as good.
        if StationMessage::from_line(changed.as_bytes()).is_ok() {
            assert_ne!(hash(&changed), whole, "{from}");
        }
    }
    // A byte moved from one part to the next changes it, too.
    let moved = line
        .replace("\"pai\":\"MAEF\"", "\"pai\":\"MAE=\"")
        .replace("\"MII=\"", "\"BTCC\"");
    if StationMessage::from_line(moved.as_bytes()).is_ok() {
        assert_ne!(hash(&moved), whole);
    }
}

#[test]
fn other_lines_are_no_messages() {
    let ident = example("ident");
    let wrong = [
        String::new(),
        "null".into(),
        "[]".into(),
        "{}".into(),
        "{\"type\":\"lock\"}".into(),
        "{\"type\":\"locked\",\"type\":\"locked\"}".into(),
        "{\"type\":\"locked\"} {}".into(),
        "{\"type\":\"locked\",\"more\":1}".into(),
        "{\"type\":\"Locked\"}".into(),
        "[".repeat(10_000),
        ident.replace("\"fw\":\"1.4.0\",", ""),
        ident.replace("\"fw\":\"1.4.0\"", "\"fw\":\"\""),
        ident.replace("\"fw\":\"1.4.0\"", "\"fw\":\"1\\u0007\""),
        ident.replace("1.4.0", &"1".repeat(201)),
        ident.replace("\"fw\"", "\"firmware\""),
        ident.replace("\"fw\"", "\"chip\":\"x\",\"fw\""),
        ident.replace("60:55:f9", "60:55:F9"),
        ident.replace("60:55:f9:00", "60:55:f9"),
        ident.replace("60:55:f9", "6055:f9"),
        ident.replace("00:01", "00:01:02"),
        ident.replace("efuse-ecdsa", "efuse"),
        ident.replace("true", "1"),
        example("csr").replace("==\"", "\""),
        example("csr").replace("\"7f85", "\"7F85"),
        example("csr").replace("\"7f85", "\"7f"),
        example("proof").replace("fb\"", "fb00\""),
        example("locked").replace('}', ",\"\\u0000\":0}"),
    ];
    for line in &wrong {
        let read = DeviceMessage::from_line(line.as_bytes());
        assert!(matches!(read, Err(ProtocolError::Malformed { .. })), "{line}: {read:?}");
    }
    assert!(DeviceMessage::from_line(b"{\"type\":\"locked\xff\"}").is_err());
    let install = examples()[5].1;
    for (from, to) in [
        ("3840", "4096"),
        ("1000", "999"),
        ("3840", "3840.0"),
        ("U1BB", ""),
        ("\"MAA=\"", "null"),
    ] {
        let line = install.replace(from, to);
        assert!(
            line != install && StationMessage::from_line(line.as_bytes()).is_err(),
            "{from} {to}"
        );
    }
}

#[test]
fn values_are_as_long_as_they_are() {
    assert_eq!("00".repeat(16).parse::<SessionId>(), Ok(SessionId::new([0; 16])));
    for text in ["", "0", "zz", &"00".repeat(15), &"00".repeat(17), &"A0".repeat(16)] {
        assert!(text.parse::<SessionId>().is_err(), "{text}");
    }
    assert_eq!(SignatureBytes::new([0xab; 64]).to_string(), "ab".repeat(64));
    assert_eq!(ShortText::abridged("").as_str(), "?");
    assert_eq!(ShortText::abridged("a\u{1b}[2Jé").as_str(), "a?[2J?");
    assert_eq!(ShortText::abridged(&"x".repeat(300)).as_str().len(), 200);
    assert!(ShortText::new(&"x".repeat(201)).is_err() && ShortText::new("é").is_err());
}

#[test]
fn lines_have_their_bound() {
    let deadline = Instant::now() + Duration::from_secs(60);
    let line = |len: usize| [vec![b'x'; len], b"\nrest\n".to_vec()].concat();
    let longest = line(MAX_LINE - 1);
    let mut reader = LineReader::new();
    let mut source = &longest[..];
    assert_eq!(reader.read_line(&mut source, deadline).unwrap().len(), MAX_LINE - 1);
    assert_eq!(reader.read_line(&mut source, deadline).unwrap(), b"rest");
    assert_eq!(reader.read_line(&mut source, deadline), Err(ProtocolError::Closed));
    let too_long = line(MAX_LINE);
    assert_eq!(
        LineReader::new().read_line(&mut &too_long[..], deadline),
        Err(ProtocolError::LineTooLong)
    );
    // An endless line is refused before it fills the memory.
    assert_eq!(
        LineReader::new().read_line(&mut io::repeat(b'x'), deadline),
        Err(ProtocolError::LineTooLong)
    );
}

/// Returns one byte at a time, and accepts none.
struct Slow;

impl Read for Slow {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        std::thread::sleep(Duration::from_millis(2));
        buffer[0] = b'x';
        Ok(1)
    }
}

impl Write for Slow {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        std::thread::sleep(Duration::from_millis(2));
        Err(io::ErrorKind::WouldBlock.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_byte_now_and_then_does_not_move_the_deadline() {
    let start = Instant::now();
    let deadline = start + Duration::from_millis(50);
    assert_eq!(
        LineReader::new().read_line(&mut Slow, deadline),
        Err(ProtocolError::TimedOut)
    );
    assert_eq!(write_line(&mut Slow, "x\n", deadline), Err(ProtocolError::TimedOut));
    assert!(start.elapsed() < Duration::from_secs(20));
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_harm(bytes in proptest::collection::vec(any::<u8>(), 0..3000)) {
        message::property(&bytes);
    }

    #[test]
    fn changed_messages_are_read_without_harm(which in 0_usize..11, at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut line = examples()[which].1.as_bytes().to_vec();
        let at = at.index(line.len());
        line[at] = byte;
        message::property(&[&[7], &line[..], b"\n"].concat());
    }
}
