//! Orders whose devices boards can claim.

use matter_ledger::{Ledger, Mac, Unique};

use crate::engines::Engine;
use crate::samples::{device, order, run};

pub fn mac(number: u32) -> Mac {
    let [a, b, c, d] = number.to_be_bytes();
    [0x24, 0x6f, a, b, c, d].into()
}

/// An order with a number of devices, all of them made.
pub fn filled(engine: &Engine, count: u32) -> Ledger {
    let mut ledger = engine.open();
    let mut row = run("filled", Some(order("4711", count)));
    row.count = count;
    let begun = ledger.begin(&row).unwrap().run;
    let devices = (0..count).map(device).collect::<Vec<_>>();
    ledger.commit(begun, Unique::default(), &devices, &[]).unwrap();
    ledger
}
