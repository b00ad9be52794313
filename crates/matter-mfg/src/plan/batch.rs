use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::ops::Range;

use matter_factory_data::DeviceRecord;
use matter_spake2p::{Iterations, Lanes, PaseCredential, Salt};
use matter_types::{Discriminator, DiscriminatorAllocator, Passcode};
use rand_core::CryptoRng;
use uuid::Uuid;

use super::template::BatchSigner;
use super::{Identity, Plan};
use crate::Error;
use crate::cells::Cells;
use crate::timing::{Phase, Timings};

/// Draws a passcode so often before it gives up: even when all but one of a thousand are taken, one is found.
const DRAWS: u32 = 10_000;

/// Hands out the discriminators of a run, which continues where an earlier part of it ended.
pub(crate) struct Discriminators {
    allocator: DiscriminatorAllocator,
    /// Those that the earlier part has used of the present block of 4096.
    used: HashSet<u16>,
}

impl Discriminators {
    pub(crate) fn new(used: HashSet<u16>) -> Self {
        Self {
            allocator: DiscriminatorAllocator::new(),
            used,
        }
    }

    fn draw<R: CryptoRng + ?Sized>(&mut self, rng: &mut R) -> Discriminator {
        loop {
            let drawn = self.allocator.draw(rng);
            // Each one is left out once: the allocator does not return it before the block ends.
            if !self.used.remove(&drawn.get()) {
                return drawn;
            }
        }
    }
}

/// What a device gets before anything is computed from it.
pub(crate) struct Draw<'c> {
    pub(crate) discriminator: Discriminator,
    pub(crate) passcode: Passcode,
    cells: Cow<'c, Cells>,
    salt: Salt,
    iterations: Iterations,
}

impl Plan {
    /// Draws what is not given for some devices, each discriminator without replacement.
    ///
    /// `accept` says whether a passcode may be used with a discriminator; one that was drawn is drawn again.
    pub(crate) fn draw<R: CryptoRng + ?Sized>(
        &self,
        indices: Range<u32>,
        rng: &mut R,
        discriminators: &mut Discriminators,
        mut accept: impl FnMut(&Passcode, Discriminator) -> Result<bool, Error>,
    ) -> Result<Vec<Draw<'_>>, Error> {
        let job = &self.job;
        let mut drawn = Vec::new();
        for index in indices {
            let cells = self.cells(index);
            let discriminator = cells.discriminator.or(job.discriminator);
            let discriminator = discriminator.unwrap_or_else(|| discriminators.draw(rng));
            let given = cells.passcode.as_ref().or(job.passcode.as_ref()).cloned();
            let passcode = if let Some(passcode) = given {
                if !accept(&passcode, discriminator)? {
                    return Err(Error::Taken {
                        what: "passcode",
                        row: index,
                    });
                }
                passcode
            } else {
                let mut left = DRAWS;
                loop {
                    let passcode = Passcode::generate(rng);
                    if accept(&passcode, discriminator)? {
                        break passcode;
                    }
                    left -= 1;
                    if left == 0 {
                        return Err(Error::Taken {
                            what: "passcode",
                            row: index,
                        });
                    }
                }
            };
            drawn.push(Draw {
                discriminator,
                passcode,
                salt: cells.salt.unwrap_or_else(|| Salt::generate(rng)),
                iterations: cells.iterations.unwrap_or(job.iterations),
                cells,
            });
        }
        Ok(drawn)
    }

    /// Makes the records of devices that were drawn, their verifiers many at a time.
    pub(crate) fn identities<R: CryptoRng + ?Sized>(
        &self,
        drawn: &[Draw<'_>],
        rng: &mut R,
        lanes: Option<Lanes>,
        timings: &mut Timings,
    ) -> Result<Vec<Identity>, Error> {
        let credentials = timings.measure(Phase::Derivation, || derive(drawn, lanes))?;
        let signer = self.signer.as_ref().map(|signer| BatchSigner::new(signer, &self.job));
        let signer = signer.transpose()?;
        let mut identities = Vec::with_capacity(drawn.len());
        for (draw, pase) in drawn.iter().zip(&credentials) {
            identities.push(self.identity(draw, pase, signer.as_ref(), rng, timings)?);
        }
        Ok(identities)
    }

    fn identity<R: CryptoRng + ?Sized>(
        &self,
        draw: &Draw<'_>,
        pase: &PaseCredential,
        signer: Option<&BatchSigner<'_>>,
        rng: &mut R,
        timings: &mut Timings,
    ) -> Result<Identity, Error> {
        let job = &self.job;
        let mut record = DeviceRecord::new(job.vendor_id, job.product_id, draw.discriminator, pase);
        self.fill(&mut record, &draw.cells, rng)?;
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes);
        let uuid = uuid::Builder::from_random_bytes(bytes).into_uuid();
        let uuid = uuid.hyphenated().encode_lower(&mut Uuid::encode_buffer()).to_owned();
        if let Some(signer) = signer {
            let credentials = timings.measure(Phase::Certificates, || signer.issue(&uuid, rng))?;
            record.set_credentials(credentials).map_err(Error::encode)?;
        }
        Ok(Identity { uuid, record })
    }

    fn cells(&self, index: u32) -> Cow<'_, Cells> {
        let cells = usize::try_from(index).ok().and_then(|index| self.cells.get(index));
        cells.map_or_else(|| Cow::Owned(Cells::default()), Cow::Borrowed)
    }
}

/// Derives the verifiers of devices, those with the same iteration count together, and returns them in order.
fn derive(drawn: &[Draw<'_>], lanes: Option<Lanes>) -> Result<Vec<PaseCredential>, Error> {
    let counts = drawn.iter().map(|draw| draw.iterations.get()).collect::<BTreeSet<_>>();
    let mut derived = Vec::with_capacity(drawn.len());
    derived.resize_with(drawn.len(), || None);
    for count in counts {
        let same = |draw: &&Draw<'_>| draw.iterations.get() == count;
        let Some(iterations) = drawn.iter().find(same).map(|draw| draw.iterations) else {
            continue;
        };
        let devices = drawn.iter().filter(same).map(|draw| (draw.passcode.clone(), draw.salt));
        let mut credentials = PaseCredential::derive_each(devices, iterations);
        if let Some(lanes) = lanes {
            credentials = credentials.with_lanes(lanes);
        }
        let places = drawn.iter().zip(&mut derived).filter(|(draw, _)| same(draw));
        for ((_, place), credential) in places.zip(credentials) {
            *place = Some(credential.map_err(Error::encode)?);
        }
    }
    let all = derived.into_iter().collect::<Option<Vec<_>>>();
    all.ok_or_else(|| Error::encode("a verifier is missing"))
}
