use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use matter_factory_data::DeviceRecord;
use matter_spake2p::{Iterations, Lanes, PaseCredential, PbkdfParameters, Salt};
use matter_types::{Discriminator, DiscriminatorAllocator, Passcode};
use rand_core::Rng;
use uuid::Uuid;

use super::signer::BatchSigner;
use super::{Identity, Plan};
use crate::cells::Cells;
use crate::random::Random;
use crate::timing::{Phase, Timings};
use crate::{Error, RotatingIdPolicy};

/// Attempts to draw a free passcode: enough even when all but one of a thousand are taken.
const DRAWS: u32 = 10_000;

/// The random and given values of a device before anything is computed from them.
pub(crate) struct Draw<'c> {
    discriminator: Discriminator,
    /// `None` for a device that draws it itself.
    passcode: Option<Passcode>,
    cells: Cow<'c, Cells>,
    salt: Salt,
    iterations: Iterations,
    /// Random numbers of its own, so that with a seed a device does not depend on the ones before it.
    rng: Random,
}

/// The random values that are given to a device.
pub(crate) struct Given {
    pub(crate) passcode: bool,
    pub(crate) salt: bool,
    pub(crate) rotating_id: bool,
}

impl Plan {
    /// Draws the missing values of some devices, discriminators without replacement.
    ///
    /// `taken` reports which of a passcode and a discriminator another device has; a drawn passcode is then drawn
    /// again.
    pub(crate) fn draw(
        &self,
        indices: Range<u32>,
        discriminators: &mut DiscriminatorAllocator,
        mut taken: impl FnMut(&Passcode, Discriminator) -> Result<Option<&'static str>, Error>,
    ) -> Result<Vec<Draw<'_>>, Error> {
        let job = &self.job;
        let mut drawn = Vec::new();
        for index in indices {
            let mut rng = self.random(index)?;
            let cells = self.cells(index);
            let discriminator = cells.discriminator.or(job.discriminator);
            let discriminator = discriminator.unwrap_or_else(|| discriminators.draw(&mut rng));
            let given = cells.passcode.as_ref().or(job.passcode.as_ref()).cloned();
            let passcode = match given {
                _ if job.dynamic_passcode => None,
                Some(passcode) => match taken(&passcode, discriminator)? {
                    None => Some(passcode),
                    Some(what) => return Err(Error::Taken { what, row: index }),
                },
                None => {
                    let mut left = DRAWS;
                    loop {
                        let passcode = Passcode::generate(&mut rng);
                        let Some(what) = taken(&passcode, discriminator)? else {
                            break Some(passcode);
                        };
                        left -= 1;
                        if left == 0 {
                            return Err(Error::Taken { what, row: index });
                        }
                    }
                }
            };
            drawn.push(Draw {
                discriminator,
                passcode,
                salt: cells.salt.unwrap_or_else(|| Salt::generate(&mut rng)),
                iterations: cells.iterations.unwrap_or(job.iterations),
                cells,
                rng,
            });
        }
        Ok(drawn)
    }

    /// Makes the records of drawn devices and derives their verifiers in groups.
    pub(crate) fn identities(
        &self,
        drawn: Vec<Draw<'_>>,
        lanes: Option<Lanes>,
        timings: &mut Timings,
    ) -> Result<Vec<Identity>, Error> {
        let credentials = timings.measure(Phase::Derivation, || derive(&drawn, lanes))?;
        let signer = self.signer.as_ref().map(|signer| BatchSigner::new(signer, &self.job));
        let signer = signer.transpose()?;
        let mut identities = Vec::with_capacity(drawn.len());
        for (draw, pase) in drawn.into_iter().zip(credentials) {
            identities.push(self.identity(draw, pase.as_ref(), signer.as_ref(), timings)?);
        }
        Ok(identities)
    }

    fn identity(
        &self,
        mut draw: Draw<'_>,
        pase: Option<&PaseCredential>,
        signer: Option<&BatchSigner<'_>>,
        timings: &mut Timings,
    ) -> Result<Identity, Error> {
        let (vendor, product) = (self.job.vendor_id, self.job.product_id);
        let rng = &mut draw.rng;
        let mut record = match pase {
            Some(pase) => DeviceRecord::new(vendor, product, draw.discriminator, pase),
            None => {
                let (iterations, salt) = (draw.iterations, draw.salt);
                let parameters = PbkdfParameters { iterations, salt };
                DeviceRecord::with_dynamic_passcode(vendor, product, draw.discriminator, parameters)
            }
        };
        self.fill(&mut record, &draw.cells, rng)?;
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes);
        let uuid = uuid::Builder::from_random_bytes(bytes).into_uuid();
        let uuid = uuid.hyphenated().encode_lower(&mut Uuid::encode_buffer()).to_owned();
        if let Some(given) = &draw.cells.dac {
            let credentials = given.credentials.clone();
            record.set_credentials(credentials).map_err(Error::encode)?;
            let uuid = given.uuid.clone().unwrap_or(uuid);
            return Ok(Identity { uuid, record });
        }
        if let Some(signer) = signer {
            let credentials = timings.measure(Phase::Certificates, || signer.issue(&uuid, rng))?;
            record.set_credentials(credentials).map_err(Error::encode)?;
        }
        Ok(Identity { uuid, record })
    }

    /// Returns the random values of a device that are given rather than drawn.
    pub(crate) fn given(&self, index: u32) -> Given {
        let cells = self.cells(index);
        Given {
            passcode: cells.passcode.is_some() || self.job.passcode.is_some(),
            salt: cells.salt.is_some(),
            rotating_id: cells.rotating_id.is_some() || matches!(self.job.rotating_id, RotatingIdPolicy::Given(_)),
        }
    }

    fn cells(&self, index: u32) -> Cow<'_, Cells> {
        let cells = usize::try_from(index).ok().and_then(|index| self.cells.get(index));
        cells.map_or_else(|| Cow::Owned(Cells::default()), Cow::Borrowed)
    }
}

/// Derives the verifiers of devices, grouped by iteration count, and returns them in order; `None` for a device that
/// draws its passcode itself.
fn derive(drawn: &[Draw<'_>], lanes: Option<Lanes>) -> Result<Vec<Option<PaseCredential>>, Error> {
    let counts = drawn.iter().map(|draw| draw.iterations.get()).collect::<BTreeSet<_>>();
    let mut derived = Vec::with_capacity(drawn.len());
    derived.resize_with(drawn.len(), || None);
    for count in counts {
        let same = |draw: &&Draw<'_>| draw.iterations.get() == count && draw.passcode.is_some();
        let Some(iterations) = drawn.iter().find(same).map(|draw| draw.iterations) else {
            continue;
        };
        let devices = drawn.iter().filter(same);
        let devices = devices.filter_map(|draw| Some((draw.passcode.clone()?, draw.salt)));
        let mut credentials = PaseCredential::derive_each(devices, iterations);
        if let Some(lanes) = lanes {
            credentials = credentials.with_lanes(lanes);
        }
        let places = drawn.iter().zip(&mut derived).filter(|(draw, _)| same(draw));
        for ((_, place), credential) in places.zip(credentials) {
            *place = Some(credential.map_err(Error::encode)?);
        }
    }
    Ok(derived)
}
