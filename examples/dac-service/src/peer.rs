//! The client at the other end of a connection.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustls::pki_types::{CertificateDer, UnixTime};

use crate::app::Live;
use crate::clients::{Client, Fingerprint};

/// For how long a verified certificate is not looked at again.
const RECHECK: Duration = Duration::from_secs(60);

/// The certificates of a connection, and whose they are.
///
/// A connection may last for an hour. The certificate is verified again when lists or authorities were reloaded, and each minute,
/// so that one that is revoked or ends is of no use on connections that are open already.
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
    /// Takes a chain that the handshake has verified.
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

    /// Returns the client, whose certificate is verified again when it is time. `None` when it is not valid any more.
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
    /// Counts one more, unless there are as many as is allowed.
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

/// One connection that is counted.
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
