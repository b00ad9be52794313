//! Transactions that record their decisions in the log.

use matter_attestation::PublicKey;
use matter_ledger::{Issuing, Ledger, LogHead};
use serde::Serialize;

use crate::{Error, KeyHash, LogFault, LogSigner, Refusal, log};

/// A log entry of a decision. Absent members are omitted.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Entry {
    pub(crate) event: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) order: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) size: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) vendor_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) product_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) device: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) old_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) certificate_serial: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) image_sha256: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) station: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) operator: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) log: Option<String>,
    /// Set when the entry is written.
    pub(crate) tool: String,
}

impl Entry {
    pub(crate) fn new(event: &'static str) -> Self {
        Self {
            event,
            ..Self::default()
        }
    }

    pub(crate) fn refused(refusal: &Refusal) -> Self {
        Self {
            code: Some(refusal.code()),
            reason: Some(refusal.to_string()),
            ..Self::new("refused")
        }
    }

    fn into_json(mut self, tool: &str) -> String {
        tool.clone_into(&mut self.tool);
        // Only strings and numbers: serialization cannot fail.
        serde_json::to_string(&self).unwrap_or_default()
    }
}

/// Writes the log, and detects modifications by others.
#[derive(Debug)]
pub(crate) struct Journal {
    signer: LogSigner,
    trusted: Vec<PublicKey>,
    tool: String,
    /// The head after the last transaction.
    seen: Option<LogHead>,
}

impl Journal {
    pub(crate) fn new(signer: LogSigner, trusted: &[PublicKey], tool: &str) -> Self {
        let mut trusted = trusted.to_vec();
        trusted.push(signer.public_key());
        Self {
            signer,
            trusted,
            tool: tool.to_owned(),
            seen: None,
        }
    }

    pub(crate) fn trust(&mut self, key: PublicKey) {
        self.trusted.push(key);
    }

    /// Runs `work` in a transaction that ends with appending its entries and signing the head.
    ///
    /// A head that was modified without a trusted key is never extended, because signing it would make the modification
    /// valid.
    pub(crate) fn transact<T>(
        &mut self,
        ledger: &mut Ledger,
        mut work: impl FnMut(&mut Issuing<'_>, &mut Vec<Entry>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let (value, head) = ledger.issuing(|issuing| {
            let head = issuing.head()?;
            self.check(&head)?;
            let mut entries = Vec::new();
            let value = work(issuing, &mut entries)?;
            let head = self.append(issuing, head, entries)?;
            Ok::<_, Error>((value, head))
        })?;
        self.seen = Some(head);
        Ok(value)
    }

    fn check(&self, head: &LogHead) -> Result<(), LogFault> {
        if let Some(seen) = &self.seen {
            if seen == head {
                return Ok(());
            }
            if head.seq < seen.seq {
                return Err(LogFault::RolledBack {
                    seen: seen.seq,
                    found: head.seq,
                });
            }
            if head.seq == seen.seq && head.hash != seen.hash {
                return Err(LogFault::Replaced { seq: head.seq });
            }
        }
        log::check_head(head, &self.trusted).map(|_| ())
    }

    fn append(&self, issuing: &mut Issuing<'_>, head: LogHead, entries: Vec<Entry>) -> Result<LogHead, Error> {
        if entries.is_empty() {
            return Ok(head);
        }
        let time = issuing.now().to_owned();
        let mut rows = Vec::with_capacity(entries.len() + 1);
        let mut last = head;
        let mut add = |last: &mut LogHead, entry: Entry| {
            let row = log::next_row(last, &time, entry.into_json(&self.tool));
            (last.seq, last.hash) = (row.seq, row.hash);
            rows.push(row);
        };
        if last.seq == 0 {
            let started = Entry {
                log: Some(KeyHash::new(random()?).to_string()),
                ..Entry::new("log-started")
            };
            add(&mut last, started);
        }
        for entry in entries {
            add(&mut last, entry);
        }
        let head = log::sign_head(last.seq, last.hash, &self.signer)?;
        issuing.append(&rows, &head)?;
        Ok(head)
    }
}

pub(crate) fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| Error::Random)?;
    Ok(bytes)
}
