//! Runs, orders and devices through the public interface, on each engine.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "support/engines.rs"]
mod engines;
#[path = "support/samples.rs"]
mod samples;

use std::fs;

use engines::on_each;
use matter_ledger::{DeviceTrait, Error, GivenTraits, Ledger, NewDevice, RunState, Unique};
use matter_types::{Discriminator, Passcode, ProductId, VendorId};
use samples::{all, device, order, parameter, run};

#[test]
fn unique_values_are_never_taken_again() {
    on_each(|engine| {
        type Change = fn(&mut NewDevice, &NewDevice);
        let cases: [(&str, DeviceTrait, Change); 5] = [
            ("passcode", DeviceTrait::Passcode, |to, from| {
                to.passcode.clone_from(&from.passcode);
            }),
            ("pair", DeviceTrait::Pair, |to, from| {
                to.passcode.clone_from(&from.passcode);
                to.discriminator = from.discriminator;
            }),
            ("serial", DeviceTrait::Serial, |to, from| {
                to.serial.clone_from(&from.serial)
            }),
            ("key", DeviceTrait::Key, |to, from| to.key_sha256 = from.key_sha256),
            ("", DeviceTrait::Name, |to, from| to.uuid.clone_from(&from.uuid)),
        ];
        for (name, expected, change) in cases {
            let mut ledger = engine.fresh();
            let run = ledger.begin(&run("a", None)).unwrap().run;
            let unique = if name.is_empty() {
                Unique::default()
            } else {
                name.parse().unwrap()
            };
            ledger.commit(run, unique, &[device(0)], &[]).unwrap();
            let mut second = device(1);
            change(&mut second, &device(0));
            let error = ledger.commit(run, unique, &[second.clone()], &[]).unwrap_err();
            assert!(
                matches!(error, Error::Taken { what, row: 1 } if what == expected),
                "{name}: {error}"
            );
            assert_eq!(ledger.devices().unwrap(), 1, "{name}");
            if !name.is_empty() {
                // Without the requirement, duplicates are accepted.
                ledger.commit(run, Unique::default(), &[second], &[]).unwrap();
            }
        }
        let mut ledger = engine.fresh();
        let run = ledger.begin(&run("a", None)).unwrap().run;
        ledger.commit(run, Unique::default(), &[device(0)], &[]).unwrap();
        let given = NewDevice {
            is_key_given: true,
            key_sha256: device(0).key_sha256,
            ..device(1)
        };
        let error = ledger.commit(run, Unique::default(), &[given], &[]).unwrap_err();
        assert!(matches!(
            error,
            Error::Taken {
                what: DeviceTrait::Key,
                ..
            }
        ));
    });
}

#[test]
fn values_are_looked_up_before_a_device_is_made() {
    on_each(|engine| {
        let mut ledger = engine.fresh();
        let run = ledger.begin(&run("a", None)).unwrap().run;
        let first = device(0);
        ledger.commit(run, all(), std::slice::from_ref(&first), &[]).unwrap();
        let given = GivenTraits {
            serial: first.serial.as_deref(),
            ..GivenTraits::default()
        };
        let holder = ledger.holder(all(), &given, None).unwrap();
        assert_eq!(holder, Some((DeviceTrait::Serial, "device 1".into())));
        assert_eq!(ledger.holder(all(), &given, Some(run)).unwrap(), None);
        assert_eq!(ledger.holder(Unique::default(), &given, None).unwrap(), None);
        let taken = first.passcode.unwrap();
        let mut reserve = |passcode: &Passcode, number| {
            ledger
                .reserve(all(), passcode, Discriminator::new(number).unwrap())
                .unwrap()
        };
        assert_eq!(reserve(&taken, 9), Some(DeviceTrait::Passcode));
        let free = Passcode::new(30_303_030).unwrap();
        assert_eq!(reserve(&free, 9), None);
        // It is reserved, although no device has it yet.
        assert_eq!(reserve(&free, 10), Some(DeviceTrait::Passcode));
    });
}

#[test]
fn an_order_gets_no_more_devices_than_it_is_for() {
    on_each(|engine| {
        let mut ledger = engine.fresh();
        let first = ledger.begin(&run("a", Some(order("4711", 3)))).unwrap().run;
        ledger.commit(first, all(), &[device(0), device(1)], &[]).unwrap();
        let full = Error::OrderFull {
            id: "4711".into(),
            size: 3,
            made: 2,
            count: 2,
        };
        let error = ledger.begin(&run("b", Some(order("4711", 3)))).unwrap_err();
        assert_eq!(error.to_string(), full.to_string());
        assert_eq!(
            ledger.check_order(&order("4711", 3), 2).unwrap_err().to_string(),
            full.to_string()
        );
        assert!(ledger.check_order(&order("4711", 3), 1).is_ok());
        assert!(matches!(
            ledger.check_order(&order("4711", 4), 1),
            Err(Error::OrderSize { known: 3, size: 4, .. })
        ));
        // A retired device makes room.
        ledger.scrap("device 1", "broken").unwrap();
        assert!(ledger.check_order(&order("4711", 3), 2).is_ok());
    });
}

#[test]
fn a_run_that_was_interrupted_is_found_as_far_as_it_was() {
    on_each(|engine| {
        let place = engine.place();
        let mut ledger = engine.open();
        let begun = ledger.begin(&run("a", None)).unwrap();
        ledger.commit(begun.run, all(), &[device(0)], &[10, 20]).unwrap();
        drop(ledger);

        let mut ledger = Ledger::open_existing(&place).unwrap();
        let found = ledger.find("a").unwrap().unwrap();
        assert_eq!(
            (found.state, found.done, &found.tables[..]),
            (RunState::Open, 1, &[10, 20][..])
        );
        assert!(found.run == begun.run && ledger.find("b").unwrap().is_none());
        let mut differences = |value: &[u8]| {
            let parameters = [parameter("size", value), parameter("more", b"")];
            ledger.differences(found.run, &parameters).unwrap()
        };
        assert_eq!(differences(b"24"), ["more"]);
        assert_eq!(differences(b"25"), ["size", "more"]);
        assert_eq!(ledger.devices_of(found.run).unwrap(), ["device 1"]);
        assert_eq!(ledger.discriminators(found.run, 0).unwrap(), [device(0).discriminator]);
        assert!(ledger.discriminators(found.run, 1).unwrap().is_empty());
        assert!(ledger.has_device("device 1").unwrap() && !ledger.has_device("device 2").unwrap());

        ledger.commit(found.run, all(), &[device(1)], &[]).unwrap();
        ledger.end(found.run, RunState::Complete).unwrap();
        let second = ledger.begin(&run("b", None)).unwrap().run;
        ledger.end(second, RunState::Abandoned).unwrap();
        let (vendor, product) = (VendorId::new(0xFFF1).unwrap(), ProductId::new(0x8000).unwrap());
        let runs = ledger.runs_of(vendor, product).unwrap();
        assert_eq!(runs.len(), 1);
        assert_eq!((runs[0].0.state, runs[0].0.done), (RunState::Complete, 2));
        assert_eq!(runs[0].1, std::path::Path::new("out"));
    });
}

#[test]
fn a_ledger_is_listed_without_its_key() {
    on_each(|engine| {
        let place = engine.place();
        let mut ledger = engine.open();
        let run = ledger.begin(&run("a", None)).unwrap().run;
        ledger.commit(run, all(), &[device(0), device(1)], &[]).unwrap();
        ledger.replace("device 2", "scratched").unwrap();
        let again = ledger.scrap("device 2", "again").unwrap_err();
        assert!(matches!(again, Error::DeviceRetired { state, .. } if state == "replaced"));
        let unknown = ledger.scrap("device 3", "broken");
        assert!(matches!(unknown, Err(Error::DeviceUnknown { .. })));
        assert!(matches!(ledger.scrap("device 1", " "), Err(Error::ReasonEmpty)));
        drop(ledger);

        fs::remove_file(engine.key()).unwrap();
        assert!(matches!(Ledger::open(&place), Err(Error::Unusable { .. })));
        let listing = Ledger::list(&place).unwrap();
        assert_eq!(listing.retired, ["device 2"]);
        let listed = &listing.devices[0];
        assert_eq!(
            (listed.uuid.as_str(), listed.run.as_str(), listed.test),
            ("device 1", "a", true)
        );
        assert_eq!(
            (listed.vendor_id, listed.product_id, listed.discriminator),
            (0xFFF1, 0x8000, 1)
        );
        assert_eq!(listed.serial, device(0).serial);
        assert_eq!(listed.key_sha256.as_deref(), Some(&device(0).key_sha256.unwrap()[..]));
        assert_eq!(
            (listed.images[0].name.as_str(), listed.images[0].size),
            ("image.bin", 4096)
        );
        assert_eq!(listed.passcode_mac.as_ref().map(Vec::len), Some(32));
    });
}
