//! Bulk derivation of any devices with any instruction set matches single derivation, in order.

use arbitrary::Arbitrary;
use matter_spake2p::{InstructionSet, Iterations, Lanes, PaseCredential, PbkdfParameters, Salt, Verifier};
use matter_types::Passcode;

#[derive(Arbitrary, Debug)]
pub(crate) struct Input {
    devices: Vec<(u32, [u8; Salt::MAX_LEN], u8)>,
    iterations: u8,
}

pub(crate) fn property(input: Input) {
    let devices = input.devices.iter().take(20).filter_map(|(passcode, salt, len)| {
        let len = Salt::MIN_LEN + usize::from(*len) % (Salt::MAX_LEN - Salt::MIN_LEN + 1);
        Some((
            Passcode::new(passcode % (Passcode::MAX.expose() + 1)).ok()?,
            Salt::new(&salt[..len]).unwrap(),
        ))
    });
    let devices = devices.collect::<Vec<_>>();
    let iterations = Iterations::new(1000 + u32::from(input.iterations % 4)).unwrap();
    let expected = devices.iter().map(|(passcode, salt)| {
        let parameters = PbkdfParameters {
            iterations,
            salt: *salt,
        };
        *Verifier::derive(passcode, &parameters).unwrap().expose_bytes()
    });
    let expected = expected.collect::<Vec<_>>();
    let sets = InstructionSet::ALL.into_iter().filter_map(Lanes::new).map(Some);
    for lanes in sets.chain([None]) {
        let mut credentials = PaseCredential::derive_each(devices.iter().cloned(), iterations);
        if let Some(lanes) = lanes {
            credentials = credentials.with_lanes(lanes);
        }
        let got = credentials.map(|credential| *credential.unwrap().verifier().expose_bytes());
        assert_eq!(got.collect::<Vec<_>>(), expected, "{lanes:?}");
    }
}
