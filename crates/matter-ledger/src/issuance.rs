mod orders;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::clock::now;
use crate::statements::{Fault, Purpose, Row, Statements, Value};
use crate::tables::ISSUANCE;
use crate::{Error, Ledger, LedgerPlace};

pub use orders::{IssuingOrder, NewOrder, OrderState};

/// The state of a certificate's issuance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum IssuanceState {
    /// The request is accepted and counted in the order.
    CsrOk,
    /// The certificate is signed.
    Signed,
    /// The device has the certificate.
    Installed,
    /// The device has proved possession of the certificate's key.
    Proved,
    /// The key is retired.
    Retired,
}

impl IssuanceState {
    /// Returns the name in the ledger.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CsrOk => "CSR_OK",
            Self::Signed => "SIGNED",
            Self::Installed => "INSTALLED",
            Self::Proved => "PROVED",
            Self::Retired => "RETIRED",
        }
    }

    fn of(name: &str) -> Option<Self> {
        [Self::CsrOk, Self::Signed, Self::Installed, Self::Proved, Self::Retired]
            .into_iter()
            .find(|state| state.name() == name)
    }
}

/// A certificate, issued or in progress.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Issuance {
    /// Its ID in the ledger.
    pub id: i64,
    /// The order; `None` for a certificate that was recorded without one.
    pub order: Option<String>,
    /// The device, or the common name where there is no order.
    pub device: String,
    /// SHA-256 of the public key's uncompressed point.
    pub key_sha256: [u8; 32],
    /// The state.
    pub state: IssuanceState,
    /// The uncompressed point.
    pub public_key: Vec<u8>,
    /// The certificate in DER, from [`IssuanceState::Signed`] on.
    pub dac: Option<Vec<u8>>,
    /// The requester.
    pub station: String,
    /// The time of the last change, in UTC.
    pub changed: String,
}

impl Issuance {
    /// Makes the issuance of a request accepted in this transaction, before it has an ID.
    #[must_use]
    pub fn accepted(order: &str, device: &str, key_sha256: [u8; 32], public_key: &[u8], station: &str) -> Self {
        Self {
            id: 0,
            order: Some(order.to_owned()),
            device: device.to_owned(),
            key_sha256,
            state: IssuanceState::CsrOk,
            public_key: public_key.to_vec(),
            dac: None,
            station: station.to_owned(),
            changed: String::new(),
        }
    }
}

/// A certificate to be recorded, issued or not.
#[derive(Clone, Debug)]
pub struct NewIssuance {
    /// The order; `None` for a certificate that is recorded without one.
    pub order: Option<String>,
    /// The device, or the common name where there is no order.
    pub device: String,
    /// SHA-256 of the public key's uncompressed point.
    pub key_sha256: [u8; 32],
    /// The uncompressed point.
    pub public_key: Vec<u8>,
    /// The requester.
    pub station: String,
    /// The certificate, if already issued.
    pub certificate: Option<NewCertificate>,
}

/// A signed certificate.
#[derive(Clone, Debug)]
pub struct NewCertificate {
    /// The certificate in DER.
    pub der: Vec<u8>,
    /// The content bytes of the serial number.
    pub serial: Vec<u8>,
    /// The subject, for people.
    pub subject: String,
}

/// An atomic transaction in which certificates are issued.
///
/// Such transactions run one at a time, across all processes that use the ledger.
pub struct Issuing<'a> {
    pub(crate) statements: &'a mut dyn Statements,
    place: &'a LedgerPlace,
    now: &'a str,
    /// The last fault of the engine, which decides whether the transaction is repeated.
    fault: Option<Fault>,
}

impl fmt::Debug for Issuing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issuing").finish_non_exhaustive()
    }
}

impl Ledger {
    /// Runs `work` in one transaction. On error, the transaction is rolled back.
    ///
    /// `work` may be called more than once: earlier attempts are rolled back.
    ///
    /// # Errors
    ///
    /// The errors of `work`; [`Error::Unavailable`] when the ledger is unavailable, [`Error::Unusable`] when it cannot be
    /// written.
    pub fn issuing<T, E: From<Error>>(&mut self, work: impl FnMut(&mut Issuing<'_>) -> Result<T, E>) -> Result<T, E> {
        self.issuing_for(Purpose::Write, work)
    }

    /// Runs queries on a consistent snapshot, concurrently with writers.
    ///
    /// # Errors
    ///
    /// As [`Ledger::issuing`]; writing fails.
    pub fn look_up<T, E: From<Error>>(&mut self, work: impl FnMut(&mut Issuing<'_>) -> Result<T, E>) -> Result<T, E> {
        self.issuing_for(Purpose::Read, work)
    }

    fn issuing_for<T, E: From<Error>>(
        &mut self,
        purpose: Purpose,
        mut work: impl FnMut(&mut Issuing<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let (now, place) = (now()?, self.place.clone());
        // The error of the work itself, which rolls back the transaction.
        let mut refused = None;
        let done = self.transaction(purpose, |statements| {
            let mut issuing = Issuing {
                statements,
                place: &place,
                now: &now,
                fault: None,
            };
            refused = None;
            let done = work(&mut issuing);
            match (issuing.fault, done) {
                (Some(fault), _) => Err(fault),
                (None, Ok(value)) => Ok(value),
                (None, Err(error)) => {
                    refused = Some(error);
                    Err(Error::unusable(&place, "a transaction was given up").into())
                }
            }
        });
        match refused {
            Some(error) => Err(error),
            None => Ok(done?),
        }
    }
}

const COLUMNS: &str = "id, order_id, device, key_sha256, state, public_key, dac, station, changed";

impl Issuing<'_> {
    /// Returns the start time of the transaction, in UTC in RFC 3339 format.
    #[must_use]
    pub fn now(&self) -> &str {
        self.now
    }

    /// Runs statements. A fault of the engine ends the transaction, even if the caller ignores the error.
    pub(crate) fn run<T>(&mut self, work: impl FnOnce(&mut dyn Statements) -> Result<T, Fault>) -> Result<T, Error> {
        work(self.statements).map_err(|fault| {
            let error = Error::unusable(self.place, &fault);
            self.fault = Some(fault);
            error
        })
    }

    /// Returns the issuances of some keys, including retired ones.
    ///
    /// # Errors
    ///
    /// As [`Ledger::issuing`].
    pub fn by_key(&mut self, keys: &[[u8; 32]]) -> Result<BTreeMap<[u8; 32], Issuance>, Error> {
        let values = distinct(keys);
        self.run(|statements| {
            let rows = select(statements, COLUMNS, "issuance", "key_sha256", "", &values)?;
            let found = rows.iter().map(|row| Ok((hash(row, 3)?, issuance(row)?)));
            found.collect()
        })
    }

    /// Returns the active issuances of some devices: at most one key each.
    ///
    /// # Errors
    ///
    /// As [`Ledger::issuing`].
    pub fn by_device(&mut self, devices: &[&str]) -> Result<BTreeMap<String, Issuance>, Error> {
        let devices: BTreeSet<&str> = devices.iter().copied().collect();
        let values: Vec<Value> = devices.into_iter().map(Value::from).collect();
        let live = " AND order_id IS NOT NULL AND state <> 'RETIRED'";
        self.run(|statements| {
            let rows = select(statements, COLUMNS, "issuance", "device", live, &values)?;
            let found = rows.iter().map(|row| Ok((row.get(2)?, issuance(row)?)));
            found.collect()
        })
    }

    /// Calls `see` for each issuance, including retired ones.
    ///
    /// # Errors
    ///
    /// As [`Ledger::issuing`].
    pub fn each_issuance(&mut self, mut see: impl FnMut(&Issuance)) -> Result<(), Error> {
        let sql = format!("SELECT {COLUMNS} FROM issuance ORDER BY id");
        self.run(|statements| {
            statements.each(&sql, &[], &mut |row| {
                see(&issuance(&row)?);
                Ok(())
            })
        })
    }

    /// Returns those of some keys that belong to devices of runs.
    ///
    /// # Errors
    ///
    /// As [`Ledger::issuing`].
    pub fn keys_of_runs(&mut self, keys: &[[u8; 32]]) -> Result<BTreeSet<[u8; 32]>, Error> {
        let values = distinct(keys);
        self.run(|statements| {
            let rows = select(statements, "key_sha256", "device", "key_sha256", "", &values)?;
            rows.iter().map(|row| hash(row, 0)).collect()
        })
    }

    /// Returns those of some serial numbers that certificates in the ledger use.
    ///
    /// # Errors
    ///
    /// As [`Ledger::issuing`].
    pub fn known_serials(&mut self, serials: &[&[u8]]) -> Result<BTreeSet<Vec<u8>>, Error> {
        let values: Vec<Value> = serials.iter().map(|serial| Value::from(*serial)).collect();
        self.run(|statements| {
            let mut known = BTreeSet::new();
            for row in select(statements, "dac_serial", "issuance", "dac_serial", "", &values)? {
                known.insert(row.get(0)?);
            }
            Ok(known)
        })
    }

    /// Adds certificates: in state [`IssuanceState::Signed`] if there is one, otherwise [`IssuanceState::CsrOk`].
    ///
    /// # Errors
    ///
    /// As [`Ledger::issuing`]; also for a known key or serial number.
    pub fn add(&mut self, new: &[NewIssuance]) -> Result<(), Error> {
        let now = self.now;
        self.run(|statements| {
            for issuance in new {
                let certificate = issuance.certificate.as_ref();
                let state = match certificate {
                    Some(_) => IssuanceState::Signed,
                    None => IssuanceState::CsrOk,
                };
                let values = [
                    issuance.order.as_deref().into(),
                    (&issuance.device).into(),
                    (&issuance.key_sha256).into(),
                    state.name().into(),
                    (&issuance.public_key).into(),
                    certificate.map(|certificate| &certificate.der).into(),
                    certificate.map(|certificate| &certificate.serial).into(),
                    certificate.map(|certificate| &certificate.subject).into(),
                    (&issuance.station).into(),
                    now.into(),
                    now.into(),
                ];
                ISSUANCE.insert(statements, &values)?;
            }
            Ok(())
        })
    }

    /// Stores a certificate for a key in [`IssuanceState::CsrOk`]; returns whether it was in that state.
    ///
    /// # Errors
    ///
    /// As [`Ledger::issuing`].
    pub fn sign(&mut self, key: &[u8; 32], certificate: &NewCertificate) -> Result<bool, Error> {
        let set = [
            ("state", IssuanceState::Signed.name().into()),
            ("dac", (&certificate.der).into()),
            ("dac_serial", (&certificate.serial).into()),
            ("subject", (&certificate.subject).into()),
            ("changed", self.now.into()),
        ];
        self.change(&set, key, IssuanceState::CsrOk)
    }

    /// Changes the state of a key; returns whether it was in the first state.
    ///
    /// # Errors
    ///
    /// As [`Ledger::issuing`].
    pub fn advance(&mut self, key: &[u8; 32], from: IssuanceState, to: IssuanceState) -> Result<bool, Error> {
        let set = [("state", to.name().into()), ("changed", self.now.into())];
        self.change(&set, key, from)
    }

    fn change(&mut self, set: &[(&str, Value)], key: &[u8; 32], from: IssuanceState) -> Result<bool, Error> {
        let key = [("key_sha256", key.into()), ("state", from.name().into())];
        self.run(|statements| Ok(ISSUANCE.update(statements, set, &key)? > 0))
    }
}

/// Removes duplicate keys.
fn distinct(keys: &[[u8; 32]]) -> Vec<Value> {
    let keys: BTreeSet<&[u8; 32]> = keys.iter().collect();
    keys.into_iter().map(Value::from).collect()
}

/// Selects the rows whose `column` has one of the values, a few hundred values at a time.
fn select(
    statements: &mut dyn Statements,
    columns: &str,
    table: &str,
    column: &str,
    condition: &str,
    values: &[Value],
) -> Result<Vec<Row>, Fault> {
    let mut rows = Vec::new();
    let mut rest = values;
    while !rest.is_empty() {
        // Few different statements: each is prepared once.
        let len = [256, 64, 16, 4, 1].into_iter().find(|len| *len <= rest.len());
        let (part, after) = rest.split_at_checked(len.unwrap_or(1)).unwrap_or((rest, &[]));
        let places: Vec<String> = (1..=part.len()).map(|number| format!("${number}")).collect();
        let places = places.join(", ");
        let sql = format!("SELECT {columns} FROM {table} WHERE {column} IN ({places}){condition}");
        rows.append(&mut statements.query(&sql, part)?);
        rest = after;
    }
    Ok(rows)
}

fn issuance(row: &Row) -> Result<Issuance, Fault> {
    let state: String = row.get(4)?;
    Ok(Issuance {
        id: row.get(0)?,
        order: row.get(1)?,
        device: row.get(2)?,
        key_sha256: hash(row, 3)?,
        state: IssuanceState::of(&state).ok_or(Fault::Cell(4))?,
        public_key: row.get::<Option<Vec<u8>>>(5)?.unwrap_or_default(),
        dac: row.get(6)?,
        station: row.get::<Option<String>>(7)?.unwrap_or_default(),
        changed: row.get(8)?,
    })
}

pub(crate) fn hash(row: &Row, index: usize) -> Result<[u8; 32], Fault> {
    let bytes: Vec<u8> = row.get(index)?;
    bytes.try_into().map_err(|_| Fault::Cell(index))
}
