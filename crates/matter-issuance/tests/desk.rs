//! Requests to a desk, over restarts and with other desks on the same ledger.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "support/pki.rs"]
mod pki;

use matter_attestation::{Certificate, Profile, Verification};
use matter_issuance::{DeviceId, Issued, KeyHash, Log, Proof, Refusal, Request, State};
use matter_ledger::Ledger;
use pki::{ORDER, Pki, desk_with_order, key, log_signer, open_order, registrar, request, request_for};
use tempfile::tempdir;

fn one(mut answers: Vec<Result<Issued, Refusal>>) -> Result<Issued, Refusal> {
    assert_eq!(answers.len(), 1);
    answers.remove(0)
}

fn proof(key: KeyHash) -> Proof {
    Proof {
        key,
        image_sha256: [7; 32],
    }
}

#[test]
fn dac_matches_the_template() {
    let pki = Pki::new();
    let mut desk = desk_with_order(10);
    let issued = one(desk.issue(&[request("lamp-1")]).unwrap()).unwrap();
    let dac = &issued.dac;
    assert_eq!(dac.common_name(), Some("lamp-1"));
    assert_eq!(dac.vendor_id().map(|id| id.get()), Some(pki::VENDOR));
    assert_eq!(dac.product_id().map(|id| id.get()), Some(pki::PRODUCT));
    assert_eq!(dac.public_key(), key("lamp-1").public_key());
    assert_eq!(dac.issuer_der(), pki.pai.subject_der());
    assert_eq!(dac.not_after(), pki.pai.not_after());
    assert!(dac.not_before() > pki.pai.not_before());
    assert_eq!(dac.serial().as_bytes().len(), 16);
    assert!(!dac.is_ca());
    assert_eq!(dac.subject_key_id(), Some(dac.public_key().key_id()));
    assert_eq!(dac.authority_key_id(), pki.pai.subject_key_id());
    let report = Verification::new()
        .with_paa(pki.paa.as_der())
        .with_pai(pki.pai.as_der())
        .with_dac(dac.as_der())
        .with_dac_key(key("lamp-1").public_key())
        .run(Profile::Strict);
    assert!(report.is_accepted(), "{:?}", report.findings());
}

#[test]
fn a_key_gets_the_same_dac_in_every_state_and_after_restarts() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    let pki = Pki::new();
    open_order(&mut registrar(&path), ORDER, 10);
    let mut seen: Vec<Certificate> = Vec::new();
    for step in 0..4 {
        let mut desk = pki.desk(Ledger::open(&path).unwrap());
        let issued = one(desk.issue(&[request("a")]).unwrap()).unwrap();
        let expected = [State::Signed, State::Signed, State::Installed, State::Proved];
        assert_eq!((issued.state, issued.is_new), (expected[step], step == 0));
        seen.push(issued.dac);
        match step {
            1 => desk.installed(&[issued.key]).unwrap()[0].clone().unwrap(),
            2 => desk.proved(&[proof(issued.key)]).unwrap()[0].clone().unwrap(),
            _ => {}
        }
    }
    assert!(seen.iter().all(|dac| *dac == seen[0]));
    // It takes one place, however many requests it made.
    let used = registrar(&path).order(ORDER).unwrap().unwrap();
    assert_eq!((used.used, used.states), (1, vec![("PROVED".into(), 1)]));
}

#[test]
fn two_desks_on_one_ledger_give_one_dac() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    let pki = Pki::new();
    open_order(&mut registrar(&path), ORDER, 2);
    let mut desks = [(); 2].map(|()| pki.desk(Ledger::open(&path).unwrap()));
    let first = one(desks[0].issue(&[request("a")]).unwrap()).unwrap();
    let second = one(desks[1].issue(&[request("a")]).unwrap()).unwrap();
    assert!(first.dac == second.dac && first.is_new && !second.is_new);
    one(desks[1].issue(&[request("b")]).unwrap()).unwrap();
    let full = one(desks[0].issue(&[request("c")]).unwrap());
    assert!(matches!(full, Err(Refusal::OrderFull { size: 2, .. })));
}

#[test]
fn a_batch_is_as_good_as_its_requests_one_by_one() {
    let mut desk = desk_with_order(3);
    let requests: Vec<Request> = ["a", "b", "a", "c", "d", "b"].map(request).to_vec();
    let answers = desk.issue(&requests).unwrap();
    let codes: Vec<&str> = answers
        .iter()
        .map(|answer| answer.as_ref().map_or_else(Refusal::code, |_| "ok"))
        .collect();
    assert_eq!(codes, ["ok", "ok", "ok", "ok", "order-full", "ok"]);
    assert!(answers[0].as_ref().unwrap().dac == answers[2].as_ref().unwrap().dac);
    assert!(answers[1].as_ref().unwrap().dac == answers[5].as_ref().unwrap().dac);
    let new = answers.iter().flatten().map(|issued| issued.is_new);
    assert_eq!(new.collect::<Vec<_>>(), [true, true, false, true, false]);
}

#[test]
fn duplicate_device_and_key_in_a_batch_are_found() {
    let mut desk = desk_with_order(9);
    let requests = [
        request_for(ORDER, "a", "key 1"),
        request_for(ORDER, "b", "key 1"),
        request_for(ORDER, "a", "key 2"),
        request_for(ORDER, "a", "key 3").with_new_key("board changed").unwrap(),
        request_for(ORDER, "a", "key 1"),
    ];
    let answers = desk.issue(&requests).unwrap();
    let codes: Vec<&str> = answers
        .iter()
        .map(|answer| answer.as_ref().map_or_else(Refusal::code, |_| "ok"))
        .collect();
    // The first key was accepted, then replaced before it was signed.
    assert_eq!(codes, ["key-retired", "key-known", "device-known", "ok", "key-retired"]);
    let used = desk.registrar().order(ORDER).unwrap().unwrap();
    assert_eq!(used.used, 1);
}

#[test]
fn a_known_key_that_is_replaced_in_its_batch_is_refused() {
    let mut desk = desk_with_order(9);
    desk.issue(&[request_for(ORDER, "a", "key 1")])
        .unwrap()
        .remove(0)
        .unwrap();
    let requests = [
        request_for(ORDER, "a", "key 1"),
        request_for(ORDER, "a", "key 2").with_new_key("board changed").unwrap(),
    ];
    let mut answers = desk.issue(&requests).unwrap();
    assert_eq!(answers.remove(0).unwrap_err(), Refusal::KeyRetired);
    answers.remove(0).unwrap();
}

#[test]
fn a_new_key_needs_a_reason_retires_the_old_one_and_takes_no_second_place() {
    let mut desk = desk_with_order(1);
    let old = one(desk.issue(&[request_for(ORDER, "a", "old")]).unwrap()).unwrap();
    let refused = one(desk.issue(&[request_for(ORDER, "a", "new")]).unwrap());
    assert!(matches!(refused, Err(Refusal::DeviceKnown { .. })));
    let allowed = request_for(ORDER, "a", "new").with_new_key("board changed").unwrap();
    let new = one(desk.issue(std::slice::from_ref(&allowed)).unwrap()).unwrap();
    assert!(new.dac != old.dac);
    assert_eq!(new.dac.public_key(), key("new").public_key());
    // A reason cannot be used again: the key has its certificate.
    assert!(one(desk.issue(&[allowed]).unwrap()).unwrap().dac == new.dac);
    for refused in [
        one(desk.issue(&[request_for(ORDER, "a", "old")]).unwrap()).map(drop),
        desk.installed(&[old.key]).unwrap().remove(0),
    ] {
        assert_eq!(refused, Err(Refusal::KeyRetired));
    }
    let known = desk
        .registrar()
        .find_device(&DeviceId::new("a").unwrap())
        .unwrap()
        .unwrap();
    assert_eq!(known.key, new.key);
    assert_eq!(desk.registrar().order(ORDER).unwrap().unwrap().used, 1);
    let (rows, head) = desk.registrar().log().unwrap();
    Log::verify(&rows, &head, &[log_signer().public_key()]).unwrap();
    let entry = rows.iter().find(|row| row.entry.contains("new-key")).unwrap();
    assert!(entry.entry.contains("board changed") && entry.entry.contains(&old.key.to_string()));
}

#[test]
fn steps_are_in_their_order_and_may_be_repeated() {
    let mut desk = desk_with_order(1);
    let key = one(desk.issue(&[request("a")]).unwrap()).unwrap().key;
    let wrong = desk.proved(&[proof(key)]).unwrap().remove(0);
    assert!(matches!(
        wrong,
        Err(Refusal::WrongState {
            state: State::Signed,
            ..
        })
    ));
    for _ in 0..2 {
        desk.installed(&[key, key])
            .unwrap()
            .into_iter()
            .for_each(Result::unwrap);
    }
    for _ in 0..2 {
        desk.proved(&[proof(key)]).unwrap().remove(0).unwrap();
    }
    desk.installed(&[key]).unwrap().remove(0).unwrap();
    assert_eq!(desk.registrar().find_key(key).unwrap().unwrap().state, State::Proved);
    let (rows, _) = desk.registrar().log().unwrap();
    let events: Vec<String> = rows
        .iter()
        .map(|row| {
            serde_json::from_str::<serde_json::Value>(&row.entry).unwrap()["event"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(
        events,
        ["log-started", "order-opened", "csr-ok", "signed", "installed", "proved"]
    );
}

#[test]
fn recorded_keys_and_serial_numbers_are_taken() {
    let pki = Pki::new();
    let mut desk = desk_with_order(5);
    let registrar = desk.registrar();
    registrar
        .record(&[pki.pai.clone(), pki.paa.clone()], "ann")
        .unwrap()
        .unwrap();
    let again = registrar.record(std::slice::from_ref(&pki.pai), "ann").unwrap();
    assert_eq!(again, Err(Refusal::KeyKnown));
    // Another PAI with the first one's serial number.
    let other = Pki::named("Other PAI");
    let taken = registrar.record(std::slice::from_ref(&other.pai), "ann").unwrap();
    assert!(matches!(taken, Err(Refusal::SerialKnown { .. })));
    // A device with the key of a PAI.
    let refused = one(desk.issue(&[request_for(ORDER, "a", "Test PAI")]).unwrap());
    assert!(matches!(refused, Err(Refusal::KeyKnown)));
    // A serial number issued by a desk is taken as well.
    let issued = one(desk.issue(&[request("b")]).unwrap()).unwrap();
    let again = desk.registrar().record(&[issued.dac], "ann").unwrap();
    assert_eq!(again, Err(Refusal::KeyKnown));
}
