//! A session over a pseudo-terminal.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[allow(dead_code, reason = "used by other tests")]
#[path = "support/station.rs"]
mod station;

use matter_device_sim::{Fault, Fleet, Moment, Pty, SessionEnd};
use matter_issuance::State;
use matter_issuance::protocol::Mac;
use matter_issuance::session::SerialLine;
use station::Factory;

#[test]
fn sessions_run_over_a_serial_line() {
    let factory = Factory::new(10);
    let fleet = Fleet::new(Mac::new([0x60, 0x55, 0xf9, 0, 2, 1]), [8; 32]).with_fault(Fault::DiesAt(Moment::Csr));
    let mut device = fleet.device(0).unwrap();
    let mut pty = Pty::open().unwrap();
    let path = pty.path().to_owned();
    let peer = matter_issuance::DeviceId::new(&path.display().to_string()).unwrap();
    std::thread::scope(|scope| {
        let ends = scope.spawn(|| [0, 1].map(|_| device.run_session(&mut pty).unwrap()));
        // A serial line does not report that the device is gone; the station notices by its timeout.
        let reports = [0, 1].map(|_| {
            let mut line = SerialLine::open(&path).unwrap();
            factory.station().run(&mut line, &peer).unwrap()
        });
        assert_eq!(ends.join().unwrap(), [SessionEnd::Died, SessionEnd::Locked]);
        assert_eq!(
            reports[0].refusal.as_ref().map(|refusal| refusal.code()),
            Some("timed-out")
        );
        assert_eq!(reports[1].state, Some(State::Proved));
    });
    assert_eq!(factory.known(&device).unwrap().state, State::Proved);
}
