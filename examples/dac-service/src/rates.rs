//! A bounded number of token buckets.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Buckets by key. Each holds up to `burst` tokens and gains one every `interval`.
///
/// A full bucket equals a missing one: full buckets are dropped whenever the number of buckets has doubled, and when
/// room is required. While all are in use, a new key is refused like one without tokens.
#[derive(Debug)]
pub(crate) struct Rates<K> {
    buckets: Mutex<Buckets<K>>,
    interval: Duration,
    burst: u32,
    most: usize,
}

#[derive(Debug)]
struct Buckets<K> {
    /// The time at which each key's bucket is full again, which is its whole state.
    full_at: BTreeMap<K, Instant>,
    /// The number of buckets at which full ones are dropped.
    sweep_at: usize,
}

/// Below this number, buckets are not swept.
const FEW: usize = 1024;

impl<K: Ord> Rates<K> {
    /// Creates buckets that gain `rate` tokens per `period`, at most `most` of them.
    pub(crate) fn new(rate: u32, period: Duration, burst: u32, most: usize) -> Self {
        Self {
            buckets: Mutex::new(Buckets {
                full_at: BTreeMap::new(),
                sweep_at: FEW.min(most),
            }),
            interval: period.checked_div(rate).unwrap_or(period),
            burst,
            most,
        }
    }

    /// Takes a token, or returns the time until there is one.
    pub(crate) fn take(&self, key: K, now: Instant) -> Result<(), Duration> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let Buckets { full_at, sweep_at } = &mut *buckets;
        if full_at.len() >= *sweep_at && !full_at.contains_key(&key) {
            full_at.retain(|_, full| *full > now);
            *sweep_at = full_at.len().saturating_mul(2).max(FEW).min(self.most);
            if full_at.len() >= self.most {
                return Err(self.interval);
            }
        }
        let full = full_at.entry(key).or_insert(now);
        let after = (*full).max(now) + self.interval;
        let latest = now + self.interval.saturating_mul(self.burst);
        if after > latest {
            return Err(after - latest);
        }
        *full = after;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn burst_is_used_and_comes_back() {
        let (rates, start) = (Rates::new(2, SECOND, 3, 10), Instant::now());
        for _ in 0..3 {
            rates.take("a", start).unwrap();
        }
        assert_eq!(rates.take("a", start), Err(SECOND / 2));
        rates.take("b", start).unwrap();
        rates.take("a", start + SECOND / 2).unwrap();
        assert!(rates.take("a", start + SECOND / 2).is_err());
        for _ in 0..3 {
            rates.take("a", start + 10 * SECOND).unwrap();
        }
        assert!(rates.take("a", start + 10 * SECOND).is_err());
    }

    #[test]
    fn number_of_buckets_is_bounded() {
        let (rates, start) = (Rates::new(1, SECOND, 1, 4), Instant::now());
        for key in 0..4 {
            rates.take(key, start).unwrap();
        }
        assert!(rates.take(4, start).is_err());
        rates.take(4, start + SECOND).unwrap();
        assert_eq!(rates.buckets.lock().unwrap().full_at.len(), 1);
    }

    #[test]
    fn memory_of_full_buckets_is_given_back() {
        let (rates, start) = (Rates::new(1000, SECOND, 1, 1_000_000), Instant::now());
        for key in 0..100_000 {
            rates.take(key, start + key * SECOND / 1000).unwrap();
        }
        assert!(rates.buckets.lock().unwrap().full_at.len() <= FEW);
    }
}
