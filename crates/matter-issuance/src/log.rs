//! The log of decisions: a chain of hashes with a signed head.
//!
//! ```text
//! hash(n)  = SHA-256("matter-issuance-log-entry-v1" ‖ hash(n-1) ‖ n ‖ len(time) ‖ time ‖ len(entry) ‖ entry)
//! head     = ECDSA-P256-SHA-256("matter-issuance-log-head-v1" ‖ n ‖ hash(n))
//! ```
//!
//! Numbers are 8 bytes, big-endian; hash(0) is 32 zero bytes.

use std::fmt;

use matter_attestation::PublicKey;
use matter_ledger::{LogHead, LogRow};
use sha2::{Digest, Sha256};

use crate::{KeyHash, LogSigner};

const ENTRY_DOMAIN: &[u8] = b"matter-issuance-log-entry-v1";
const HEAD_DOMAIN: &[u8] = b"matter-issuance-log-head-v1";

/// Verifies a log, line by line.
///
/// # Examples
///
/// ```
/// use matter_issuance::matter_attestation::PrivateKey;
/// use matter_issuance::{Log, LogSigner, Registrar};
/// use matter_issuance::matter_ledger::{Ledger, NewOrder};
///
/// let key = PrivateKey::from_scalar(&[7; 32])?;
/// let mut registrar = Registrar::new(Ledger::in_memory()?, LogSigner::new(key.clone()), "example 1.0");
/// registrar.open_order(&NewOrder {
///     id: "4711".into(),
///     size: 500,
///     vendor_id: 0xFFF1,
///     product_id: 0x8000,
///     operator: "ann".into(),
///     needs_approval: false,
/// })??;
///
/// let (mut rows, head) = registrar.log()?;
/// let summary = Log::verify(&rows, &head, &[key.public_key()])?;
/// assert_eq!(summary.entries, 2); // "log-started" and "order-opened"
///
/// rows[1].entry = rows[1].entry.replace("500", "900");
/// let fault = Log::verify(&rows, &head, &[key.public_key()]).unwrap_err();
/// assert_eq!(fault.to_string(), "entry 2 was modified: its hash does not match its content");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Log {
    trusted: Vec<PublicKey>,
    seq: u64,
    hash: [u8; 32],
    at_least: Option<(u64, [u8; 32])>,
}

/// The summary of a verified log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogSummary {
    /// Number of entries, which is the number of the last one.
    pub entries: u64,
    /// The hash of the last entry.
    pub hash: [u8; 32],
    /// The signer of the head; `None` for an empty log.
    pub signer: Option<KeyHash>,
}

impl Log {
    /// Starts with the first line. The head may be signed with any of the `trusted` keys.
    #[must_use]
    pub fn new(trusted: &[PublicKey]) -> Self {
        Self {
            trusted: trusted.into(),
            seq: 0,
            hash: [0; 32],
            at_least: None,
        }
    }

    /// Requires an entry that was seen before: a log without it was rolled back.
    #[must_use]
    pub const fn with_at_least(mut self, seq: u64, hash: [u8; 32]) -> Self {
        self.at_least = Some((seq, hash));
        self
    }

    /// Verifies the next line.
    ///
    /// # Errors
    ///
    /// [`LogFault`] with the fault.
    pub fn add(&mut self, row: &LogRow) -> Result<(), LogFault> {
        let expected = self.seq.saturating_add(1);
        if row.seq != expected {
            return Err(LogFault::Sequence {
                expected,
                found: row.seq,
            });
        }
        let seq = row.seq;
        if row.hash != hash(&row.previous, seq, &row.time, &row.entry) {
            return Err(LogFault::Changed { seq });
        }
        if row.previous != self.hash {
            return Err(LogFault::Unlinked { seq });
        }
        if !serde_json::from_str::<serde_json::Value>(&row.entry).is_ok_and(|entry| entry.is_object()) {
            return Err(LogFault::Malformed { seq });
        }
        if self.at_least.is_some_and(|(at, hash)| at == seq && hash != row.hash) {
            return Err(LogFault::Replaced { seq });
        }
        (self.seq, self.hash) = (seq, row.hash);
        Ok(())
    }

    /// Verifies that the head matches the lines, and its signature.
    ///
    /// # Errors
    ///
    /// [`LogFault`] with the fault.
    pub fn finish(&self, head: &LogHead) -> Result<LogSummary, LogFault> {
        if head.seq != self.seq {
            return Err(LogFault::HeadSequence {
                last: self.seq,
                head: head.seq,
            });
        }
        if head.hash != self.hash {
            return Err(LogFault::HeadHash { seq: head.seq });
        }
        let signer = check_head(head, &self.trusted)?;
        if let Some((at_least, _)) = self.at_least
            && self.seq < at_least
        {
            return Err(LogFault::RolledBack {
                seen: at_least,
                found: self.seq,
            });
        }
        Ok(LogSummary {
            entries: self.seq,
            hash: self.hash,
            signer,
        })
    }

    /// Verifies a whole log.
    ///
    /// # Errors
    ///
    /// [`LogFault`] with the first fault.
    pub fn verify<'a>(
        rows: impl IntoIterator<Item = &'a LogRow>,
        head: &LogHead,
        trusted: &[PublicKey],
    ) -> Result<LogSummary, LogFault> {
        let mut log = Self::new(trusted);
        rows.into_iter().try_for_each(|row| log.add(row))?;
        log.finish(head)
    }
}

/// Verifies the signature of a head; returns its signer.
pub(crate) fn check_head(head: &LogHead, trusted: &[PublicKey]) -> Result<Option<KeyHash>, LogFault> {
    if head.seq == 0 {
        let is_empty = head.hash == [0; 32] && head.key.is_empty() && head.signature.is_empty();
        return if is_empty {
            Ok(None)
        } else {
            Err(LogFault::HeadHash { seq: 0 })
        };
    }
    let signer = trusted.iter().find(|key| KeyHash::of(key).as_bytes()[..] == head.key);
    let signer = signer.ok_or_else(|| LogFault::HeadKey {
        key: head.key.as_slice().try_into().ok().map(KeyHash::new),
    })?;
    signer
        .verify_raw(&head_message(head.seq, &head.hash), &head.signature)
        .map_err(|_| LogFault::HeadSignature { seq: head.seq })?;
    Ok(Some(KeyHash::of(signer)))
}

/// Creates the next line.
pub(crate) fn next_row(before: &LogHead, time: &str, entry: String) -> LogRow {
    let seq = before.seq.saturating_add(1);
    LogRow {
        seq,
        time: time.to_owned(),
        previous: before.hash,
        hash: hash(&before.hash, seq, time, &entry),
        entry,
    }
}

/// Signs a head.
pub(crate) fn sign_head(seq: u64, hash: [u8; 32], signer: &LogSigner) -> Result<LogHead, crate::Error> {
    Ok(LogHead {
        seq,
        hash,
        key: signer.key().as_bytes().to_vec(),
        signature: signer.sign(&head_message(seq, &hash))?,
    })
}

fn hash(previous: &[u8; 32], seq: u64, time: &str, entry: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(ENTRY_DOMAIN);
    hash.update(previous);
    hash.update(seq.to_be_bytes());
    for text in [time, entry] {
        hash.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(text);
    }
    hash.finalize().into()
}

fn head_message(seq: u64, hash: &[u8; 32]) -> Vec<u8> {
    [HEAD_DOMAIN, &seq.to_be_bytes(), hash].concat()
}

/// The first fault of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LogFault {
    /// The content of an entry does not match its hash.
    Changed {
        /// The entry.
        seq: u64,
    },
    /// The hash of the head does not match the last entry.
    HeadHash {
        /// The entry.
        seq: u64,
    },
    /// The head was signed by a key that is not trusted.
    HeadKey {
        /// The key that the head names, if any.
        key: Option<KeyHash>,
    },
    /// The head names an entry that is not the last one.
    HeadSequence {
        /// The last entry.
        last: u64,
        /// The entry that the head names.
        head: u64,
    },
    /// The signature of the head is invalid.
    HeadSignature {
        /// The entry that the head names.
        seq: u64,
    },
    /// An entry is not a JSON object.
    Malformed {
        /// The entry.
        seq: u64,
    },
    /// An entry that was seen before has changed.
    Replaced {
        /// The entry.
        seq: u64,
    },
    /// The log ends before an entry that was seen before.
    RolledBack {
        /// The entry that was seen.
        seen: u64,
        /// The last entry.
        found: u64,
    },
    /// An entry is missing, duplicated, or out of order.
    Sequence {
        /// The expected number.
        expected: u64,
        /// The number found.
        found: u64,
    },
    /// The previous hash of an entry does not match the entry before it.
    Unlinked {
        /// The entry.
        seq: u64,
    },
}

impl fmt::Display for LogFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed { seq } => write!(f, "entry {seq} was modified: its hash does not match its content"),
            Self::HeadHash { seq } => write!(f, "the hash of the head does not match entry {seq}"),
            Self::HeadKey { key: Some(key) } => write!(f, "the head is signed by an untrusted key, {key}"),
            Self::HeadKey { key: None } => f.write_str("the head names no key"),
            Self::HeadSequence { last, head } => write!(
                f,
                "the head names entry {head}, but the last entry is {last}: entries were removed or added at the end"
            ),
            Self::HeadSignature { seq } => write!(f, "the signature of the head, entry {seq}, is invalid"),
            Self::Malformed { seq } => write!(f, "entry {seq} is not a JSON object"),
            Self::Replaced { seq } => write!(f, "entry {seq} differs from the one seen before"),
            Self::RolledBack { seen, found } => write!(
                f,
                "the log was rolled back: it ends with entry {found}, but entry {seen} was seen before"
            ),
            Self::Sequence { expected, found } => {
                write!(f, "entry {expected} is missing or out of order: found entry {found}")
            }
            Self::Unlinked { seq } => write!(
                f,
                "entry {seq} does not follow the entry before it: its previous hash differs"
            ),
        }
    }
}

impl std::error::Error for LogFault {}
