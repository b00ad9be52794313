//! A generator that returns given bytes.

use core::convert::Infallible;

use rand_core::{TryCryptoRng, TryRng};

/// Returns these bytes, then panics.
pub(crate) struct FixedRandom<'a>(std::slice::Iter<'a, u8>);

impl<'a> FixedRandom<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes.iter())
    }
}

impl TryRng for FixedRandom<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes).map(|()| u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes).map(|()| u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Infallible> {
        to.iter_mut().for_each(|byte| *byte = *self.0.next().unwrap());
        Ok(())
    }
}

impl TryCryptoRng for FixedRandom<'_> {}
