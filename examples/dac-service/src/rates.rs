//! Token buckets of bounded number.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Buckets by key. Each holds `burst` tokens and gets one more every `interval`.
///
/// A bucket that is full again is the same as none, and is dropped when room is needed; while all are in use, a new key is
/// refused like one without tokens.
#[derive(Debug)]
pub(crate) struct Rates<K> {
    /// For each key the time at which its bucket is full again: all of the bucket's state.
    full_at: Mutex<BTreeMap<K, Instant>>,
    interval: Duration,
    burst: u32,
    most: usize,
}

impl<K: Ord> Rates<K> {
    /// Buckets that get `rate` tokens in `period`, at most `most` of them.
    pub(crate) fn new(rate: u32, period: Duration, burst: u32, most: usize) -> Self {
        Self {
            full_at: Mutex::default(),
            interval: period.checked_div(rate).unwrap_or(period),
            burst,
            most,
        }
    }

    /// Takes a token, or says after how long there will be one.
    pub(crate) fn take(&self, key: K, now: Instant) -> Result<(), Duration> {
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        if full_at.len() >= self.most && !full_at.contains_key(&key) {
            full_at.retain(|_, full| *full > now);
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
        assert_eq!(rates.full_at.lock().unwrap().len(), 1);
    }
}
