//! Many threads, desks and runs on one ledger and one order.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "support/engines.rs"]
mod engines;
#[path = "support/faulty.rs"]
mod faulty;
#[path = "support/pki.rs"]
mod pki;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::thread;

use engines::{Engine, on_each};
use faulty::{Faulty, Fuse};
use matter_issuance::{Desk, DeskQueue, Error, KeyHash, Log, Proof, Refusal, Registrar, State};
use matter_ledger::{Ledger, NewDevice, NewRun, Order, Unique};
use matter_types::{Discriminator, ProductId, VendorId};
use pki::{ORDER, Pki, key, log_signer, open_order, request, request_for};

fn registrar(engine: &Engine) -> Registrar {
    Registrar::new(engine.open(), log_signer(), "test 1.0")
}

fn verify(engine: &Engine) -> u64 {
    let (rows, head) = registrar(engine).log().unwrap();
    Log::verify(&rows, &head, &[log_signer().public_key()]).unwrap().entries
}

#[test]
fn sixteen_threads_on_an_order_of_n_get_exactly_n() {
    const SIZE: usize = 40;
    on_each(|engine| {
        open_order(&mut registrar(engine), ORDER, SIZE.try_into().unwrap());
        let dacs = Mutex::new(Vec::new());
        let full = Mutex::new(0);
        thread::scope(|scope| {
            for number in 0..16 {
                let (dacs, full) = (&dacs, &full);
                scope.spawn(move || {
                    let mut desk = Pki::new().desk(engine.open());
                    for device in 0..4 {
                        match desk.issue(&[request(&format!("{number}-{device}"))]).unwrap().remove(0) {
                            Ok(issued) => dacs.lock().unwrap().push(issued.dac.serial()),
                            Err(refusal) => {
                                assert_eq!(refusal.code(), "order-full");
                                *full.lock().unwrap() += 1;
                            }
                        }
                    }
                });
            }
        });
        let dacs = dacs.into_inner().unwrap();
        assert_eq!((dacs.len(), *full.lock().unwrap()), (SIZE, 64 - SIZE));
        assert_eq!(dacs.iter().collect::<BTreeSet<_>>().len(), SIZE);
        let used = registrar(engine).order(ORDER).unwrap().unwrap();
        assert_eq!((used.used, used.states), (40, vec![("SIGNED".into(), 40)]));
        // log-started, order-opened; csr-ok and signed; refused.
        assert_eq!(verify(engine), 2 + 2 * 40 + 24);
    });
}

#[test]
fn one_key_asked_for_by_sixteen_threads_at_once_has_one_dac() {
    on_each(|engine| {
        open_order(&mut registrar(engine), ORDER, 1);
        let dacs = Mutex::new(BTreeSet::new());
        thread::scope(|scope| {
            for _ in 0..16 {
                let dacs = &dacs;
                scope.spawn(move || {
                    let mut desk = Pki::new().desk(engine.open());
                    let issued = desk.issue(&[request("a")]).unwrap().remove(0).unwrap();
                    dacs.lock()
                        .unwrap()
                        .insert((issued.dac.as_der().to_vec(), issued.is_new));
                });
            }
        });
        let dacs = dacs.into_inner().unwrap();
        let new: Vec<_> = dacs.iter().filter(|(_, is_new)| *is_new).collect();
        assert_eq!(new.len(), 1);
        assert!(dacs.iter().all(|(dac, _)| *dac == new[0].0));
        verify(engine);
    });
}

fn run(ledger: &mut Ledger, ident: &str, size: u32, count: u32) -> Result<matter_ledger::RunId, matter_ledger::Error> {
    let run = NewRun {
        ident: ident.into(),
        folder: "out".into(),
        vendor_id: VendorId::new(pki::VENDOR).unwrap(),
        product_id: ProductId::new(pki::PRODUCT).unwrap(),
        count,
        order: Some(Order { id: ORDER.into(), size }),
        test: true,
        tool: "test 1.0".into(),
        parameters: Vec::new(),
    };
    ledger.begin(&run).map(|progress| progress.run)
}

fn device(row: u32, uuid: &str, key_name: &str) -> NewDevice {
    NewDevice {
        row,
        uuid: uuid.into(),
        serial: None,
        discriminator: Discriminator::new(1).unwrap(),
        passcode: None,
        dac_serial: None,
        key_sha256: Some(*KeyHash::of(&key(key_name).public_key()).as_bytes()),
        is_key_given: true,
        images: Vec::new(),
    }
}

#[test]
fn devices_of_runs_take_places_and_keys_too() {
    on_each(|engine| {
        open_order(&mut registrar(engine), ORDER, 3);
        let mut ledger = engine.open();
        let made = run(&mut ledger, "run 1", 3, 2).unwrap();
        ledger
            .commit(
                made,
                Unique::default(),
                &[device(0, "u0", "of a run"), device(1, "u1", "x")],
                &[],
            )
            .unwrap();
        let mut desk = Pki::new().desk(engine.open());
        let answers = desk
            .issue(&[request_for(ORDER, "r", "of a run"), request("a"), request("b")])
            .unwrap();
        let codes = answers
            .iter()
            .map(|answer| answer.as_ref().map_or_else(Refusal::code, |_| "ok"));
        assert_eq!(codes.collect::<Vec<_>>(), ["key-known", "ok", "order-full"]);
        let full = run(&mut ledger, "run 2", 3, 1);
        assert!(
            matches!(full, Err(matter_ledger::Error::OrderFull { made: 3, .. })),
            "{full:?}"
        );
        // A scrapped device frees its place.
        ledger.scrap("u0", "broken").unwrap();
        desk.issue(&[request("b")]).unwrap().remove(0).unwrap();
        assert_eq!(desk.registrar().order(ORDER).unwrap().unwrap().used, 3);
    });
}

/// A desk whose token or commit fails on demand.
fn faulty_desk(engine: &Engine, token: &Fuse, commit: &Fuse) -> Desk<Faulty> {
    let pki = Pki::new();
    let signer = Faulty {
        key: pki.pai_key.clone(),
        fuse: token.clone(),
    };
    let log = Faulty {
        key: key("log"),
        fuse: commit.clone(),
    };
    Desk::new(
        engine.open(),
        pki.pai.clone(),
        signer,
        &pki.declaration,
        log.log_signer(),
        pki.policy(),
    )
    .unwrap()
}

#[test]
fn a_process_that_dies_between_its_transactions_has_given_out_nothing() {
    on_each(|engine| {
        open_order(&mut registrar(engine), ORDER, 5);
        let (token, commit) = (Fuse::new(), Fuse::new());
        // The token fails after one of three certificates.
        let mut desk = faulty_desk(engine, &token, &commit);
        token.fail_after(1);
        let error = desk.issue(&["a", "b", "c"].map(request)).unwrap_err();
        assert!(
            matches!(error, Error::Attestation(_)) && error.is_retryable() && !desk.is_signer_well(),
            "{error}"
        );
        let states = |states: &[(&str, u64)]| {
            states
                .iter()
                .map(|(state, count)| ((*state).to_owned(), *count))
                .collect::<Vec<_>>()
        };
        let found = registrar(engine).order(ORDER).unwrap().unwrap();
        assert_eq!(found.states, states(&[("CSR_OK", 3)]));
        // All are signed, and the commit fails: none is stored.
        let mut other = faulty_desk(engine, &Fuse::new(), &commit);
        commit.fail_after(0);
        let error = other.issue(&["a", "b", "c"].map(request)).unwrap_err();
        assert!(matches!(error, Error::LogSigner(_)) && error.is_retryable(), "{error}");
        let found = registrar(engine).order(ORDER).unwrap().unwrap();
        assert_eq!(found.states, states(&[("CSR_OK", 3)]));
        // The first transaction fails: nothing is stored.
        let error = other.issue(&[request("d")]).unwrap_err();
        assert!(matches!(error, Error::LogSigner(_)));
        assert!(registrar(engine).find_device(&"d".parse().unwrap()).unwrap().is_none());
        commit.mend();
        token.mend();
        drop((desk, other));
        // Another process resumes.
        let mut next = Pki::new().desk(engine.open());
        let issued = next.issue(&["a", "b", "c"].map(request)).unwrap();
        assert!(issued.iter().all(|issued| issued.as_ref().unwrap().is_new));
        assert_eq!(registrar(engine).order(ORDER).unwrap().unwrap().used, 3);
        verify(engine);
    });
}

#[test]
fn a_queue_serves_many_threads_in_batches_and_ends_in_order() {
    on_each(|engine| {
        open_order(&mut registrar(engine), ORDER, 100);
        let queue = DeskQueue::spawn(Pki::new().desk(engine.open()), 1000).unwrap();
        thread::scope(|scope| {
            for number in 0..16 {
                let handle = queue.handle();
                scope.spawn(move || {
                    for device in 0..5 {
                        let name = format!("{number}-{device}");
                        let issued = handle.issue(request(&name)).unwrap().unwrap();
                        assert_eq!(issued.dac.common_name(), Some(name.as_str()));
                        handle.installed(issued.key).unwrap().unwrap();
                        let proof = Proof {
                            key: issued.key,
                            image_sha256: [1; 32],
                        };
                        handle.proved(proof).unwrap().unwrap();
                        let known = handle
                            .registrar(move |registrar| registrar.find_key(issued.key))
                            .unwrap();
                        assert_eq!(known.unwrap().state, State::Proved);
                    }
                });
            }
        });
        let handle = queue.handle();
        assert_eq!((handle.waiting(), handle.is_signer_well()), (0, true));
        queue.stop();
        assert!(matches!(handle.issue(request("late")), Err(Error::Stopped)));
        assert_eq!(
            registrar(engine).order(ORDER).unwrap().unwrap().states,
            [("PROVED".to_owned(), 80)]
        );
        verify(engine);
    });
}

#[test]
fn full_queue_refuses_at_once_and_waiting_requests_are_answered() {
    let engine = engines::sqlite();
    open_order(&mut registrar(&engine), ORDER, 100);
    let queue = DeskQueue::spawn(Pki::new().desk(engine.open()), 4).unwrap();
    let handle = queue.handle();
    // The desk's thread is held until all requests are queued.
    let (hold, held) = std::sync::mpsc::channel::<()>();
    let (ready, is_ready) = std::sync::mpsc::channel();
    let work = move |_: &mut Registrar| {
        ready.send(()).unwrap();
        held.recv().unwrap();
        Ok(())
    };
    handle.registrar_then(work, |_| ()).unwrap();
    is_ready.recv().unwrap();
    let (answers, answer) = std::sync::mpsc::channel();
    let mut refused = 0;
    for number in 0..7 {
        let answers = answers.clone();
        let asked = handle.issue_then(request(&format!("d{number}")), move |result| {
            answers.send(result).unwrap()
        });
        match asked {
            Ok(()) => {}
            Err(error) => {
                assert!(matches!(error, Error::QueueFull { limit: 4 }) && error.is_retryable());
                refused += 1;
            }
        }
    }
    assert_eq!(refused, 3);
    hold.send(()).unwrap();
    // Stopping waits for the queued requests.
    queue.stop();
    drop(answers);
    let answers: Vec<_> = answer.iter().collect();
    assert_eq!(answers.len(), 4);
    assert!(answers.into_iter().all(|answer| answer.unwrap().is_ok()));
}

#[test]
fn each_of_a_batch_gets_the_error_of_its_ledger_or_token() {
    let engine = engines::sqlite();
    open_order(&mut registrar(&engine), ORDER, 100);
    let token = Fuse::new();
    let queue = DeskQueue::spawn(faulty_desk(&engine, &token, &Fuse::new()), 100).unwrap();
    token.fail_after(0);
    thread::scope(|scope| {
        for number in 0..8 {
            let handle = queue.handle();
            scope.spawn(move || {
                let error = handle.issue(request(&format!("d{number}"))).unwrap_err();
                assert!(error.is_retryable(), "{error}");
            });
        }
    });
    assert!(!queue.handle().is_signer_well());
    token.mend();
    for number in 0..8 {
        queue.handle().issue(request(&format!("d{number}"))).unwrap().unwrap();
    }
    assert!(queue.handle().is_signer_well());
    assert_eq!(registrar(&engine).order(ORDER).unwrap().unwrap().used, 8);
}
