//! Admission: which requests get a certificate.

use std::collections::{BTreeMap, BTreeSet};

use matter_attestation::Certificate;
use matter_ledger::{Issuance, IssuanceState, Issuing, IssuingOrder, NewIssuance, OrderState};
use matter_types::{ProductId, VendorId};

use crate::journal::Entry;
use crate::registrar::{is_same, of_issuance};
use crate::{Error, KeyHash, Policy, Refusal, Request, known_keys};

/// An accepted request.
pub(super) enum Admission {
    /// The ledger has its certificate, or the key is out of use.
    Known(Box<Issuance>),
    /// It has its place in the order but no certificate yet.
    ToSign { key: KeyHash, product: (u16, u16) },
}

/// The ledger's rows for a batch, kept up to date while the batch is processed.
struct Known {
    orders: BTreeMap<String, (IssuingOrder, u64)>,
    by_key: BTreeMap<[u8; 32], Issuance>,
    by_device: BTreeMap<String, Issuance>,
    of_runs: BTreeSet<[u8; 32]>,
}

/// The action for a request.
enum Decision {
    Known(Box<Issuance>),
    /// The request has its place already.
    Sign((u16, u16)),
    /// The request gets a place; a replaced key of its device gives its place back.
    Add {
        product: (u16, u16),
        replaced: Option<Box<Issuance>>,
    },
}

/// Processes a batch in one transaction.
pub(super) fn admit(
    issuing: &mut Issuing<'_>,
    log: &mut Vec<Entry>,
    requests: &[Request],
    policy: &Policy,
    pai: &Certificate,
    mut check_product: impl FnMut(VendorId, ProductId) -> Result<(), Refusal>,
) -> Result<Vec<Result<Admission, Refusal>>, Error> {
    let mut known = Known::look_up(issuing, requests)?;
    let mut results = Vec::with_capacity(requests.len());
    let mut new = Vec::new();
    for request in requests {
        let key = request.key();
        results.push(match known.decide(request, policy, pai, &mut check_product) {
            Err(refusal) => {
                log.push(refused(request, &refusal));
                Err(refusal)
            }
            Ok(Decision::Known(issuance)) => Ok(Admission::Known(issuance)),
            Ok(Decision::Sign(product)) => Ok(Admission::ToSign { key, product }),
            Ok(Decision::Add { product, replaced }) => {
                let issuance = known.add(request);
                if let Some(replaced) = replaced {
                    // A key accepted earlier in this batch must be stored before it can be retired.
                    issuing.add(&new)?;
                    new.clear();
                    issuing.advance(&replaced.key_sha256, replaced.state, IssuanceState::Retired)?;
                    known.retire(&replaced);
                    log.push(Entry {
                        old_key: Some(KeyHash::new(replaced.key_sha256).to_string()),
                        reason: request.new_key.clone(),
                        ..of_issuance("new-key", &issuance)
                    });
                }
                log.push(of_issuance("csr-ok", &issuance));
                new.push(NewIssuance {
                    order: issuance.order.clone(),
                    device: issuance.device.clone(),
                    key_sha256: issuance.key_sha256,
                    public_key: issuance.public_key.clone(),
                    station: issuance.station.clone(),
                    certificate: None,
                });
                Ok(Admission::ToSign { key, product })
            }
        });
    }
    issuing.add(&new)?;
    for (request, result) in requests.iter().zip(&mut results) {
        // A later request of the batch replaced it.
        let is_known = matches!(result, Ok(Admission::Known(_)));
        if is_known && known.is_retired(&request.key()) {
            log.push(refused(request, &Refusal::KeyRetired));
            *result = Err(Refusal::KeyRetired);
        }
    }
    Ok(results)
}

fn refused(request: &Request, refusal: &Refusal) -> Entry {
    Entry {
        // For an unknown order, this text is the requester's choice: bound its length.
        order: Some(request.order.chars().take(64).collect()),
        device: Some(request.device.to_string()),
        key: Some(request.key().to_string()),
        station: Some(request.station.clone()),
        ..Entry::refused(refusal)
    }
}

impl Known {
    fn look_up(issuing: &mut Issuing<'_>, requests: &[Request]) -> Result<Self, Error> {
        let keys: Vec<[u8; 32]> = requests.iter().map(|request| *request.key().as_bytes()).collect();
        let devices: Vec<&str> = requests.iter().map(|request| request.device.as_str()).collect();
        let names: BTreeSet<&str> = requests.iter().map(|request| request.order.as_str()).collect();
        let mut orders = BTreeMap::new();
        for name in names {
            if let Some(order) = issuing.order(name)? {
                let used = issuing.devices_of_order(name)?;
                orders.insert(name.to_owned(), (order, used));
            }
        }
        Ok(Self {
            orders,
            by_key: issuing.by_key(&keys)?,
            by_device: issuing.by_device(&devices)?,
            of_runs: issuing.keys_of_runs(&keys)?,
        })
    }

    /// Checks every reason for refusal; changes nothing.
    fn decide(
        &self,
        request: &Request,
        policy: &Policy,
        pai: &Certificate,
        check_product: impl FnMut(VendorId, ProductId) -> Result<(), Refusal>,
    ) -> Result<Decision, Refusal> {
        let key = *request.key().as_bytes();
        if known_keys::is_known(&request.public_key) {
            return Err(Refusal::KeyPublished);
        }
        let order = || request.order.clone();
        if let Some(issuance) = self.by_key.get(&key) {
            return self.decide_known(request, issuance, policy, pai, check_product);
        }
        if self.of_runs.contains(&key) {
            return Err(Refusal::KeyKnown);
        }
        let product = self.product(request, policy, check_product)?;
        let replaced = self.by_device.get(request.device.as_str());
        if let Some(other) = replaced
            && request.new_key.is_none()
        {
            return Err(match &other.order {
                Some(name) if *name != request.order => Refusal::DeviceOfOtherOrder { order: name.clone() },
                _ => Refusal::DeviceKnown {
                    device: request.device.clone(),
                },
            });
        }
        let (found, used) = self
            .orders
            .get(&request.order)
            .ok_or_else(|| Refusal::OrderUnknown { order: order() })?;
        let is_freed = replaced.is_some_and(|other| other.order.as_ref() == Some(&request.order));
        if !is_freed && *used >= u64::from(found.size) {
            let size = found.size;
            return Err(Refusal::OrderFull { order: order(), size });
        }
        Ok(Decision::Add {
            product,
            replaced: replaced.cloned().map(Box::new),
        })
    }

    /// Decides on a key that the ledger has.
    fn decide_known(
        &self,
        request: &Request,
        issuance: &Issuance,
        policy: &Policy,
        pai: &Certificate,
        check_product: impl FnMut(VendorId, ProductId) -> Result<(), Refusal>,
    ) -> Result<Decision, Refusal> {
        let Some(order) = &issuance.order else {
            return Err(Refusal::KeyKnown);
        };
        if issuance.device != request.device.as_str() {
            return Err(Refusal::KeyKnown);
        }
        if issuance.state == IssuanceState::Retired {
            return Err(Refusal::KeyRetired);
        }
        if *order != request.order {
            return Err(Refusal::DeviceOfOtherOrder { order: order.clone() });
        }
        if issuance.dac.as_deref().is_some_and(|der| is_of_other_pai(der, pai)) {
            return Err(Refusal::OtherPai {
                device: issuance.device.clone(),
            });
        }
        if issuance.state == IssuanceState::CsrOk {
            let product = self.product(request, policy, check_product)?;
            return Ok(Decision::Sign(product));
        }
        Ok(Decision::Known(Box::new(issuance.clone())))
    }

    /// Checks the order; returns vendor and product.
    fn product(
        &self,
        request: &Request,
        policy: &Policy,
        mut check_product: impl FnMut(VendorId, ProductId) -> Result<(), Refusal>,
    ) -> Result<(u16, u16), Refusal> {
        let order = || request.order.clone();
        let Some((found, _)) = self.orders.get(&request.order) else {
            return Err(Refusal::OrderUnknown { order: order() });
        };
        match found.state {
            OrderState::Open => {}
            OrderState::Closed => return Err(Refusal::OrderClosed { order: order() }),
            _ => return Err(Refusal::OrderNotApproved { order: order() }),
        }
        let by_two = match (&found.opened_by, &found.approved_by) {
            (Some(opened), Some(approved)) => !is_same(opened, approved),
            _ => false,
        };
        if policy.two_operators && !by_two {
            return Err(Refusal::OrderNotApproved { order: order() });
        }
        let vendor_id = found.vendor_id.and_then(|id| VendorId::new(id).ok());
        let product_id = found.product_id.and_then(|id| ProductId::new(id).ok());
        let (Some(vendor_id), Some(product_id)) = (vendor_id, product_id) else {
            return Err(Refusal::OrderIncomplete { order: order() });
        };
        check_product(vendor_id, product_id)?;
        Ok((vendor_id.get(), product_id.get()))
    }

    /// Assigns a place to a request.
    fn add(&mut self, request: &Request) -> Issuance {
        let issuance = Issuance::accepted(
            &request.order,
            request.device.as_str(),
            *request.key().as_bytes(),
            request.public_key.as_bytes(),
            &request.station,
        );
        if let Some((_, used)) = self.orders.get_mut(&request.order) {
            *used = used.saturating_add(1);
        }
        self.by_key.insert(issuance.key_sha256, issuance.clone());
        self.by_device.insert(issuance.device.clone(), issuance.clone());
        issuance
    }

    fn is_retired(&self, key: &KeyHash) -> bool {
        let known = self.by_key.get(key.as_bytes());
        known.is_some_and(|known| known.state == IssuanceState::Retired)
    }

    /// Releases the place of a replaced key.
    fn retire(&mut self, replaced: &Issuance) {
        if let Some((_, used)) = replaced.order.as_ref().and_then(|order| self.orders.get_mut(order)) {
            *used = used.saturating_sub(1);
        }
        if let Some(known) = self.by_key.get_mut(&replaced.key_sha256) {
            known.state = IssuanceState::Retired;
        }
    }
}

/// Whether a decodable certificate names another issuer. An undecodable one is damage, not a refusal.
fn is_of_other_pai(der: &[u8], pai: &Certificate) -> bool {
    Certificate::from_der(der)
        .is_ok_and(|dac| dac.issuer_der() != pai.subject_der() || dac.authority_key_id() != pai.subject_key_id())
}
