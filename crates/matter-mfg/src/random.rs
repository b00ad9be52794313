use std::cell::RefCell;
use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use chacha20::ChaCha20Rng;
use matter_attestation::DateTime;
use rand_core::{Rng, SeedableRng, TryCryptoRng, TryRng};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{Error, ParseError};

/// The seed of all random numbers of a test run.
///
/// The seed reveals passcodes and keys, so that such a run is for tests only and marked as such.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Seed([u8; Self::MAX_LEN]);

impl Seed {
    /// Maximum length in bytes.
    pub const MAX_LEN: usize = 32;

    /// Returns the fixed current time of a seeded run: the first second of 2026.
    pub(crate) fn time() -> Result<DateTime, Error> {
        DateTime::new(2026, 1, 1, 0, 0, 0).map_err(|_| Error::Clock)
    }
}

impl FromStr for Seed {
    type Err = ParseError;

    /// Reads 1 to 32 bytes in hexadecimal; fewer than 32 are padded with zeros.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        const FORM: ParseError = ParseError::new("not 2 to 64 hexadecimal digits, two per byte");
        let mut seed = Self([0; Self::MAX_LEN]);
        let read = base16ct::mixed::decode(text, &mut seed.0).map_err(|_| FORM)?;
        if read.is_empty() {
            return Err(FORM);
        }
        Ok(seed)
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed([elided])")
    }
}

/// The purpose of random numbers; with a seed, the numbers for one purpose are independent of the others.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    /// Values made once for the run.
    Run,
    /// A device, by its number.
    Device(u32),
    /// The key of a device's encrypted partition.
    Encryption(u32),
    /// The key of its flash.
    Flash(u32),
}

/// Random numbers: ChaCha20 with a separate key for each purpose, from the operating system or, for tests, from a seed.
///
/// The operating system can fail only when the numbers are opened; drawing cannot fail.
pub(crate) struct Random(Box<ChaCha20Rng>);

impl Random {
    /// Opens the numbers for a purpose.
    pub(crate) fn open(seed: Option<&Seed>, purpose: Purpose) -> Result<Self, Error> {
        let Some(seed) = seed else {
            return Ok(Self(Box::new(ChaCha20Rng::from_seed(*next_key()?))));
        };
        let mut rng = Box::new(ChaCha20Rng::from_seed(seed.0));
        rng.set_stream(match purpose {
            Purpose::Run => u64::MAX,
            Purpose::Device(index) => u64::from(index) << 1,
            Purpose::Encryption(index) => u64::from(index) << 1 | 1,
            Purpose::Flash(index) => 1 << 33 | u64::from(index),
        });
        Ok(Self(rng))
    }
}

/// Length of a ChaCha20 key in bytes.
const KEY_LEN: usize = 32;

/// Unused keys of a thread from the operating system: one system call for several devices. Used keys are wiped.
struct Keys {
    bytes: Zeroizing<[[u8; KEY_LEN]; Self::COUNT]>,
    left: usize,
}

impl Keys {
    /// One per device of a batch: 512 bytes, which the system returns in one call.
    const COUNT: usize = 16;
}

thread_local! {
    static KEYS: RefCell<Keys> = RefCell::new(Keys {
        bytes: Zeroizing::new([[0; KEY_LEN]; Keys::COUNT]),
        left: 0,
    });
}

fn next_key() -> Result<Zeroizing<[u8; KEY_LEN]>, Error> {
    KEYS.with_borrow_mut(|keys| {
        if keys.left == 0 {
            getrandom::fill(keys.bytes.as_flattened_mut()).map_err(|_| Error::Random)?;
            keys.left = Keys::COUNT;
        }
        keys.left -= 1;
        let place = keys.bytes.get_mut(keys.left).ok_or(Error::Random)?;
        let key = Zeroizing::new(*place);
        place.zeroize();
        Ok(key)
    })
}

impl TryRng for Random {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.0.next_u32())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.0.next_u64())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill_bytes(bytes);
        Ok(())
    }
}

impl TryCryptoRng for Random {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_whole_bytes_in_hexadecimal() {
        assert!("00".parse::<Seed>().is_ok() && "fF".repeat(32).parse::<Seed>().is_ok());
        for text in ["", "0", "0x00", "+1", "xy", &"00".repeat(33)] {
            assert!(text.parse::<Seed>().is_err(), "{text}");
        }
    }

    #[test]
    fn no_key_is_used_twice() {
        let mut drawn = std::collections::BTreeSet::new();
        let draw = || {
            (0..100)
                .map(|_| Random::open(None, Purpose::Run).unwrap().next_u64())
                .collect::<Vec<_>>()
        };
        let threads = [(); 4].map(|()| std::thread::spawn(draw));
        for number in threads.into_iter().flat_map(|thread| thread.join().unwrap()) {
            assert!(number != 0 && drawn.insert(number));
        }
        assert_eq!(drawn.len(), 400);
        KEYS.with_borrow(|keys| assert!(keys.bytes[keys.left..].iter().all(|key| *key == [0; KEY_LEN])));
    }

    #[test]
    fn every_purpose_has_numbers_of_its_own() {
        let seed: Seed = "01".parse().unwrap();
        let draw = |purpose| Random::open(Some(&seed), purpose).unwrap().next_u64();
        let drawn = [
            Purpose::Run,
            Purpose::Device(0),
            Purpose::Device(1),
            Purpose::Encryption(0),
            Purpose::Flash(0),
        ]
        .map(draw);
        assert_eq!(drawn[1], draw(Purpose::Device(0)));
        for (i, number) in drawn.iter().enumerate() {
            assert!(!drawn[..i].contains(number));
        }
    }
}
