//! An exchange with modified messages never panics, and succeeds only if nothing was modified.

use std::convert::Infallible;
use std::sync::LazyLock;

use arbitrary::Arbitrary;
use matter_spake2p::{
    Confirmation, Context, Error, Iterations, PbkdfParameters, ProverExchange, ProverKey, Salt, Share, Verifier,
    VerifierExchange,
};
use matter_types::Passcode;
use rand_core::{TryCryptoRng, TryRng};

#[derive(Arbitrary, Debug)]
pub(crate) struct Input {
    seed: u64,
    response: Vec<u8>,
    /// The modification: which message, where and how; or the bytes sent instead.
    changes: Vec<(u8, u8, u8)>,
    instead: Option<(u8, Vec<u8>)>,
}

static KEY: LazyLock<(ProverKey, Verifier)> = LazyLock::new(|| {
    let parameters = PbkdfParameters {
        iterations: Iterations::MIN,
        salt: Salt::new(&[7; 16]).unwrap(),
    };
    let key = ProverKey::derive(&Passcode::new(20_202_021).unwrap(), &parameters).unwrap();
    let verifier = key.verifier();
    (key, verifier)
});

/// A counter: nothing is secret here.
struct Counter(u64);

impl TryRng for Counter {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64()
            .map(|number| u32::try_from(number & 0xFFFF_FFFF).unwrap())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0 = self.0.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(1);
        Ok(self.0 ^ self.0 >> 29)
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Infallible> {
        for chunk in to.chunks_mut(8) {
            chunk.copy_from_slice(&self.try_next_u64()?.to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for Counter {}

/// The bytes of a message as received.
fn deliver(input: &Input, number: u8, sent: &[u8], changed: &mut bool) -> Vec<u8> {
    let mut bytes = sent.to_vec();
    if let Some((_, instead)) = input.instead.as_ref().filter(|(message, _)| message % 8 == number) {
        bytes.clone_from(instead);
    }
    for (message, at, mask) in &input.changes {
        let len = bytes.len().max(1);
        if let Some(byte) = bytes.get_mut(usize::from(*at) % len).filter(|_| message % 8 == number) {
            *byte ^= mask;
        }
    }
    *changed |= bytes != sent;
    bytes
}

fn run(input: &Input, changed: &mut bool) -> Result<(), Error> {
    let (key, verifier) = &*KEY;
    let mut random = Counter(input.seed);
    let contexts = [&input.response, &deliver(input, 0, &input.response, changed)].map(|to| Context::new(b"", to));
    let (prover, share) = ProverExchange::start(key, &contexts[0], &mut random)?;
    let share = Share::from_bytes(&deliver(input, 1, share.as_bytes(), changed))?;
    let (device, share, confirmation) = VerifierExchange::start(verifier, &contexts[1], &share, &mut random)?;
    let share = Share::from_bytes(&deliver(input, 2, share.as_bytes(), changed))?;
    let confirmation = Confirmation::from_bytes(&deliver(input, 3, confirmation.as_bytes(), changed))?;
    let (confirmation, _) = prover.finish(&share, &confirmation)?;
    let confirmation = Confirmation::from_bytes(&deliver(input, 4, confirmation.as_bytes(), changed))?;
    device.finish(&confirmation).map(drop)
}

pub(crate) fn property(input: Input) {
    let mut changed = false;
    let result = run(&input, &mut changed);
    assert_eq!(result.is_err(), changed, "{result:?}");
}
