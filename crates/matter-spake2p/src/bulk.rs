use core::fmt;
use core::iter::FusedIterator;

use matter_types::Passcode;
use p256::elliptic_curve::BatchNormalize;
use p256::{AffinePoint, ProjectivePoint};
use sha2::block_api::compress256;
use zeroize::Zeroizing;

use crate::lanes::{Costs, Job, write_words};
use crate::prover_key::{ProverKey, WS_SIZE};
use crate::{Error, Iterations, Lanes, PaseCredential, PbkdfParameters, Salt, Verifier};

/// Number of devices derived together: their three blocks each fill three registers of 16 lanes.
const DEVICES: usize = 16;
/// SHA-256 blocks of PBKDF2's output for one device.
const BLOCKS: usize = WS_SIZE.div_ceil(32);
/// Length of HMAC's key block in bytes.
const KEY_BLOCK: usize = 64;
/// Initial hash value (FIPS 180-4 section 5.3.3).
const INITIAL: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// Iterator of credentials for many devices: the same values in the same order as [`PaseCredential::derive`] for each.
///
/// Takes up to 16 devices at a time from the inner iterator when the next credential is requested.
///
/// # Examples
///
/// ```
/// use matter_spake2p::matter_types::Passcode;
/// use matter_spake2p::{InstructionSet, Iterations, Lanes, PaseCredential, Salt};
///
/// let devices = [(Passcode::new(20202021)?, Salt::new(&[7; 16])?)];
/// let portable = Lanes::new(InstructionSet::Portable).ok_or("every processor has these")?;
/// for credential in PaseCredential::derive_each(devices, Iterations::MIN).with_lanes(portable) {
///     assert_eq!(credential?.passcode().expose(), 20202021);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct DeriveEach<I> {
    devices: I,
    iterations: Iterations,
    lanes: Option<Lanes>,
    ready: [Option<Result<PaseCredential, Error>>; DEVICES],
    next: usize,
}

impl<I: Iterator<Item = (Passcode, Salt)>> DeriveEach<I> {
    pub(crate) fn new(devices: I, iterations: Iterations) -> Self {
        Self {
            devices,
            iterations,
            lanes: None,
            ready: [const { None }; DEVICES],
            next: DEVICES,
        }
    }

    /// Uses these lanes instead of the fastest for the processor and number of devices. The result is the same.
    #[must_use]
    pub fn with_lanes(mut self, lanes: Lanes) -> Self {
        self.lanes = Some(lanes);
        self
    }

    /// Derives the next devices and returns the first.
    fn refill(&mut self) -> Option<Result<PaseCredential, Error>> {
        let mut devices = [const { None }; DEVICES];
        let mut count = 0;
        for (place, device) in devices.iter_mut().zip(&mut self.devices) {
            *place = Some(device);
            count += 1;
        }
        if count == 0 {
            return None;
        }
        let mut jobs: [[Job; BLOCKS]; DEVICES] = Default::default();
        for (jobs, (passcode, salt)) in jobs.iter_mut().zip(devices.iter().flatten()) {
            start(jobs, passcode, salt);
        }
        if let Some(jobs) = jobs.as_flattened_mut().get_mut(..count * BLOCKS) {
            match self.lanes {
                Some(lanes) => run(jobs, self.iterations, |_| lanes),
                None => {
                    let costs = Costs::known(jobs.len(), self.devices.size_hint().0.saturating_mul(BLOCKS));
                    run(jobs, self.iterations, |left| costs.fastest(left));
                }
            }
        }
        // Unused entries have all-zero jobs, which give a degenerate key that is never returned.
        let keys = jobs.each_ref().map(finish);
        let verifiers = verifiers(&keys, count);
        for (((ready, device), key), verifier) in self.ready.iter_mut().zip(devices).zip(&keys).zip(verifiers) {
            *ready = device.map(|(passcode, salt)| {
                key.refuse_degenerate()?;
                let parameters = PbkdfParameters {
                    iterations: self.iterations,
                    salt,
                };
                Ok(PaseCredential::from_derived(passcode, parameters, verifier))
            });
        }
        self.next = 1;
        self.ready.first_mut()?.take()
    }
}

impl<I: Iterator<Item = (Passcode, Salt)>> Iterator for DeriveEach<I> {
    type Item = Result<PaseCredential, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(ready) = self.ready.get_mut(self.next).and_then(Option::take) {
            self.next += 1;
            return Some(ready);
        }
        self.refill()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let ready = self.ready.iter().flatten().count();
        let (least, most) = self.devices.size_hint();
        (
            least.saturating_add(ready),
            most.and_then(|most| most.checked_add(ready)),
        )
    }
}

impl<I: ExactSizeIterator<Item = (Passcode, Salt)>> ExactSizeIterator for DeriveEach<I> {}

impl<I: FusedIterator<Item = (Passcode, Salt)>> FusedIterator for DeriveEach<I> {}

impl<I> fmt::Debug for DeriveEach<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeriveEach")
            .field("iterations", &self.iterations)
            .field("lanes", &self.lanes)
            .finish_non_exhaustive()
    }
}

/// Hashes the passcode's key blocks and computes the first iteration of each output block.
fn start(jobs: &mut [Job; BLOCKS], passcode: &Passcode, salt: &Salt) {
    let password = Zeroizing::new(passcode.expose().to_le_bytes());
    let [inner, outer] = [0x36, 0x5C].map(|pad| {
        let mut key = Zeroizing::new([pad; 64]);
        key.iter_mut().zip(password.iter()).for_each(|(key, byte)| *key ^= byte);
        compress(&INITIAL, &key)
    });
    for (number, job) in (1_u32..).zip(jobs) {
        let digest = compress(
            &inner,
            &padded(salt.as_bytes().iter().copied().chain(number.to_be_bytes())),
        );
        let mut bytes = Zeroizing::new([0; 32]);
        write_words(&mut *bytes, &*digest);
        let first = compress(&outer, &padded(bytes.iter().copied()));
        job.inner = *inner;
        job.outer = *outer;
        job.digest = *first;
        job.sum = *first;
    }
}

/// The last block of a message of at most 55 bytes after a key block (FIPS 180-4 section 5.1.1).
fn padded(message: impl Iterator<Item = u8>) -> Zeroizing<[u8; 64]> {
    let mut block = Zeroizing::new([0; 64]);
    let mut len = KEY_BLOCK;
    for (to, byte) in block.iter_mut().zip(message) {
        *to = byte;
        len += 1;
    }
    if let Some(to) = block.get_mut(len - KEY_BLOCK) {
        *to = 0x80;
    }
    let bits = u64::try_from(8 * len).unwrap_or_default().to_be_bytes();
    block
        .iter_mut()
        .rev()
        .zip(bits.into_iter().rev())
        .for_each(|(to, byte)| *to = byte);
    block
}

fn compress(state: &[u32; 8], block: &[u8; 64]) -> Zeroizing<[u32; 8]> {
    let mut state = Zeroizing::new(*state);
    compress256(&mut state, core::slice::from_ref(block));
    state
}

/// Runs the jobs; each part uses the lanes chosen for the number of jobs left.
fn run(mut jobs: &mut [Job], iterations: Iterations, choose: impl Fn(usize) -> Lanes) {
    while !jobs.is_empty() {
        let lanes = choose(jobs.len());
        let take = jobs.len().min(lanes.instructions().lanes());
        let (now, later) = jobs.split_at_mut(take);
        lanes.run(now, iterations.get());
        jobs = later;
    }
}

/// Combines the blocks of one device.
fn finish(jobs: &[Job; BLOCKS]) -> ProverKey {
    let mut ws = Zeroizing::new([0; WS_SIZE]);
    for (bytes, word) in ws.chunks_exact_mut(4).zip(jobs.iter().flat_map(|job| &job.sum)) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    ProverKey::from_ws(&ws)
}

/// Computes the verifiers of the first `count` keys with a single inversion. A degenerate key invalidates only its own
/// verifier.
fn verifiers(keys: &[ProverKey; DEVICES], count: usize) -> [Verifier; DEVICES] {
    let mut points = Zeroizing::new([ProjectivePoint::IDENTITY; DEVICES]);
    for (point, key) in points.iter_mut().zip(keys).take(count) {
        *point = *key.registration_point();
    }
    let points = Zeroizing::new(<ProjectivePoint as BatchNormalize<_>>::batch_normalize(&*points));
    let mut points = points.iter();
    keys.each_ref()
        .map(|key| Verifier::from_parts(key.w0(), points.next().unwrap_or(&AffinePoint::IDENTITY)))
}

#[cfg(test)]
mod tests {
    use p256::Scalar;

    use super::*;

    #[test]
    fn degenerate_key_spoils_its_own_verifier_only() {
        let zero = 5;
        let scalar = |number: usize| Scalar::from(u64::try_from(number).unwrap());
        let keys: [ProverKey; DEVICES] = core::array::from_fn(|i| {
            let w1 = if i == zero { Scalar::ZERO } else { scalar(i + 2) };
            ProverKey::from_scalars(scalar(i + 1), w1)
        });
        for count in 0..=DEVICES {
            let verifiers = verifiers(&keys, count);
            for (i, (key, verifier)) in keys.iter().zip(&verifiers).enumerate() {
                assert_eq!(key.refuse_degenerate().is_err(), i == zero);
                let alone = key.verifier();
                assert_eq!(verifier.expose_bytes() == alone.expose_bytes(), i < count || i == zero);
                assert_eq!(
                    Verifier::from_bytes(verifier.expose_bytes()).is_ok(),
                    i < count && i != zero
                );
            }
        }
        // 2*G, SEC 1 encoded, from NIST's "Mathematical routines for the NIST prime elliptic curves".
        let double = "7cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc47669978";
        let [first, ..] = verifiers(&keys, 1);
        let x = first.expose_bytes()[33..65]
            .iter()
            .map(|byte| std::format!("{byte:02x}"));
        assert_eq!(x.collect::<std::string::String>(), double);
    }
}
