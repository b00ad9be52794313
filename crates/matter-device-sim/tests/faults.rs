//! Each fault has the expected outcome in the device, the ledger and the log.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "support/station.rs"]
mod station;

use matter_device_sim::{Device, Fault, Fleet, Moment, SessionEnd};
use matter_issuance::State;
use matter_issuance::protocol::Mac;
use station::Factory;

fn device(number: u8, fault: Fault) -> Device {
    Fleet::new(Mac::new([0x60, 0x55, 0xf9, 0, 1, number]), [7; 32])
        .with_fault(fault)
        .device(0)
        .unwrap()
}

/// Expected state, whether the device has locked itself, and the code of the last refusal in the log, if any.
fn expected(fault: Fault) -> (Option<State>, bool, Option<&'static str>) {
    let refused = |code| (None, false, Some(code));
    match fault {
        Fault::None | Fault::OtherVendor | Fault::Slow => (Some(State::Proved), true, None),
        Fault::DiesAt(_) => (Some(State::Proved), true, Some("disconnected")),
        Fault::GoneAt(moment) => {
            let state = match moment {
                Moment::Hello | Moment::Ident | Moment::Key => None,
                Moment::Csr | Moment::Install | Moment::Stored => Some(State::Installed),
                // The station has the proof, even if the device is lost afterwards.
                _ => Some(State::Proved),
            };
            (state, false, Some("disconnected"))
        }
        Fault::SecondKey => (Some(State::Proved), true, Some("device-known")),
        Fault::ClonedKey => (Some(State::Proved), true, None),
        Fault::ForeignCsr | Fault::ReplayedCsr | Fault::WrongPossession => refused("possession-unproved"),
        Fault::Garbage => refused("message-malformed"),
        Fault::GivesUp => refused("device-error"),
        Fault::OutOfOrder => refused("message-unexpected"),
        Fault::Oversized => refused("line-too-long"),
        Fault::Silent | Fault::Trickle => refused("timed-out"),
        Fault::WrongProof => (Some(State::Installed), false, Some("proof-invalid")),
        Fault::WrongReadback => (Some(State::Installed), false, Some("readback-mismatch")),
        _ => unreachable!("{fault}: no expected outcome"),
    }
}

#[test]
fn each_fault_has_its_outcome() {
    let factory = Factory::new(100);
    let devices: Vec<_> = (1..)
        .zip(Fault::all())
        .map(|(number, fault)| device(number, fault))
        .collect();
    let devices = std::thread::scope(|scope| {
        let threads: Vec<_> = devices
            .into_iter()
            .map(|mut device| {
                let factory = &factory;
                scope.spawn(move || {
                    let ends = factory.run(&mut device);
                    (device, ends)
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect::<Vec<_>>()
    });
    let log = factory.log();
    for (device, ends) in &devices {
        let fault = device.fault();
        let (state, is_locked, code) = expected(fault);
        let known = factory.known(device);
        assert_eq!(known.as_ref().map(|known| known.state), state, "{fault}: {ends:?}");
        assert_eq!(device.is_locked(), is_locked, "{fault}: {ends:?}");
        let named = format!("\"{}\"", device.mac());
        // A device that is silent or sends garbage is only known by its address.
        let codes: Vec<_> = ends
            .iter()
            .filter_map(|(_, report)| report.refusal.as_ref())
            .map(matter_issuance::Refusal::code)
            .collect();
        if let Some(code) = code {
            assert!(codes.contains(&code), "{fault}: {codes:?}");
            let is_named = ends.iter().any(|(_, report)| report.device.is_some());
            let in_log =
                |entry: &&String| entry.contains(&format!("\"{code}\"")) && (!is_named || entry.contains(&named));
            // A device that loses power after `hello` has not identified itself in its first session.
            assert!(
                log.iter().any(|entry| in_log(&entry)) || fault == Fault::DiesAt(Moment::Hello),
                "{fault}"
            );
        } else {
            assert_eq!(codes, [""; 0], "{fault}");
        }
        // Exactly one certificate, the same in the ledger and in the device.
        let issued: Vec<_> = ends.iter().filter_map(|(_, report)| report.issued.as_ref()).collect();
        assert!(issued.iter().filter(|issued| issued.is_new).count() <= 1, "{fault}");
        assert!(issued.windows(2).all(|pair| pair[0].dac == pair[1].dac), "{fault}");
        if let (Some(known), Some(dac)) = (&known, device.dac()) {
            assert_eq!(known.dac, Some(dac.clone()), "{fault}");
            assert!(dac.verify_issued_by(&factory.pai).is_ok(), "{fault}");
            // The order's ids, not the request's.
            let ids = (dac.vendor_id().unwrap().get(), dac.product_id().unwrap().get());
            assert_eq!(ids, (0xFFF1, 0x8000), "{fault}");
        }
    }
    println!("{} faults ran, {} entries in the log", devices.len(), log.len());
    let proved = log.iter().filter(|entry| entry.contains("\"proved\"")).count();
    let expected = Fault::all()
        .filter(|fault| expected(*fault).0 == Some(State::Proved))
        .count();
    assert_eq!(proved, expected);
}

#[test]
fn a_key_of_two_devices_gets_one_certificate() {
    let factory = Factory::new(100);
    let mut clones = [1, 2, 3].map(|number| device(number, Fault::ClonedKey));
    let ends: Vec<_> = clones
        .iter_mut()
        .map(|device| factory.run(device).pop().unwrap().0)
        .collect();
    assert_eq!(ends[0], SessionEnd::Locked);
    for end in &ends[1..] {
        assert!(
            matches!(end, SessionEnd::Refused { code, .. } if code.as_str() == "key-known"),
            "{end:?}"
        );
    }
    assert_eq!(clones.iter().filter(|device| device.dac().is_some()).count(), 1);
}

#[test]
fn an_order_has_as_many_certificates_as_devices() {
    let factory = Factory::new(2);
    let mut devices = [1, 2, 3].map(|number| device(number, Fault::None));
    let ends: Vec<_> = devices
        .iter_mut()
        .map(|device| factory.run(device).pop().unwrap().0)
        .collect();
    assert_eq!(ends[..2], [SessionEnd::Locked, SessionEnd::Locked]);
    assert!(
        matches!(&ends[2], SessionEnd::Refused { code, .. } if code.as_str() == "order-full"),
        "{ends:?}"
    );
    // Devices that have a certificate may come again.
    assert_eq!(factory.run(&mut devices[0]).pop().unwrap().0, SessionEnd::Locked);
}

#[test]
fn an_operator_can_allow_a_second_key() {
    let mut factory = Factory::new(1);
    let mut device = device(1, Fault::SecondKey);
    let ends = factory.run(&mut device);
    assert!(
        matches!(&ends[1].0, SessionEnd::Refused { code, .. } if code.as_str() == "device-known"),
        "{ends:?}"
    );
    let first = device.dac().unwrap();
    factory.settings = factory.settings.with_new_key("board replaced");
    let ends = factory.run(&mut device);
    assert_eq!(ends.last().unwrap().0, SessionEnd::Locked);
    let second = device.dac().unwrap();
    assert!(second.public_key() != first.public_key() && second.common_name() == first.common_name());
    assert!(factory.log().iter().any(|entry| entry.contains("board replaced")));
}

#[test]
fn a_memory_in_a_file_outlives_the_device() {
    let factory = Factory::new(10);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("device.json");
    let fresh = |fault| device(9, fault).with_memory_file(&file).unwrap();
    let ends = factory.run(&mut fresh(Fault::GoneAt(Moment::Stored)));
    let serial = ends[0].1.issued.as_ref().unwrap().dac.serial();
    let mut again = fresh(Fault::None);
    assert_eq!(again.dac().unwrap().serial(), serial);
    let ends = factory.run(&mut again);
    assert!(ends.len() == 1 && ends[0].0 == SessionEnd::Locked);
    assert!(!ends[0].1.issued.as_ref().unwrap().is_new);
    assert!(fresh(Fault::None).is_locked());
    std::fs::write(&file, "{}").unwrap();
    assert!(device(9, Fault::None).with_memory_file(&file).is_err());
}

#[test]
fn faults_have_names() {
    let mut names: Vec<_> = Fault::all().map(|fault| fault.to_string()).collect();
    assert!(Fault::all().all(|fault| fault.to_string().parse() == Ok(fault)));
    names.sort();
    names.dedup();
    assert_eq!(names.len(), Fault::all().count());
    assert!("none of them".parse::<Fault>().unwrap_err().contains("dies-at-hello"));
}

#[test]
fn a_mix_has_each_fault_in_turn() {
    let fleet = Fleet::new(Mac::new([0x60, 0x55, 0xf9, 0, 0, 0xff]), [7; 32]).with_mix(20);
    let faults: Vec<_> = (0..500).map(|index| fleet.device(index).unwrap().fault()).collect();
    assert_eq!(faults.iter().filter(|fault| **fault != Fault::None).count(), 100);
    assert!(Fault::all().all(|fault| faults.contains(&fault)));
    assert_eq!(fleet.device(1).unwrap().mac().to_string(), "60:55:f9:00:01:00");
    assert!(Fleet::new(Mac::new([0xff; 6]), [7; 32]).device(1).is_none());
}
