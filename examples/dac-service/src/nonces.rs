//! Nonces, which make signatures fresh.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use base16ct::HexDisplay;

use crate::clients::Fingerprint;
use crate::config::{Limits, seconds};

/// 32 random bytes, written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nonce([u8; 32]);

impl Nonce {
    /// The length in bytes.
    pub const LEN: usize = 32;

    /// Takes bytes as they are.
    #[must_use]
    pub const fn new(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    /// Reads 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; Self::LEN];
        let decoded = base16ct::lower::decode(text, &mut bytes).ok()?;
        (decoded.len() == Self::LEN).then_some(Self(bytes))
    }

    /// Returns the bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }
}

impl fmt::Display for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}", HexDisplay(&self.0))
    }
}

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Reason for refusing a nonce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NonceFault {
    /// The limit of the client, or of all clients, is reached; the oldest nonce expires in this many seconds.
    Full(u64),
    /// The operating system provides no random numbers.
    Random,
}

/// The unused nonces: bounded in number and time, each valid for one client.
///
/// They exist only in this process. If several services share a ledger, a nonce must return to the service that issued
/// it, which it does on the same connection.
#[derive(Debug)]
pub(crate) struct Nonces {
    table: Mutex<Table>,
    lifetime: Duration,
    per_client: usize,
    total: usize,
}

#[derive(Debug, Default)]
struct Table {
    owners: BTreeMap<Nonce, (Fingerprint, Instant)>,
    /// In the order of expiry.
    ends: BTreeSet<(Instant, Nonce)>,
    counts: BTreeMap<Fingerprint, usize>,
}

impl Nonces {
    pub(crate) fn new(limits: &Limits) -> Self {
        let count = |limit: u32| usize::try_from(limit).unwrap_or(usize::MAX);
        Self {
            table: Mutex::default(),
            lifetime: seconds(limits.nonce_seconds),
            per_client: count(limits.nonces_per_client),
            total: count(limits.nonces),
        }
    }

    pub(crate) fn lifetime(&self) -> Duration {
        self.lifetime
    }

    pub(crate) fn outstanding(&self) -> usize {
        self.lock().owners.len()
    }

    /// Issues `count` nonces or none.
    pub(crate) fn give(&self, client: Fingerprint, count: usize, now: Instant) -> Result<Vec<Nonce>, NonceFault> {
        let mut random = vec![0; count.saturating_mul(Nonce::LEN)];
        getrandom::fill(&mut random).map_err(|_| NonceFault::Random)?;
        let nonces = random
            .as_chunks()
            .0
            .iter()
            .map(|bytes| Nonce(*bytes))
            .collect::<Vec<_>>();
        let mut table = self.lock();
        table.drop_ended(now);
        let of_client = table.counts.get(&client).copied().unwrap_or_default();
        let together = table.owners.len();
        if of_client.saturating_add(count) > self.per_client || together.saturating_add(count) > self.total {
            let oldest = table
                .ends
                .first()
                .map_or(self.lifetime, |(end, _)| end.saturating_duration_since(now));
            return Err(NonceFault::Full(oldest.as_secs().saturating_add(1)));
        }
        let end = now + self.lifetime;
        for nonce in &nonces {
            table.owners.insert(*nonce, (client, end));
            table.ends.insert((end, *nonce));
        }
        table.counts.insert(client, of_client.saturating_add(count));
        Ok(nonces)
    }

    /// Consumes a nonce; returns whether it was valid for this client. Another client's attempt does not consume it.
    pub(crate) fn take(&self, client: Fingerprint, nonce: &Nonce, now: Instant) -> bool {
        let mut table = self.lock();
        table.drop_ended(now);
        match table.owners.get(nonce) {
            Some(&(owner, end)) if owner == client && end > now => {
                table.ends.remove(&(end, *nonce));
                table.remove(nonce);
                true
            }
            _ => false,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn drop_ended(&mut self, now: Instant) {
        while let Some((end, nonce)) = self.ends.first().copied().filter(|(end, _)| *end <= now) {
            self.ends.remove(&(end, nonce));
            self.remove(&nonce);
        }
    }

    fn remove(&mut self, nonce: &Nonce) {
        let Some((client, _)) = self.owners.remove(nonce) else {
            return;
        };
        if let Some(count) = self.counts.get_mut(&client) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.counts.remove(&client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits {
            nonce_seconds: 10,
            nonces_per_client: 3,
            nonces: 5,
            ..Limits::default()
        }
    }

    fn client(name: &[u8]) -> Fingerprint {
        Fingerprint::of(name)
    }

    #[test]
    fn nonce_is_good_once_and_for_its_client_and_time() {
        let (nonces, start) = (Nonces::new(&limits()), Instant::now());
        let given = nonces.give(client(b"a"), 2, start).unwrap();
        assert!(!nonces.take(client(b"b"), &given[0], start));
        assert!(nonces.take(client(b"a"), &given[0], start));
        assert!(!nonces.take(client(b"a"), &given[0], start));
        assert!(!nonces.take(client(b"a"), &given[1], start + Duration::from_secs(10)));
        assert!(!nonces.take(client(b"a"), &Nonce::new([7; 32]), start));
        assert_eq!(nonces.outstanding(), 0);
    }

    #[test]
    fn number_is_bounded_by_client_and_together() {
        let (nonces, start) = (Nonces::new(&limits()), Instant::now());
        assert_eq!(nonces.give(client(b"a"), 4, start), Err(NonceFault::Full(11)));
        let given = nonces.give(client(b"a"), 3, start).unwrap();
        assert_eq!(nonces.give(client(b"a"), 1, start), Err(NonceFault::Full(11)));
        nonces.give(client(b"b"), 2, start).unwrap();
        assert_eq!(nonces.give(client(b"c"), 1, start), Err(NonceFault::Full(11)));
        assert!(nonces.take(client(b"a"), &given[0], start));
        nonces.give(client(b"a"), 1, start).unwrap();
        nonces.give(client(b"c"), 3, start + Duration::from_secs(10)).unwrap();
        assert_eq!(nonces.outstanding(), 3);
    }

    #[test]
    fn memory_of_used_nonces_is_given_back() {
        let (nonces, start) = (Nonces::new(&limits()), Instant::now());
        for _ in 0..100 {
            let given = nonces.give(client(b"a"), 3, start).unwrap();
            assert!(given.iter().all(|nonce| nonces.take(client(b"a"), nonce, start)));
        }
        let table = nonces.lock();
        assert!(table.owners.is_empty() && table.counts.is_empty() && table.ends.is_empty());
    }

    #[test]
    fn text_is_64_lower_case_digits() {
        let nonce = Nonce::new([0xAB; 32]);
        assert_eq!(Nonce::parse(&nonce.to_string()), Some(nonce));
        for wrong in ["", "ab", &"AB".repeat(32), &"ab".repeat(33), &"zz".repeat(32)] {
            assert_eq!(Nonce::parse(wrong), None);
        }
    }
}
