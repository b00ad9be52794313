//! A station with an in-memory ledger, and devices that connect to it.

use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use matter_attestation::{
    Certificate, CertificationDeclaration, CertificationType, DateTime, Issuer, PaaSubject, PaiSubject, PrivateKey,
    SerialNumber, TEST_CD_SIGNING_KEY_ID, Validity, issue_paa, test_cd_signing_key,
};
use matter_device_sim::{Device, SessionEnd};
use matter_issuance::session::{SessionReport, SessionSettings, Station};
use matter_issuance::{Desk, DeskHandle, DeskQueue, DeviceId, KnownKey, Log, LogSigner, Policy};
use matter_ledger::{Ledger, NewOrder};
use matter_types::{ProductId, VendorId};

pub(crate) struct Factory {
    pub(crate) desk: DeskHandle,
    pub(crate) settings: SessionSettings,
    pub(crate) pai: Certificate,
    log_key: PrivateKey,
    _queue: DeskQueue,
}

impl Factory {
    /// Opens order 4711 with `size` devices.
    pub(crate) fn new(size: u32) -> Self {
        let (vendor_id, product_id) = (VendorId::new(0xFFF1).unwrap(), ProductId::new(0x8000).unwrap());
        let [paa_key, pai_key, log_key] =
            [[1; 32], [2; 32], [3; 32]].map(|scalar| PrivateKey::from_scalar(&scalar).unwrap());
        let validity = Validity::without_expiry(DateTime::new(2026, 1, 1, 0, 0, 0).unwrap());
        let serial = |number| SerialNumber::new(&[number]).unwrap();
        let paa = issue_paa(&paa_key, &PaaSubject::new("Test PAA").unwrap(), validity, serial(1)).unwrap();
        let subject = PaiSubject::new("Test PAI", vendor_id).unwrap();
        let issuer = Issuer::new(&paa, &paa_key).unwrap();
        let pai = issuer
            .issue_pai(&subject, &pai_key.public_key(), validity, serial(2))
            .unwrap();
        let kind = CertificationType::DevelopmentAndTest;
        let declaration =
            CertificationDeclaration::new(vendor_id, &[product_id], 0x0100, "CSA00000SWC00000-00", kind).unwrap();
        let declaration = declaration
            .sign(&test_cd_signing_key(), TEST_CD_SIGNING_KEY_ID)
            .unwrap();
        let policy = Policy::new("test 1").with_paa(paa).with_test_declarations();
        let log = LogSigner::new(log_key.clone());
        let ledger = Ledger::in_memory().unwrap();
        let mut desk = Desk::new(ledger, pai.clone(), pai_key, &declaration, log, policy).unwrap();
        let order = NewOrder {
            id: "4711".into(),
            size,
            vendor_id: vendor_id.get(),
            product_id: product_id.get(),
            operator: "ann".into(),
            needs_approval: false,
        };
        desk.registrar().open_order(&order).unwrap().unwrap();
        let queue = DeskQueue::spawn(desk, 1024).unwrap();
        Self {
            desk: queue.handle(),
            settings: SessionSettings::new("4711", "line 1")
                .with_times(Duration::from_secs(2), Duration::from_secs(20)),
            pai,
            log_key,
            _queue: queue,
        }
    }

    pub(crate) fn station(&self) -> Station {
        Station::new(self.desk.clone(), self.settings.clone())
    }

    /// Runs sessions of a device over TCP until it does not come back.
    pub(crate) fn run(&self, device: &mut Device) -> Vec<(SessionEnd, SessionReport)> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let station = self.station();
        let mut ends = Vec::new();
        loop {
            let (end, report) = std::thread::scope(|scope| {
                let session = scope.spawn(|| {
                    let (mut stream, peer) = listener.accept().unwrap();
                    let peer = DeviceId::new(&peer.to_string()).unwrap();
                    station.run(timed(&mut stream), &peer).unwrap()
                });
                let end = {
                    let mut stream = TcpStream::connect(address).unwrap();
                    device.run_session(timed(&mut stream)).unwrap()
                };
                (end, session.join().unwrap())
            });
            let again = device.comes_back_after(&end);
            ends.push((end, report));
            assert!(ends.len() < 10, "{ends:?}");
            if !again {
                return ends;
            }
        }
    }

    /// Returns the ledger's entry for the device's key.
    pub(crate) fn known(&self, device: &Device) -> Option<KnownKey> {
        let id = DeviceId::from_mac(*device.mac().as_bytes());
        self.desk
            .registrar(move |registrar| registrar.find_device(&id))
            .unwrap()
    }

    /// Returns the log's entries after verifying it.
    pub(crate) fn log(&self) -> Vec<String> {
        let (rows, head) = self.desk.registrar(|registrar| registrar.log()).unwrap();
        Log::verify(&rows, &head, &[self.log_key.public_key()]).unwrap();
        rows.into_iter().map(|row| row.entry).collect()
    }
}

fn timed(stream: &mut TcpStream) -> &mut TcpStream {
    stream.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}
