use matter_issuance::protocol::Mac;

use crate::{Device, Fault};

/// Devices with consecutive MAC addresses, some of which may have faults.
#[derive(Clone, Debug)]
pub struct Fleet {
    first: Mac,
    seed: [u8; 32],
    mix: u8,
    fault: Fault,
}

impl Fleet {
    /// Creates a fleet from its first MAC address and the seed of all keys. All devices behave.
    #[must_use]
    pub const fn new(first: Mac, seed: [u8; 32]) -> Self {
        Self {
            first,
            seed,
            mix: 0,
            fault: Fault::None,
        }
    }

    /// Gives all devices a fault.
    #[must_use]
    pub const fn with_fault(mut self, fault: Fault) -> Self {
        self.fault = fault;
        self
    }

    /// Gives `percent` of the devices (0 to 100) a fault, cycling through all faults.
    #[must_use]
    pub const fn with_mix(mut self, percent: u8) -> Self {
        self.mix = percent;
        self
    }

    /// Returns the device at `index`, from 0; `None` past the last MAC address.
    #[must_use]
    pub fn device(&self, index: u32) -> Option<Device> {
        let [a, b, c, d, e, f] = *self.first.as_bytes();
        let first = u64::from_be_bytes([0, 0, a, b, c, d, e, f]);
        let mac = first.checked_add(index.into())?.to_be_bytes();
        let [0, 0, a, b, c, d, e, f] = mac else { return None };
        Some(Device::new(
            Mac::new([a, b, c, d, e, f]),
            self.seed,
            self.fault_of(index),
        ))
    }

    fn fault_of(&self, index: u32) -> Fault {
        // Number of devices with a fault before `index`.
        let bad = |index: u64| index.saturating_mul(self.mix.into()) / 100;
        let index = u64::from(index);
        if bad(index.saturating_add(1)) == bad(index) {
            return self.fault;
        }
        let faults: Vec<_> = Fault::all().filter(|fault| *fault != Fault::None).collect();
        let turn = usize::try_from(bad(index))
            .ok()
            .and_then(|turn| turn.checked_rem(faults.len()));
        turn.and_then(|turn| faults.get(turn)).copied().unwrap_or(self.fault)
    }
}
