use matter_attestation::{Certificate, PublicKey};
use matter_ledger::{Issuance, IssuanceState, Issuing, IssuingOrder, Ledger, LogHead, LogRow, NewIssuance, NewOrder};
use matter_ledger::{NewCertificate, OrderState};

use crate::journal::{Entry, Journal};
use crate::{DeviceId, Error, KeyHash, LogSigner, Refusal, State};

/// Maintains ledger and log: opens orders, records certificates issued elsewhere and the states of devices.
///
/// Every decision is in the log when the call returns.
#[derive(Debug)]
pub struct Registrar {
    pub(crate) ledger: Ledger,
    pub(crate) journal: Journal,
}

/// The ledger's information about a key.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct KnownKey {
    /// The order; `None` for a certificate that was recorded without one.
    pub order: Option<String>,
    /// The device, or the common name where there is no order.
    pub device: String,
    /// The hash of the key.
    pub key: KeyHash,
    /// The state of the key.
    pub state: State,
    /// The certificate, from [`State::Signed`] on.
    pub dac: Option<Certificate>,
    /// The station that requested it.
    pub station: String,
    /// The time of the last change of state, in UTC.
    pub changed: String,
}

/// A device's proof of possession of its DAC's key: a verified signature of a nonce and of the data read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The key.
    pub key: KeyHash,
    /// SHA-256 of the data that the device read back.
    pub image_sha256: [u8; 32],
}

/// The usage of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OrderUse {
    /// The order.
    pub order: IssuingOrder,
    /// Number of places taken.
    pub used: u64,
    /// Number of keys in each state, by state name.
    pub states: Vec<(String, u64)>,
}

impl Registrar {
    /// Creates a registrar from a ledger and the key that signs its log. `tool`, with its version, is recorded in the
    /// log.
    #[must_use]
    pub fn new(ledger: Ledger, log: LogSigner, tool: &str) -> Self {
        Self {
            ledger,
            journal: Journal::new(log, &[], tool),
        }
    }

    /// Adds a key that another station or service uses to sign the log of the same ledger.
    #[must_use]
    pub fn with_trusted_log_key(mut self, key: PublicKey) -> Self {
        self.journal.trust(key);
        self
    }

    /// Opens an order, or proposes it if a second operator must approve it.
    ///
    /// # Errors
    ///
    /// [`Refusal::OrderKnown`], [`Refusal::OrderMalformed`], [`Refusal::OperatorMalformed`]; [`Error`] when the ledger
    /// or the log's signer is unavailable.
    pub fn open_order(&mut self, new: &NewOrder) -> Result<Result<(), Refusal>, Error> {
        if !is_name(&new.id) || new.size == 0 {
            return Ok(Err(Refusal::OrderMalformed));
        }
        if !is_name(&new.operator) {
            return Ok(Err(Refusal::OperatorMalformed));
        }
        self.journal.transact(&mut self.ledger, |issuing, log| {
            if !issuing.open_order(new)? {
                return Ok(Err(Refusal::OrderKnown { order: new.id.clone() }));
            }
            log.push(Entry {
                size: Some(new.size),
                vendor_id: Some(format!("{:04X}", new.vendor_id)),
                product_id: Some(format!("{:04X}", new.product_id)),
                ..of_order(
                    if new.needs_approval {
                        "order-proposed"
                    } else {
                        "order-opened"
                    },
                    &new.id,
                    &new.operator,
                )
            });
            Ok(Ok(()))
        })
    }

    /// Approves a proposed order, which then accepts devices.
    ///
    /// # Errors
    ///
    /// [`Refusal::SameOperator`], [`Refusal::OrderUnknown`], [`Refusal::OrderNotProposed`], [`Refusal::OperatorMalformed`];
    /// [`Error`] when the ledger or the log's signer is unavailable.
    pub fn approve_order(&mut self, id: &str, operator: &str) -> Result<Result<(), Refusal>, Error> {
        if !is_name(operator) {
            return Ok(Err(Refusal::OperatorMalformed));
        }
        let order_id = || id.to_owned();
        self.journal.transact(&mut self.ledger, |issuing, log| {
            let Some(order) = issuing.order(id)? else {
                return Ok(Err(Refusal::OrderUnknown { order: order_id() }));
            };
            if order.state != OrderState::Proposed {
                return Ok(Err(Refusal::OrderNotProposed { order: order_id() }));
            }
            if order.opened_by.is_some_and(|opened_by| is_same(&opened_by, operator)) {
                let operator = operator.to_owned();
                let refusal = Refusal::SameOperator { operator };
                log.push(Entry {
                    order: Some(order_id()),
                    ..Entry::refused(&refusal)
                });
                return Ok(Err(refusal));
            }
            issuing.approve_order(id, operator)?;
            log.push(of_order("order-approved", id, operator));
            Ok(Ok(()))
        })
    }

    /// Closes an order: no further device gets a certificate. Issued certificates are unaffected.
    ///
    /// # Errors
    ///
    /// [`Refusal::OrderUnknown`], [`Refusal::OrderClosed`], [`Refusal::OperatorMalformed`]; [`Error`] when the ledger
    /// or the log's signer is unavailable.
    pub fn close_order(&mut self, id: &str, operator: &str) -> Result<Result<(), Refusal>, Error> {
        if !is_name(operator) {
            return Ok(Err(Refusal::OperatorMalformed));
        }
        let order_id = || id.to_owned();
        self.journal.transact(&mut self.ledger, |issuing, log| {
            match issuing.order(id)? {
                None => return Ok(Err(Refusal::OrderUnknown { order: order_id() })),
                Some(order) if order.state == OrderState::Closed => {
                    return Ok(Err(Refusal::OrderClosed { order: order_id() }));
                }
                Some(_) => issuing.close_order(id)?,
            }
            log.push(of_order("order-closed", id, operator));
            Ok(Ok(()))
        })
    }

    /// Looks up an order.
    ///
    /// # Errors
    ///
    /// [`Error`] when the ledger is unavailable.
    pub fn order(&mut self, id: &str) -> Result<Option<OrderUse>, Error> {
        OrderUse::read(&mut self.ledger, id)
    }

    /// Looks up a key.
    ///
    /// # Errors
    ///
    /// [`Error`] when the ledger is unavailable or damaged.
    pub fn find_key(&mut self, key: KeyHash) -> Result<Option<KnownKey>, Error> {
        let found = self
            .ledger
            .look_up(|issuing| Ok::<_, Error>(issuing.by_key(&[*key.as_bytes()])?.into_values().next()))?;
        found.map(KnownKey::new).transpose()
    }

    /// Looks up the key that a device uses.
    ///
    /// # Errors
    ///
    /// [`Error`] when the ledger is unavailable or damaged.
    pub fn find_device(&mut self, device: &DeviceId) -> Result<Option<KnownKey>, Error> {
        let found = self
            .ledger
            .look_up(|issuing| Ok::<_, Error>(issuing.by_device(&[device.as_str()])?.into_values().next()))?;
        found.map(KnownKey::new).transpose()
    }

    /// Records that devices have their DACs; repeating it changes nothing.
    ///
    /// # Errors
    ///
    /// [`Refusal::KeyUnknown`], [`Refusal::KeyRetired`], [`Refusal::WrongState`] for each; [`Error`] when the ledger or
    /// the log's signer is unavailable, and nothing is recorded.
    pub fn installed(&mut self, keys: &[KeyHash]) -> Result<Vec<Result<(), Refusal>>, Error> {
        let steps: Vec<_> = keys.iter().map(|key| (*key, None)).collect();
        self.advance(&steps, IssuanceState::Signed, IssuanceState::Installed, "installed")
    }

    /// Records that devices have proved possession of their keys; repeating it changes nothing.
    ///
    /// # Errors
    ///
    /// See [`Registrar::installed`].
    pub fn proved(&mut self, proofs: &[Proof]) -> Result<Vec<Result<(), Refusal>>, Error> {
        let steps: Vec<_> = proofs
            .iter()
            .map(|proof| (proof.key, Some(KeyHash::new(proof.image_sha256).to_string())))
            .collect();
        self.advance(&steps, IssuanceState::Installed, IssuanceState::Proved, "proved")
    }

    fn advance(
        &mut self,
        steps: &[(KeyHash, Option<String>)],
        from: IssuanceState,
        to: IssuanceState,
        event: &'static str,
    ) -> Result<Vec<Result<(), Refusal>>, Error> {
        let keys: Vec<[u8; 32]> = steps.iter().map(|(key, _)| *key.as_bytes()).collect();
        self.journal.transact(&mut self.ledger, |issuing, log| {
            let mut known = issuing.by_key(&keys)?;
            let mut results = Vec::with_capacity(steps.len());
            for (key, image) in steps {
                let Some(issuance) = known.get_mut(key.as_bytes()).filter(|known| known.order.is_some()) else {
                    results.push(Err(Refusal::KeyUnknown));
                    continue;
                };
                results.push(match issuance.state {
                    IssuanceState::Retired => Err(Refusal::KeyRetired),
                    state if state >= to => Ok(()),
                    state if state == from => {
                        issuing.advance(key.as_bytes(), from, to)?;
                        issuance.state = to;
                        log.push(Entry {
                            image_sha256: image.clone(),
                            ..of_issuance(event, issuance)
                        });
                        Ok(())
                    }
                    state => Err(Refusal::WrongState {
                        state: state.into(),
                        wanted: to.into(),
                    }),
                });
            }
            Ok(results)
        })
    }

    /// Records that a device was refused, and the reason.
    ///
    /// # Errors
    ///
    /// [`Error`] when the ledger or the log's signer is unavailable.
    pub fn refuse(&mut self, device: &DeviceId, station: &str, refusal: &Refusal) -> Result<(), Error> {
        self.journal.transact(&mut self.ledger, |_, log| {
            log.push(Entry {
                device: Some(device.to_string()),
                station: Some(station.to_owned()),
                ..Entry::refused(refusal)
            });
            Ok(())
        })
    }

    /// Records certificates that were issued without an order: of a PAA, PAIs, or DACs. Records all of them or none.
    ///
    /// # Errors
    ///
    /// [`Refusal::KeyKnown`] or [`Refusal::SerialKnown`] when the ledger has a certificate with the same key or serial
    /// number, [`Refusal::OperatorMalformed`]; [`Error`] when the ledger or the log's signer is unavailable.
    pub fn record(&mut self, certificates: &[Certificate], operator: &str) -> Result<Result<(), Refusal>, Error> {
        if !is_name(operator) {
            return Ok(Err(Refusal::OperatorMalformed));
        }
        let keys: Vec<KeyHash> = certificates.iter().map(|one| KeyHash::of(&one.public_key())).collect();
        let hashes: Vec<[u8; 32]> = keys.iter().map(|key| *key.as_bytes()).collect();
        let serials: Vec<_> = certificates.iter().map(Certificate::serial).collect();
        self.journal.transact(&mut self.ledger, |issuing, log| {
            let mut known_keys = issuing.keys_of_runs(&hashes)?;
            known_keys.extend(issuing.by_key(&hashes)?.into_keys());
            let bytes: Vec<&[u8]> = serials.iter().map(|serial| serial.as_bytes()).collect();
            let mut known_serials = issuing.known_serials(&bytes)?;
            let mut new = Vec::with_capacity(certificates.len());
            for (certificate, key) in certificates.iter().zip(&keys) {
                let serial = certificate.serial();
                let refusal = if !known_keys.insert(*key.as_bytes()) {
                    Some(Refusal::KeyKnown)
                } else if !known_serials.insert(serial.as_bytes().to_vec()) {
                    Some(Refusal::SerialKnown { serial })
                } else {
                    None
                };
                if let Some(refusal) = refusal {
                    log.clear();
                    log.push(Entry {
                        key: Some(key.to_string()),
                        certificate_serial: Some(serial.to_string()),
                        operator: Some(operator.to_owned()),
                        ..Entry::refused(&refusal)
                    });
                    return Ok(Err(refusal));
                }
                log.push(Entry {
                    key: Some(key.to_string()),
                    certificate_serial: Some(serial.to_string()),
                    subject: Some(subject_of(certificate)),
                    operator: Some(operator.to_owned()),
                    ..Entry::new("certificate-recorded")
                });
                new.push(NewIssuance {
                    order: None,
                    device: certificate.common_name().unwrap_or_default().to_owned(),
                    key_sha256: *key.as_bytes(),
                    public_key: certificate.public_key().as_bytes().to_vec(),
                    station: operator.to_owned(),
                    certificate: Some(stored(certificate)),
                });
            }
            issuing.add(&new)?;
            Ok(Ok(()))
        })
    }

    /// Returns the complete log and its head, unverified.
    ///
    /// # Errors
    ///
    /// [`Error`] when the ledger is unavailable or damaged.
    pub fn log(&mut self) -> Result<(Vec<LogRow>, LogHead), Error> {
        let mut rows = Vec::new();
        let head = self.ledger.read_log(|row| {
            rows.push(row);
            Ok::<_, Error>(())
        })?;
        Ok((rows, head))
    }

    /// Checks that the ledger is available and that its log's head is signed by a trusted key.
    ///
    /// # Errors
    ///
    /// [`Error`] when it does not.
    pub fn ping(&mut self) -> Result<(), Error> {
        self.journal.transact(&mut self.ledger, |_, _| Ok(()))
    }

    /// Returns the ledger.
    #[must_use]
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }
}

impl OrderUse {
    /// Looks up an order in a ledger.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`] when the ledger is unavailable.
    pub fn read(ledger: &mut Ledger, id: &str) -> Result<Option<Self>, Error> {
        ledger.look_up(|issuing| {
            let order = issuing.order(id)?;
            order.map(|order| Self::of(issuing, order)).transpose()
        })
    }

    /// Returns all orders of a ledger, sorted by name.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`] when the ledger is unavailable.
    pub fn read_all(ledger: &mut Ledger) -> Result<Vec<Self>, Error> {
        ledger.look_up(|issuing| {
            let orders = issuing.orders()?;
            orders.into_iter().map(|order| Self::of(issuing, order)).collect()
        })
    }

    fn of(issuing: &mut Issuing<'_>, order: IssuingOrder) -> Result<Self, Error> {
        Ok(Self {
            used: issuing.devices_of_order(&order.id)?,
            states: issuing.states_of_order(&order.id)?,
            order,
        })
    }
}

impl KnownKey {
    fn new(issuance: Issuance) -> Result<Self, Error> {
        let dac = issuance.dac.as_deref().map(Certificate::from_der).transpose()?;
        Ok(Self {
            order: issuance.order,
            device: issuance.device,
            key: KeyHash::new(issuance.key_sha256),
            state: issuance.state.into(),
            dac,
            station: issuance.station,
            changed: issuance.changed,
        })
    }
}

/// Converts a certificate for the ledger.
pub(crate) fn stored(certificate: &Certificate) -> NewCertificate {
    NewCertificate {
        der: certificate.as_der().to_vec(),
        serial: certificate.serial().as_bytes().to_vec(),
        subject: subject_of(certificate),
    }
}

/// Formats the subject for display.
pub(crate) fn subject_of(certificate: &Certificate) -> String {
    let mut subject = format!("CN={}", certificate.common_name().unwrap_or_default());
    if let Some(id) = certificate.vendor_id() {
        subject.push_str(&format!(", VID={:04X}", id.get()));
    }
    if let Some(id) = certificate.product_id() {
        subject.push_str(&format!(", PID={:04X}", id.get()));
    }
    subject
}

pub(crate) fn of_issuance(event: &'static str, issuance: &Issuance) -> Entry {
    Entry {
        order: issuance.order.clone(),
        device: Some(issuance.device.clone()),
        key: Some(KeyHash::new(issuance.key_sha256).to_string()),
        station: Some(issuance.station.clone()),
        ..Entry::new(event)
    }
}

fn of_order(event: &'static str, id: &str, operator: &str) -> Entry {
    Entry {
        order: Some(id.to_owned()),
        operator: Some(operator.to_owned()),
        ..Entry::new(event)
    }
}

fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.chars().count()) && name.trim() == name && !name.chars().any(char::is_control)
}

/// Whether two names denote the same operator; names are compared without case.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}
