//! The client at the other end of a connection.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustls::pki_types::{CertificateDer, UnixTime};

use crate::app::Live;
use crate::clients::{Client, Fingerprint};

/// Interval after which a verified certificate is checked again.
const RECHECK: Duration = Duration::from_secs(60);

/// The certificates of a connection and their client.
///
/// A connection may last for an hour. Its certificate is verified again after a reload of lists or authorities, and
/// each minute, so that a revoked or expired certificate cannot use an open connection.
#[derive(Debug)]
pub(crate) struct Peer {
    end_entity: CertificateDer<'static>,
    intermediates: Vec<CertificateDer<'static>>,
    fingerprint: Fingerprint,
    checked: Mutex<Checked>,
}

#[derive(Debug)]
struct Checked {
    client: Arc<Client>,
    generation: u64,
    at: Instant,
}

impl Peer {
    /// Creates a peer from a chain that the handshake has verified.
    pub(crate) fn new(mut chain: Vec<CertificateDer<'static>>, live: &Live) -> Option<Self> {
        let intermediates = chain.split_off(chain.len().min(1));
        let end_entity = chain.pop()?;
        let client = Arc::new(live.clients.identify(&end_entity));
        Some(Self {
            fingerprint: client.fingerprint(),
            end_entity,
            intermediates,
            checked: Mutex::new(Checked {
                client,
                generation: live.generation,
                at: Instant::now(),
            }),
        })
    }

    pub(crate) const fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// Returns the client, after verifying its certificate again if due. `None` if it is no longer valid.
    pub(crate) fn client(&self, live: &Live, now: Instant) -> Option<Arc<Client>> {
        let mut checked = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        if checked.generation != live.generation || now.saturating_duration_since(checked.at) > RECHECK {
            live.tls
                .verifier
                .verify_client_cert(&self.end_entity, &self.intermediates, UnixTime::now())
                .ok()?;
            *checked = Checked {
                client: Arc::new(live.clients.identify(&self.end_entity)),
                generation: live.generation,
                at: now,
            };
        }
        Some(checked.client.clone())
    }
}

/// The number of connections of each certificate.
#[derive(Debug, Default)]
pub(crate) struct ConnectionsOf(Mutex<BTreeMap<Fingerprint, u32>>);

impl ConnectionsOf {
    /// Counts one more connection, unless the limit is reached.
    pub(crate) fn enter(&self, client: Fingerprint, most: u32) -> Option<ConnectionOf<'_>> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(client).or_default();
        if *count >= most {
            return None;
        }
        *count = count.saturating_add(1);
        Some(ConnectionOf { all: self, client })
    }
}

/// A counted connection.
#[derive(Debug)]
pub(crate) struct ConnectionOf<'a> {
    all: &'a ConnectionsOf,
    client: Fingerprint,
}

impl Drop for ConnectionOf<'_> {
    fn drop(&mut self) {
        let mut counts = self.all.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.client) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                counts.remove(&self.client);
            }
        }
    }
}
