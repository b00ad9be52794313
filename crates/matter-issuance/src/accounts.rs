use std::collections::BTreeMap;
use std::fmt;

use matter_attestation::Certificate;
use matter_ledger::{Issuance, IssuanceState, IssuingOrder, Ledger, LogRow, OrderState};
use serde::Deserialize;

use crate::{Error, KeyHash, State};

/// The state that a log implies for its ledger. Without this comparison, deleting a ledger row would free a place, or
/// allow a second certificate for a key, while the log still verifies.
///
/// The entries must come from a log that [`Log`](crate::Log) has verified.
#[derive(Clone, Debug, Default)]
pub struct Accounts {
    last: u64,
    keys: BTreeMap<KeyHash, Account>,
    orders: BTreeMap<String, OrderAccount>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Account {
    order: Option<String>,
    device: String,
    state: IssuanceState,
    serial: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct OrderAccount {
    size: u32,
    ids: [Option<String>; 2],
    state: OrderState,
    opened_by: Option<String>,
    approved_by: Option<String>,
}

/// The members of an entry that describe keys and orders.
#[derive(Deserialize)]
struct LoggedDecision {
    event: String,
    order: Option<String>,
    size: Option<u32>,
    vendor_id: Option<String>,
    product_id: Option<String>,
    device: Option<String>,
    key: Option<String>,
    old_key: Option<String>,
    certificate_serial: Option<String>,
    operator: Option<String>,
    code: Option<String>,
}

/// The first difference between ledger and log.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Discrepancy {
    /// The ledger has a different certificate, or a certificate for a different key.
    Certificate {
        /// The key.
        key: KeyHash,
    },
    /// The key's state differs: `None` where it is missing.
    Key {
        /// The key.
        key: KeyHash,
        /// The state in the log.
        log: Option<State>,
        /// The state in the ledger.
        ledger: Option<State>,
    },
    /// The order differs, or is missing on one side.
    Order {
        /// The order.
        order: String,
    },
    /// The key belongs to a different order or device.
    Owner {
        /// The key.
        key: KeyHash,
    },
}

impl fmt::Display for Discrepancy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = |state: &Option<State>| state.map_or("nothing", State::name);
        match self {
            Self::Certificate { key } => write!(
                f,
                "the certificate of key {key} in the ledger differs from that in the log"
            ),
            Self::Key { key, log, ledger } => write!(
                f,
                "key {key} is {} in the log and {} in the ledger",
                state(log),
                state(ledger)
            ),
            Self::Order { order } => write!(f, "order {order} in the ledger differs from that in the log"),
            Self::Owner { key } => write!(
                f,
                "the order or device of key {key} in the ledger differs from that in the log"
            ),
        }
    }
}

impl std::error::Error for Discrepancy {}

impl Accounts {
    /// Creates the state before the first entry.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the next entry. An entry that is not about keys or orders changes nothing.
    pub fn add(&mut self, row: &LogRow) {
        self.last = row.seq;
        if let Ok(entry) = serde_json::from_str::<LoggedDecision>(&row.entry) {
            self.apply(entry);
        }
    }

    fn apply(&mut self, entry: LoggedDecision) {
        let key = entry.key.as_deref().and_then(|key| key.parse::<KeyHash>().ok());
        let old_key = entry.old_key.as_deref().and_then(|key| key.parse::<KeyHash>().ok());
        let order = entry.order.clone();
        let mut advance = |key: Option<KeyHash>, state, serial: Option<String>| {
            if let Some(account) = key.and_then(|key| self.keys.get_mut(&key)) {
                account.state = state;
                account.serial = serial.or_else(|| account.serial.take());
            }
        };
        match entry.event.as_str() {
            "signed" => advance(key, IssuanceState::Signed, entry.certificate_serial),
            "installed" => advance(key, IssuanceState::Installed, None),
            "proved" => advance(key, IssuanceState::Proved, None),
            "new-key" => advance(old_key, IssuanceState::Retired, None),
            "refused" if entry.code.as_deref() == Some("certificate-too-long") => {
                advance(key, IssuanceState::Retired, None);
            }
            "csr-ok" | "certificate-recorded" => {
                let is_recorded = entry.certificate_serial.is_some();
                let account = Account {
                    order,
                    device: entry.device.unwrap_or_default(),
                    state: if is_recorded {
                        IssuanceState::Signed
                    } else {
                        IssuanceState::CsrOk
                    },
                    serial: entry.certificate_serial,
                };
                if let Some(key) = key {
                    self.keys.insert(key, account);
                }
            }
            "order-opened" | "order-proposed" => {
                let account = OrderAccount {
                    size: entry.size.unwrap_or_default(),
                    ids: [entry.vendor_id, entry.product_id],
                    state: if entry.event == "order-opened" {
                        OrderState::Open
                    } else {
                        OrderState::Proposed
                    },
                    opened_by: entry.operator,
                    approved_by: None,
                };
                self.orders.insert(order.unwrap_or_default(), account);
            }
            "order-approved" => {
                if let Some(account) = order.and_then(|order| self.orders.get_mut(&order)) {
                    account.state = OrderState::Open;
                    account.approved_by = entry.operator;
                }
            }
            "order-closed" => {
                if let Some(account) = order.and_then(|order| self.orders.get_mut(&order)) {
                    account.state = OrderState::Closed;
                }
            }
            _ => {}
        }
    }

    /// Compares the ledger with the log, including entries added since.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`] when the ledger is unavailable; [`Discrepancy`] with the first difference.
    pub fn compare(self, ledger: &mut Ledger) -> Result<Result<(), Discrepancy>, Error> {
        ledger.look_up(|issuing| {
            let mut accounts = self.clone();
            for row in issuing.log_after(accounts.last)? {
                accounts.add(&row);
            }
            let mut found = Ok(());
            issuing.each_issuance(|issuance| {
                if found.is_ok() {
                    found = accounts.check(issuance);
                }
            })?;
            let missing = accounts.keys.iter().next().map(|(key, account)| Discrepancy::Key {
                key: *key,
                log: Some(account.state.into()),
                ledger: None,
            });
            for order in issuing.orders()? {
                found = found.and_then(|()| accounts.check_order(&order));
            }
            let lost = accounts.orders.keys().next().cloned();
            let lost = lost.map(|order| Discrepancy::Order { order });
            Ok(found.and_then(|()| missing.or(lost).map_or(Ok(()), Err)))
        })
    }

    /// Compares one row of the ledger.
    fn check(&mut self, issuance: &Issuance) -> Result<(), Discrepancy> {
        let key = KeyHash::new(issuance.key_sha256);
        let account = self.keys.remove(&key);
        let states = (account.as_ref().map(|account| account.state), Some(issuance.state));
        let (Some(account), true) = (account, states.0 == states.1) else {
            return Err(Discrepancy::Key {
                key,
                log: states.0.map(State::from),
                ledger: states.1.map(State::from),
            });
        };
        if account.order != issuance.order || account.order.is_some() && account.device != issuance.device {
            return Err(Discrepancy::Owner { key });
        }
        let dac = issuance.dac.as_deref().map(Certificate::from_der).transpose();
        let is_own = match (&account.serial, &dac) {
            (None, Ok(None)) => true,
            (Some(serial), Ok(Some(dac))) => {
                *serial == dac.serial().to_string() && KeyHash::of(&dac.public_key()) == key
            }
            _ => false,
        };
        if is_own {
            Ok(())
        } else {
            Err(Discrepancy::Certificate { key })
        }
    }

    fn check_order(&mut self, order: &IssuingOrder) -> Result<(), Discrepancy> {
        let hex = |id: Option<u16>| id.map(|id| format!("{id:04X}"));
        let found = OrderAccount {
            size: order.size,
            ids: [hex(order.vendor_id), hex(order.product_id)],
            state: order.state,
            opened_by: order.opened_by.clone(),
            approved_by: order.approved_by.clone(),
        };
        let account = self.orders.remove(&order.id);
        // An order used only by runs has no operator and no entry.
        let is_of_runs = account.is_none() && order.opened_by.is_none() && order.vendor_id.is_none();
        if is_of_runs || account.as_ref() == Some(&found) {
            return Ok(());
        }
        let order = order.id.clone();
        Err(Discrepancy::Order { order })
    }
}
