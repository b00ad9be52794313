//! Boards that generate their keys get certificates for them, and misbehaving boards are distinguished from unplugged
//! ones.

#![cfg(all(unix, feature = "issuance"))]
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "tests")]

#[allow(dead_code, reason = "what other tests use")]
#[path = "../../matter-device-sim/tests/support/station.rs"]
mod station;

use std::os::unix::net::UnixStream;
use std::time::Duration;

use matter_device_sim::{Device, Fault, Fleet, Moment};
use matter_issuance::State;
use matter_issuance::protocol::Mac;
use matter_station::{FirmwareFault, IssuedDac, Issuing};
use station::Factory;

const MAC: [u8; 6] = [0x60, 0x55, 0xf9, 0, 3, 0];

fn device(fault: Fault) -> Device {
    let fleet = Fleet::new(Mac::new(MAC), [8; 32]).with_fault(fault);
    fleet.device(0).unwrap()
}

fn session(factory: &Factory, device: &mut Device, mac: [u8; 6]) -> Result<IssuedDac, FirmwareFault> {
    let (mut line, mut end) = UnixStream::pair().unwrap();
    for stream in [&line, &end] {
        stream.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    }
    let issuing = Issuing::new(factory.desk.clone(), factory.settings.clone());
    std::thread::scope(|scope| {
        scope.spawn(move || {
            device.run_session(&mut end).unwrap();
        });
        let done = issuing.issue(&mut line, mac.into());
        drop(line);
        done
    })
}

#[test]
fn board_gets_one_certificate_however_often_it_asks() {
    let factory = Factory::new(10);
    let mut device = device(Fault::None);
    let first = session(&factory, &mut device, MAC).unwrap();
    assert!(first.is_new);
    let known = factory.known(&device).unwrap();
    assert_eq!(known.state, State::Proved);
    assert_eq!(device.dac().unwrap().serial().to_string(), first.dac_serial);
    let again = session(&factory, &mut device, MAC).unwrap();
    assert!(!again.is_new);
    assert_eq!(
        (&again.dac_serial, &again.dac_key_sha256),
        (&first.dac_serial, &first.dac_key_sha256)
    );
}

#[test]
fn board_that_loses_power_is_tried_again_with_the_same_certificate() {
    for moment in [Moment::Ident, Moment::Key, Moment::Csr, Moment::Install, Moment::Proof] {
        let factory = Factory::new(1);
        let mut device = device(Fault::DiesAt(moment));
        let cut = session(&factory, &mut device, MAC);
        // After its proof, the board needs nothing more.
        if moment != Moment::Proof {
            assert!(matches!(cut, Err(FirmwareFault::Later(_))), "{moment:?}: {cut:?}");
        }
        let done = session(&factory, &mut device, MAC).unwrap_or_else(|fault| panic!("{moment:?}: {fault:?}"));
        assert_eq!(device.dac().unwrap().serial().to_string(), done.dac_serial);
    }
}

#[test]
fn board_that_misbehaves_is_refused_for_good() {
    for (fault, wanted) in [
        (Fault::WrongPossession, "possession-unproved"),
        (Fault::Garbage, "message-malformed"),
        (Fault::GivesUp, "device-error"),
    ] {
        let factory = Factory::new(10);
        match session(&factory, &mut device(fault), MAC) {
            Err(FirmwareFault::Refused(text)) => assert!(text.starts_with(wanted), "{text}"),
            other => panic!("{fault:?}: {other:?}"),
        }
    }
}

#[test]
fn board_with_another_address_is_not_taken_for_this_one() {
    let factory = Factory::new(10);
    let done = session(&factory, &mut device(Fault::None), [1; 6]);
    assert!(
        matches!(&done, Err(FirmwareFault::OtherBoard(text)) if text.ends_with("60:55:f9:00:03:00")),
        "{done:?}"
    );
}

#[test]
fn desk_that_is_away_is_no_fault_of_the_board() {
    let factory = Factory::new(10);
    let desk = factory.desk.clone();
    let issuing = Issuing::new(desk, factory.settings.clone());
    drop(factory);
    let (mut line, mut end) = UnixStream::pair().unwrap();
    for stream in [&line, &end] {
        stream.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    }
    std::thread::scope(|scope| {
        scope.spawn(move || device(Fault::None).run_session(&mut end).unwrap());
        let done = issuing.issue(&mut line, MAC.into());
        assert!(matches!(done, Err(FirmwareFault::Later(_))), "{done:?}");
    });
}
