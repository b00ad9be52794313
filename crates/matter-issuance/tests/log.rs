//! A modified log does not verify, and the first wrong entry is named.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, unreachable_pub, reason = "tests")]

#[path = "../../matter-ledger/tests/support/changed.rs"]
mod changed;
#[path = "support/pki.rs"]
mod pki;

use std::path::Path;

use matter_attestation::PublicKey;
use matter_issuance::{Accounts, Desk, Discrepancy, Error, Log, LogFault, LogSigner, Policy, Registrar, State};
use matter_ledger::{Ledger, LogHead, LogRow};
use pki::{ORDER, Pki, desk_with_order, key, log_signer, open_order, registrar, request, request_for};
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use tempfile::tempdir;

fn trusted() -> [PublicKey; 1] {
    [log_signer().public_key()]
}

/// A log of eight entries.
fn log() -> (Vec<LogRow>, LogHead) {
    let mut desk = desk_with_order(5);
    for name in ["a", "b", "c"] {
        desk.issue(&[request(name)]).unwrap();
    }
    let (rows, head) = desk.registrar().log().unwrap();
    assert_eq!(rows.len(), 8);
    (rows, head)
}

fn verify(rows: &[LogRow], head: &LogHead) -> Result<u64, LogFault> {
    Log::verify(rows, head, &trusted()).map(|summary| summary.entries)
}

/// The hash as the module documentation defines it, implemented again.
fn hash(row: &LogRow) -> [u8; 32] {
    let mut bytes = b"matter-issuance-log-entry-v1".to_vec();
    bytes.extend(row.previous);
    bytes.extend(row.seq.to_be_bytes());
    for text in [&row.time, &row.entry] {
        bytes.extend(u64::try_from(text.len()).unwrap().to_be_bytes());
        bytes.extend(text.as_bytes());
    }
    Sha256::digest(&bytes).into()
}

#[test]
fn hashes_and_signature_match_the_documentation() {
    let (rows, head) = log();
    let mut previous = [0; 32];
    for row in &rows {
        assert_eq!((row.previous, row.hash), (previous, hash(row)));
        previous = row.hash;
    }
    let mut message = b"matter-issuance-log-head-v1".to_vec();
    message.extend(8u64.to_be_bytes());
    message.extend(rows[7].hash);
    trusted()[0].verify_raw(&message, &head.signature).unwrap();
    assert_eq!(verify(&rows, &head), Ok(8));
}

#[test]
fn each_changed_field_is_found() {
    let (rows, head) = log();
    type Change = fn(&mut LogRow);
    type Fault = fn(u64) -> LogFault;
    let changes: [(Change, Fault); 5] = [
        (
            |row| row.seq += 100,
            |seq| LogFault::Sequence {
                expected: seq,
                found: seq + 100,
            },
        ),
        (
            |row| row.time.replace_range(0..4, "2020"),
            |seq| LogFault::Changed { seq },
        ),
        (
            |row| row.entry = row.entry.replace("\"event\"", "\"evenT\""),
            |seq| LogFault::Changed { seq },
        ),
        (|row| row.previous[31] ^= 1, |seq| LogFault::Changed { seq }),
        (|row| row.hash[0] ^= 1, |seq| LogFault::Changed { seq }),
    ];
    for (change, fault) in changes {
        for index in 0..rows.len() {
            let mut rows = rows.clone();
            change(&mut rows[index]);
            let seq = u64::try_from(index).unwrap() + 1;
            assert_eq!(verify(&rows, &head), Err(fault(seq)));
        }
    }
    type ChangeHead = fn(&mut LogHead);
    type IsFault = fn(&LogFault) -> bool;
    let changes: [(ChangeHead, IsFault); 5] = [
        (
            |head| head.seq -= 1,
            |fault| matches!(fault, LogFault::HeadSequence { last: 8, head: 7 }),
        ),
        (
            |head| head.hash[0] ^= 1,
            |fault| matches!(fault, LogFault::HeadHash { seq: 8 }),
        ),
        (
            |head| head.key[0] ^= 1,
            |fault| matches!(fault, LogFault::HeadKey { key: Some(_) }),
        ),
        (
            |head| head.key.clear(),
            |fault| matches!(fault, LogFault::HeadKey { key: None }),
        ),
        (
            |head| head.signature[0] ^= 1,
            |fault| matches!(fault, LogFault::HeadSignature { seq: 8 }),
        ),
    ];
    for (change, is_fault) in changes {
        let mut head = head.clone();
        change(&mut head);
        let fault = verify(&rows, &head).unwrap_err();
        assert!(is_fault(&fault), "{fault}");
    }
}

/// An attacker who can compute the hashes but has no trusted key.
fn chain_again(rows: &mut [LogRow], from: usize) {
    for index in from..rows.len() {
        rows[index].previous = if index > 0 { rows[index - 1].hash } else { [0; 32] };
        rows[index].seq = u64::try_from(index).unwrap() + 1;
        rows[index].hash = hash(&rows[index]);
    }
}

#[test]
fn removed_inserted_and_exchanged_entries_are_found() {
    let (rows, head) = log();
    for index in 0..rows.len() {
        let seq = u64::try_from(index).unwrap() + 1;
        let mut less = rows.clone();
        less.remove(index);
        let expected = if seq == 8 {
            LogFault::HeadSequence { last: 7, head: 8 }
        } else {
            LogFault::Sequence {
                expected: seq,
                found: seq + 1,
            }
        };
        assert_eq!(verify(&less, &head), Err(expected));
        let mut twice = rows.clone();
        twice.insert(index, rows[index].clone());
        let found = LogFault::Sequence {
            expected: seq + 1,
            found: seq,
        };
        assert_eq!(verify(&twice, &head), Err(found));
        if index > 0 {
            let mut exchanged = rows.clone();
            exchanged.swap(index - 1, index);
            let found = LogFault::Sequence {
                expected: seq - 1,
                found: seq,
            };
            assert_eq!(verify(&exchanged, &head), Err(found));
            // With correct numbers and a recomputed hash, but the following hashes unchanged.
            exchanged[index - 1].seq = seq - 1;
            exchanged[index].seq = seq;
            assert_eq!(verify(&exchanged, &head), Err(LogFault::Changed { seq: seq - 1 }));
        }
        // With all hashes recomputed, only the signature reveals it.
        let mut forged = rows.clone();
        forged[index].entry = forged[index].entry.replace("\"event\"", "\"evenT\"");
        chain_again(&mut forged, index);
        assert_eq!(verify(&forged, &head), Err(LogFault::HeadHash { seq: 8 }));
        let mut less = rows.clone();
        less.remove(index);
        chain_again(&mut less, index);
        let last = less.last().unwrap();
        let forged = LogHead {
            seq: last.seq,
            hash: last.hash,
            ..head.clone()
        };
        assert_eq!(verify(&less, &forged), Err(LogFault::HeadSignature { seq: 7 }));
        // With only this hash recomputed, the next entry does not follow it.
        if index < 7 {
            let mut one = rows.clone();
            one[index].time = "2020-01-01T00:00:00Z".into();
            one[index].hash = hash(&one[index]);
            assert_eq!(verify(&one, &head), Err(LogFault::Unlinked { seq: seq + 1 }));
        }
    }
}

#[test]
fn rolled_back_log_is_found_by_an_entry_seen_before() {
    let mut desk = desk_with_order(5);
    desk.issue(&[request("a")]).unwrap();
    let (old, old_head) = desk.registrar().log().unwrap();
    desk.issue(&[request("b")]).unwrap();
    let (rows, head) = desk.registrar().log().unwrap();
    let check = |rows: &[LogRow], head: &LogHead, seq: u64, hash: [u8; 32]| {
        let mut log = Log::new(&trusted()).with_at_least(seq, hash);
        rows.iter().try_for_each(|row| log.add(row))?;
        log.finish(head).map(|summary| summary.entries)
    };
    // Its head is signed, so only the entry seen before reveals it.
    assert_eq!(verify(&old, &old_head), Ok(4));
    assert_eq!(check(&rows, &head, 6, rows[5].hash), Ok(6));
    assert_eq!(check(&rows, &head, 4, rows[3].hash), Ok(6));
    assert_eq!(
        check(&old, &old_head, 6, rows[5].hash),
        Err(LogFault::RolledBack { seen: 6, found: 4 })
    );
    assert_eq!(check(&rows, &head, 4, [9; 32]), Err(LogFault::Replaced { seq: 4 }));
}

#[test]
fn emptied_log_is_not_an_empty_log() {
    let empty = LogHead {
        seq: 0,
        hash: [0; 32],
        key: Vec::new(),
        signature: Vec::new(),
    };
    assert_eq!(verify(&[], &empty), Ok(0));
    let (rows, head) = log();
    assert_eq!(verify(&[], &head), Err(LogFault::HeadSequence { last: 0, head: 8 }));
    assert_eq!(verify(&rows, &empty), Err(LogFault::HeadSequence { last: 8, head: 0 }));
    let log = Log::new(&trusted()).with_at_least(8, rows[7].hash);
    assert_eq!(log.finish(&empty), Err(LogFault::RolledBack { seen: 8, found: 0 }));
}

#[test]
fn untrusted_signers_are_refused() {
    let mut registrar = Registrar::new(Ledger::in_memory().unwrap(), LogSigner::new(key("mallory")), "test 1.0");
    open_order(&mut registrar, ORDER, 1);
    let (rows, head) = registrar.log().unwrap();
    let fault = verify(&rows, &head).unwrap_err();
    assert!(matches!(fault, LogFault::HeadKey { key: Some(_) }), "{fault}");
    assert!(Log::verify(&rows, &head, &[key("mallory").public_key()]).is_ok());
}

/// Simulates an attacker who modifies a ledger's file and recomputes its checksums.
fn simulate_attack(path: &Path, sql: &str) {
    let connection = changed::open(path);
    for statement in sql.split("; ") {
        changed::change(&connection, statement);
    }
}

/// Opens a desk, then modifies the ledger's file, then requests a certificate.
fn after(change: &str) -> Error {
    let folder = tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    open_order(&mut registrar(&path), ORDER, 5);
    let mut desk = Pki::new().desk(Ledger::open(&path).unwrap());
    desk.issue(&[request("a")]).unwrap().remove(0).unwrap();
    simulate_attack(&path, change);
    let error = desk.issue(&[request("b")]).unwrap_err();
    // Reopening the ledger fails, too.
    let pki = Pki::new();
    let (pai, signer) = (pki.pai.clone(), pki.pai_key.clone());
    let anew = Ledger::open(&path).map_err(Error::from).and_then(|ledger| {
        Desk::new(ledger, pai, signer, &pki.declaration, log_signer(), pki.policy())?.issue(&[request("b")])
    });
    let is_rolled_back = matches!(error, Error::Log(LogFault::RolledBack { .. }));
    assert!(anew.is_err() || is_rolled_back, "{change}");
    error
}

#[test]
fn a_desk_does_not_go_on_with_a_head_that_was_changed() {
    let error = after("UPDATE log_head SET hash = zeroblob(32)");
    assert!(matches!(error, Error::Log(LogFault::Replaced { seq: 4 })), "{error:?}");
    let error = after("UPDATE log_head SET seq = 5");
    assert!(
        matches!(error, Error::Log(LogFault::HeadSignature { seq: 5 })),
        "{error:?}"
    );
    let error = after("UPDATE log_head SET signature = zeroblob(64)");
    assert!(matches!(error, Error::Log(LogFault::HeadSignature { .. })), "{error:?}");
    let error = after("UPDATE log_head SET key = zeroblob(32)");
    assert!(matches!(error, Error::Log(LogFault::HeadKey { .. })), "{error:?}");
    let error = after("DELETE FROM log; DELETE FROM log_head");
    assert!(
        matches!(error, Error::Log(LogFault::RolledBack { seen: 4, found: 0 })),
        "{error:?}"
    );
}

#[test]
fn two_stations_with_keys_of_their_own_trust_each_other_or_stop() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    open_order(&mut registrar(&path), ORDER, 5);
    let pki = Pki::new();
    let desk = |name: &str, other: &str| {
        let policy: Policy = pki.policy().with_trusted_log_key(key(other).public_key());
        let policy = policy.with_trusted_log_key(log_signer().public_key());
        let (pai, signer) = (pki.pai.clone(), pki.pai_key.clone());
        Desk::new(
            Ledger::open(&path).unwrap(),
            pai,
            signer,
            &pki.declaration,
            LogSigner::new(key(name)),
            policy,
        )
        .unwrap()
    };
    let (mut first, mut second) = (desk("one", "two"), desk("two", "one"));
    first.issue(&[request("a")]).unwrap().remove(0).unwrap();
    second.issue(&[request("b")]).unwrap().remove(0).unwrap();
    first.issue(&[request("c")]).unwrap().remove(0).unwrap();
    let (rows, head) = first.registrar().log().unwrap();
    Log::verify(&rows, &head, &[key("one").public_key()]).unwrap();
    // The key that opened the order does not trust them.
    let error = registrar(&path).close_order(ORDER, "bob").unwrap_err();
    assert!(matches!(error, Error::Log(LogFault::HeadKey { .. })), "{error:?}");
}

/// The discrepancy between a modified ledger and its unmodified log.
fn compared(sql: &str) -> Result<(), Discrepancy> {
    let folder = tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    let mut first = registrar(&path);
    open_order(&mut first, ORDER, 5);
    first.record(&[Pki::new().paa], "ann").unwrap().unwrap();
    let mut desk = Pki::new().desk(Ledger::open(&path).unwrap());
    let issued = desk.issue(&["a", "b", "c"].map(request)).unwrap();
    let again = request_for(ORDER, "c", "new").with_new_key("repaired").unwrap();
    desk.issue(&[again]).unwrap().remove(0).unwrap();
    desk.installed(&[issued[0].as_ref().unwrap().key])
        .unwrap()
        .remove(0)
        .unwrap();
    first.close_order(ORDER, "bob").unwrap().unwrap();
    drop((first, desk));
    if !sql.is_empty() {
        simulate_attack(&path, sql);
    }
    let mut ledger = Ledger::open(&path).unwrap();
    let mut accounts = Accounts::new();
    let mut seen = 0;
    ledger
        .read_log(|row| {
            // The rest is added during the comparison.
            seen += 1;
            if seen < 5 {
                accounts.add(&row);
            }
            Ok::<_, Error>(())
        })
        .unwrap();
    accounts.compare(&mut ledger).unwrap()
}

#[test]
fn ledger_without_a_logged_entry_is_found() {
    assert_eq!(compared(""), Ok(()));
    type Found = fn(&Discrepancy) -> bool;
    let cases: [(&str, Found); 7] = [
        ("DELETE FROM issuance WHERE device = 'a'", |found| {
            matches!(
                found,
                Discrepancy::Key {
                    log: Some(State::Installed),
                    ledger: None,
                    ..
                }
            )
        }),
        ("UPDATE issuance SET state = 'PROVED' WHERE device = 'b'", |found| {
            matches!(
                found,
                Discrepancy::Key {
                    log: Some(State::Signed),
                    ledger: Some(State::Proved),
                    ..
                }
            )
        }),
        (
            "UPDATE issuance SET state = 'SIGNED' WHERE state = 'RETIRED'",
            |found| {
                matches!(
                    found,
                    Discrepancy::Key {
                        log: Some(State::Retired),
                        ..
                    }
                )
            },
        ),
        (
            "UPDATE issuance SET key_sha256 = zeroblob(32) WHERE device = 'b'",
            |found| {
                matches!(
                    found,
                    Discrepancy::Key {
                        log: None,
                        ledger: Some(State::Signed),
                        ..
                    }
                )
            },
        ),
        ("UPDATE issuance SET device = 'x' WHERE device = 'b'", |found| {
            matches!(found, Discrepancy::Owner { .. })
        }),
        (
            "UPDATE issuance SET dac = (SELECT dac FROM issuance WHERE device = 'a') WHERE device = 'b'",
            |found| matches!(found, Discrepancy::Certificate { .. }),
        ),
        ("UPDATE orders SET size = 6", |found| {
            matches!(found, Discrepancy::Order { .. })
        }),
    ];
    for (sql, is_it) in cases {
        let found = compared(sql).unwrap_err();
        assert!(is_it(&found), "{sql}: {found}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_changed_byte_of_an_export_is_found(index in 0usize..8, at: prop::sample::Index, flip in 1u8..=255) {
        let (rows, head) = log();
        let mut changed = rows.clone();
        let mut bytes = changed[index].entry.clone().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        if let Ok(entry) = String::from_utf8(bytes) {
            changed[index].entry = entry;
            let seq = u64::try_from(index).unwrap() + 1;
            prop_assert_eq!(verify(&changed, &head), Err(LogFault::Changed { seq }));
        }
    }
}
